# SPDX-License-Identifier: MIT
"""The stand-in's token server and its tokens, and what a request as somebody else may see.

Assertions are made by PyJWT, so that what the stand-in takes for one is no invention of ours.
"""
import http.client
import json
import subprocess
import time
import urllib.parse
import uuid

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from jwt.utils import base64url_encode

from sim import BASIC, Sim, answer, codes, envelope, find_item, get_folder, get_item, post, shape
from tls import made_by_openssl
from waiting import DEADLINE_S

TENANT, CLIENT_ID, SECRET = "stand-in.example", "11111111-2222-3333-4444-555555555555", "let-the-application-in"
SCOPE = "https://outlook.office365.com/.default"
PATH = f"/{TENANT}/oauth2/v2.0/token"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ROOMS = ("--rooms", "3", "--items", "4", "--window", "2026-01-01..2026-12-01", "--no-right", "R003")


@pytest.fixture
def sim():
    with Sim(*ROOMS, "--auth", "bearer") as one:
        yield one


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(key, certificate) as files, both PEM."""
    file, key = made_by_openssl(tmp_path_factory.mktemp("application"), "application")
    return key, file


@pytest.fixture
def certified(certificate):
    with Sim(*ROOMS, "--auth", "bearer", "--client-certificate", certificate[1]) as one:
        yield one


def send(sim, fields, path=PATH, method="POST", content_type="application/x-www-form-urlencoded"):
    """(status, what the JSON says)"""
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    try:
        connection.request(method, path, urllib.parse.urlencode(fields), {"Content-Type": content_type})
        reply = connection.getresponse()
        body = reply.read()
        return reply.status, json.loads(body) if reply.headers.get_content_type() == "application/json" else {}
    finally:
        connection.close()


def by_secret(**changes):
    fields = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "scope": SCOPE, "client_secret": SECRET, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def token(sim):
    status, said = send(sim, by_secret())
    assert status == 200, said
    return said["access_token"]


def impersonation(room, element="PrimarySmtpAddress"):
    return (f"<t:ExchangeImpersonation><t:ConnectingSID><t:{element}>{room}@example.org</t:{element}></t:ConnectingSID>"
            "</t:ExchangeImpersonation>")


def ask(sim, authorization, *rooms, impersonated=None):
    """(status, codes, text)"""
    header = impersonation(impersonated) if impersonated else ""
    status, text = post(sim, envelope(find_item(shape(), *rooms), header=header), Authorization=authorization)
    return status, codes(text), text


# Tokens

def test_a_token_logs_in_until_it_expires(sim):
    sim.settings(expires_in_s=600)
    sim.clock(now="2026-11-22T12:00:00Z")
    status, said = send(sim, by_secret())
    assert status == 200 and said["token_type"] == "Bearer" and said["expires_in"] == 600
    bearer = f"Bearer {said['access_token']}"
    assert ask(sim, bearer, "r001", impersonated="r001")[:2] == (200, ["NoError"])
    sim.clock(advance_s=599)
    assert ask(sim, bearer, "r001", impersonated="r001")[0] == 200
    sim.clock(advance_s=1)
    assert ask(sim, bearer, "r001", impersonated="r001")[0] == 401


def test_only_its_own_live_tokens_are_taken(sim):
    given = token(sim)
    assert ask(sim, f"Bearer {given}x", "r001", impersonated="r001")[0] == 401
    sim.forget_logins()
    assert ask(sim, f"Bearer {given}", "r001", impersonated="r001")[0] == 401
    assert ask(sim, BASIC, "r001")[0] == 401
    assert sim.counters()["logins_refused"] == 3


def test_tokens_are_counted_apart_from_requests(sim):
    given = token(sim)
    send(sim, by_secret(client_secret="wrong"))
    ask(sim, f"Bearer {given}", "r001", impersonated="r001")
    counters = sim.counters()
    assert (counters["token_requests"], counters["tokens"]) == (2, 1)
    assert (counters["requests"], counters["connections"], counters["statuses"]) == (1, 1, {"200": 1})


def test_the_secret_is_not_kept(sim):
    token(sim)
    request, = sim.requests()
    assert request["path"] == PATH and SECRET not in json.dumps(request)
    assert f"client_id={CLIENT_ID}" in request["body"] and "client_secret=-" in request["body"]


@pytest.mark.parametrize("changes, status, error", (
    ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_secret": None}, 401, "invalid_client"),
    ({"client_id": "somebody"}, 400, "unauthorized_client"),
    ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"client_assertion": "a.b.c", "client_assertion_type": JWT_BEARER, "client_secret": None}, 401, "invalid_client"),
), ids=lambda value: value if isinstance(value, str) else None)
def test_what_is_wrong_is_named(sim, changes, status, error):
    got, said = send(sim, by_secret(**changes))
    assert (got, said["error"]) == (status, error) and said["error_description"].startswith("AADSTS")
    assert sim.counters()["tokens"] == 0


def test_another_tenant_another_method_and_another_type_are_refused(sim):
    assert send(sim, by_secret(), path="/other/oauth2/v2.0/token")[1]["error"] == "invalid_request"
    assert send(sim, by_secret(), method="GET")[0] == 404
    assert send(sim, by_secret(), content_type="application/json")[0] == 404


def test_the_token_server_fails_as_it_is_told_to_and_ews_does_not(sim):
    given = token(sim)
    sim.fault("token-error", operation="Token", times=1)
    assert send(sim, by_secret()) == (401, {"error": "invalid_client",
                                            "error_description": "AADSTS7000222: The provided client secret keys are expired."})
    for status, kind in ((500, "http-status"), (200, "html")):
        sim.fault(kind, operation="Token", times=1, **({"status": 500} if status == 500 else {}))
        assert send(sim, by_secret()) == (status, {})
    sim.fault("http-status", status=500, operation="Token")
    assert ask(sim, f"Bearer {given}", "r001", impersonated="r001")[0] == 200


def test_a_tenant_without_ews_is_sent_away_with_a_diagnosis(sim):
    given = token(sim)
    sim.settings(ews_blocked=True)
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(shape(), "r001"), header=impersonation("r001")),
                       {"Content-Type": "text/xml", "Authorization": f"Bearer {given}"})
    reply = connection.getresponse()
    assert reply.status == 403 and reply.read() == b"" and "blocked" in reply.headers["X-MS-Diagnostics"]
    connection.close()


def test_env_says_how_to_become_the_application(sim):
    lines = sim.env().splitlines()
    assert {"AUTH='bearer'", f"OAUTH_TENANT='{TENANT}'", f"OAUTH_CLIENT_ID='{CLIENT_ID}'", f"OAUTH_CLIENT_SECRET='{SECRET}'",
            f"OAUTH_TOKEN_URL='{sim.base}{PATH}'"} <= set(lines)


# Assertions

def assertion(sim, certificate, algorithm="PS256", header=None, **claims):
    key, file = certificate
    print_of = x509.load_pem_x509_certificate(file.read_bytes()).fingerprint(hashes.SHA256())
    now = int(time.time())
    said = {"aud": f"{sim.base}{PATH}", "iss": CLIENT_ID, "sub": CLIENT_ID, "jti": str(uuid.uuid4()), "nbf": now, "exp": now + 300,
            **claims}
    made = jwt.encode(said, key.read_text(), algorithm, {"x5t#S256": base64url_encode(print_of).decode(), **(header or {})})
    return by_secret(client_secret=None, client_assertion=made, client_assertion_type=JWT_BEARER)


@pytest.mark.parametrize("algorithm", ("PS256", "RS256"))
def test_a_certificate_gets_a_token_by_an_assertion(certified, certificate, algorithm):
    assert send(certified, assertion(certified, certificate, algorithm))[0] == 200


@pytest.mark.parametrize("change", (
    {"aud": "https://login.microsoftonline.com/x"}, {"iss": "x"}, {"sub": "x"}, {"jti": 5}, {"exp": 1}, {"exp": 1 << 40},
    {"nbf": 1 << 40}, {"header": {"x5t#S256": "x"}}, {"algorithm": "RS512"}), ids=str)
def test_an_assertion_that_is_wrong_in_one_thing_is_refused(certified, certificate, change):
    status, said = send(certified, assertion(certified, certificate, **change))
    assert (status, said["error"]) == (401, "invalid_client")


def test_an_assertion_is_taken_once(certified, certificate):
    fields = assertion(certified, certificate)
    assert [send(certified, fields)[0] for _ in range(2)] == [200, 401]


def test_an_assertion_by_another_key_is_refused(certified, certificate, tmp_path):
    other = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", other, "2048"], check=True, capture_output=True)
    assert send(certified, assertion(certified, (other, certificate[1])))[0] == 401


# Impersonation

@pytest.fixture(scope="module")
def basic():
    with Sim(*ROOMS) as one:
        yield one
        one.settings(impersonation="allowed")


def test_who_is_a_room_sees_its_folders_and_no_others(basic):
    assert ask(basic, BASIC, "r001", "r002", impersonated="r001")[1] == ["NoError", "ErrorFolderNotFound"]
    text = answer(basic, get_folder(shape("Default", name="FolderShape"), "r002"), header=impersonation("R002", "SmtpAddress"))
    assert codes(text) == ["NoError"]


def test_who_is_a_room_sees_its_items_and_no_others(basic):
    ids = [basic.items(room)[0]["id"] for room in ("R001", "R002")]
    text = answer(basic, get_item(shape(), ids), header=impersonation("r001"))
    assert codes(text) == ["NoError", "ErrorItemNotFound"]


@pytest.mark.parametrize("room, code", (("nobody", "ErrorNonExistentMailbox"), ("r003", "ErrorImpersonateUserDenied")))
def test_a_room_that_cannot_be_impersonated_is_a_fault(basic, room, code):
    status, _, text = ask(basic, BASIC, "r001", impersonated=room)
    assert status == 500 and f"ResponseCode xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">{code}<" in text


@pytest.mark.parametrize("setting, impersonated, status", (
    ("allowed", None, 200), ("allowed", "r001", 200), ("denied", None, 200), ("denied", "r001", 500), ("required", None, 500),
    ("required", "r001", 200)))
def test_impersonation_is_allowed_denied_or_required(basic, setting, impersonated, status):
    basic.settings(impersonation=setting)
    assert ask(basic, BASIC, "r001", impersonated=impersonated)[0] == status


def test_a_token_has_to_impersonate(sim):
    status, _, text = ask(sim, f"Bearer {token(sim)}", "r001")
    assert status == 500 and "ErrorInvalidExchangeImpersonationHeaderData" in text
