# SPDX-License-Identifier: MIT
"""Rooms at rest under a wall clock that the test moves, so that a round of refreshing is one move of the clock, and what is asked in
it can be counted exactly. A room that is asked for in a loop shows in the count of the next round."""
import datetime
import re

import pytest

from sim import SimError
from stack import until

# Exchange's own clock stands still: what was changed may be changed again in the same second, so it is asked for twice, until a
# test lets that second pass (settle).
STILL = ("--now", "2026-01-05T12:00:00Z")
# Some ticks of the refresher: what does not come in this time does not come at all.
QUIET_S = 3
# The day before the first one of a test, and a span of time around it that is asked for in one window.
TODAY = datetime.datetime(2026, 11, 22, 9, tzinfo=datetime.timezone.utc)
ENV = {"CACHE_TTL": 3600, "FULL_REFRESH": 30 * 86400, "WINDOW_START": "2026-01-01T00:00:00Z", "WINDOW_DAYS": 30}
GENERATED = "2026-01-02..2026-12-15"
_ROUND = re.compile(r"^\S*event=refresh rooms=(\d+) ", re.M)


def start(make_stack, rooms=5, items=20, options=(), env=None):
    """A stack whose rooms were fetched, at TODAY."""
    stack = make_stack(with_nginx=False, movable_clock=TODAY, env={**ENV, **(env or {})},
                       sim_options=("--rooms", rooms, "--items", items, "--window", GENERATED, *STILL, *options))
    stack.wait_fresh()
    return stack


def make(make_stack, rooms=5, days=1, hours=6, **how):
    """The same, at six in the morning of tomorrow."""
    stack = start(make_stack, rooms, **how)
    until(lambda: rooms_refreshed(stack) >= rooms, "the first round is over")
    round_at(stack, days, hours)
    return stack


def rooms_refreshed(stack):
    """In all rounds so far that are over."""
    return sum(int(rooms) for rooms in _ROUND.findall(stack.log()))


def asked(stack):
    """(GetFolder, FindItem) requests so far."""
    operations = stack.sim.counters()["operations"]
    return operations.get("GetFolder", 0), operations.get("FindItem", 0)


def round_at(stack, days, hours):
    """Sets the clock, at which all rooms have to be due, and waits until all were refreshed: (GetFolder, FindItem) requests in this
    round."""
    return round_after(stack, lambda: stack.set_clock(days, hours))


def round_after(stack, act):
    """The same for anything that makes all rooms due."""
    before, refreshed = asked(stack), rooms_refreshed(stack)
    act()
    until(lambda: rooms_refreshed(stack) >= refreshed + len(stack.sim.rooms()), "a round is over")
    stack.wait_fresh()
    return tuple(after - was for was, after in zip(before, asked(stack)))


def settle(stack):
    """The changes so far are of a second that is over."""
    stack.sim.clock(advance_s=60)


def assert_quiet(stack):
    """Nothing more is asked."""
    before = stack.sim.counters()["requests"]
    with pytest.raises(SimError):
        stack.sim.wait(requests=before + 1, timeout_s=QUIET_S)
