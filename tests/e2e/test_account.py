# SPDX-License-Identifier: MIT
"""What Exchange says of the account holds for all rooms, all processes and all times: throttling, and logins it refuses."""
import datetime
import email.utils
import os
import re
import time

import pytest

from stack import until


def account(stack):
    return stack.ask("/api/health")[0].json()["account"]


def wait_held(stack):
    until(lambda: account(stack)["held"], "the account is held")


def wait_told(stack):
    """Until every room says why it fails: a room is no longer asked for when that is noted, so no request is under way or about
    to be."""
    until(lambda: all("error" in room for room in stack.ask("/api/health")[0].json()["rooms"]), "each room was told")


def refused(stack):
    return stack.sim.counters()["statuses"].get("401", 0)


def http_date(seconds):
    return email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds), usegmt=True)


THROTTLINGS = {
    "BackOffMilliseconds": lambda: ("soap-fault", {"code": "ErrorServerBusy", "back_off_ms": 300_000, "http_status": 500}),
    "Retry-After in seconds": lambda: ("http-status", {"status": 503, "headers": {"Retry-After": "300"}}),
    "Retry-After as a date": lambda: ("http-status", {"status": 429, "headers": {"Retry-After": http_date(300)}}),
}


@pytest.mark.parametrize("operation", ["GetFolder", "FindItem"])
@pytest.mark.parametrize("form", THROTTLINGS)
def test_while_exchange_wants_a_pause_nobody_asks_whoever_comes(make_stack, form, operation):
    kind, options = THROTTLINGS[form]()
    stack = make_stack(rooms=20, items=5, with_nginx=False, env={"CACHE_TTL": 1},
                       prepare=lambda sim: sim.fault(kind, operation=operation, **options))
    wait_told(stack)
    asked = stack.sim.counters()["requests"]
    stack.kill_fcgi()
    stack.start_fcgi()
    assert account(stack)["held"]
    check = stack.run_roomcal("check")
    assert check.returncode != 0 and "Nobody asks Exchange for" in check.stdout
    assert stack.run_roomcal("fetch", "R001").returncode != 0
    assert stack.run_cgi("/api/calendar").status == 503
    assert stack.sim.counters()["requests"] == asked
    assert stack.sim.counters()["statuses"].get("200", 0) <= (0 if operation == "GetFolder" else 2)


def test_after_a_pause_one_request_goes_first(make_stack):
    stack = make_stack(rooms=60, items=5, with_nginx=False, env={"CACHE_TTL": 600, "LANES": 8},
                       prepare=lambda sim: sim.fault("soap-fault", code="ErrorServerBusy", back_off_ms=2000, http_status=500))
    wait_told(stack)
    stack.sim.fault("stall")  # beside the other one, or all would be well before it is there
    stack.sim.wait(stalled=1)
    before = stack.sim.counters()
    stack.sim.clear_faults()
    stack.wait_fresh()
    assert before["under_way"] == 1
    assert account(stack) == {"held": False, "held_until": None, "lanes": 8} or not account(stack)["held"]


def test_a_wrong_password_costs_one_login_whoever_comes_in_the_next_quarter_of_an_hour(make_stack):
    stack = make_stack(rooms=40, items=5, with_nginx=False, env={"LANES": 8, "PASSWORD": "wrong"})
    wait_held(stack)
    assert account(stack)["error"]["code"] == "http_401"
    stack.restart_fcgi()
    stack.kill_fcgi()
    stack.start_fcgi()
    assert stack.run_roomcal("check").returncode != 0
    assert stack.run_roomcal("fetch", "R002").returncode != 0
    assert stack.run_cgi("/api/calendar").status == 503
    assert refused(stack) == 1


def test_a_corrected_password_is_tried_at_once(make_stack):
    stack = make_stack(rooms=3, items=5, with_nginx=False, env={"PASSWORD": "wrong"})
    wait_held(stack)
    stack.write_env(PASSWORD="let-the-rooms-be-read")
    os.utime(stack.env_file, (time.time() + 1, time.time() + 1))  # whole seconds count
    stack.hup()
    stack.wait_fresh()
    assert refused(stack) == 1


def test_no_more_than_four_logins_fail_in_an_hour_whatever_the_operator_does(make_stack):
    stack = make_stack(rooms=3, items=5, with_nginx=False, env={"PASSWORD": "wrong"})
    wait_held(stack)
    for _ in range(6):
        stack.run_roomcal("refresh")
        stack.run_roomcal("check")
        stack.restart_fcgi()
        wait_held(stack)
    assert refused(stack) == 4


def test_roomcal_says_that_it_cannot_end_the_pause_when_too_many_logins_failed(make_stack):
    stack = make_stack(rooms=1, items=5, with_nginx=False, env={"PASSWORD": "wrong"})
    wait_held(stack)
    assert "after you have corrected it, `roomcal refresh` ends the pause" in stack.run_roomcal("check").stdout
    for logins in range(2, 5):
        done = stack.run_roomcal("refresh")
        assert (done.returncode, done.stdout) == (0, "")
        until(lambda: refused(stack) == logins and account(stack)["held"], f"{logins} logins were refused")
    done = stack.run_roomcal("refresh")
    assert done.returncode == 0
    assert re.fullmatch(r"Nobody asks Exchange for 3\d{3} seconds: 4 logins failed within an hour, .*\n", done.stdout)
    assert re.search(r"\nNobody asks Exchange for 3\d{3} seconds: 4 logins failed", stack.run_roomcal("check").stdout)
    assert refused(stack) == 4


def test_a_refusal_right_after_a_success_is_taken_for_throttling_once(make_stack):
    stack = make_stack(rooms=3, items=5, with_nginx=False, env={"CACHE_TTL": 1})
    stack.wait_fresh()
    stack.sim.fault("http-status", status=401, headers={"WWW-Authenticate": "Basic"}, times=1)
    stack.wait_log("event=account_held code=http_401 for_s=60")
    assert refused(stack) == 1


def test_a_refused_room_leaves_the_others_alone_and_costs_no_more_logins_than_allowed(make_stack):
    stack = make_stack(rooms=20, items=5, with_nginx=False, env={"CACHE_TTL": 1, "LANES": 1})
    stack.wait_fresh()
    stack.sim.fault("http-status", status=401, headers={"WWW-Authenticate": "Basic"}, room="R003")

    def failing():
        return [room["room"] for room in stack.ask("/api/health")[0].json()["rooms"] if "error" in room]

    def freed():
        if account(stack)["held"]:
            stack.run_roomcal("refresh")
        return failing() == ["R003"] and not account(stack)["held"]

    for _ in range(5):
        asked = stack.sim.counters()["rooms"]["r001@example.org"]
        until(lambda: freed() and stack.sim.counters()["rooms"]["r001@example.org"] != asked, "R001 is still refreshed")
    assert not account(stack)["held"]
    assert refused(stack) <= 4


@pytest.mark.parametrize("code", ["ErrorInvalidRequest", "ErrorSchemaValidation"])
def test_a_server_that_does_not_understand_the_change_check_is_fetched_from(make_stack, code):
    stack = make_stack(rooms=20, items=5, with_nginx=False,
                       prepare=lambda sim: sim.fault("soap-fault", operation="GetFolder", code=code, http_status=500))
    stack.wait_fresh()
    assert stack.sim.counters()["operations"]["GetFolder"] == 2
    assert not account(stack)["held"]
