# SPDX-License-Identifier: MIT
"""Exchange counts what an account asks for at one time: fewer requests at once where it complains, then smaller windows, and what was
learned is remembered."""
import steady

LANES = 8


def crowded(make_stack, rooms, items, *options):
    stack = steady.start(make_stack, rooms=rooms, items=items, options=options,
                         env={"LANES": LANES, "ITEM_FIELDS": "id", "PRIVATE_ITEMS": "show"})
    steady.until(lambda: steady.rooms_refreshed(stack) >= rooms, "the first round is over")
    return stack


def assert_complete(stack):
    for room in stack.sim.rooms():
        shown = [item["id"] for item in stack.ask(f"/api/calendar/{room['name']}")[0].json()]
        stored = [item["id"] for item in stack.sim.items(room["name"])]
        assert len(shown) == len(set(shown))
        assert sorted(shown) == sorted(stored), room["name"]


def change_all(stack):
    """So that each room is fetched in the next round."""
    for room in stack.sim.rooms():
        stack.sim.delete(room["name"], stack.sim.items(room["name"])[0]["id"])
    steady.settle(stack)


def windows_asked(stack):
    return {mailbox: [tuple(window) for window in windows] for mailbox, windows in stack.sim.counters()["windows"].items()}


def test_crowded_rooms_under_a_shared_limit_are_fetched_completely_with_fewer_lanes(make_stack):
    stack = crowded(make_stack, 12, 700, "--shared-budget", "--latency-ms", 30)
    assert_complete(stack)
    assert stack.sim.counters()["most_under_way"] > 2
    change_all(stack)
    stack.sim.reset_counters()
    steady.round_at(stack, 0, 30)
    assert_complete(stack)
    assert stack.sim.counters()["most_under_way"] < LANES


def test_a_room_s_windows_are_remembered_so_that_none_is_asked_for_in_vain(make_stack):
    stack = crowded(make_stack, 2, 2600)
    assert_complete(stack)
    for hours in (30, 32):
        change_all(stack)
        if hours == 32:
            stack.restart_fcgi()  # it is in the room's file
        stack.sim.reset_counters()
        steady.round_at(stack, 0, hours)
        assert_complete(stack)
        for mailbox, asked in windows_asked(stack).items():
            asked.sort()
            assert all(left[1] == right[0] for left, right in zip(asked, asked[1:])), f"{mailbox}: {asked}"
