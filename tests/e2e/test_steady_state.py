# SPDX-License-Identifier: MIT
"""What Exchange is asked when nothing changes, and that a change is noticed all the same."""
import hashlib

import pytest

import steady
from stack import until

CLOCK_PAGE = slice(2048, 4096)  # of a room file: the only bytes that ever change


def files_of(stack):
    """Of every room file what must not change while its room does not: inode and content."""
    found = {}
    for path in sorted(stack.cache_dir.glob("*.room")):
        content = bytearray(path.read_bytes())
        content[CLOCK_PAGE] = b""
        found[path.name] = path.stat().st_ino, hashlib.sha256(content).hexdigest()
    return found


def etags_of(stack, rooms):
    return {path: stack.ask(path)[0].headers["ETag"] for path in ("/api/calendar", *(f"/api/calendar/{room}" for room in rooms))}


def test_a_hundred_unchanged_rooms_cost_seven_small_requests_a_round_and_no_file(make_stack):
    stack = steady.make(make_stack, rooms=100, items=100)
    rooms = [room["name"] for room in stack.sim.rooms()]
    fetched = stack.sim.counters()
    files, etags = files_of(stack), etags_of(stack, rooms)
    assert len(files) == 100
    stack.sim.reset_counters()
    rounds = [steady.round_at(stack, 1, hours) for hours in (8, 10, 12, 14, 16)]
    assert rounds == [(7, 0)] * 5
    counted = stack.sim.counters()
    assert counted["requests"] == 35
    for name in ("body_bytes", "sent_bytes"):
        assert counted[name] / len(rounds) < fetched[name] / 100, name
    assert files_of(stack) == files
    assert etags_of(stack, rooms) == etags


def test_rooms_that_fall_due_one_after_the_other_come_together_in_groups(make_stack):
    """What was fetched together lives for half an hour to an hour at first. A group that is begun takes along who falls due in the next
    quarter of an hour: so of forty rooms two groups are full, and between the others there is a quarter of an hour."""
    stack = steady.start(make_stack, rooms=40, items=3)
    until(lambda: steady.rooms_refreshed(stack) >= 40, "the first round is over")
    stack.sim.reset_counters()
    for minutes in range(30, 70, 3):
        stack.set_clock(0, steady.TODAY.hour + minutes / 60)
        until(lambda: {room["state"] for room in stack.ask("/api/health")[0].json()["rooms"]} == {"fresh"}, "who is due is checked")
    counted = stack.sim.counters()
    assert list(counted["rooms"].values()) == [{"GetFolder": 1}] * 40
    assert counted["requests"] <= 2 + 3


# ---- each kind of change is noticed by the next check, and only its room is fetched ----

SERIES = {"subject": "Series", "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z",
          "recurrence": {"pattern": "daily", "count": 5}}
NEW = {"subject": "Landing on the moon", "start": "2026-12-03T12:00:00Z", "end": "2026-12-03T13:00:00Z"}


def meetings_of(stack, subject):
    return sorted((item for item in stack.sim.items("R002") if item["subject"] == subject), key=lambda item: item["start"])


def created(stack):
    stack.sim.create("R002", **NEW)


def changed(stack):
    stack.sim.change("R002", meetings_of(stack, "Single")[0]["id"], subject=NEW["subject"])


def moved(stack):
    stack.sim.move("R002", meetings_of(stack, "Single")[0]["id"], "2026-12-04T12:00:00Z", "2026-12-04T13:00:00Z")


def deleted(stack):
    stack.sim.delete("R002", meetings_of(stack, "Single")[0]["id"])


def exception_made(stack):
    stack.sim.change("R002", meetings_of(stack, "Series")[2]["id"], subject=NEW["subject"])


def exception_changed(stack):
    stack.sim.move("R002", meetings_of(stack, "Exception")[0]["id"], "2026-12-02T15:00:00Z", "2026-12-02T16:00:00Z")


def meeting_of_a_series_deleted(stack):
    stack.sim.delete("R002", meetings_of(stack, "Series")[3]["id"])


def series_deleted(stack):
    stack.sim.delete("R002", meetings_of(stack, "Series")[0]["id"], whole_series=True)


def fill(stack):
    """R002 gets a single meeting and a series with an exception; a round later that is known."""
    stack.sim.create("R002", subject="Single", start="2026-12-03T09:00:00Z", end="2026-12-03T10:00:00Z")
    stack.sim.create("R002", **SERIES)
    stack.sim.change("R002", meetings_of(stack, "Series")[1]["id"], subject="Exception")
    steady.settle(stack)
    steady.round_at(stack, 1, 8)


def shown(stack):
    return sorted((item["subject"], item["start"]) for item in stack.ask("/api/calendar/R002")[0].json())


def stored(stack):
    return sorted((item["subject"], item["start"].replace("Z", "+00:00")) for item in stack.sim.items("R002"))


@pytest.mark.parametrize("change", (created, changed, moved, deleted, exception_made, exception_changed, meeting_of_a_series_deleted,
                                    series_deleted), ids=lambda change: change.__name__)
def test_a_change_is_noticed_by_the_next_check_and_costs_one_fetch(make_stack, change):
    stack = steady.make(make_stack, rooms=3, items=0, env={"ITEM_FIELDS": "subject,start"})
    fill(stack)
    before = stored(stack)
    assert shown(stack) == before
    change(stack)
    assert stored(stack) != before
    steady.settle(stack)
    stack.sim.reset_counters()
    assert steady.round_at(stack, 1, 10) == (1, 1)
    assert stack.sim.counters()["rooms"]["r002@example.org"]["FindItem"] == 1
    assert shown(stack) == stored(stack)
    assert steady.round_at(stack, 1, 12) == (1, 0)


def test_a_change_while_the_room_is_being_fetched_is_noticed_by_the_next_check(make_stack):
    stack = steady.make(make_stack, rooms=2, items=0, env={"ITEM_FIELDS": "subject,start", "WINDOW_START": "2024-12-01T00:00:00Z"})
    stack.sim.create("R002", **NEW)
    stack.sim.fault("stall-within", operation="FindItem", times=1)  # of the first of its windows

    def change_meanwhile():
        stack.set_clock(1, 8)
        stack.sim.wait(stalled=1)
        stack.sim.create("R002", subject="Too late for its window", start="2024-12-05T09:00:00Z", end="2024-12-05T10:00:00Z")
        steady.settle(stack)
        stack.sim.release()

    steady.round_after(stack, change_meanwhile)
    assert shown(stack) != stored(stack)
    steady.round_at(stack, 1, 10)
    assert shown(stack) == stored(stack)


def test_two_changes_in_one_second_of_exchange_s_clock_are_both_noticed(make_stack):
    """EWS tells the moment of a change to the second."""
    stack = steady.make(make_stack, rooms=2, items=0, options=("--commit-step-ms", 0), env={"ITEM_FIELDS": "subject,start"})
    stack.sim.create("R002", **NEW)
    steady.round_at(stack, 1, 8)
    marks = stack.sim.rooms()[1]["commit_time"], stack.sim.rooms()[1]["deleted_count"]
    stack.sim.create("R002", **{**NEW, "subject": "The second one"})
    assert marks == (stack.sim.rooms()[1]["commit_time"], stack.sim.rooms()[1]["deleted_count"])
    steady.round_at(stack, 1, 10)
    assert shown(stack) == stored(stack)


# ---- servers that are otherwise ----

def test_a_server_without_marks_is_asked_for_everything_each_round(make_stack):
    stack = steady.make(make_stack, rooms=3, items=0, options=("--no-change-marks",), env={"ITEM_FIELDS": "subject,start"})
    for hours in (8, 10):
        stack.sim.create("R002", **NEW)
        assert steady.round_at(stack, 1, hours)[1] == 3
        assert shown(stack) == stored(stack)


def test_after_full_refresh_each_room_is_fetched_once_though_nothing_changed(make_stack):
    stack = steady.make(make_stack, rooms=5, env={"FULL_REFRESH": 7 * 3600})
    assert steady.round_at(stack, 1, 8) == (1, 0)
    fetched = sum(steady.round_at(stack, 1, hours)[1] for hours in (10, 12, 14))
    assert fetched == 5


@pytest.mark.parametrize("how", ((), ("--folders-left-out",)), ids=("refused", "left out"))
def test_a_server_that_takes_fewer_folders_is_asked_in_smaller_groups_from_then_on(make_stack, how):
    stack = steady.make(make_stack, rooms=20, items=3, options=("--folders-max", 5, *how))
    rounds = [steady.round_at(stack, 1, hours) for hours in (8, 10)]
    assert rounds == [(4, 0)] * 2
    stack.restart_fcgi()
    assert steady.round_at(stack, 1, 11) == (4, 0)
