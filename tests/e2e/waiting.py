# SPDX-License-Identifier: MIT
"""Waiting for what has to happen. Nobody knows how slow a machine is: a deadline is there to end a test that fails, and long enough for a
sanitizer's build beside others on one core."""
import time

DEADLINE_S = 120


class NotInTime(Exception):
    """The text says what did not happen."""


def until(condition, what, deadline_s=DEADLINE_S):
    """Waits until the condition gives something true, which is returned."""
    end = time.monotonic() + deadline_s
    while not (result := condition()):
        if time.monotonic() > end:
            raise NotInTime(f"not within {deadline_s} s: {what}")
        time.sleep(0.01)
    return result
