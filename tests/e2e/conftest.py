# SPDX-License-Identifier: MIT
"""Fixtures: `make_stack` starts stacks that end with the test, `stack` is one with small generated rooms; `shared_stack` is one
for all tests of a file that only ask and break nothing."""
import contextlib

import pytest

from stack import Stack


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


@pytest.fixture(scope="module")
def shared_stack():
    with stacks() as make:
        stack = make()
        stack.wait_fresh()
        yield stack
