# SPDX-License-Identifier: MIT
"""Older Exchange servers are asked in the version that they know."""
import re

import pytest


def versions_asked(stack):
    """In the order of the questions; the one of AUTH=auto has no body."""
    bodies = [request["body"] for request in stack.sim.requests() if request["body"]]
    return [re.search(r'RequestServerVersion Version="(\w+)"', body).group(1) for body in bodies]


@pytest.mark.parametrize("exchange, expected", [
    ("2010", ["Exchange2013_SP1", "Exchange2013", "Exchange2010_SP2"]),
    ("2013", ["Exchange2013_SP1"]),
    ("2019", ["Exchange2013_SP1"]),
])
def test_a_version_that_is_refused_is_not_tried_twice(make_stack, exchange, expected):
    stack = make_stack(sim_options=("--rooms", 3, "--items", 20, "--exchange", exchange), env={"LANES": 1}, with_nginx=False)
    stack.wait_fresh()
    asked = versions_asked(stack)
    assert asked[:len(expected)] == expected
    assert set(asked[len(expected):]) == {expected[-1]}
