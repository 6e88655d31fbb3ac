# SPDX-License-Identifier: MIT
"""Fixtures: `make_stack` starts stacks that end with the test, `stack` is one with small generated rooms."""
import contextlib

import pytest

from stack import Stack


@pytest.fixture
def make_stack():
    """make_stack(rooms=…, items=…, seed=…, env={…}, with_nginx=…) → a started Stack."""
    with contextlib.ExitStack() as ends:

        def make(**options):
            stack = ends.enter_context(Stack(**options))
            ends.callback(lambda: print(stack.log()))  # pytest shows it where the test failed
            return stack

        yield make


@pytest.fixture
def stack(make_stack):
    return make_stack()
