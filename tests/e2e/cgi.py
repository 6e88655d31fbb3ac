# SPDX-License-Identifier: MIT
"""Plain CGI as tests see it: the processes that answer and those that go on behind the answer."""
import pathlib
import struct
import threading
import time

from stack import ANSWER_S, processes, until

# src/cache/room_file.h: where a room file's clock is; it begins with fetched_at, changed_at, expires_at.
CLOCK_AT = 2048
CACHE_TTL_S = 300


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines())


def wait_ended(stack):
    """Until nothing goes on behind an answer. A killed process loses its memory first and its locks a little later."""
    until(lambda: not processes(stack.env_file) and not stack.lease_holder(), "every process has ended")


def detached(stack):
    """The pid of the one process that goes on behind an answer."""
    return until(lambda: len(found := processes(stack.env_file)) == 1 and found[0], "one process goes on")


def expire(stack):
    """Every room has been expired for a moment, as its file says."""
    expired_at = int(time.time()) - 5
    for file in stack.cache_dir.glob("*.room"):
        with open(file, "r+b") as clock:
            clock.seek(CLOCK_AT)
            _, changed_at = struct.unpack("=2q", clock.read(16))
            clock.seek(CLOCK_AT)
            clock.write(struct.pack("=3q", expired_at - CACHE_TTL_S, changed_at, expired_at))


def states(stack):
    return {room["room"]: room["state"] for room in stack.run_cgi("/api/health").json()["rooms"]}


def wait_fresh(stack):
    until(lambda: set(states(stack).values()) == {"fresh"}, "all rooms are fresh")


def at_once(count, visit):
    """What so many visitors get who come together."""
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(visit())) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, replies


def join(threads):
    for thread in threads:
        thread.join(ANSWER_S)
    assert not any(thread.is_alive() for thread in threads)
