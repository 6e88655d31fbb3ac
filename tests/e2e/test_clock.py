# SPDX-License-Identifier: MIT
"""A wall clock that is set, a machine that slept, a server whose clock is wrong: no room is stuck, none is fetched in a loop."""
import pytest

import steady
from stack import until

ONE_CHECK = (1, 0)  # of five rooms: one GetFolder, no FindItem
EACH_ONCE = (1, 5)  # and each of them fetched, in one window


def test_a_clock_set_forward_costs_one_check(make_stack):
    stack = steady.make(make_stack, hours=6)
    assert steady.round_at(stack, 1, 11) == ONE_CHECK
    assert steady.round_at(stack, 1, 13) == ONE_CHECK
    steady.assert_quiet(stack)


def test_a_clock_set_back_has_each_room_fetched_once_because_nobody_knows_its_age(make_stack):
    stack = steady.make(make_stack, hours=18)
    assert steady.round_at(stack, 1, 6) == EACH_ONCE
    assert steady.round_at(stack, 1, 8) == ONE_CHECK
    steady.assert_quiet(stack)


def test_data_from_the_future_are_shown_until_exchange_has_answered(make_stack):
    stack = steady.make(make_stack, hours=18)
    before = stack.ask("/api/calendar")[0].body
    stack.sim.fault("stall")
    stack.set_clock(1, 6)
    stack.sim.wait(stalled=1)
    reply, _ = stack.ask("/api/calendar")
    assert (reply.status, reply.body) == (200, before)


def test_after_midnight_each_room_is_fetched_once_because_its_window_moved(make_stack):
    stack = steady.make(make_stack, hours=22)
    assert steady.round_at(stack, 2, 1) == EACH_ONCE
    assert steady.round_at(stack, 2, 3) == ONE_CHECK


def test_a_clock_set_back_over_midnight_has_each_room_fetched_once(make_stack):
    stack = steady.make(make_stack, days=2, hours=2)
    assert steady.round_at(stack, 1, 20) == EACH_ONCE
    assert steady.round_at(stack, 1, 22) == ONE_CHECK


def test_a_clock_that_goes_to_and_fro_leaves_no_room_behind(make_stack):
    stack = steady.make(make_stack, hours=12)
    item = stack.sim.items("R003")[0]
    for days, hours in ((1, 3), (1, 20), (1, 5), (9, 9), (1, 12)):
        steady.round_at(stack, days, hours)
    stack.sim.change("R003", item["id"], subject="Changed meanwhile")
    steady.round_at(stack, 1, 14)
    assert b"Changed meanwhile" in stack.ask("/api/calendar/R003")[0].body


def test_a_machine_that_slept_checks_once_when_it_wakes(make_stack):
    stack = steady.make(make_stack, hours=6)

    def sleep_and_wake():
        stack.signal("SIGSTOP")
        stack.set_clock(1, 14)
        stack.signal("SIGCONT")

    assert steady.round_after(stack, sleep_and_wake) == ONE_CHECK
    steady.assert_quiet(stack)


def health(stack):
    return stack.ask("/api/health")[0].json()


@pytest.mark.parametrize("hours", (2, 20))
def test_a_room_in_trouble_recovers_whatever_the_clock_was_set_to(make_stack, hours):
    stack = steady.start(make_stack, env={"CACHE_TTL": 1})
    stack.set_clock(1, 10)
    stack.sim.fault("response-code", code="ErrorMailboxStoreUnavailable", room="R002")
    until(lambda: any(room.get("failures") for room in health(stack)["rooms"]), "R002 is in trouble")
    stack.set_clock(1, hours)
    stack.sim.clear_faults()
    stack.wait_fresh()


@pytest.mark.parametrize("hours", (2, 20))
def test_an_account_on_hold_is_let_go_whatever_the_clock_was_set_to(make_stack, hours):
    stack = steady.start(make_stack, env={"CACHE_TTL": 1})
    stack.set_clock(1, 10)
    stack.sim.fault("http-status", status=503, headers={"Retry-After": "2"})
    until(lambda: all(room.get("failures") for room in health(stack)["rooms"]), "Exchange is away")
    stack.set_clock(1, hours)
    stack.sim.clear_faults()
    stack.wait_fresh()


@pytest.mark.parametrize("skew_s", (5 * 3600, -5 * 3600))
def test_a_server_whose_date_is_wrong_is_asked_as_seldom_as_any(make_stack, skew_s):
    stack = steady.make(make_stack, options=("--server-date-skew-s", skew_s))
    assert steady.round_at(stack, 1, 8) == ONE_CHECK
    stack.sim.change("R002", stack.sim.items("R002")[0]["id"], subject="Changed at a wrong time")
    steady.settle(stack)
    assert steady.round_at(stack, 1, 10) == (1, 1)
    assert b"Changed at a wrong time" in stack.ask("/api/calendar/R002")[0].body
    assert steady.round_at(stack, 1, 12) == ONE_CHECK


def test_commands_and_cgi_programs_see_the_same_clock_as_the_service(make_stack):
    stack = steady.make(make_stack, hours=6)
    stack.term()
    stack.sim.fault("http-status", status=503)
    assert all(room["state"] == "fresh" for room in stack.run_cgi("/api/health").json()["rooms"])
    stack.set_clock(2, 7)
    assert all(room["state"] != "fresh" for room in stack.run_cgi("/api/health").json()["rooms"])
