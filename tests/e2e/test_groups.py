# SPDX-License-Identifier: MIT
"""Rooms that spoil the question for all that are asked for together with them."""
import re

from fault_matrix import Matrix


def asked_alone(matrix, room):
    """Whether the last change check of the room was of no other."""
    asked = [re.findall(r"<t:EmailAddress>([^@<]*)@", request["body"]) for request in matrix.sim.requests()
             if "GetFolder" in request["body"]]
    return [names for names in asked if room.lower() in names][-1:] == [[room.lower()]]


def test_two_rooms_that_spoil_their_groups_are_found_soon():
    """Nothing is answered between two failures, so they hold the account, time and again; but each makes a group smaller."""
    sick = ("R003", "R024")
    with Matrix(rooms=32, LANES=1, FULL_REFRESH=3600) as matrix:
        for room in sick:
            matrix.sim.fault("http-status", status=500, room=room)
        matrix.sim.reset_counters()
        matrix.until(lambda: all(asked_alone(matrix, room) for room in sick), f"{sick} are alone")
        assert matrix.sim.counters()["statuses"]["500"] <= 16  # 5 sizes of each group, and some that both spoil
        before = matrix.health()
        matrix.until(lambda: all(room["fetched_at"] > before[name]["fetched_at"] for name, room in matrix.health().items()
                                 if name not in sick), "the others are answered")
        matrix.sim.clear_faults()
        matrix.until_well()
