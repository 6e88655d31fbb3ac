# SPDX-License-Identifier: MIT
"""net/auth_gss by the program gss-leg: Kerberos against a real KDC, tokens checked by GSS-API's acceptor.

NTLM as such is tested in tests/unit/net/test_auth_gss.c.
"""
import base64
import os
import pathlib
import struct
import subprocess

import gssapi
import pytest
from gssapi import raw

from kerberos import REALM, Kdc

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ROOMCAL_BUILD", ROOT / "build"))
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
KRB5 = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")
HOST = "mail.roomcal.test"
BINDING = "tls-server-end-point:abc"
PASSWORD = "secret"


@pytest.fixture(scope="module", name="kdc")
def the_kdc():
    with Kdc() as kdc:
        kdc.add("room", PASSWORD)
        kdc.add(f"HTTP/{HOST}")
        kdc.keytab("room", kdc.directory / "room.keytab")
        kdc.keytab(f"HTTP/{HOST}", kdc.directory / "service.keytab")
        kdc.ticket("room", PASSWORD, kdc.directory / "room.ccache")
        yield kdc


class Leg:
    """gss-leg as a process; step() gives (result, token, sentence)."""

    def __init__(self, kdc, kind, host=HOST, environment=(), **settings):
        arguments = [f"{key}={value}" for key, value in {"EXCHANGE_SERVER": f"https://{host}/EWS/", **settings}.items()]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("KRB5")}
        self._process = subprocess.Popen([BUILD / "tests/unit/net/gss-leg", kind, *arguments], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True,
                                         env={**clean, **kdc.environment, **dict(environment)})

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait() == 0  # a leak ends AddressSanitizer's build with another one

    def say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def step(self, token="", binding=""):
        self.say(f"{token} {binding}")
        return self.answer()

    def answer(self):
        return tuple(self._process.stdout.readline().rstrip("\n").split("\t"))


def accept(kdc, token, binding=None):
    """What Kerberos' acceptor makes of a token; GSSError if it refuses."""
    os.environ.update(kdc.environment)  # libkrb5 has no other way
    name = raw.import_name(f"HTTP@{HOST}".encode(), raw.NameType.hostbased_service)
    store = {b"keytab": f"FILE:{kdc.directory}/service.keytab".encode()}
    credential = raw.acquire_cred_from(store, name, mechs=[SPNEGO], usage="accept").creds
    bound = binding and raw.ChannelBindings(application_data=binding.encode())
    return raw.accept_sec_context(base64.b64decode(token), acceptor_creds=credential, channel_bindings=bound)


def files(kdc, *keys):
    names = {"KRB5_CLIENT_KTNAME": "room.keytab", "KRB5CCNAME": "room.ccache"}
    return {key: f"{kdc.directory}/{names[key]}" for key in keys}


CREDENTIALS = {
    "a keytab": lambda kdc: files(kdc, "KRB5_CLIENT_KTNAME"),
    "a ticket": lambda kdc: files(kdc, "KRB5CCNAME"),
    "both": lambda kdc: files(kdc, "KRB5_CLIENT_KTNAME", "KRB5CCNAME"),
    "a password": lambda kdc: {"USERNAME": "room", "PASSWORD": PASSWORD},
    "a password, DOMAIN\\user": lambda kdc: {"USERNAME": "SOME\\room", "PASSWORD": PASSWORD},
    "a password, user@domain": lambda kdc: {"USERNAME": f"room@{REALM.lower()}", "PASSWORD": PASSWORD},
    "a password, for there is no ticket": lambda kdc: {"USERNAME": "room", "PASSWORD": PASSWORD, "KRB5CCNAME": "FILE:/nowhere"},
}


@pytest.mark.parametrize("which", CREDENTIALS)
def test_it_logs_in_with(kdc, which):
    with Leg(kdc, "kerberos", **CREDENTIALS[which](kdc)) as leg:
        result, token, _ = leg.step()
    assert result == "LAST"
    context = accept(kdc, token)
    assert str(gssapi.Name(context.initiator_name)) == f"room@{REALM}"
    assert context.mech == KRB5


def test_nothing_is_delegated_and_the_server_need_not_prove_itself(kdc):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5CCNAME")) as leg:
        flags = accept(kdc, leg.step()[1]).flags
    assert not flags & {raw.RequirementFlag.delegate_to_peer, raw.RequirementFlag.mutual_authentication}


def test_a_server_sees_that_the_binding_is_the_connections(kdc):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5CCNAME")) as leg:
        context = accept(kdc, leg.step(binding=BINDING)[1], BINDING)
    assert raw.RequirementFlag.channel_bound in context.flags


def test_a_server_refuses_another_binding(kdc):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5CCNAME")) as leg:
        token = leg.step(binding=BINDING)[1]
    with pytest.raises(raw.GSSError, match="(?i)channel bindings"):
        accept(kdc, token, BINDING + "d")


def test_a_server_sees_that_there_is_no_binding(kdc):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5CCNAME")) as leg:
        context = accept(kdc, leg.step()[1], BINDING)
    assert raw.RequirementFlag.channel_bound not in context.flags


def test_one_ticket_serves_all_connections(kdc):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5_CLIENT_KTNAME")) as leg:
        assert leg.step()[0] == "LAST"
        asked = kdc.log().count("_REQ")
        tokens = set()
        for _ in range(3):
            leg.say("reset")
            result, token, _ = leg.step()
            assert result == "LAST" and accept(kdc, token)
            tokens.add(token)
        assert len(tokens) == 3
        assert kdc.log().count("_REQ") == asked


def test_tickets_of_a_keytab_are_seen_by_nobody_else(kdc):
    before = sorted(kdc.directory.iterdir())
    with Leg(kdc, "kerberos", **files(kdc, "KRB5_CLIENT_KTNAME")) as leg:
        assert leg.step()[0] == "LAST"
        assert sorted(kdc.directory.iterdir()) == before


def test_a_password_is_tried_once(kdc):
    asked = kdc.log().count("PREAUTH_FAILED")
    with Leg(kdc, "kerberos", USERNAME="room", PASSWORD="wrong") as leg:
        result, _, sentence = leg.step()
    assert (result, "password" in sentence) == ("REFUSED", True)
    assert kdc.log().count("PREAUTH_FAILED") == asked + 1


def test_ntlm_inside_negotiate_tries_no_password_at_the_kdc(kdc):
    asked = kdc.log().count("_REQ")
    with Leg(kdc, "negotiate-ntlm", USERNAME="room", PASSWORD="wrong") as leg:
        assert leg.step()[0] == "LEG"
    assert kdc.log().count("_REQ") == asked


def test_an_unknown_user_is_refused(kdc):
    with Leg(kdc, "kerberos", USERNAME="nobody", PASSWORD="wrong") as leg:
        result, _, sentence = leg.step()
    assert (result, "does not know the user" in sentence) == ("REFUSED", True)


def test_an_old_keytab_is_refused(kdc):
    kdc.add("changed", "first")
    kdc.keytab("changed", kdc.directory / "changed.keytab")
    kdc.change_password("changed", "second")
    with Leg(kdc, "kerberos", KRB5_CLIENT_KTNAME=f"{kdc.directory}/changed.keytab") as leg:
        result, _, sentence = leg.step()
    assert (result, "keytab" in sentence) == ("REFUSED", True)


def test_a_locked_account_is_refused(kdc):
    kdc.add("locked", "secret", "-allow_tix")
    with Leg(kdc, "kerberos", USERNAME="locked", PASSWORD="secret") as leg:
        result, _, sentence = leg.step()
    assert (result, "locked" in sentence) == ("REFUSED", True)


def test_without_keytab_and_ticket_there_is_no_credential(kdc):
    with Leg(kdc, "kerberos", KRB5_CLIENT_KTNAME="/nowhere/a.keytab") as leg:
        result, _, sentence = leg.step()
    assert (result, "KRB5_CLIENT_KTNAME" in sentence) == ("NO_CREDENTIAL", True)


@pytest.fixture(name="clock")
def a_clock(tmp_path):
    """Moves the wall clock of a Leg that has clock.environment."""
    class Clock:
        path = tmp_path / "clock"
        environment = {"LD_PRELOAD": str(BUILD / "tests/shim/shim_clock.so"), "ROOMCAL_TEST_CLOCK": str(path),
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

        def move(self, seconds):
            self.path.write_bytes(struct.pack("=q", seconds))

    clock = Clock()
    clock.move(0)
    return clock


def test_a_ticket_that_has_expired_is_told_and_its_successor_is_taken(kdc, clock):
    cache = kdc.directory / "old.ccache"
    kdc.ticket("room", PASSWORD, cache, "-l", "2m")
    with Leg(kdc, "kerberos", KRB5CCNAME=cache, environment=clock.environment) as leg:
        assert leg.step()[0] == "LAST"
        clock.move(180)
        leg.say("reset")
        result, _, sentence = leg.step()
        assert (result, "has expired" in sentence, "kinit" in sentence) == ("EXPIRED", True, True)
        kdc.ticket("room", PASSWORD, cache)
        assert leg.step()[0] == "LAST"


def test_tickets_of_a_keytab_are_renewed(kdc, clock):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5_CLIENT_KTNAME"), environment=clock.environment) as leg:
        assert leg.step()[0] == "LAST"
        asked = kdc.log().count("AS_REQ")
        clock.move(11 * 3600)  # their life is ten hours, and the KDC's clock stays
        leg.say("reset")
        result, _, sentence = leg.step()
        assert kdc.log().count("AS_REQ") > asked
        assert (result, "NTP" in sentence) == ("CLOCK_SKEW", True)
        clock.move(0)
        assert leg.step()[0] == "LAST"


def test_a_server_that_kerberos_does_not_know_is_told(kdc):
    with Leg(kdc, "kerberos", host="other.roomcal.test", **files(kdc, "KRB5_CLIENT_KTNAME")) as leg:
        result, _, sentence = leg.step()
    assert (result, "setspn" in sentence, "HTTP/other.roomcal.test" in sentence) == ("NO_SERVICE", True, True)


def test_an_answer_of_rubbish_is_a_bad_token(kdc):
    with Leg(kdc, "kerberos", **files(kdc, "KRB5CCNAME")) as leg:
        assert leg.step()[0] == "LAST"
        assert leg.step("oQcwBaADCgEC")[0] == "BAD_TOKEN"  # NegTokenResp: reject


@pytest.mark.parametrize("settings, answer", [
    (lambda kdc: files(kdc, "KRB5_CLIENT_KTNAME"), "YES"),
    (lambda kdc: files(kdc, "KRB5CCNAME"), "YES"),
    (lambda kdc: {"KRB5_CLIENT_KTNAME": "/nowhere/a.keytab"}, "NO"),
    (lambda kdc: {"KRB5CCNAME": "/nowhere/a.ccache"}, "NO"),
    (lambda kdc: {"USERNAME": "room", "PASSWORD": PASSWORD}, "NO"),
])
def test_kerberos_is_available_with_keytab_or_ticket(kdc, settings, answer):
    with Leg(kdc, "available", **settings(kdc)) as leg:
        said, _, sentence = leg.answer()
    assert (said, sentence == "") == (answer, answer == "YES")


def test_a_kdc_that_does_not_answer_is_told_and_found_again(kdc):
    kdc.stop()
    try:
        with Leg(kdc, "kerberos", **files(kdc, "KRB5_CLIENT_KTNAME")) as leg:
            assert leg.step()[0] == "UNREACHABLE"
            kdc.start()
            assert leg.step()[0] == "LAST"
    finally:
        kdc.start()
