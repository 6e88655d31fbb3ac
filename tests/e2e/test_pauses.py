# SPDX-License-Identifier: MIT
"""Exchange says when to come again: until then nobody asks it anything, whichever question it said that to."""
import pytest

from fault_matrix import TODAY, Matrix

PAUSE_S = 600
HOW = {
    "BackOffMilliseconds for all": ("soap-fault", {"code": "ErrorServerBusy", "back_off_ms": PAUSE_S * 1000}),
    "BackOffMilliseconds for one": ("response-code", {"code": "ErrorServerBusy", "values": {"BackOffMilliseconds": PAUSE_S * 1000}}),
    "Retry-After": ("http-status", {"status": 503, "headers": {"Retry-After": str(PAUSE_S)}}),
}


def held(matrix):
    return "account_held" in matrix.stack.log()


@pytest.mark.parametrize("operation", ["GetFolder", "FindItem", "GetItem"])
@pytest.mark.parametrize("kind, options", HOW.values(), ids=HOW)
def test_nobody_asks_before_the_time_that_exchange_named(kind, options, operation):
    """One reply says so, once; the only lane asks nothing after it, nor does an operator's command or a later process."""
    with Matrix(rooms=20, LANES=1, FULL_REFRESH=3600, ITEM_FIELDS="subject,start,end,id,body") as matrix:
        matrix.sim.fault(kind, operation=operation, times=1, **options)
        for room in matrix.sim.rooms():
            matrix.sim.create(room["name"], subject="new", start=f"{TODAY}T10:00:00Z", end=f"{TODAY}T11:00:00Z")
        matrix.until(lambda: held(matrix), "the account is held")
        asked = matrix.sim.counters()["requests"]
        assert matrix.stack.run_roomcal("check").returncode
        matrix.until_all_stale(matrix.good)
        matrix.stack.restart_fcgi()
        matrix.until_all_stale(matrix.good)
        assert matrix.sim.counters()["requests"] == asked
