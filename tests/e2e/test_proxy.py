# SPDX-License-Identifier: MIT
"""PROXY: always a tunnel, its own login and nothing else in clear text, and a sentence for each way it can fail."""
import base64

import pytest

from sim import Sim
from stack import check_with
from tls import Authority, Front, Proxy

LOGIN = "Basic " + base64.b64encode(b"me@example:p/w 1").decode()
AS_WRITTEN = "me%40example:p%2Fw%201"


@pytest.fixture(scope="module")
def sim():
    with Sim("--rooms", 1, "--items", 2) as made:
        yield made


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("root"), "root")


@pytest.fixture(scope="module")
def front(sim, root):
    with Front(sim.port, root.issue("good", ip="127.0.0.1").server_context()) as there:
        yield there


@pytest.fixture
def check(sim, root, front, tmp_path):
    """check(proxy, **settings) runs `roomcal check` with PROXY=proxy; settings replace lines of .env."""

    def run(proxy, environment=None, **settings):
        lines = {"EXCHANGE_SERVER": f"https://127.0.0.1:{front.port}", "CA_FILE": root.cert_file, "PROXY": proxy,
                 "LOG_LEVEL": "debug", **settings}
        done = check_with(sim, tmp_path, lines, environment)
        secrets = "p/w", "p%2Fw", LOGIN.split()[1]
        assert not [secret for secret in secrets if secret in done.stdout + done.stderr]
        return done

    sim.reset_counters()
    return run


def assert_works(done):
    assert done.returncode == 0, done.stdout + done.stderr


def assert_told(sim, done, code, sentence):
    assert done.returncode, done.stdout
    assert f"{code}: " in done.stdout and sentence in done.stdout
    assert sim.counters()["requests"] == 0


# ---- what works ----


def test_the_way_is_a_tunnel_that_shows_the_proxy_nothing_but_the_host(front, check):
    with Proxy() as proxy:
        assert_works(check(f"http://127.0.0.1:{proxy.port}"))
    assert proxy.heads
    for head in proxy.heads:
        assert head.startswith(f"CONNECT 127.0.0.1:{front.port} HTTP/1.1\r\n")
        assert "authorization" not in head.lower() and "cookie" not in head.lower()


def test_the_proxys_login_goes_to_the_proxy_alone(sim, check):
    with Proxy(login=LOGIN) as proxy:
        assert_works(check(f"http://{AS_WRITTEN}@127.0.0.1:{proxy.port}"))
    assert all("\r\nAuthorization:" not in head for head in proxy.heads)
    assert sim.requests() and not [one for one in sim.requests() if "proxy-authorization" in map(str.lower, one["headers"])]


def test_a_proxy_may_speak_tls_itself(root, check, tmp_path):
    with Proxy(context=root.issue("proxy", ip="127.0.0.1").server_context()) as proxy:
        assert_works(check(f"https://127.0.0.1:{proxy.port}"))
    assert proxy.heads


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_the_environment_takes_no_host_away_from_the_proxy(check, name):
    with Proxy() as proxy:
        assert_works(check(f"http://127.0.0.1:{proxy.port}", environment={name: "*"}))
    assert proxy.heads


def test_the_environments_proxies_are_not_used(check):
    with Proxy() as proxy:
        named = f"http://127.0.0.1:{proxy.port}"
        assert_works(check("", environment=dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), named)))
    assert not proxy.heads


def test_this_machine_is_asked_directly(sim, check):
    with Proxy() as proxy:
        assert_works(check(f"http://127.0.0.1:{proxy.port}", EXCHANGE_SERVER=sim.base))
    assert not proxy.heads


# ---- what fails ----


def test_a_proxy_that_is_not_there_is_told(sim, check, free_port):
    assert_told(sim, check(f"http://{AS_WRITTEN}@127.0.0.1:{free_port}"), "proxy_unreachable", "The proxy cannot be reached; check PROXY")


def test_a_proxy_without_a_name_is_told(sim, check):
    assert_told(sim, check(f"http://{AS_WRITTEN}@nowhere.invalid:3128"), "proxy_unreachable", "The proxy cannot be reached; check PROXY")


@pytest.mark.parametrize("login", ["", "me:wrong@"])
def test_a_login_that_the_proxy_refuses_is_told_and_not_tried_again(sim, check, login):
    with Proxy(login=LOGIN) as proxy:
        done = check(f"http://{login}127.0.0.1:{proxy.port}")
    assert_told(sim, done, "proxy_login", "The proxy refused the login; check user and password in PROXY")
    assert len(proxy.heads) == 1


@pytest.mark.parametrize("status, code, sentence", [
    (403, "proxy_refused", "let it allow CONNECT to the host and port"),
    (405, "proxy_refused", "let it allow CONNECT to the host and port"),
    (502, "proxy_no_way", "The proxy cannot reach Exchange"),
    (504, "proxy_no_way", "The proxy cannot reach Exchange"),
])
def test_a_proxy_that_gives_no_way_is_told(sim, check, status, code, sentence):
    with Proxy(status=status) as proxy:
        assert_told(sim, check(f"http://{AS_WRITTEN}@127.0.0.1:{proxy.port}"), code, sentence)


def test_a_proxy_whose_certificate_is_not_trusted_is_told(sim, check, tmp_path):
    with Proxy(context=Authority(tmp_path, "stranger").issue("proxy", ip="127.0.0.1").server_context()) as proxy:
        assert_told(sim, check(f"https://{AS_WRITTEN}@127.0.0.1:{proxy.port}"), "proxy_tls", "no trusted TLS connection to the proxy")
    assert not proxy.heads


def test_a_proxy_without_tls_is_told(sim, check):
    with Proxy() as proxy:
        assert_told(sim, check(f"https://127.0.0.1:{proxy.port}"), "proxy_tls", "write http:// in PROXY if it speaks none")


def test_a_certificate_of_exchange_is_told_through_a_proxy_too(sim, check, tmp_path):
    with Front(sim.port, Authority(tmp_path, "stranger").issue("leaf", ip="127.0.0.1").server_context()) as there, Proxy() as proxy:
        done = check(f"http://127.0.0.1:{proxy.port}", EXCHANGE_SERVER=f"https://127.0.0.1:{there.port}")
    assert_told(sim, done, "tls_unknown_authority", "The certificate of Exchange comes from an authority")
