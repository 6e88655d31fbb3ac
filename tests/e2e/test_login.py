# SPDX-License-Identifier: MIT
"""Signing in to a server that really checks it: NTLM and Kerberos by GSS-API's acceptors, with and without channel binding."""
import subprocess

import pytest

import sandbox
from kerberos import Realm
from stack import SANITIZED, until
from tls import made_by_openssl

QUESTIONS = 16 * (50 if SANITIZED else 1000)  # a sanitizer that looks at whole stacks is slow
SCHEMES = {"ntlm": "NTLM", "negotiate": "Negotiate (NTLM)"}


def account(stack):
    return stack.ask("/api/health")[0].json()["account"]


def wait_held(stack, code):
    until(lambda: account(stack).get("error", {}).get("code") == code, f"the account is held for {code}: {account(stack)}")


def failed_code(stack):
    """Why the rooms fail, once they all do."""
    def told():
        return all("error" in room for room in stack.ask("/api/health")[0].json()["rooms"])
    until(told, "each room was told")
    return {room["error"]["code"] for room in stack.ask("/api/health")[0].json()["rooms"]}


def refused_stack(make_stack, **options):
    """A stack whose rooms cannot be had, so nobody waits for them."""
    return make_stack(**{"rooms": 2, "items": 5, "with_nginx": False, **options})


def fresh_stack(make_stack, **options):
    """A stack that has signed in and fetched its rooms."""
    stack = make_stack(**{"rooms": 2, "items": 5, "with_nginx": False, **options})
    stack.wait_fresh()
    return stack


def authorized(request):
    return any(name.lower() == "authorization" for name in request["headers"])


# ---- NTLM, alone and within Negotiate ----

@pytest.mark.parametrize("protection", ["none", "allow", "require"])
@pytest.mark.parametrize("auth", SCHEMES)
def test_a_password_signs_in_whatever_the_extended_protection(make_stack, auth, protection):
    stack = fresh_stack(make_stack, auth=auth, extended_protection=protection)
    assert stack.sim.counters()["logins_refused"] == 0
    assert account(stack)["login"]["scheme"] == SCHEMES[auth]


@pytest.mark.parametrize("user", ["svc-rooms", "EXAMPLE\\svc-rooms", "svc-rooms@example.org"])
@pytest.mark.parametrize("auth", SCHEMES)
def test_the_account_is_written_as_windows_writes_it(make_stack, auth, user):
    stack = fresh_stack(make_stack, rooms=1, auth=auth, extended_protection="require", env={"USERNAME": user, "AUTH": auth})
    assert stack.sim.counters()["logins_refused"] == 0


@pytest.mark.parametrize("protection", ["none", "allow"])
@pytest.mark.parametrize("auth", SCHEMES)
def test_without_channel_binding_who_does_not_require_it_lets_in(make_stack, auth, protection):
    fresh_stack(make_stack, rooms=1, auth=auth, extended_protection=protection, env={"CHANNEL_BINDING": "off"})


@pytest.mark.parametrize("auth", SCHEMES)
def test_without_channel_binding_a_server_that_requires_it_refuses_and_the_log_says_so(make_stack, auth):
    stack = refused_stack(make_stack, auth=auth, extended_protection="require", env={"CHANNEL_BINDING": "off"})
    wait_held(stack, "http_401_unbound")
    stack.wait_log("set CHANNEL_BINDING=auto")
    assert stack.sim.counters()["logins_refused"] == 1


@pytest.mark.parametrize("wrong", [{"PASSWORD": "wrong"}, {"USERNAME": "nobody"}], ids=["password", "user"])
@pytest.mark.parametrize("auth", SCHEMES)
def test_a_refused_login_is_tried_once_and_explained(make_stack, auth, wrong):
    stack = refused_stack(make_stack, auth=auth, extended_protection="require", env={**wrong, "LANES": "4"})
    wait_held(stack, "http_401_bound")
    failed_code(stack)
    stack.wait_log("Exchange refused the login. Check USERNAME and PASSWORD")
    assert account(stack)["login"]["scheme"] == SCHEMES[auth]
    stack.wait_log(f'event=login scheme="{SCHEMES[auth]}" reason="Exchange offers')
    assert stack.sim.counters()["logins_refused"] == 1


def test_sixteen_lanes_sign_in_sixteen_times_whatever_is_asked(make_stack):
    stack = fresh_stack(make_stack, rooms=200, items=1, auth="ntlm", extended_protection="require",
                        env={"LANES": "16", "CACHE_TTL": "1", "FULL_REFRESH": "1", "LOG_LEVEL": "info"})
    stack.sim.wait(requests=QUESTIONS, timeout_s=600)
    counters = stack.sim.counters()
    assert counters["handshakes"] == counters["legs"] == counters["connections"] == 16
    assert counters["unauthenticated"] == 1, "AUTH=auto asks once"
    assert counters["logins_refused"] == 0


@pytest.mark.parametrize("silently", [False, True], ids=["announced", "silently"])
@pytest.mark.parametrize("auth", SCHEMES)
def test_a_server_that_closes_connections_costs_a_handshake_each(make_stack, auth, silently):
    stack = fresh_stack(make_stack, rooms=20, auth=auth, extended_protection="require", env={"CACHE_TTL": "1", "AUTH": auth},
                       prepare=lambda sim: sim.settings(close_after=10, close_silently=silently))
    until(lambda: stack.sim.counters()["requests"] > 100, "many requests were asked")
    stack.term()
    until(lambda: stack.sim.counters()["under_way"] == 0, "the last request is over")
    counters = stack.sim.counters()
    assert counters["logins_refused"] == 0
    assert counters["requests"] / 10 <= counters["handshakes"] <= counters["connections"]
    assert "room_failed" not in stack.log()


@pytest.mark.parametrize("auth", SCHEMES)
def test_a_server_that_forgets_a_login_is_signed_in_to_again(make_stack, auth):
    stack = fresh_stack(make_stack, auth=auth, extended_protection="require", env={"CACHE_TTL": "1", "LANES": "1"})
    before = stack.sim.counters()
    stack.sim.forget_logins()
    until(lambda: stack.sim.counters()["handshakes"] > before["handshakes"], "a new handshake")
    assert stack.sim.counters()["logins_refused"] == 0
    assert "room_failed" not in stack.log()


def test_no_question_goes_out_before_the_last_leg(make_stack):
    stack = fresh_stack(make_stack, rooms=1, auth="ntlm", extended_protection="require")
    legs = [request for request in stack.sim.requests() if not request["body"]]
    questions = [request for request in stack.sim.requests() if request["body"]]
    assert len(legs) == 2, "AUTH=auto asks what is offered, and then comes the first message"
    assert [authorized(request) for request in legs + questions[:1]] == [False, True, True]


# ---- what was chosen ----

def test_auto_asks_once_for_all_processes(make_stack):
    stack = fresh_stack(make_stack, auth="basic,ntlm", extended_protection="allow")
    stack.restart_fcgi()
    stack.sim.wait(requests=stack.sim.counters()["requests"])
    assert stack.run_roomcal("check").returncode == 0
    assert stack.sim.counters()["unauthenticated"] == 1
    assert account(stack)["login"] == {"scheme": "NTLM", "reason": "Exchange offers NTLM, and there is no Kerberos ticket to use"}
    assert stack.log().count("event=login") == 1


def test_auto_asks_again_after_a_refusal(make_stack):
    stack = fresh_stack(make_stack, rooms=1, auth="ntlm", extended_protection="require")
    stack.sim.settings(auth="basic")
    stack.sim.forget_logins()
    assert stack.run_roomcal("refresh").returncode == 0
    until(lambda: account(stack)["login"] and account(stack)["login"]["scheme"] == "Basic", "Basic is what is left")


@pytest.mark.parametrize("auth, offered", [("ntlm", "basic"), ("negotiate", "basic,ntlm"), ("basic", "ntlm,negotiate")])
def test_nothing_in_common_is_told_with_what_is_offered(make_stack, auth, offered):
    stack = refused_stack(make_stack, auth=offered, extended_protection="none", env={"AUTH": auth})
    wait_held(stack, "http_401_no_scheme")
    stack.wait_log("the server offers")
    assert stack.sim.counters()["handshakes"] == 0


def test_basic_is_not_chosen_where_a_binding_is_required(make_stack):
    stack = refused_stack(make_stack, auth="basic", extended_protection="none", env={"CHANNEL_BINDING": "required"})
    wait_held(stack, "http_401_no_scheme")
    assert not any(authorized(request) for request in stack.sim.requests())


# ---- connections that do not last ----

@pytest.mark.parametrize("auth", SCHEMES)
def test_a_proxy_that_drops_connections_between_legs_is_told(make_stack, auth):
    stack = refused_stack(make_stack, auth=auth, extended_protection="none", env={"AUTH": auth, "LANES": "1"})
    stack.wait_fresh()
    stack.sim.fault("hang-up", operation="Leg")
    stack.sim.forget_logins()
    before = stack.sim.counters()
    assert stack.run_roomcal("fetch", "R001").returncode != 0
    counters = stack.sim.counters()
    assert counters["legs"] - before["legs"] == 3, "as often as AUTH_STARTS_MAX says"
    assert counters["logins_refused"] == before["logins_refused"]
    check = stack.run_roomcal("check")
    assert "middle of the login" in check.stdout
    stack.sim.clear_faults()


@pytest.mark.parametrize("auth", SCHEMES)
def test_logins_that_are_cut_are_tried_no_more_often_than_refused_ones(make_stack, auth):
    stack = refused_stack(make_stack, auth=auth, extended_protection="none", env={"AUTH": auth, "CACHE_TTL": "1"},
                          prepare=lambda sim: sim.fault("hang-up", operation="Leg"))
    for attempts in (1, 2, 3, 4, 4, 4):
        until(lambda legs=3 * attempts: stack.sim.counters()["legs"] >= legs, f"{attempts} times as often as AUTH_STARTS_MAX says")
        wait_held(stack, "login_cut")
        stack.run_roomcal("refresh")
    assert stack.sim.counters()["legs"] == 4 * 3


def test_a_connection_that_is_lost_between_legs_once_starts_over(make_stack):
    stack = fresh_stack(make_stack, rooms=1, auth="ntlm", extended_protection="require",
                       prepare=lambda sim: sim.fault("hang-up", operation="Leg", times=1))
    assert stack.sim.counters()["legs"] >= 2
    assert "room_failed" not in stack.log()


# ---- Kerberos ----

@pytest.fixture(scope="module")
def realm():
    with Realm() as made:
        yield made


def kerberos_env(realm, how):
    if how == "keytab":
        return {"KRB5_CLIENT_KTNAME": realm.account_keytab(), "PASSWORD": None}
    if how == "ticket":
        return {"KRB5CCNAME": f"FILE:{realm.account_ticket()}", "PASSWORD": None}
    return {"AUTH": "negotiate"}


@pytest.mark.parametrize("protection", ["none", "allow", "require"])
@pytest.mark.parametrize("how", ["keytab", "ticket", "password"])
def test_kerberos_signs_in(make_stack, realm, how, protection):
    stack = fresh_stack(make_stack, auth="negotiate,ntlm", extended_protection=protection, realm=realm,
                       env=kerberos_env(realm, how))
    assert account(stack)["login"]["scheme"] == "Negotiate (Kerberos)"
    assert stack.sim.counters()["logins_refused"] == 0


def test_a_server_that_wants_a_ticket_each_time_gets_one(make_stack, realm):
    stack = fresh_stack(make_stack, rooms=20, auth="negotiate", extended_protection="require", realm=realm,
                       env={**kerberos_env(realm, "keytab"), "CACHE_TTL": "1", "LANES": "1"},
                       prepare=lambda sim: sim.settings(kerberos_each_request=True))
    until(lambda: stack.sim.counters()["requests"] > 50, "many requests were asked")
    counters = stack.sim.counters()
    assert counters["unauthenticated"] <= 3, "the offer, the certificate, and the one question that was asked without"
    assert counters["logins_refused"] == 0


def test_an_expired_ticket_is_told(make_stack, realm):
    ticket = realm.account_ticket("-l", "1s", name="short.ccache")
    until(lambda: subprocess.run(["klist", "-s", "-c", ticket], env={"PATH": "/usr/bin:/bin", **realm.environment}).returncode != 0,
          "the ticket expires")
    stack = refused_stack(make_stack, auth="negotiate", extended_protection="none", realm=realm,
                          env={"KRB5CCNAME": f"FILE:{ticket}", "PASSWORD": None})
    wait_held(stack, "login_expired")
    stack.wait_log("renew it with kinit")


def test_a_wrong_password_is_refused_by_the_kdc_once(make_stack, realm):
    stack = refused_stack(make_stack, auth="negotiate", extended_protection="none", realm=realm,
                          env={"AUTH": "negotiate", "PASSWORD": "wrong"})
    wait_held(stack, "login_refused")
    assert stack.sim.counters()["legs"] == 0, "NTLM is not tried with it as well"


def test_a_keytab_that_is_not_there_is_told(make_stack, realm):
    stack = refused_stack(make_stack, auth="negotiate", extended_protection="none", realm=realm,
                          env={"KRB5CCNAME": f"FILE:{realm.directory}/missing.ccache", "PASSWORD": None})
    wait_held(stack, "login_no_credential")


def test_a_clock_that_is_wrong_by_an_hour_is_told(make_stack, realm):
    stack = refused_stack(make_stack, auth="negotiate", extended_protection="none", realm=realm, movable_clock=True,
                          env={**kerberos_env(realm, "keytab"), "CACHE_TTL": "1"})
    stack.wait_fresh()
    stack.shift_clock(3600)
    stack.restart_fcgi()
    wait_held(stack, "login_clock")
    stack.wait_log("set both by NTP")


def test_a_user_that_the_realm_does_not_know_is_told(make_stack, realm):
    stack = refused_stack(make_stack, auth="negotiate", extended_protection="none", realm=realm,
                          env={"AUTH": "negotiate", "USERNAME": "nobody"})
    wait_held(stack, "login_refused")


def test_a_kdc_that_is_away_is_told_and_its_return_noticed(make_stack, realm):
    realm.stop()
    try:
        stack = refused_stack(make_stack, auth="negotiate", extended_protection="none", realm=realm,
                              env={**kerberos_env(realm, "keytab"), "CACHE_TTL": "1"})
        wait_held(stack, "login_no_kdc")
    finally:
        realm.start()
    stack.run_roomcal("refresh")
    stack.wait_fresh()


# ---- what this machine can do ----

@pytest.fixture
def without_ntlm(monkeypatch):
    """For a stack with sandboxed=True: its box is this machine without gss-ntlmssp."""
    box = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", "/etc/gss/mech.d"]
    if subprocess.run([*box, "true"], capture_output=True, check=False).returncode:
        pytest.skip("bubblewrap cannot make a namespace here, so gss-ntlmssp cannot be hidden")
    monkeypatch.setattr(sandbox, "command", lambda *_unit_and_directory: box)


@pytest.mark.usefixtures("without_ntlm")
def test_without_the_ntlm_mechanism_basic_is_taken_and_the_reason_told(make_stack):
    stack = fresh_stack(make_stack, auth="ntlm,basic", extended_protection="allow", sandboxed=True)
    assert account(stack)["login"]["scheme"] == "Basic"
    assert "gss-ntlmssp" in account(stack)["login"]["reason"]


@pytest.mark.usefixtures("without_ntlm")
def test_a_missing_ntlm_mechanism_is_told(make_stack):
    stack = refused_stack(make_stack, auth="ntlm", extended_protection="allow", sandboxed=True)
    wait_held(stack, "login_no_mechanism")
    stack.wait_log("install the package gss-ntlmssp")


# ---- the certificate ----

KEYS = {
    "RSA with SHA-256": ("rsa:2048", "-sha256"),
    "RSA with SHA-512": ("rsa:2048", "-sha512"),
    "RSA with SHA-1": ("rsa:2048", "-sha1"),
    "ECDSA with SHA-384": ("ec", "-pkeyopt", "ec_paramgen_curve:secp384r1", "-sha384"),
    "Ed25519": ("ed25519",),
}


def sim_options(*more):
    return "--rooms", 2, "--items", 5, *more


@pytest.mark.parametrize("kind", [kind for kind in KEYS if kind != "Ed25519"])
def test_the_binding_goes_by_the_certificate_s_signature(make_stack, tmp_path, kind):
    file, key = made_by_openssl(tmp_path, "server", *KEYS[kind])
    fresh_stack(make_stack, auth="ntlm", extended_protection="require", sim_options=sim_options("--tls-cert", file, "--tls-key", key))


def test_a_certificate_that_nothing_can_be_bound_to_is_told_where_that_is_required(make_stack, tmp_path):
    file, key = made_by_openssl(tmp_path, "server", *KEYS["Ed25519"])
    options = sim_options("--tls-cert", file, "--tls-key", key)
    fresh_stack(make_stack, auth="ntlm", extended_protection="none", sim_options=options)
    stack = refused_stack(make_stack, auth="ntlm", extended_protection="none", sim_options=options,
                          env={"CHANNEL_BINDING": "required"})
    wait_held(stack, "login_unbound")
    assert stack.sim.counters()["handshakes"] == 0


def test_behind_a_proxy_with_another_certificate_the_binding_is_refused_in_those_words(make_stack, tmp_path):
    other, _ = made_by_openssl(tmp_path, "other")
    options = sim_options("--binding-certificate", other)
    stack = refused_stack(make_stack, auth="ntlm", extended_protection="allow", sim_options=options)
    wait_held(stack, "http_401_bound")
    stack.wait_log("a proxy with a certificate of its own stands before Exchange")
    assert stack.sim.counters()["logins_refused"] == 1
    fresh_stack(make_stack, auth="ntlm", extended_protection="allow", sim_options=options, env={"CHANNEL_BINDING": "off"})
