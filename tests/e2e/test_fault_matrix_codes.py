# SPDX-License-Identifier: MIT
"""The fault matrix, response codes: each code of the fault table, in each way in which Exchange says it.

Codes of a room or a request meet one room each, all at once, on a stack with two rooms more that are well. Codes of the
account have stacks of three rooms, because what one room meets there may make all others wait.
"""
import types

import pytest

from fault_matrix import SICK, Matrix, at_once, table

TABLE = {code: row for code, row in table().items() if code.startswith("Error")}
OF_ROOM = [code for code, row in TABLE.items() if row["scope"] != "account"]

WAYS = {
    "as a response message": lambda code: ("response-code", {"code": code}),
    "as a SOAP fault": lambda code: ("soap-fault", {"code": code}),
    "behind an internal error": lambda code: ("response-code", {"code": "ErrorInternalServerError",
                                                                "values": {"InnerErrorResponseCode": code}}),
}


def strike(matrix, way, room, code):
    kind, options = WAYS[way](code)
    matrix.sim.fault(kind, room=room, **options)


# ---- codes of a room ----

@pytest.fixture(scope="module", params=WAYS)
def course(request):
    """Every code has come in this way and gone again: what was seen meanwhile, by room; `room_of` has the room of each code."""
    with Matrix(rooms=len(OF_ROOM) + 2) as matrix:
        room_of = {code: f"R{number:03}" for number, code in enumerate(OF_ROOM, 2)}
        seen = types.SimpleNamespace(room_of=room_of, well=sorted(set(matrix.good) - set(room_of.values())), good=matrix.good)
        for code, room in room_of.items():
            strike(matrix, request.param, room, code)
        sick = {room: code for code, room in room_of.items()}
        matrix.until_say(sick)
        matrix.until_fetched(seen.well)
        seen.shown, seen.health = matrix.shown(), matrix.health()
        seen.lost = matrix.lost(sick)
        matrix.sim.clear_faults()
        matrix.until_well()
        yield seen


@pytest.mark.parametrize("code", OF_ROOM)
def test_a_room_in_trouble_shows_what_it_had_and_says_why(course, code):
    room = course.room_of[code]
    why = {"code": code, "message": TABLE[code]["message"]}
    assert course.health[room]["error"] == why
    assert course.shown[room]["items"] == course.good[room]["items"] and course.shown[room]["stale_since"]
    assert course.lost[room] == {"room": room, "items": [], "error": why}


def test_the_rooms_beside_them_are_well(course):
    for room in course.well:
        assert course.health[room]["state"] in ("fresh", "expired") and "error" not in course.health[room]
        assert course.shown[room] == course.good[room]


# ---- codes of the account ----

def codes_done(*actions):
    return [code for code, row in TABLE.items() if row["scope"] == "account" and row["action"] in actions]


RETRIED, HELD = codes_done("retry"), codes_done("rest", "narrow", "stop")


def meet_retried(code):
    """A server may be down for one mailbox only: one room that meets it does not stop the others."""
    with Matrix() as matrix:
        for way in WAYS:
            strike(matrix, way, SICK, code)
            matrix.until_stale({SICK: code})
            matrix.until_fetched(sorted(set(matrix.good) - {SICK}))
            matrix.assert_stale({SICK: code})
            matrix.sim.clear_faults()
            matrix.until_well()


def meet_held(code):
    """What is said about the account holds all rooms, also if one room met it, until the pause is over or `roomcal refresh`."""
    with Matrix() as matrix:
        for way in WAYS:
            strike(matrix, way, SICK, code)
            matrix.assert_held(code)
            matrix.sim.clear_faults()
            matrix.refresh()
            matrix.until_well()


@pytest.fixture(scope="module")
def retried(request):
    with at_once(request, meet_retried) as results:
        yield results


@pytest.fixture(scope="module")
def held(request):
    with at_once(request, meet_held) as results:
        yield results


@pytest.mark.parametrize("row", RETRIED)
def test_trouble_of_the_server_that_one_room_meets_does_not_stop_the_others(retried, row):
    retried[row].result()


@pytest.mark.parametrize("row", HELD)
def test_throttling_and_refused_logins_hold_all_rooms(held, row):
    held[row].result()


# ---- for all rooms ----

def codes_sampled():
    """One code of each kind; those that hold the account are above."""
    kinds = {(row["scope"], row["action"]): code for code, row in TABLE.items() if code not in HELD}
    return sorted(kinds.values())


def meet_all(code):
    with Matrix() as matrix:
        for way in WAYS:
            strike(matrix, way, None, code)
            sick = dict.fromkeys(matrix.good, code)
            matrix.until_stale(sick)
            matrix.assert_stale(sick)
            matrix.sim.clear_faults()
            matrix.until_well()


@pytest.fixture(scope="module")
def all_rooms(request):
    with at_once(request, meet_all) as results:
        yield results


@pytest.mark.parametrize("row", codes_sampled())
def test_all_rooms(all_rooms, row):
    all_rooms[row].result()
