# SPDX-License-Identifier: MIT
"""The stand-in lets in who logs in by NTLM, Kerberos and both inside Negotiate, and nobody else; none of roomcal's code is asked.

exchangelib (requests-ntlm), curl and GSS-API's own initiators agree with it, so its logins are no invention of ours.
"""
import base64
import hashlib
import http.client
import re
import ssl
import struct
import subprocess

import gssapi
import pytest
from exchangelib import DELEGATE, NTLM, Account, Configuration, Credentials, EWSDateTime
from exchangelib.errors import UnauthorizedError
from gssapi import raw
from ntlm_auth.ntlm import NtlmContext

from kerberos import Realm
from sim import Sim, SimError, codes, envelope, find_item, shape
from tls import made_by_openssl
from waiting import DEADLINE_S

ROOMS = ("--rooms", "1", "--items", "5", "--window", "2026-01-01..2026-12-01")
EWS = "/EWS/Exchange.asmx"
ASKED = envelope(find_item(shape(), "r001"))
XML = {"Content-Type": "text/xml; charset=utf-8"}
TLS_AND_MODE = [(), ("--tls",), ("--tls", "--extended-protection", "allow"), ("--tls", "--extended-protection", "require")]
PROTECTED = TLS_AND_MODE[1:]

_oid = gssapi.OID.from_int_seq
SPNEGO, KRB5, NTLMSSP = _oid("1.3.6.1.5.5.2"), _oid("1.2.840.113554.1.2.2"), _oid("1.3.6.1.4.1.311.2.2.10")


def mode_of(options):
    return " ".join(options).replace("--", "").replace("extended-protection ", "") or "without TLS"


@pytest.fixture(scope="module")
def realm():
    with Realm() as one:
        yield one


@pytest.fixture(params=TLS_AND_MODE, ids=mode_of)
def ntlm(request):
    with Sim(*ROOMS, "--auth", "ntlm", *request.param) as sim:
        yield sim


@pytest.fixture(params=PROTECTED, ids=mode_of)
def protected(request):
    """(sim, mode)"""
    with Sim(*ROOMS, "--auth", "ntlm,negotiate", *request.param) as sim:
        yield sim, request.param[-1].replace("--tls", "none")


def ca_file(sim):
    found = re.search("CA_FILE='(.*)'", sim.env())
    return found and found[1]


def curl(sim, *options, environment=None):
    """The HTTP status at the end."""
    trust = ["--cacert", ca_file(sim)] if ca_file(sim) else []
    done = subprocess.run(["curl", "-sS", *trust, "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Content-Type: {XML['Content-Type']}",
                           "-d", ASKED, *options, sim.url],
                          env={"PATH": "/usr/bin:/bin", **(environment or {})}, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


class Client:
    """One connection, on which GSS-API's initiator logs in by its own legs."""

    def __init__(self, sim):
        trust = ca_file(sim)
        if trust:
            self._connection = http.client.HTTPSConnection("127.0.0.1", sim.port, timeout=DEADLINE_S,
                                                           context=ssl.create_default_context(cafile=trust))
        else:
            self._connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)

    def __enter__(self):
        self._connection.connect()
        return self

    def __exit__(self, *_error):
        self._connection.close()

    def binding(self):
        """tls-server-end-point: the stand-in's certificates are signed with SHA-256."""
        return b"tls-server-end-point:" + hashlib.sha256(self._connection.sock.getpeercert(binary_form=True)).digest()

    def ask(self, authorization=None, body=ASKED):
        headers = {**XML, **({"Authorization": authorization} if authorization else {})}
        try:
            self._connection.request("POST", EWS, body.encode(), headers)
            reply = self._connection.getresponse()
        except ConnectionError:
            self._connection.close()  # the next request makes a new one
            raise
        self.closing = reply.getheader("Connection")
        return reply.status, reply.headers.get_all("WWW-Authenticate") or [], reply.read().decode()

    def log_in(self, scheme, initiator):
        """The status at the end of the handshake, and the text."""
        token, status, text = None, 401, ""
        while status == 401:
            token = initiator.step(token)
            if token is None:
                break
            status, offers, text = self.ask(f"{scheme} {base64.b64encode(token).decode()}")
            answer = next((line.partition(" ")[2] for line in offers if line.startswith(f"{scheme} ")), "")
            if not answer:
                break
            token = base64.b64decode(answer)
        return status, text


def initiator(mechanism, name=r"EXAMPLE\svc-rooms", password="let-the-rooms-be-read", binding=None, host="127.0.0.1"):
    """NTLM, or SPNEGO with nothing but NTLM in it."""
    user = gssapi.Name(name, gssapi.NameType.user)
    made = raw.acquire_cred_with_password(user, password.encode(), usage="initiate", mechs=[mechanism, NTLMSSP]).creds
    if mechanism == SPNEGO:
        raw.set_neg_mechs(made, [NTLMSSP])
    return context(mechanism, gssapi.Credentials(made), binding, host)


def context(mechanism, credentials, binding, host="127.0.0.1"):
    bindings = binding and raw.ChannelBindings(application_data=binding)
    return gssapi.SecurityContext(name=gssapi.Name(f"HTTP@{host}", gssapi.NameType.hostbased_service), mech=mechanism,
                                  creds=credentials, usage="initiate", channel_bindings=bindings,
                                  flags=[gssapi.RequirementFlag.mutual_authentication])


def exchangelib_reads(sim, password="let-the-rooms-be-read", user=r"EXAMPLE\svc-rooms"):
    configuration = Configuration(service_endpoint=sim.url, credentials=Credentials(user, password), auth_type=NTLM)
    account = Account("r001@example.org", config=configuration, autodiscover=False, access_type=DELEGATE)
    start, end = (EWSDateTime.from_string(f"{day}T00:00:00Z") for day in ("2026-01-01", "2026-12-01"))
    return len(list(account.calendar.view(start=start, end=end).only("subject")))


# exchangelib and curl

def test_exchangelib_logs_in_by_ntlm(ntlm, monkeypatch):
    if ca_file(ntlm):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(ntlm))
    assert exchangelib_reads(ntlm) == 5
    assert ntlm.counters()["handshakes"] == 1 and ntlm.counters()["logins_refused"] == 0


def test_exchangelib_with_a_wrong_password_is_refused(ntlm, monkeypatch):
    if ca_file(ntlm):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(ntlm))
    with pytest.raises(UnauthorizedError):
        exchangelib_reads(ntlm, password="wrong")
    assert ntlm.counters()["handshakes"] == 0 and ntlm.counters()["logins_refused"] > 0


def test_curls_ntlm_knows_no_binding_and_is_refused_where_one_is_required(protected):
    sim, mode = protected
    assert curl(sim, "--ntlm", "-u", r"EXAMPLE\svc-rooms:let-the-rooms-be-read") == (401 if mode == "require" else 200)


@pytest.mark.parametrize("user", ("svc-rooms", r"EXAMPLE\svc-rooms", r"other\SVC-Rooms", "svc-rooms@example.org"))
def test_the_name_counts_and_neither_its_case_nor_its_domain(user):
    with Sim(*ROOMS, "--auth", "ntlm") as sim:
        assert curl(sim, "--ntlm", "-u", f"{user}:let-the-rooms-be-read") == 200


@pytest.mark.parametrize("user", ("svc-rooms:wrong", "nobody:let-the-rooms-be-read", "svc-rooms:"))
def test_who_is_not_the_account_is_refused_by_the_acceptor(user):
    with Sim(*ROOMS, "--auth", "ntlm") as sim:
        assert curl(sim, "--ntlm", "-u", user) == 401
        counters = sim.counters()
        assert (counters["legs"], counters["logins_refused"], counters["handshakes"]) == (1, 1, 0)


def test_curl_logs_in_by_kerberos(realm):
    ticket = realm.account_ticket()
    for auth in ("negotiate", "kerberos"):
        with Sim(*ROOMS, "--auth", auth, "--keytab", realm.service_keytab, environment=realm.environment) as sim:
            assert curl(sim, "--negotiate", "-u", ":", environment={**realm.environment, "KRB5CCNAME": str(ticket)}) == 200
            assert sim.counters()["handshakes"] == 1


# Channel bindings

WRONG = b"tls-server-end-point:" + bytes(32)
WAYS = [("NTLM", NTLMSSP), ("Negotiate", SPNEGO), ("Negotiate", NTLMSSP)]
WAY_NAMES = ["NTLM", "NTLM in SPNEGO", "NTLM under Negotiate"]


@pytest.mark.parametrize("scheme, mechanism", WAYS, ids=WAY_NAMES)
def test_the_right_binding_passes_in_every_mode(protected, scheme, mechanism):
    with Client(protected[0]) as client:
        status, text = client.log_in(scheme, initiator(mechanism, binding=client.binding()))
        assert status == 200 and codes(text) == ["NoError"]


@pytest.mark.parametrize("scheme, mechanism", WAYS, ids=WAY_NAMES)
def test_no_binding_is_refused_where_one_is_required(protected, scheme, mechanism):
    sim, mode = protected
    with Client(sim) as client:
        assert client.log_in(scheme, initiator(mechanism))[0] == (401 if mode == "require" else 200)


@pytest.mark.parametrize("scheme, mechanism", WAYS, ids=WAY_NAMES)
def test_a_wrong_binding_is_refused_wherever_it_is_looked_at(protected, scheme, mechanism):
    sim, mode = protected
    with Client(sim) as client:
        assert client.log_in(scheme, initiator(mechanism, binding=WRONG))[0] == (200 if mode == "none" else 401)


def test_kerberos_is_bound_as_ntlm_is(realm, monkeypatch):
    for name, value in {**realm.environment, "KRB5CCNAME": str(realm.account_ticket())}.items():
        monkeypatch.setenv(name, value)
    credentials = gssapi.Credentials(usage="initiate", mechs=[KRB5])
    with Sim(*ROOMS, "--auth", "kerberos", "--tls", "--keytab", realm.service_keytab, environment=realm.environment) as sim:
        seen = {}
        for mode in ("none", "allow", "require"):
            sim.settings(extended_protection=mode)
            for kind in ("right", "missing", "wrong"):
                with Client(sim) as client:
                    binding = {"right": client.binding(), "missing": None, "wrong": WRONG}[kind]
                    seen[mode, kind] = client.log_in("Negotiate", context(SPNEGO, credentials, binding))[0]
    refused = {pair for pair, status in seen.items() if status == 401}
    assert refused == {("allow", "wrong"), ("require", "wrong"), ("require", "missing")}
    assert set(seen.values()) == {200, 401}


class Echo(NtlmContext):
    """An NTLM client that finds a binding of zeros in the server's challenge and sends it back, proved, as it does with all of that
    list. There is no MsvAvTimestamp in it, so it sends no MIC, which would be of the challenge as it was."""

    def step(self, token=None):
        return super().step(token and self._with_zeros(token))

    @staticmethod
    def _with_zeros(challenge):
        pairs = struct.pack("<HH", 0x000A, 16) + bytes(16) + bytes(4)
        flags = struct.unpack_from("<I", challenge, 20)[0] | 0x00800000  # NTLMSSP_NEGOTIATE_TARGET_INFO
        fields = struct.pack("<HHI", len(pairs), len(pairs), len(challenge))
        return challenge[:20] + struct.pack("<I", flags) + challenge[24:40] + fields + challenge[48:] + pairs


def test_a_binding_of_zeros_is_a_wrong_one_to_ntlm(protected):
    sim, mode = protected
    with Client(sim) as client:
        assert client.log_in("NTLM", Echo("svc-rooms", "let-the-rooms-be-read", ""))[0] == (200 if mode == "none" else 401)


def test_behind_a_proxy_with_another_certificate_its_binding_is_wrong_and_none_passes(tmp_path):
    other, _ = made_by_openssl(tmp_path, "other")
    with Sim(*ROOMS, "--auth", "ntlm", "--tls", "--extended-protection", "allow", "--binding-certificate", other) as sim:
        with Client(sim) as client:
            assert client.log_in("NTLM", initiator(NTLMSSP, binding=client.binding()))[0] == 401
        with Client(sim) as client:
            assert client.log_in("NTLM", initiator(NTLMSSP))[0] == 200
        with Client(sim) as client:
            behind = b"tls-server-end-point:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(other.read_text())).digest()
            assert client.log_in("NTLM", initiator(NTLMSSP, binding=behind))[0] == 200


def test_extended_protection_without_tls_is_refused():
    with pytest.raises(SimError, match="needs TLS"):
        Sim("--auth", "ntlm", "--extended-protection", "allow").start()


# Connections

@pytest.fixture
def sim():
    with Sim(*ROOMS, "--auth", "ntlm,negotiate,basic") as one:
        yield one


def test_a_connection_stays_logged_in_and_no_other_is(sim):
    with Client(sim) as client, Client(sim) as other:
        assert client.log_in("NTLM", initiator(NTLMSSP))[0] == 200
        assert [client.ask()[0] for _ in range(3)] == [200] * 3
        assert other.ask()[0] == 401
    counters = sim.counters()
    assert {name: counters[name] for name in ("requests", "legs", "unauthenticated", "handshakes", "connections")} == {
        "requests": 4, "legs": 1, "unauthenticated": 1, "handshakes": 1, "connections": 2}
    assert counters["statuses"] == {"200": 4} and counters["operations"] == {"FindItem": 4}


def test_a_new_first_leg_ends_what_the_connection_had(sim):
    with Client(sim) as client:
        client.log_in("NTLM", initiator(NTLMSSP))
        assert client.log_in("NTLM", initiator(NTLMSSP, password="wrong"))[0] == 401
        assert client.ask()[0] == 401


def test_logins_that_are_forgotten_are_asked_for_anew(sim):
    with Client(sim) as client:
        client.log_in("NTLM", initiator(NTLMSSP))
        sim.forget_logins()
        assert client.ask()[0] == 401
        assert client.log_in("NTLM", initiator(NTLMSSP))[0] == 200


def test_all_ways_are_offered_as_iis_does(sim):
    with Client(sim) as client:
        status, offers, _ = client.ask()
        assert status == 401 and offers == ["Negotiate", "NTLM", 'Basic realm="127.0.0.1"']
        sim.settings(auth="basic")
        assert client.ask()[1] == ['Basic realm="127.0.0.1"']
        with pytest.raises(SimError, match="auth is one or more of"):
            sim.settings(auth="digest")


def test_what_is_not_offered_or_no_token_is_refused(sim):
    sim.settings(auth="ntlm")
    with Client(sim) as client:
        for authorization in ("Basic c3ZjLXJvb21zOnN0YW5kLWlu", "Negotiate YII=", "NTLM", "NTLM ???", "NTLM TlRMTVNTUAADAAAA", "Odd x"):
            assert client.ask(authorization)[:2] == (401, ["NTLM"]), authorization
    assert sim.counters()["logins_refused"] == 6


def test_kerberos_logs_in_each_request_when_asked_to(realm, monkeypatch):
    for name, value in {**realm.environment, "KRB5CCNAME": str(realm.account_ticket())}.items():
        monkeypatch.setenv(name, value)
    credentials = gssapi.Credentials(usage="initiate", mechs=[KRB5])
    with Sim(*ROOMS, "--auth", "kerberos", "--keytab", realm.service_keytab, environment=realm.environment) as sim, Client(sim) as client:
        assert client.log_in("Negotiate", context(SPNEGO, credentials, None))[0] == 200
        assert client.ask()[0] == 200
        sim.settings(kerberos_each_request=True)
        assert client.log_in("Negotiate", context(SPNEGO, credentials, None))[0] == 200
        assert client.ask()[0] == 401


def test_another_principal_than_the_account_is_refused(realm, monkeypatch):
    cache = realm.directory / "other.ccache"
    realm.add("other", "pass")
    realm.ticket("other", "pass", cache)
    with Sim(*ROOMS, "--auth", "kerberos", "--keytab", realm.service_keytab, environment=realm.environment) as sim:
        assert curl(sim, "--negotiate", "-u", ":", environment={**realm.environment, "KRB5CCNAME": str(cache)}) == 401


def test_a_connection_that_is_lost_between_the_legs_has_to_begin_anew(sim):
    sim.fault("hang-up", operation="Leg", times=1)
    first = initiator(NTLMSSP)
    with Client(sim) as client:
        status, offers, _ = client.ask(f"NTLM {base64.b64encode(first.step()).decode()}")
        assert status == 401
        last = f"NTLM {base64.b64encode(first.step(base64.b64decode(offers[0].partition(' ')[2]))).decode()}"
        with pytest.raises(ConnectionError):
            client.ask(last)
        with Client(sim) as other:
            assert other.ask(last)[0] == 401
            assert other.log_in("NTLM", initiator(NTLMSSP))[0] == 200


@pytest.mark.parametrize("silently", (False, True))
def test_connections_end_after_so_many_answers_and_legs_do_not_count(sim, silently):
    sim.settings(close_after=3, close_silently=silently)
    with Client(sim) as client:
        assert client.log_in("NTLM", initiator(NTLMSSP))[0] == 200
        client.ask()
        assert client.ask()[0] == 200 and client.closing == (None if silently else "close")
        if silently:
            with pytest.raises(ConnectionError):
                client.ask()
        assert client.ask()[0] == 401  # by a new connection
    assert sim.counters()["connections"] == 2


def test_faults_for_ews_leave_legs_alone_and_those_for_legs_ews(sim):
    sim.fault("http-status", status=503)
    sim.fault("http-status", status=500, operation="Anonymous")
    with Client(sim) as client:
        assert client.ask()[0] == 500
        assert client.log_in("NTLM", initiator(NTLMSSP))[0] == 503
    assert sim.counters()["legs"] == 1
