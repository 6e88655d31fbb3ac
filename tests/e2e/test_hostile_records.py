# SPDX-License-Identifier: MIT
"""Whoever may open the socket may send any bytes to it. Each gets an answer or a closed connection, no thread is lost, and the process
grows no further than a request may."""
import contextlib
import re
import struct
import threading
from pathlib import Path

import pytest

import fastcgi
from fastcgi import BEGIN_REQUEST, DATA, GET_VALUES, PARAMS, STDIN, Connection, begin, pair, record
from stack import DEADLINE_S, parse_cgi, until

THREADS = 4  # the default
NAMES = fastcgi.params(REQUEST_METHOD="GET", REQUEST_URI="/api/health")
END = record(PARAMS)
WHOLE = begin() + NAMES + END
TWO_GIB = struct.pack(">I", 0xFFFFFFFF)
ASKED = pair(b"FCGI_MAX_CONNS", b"")


def all_answer(stack, threads):
    """Has each thread a request at the same time, and answers it? Not if we took longer than a request may."""
    with contextlib.ExitStack() as ends:
        connections = [ends.enter_context(Connection(stack.socket)) for _ in range(threads)]
        for connection in connections:
            connection.send(WHOLE[:20])
        for connection in connections:
            until(connection.all_taken, "a thread reads it")
        replies = [send_all(connection, [WHOLE[20:]]) and connection.read_reply() for connection in connections]
    return all(reply and reply[1] and parse_cgi(reply[0]).status == 200 for reply in replies)


def assert_all_answer(stack, threads=THREADS):
    """No thread is stuck."""
    until(lambda: all_answer(stack, threads), "all threads answer")


def memory_peak(stack):
    """Bytes that the process had resident at most."""
    return int(re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{stack.fcgi.pid}/status").read_text(), re.M)[1]) * 1024


def send_all(connection, parts):
    """True: everything was taken. The other side may close at any moment."""
    try:
        for part in parts:
            connection.send(part)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


NONSENSE = {
    "another version": begin(version=2) + NAMES + END,
    "another version later": begin() + record(PARAMS, version=0),
    "no begin": NAMES + END,
    "a begin without a body": record(BEGIN_REQUEST) + NAMES + END,
    "a begin that is too long": record(BEGIN_REQUEST, bytes(9)) + NAMES + END,
    "a begin of id 0": begin(request_id=0) + NAMES + END,
    "a role that nobody has": begin(role=9) + NAMES + END,
    "two begins": begin() + begin() + NAMES + END,
    "another request's begin": begin() + begin(request_id=2) + NAMES + END,
    "another request's parameters": begin() + record(PARAMS, ASKED, request_id=2) + NAMES + END,
    "parameters of id 0": begin() + record(PARAMS, ASKED, request_id=0) + NAMES + END,
    "an abort": begin() + record(fastcgi.ABORT_REQUEST),
    "an abort amid parameters": begin() + NAMES + record(fastcgi.ABORT_REQUEST),
    "an unknown type": begin() + record(77) + NAMES + END,
    "an unknown type of id 0": record(77, request_id=0) + WHOLE,
    "a reply": begin() + record(fastcgi.END_REQUEST, bytes(8)),
    "a body before its time": begin() + record(STDIN, b"x") + NAMES + END,
    "data before their time": begin() + record(DATA, b"x"),
    "a question for values": record(GET_VALUES, ASKED, request_id=0) + WHOLE,
    "a question that asks for one value 1000 times": record(GET_VALUES, ASKED * 1000, request_id=0) + WHOLE,
    "that question amid parameters": begin() + record(GET_VALUES, ASKED * 1000, request_id=0) + NAMES + END,
    "a name of 2 GiB": begin() + record(PARAMS, TWO_GIB + b"\x01NAMEv") + END,
    "a value of 2 GiB": begin() + record(PARAMS, b"\x04" + TWO_GIB + b"NAMEv") + END,
    "2 GiB twice, which is 0 in 32 bits": begin() + record(PARAMS, TWO_GIB * 2 + b"x" * 60000) + END,
    "a pair cut in its lengths": begin() + record(PARAMS, b"\x80\x00") + END,
    "a pair cut in its name": begin() + record(PARAMS, b"\x04\x01NAM") + END,
    "a pair cut in its value": begin() + record(PARAMS, b"\x04\x02NAMEv") + END,
    "a NUL in a value": begin() + NAMES + record(PARAMS, pair(b"HTTP_ACCEPT", b"a\0b")) + END,
    "a pair inside of a name": begin() + record(PARAMS, pair(b"REQUEST_METHOD=POST", b"")) + NAMES + END,
    "HTTP": b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n",
    "nothing but ones": b"\x01" * 9999,
    "nothing but 255s": b"\xff" * 9999,
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
def test_what_no_web_server_sends_is_not_answered(shared_stack, data):
    with Connection(shared_stack.socket) as connection:
        send_all(connection, [data])
        assert connection.read_record() is None
    assert_all_answer(shared_stack)


FINE = {
    "a pair in two records": begin() + record(PARAMS, pair(b"REQUEST_URI", b"/api/health")[:5]) +
                             record(PARAMS, pair(b"REQUEST_URI", b"/api/health")[5:]) +
                             record(PARAMS, pair(b"REQUEST_METHOD", b"GET")) + END,
    "a record for each byte": begin() + b"".join(record(PARAMS, bytes([byte])) for byte in NAMES[8:]) + END,
    "padding": begin() + record(PARAMS, NAMES[8:] + bytes(255), length=len(NAMES) - 8, padding=255) + END,
    "no more than the end of the parameters": WHOLE,
    "another id": begin(request_id=65535) + record(PARAMS, NAMES[8:], request_id=65535) + record(PARAMS, request_id=65535),
    "nonsense behind it": WHOLE + b"\xff" * 9999,
    "a second request behind it": WHOLE + WHOLE,
    "names that nobody knows": begin() + NAMES + fastcgi.params(**{f"HTTP_X{i}": "y" for i in range(5000)}) + END,
    "a name given twice, of which the first counts": begin() + NAMES + fastcgi.params(REQUEST_METHOD="POST") + END,
    "an empty value": begin() + NAMES + fastcgi.params(HTTP_ACCEPT="") + END,
}


@pytest.mark.parametrize("data", FINE.values(), ids=FINE)
def test_what_is_odd_but_allowed_is_answered(shared_stack, data):
    with Connection(shared_stack.socket) as connection:
        connection.send(data)
        out, ended = connection.read_reply()
    assert parse_cgi(out).status == 200 and ended


def test_a_connection_may_end_behind_every_byte(shared_stack):
    for length in range(len(WHOLE) + 1):
        with Connection(shared_stack.socket) as connection:
            connection.send(WHOLE[:length])
    assert_all_answer(shared_stack)


def test_a_half_closed_connection_is_over_or_answered(shared_stack):
    for length in range(len(WHOLE) + 1):
        with Connection(shared_stack.socket) as connection:
            connection.send(WHOLE[:length])
            connection.end_sending()
            _, ended = connection.read_reply()
            assert ended == (length == len(WHOLE)), length


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_a_byte_that_is_wrong_does_no_harm(shared_stack, place):
    for byte in (0, 1, 0x7F, 0x80, 0xFF):
        with Connection(shared_stack.socket) as connection:
            connection.send(WHOLE[:place] + bytes([byte]) + WHOLE[place + 1:])
            connection.end_sending()
            connection.read_reply()
    assert_all_answer(shared_stack)


@pytest.mark.parametrize("flood", [
    record(PARAMS, pair(b"HTTP_X", b"y" * 60000)),         # parameters that never end
    record(PARAMS, b"\x04" + TWO_GIB + b"x" * 60000),      # a value that goes on and on
    record(PARAMS, bytes(2) * 30000),                      # pairs of nothing
], ids=["pairs", "one value", "empty pairs"])
def test_parameters_without_end_are_cut_and_do_not_stay_in_memory(shared_stack, flood):
    assert_all_answer(shared_stack)
    before = memory_peak(shared_stack)
    with Connection(shared_stack.socket) as connection:
        assert not send_all(connection, [begin()] + [flood] * 2000)
    assert memory_peak(shared_stack) - before < 16 << 20
    assert_all_answer(shared_stack)


def test_a_body_without_end_is_answered_and_let_go(shared_stack):
    before = memory_peak(shared_stack)
    body = record(STDIN, b"x" * 60000)
    with Connection(shared_stack.socket) as connection:
        connection.send(begin() + fastcgi.params(REQUEST_METHOD="POST", REQUEST_URI="/api/calendar") + END)
        send_all(connection, [body] * 1000)
        out, ended = connection.read_reply()
    assert parse_cgi(out).status == 405 and ended
    assert memory_peak(shared_stack) - before < 16 << 20
    assert_all_answer(shared_stack)


def test_who_stalls_behind_any_record_is_cut(make_stack):
    """Twice as many as there are threads; whoever asks meanwhile is answered in the end."""
    stack = make_stack(with_nginx=False, env={"THREADS": 2})
    stack.wait_fresh()
    stalled = [Connection(stack.socket) for _ in range(4)]
    for connection, data in zip(stalled, (begin()[:4], begin(), begin() + NAMES[:12], begin() + NAMES)):
        connection.send(data)
    assert_all_answer(stack, threads=2)
    for connection in stalled:
        assert connection.read_record() is None
        connection.close()


def test_who_never_reads_a_large_reply_is_cut(make_stack):
    """As many as there are threads."""
    stack = make_stack(with_nginx=False, rooms=4, items=1000, env={"THREADS": 2, "COLD_WAIT": 0})
    stack.wait_fresh()
    idle = [Connection(stack.socket) for _ in range(2)]
    for connection in idle:
        connection.send(fastcgi.request("/api/calendar"))
        assert connection.read(8)
    with Connection(stack.socket) as waiting:
        waiting.send(fastcgi.request("/api/health"))
        assert parse_cgi(waiting.read_reply()[0]).status == 200
    for connection in idle:
        assert not connection.read_reply()[1]
        connection.close()
    assert_all_answer(stack, threads=2)


def test_who_leaves_while_it_waits_for_a_room_does_no_harm(make_stack):
    """Nobody notices until the answer is there: COLD_WAIT is the longest that a thread is lost to them."""
    stack = make_stack(with_nginx=False, env={"COLD_WAIT": 1, "THREADS": 2}, prepare=lambda sim: sim.fault("stall"))
    for _ in range(4):
        with Connection(stack.socket) as connection:
            connection.send(fastcgi.request("/api/calendar"))
            until(connection.all_taken, "the request is read")
    stack.sim.clear_faults()
    stack.wait_fresh()
    assert_all_answer(stack, threads=2)


@pytest.mark.parametrize("left, reason", [(1, "a connection cannot be watched"), (2, "a request cannot be kept in memory")])
def test_without_the_descriptors_that_it_takes_a_connection_is_closed_and_the_log_says_so(make_stack, left, reason):
    """Each takes three: its own, the watchdog's, and one for the records that libfcgi reads."""
    stack = make_stack(with_nginx=False)
    stack.wait_fresh()

    def is_refused():
        """Not while the responder opens and closes others, those of the questions before or of a look at a room: then more or fewer
        are left than were counted."""
        used = {int(fd.name) for fd in Path(f"/proc/{stack.fcgi.pid}/fd").iterdir()}
        stack.limit_descriptors([fd for fd in range(len(used) + 3) if fd not in used][left])
        with Connection(stack.socket) as connection:
            send_all(connection, [WHOLE])  # it may be closed before
            return connection.read_record() is None and reason in stack.log()

    until(is_refused, reason)
    stack.limit_descriptors(1024)
    assert_all_answer(stack)


def test_a_thousand_connections_that_end_at_once_do_no_harm(shared_stack):
    def knock(data):
        for _ in range(125):
            with Connection(shared_stack.socket) as connection:
                connection.send(data)

    knockers = [threading.Thread(target=knock, args=[WHOLE[:20] if i % 2 else WHOLE]) for i in range(8)]
    for knocker in knockers:
        knocker.start()
    for knocker in knockers:
        knocker.join(DEADLINE_S)
    assert_all_answer(shared_stack)
