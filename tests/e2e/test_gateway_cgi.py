# SPDX-License-Identifier: MIT
"""The same program as plain CGI, and as nothing at all."""
import socket
import subprocess
import threading

import pytest

from stack import DEADLINE_S, RESPONDER, parse_cgi, plain_environment


@pytest.fixture
def cgi(make_stack):
    """A stack whose responder has ended, with an empty cache: only CGI is left."""
    stack = make_stack(with_nginx=False)
    assert stack.term() == 0
    for file in stack.cache_dir.iterdir():
        file.unlink()
    stack.sim.reset_counters()
    return stack


def run_by_hand(*arguments):
    return subprocess.run([RESPONDER, *arguments], env=plain_environment(), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)


def test_a_cold_cache_is_filled_before_the_answer(cgi):
    reply = cgi.run_cgi("/api/calendar")
    assert (reply.status, reply.exit_status) == (200, 0)
    assert [(room["room"], len(room["items"]) > 0) for room in reply.json()] == [("R001", True), ("R002", True), ("R003", True)]


def test_the_next_process_answers_from_the_cache(cgi):
    first = cgi.run_cgi("/api/calendar")
    asked = cgi.sim.counters()["requests"]
    second = cgi.run_cgi("/api/calendar")
    assert second.body == first.body and second.headers["ETag"] == first.headers["ETag"]
    assert cgi.sim.counters()["requests"] == asked > 0


def test_it_answers_as_fastcgi_does(make_stack):
    stack = make_stack(with_nginx=False)
    stack.wait_fresh()
    for path in ("/api/calendar", "/api/calendar/R002", "/api/calendar?room=R003&from=2026-01-01&to=2026-02-01", "/api/calendar/X",
                 "/api/calendar?from=soon", "/nothing"):
        by_cgi, (by_fastcgi, _) = stack.run_cgi(path), stack.ask(path, QUERY_STRING=path.partition("?")[2])
        assert (by_cgi.status, by_cgi.body) == (by_fastcgi.status, by_fastcgi.body)


def test_health_asks_exchange_nothing(cgi):
    assert cgi.run_cgi("/api/health").status == 503
    assert cgi.sim.counters()["requests"] == 0


def test_exchange_down_and_nothing_cached_is_a_503(cgi):
    cgi.sim.fault("http-status", status=503)
    reply = cgi.run_cgi("/api/calendar")
    assert reply.status == 503 and reply.headers["Content-Type"] == "application/problem+json"


def test_who_finds_the_lease_taken_waits_for_what_the_other_fetches(make_stack):
    stack = make_stack(with_nginx=False, prepare=lambda sim: sim.fault("stall"))  # its responder holds the lease
    stack.sim.wait(stalled=1)
    replies = []
    thread = threading.Thread(target=lambda: replies.append(stack.run_cgi("/api/calendar")))
    thread.start()
    stack.sim.clear_faults()
    thread.join(DEADLINE_S)
    assert replies[0].status == 200 and all(room["items"] for room in replies[0].json())
    assert all(len(windows) == len(set(map(str, windows))) for windows in stack.sim.counters()["windows"].values())


def test_conditional_requests_and_head(cgi):
    whole = cgi.run_cgi("/api/calendar")
    same = cgi.run_cgi("/api/calendar", HTTP_IF_NONE_MATCH=whole.headers["ETag"])
    head = cgi.run_cgi("/api/calendar", method="HEAD")
    assert (same.status, same.body) == (304, b"")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])


def test_mistakes_in_the_settings_are_told_to_the_log_only(cgi):
    cgi.write_env(ROOMS="A,B", CACHE_TTL="soon")
    reply = cgi.run_cgi("/api/calendar")
    assert (reply.status, reply.exit_status) == (500, 78)
    assert "error log" in reply.json()["detail"]
    assert "CACHE_TTL" in reply.errors and "ROOM_EMAILS" in reply.errors
    assert b"CACHE_TTL" not in reply.body and b"ROOM_EMAILS" not in reply.body


def test_a_query_that_comes_as_arguments_is_no_option(cgi):
    """RFC 3875, 4.4: /api/health?--version"""
    done = subprocess.run([RESPONDER, "--version"], cwd=cgi.directory, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env=plain_environment(GATEWAY_INTERFACE="CGI/1.1", REQUEST_METHOD="GET", PATH_INFO="/nothing",
                                                QUERY_STRING="--version", ROOMCAL_ENV=cgi.env_file))
    assert done.stdout.startswith(b"Status: 404 ")


def test_the_request_uri_does_where_path_info_is_missing(cgi):
    assert cgi.run_cgi("", REQUEST_URI="/api/health?x", PATH_INFO=None).status == 503


def test_a_proxy_header_is_no_proxy(cgi):
    reply = cgi.run_cgi("/api/calendar", HTTP_PROXY="http://127.0.0.1:9")
    assert reply.status == 200 and all(room["items"] for room in reply.json())


@pytest.mark.parametrize("arguments, status", [((), 64), (("--frobnicate",), 64), (("--help",), 0), (("--version",), 0)])
def test_by_hand_it_says_how_it_is_meant_to_be_started(arguments, status):
    done = run_by_hand(*arguments)
    said = done.stdout + done.stderr
    assert done.returncode == status
    assert "roomcal-fcgi" in said
    if arguments != ("--version",):
        assert "spawn-fcgi" in said and "CGI" in said
    if arguments == ("--frobnicate",):
        assert "there is no option --frobnicate" in done.stderr


# ---- bodies, which nobody wants ----------------------------------------------------------------------------------


def post(stack, body, length):
    """A process that got these bytes of a body of `length`, and the web server's side of its connection, as mod_cgid has it."""
    ours, its = socket.socketpair()
    ours.settimeout(DEADLINE_S)
    variables = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "REQUEST_URI": "/api/calendar", "CONTENT_LENGTH": length}
    process = subprocess.Popen([RESPONDER], cwd=stack.directory, env=stack.environment(**variables), stdin=its, stdout=its,
                               stderr=subprocess.DEVNULL)
    its.close()
    try:
        ours.sendall(body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # more than it takes
    return process, ours


def read_all(connection):
    data = b""
    while more := connection.recv(65536):
        data += more
    return data


@pytest.mark.parametrize("length", [0, 1, 60000])
def test_a_body_does_not_break_the_answer(cgi, length):
    process, connection = post(cgi, b"x" * length, length)
    with process, connection:
        assert parse_cgi(read_all(connection)).status == 405
        assert process.wait(DEADLINE_S) == 0


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(cgi):
    process, connection = post(cgi, b"x", 1000)
    with process, connection:
        assert parse_cgi(read_all(connection)).status == 405
        assert process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("length", [10 ** 12, 10 ** 30, -1, "x", ""])
def test_a_body_without_end_is_not_read_to_its_end(cgi, length):
    process, connection = post(cgi, b"x" * 1000000, length)
    with process, connection:
        assert process.wait(DEADLINE_S) == 0
