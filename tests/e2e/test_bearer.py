# SPDX-License-Identifier: MIT
"""AUTH=bearer: one token for all lanes from a token server that checks who asks, and what happens when it gives none."""
import base64
import subprocess
import urllib.parse

import pytest

from stack import until
from tls import Authority, Front, Proxy

SECRET = "let-the-application-in"  # of the stand-in's application
TOKEN_BEGIN = "eyJ0eXAiOiJKV1QifQ"  # of all its tokens
HOUR_S = 3600


@pytest.fixture
def bearer(make_stack):
    """A stack that signs in by token, with rooms that were fetched."""
    def make(env=None, **options):
        stack = make_stack(**{"rooms": 4, "items": 5, "with_nginx": False, "auth": "bearer", "env": env, **options})
        stack.wait_fresh()
        return stack
    return make


@pytest.fixture
def failing(make_stack):
    """A stack that gets no token, or is refused with it, when the account is held for `code`."""
    def make(code, env=None, prepare=None, **options):
        stack = make_stack(rooms=2, items=5, with_nginx=False, auth="bearer", env=env, prepare=prepare, **options)
        wait_held(stack, code)
        return stack
    return make


def account(stack):
    return stack.ask("/api/health")[0].json()["account"]


def wait_held(stack, code):
    until(lambda: account(stack).get("error", {}).get("code") == code, f"the account is held for {code}")


def token_requests(stack):
    """Of what was asked lately: the forms that the token server got."""
    for request in stack.sim.requests():
        if request["path"].endswith("/token"):
            yield dict(urllib.parse.parse_qsl(request["body"])), request["headers"]


def make_pair(directory, name="application"):
    """A certificate of an application, and its key."""
    cert, key = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", f"/CN={name}"], check=True, capture_output=True)
    key.chmod(0o600)
    return cert, key


def by_certificate(cert, key):
    return {"OAUTH_CLIENT_SECRET": None, "OAUTH_CERT_FILE": cert, "OAUTH_KEY_FILE": key}


def certified(cert):
    return "--rooms", 4, "--items", 5, "--client-certificate", cert


# ---- tokens ----


def test_one_token_is_for_all_lanes(bearer):
    stack = bearer(env={"LANES": 4})
    counters = stack.sim.counters()
    assert counters["token_requests"] == counters["tokens"] == 1
    assert counters["logins_refused"] == counters["unauthenticated"] == 0
    assert account(stack)["login"]["scheme"] == "Bearer"


def test_a_token_is_asked_for_as_the_token_server_wants_it(bearer):
    (form, headers), = token_requests(bearer())
    assert form == {"grant_type": "client_credentials", "client_id": form["client_id"],
                    "scope": "https://outlook.office365.com/.default", "client_secret": "-"}
    names = {name.lower() for name in headers}
    assert not names & {"authorization", "x-anchormailbox", "cookie"}


@pytest.mark.parametrize("together", [False, True], ids=["two files", "one file"])
def test_a_certificate_does_instead_of_the_secret(bearer, tmp_path, together):
    cert, key = make_pair(tmp_path)
    if together:
        key.write_text(key.read_text() + cert.read_text())
    env = by_certificate(key if together else cert, None if together else key)
    stack = bearer(sim_options=certified(cert), env=env)
    assert stack.sim.counters()["tokens"] == 1
    (form, _), = token_requests(stack)
    assert "client_secret" not in form


def test_each_assertion_is_used_once(bearer, tmp_path):
    cert, key = make_pair(tmp_path)
    stack = bearer(sim_options=certified(cert), env={"CACHE_TTL": 1, **by_certificate(cert, key)})
    stack.sim.forget_logins()
    until(lambda: stack.sim.counters()["tokens"] == 2, "another token is given for another assertion")


def test_a_token_is_fetched_anew_before_it_expires(bearer):
    stack = bearer(env={"CACHE_TTL": 1}, movable_clock=True)
    stack.shift_clock(HOUR_S - 1200)
    before = stack.sim.counters()["answered"]
    until(lambda: stack.sim.counters()["answered"] >= before + 2, "Exchange was asked again")
    assert stack.sim.counters()["tokens"] == 1, "there is a quarter of an hour until the margin"
    stack.shift_clock(HOUR_S - 200)
    until(lambda: stack.sim.counters()["tokens"] == 2, "a new token")
    assert stack.sim.counters()["logins_refused"] == 0


def test_a_token_that_was_withdrawn_is_replaced_once(bearer):
    stack = bearer(env={"CACHE_TTL": 1, "LANES": 4}, rooms=20)
    stack.sim.forget_logins()
    before = stack.sim.counters()["answered"]
    until(lambda: stack.sim.counters()["answered"] > before + 40, "all rooms were asked for")
    counters = stack.sim.counters()
    assert counters["tokens"] == counters["token_requests"] == 2
    assert 1 <= counters["logins_refused"] <= 4
    assert "account_held" not in stack.log() and "room_failed" not in stack.log()


def test_a_token_that_is_refused_without_a_word_is_replaced_once_too(bearer):
    stack = bearer(env={"CACHE_TTL": 1}, rooms=2)
    stack.sim.fault("http-status", status=401, times=1)
    until(lambda: stack.sim.counters()["tokens"] == 2, "a new token")
    before = stack.sim.counters()["answered"]
    until(lambda: stack.sim.counters()["answered"] > before, "it is used")
    assert "account_held" not in stack.log() and "room_failed" not in stack.log()


def test_tls_and_the_proxy_are_as_everywhere(bearer, tmp_path):
    root = Authority(tmp_path, "root")

    with Proxy() as proxy:
        stack = bearer(sim_options=("--rooms", 2, "--items", 5))
        with Front(stack.sim.port, root.issue("good", ip="127.0.0.1").server_context()) as front:
            url = f"https://127.0.0.1:{front.port}"
            token_url = stack.sim.env().partition("OAUTH_TOKEN_URL='")[2].partition("'")[0].replace(stack.sim.base, url)
            stack.write_env(EXCHANGE_SERVER=url, OAUTH_TOKEN_URL=token_url, CA_FILE=root.cert_file,
                            PROXY=f"http://127.0.0.1:{proxy.port}")
            before = stack.sim.counters()["tokens"]
            done = stack.run_roomcal("check")
            assert done.returncode == 0, done.stdout + done.stderr
        assert stack.sim.counters()["tokens"] == before + 1
        assert len(proxy.heads) == 2, "one tunnel for the token, one for the questions"


# ---- refusals ----


def test_a_wrong_secret_is_tried_once_and_told_in_the_token_servers_words(failing):
    stack = failing("login_refused", env={"OAUTH_CLIENT_SECRET": "wrong/secret 1", "LANES": 4})
    counters = stack.sim.counters()
    assert counters["token_requests"] == 1 and counters["requests"] == 0
    stack.wait_log("invalid_client: AADSTS7000215: Invalid client secret provided.")
    for form in "wrong/secret 1", "wrong%2Fsecret%201", base64.b64encode(b"wrong/secret 1").decode():
        assert form not in stack.log()


@pytest.mark.parametrize("wrong, words", [({"OAUTH_CLIENT_ID": "nobody"}, "unauthorized_client: AADSTS700016"),
                                          ({"OAUTH_SCOPE": "https://graph.microsoft.com/.default"}, "invalid_scope: AADSTS70011")])
def test_other_refusals_are_told_too(failing, wrong, words):
    stack = failing("login_refused", env=wrong)
    stack.wait_log(words)
    assert stack.sim.counters()["token_requests"] == 1


def test_a_key_of_another_certificate_is_told_without_asking(failing, tmp_path):
    cert, _ = make_pair(tmp_path)
    _, other = make_pair(tmp_path, "other")
    stack = failing("token_unsigned", sim_options=certified(cert), env=by_certificate(cert, other))
    stack.wait_log("is not that of the certificate")
    assert stack.sim.counters()["token_requests"] == 0


def test_an_unknown_certificate_is_refused(failing, tmp_path):
    cert, _ = make_pair(tmp_path)
    stack = failing("login_refused", sim_options=certified(cert), env=by_certificate(*make_pair(tmp_path, "other")))
    stack.wait_log("AADSTS700027")


def test_a_token_that_exchange_never_takes_is_told_after_one_new_one(failing):
    stack = failing("http_401_token", prepare=lambda sim: sim.fault(
        "http-status", status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"',
                                            "X-MS-Diagnostics": '2000008;reason="The audience is wrong."'}))
    assert stack.sim.counters()["tokens"] == 2
    stack.wait_log("HTTP status 401 to a token that was new, X-MS-Diagnostics: 2000008")
    stack.wait_log("check that OAUTH_SCOPE and OAUTH_TENANT fit the server")


def test_a_server_that_takes_no_tokens_is_told(failing):
    stack = failing("http_401_no_scheme", prepare=lambda sim: sim.fault(
        "http-status", status=401, headers={"WWW-Authenticate": "NTLM"}))
    stack.wait_log("the server offers NTLM; AUTH allows none of that")


def test_a_tenant_without_ews_is_told(failing):
    stack = failing("http_403_online", prepare=lambda sim: sim.settings(ews_blocked=True))
    stack.wait_log("lists the application in EwsAllowedAppIDs")
    assert stack.sim.counters()["tokens"] == 1


# ---- a token server in trouble ----


@pytest.mark.parametrize("kind, options, code", [
    ("http-status", {"status": 503}, "token_unreachable"),
    ("http-status", {"status": 404}, "token_broken"),
    ("token-error", {"error": "temporarily_unavailable", "status": 400}, "token_unreachable"),
    ("html", {}, "token_broken"),
    ("truncate", {}, "token_unreachable"),
    ("reset", {}, "token_unreachable"),
])
def test_a_token_server_in_trouble_is_told_and_tried_again(failing, kind, options, code):
    stack = failing(code, prepare=lambda sim: sim.fault(kind, operation="Token", **options))
    stack.sim.clear_faults()
    assert stack.run_roomcal("refresh").returncode == 0
    stack.wait_fresh()
    stack.wait_log("event=account_recovered")


def test_a_token_server_that_is_not_there_is_told(failing):
    stack = failing("token_unreachable", env={"OAUTH_TOKEN_URL": "http://127.0.0.1:1/token"})
    stack.wait_log("check OAUTH_TOKEN_URL")


def test_a_token_server_that_is_not_trusted_is_told(failing):
    stack = failing("token_tls", sim_options=("--rooms", 2, "--items", 1, "--tls"), env={"CA_FILE": None})
    stack.wait_log("no trusted TLS connection to the token server")


def test_a_token_server_that_throttles_is_obeyed(failing):
    stack = failing("token_busy", prepare=lambda sim: sim.fault("http-status", operation="Token", status=429,
                                                                headers={"Retry-After": "777"}))
    stack.wait_log("code=token_busy for_s=777")
    assert stack.sim.counters()["token_requests"] == 1


# ---- secrets ----


def test_nothing_that_was_written_holds_the_secret_or_a_token(bearer):
    stack = bearer(env={"CACHE_TTL": 1})
    stack.sim.fault("http-status", operation="Token", status=503)
    stack.sim.forget_logins()
    stack.wait_log("event=account_held")
    checked = stack.run_roomcal("check")
    stack.term()
    files = [path for path in stack.directory.rglob("*") if path.is_file() and path != stack.env_file]
    written = [checked.stdout.encode(), checked.stderr.encode(), *(path.read_bytes() for path in files)]
    assert len(files) > 4
    for secret in SECRET, TOKEN_BEGIN, base64.b64encode(SECRET.encode()).decode().rstrip("="):
        assert not [text for text in written if secret.encode() in text]
