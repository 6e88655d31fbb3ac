# SPDX-License-Identifier: MIT
"""kill -9 at any moment: whoever reads meanwhile sees whole states of rooms only, and afterwards everything is fresh.

Three services share a CACHE_DIR, the rooms change all the time, and again and again the process that refreshes is killed and started
anew. ROOMCAL_CRASH_ROUNDS says how often."""
import os
import random
import signal
import time

import pytest

import states
from background import Background
from stack import until

ROUNDS = int(os.environ.get("ROOMCAL_CRASH_ROUNDS", "25"))
ROOMS = [f"R{number:03}" for number in range(1, 9)]


class Reader:
    """A visitor of one service. A service that is being killed may refuse or cut a reply, but never give a wrong one."""

    def __init__(self, stack, socket):
        self._stack = stack
        self._socket = socket
        self.seen = {room: 0 for room in ROOMS}
        self.replies = 0

    def read(self):
        try:
            reply, is_whole = self._stack.ask("/api/calendar", self._socket)
        except OSError:
            return
        if is_whole:
            self._judge(reply)

    def _judge(self, reply):
        assert reply.status == 200, reply.body
        rooms = reply.json()
        assert [room["room"] for room in rooms] == ROOMS
        for room in rooms:
            assert "error" not in room, room
            number = states.number_of(room["room"], room["items"])
            assert number >= self.seen[room["room"]], f"{room['room']} went back from {self.seen[room['room']]} to {number}"
            self.seen[room["room"]] = number
        self.replies += 1


def kill_and_start_again(stack, rng):
    """kill -9 of who refreshes, while Exchange is being asked or a little later; then the same service again."""
    holder = until(stack.lease_holder, "somebody refreshes")
    stack.sim.wait(requests=stack.sim.counters()["requests"] + rng.randint(1, 12))
    time.sleep(rng.uniform(0, 0.02))  # not a wait for something: the moment has to be any
    os.kill(holder, signal.SIGKILL)
    if stack.fcgi.pid == holder:
        stack.wait_exit()
        stack.start_fcgi()
    else:
        beside = next(one for one in stack.beside if one.process.pid == holder)
        beside.process.wait()
        beside.start()


def test_a_mixture_of_two_states_would_be_noticed():
    first, second = states.make("R001", 1, random.Random(1)), states.make("R001", 2, random.Random(2))
    assert states.number_of("R001", first) == 1
    for wrong in (first[1:], first + first[:1], first[1:] + second[:1], [{**first[0], "start": second[0]["start"]}, *first[1:]]):
        with pytest.raises(AssertionError):
            states.number_of("R001", wrong)


def shown(stack):
    """Which state of the room is shown while Exchange says nothing."""
    reply, is_whole = stack.ask("/api/calendar/R001")
    assert is_whole and reply.status == 200, reply.body
    return states.number_of("R001", reply.json())


def refresh_until_killed(stack):
    """Has the room asked for; whether the responder was killed over it."""
    rounds = stack.log().count("event=refresh ")
    done = stack.run_roomcal("refresh", "R001", LD_PRELOAD=None)
    assert done.returncode == 0, done.stderr
    return until(lambda: stack.fcgi.poll() is not None or stack.log().count("event=refresh ") > rounds, "the refresh is over") and (
        stack.fcgi.poll() is not None)


def test_killed_at_any_step_of_a_write_a_process_leaves_a_whole_state(make_stack):
    changes = []
    stack = make_stack(sim_options=("--rooms", 1, "--items", 0), with_nginx=False, failing_disk=True,
                       prepare=lambda sim: changes.append(states.Changes(sim, ["R001"], 1)),
                       env={**states.SETTINGS, "CACHE_TTL": 3600, "COLD_WAIT": 0})
    stack.wait_fresh()
    old = shown(stack)
    for step in range(1, 100):
        changes[0].change("R001")
        stack.fail_disk(-signal.SIGKILL, first=step, count=1)
        was_killed = refresh_until_killed(stack)
        stack.fail_disk(0)
        if not was_killed:
            break
        stack.sim.fault("stall")  # what is shown now was left behind
        stack.start_fcgi()
        assert shown(stack) in (old, changes[0].numbers["R001"])
        stack.sim.clear_faults()
        until(lambda: shown(stack) == changes[0].numbers["R001"], "the room is fresh again")
        until(lambda: not leftovers(stack), "nothing is left over")
        old = changes[0].numbers["R001"]
    print(f"{step} steps")
    assert step > 5


def leftovers(stack):
    return [name for name in os.listdir(stack.cache_dir) if name.startswith(".tmp-")]


def test_whatever_is_killed_whenever_no_reader_sees_half_a_room(make_stack):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}, {ROUNDS} rounds")
    rng, changes = random.Random(seed), None

    def fill(sim):
        nonlocal changes
        changes = states.Changes(sim, ROOMS, seed)

    stack = make_stack(sim_options=("--rooms", len(ROOMS), "--items", 0, "--commit-step-ms", 0), with_nginx=False, prepare=fill,
                       env={**states.SETTINGS, "CACHE_TTL": 1, "LOG_LEVEL": "info"})
    for _ in range(2):
        stack.start_beside()
    stack.wait_fresh()
    readers = [Reader(stack, socket) for socket in (stack.socket, *(one.socket for one in stack.beside))]
    with Background(changes.change_any), Background(readers[0].read), Background(readers[1].read), Background(readers[2].read):
        for _ in range(ROUNDS):
            kill_and_start_again(stack, rng)
    print(f"{sum(reader.replies for reader in readers)} replies, {sum(changes.numbers.values())} states")
    assert min(reader.replies for reader in readers) > 0

    def all_is_new():
        for reader in readers:
            reader.read()
        return all(reader.seen == changes.numbers for reader in readers)

    until(all_is_new, "every reader sees the last state of every room")
    stack.wait_fresh()
    until(lambda: not leftovers(stack), "nothing is left over")
