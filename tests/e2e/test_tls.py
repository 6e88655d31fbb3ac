# SPDX-License-Identifier: MIT
"""TLS on the way to Exchange, with real certificates: what is trusted, what is not, and the sentence that says what to do.

`roomcal check` asks the stand-in through a front that speaks TLS; nothing reaches the stand-in over a connection that is not
trusted.
"""
import fcntl
import os
import pty
import ssl
import termios

import pytest

from sim import Sim
from stack import check_with
from tls import Authority, Front, self_signed, weak_key

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def sim():
    with Sim("--rooms", 1, "--items", 2) as made:
        yield made


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("root"), "root")


@pytest.fixture(scope="module")
def good(root):
    return root.issue("good", ip=HERE)


@pytest.fixture
def check(sim, root, tmp_path):
    """check(port, **settings) runs `roomcal check` against https://127.0.0.1:port, trusting the root; settings replace lines."""

    def run(port, environment=None, preexec_fn=None, **settings):
        lines = {"EXCHANGE_SERVER": f"https://{HERE}:{port}", "CA_FILE": root.cert_file, **settings}
        return check_with(sim, tmp_path, lines, environment, preexec_fn)

    sim.reset_counters()
    return run


def assert_works(done):
    assert done.returncode == 0, done.stdout + done.stderr


def assert_told(sim, done, sentence):
    """The check failed with that sentence, and no request came through."""
    assert done.returncode, done.stdout
    assert sentence in done.stdout + done.stderr
    assert sim.counters()["requests"] == 0


def front(sim, certificate, **options):
    return Front(sim.port, certificate.server_context(**options))


# ---- what is trusted ----


def test_an_authority_in_ca_file_is_trusted(sim, good, check):
    with front(sim, good) as there:
        assert_works(check(there.port))
        assert there.handshakes == 1


def test_an_intermediate_authority_that_the_server_sends_is_trusted(sim, root, check, tmp_path):
    between = Authority(tmp_path, "between", root)
    with front(sim, between.issue("leaf", ip=HERE)) as there:
        assert_works(check(there.port))


def test_a_self_signed_certificate_named_in_ca_file_is_trusted(sim, check, tmp_path):
    own = self_signed(tmp_path, "own", HERE)
    with front(sim, own) as there:
        assert_works(check(there.port, CA_FILE=own.cert_file))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_are_spoken(sim, good, check, version):
    with front(sim, good, minimum_version=version, maximum_version=version) as there:
        assert_works(check(there.port))


# ---- what is not ----


def assert_certificate_told(sim, certificate, check, sentence, **settings):
    with front(sim, certificate) as there:
        assert_told(sim, check(there.port, **settings), sentence)


def test_an_expired_certificate_is_told(sim, root, check):
    assert_certificate_told(sim, root.issue("old", ip=HERE, begin=-2, end=-1), check, "or of its authority, has expired; renew it")


def test_a_certificate_of_the_future_is_told(sim, root, check):
    assert_certificate_told(sim, root.issue("new", ip=HERE, begin=1), check, "is not valid yet; check the clock")


@pytest.mark.parametrize("names", [{"dns": "mail.example.org"}, {"ip": "127.0.0.2"}])
def test_a_certificate_for_another_host_is_told(sim, root, check, names):
    assert_certificate_told(sim, root.issue("other", **names), check, "is for another host; write a name that is in the")


def test_a_self_signed_certificate_is_told(sim, check, tmp_path):
    assert_certificate_told(sim, self_signed(tmp_path, "own", HERE), check, "is self-signed; save it as PEM")


def test_an_unknown_authority_is_told(sim, check, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    assert_certificate_told(sim, stranger.issue("leaf", ip=HERE), check, "from an authority that is not trusted here")


def test_a_missing_intermediate_authority_is_told(sim, root, check, tmp_path):
    leaf = Authority(tmp_path, "between", root).issue("leaf", ip=HERE, with_chain=False)
    assert_certificate_told(sim, leaf, check, "let Exchange send its intermediate ones too")


def test_the_systems_authorities_do_not_count_beside_ca_file(sim, good, check, root):
    with front(sim, good) as there:
        done = check(there.port, CA_FILE="", environment={"SSL_CERT_FILE": root.cert_file})
        assert_told(sim, done, "from an authority that is not trusted here")


def test_a_weak_key_is_told(sim, root, check):
    weak = root.issue("weak", ip=HERE, key=weak_key())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(weak.cert_file, weak.key_file)
    with Front(sim.port, context) as there:
        assert_told(sim, check(there.port), "has a key or signature that is too weak")


def test_an_old_version_of_tls_is_told(sim, good, check):
    context = good.server_context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.deprecated_call():  # by Python
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with Front(sim.port, context) as there:
        assert_told(sim, check(there.port), "no version or cipher of TLS in common with roomcal; enable TLS 1.2")


def test_no_cipher_in_common_is_told(sim, good, check):
    context = good.server_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("PSK-AES128-GCM-SHA256")
    with Front(sim.port, context) as there:
        assert_told(sim, check(there.port), "no version or cipher of TLS in common with roomcal")


def test_a_port_without_tls_is_told(sim, check):
    assert_told(sim, check(sim.port), "What answers at this port speaks no TLS")


def test_a_ca_file_without_certificates_is_told(sim, good, check, tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate\n")
    with front(sim, good) as there:
        assert_told(sim, check(there.port, CA_FILE=empty), "CA_FILE cannot be used; check that it is there")


# ---- the client's own certificate ----


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("clients"), "clients")


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def demanding(request, sim, good, clients):
    """A front that wants a certificate of `clients`."""
    context = good.server_context(verify_mode=ssl.CERT_REQUIRED, maximum_version=request.param)
    context.load_verify_locations(clients.cert_file)
    with Front(sim.port, context) as there:
        yield there


def test_a_client_certificate_is_shown(demanding, clients, check):
    ours = clients.issue("ours")
    assert_works(check(demanding.port, CERT_FILE=ours.cert_file, KEY_FILE=ours.key_file))


def test_the_key_may_stand_in_cert_file(demanding, clients, check):
    assert_works(check(demanding.port, CERT_FILE=clients.issue("ours").both_file))


def test_a_client_certificate_that_is_wanted_is_told(sim, demanding, check):
    # With TLS 1.2 the alert says no more than that the handshake failed; that the server asked before is what tells.
    assert_told(sim, check(demanding.port), "asks for a client certificate; name one")


def test_a_client_certificate_that_is_refused_is_told(sim, demanding, root, check):
    theirs = root.issue("theirs")
    assert_told(sim, check(demanding.port, CERT_FILE=theirs.cert_file, KEY_FILE=theirs.key_file),
                "refuses the client certificate; check that the one in CERT_FILE")


def test_an_expired_client_certificate_is_told(sim, demanding, clients, check):
    old = clients.issue("old", begin=-2, end=-1)
    assert_told(sim, check(demanding.port, CERT_FILE=old.both_file), "refuses the client certificate")


def test_a_key_of_another_certificate_is_told(sim, demanding, clients, check):
    one, other = clients.issue("one"), clients.issue("other")
    assert_told(sim, check(demanding.port, CERT_FILE=one.cert_file, KEY_FILE=other.key_file), "KEY_FILE are PEM, belong together")


def test_a_key_with_a_passphrase_is_told(sim, demanding, clients, check):
    locked = clients.issue("locked", passphrase=b"open sesame")
    assert_told(sim, check(demanding.port, CERT_FILE=locked.both_file), "that the key has no passphrase")


def test_nobody_at_the_terminal_is_asked_for_a_passphrase(sim, good, clients, check):
    """OpenSSL would, and wait."""
    ours, terminal = pty.openpty()

    def take_terminal():
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    with front(sim, good) as there:
        locked = clients.issue("locked", passphrase=b"open sesame")
        done = check(there.port, CERT_FILE=locked.both_file, preexec_fn=take_terminal)
    assert_told(sim, done, "that the key has no passphrase")
    os.close(terminal)
    os.close(ours)


# ---- an authority that is taken away ----


def test_an_authority_taken_out_of_ca_file_is_no_longer_trusted(good, root, tmp_path, free_port, make_stack):
    """By a service that runs on, at its next connection."""
    stranger = Authority(tmp_path, "stranger")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(root.cert_file.read_bytes())
    with Front(free_port, good.server_context()) as there:
        stack = make_stack(rooms=1, items=2, with_nginx=False, sim_options=("--rooms", 1, "--items", 2, "--port", free_port),
                           env={"EXCHANGE_SERVER": f"https://{HERE}:{there.port}", "CA_FILE": trusted, "CACHE_TTL": 1, "LANES": 1})
        stack.wait_fresh()
        trusted.write_bytes(stranger.cert_file.read_bytes())
        stack.sim.fault("reset", times=1)
        stack.wait_log("code=tls_unknown_authority")
