# SPDX-License-Identifier: MIT
"""The life of the FastCGI process, and clients that behave badly."""
import re
import threading

import pytest

import fastcgi
from fastcgi import Connection
from stack import DEADLINE_S, parse_cgi, until

BAD_SETTINGS = {"ROOMS": "A,B,C", "ROOM_EMAILS": "a@example.org", "CACHE_TTL": "soon"}


def ask_in_the_background(stack, path):
    """A list that gets the reply, and the thread that waits for it."""
    replies = []
    thread = threading.Thread(target=lambda: replies.append(stack.ask(path)))
    thread.start()
    return replies, thread


def counted(stack, name):
    """A counter of /api/metrics, which never waits."""
    return int(re.search(rf"^roomcal_{name}_total (\d+)$", stack.ask("/api/metrics")[0].body.decode(), re.M)[1])


# ---- the end ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGINT", "SIGUSR1"])
def test_a_signal_ends_it_with_status_0(make_stack, signal):
    stack = make_stack(with_nginx=False)
    stack.signal(signal)
    assert stack.wait_exit() == 0
    assert "event=stop" in stack.log()


def test_it_ends_although_a_client_stalls(make_stack):
    stack = make_stack(with_nginx=False)
    with Connection(stack.socket) as stalled:
        stalled.send(fastcgi.begin() + fastcgi.params(REQUEST_METHOD="GET")[:-1])
        assert stack.ask("/api/health")[0].status in (200, 503)  # so the other one was accepted before
        assert stack.term() == 0
        assert stalled.read_record() is None


def test_whoever_waits_for_a_cold_room_is_answered_at_the_end(make_stack):
    stack = make_stack(with_nginx=False, prepare=lambda sim: sim.fault("stall"), env={"COLD_WAIT": 50, "THREADS": 2})
    with Connection(stack.socket) as waiting:
        waiting.send(fastcgi.request("/api/calendar"))
        until(waiting.all_taken, "the request is read")
        stack.sim.wait(stalled=1)
        assert stack.term() == 0
        out, ended = waiting.read_reply()
    assert parse_cgi(out).status == 503 and ended


def test_a_reply_under_way_is_finished(make_stack):
    """It has a second and a half to be, which a busy machine may use up: then it was cut, as the log says, and the next one is tried."""
    stack = make_stack(with_nginx=False, rooms=1, items=1000)
    stack.wait_fresh()

    def finished():
        said_before = len(stack.log())
        with Connection(stack.socket) as slow:
            slow.send(fastcgi.request("/api/calendar"))
            first = slow.read_record()
            stack.signal("SIGTERM")
            stack.wait_log_since(said_before, "event=stop signal=")
            rest, ended = slow.read_reply()
        assert stack.wait_exit() == 0
        if "cut=" in stack.log()[said_before:]:
            stack.start_fcgi()
            return None
        return ended and parse_cgi(first[1] + rest)

    reply = until(finished, "a reply is finished")
    assert len(reply.json()[0]["items"]) > 0


def test_it_ends_although_nobody_takes_a_reply(make_stack):
    stack = make_stack(with_nginx=False, rooms=4, items=1000)  # more than a socket's buffer holds
    stack.wait_fresh()
    with Connection(stack.socket) as idle:
        idle.send(fastcgi.request("/api/calendar"))
        idle.read_record()
        assert stack.term() == 0
    assert "cut=1" in stack.log()


# ---- new settings ----------------------------------------------------------------------------------------------


def test_sighup_takes_good_settings_over(make_stack):
    stack = make_stack(with_nginx=False, rooms=2)
    stack.wait_fresh()
    stack.write_env(ROOMS="R002", ROOM_EMAILS="r002@example.org", THREADS=7)
    said = stack.hup()
    reply, _ = stack.ask("/api/calendar")
    assert [room["room"] for room in reply.json()] == ["R002"]
    assert "rooms=1" in said
    stack.wait_log("THREADS changes at the next start only")


def test_a_new_room_is_fetched_after_sighup(make_stack):
    stack = make_stack(with_nginx=False, rooms=2, env={"ROOMS": "R001", "ROOM_EMAILS": "r001@example.org"})
    stack.wait_fresh()
    stack.write_env(ROOMS="R001,R002", ROOM_EMAILS="r001@example.org,r002@example.org")
    stack.hup()
    reply, _ = stack.ask("/api/calendar")
    assert [len(room["items"]) > 0 for room in reply.json()] == [True, True]


def test_sighup_with_mistakes_keeps_the_old_settings_and_says_why(make_stack):
    stack = make_stack(with_nginx=False, rooms=2)
    stack.wait_fresh()
    stack.write_env(**BAD_SETTINGS)
    said = stack.hup()
    assert "ROOM_EMAILS" in said and "CACHE_TTL" in said and "the old settings stay in force" in said
    reply, _ = stack.ask("/api/calendar")
    assert [room["room"] for room in reply.json()] == ["R001", "R002"]
    assert stack.term() == 0


def test_requests_are_answered_while_settings_change(make_stack):
    stack = make_stack(with_nginx=False)
    stack.wait_fresh()
    done, failures = threading.Event(), []

    def ask():
        while not done.is_set():
            reply, ended = stack.ask("/api/calendar")
            if reply.status != 200 or not ended:
                failures.append(reply)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        stack.hup()
    done.set()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert failures == []


def test_bad_settings_end_it_with_status_78_and_all_mistakes(make_stack):
    stack = make_stack(with_nginx=False)
    assert stack.term() == 0
    stack.write_env(**BAD_SETTINGS)
    stack.start_fcgi()
    assert stack.wait_exit() == 78
    assert "ROOM_EMAILS" in stack.log() and "CACHE_TTL" in stack.log()


# ---- visitors who wait -------------------------------------------------------------------------------------------


def test_one_thread_is_left_for_those_who_need_not_wait(make_stack):
    """Three of four threads wait for a room that Exchange does not give. No clock is needed: nobody's wait ends by itself."""
    stack = make_stack(with_nginx=False, env={"COLD_WAIT": 50, "THREADS": 4},
                       prepare=lambda sim: sim.fault("stall", room="R003", operation="FindItem"))
    until(lambda: stack.ask("/api/health")[0].json()["rooms"][0]["state"] == "fresh", "R001 is there")
    waiting = [ask_in_the_background(stack, "/api/calendar/R003") for _ in range(3)]
    until(lambda: counted(stack, "cold_waits") >= 3, "three visitors wait")

    refused, _ = stack.ask("/api/calendar/R003")
    assert refused.status == 503 and refused.headers["Content-Type"] == "application/problem+json"
    assert int(refused.headers["Retry-After"]) > 0 and "no more visitors can wait" in refused.json()["detail"]
    assert stack.ask("/api/calendar/R001")[0].status == 200
    assert (counted(stack, "cold_waits"), counted(stack, "cold_refusals")) == (3, 1)

    stack.sim.clear_faults()
    for replies, thread in waiting:
        thread.join(DEADLINE_S)
        assert [(reply.status, bool(reply.json())) for reply, _ in replies] == [(200, True)]
    assert stack.ask("/api/calendar/R003")[0].status == 200


def test_with_one_thread_nobody_waits(make_stack):
    stack = make_stack(with_nginx=False, prepare=lambda sim: sim.fault("stall"), env={"COLD_WAIT": 50, "THREADS": 1})
    reply, _ = stack.ask("/api/calendar/R001")
    assert reply.status == 503 and int(reply.headers["Retry-After"]) > 0
    assert (counted(stack, "cold_waits"), counted(stack, "cold_refusals")) == (0, 1)


def test_places_to_wait_belong_to_the_process_and_not_to_its_settings(make_stack):
    stack = make_stack(with_nginx=False, prepare=lambda sim: sim.fault("stall"), env={"COLD_WAIT": 50, "THREADS": 2})
    replies, thread = ask_in_the_background(stack, "/api/calendar/R001")
    until(lambda: counted(stack, "cold_waits") >= 1, "one visitor waits")
    stack.hup()
    assert stack.ask("/api/calendar/R001")[0].status == 503
    assert stack.term() == 0
    thread.join(DEADLINE_S)
    assert replies[0][0].status == 503


# ---- what is said of requests -------------------------------------------------------------------------------------


def test_each_request_is_a_line_that_no_stranger_can_forge(shared_stack):
    stack = shared_stack
    assert stack.ask('/api/x%22%20status=200%0Aevent=forged?a"b\n', HTTP_AUTHORIZATION="Basic c2VjcmV0")[0].status == 404
    assert stack.ask("/api/calendar?" + "q" * 60000)[0].status == 200
    stack.wait_log("qqq")
    log = stack.log()
    assert re.search(r'^event=request method="GET" path="/api/x\? status=200\?event=forged" query="a\?b\?" status=404 '
                     r"bytes=\d+ ms=\d+$", log, re.M)
    assert "\nevent=forged" not in log and "c2VjcmV0" not in log and "q" * 201 not in log


def test_requests_are_not_logged_unless_asked_for(make_stack):
    stack = make_stack(with_nginx=False, env={"LOG_LEVEL": "info"})
    assert stack.ask("/api/health")[0].status in (200, 503)
    assert stack.term() == 0
    assert "event=request" not in stack.log()


# ---- clients that behave badly ---------------------------------------------------------------------------------


def test_stalled_and_dripping_clients_are_cut(make_stack):
    """As many as there are threads: nobody else could be answered if they were not."""
    stack = make_stack(with_nginx=False, env={"THREADS": 2})
    data = fastcgi.begin() + fastcgi.params(REQUEST_METHOD="GET", REQUEST_URI="/" + "a" * 30000)
    stop = threading.Event()

    def drip(connection):
        try:
            for byte in data:
                connection.send(bytes([byte]))
                if stop.wait(0.05):
                    return
        except OSError:  # cut
            return

    with Connection(stack.socket) as stalled, Connection(stack.socket) as dripping:
        stalled.send(data[:20])
        dripper = threading.Thread(target=drip, args=[dripping])
        dripper.start()
        stack.wait_accepted(2)
        assert stack.ask("/api/health")[0].status in (200, 503)
        stop.set()
        dripper.join(DEADLINE_S)
    stack.wait_log("event=cut")


def test_who_waits_for_a_cold_room_outlives_who_stalls(make_stack):
    """The time to send a request is over when it is there."""
    stack = make_stack(with_nginx=False, prepare=lambda sim: sim.fault("stall"), env={"COLD_WAIT": 50})
    with Connection(stack.socket) as waiting, Connection(stack.socket) as stalled:
        waiting.send(fastcgi.request("/api/calendar"))
        until(waiting.all_taken, "the request is read")
        stalled.send(fastcgi.begin())
        assert stalled.read_record() is None
        stack.sim.clear_faults()
        out, ended = waiting.read_reply()
    assert parse_cgi(out).status == 200 and ended


def test_a_client_that_leaves_amid_a_reply_does_no_harm(make_stack):
    stack = make_stack(with_nginx=False, rooms=4, items=1000)
    stack.wait_fresh()
    for _ in range(8):  # twice as often as there are threads
        with Connection(stack.socket) as connection:
            connection.send(fastcgi.request("/api/calendar"))
            connection.read_record()
    assert stack.ask("/api/health")[0].status == 200
    assert stack.term() == 0


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\n\r\n" * 10, fastcgi.begin(), fastcgi.begin(role=9),
                                  fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, b"\xff\xff\xff"),
                                  fastcgi.begin() + fastcgi.record(fastcgi.STDIN), b"\x01\x01\x00\x01\xff\xff"])
def test_nonsense_is_dropped(shared_stack, data):
    stack = shared_stack
    for _ in range(5):  # more than there are threads
        with Connection(stack.socket) as connection:
            connection.send(data)
    assert stack.ask("/api/health")[0].status in (200, 503)


def test_a_connection_closes_after_one_reply_even_if_it_should_be_kept(shared_stack):
    reply, ended = shared_stack.ask("/api/health", flags=fastcgi.KEEP_CONN)
    assert reply.status in (200, 503) and ended


def test_an_authorizer_s_question_is_not_answered_with_yes(shared_stack):
    reply, ended = shared_stack.ask("/api/health", role=fastcgi.AUTHORIZER)
    assert reply.status == 500 and ended


def test_a_request_body_is_let_lie(shared_stack):
    with Connection(shared_stack.socket) as connection:
        connection.send(fastcgi.begin() + fastcgi.params(REQUEST_METHOD="POST", REQUEST_URI="/api/calendar",
                                                         CONTENT_LENGTH="60000") + fastcgi.record(fastcgi.PARAMS))
        connection.send(fastcgi.record(fastcgi.STDIN, b"x" * 60000))
        out, _ = connection.read_reply()
    assert parse_cgi(out).status == 405


@pytest.mark.parametrize("target", ["/api/calendar%", "/api/calendar%zz", "/api/calendar/%", "*", ""])
def test_a_target_that_is_no_path_is_refused(shared_stack, target):
    assert shared_stack.ask(target)[0].status in (400, 404)


def test_a_target_that_is_too_long_is_refused(shared_stack):
    assert shared_stack.ask("/api/calendar/" + "a" * 5000)[0].status == 414


def test_the_path_s_escapes_are_decoded_once(shared_stack):
    assert shared_stack.ask("/api/cal%65ndar")[0].status == 200
    assert shared_stack.ask("/api/cal%2565ndar")[0].status == 404


# ---- the environment -------------------------------------------------------------------------------------------


def test_a_proxy_in_the_environment_does_not_matter(make_stack):
    stack = make_stack(with_nginx=False)
    stack.term()
    for file in stack.cache_dir.iterdir():
        file.unlink()
    proxy = "http://127.0.0.1:9"
    stack.start_fcgi(http_proxy=proxy, HTTP_PROXY=proxy, https_proxy=proxy, ALL_PROXY=proxy, all_proxy=proxy)
    reply, _ = stack.ask("/api/calendar")
    assert reply.status == 200 and all(room["items"] for room in reply.json())


def test_many_clients_at_once_are_all_answered(make_stack):
    stack = make_stack(with_nginx=False)
    stack.wait_fresh()
    asked = [ask_in_the_background(stack, "/api/calendar") for _ in range(40)]
    for _, thread in asked:
        thread.join(DEADLINE_S)
    assert {replies[0][0].status for replies, _ in asked} == {200}
    assert len({replies[0][0].body for replies, _ in asked}) == 1


def test_a_start_without_descriptors_to_spare_goes_on(make_stack):
    """Connections that cannot be taken wait, and are answered once there are descriptors again."""
    stack = make_stack(with_nginx=False)
    stack.wait_fresh()
    stack.limit_descriptors(4)
    replies, thread = ask_in_the_background(stack, "/api/calendar")
    stack.wait_log("event=accept")
    stack.limit_descriptors(1024)
    thread.join(DEADLINE_S)
    assert replies[0][0].status == 200
