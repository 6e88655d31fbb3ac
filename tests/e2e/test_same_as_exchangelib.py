# SPDX-License-Identifier: MIT
"""The promise to the users of the service we replace: the same meetings with the same values, in the same order.

exchangelib and roomcal read the same usual rooms over the same window, roomcal with the default attributes. How the values are
compared stands in reference.py; test_every_attribute.py compares all attributes of unusual rooms.
"""
import pytest

exchangelib = pytest.importorskip("exchangelib")

import reference  # noqa: E402
from stack import SANITIZED, Stack  # noqa: E402

SEEDS = range(1, 21, 4 if SANITIZED else 1)  # as in test_every_attribute.py
FIELDS = ("subject", "start", "end", "duration", "location", "organizer_name", "is_all_day", "id")
SIM_OPTIONS = ("--rooms", "2", "--items", "120", "--xml-clean", "--window", "2024-06-01..2027-06-30", "--seed")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_meeting_is_what_exchangelib_reads(seed):
    env = {"ITEM_FIELDS": ",".join(FIELDS), "PRIVATE_ITEMS": "show"}
    with Stack(sim_options=(*SIM_OPTIONS, seed), env=env, with_nginx=False) as stack:
        rooms = {room["room"]: room["items"] for room in stack.run_cgi("/api/calendar").json()}
        assert sorted(rooms) == ["R001", "R002"]
        for room in stack.sim.rooms():
            theirs = reference.read(stack.sim, room["mailbox"])
            stored = {item["id"]: item for item in stack.sim.items(room["name"])}
            compare(rooms[room["name"]], theirs, stored)


def compare(ours, theirs, stored):
    assert len(ours) == len(theirs) > 0
    for item in ours:
        assert item == {name: reference.expected(name, theirs[item["id"]], stored[item["id"]]) for name in FIELDS}
    timed = [item for item in ours if not item["is_all_day"]]
    assert timed == sorted(timed, key=lambda item: (item["start"], item["end"], item["id"]))
