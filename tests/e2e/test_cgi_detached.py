# SPDX-License-Identifier: MIT
"""Plain CGI: who waits for Exchange, and who refreshes behind the answer."""
import os
import pathlib
import signal
import subprocess

import pytest

import cgi
from stack import RESPONDER, until


@pytest.fixture
def cold(make_stack):
    """A stack whose responder has ended, with an empty cache: only CGI is left. All it started has ended with the test."""
    stack = make_stack(with_nginx=False)
    assert stack.term() == 0
    empty(stack)
    yield stack
    stack.sim.clear_faults()
    cgi.wait_ended(stack)


@pytest.fixture
def expired(cold):
    """The same with a full cache that has expired."""
    assert cold.run_cgi("/api/calendar").status == 200
    cgi.wait_ended(cold)
    cgi.expire(cold)
    cold.sim.reset_counters()
    return cold


def empty(stack):
    for file in stack.cache_dir.iterdir():
        file.unlink()
    stack.sim.reset_counters()


def windows_asked_twice(stack):
    return [room for room, windows in stack.sim.counters()["windows"].items() if len(windows) != len(set(map(str, windows)))]


# ---- expired ----------------------------------------------------------------------------------


def test_an_expired_calendar_is_shown_while_exchange_stalls(expired):
    """run_cgi returns at the end of both pipes: nothing detached has them open."""
    expired.sim.fault("stall")
    reply = expired.run_cgi("/api/calendar")
    assert (reply.status, reply.exit_status, reply.errors.count("event=refresh")) == (200, 0, 0)
    assert all(room["items"] for room in reply.json())
    expired.sim.wait(stalled=1)


def test_it_is_fresh_when_exchange_has_answered(expired):
    expired.sim.fault("stall")
    expired.run_cgi("/api/calendar")
    expired.sim.wait(stalled=1)
    assert set(cgi.states(expired).values()) == {"expired"}
    expired.sim.clear_faults()
    cgi.wait_fresh(expired)


def test_one_expired_room_that_is_asked_for_refreshes_all(expired):
    expired.run_cgi("/api/calendar/R002")
    cgi.wait_fresh(expired)


@pytest.mark.parametrize("headers", [{"method": "HEAD"}, {"HTTP_IF_NONE_MATCH": "*"}])
def test_a_request_without_a_body_refreshes_too(expired, headers):
    assert expired.run_cgi("/api/calendar", **headers).body == b""
    cgi.wait_fresh(expired)


@pytest.mark.parametrize("path", ["/api/health", "/api/calendar/nobody", "/api/calendar?from=soon", "/nothing"])
def test_what_shows_no_calendar_asks_exchange_nothing(expired, path):
    expired.run_cgi(path)
    cgi.wait_ended(expired)
    assert expired.sim.counters()["requests"] == 0


def test_a_fresh_calendar_leaves_no_process_behind(cold):
    cold.run_cgi("/api/calendar")
    cgi.wait_ended(cold)
    cold.sim.reset_counters()
    cold.sim.fault("stall")
    cold.run_cgi("/api/calendar")
    assert cgi.processes(cold.env_file) == []
    assert cold.sim.counters()["requests"] == 0


def test_what_goes_on_has_nothing_of_the_web_server(expired):
    expired.sim.fault("stall")
    inherited, other_end = os.pipe()
    os.set_inheritable(other_end, True)
    expired.run_cgi("/api/calendar", pass_fds=(other_end,))
    os.close(other_end)
    assert os.read(inherited, 1) == b"", "the end of a pipe that was left open"
    os.close(inherited)
    pid = cgi.detached(expired)
    assert [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)] == ["/dev/null"] * 3
    assert os.getsid(pid) != os.getsid(0) and os.getpgid(pid) != pid, "a session that is not led"


def test_what_goes_on_is_nobodys_zombie(expired):
    expired.sim.fault("stall")
    expired.run_cgi("/api/calendar")
    parent = int(cgi.status_of(cgi.detached(expired))["PPid"])
    assert parent != os.getpid()
    assert b"roomcal-fcgi" not in pathlib.Path(f"/proc/{parent}/cmdline").read_bytes()


def test_twenty_visitors_are_one_round(expired):
    expired.sim.fault("stall")
    threads, replies = cgi.at_once(20, lambda: expired.run_cgi("/api/calendar"))
    cgi.join(threads)
    expired.sim.wait(stalled=1)
    assert [reply.status for reply in replies] == [200] * 20
    assert cgi.detached(expired)
    expired.sim.clear_faults()
    cgi.wait_fresh(expired)
    assert windows_asked_twice(expired) == []


def test_while_exchange_is_down_the_first_visitors_process_asks_for_all(expired):
    expired.sim.fault("http-status", status=503, headers={"Retry-After": "600"})
    expired.run_cgi("/api/calendar")
    cgi.wait_ended(expired)
    asked = expired.sim.counters()["requests"]
    for _ in range(10):
        assert expired.run_cgi("/api/calendar").status == 200
        cgi.wait_ended(expired)
    assert expired.sim.counters()["requests"] == asked > 0
    assert set(cgi.states(expired).values()) == {"stale"}


# ---- the end of what goes on -------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_after_its_end_the_next_visitors_process_takes_over(expired, how):
    expired.sim.fault("stall")
    expired.run_cgi("/api/calendar")
    expired.sim.wait(stalled=1)
    os.kill(cgi.detached(expired), how)
    cgi.wait_ended(expired)
    expired.sim.clear_faults()
    assert set(cgi.states(expired).values()) == {"expired"}
    assert expired.run_cgi("/api/calendar").status == 200
    cgi.wait_fresh(expired)
    assert [file.name for file in expired.cache_dir.glob(".tmp-*")] == []


def test_signals_that_the_web_server_blocks_end_it_all_the_same(expired):
    expired.sim.fault("stall")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        expired.run_cgi("/api/calendar")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.kill(cgi.detached(expired), signal.SIGTERM)
    cgi.wait_ended(expired)


def test_beside_fastcgi_it_only_answers(expired):
    expired.sim.fault("stall")
    expired.start_fcgi()
    expired.sim.wait(stalled=1)
    asked = expired.sim.counters()["requests"]
    for _ in range(5):
        assert expired.run_cgi("/api/calendar").status == 200
    assert cgi.detached(expired) == expired.fcgi.pid
    assert expired.sim.counters()["requests"] == asked
    expired.sim.clear_faults()
    cgi.wait_fresh(expired)
    assert expired.term() == 0
    assert windows_asked_twice(expired) == []


# ---- cold ---------------------------------------------------------------------------------------


def test_a_cold_room_is_fetched_before_the_others(cold):
    """Another one stalls, and this is shown; the others follow when they can."""
    cold.sim.fault("stall", room="R001")
    reply = cold.run_cgi("/api/calendar/R002")
    assert reply.status == 200 and reply.json()
    cold.sim.wait(stalled=1)
    assert cgi.states(cold)["R001"] == "cold" and cgi.states(cold)["R002"] == "fresh"
    cold.sim.clear_faults()
    cgi.wait_fresh(cold)
    assert windows_asked_twice(cold) == []


def test_a_cold_storm_waits_in_bounds_and_fetches_once(cold):
    waiters_max = 4
    cold.sim.fault("stall")
    threads, replies = cgi.at_once(12, lambda: cold.run_cgi("/api/calendar"))
    refused = 12 - 1 - waiters_max
    until(lambda: len(replies) == refused, "those who are too many are answered")
    assert [reply.status for reply in replies] == [503] * refused
    assert all(int(reply.headers["Retry-After"]) > 0 for reply in replies)
    cold.sim.clear_faults()
    cgi.join(threads)
    assert sorted(reply.status for reply in replies) == [200] * (1 + waiters_max) + [503] * refused
    assert windows_asked_twice(cold) == []


def test_a_waiter_fetches_when_the_fetcher_dies(cold):
    cold.sim.fault("stall")
    threads, killed = cgi.at_once(1, lambda: cold.run_cgi("/api/calendar"))
    cold.sim.wait(stalled=1)
    fetcher = cgi.detached(cold)
    more, replies = cgi.at_once(1, lambda: cold.run_cgi("/api/calendar"))
    until(lambda: (cold.cache_dir / "waiters").exists(), "the other one waits")
    os.kill(fetcher, signal.SIGKILL)
    cgi.join(threads)
    cold.sim.clear_faults()
    cgi.join(more)
    assert (killed[0].exit_status, replies[0].status) == (-signal.SIGKILL, 200)


def test_with_a_cold_wait_of_zero_the_first_visitor_is_told_to_come_again(cold):
    cold.write_env(COLD_WAIT=0)
    reply = cold.run_cgi("/api/calendar")
    assert reply.status == 503 and int(reply.headers["Retry-After"]) > 0
    cgi.wait_fresh(cold)
    assert cold.run_cgi("/api/calendar").status == 200


def test_a_cold_visitor_waits_for_no_longer_than_cold_wait(cold):
    cold.write_env(COLD_WAIT=1)
    cold.sim.fault("stall")
    reply = cold.run_cgi("/api/calendar")
    assert reply.status == 503
    assert "REQUEST_TIMEOUT" not in reply.body.decode()


# ---- how it is started --------------------------------------------------------------------------


def test_without_standard_error_the_others_follow_all_the_same(cold):
    """The first free descriptor would be CACHE_DIR's, until what goes on opens /dev/null for it."""
    subprocess.run(["sh", "-c", f"exec {RESPONDER} 2>&-"], cwd=cold.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   env=cold.environment(GATEWAY_INTERFACE="CGI/1.1", REQUEST_METHOD="GET", PATH_INFO="/api/calendar/R001"), check=True)
    cgi.wait_ended(cold)
    assert set(cgi.states(cold).values()) == {"fresh"}
