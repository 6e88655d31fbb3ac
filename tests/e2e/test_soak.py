# SPDX-License-Identifier: MIT
"""Two days in some minutes: 300 rooms on a CACHE_DIR that four processes share, rooms that change, visitors, a time of troubles, and
a midnight. ROOMCAL_SOAK_S=600 makes it the 300 rounds of a day with CACHE_TTL=300. (What FULL_REFRESH costs is counted exactly in
test_steady_state.py, and is left out here.)"""
import collections
import contextlib
import math
import os
import pathlib
import random
import re
import time

import states
from background import Background
from stack import SANITIZED, until

SOAK_S = int(os.environ.get("ROOMCAL_SOAK_S", "20"))
ROOMS = [f"R{number:03}" for number in range(1, 301)]
TTL_S = 2
GROUPS = math.ceil(len(ROOMS) / 16)
CHANGE_EVERY_S = 0.4
# By a Date of Exchange that is so far ahead no change is of this second, so each is fetched once. (A change of this second is
# fetched twice, which test_steady_state.py counts; how many are would be up to chance here.)
DATE_AHEAD_S = 3600
NEAR = 0.05  # so near to the ideal count …
# Between an answer of Exchange and the next one: the room's life, and a round, which comes within a second and takes what the
# longest one took.
OLDEST_S = 2 * TTL_S + 1
MORE_MEMORY = 1.1  # of what a process had after the first day …
MORE_KB = 1024     # … and so much beside: an allocator is no clockwork

# Of faults after which a room is asked again soon; after others somebody has to mend something, and it is left until FULL_REFRESH.
FAULTS = (
    {"kind": "http-status", "status": 500},
    {"kind": "http-status", "status": 502, "times": 5},
    {"kind": "http-status", "status": 503, "times": 3, "headers": {"Retry-After": "1"}},
    {"kind": "html", "times": 4},
    {"kind": "response-code", "code": "ErrorMailboxStoreUnavailable"},
    {"kind": "response-code", "code": "ErrorInternalServerTransientError", "operation": "FindItem"},
    {"kind": "stall"},
    {"kind": "stall-within"},
    {"kind": "drip", "bytes": 200, "interval_ms": 5, "times": 20},
    {"kind": "reset"},
    {"kind": "truncate"},
    {"kind": "truncate", "chunked": True},
    {"kind": "content-type", "type": "text/plain"},
    {"kind": "bom"}, {"kind": "utf-16"}, {"kind": "leading-space"}, {"kind": "cdata"}, {"kind": "prefixes"},
    {"kind": "doctype-bomb"},
)


class Visitor:
    """Asks one service for a room, now and then for all, and judges what comes."""

    def __init__(self, stack, socket, seed):
        self._stack = stack
        self._socket = socket
        self._rng = random.Random(seed)
        self.replies = 0

    def visit(self):
        if self._rng.random() < 0.05:
            reply = self._ask("/api/calendar")
            for room in reply.json():
                states.number_of(room["room"], room["items"])
        else:
            room = self._rng.choice(ROOMS)
            states.number_of(room, self._ask(f"/api/calendar/{room}").json())

    def _ask(self, path):
        reply, is_whole = self._stack.ask(path, self._socket)
        assert is_whole and reply.status == 200, reply
        self.replies += 1
        return reply


class Ages:
    """The greatest age of a room, as /api/health tells it."""

    def __init__(self, stack):
        self._stack = stack
        self.greatest = 0

    def look(self):
        rooms = self._stack.ask("/api/health")[0].json()["rooms"]
        self.greatest = max(self.greatest, *(room["age"] for room in rooms))


def asked(stack):
    """Requests, and how often each room was checked and fetched."""
    counted = stack.sim.counters()
    return counted["requests"], sum(room.get("GetFolder", 0) for room in counted["rooms"].values())


def fetches(stack):
    return stack.sim.counters()["operations"].get("FindItem", 0)


def longest_round_s(stack):
    """On this machine, with whatever else it does."""
    logs = "".join([stack.log(), *(beside.log() for beside in stack.beside)])
    return max(int(ms) for ms in re.findall(r"^event=refresh .* ms=(\d+)$", logs, re.M)) / 1000


def healthy(stack, changes, length_s, fetches_besides=0, begin=lambda: None):
    """A phase without faults, of two rounds at least: what Exchange was asked, against what it had to be asked."""
    requests, checks = asked(stack)
    begin()
    changed, ages = sum(changes.numbers.values()), Ages(stack)
    with Background(changes.change_next, CHANGE_EVERY_S), Background(ages.look, 0.2):
        time.sleep(length_s)
        end = time.monotonic()
        until(lambda: asked(stack)[1] - checks >= 2 * len(ROOMS), "two rounds are over")
    late_s = time.monotonic() - end  # a slow machine
    changed = sum(changes.numbers.values()) - changed
    requests, checks = (after - before for after, before in zip(asked(stack), (requests, checks)))
    rounds = checks / len(ROOMS)
    ideal = rounds * GROUPS + changed + fetches_besides
    print(f"{length_s:.0f} s without faults: {rounds:.1f} rounds, {changed} changes, {requests} requests, "
          f"ideal {ideal:.0f}, ratio {requests / ideal:.3f}; greatest age {ages.greatest} s")
    assert abs(requests - ideal) <= ideal * NEAR + GROUPS  # … but for the rounds that a phase cuts in two
    assert ages.greatest <= OLDEST_S + math.ceil(longest_round_s(stack) + late_s)


def troubled(stack, changes, length_s, rng):
    """A phase in which always something is wrong, for one room or for all."""
    met = collections.Counter()

    def trouble():
        fault = dict(rng.choice(FAULTS))
        met[fault["kind"]] += 1
        room = rng.choice([None, *rng.sample(ROOMS, 3)])
        stack.sim.fault(fault.pop("kind"), **fault, **({"room": room} if room else {}))
        if rng.random() < 0.3:
            stack.sim.clear_faults()

    with Background(changes.change_next, CHANGE_EVERY_S), Background(trouble, 0.3):
        time.sleep(length_s)
    stack.sim.clear_faults()
    print(f"{length_s:.0f} s with faults: {dict(met)}")


def everything_is_shown(stack, changes):
    rooms = stack.ask("/api/calendar")[0].json()
    return {room["room"]: states.number_of(room["room"], room["items"]) for room in rooms} == changes.numbers


def wait_recovered(stack, changes):
    until(lambda: everything_is_shown(stack, changes), "every room shows its last state")
    stack.wait_fresh()
    wait_steady(stack)


def wait_steady(stack):
    """Until a whole round costs no fetch: what changed a moment ago has been asked for again."""
    def no_fetch():
        before, checks = fetches(stack), asked(stack)[1]
        until(lambda: asked(stack)[1] >= checks + 2 * len(ROOMS), "two rounds are over")
        return fetches(stack) == before

    until(no_fetch, "nothing is fetched any more")


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sizes_of(pids):
    """Of each process its private memory (kB) and its descriptors."""
    found = {}
    for pid in pids:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        found[pid] = int(re.search(r"RssAnon:\s+(\d+)", status)[1]), descriptors_of(pid)
    return found


def assert_flat(before, after, holder):
    for pid, (memory, descriptors) in after.items():
        print(f"process {pid}{' (refreshes)' if pid == holder else ''}: {before[pid][0]} → {memory} kB, "
              f"{before[pid][1]} → {descriptors} descriptors")
        # A sanitizer keeps what was freed, for a while.
        assert SANITIZED or memory <= before[pid][0] * MORE_MEMORY + MORE_KB
        until(lambda pid=pid: descriptors_of(pid) <= before[pid][1] + 4, "no more descriptors stay open than before")  # but LANES


def a_day(stack, changes, days, rng):
    """From noon to after midnight."""
    stack.set_clock(days, 12)
    wait_recovered(stack, changes)
    healthy(stack, changes, SOAK_S * 0.2)
    troubled(stack, changes, SOAK_S * 0.1, rng)
    wait_recovered(stack, changes)

    def evening():
        """Soon it is midnight: each room is fetched for its new window. Nothing changes until then, or one fetch would do for both."""
        fetched = fetches(stack)
        stack.set_clock(days + 1, -1 / 3600)
        until(lambda: fetches(stack) >= fetched + len(ROOMS), "all rooms are fetched")
        stack.wait_fresh()

    healthy(stack, changes, SOAK_S * 0.2, fetches_besides=len(ROOMS), begin=evening)


def test_days_with_troubles_leave_nothing_stale_wrong_or_leaked(make_stack):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}, {SOAK_S} s")
    changes = None

    def fill(sim):
        nonlocal changes
        changes = states.Changes(sim, ROOMS, seed)

    stack = make_stack(sim_options=("--rooms", len(ROOMS), "--items", 0, "--server-date-skew-s", DATE_AHEAD_S), with_nginx=False,
                       prepare=fill, movable_clock=True, env={**states.SETTINGS, "CACHE_TTL": TTL_S, "FULL_REFRESH": 30 * 86400,
                                                              "LOG_LEVEL": "info", "REQUEST_TIMEOUT": 5})
    beside = stack.start_beside(3)
    pids = [stack.fcgi.pid, *beside.pids()]
    rng = random.Random(seed)
    visitors = [Visitor(stack, socket, seed) for socket in (stack.socket, beside.socket)]
    with contextlib.ExitStack() as visits:
        for visitor in visitors:
            visits.enter_context(Background(visitor.visit, 0.02))
        a_day(stack, changes, 0, rng)
        before = sizes_of(pids)
        a_day(stack, changes, 1, rng)
    print(f"{sum(visitor.replies for visitor in visitors)} replies, all right")
    assert_flat(before, sizes_of(pids), stack.lease_holder())
