# SPDX-License-Identifier: MIT
"""Fixtures: `make_stack` starts stacks that end with the test, `stack` is one with small generated rooms; `shared_stack` is one
for all tests of a file that only ask and break nothing."""
import contextlib
import time

import pytest

from ports import ReservedPort
from stack import Stack
from waiting import until

BEFORE_MIDNIGHT_S = 90  # what asks Exchange lasts less


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """No test begins shortly before midnight (UTC): with the day a calendar's window moves, so that each room is fetched once more than
    who counts requests expects. (What happens at midnight is tested by clocks that are moved.)"""
    until(lambda: 86400 - time.time() % 86400 > BEFORE_MIDNIGHT_S, "a new day has begun")


@contextlib.contextmanager
def stacks():
    """A function that starts stacks, which all end with this context; pytest shows their logs where a test failed."""
    with contextlib.ExitStack() as ends:

        def make(kind=Stack, **options):
            stack = ends.enter_context(kind(**options))
            ends.callback(lambda: print(stack.log()))
            return stack

        yield make


@pytest.fixture
def make_stack():
    """make_stack(rooms=…, items=…, seed=…, env={…}, with_nginx=…) → a started Stack."""
    with stacks() as make:
        yield make


@pytest.fixture
def stack(make_stack):
    return make_stack()


@pytest.fixture
def free_port():
    """A loopback port on which nobody listens but who is told it."""
    with ReservedPort() as port:
        yield port.number


@pytest.fixture(scope="module")
def shared_stack():
    """Its rooms are as fresh, and what web servers keep of them, as long as the tests may take."""
    with stacks() as make:
        stack = make(env={"CACHE_TTL": 86400})
        stack.wait_fresh()
        yield stack
