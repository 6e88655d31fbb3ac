# SPDX-License-Identifier: MIT
"""Several processes on one CACHE_DIR: one of them refreshes, for all. With LANES=1 a refresher has one connection to Exchange, so the
connections that the stand-in has seen are the refreshers that there were."""
import os
import signal
import time

import pytest

from stack import until

ROOMS = 4


def make_several(make_stack, **env):
    return make_stack(rooms=ROOMS, items=20, with_nginx=False, env={"LANES": 1, "CACHE_TTL": 1, **env})


def connections(stack):
    return stack.sim.counters()["connections"]


def wait_rounds(stack, count):
    """Until Exchange was asked so many times more; a round in which nothing changed is one request."""
    stack.sim.wait(requests=stack.sim.counters()["requests"] + count)


def temporary_files(stack):
    return [name for name in os.listdir(stack.cache_dir) if name.startswith(".tmp-")]


def items_shown(stack, socket=None):
    return {room["room"]: room["items"] for room in stack.ask("/api/calendar", socket)[0].json()}


def kill_holder(stack):
    """kill -9 of who refreshes; who does now. How long that took is printed, not judged."""
    holder = until(stack.lease_holder, "somebody refreshes")
    begun = time.monotonic()
    os.kill(holder, signal.SIGKILL)
    heir = until(lambda: (now := stack.lease_holder()) != holder and now, "another takes over")
    print(f"taken over after {(time.monotonic() - begun) * 1000:.0f} ms")
    return heir


@pytest.fixture(params=["two services", "multiwatch"])
def several(request, make_stack):
    """(stack, the processes that share its CACHE_DIR)"""
    stack = make_several(make_stack)
    beside = stack.start_beside(3 if request.param == "multiwatch" else None)
    stack.wait_fresh()
    return stack, {stack.fcgi.pid, *beside.pids()}


def test_a_service_with_other_settings_says_that_nobody_refreshes_its_rooms(make_stack):
    stack = make_several(make_stack)
    stack.wait_fresh()
    other = stack.directory / "other.env"
    other.write_text(stack.env_file.read_text() + "TIMEZONE=Asia/Tokyo\n")
    other.chmod(0o600)
    same, stranger = stack.start_beside(), stack.start_beside(ROOMCAL_ENV=other)
    until(lambda: "has this CACHE_DIR" in stranger.log(), "it says so")
    wait_rounds(stack, 3)
    assert stranger.log().count("has this CACHE_DIR") == 1
    assert "has this CACHE_DIR" not in stack.log() + same.log()


def test_one_process_refreshes_for_all(several):
    stack, processes = several
    wait_rounds(stack, 3)
    assert connections(stack) == 1
    assert stack.lease_holder() in processes


def test_all_processes_show_what_one_has_fetched(several):
    stack, _ = several
    item = stack.sim.items("R002")[0]
    stack.sim.change("R002", item["id"], subject="Moved to the moon")
    for socket in (stack.socket, stack.beside[0].socket):
        until(lambda: b"Moved to the moon" in stack.ask("/api/calendar/R002", socket)[0].body, "the change is shown")


def test_after_kill_9_of_the_refresher_another_takes_over(several):
    stack, processes = several
    wait_rounds(stack, 1)
    heir = kill_holder(stack)
    assert heir in processes
    wait_rounds(stack, 2)
    assert connections(stack) == 2


def test_several_cold_starts_ask_for_each_window_once(make_stack):
    stack = make_several(make_stack, CACHE_TTL=3600, LANES=4)
    beside = stack.start_beside(3)
    for socket in (stack.socket, beside.socket):
        assert stack.ask("/api/calendar", socket)[0].status == 200
    for mailbox, asked in stack.sim.counters()["windows"].items():
        assert len({tuple(window) for window in asked}) == len(asked), f"{mailbox} was asked twice: {asked}"


def test_cgi_programs_leave_the_refresh_to_the_service_beside_them(make_stack):
    stack = make_several(make_stack)
    stack.wait_fresh()
    shown = items_shown(stack)
    for _ in range(3):
        wait_rounds(stack, 1)
        assert {room["room"]: room["items"] for room in stack.run_cgi("/api/calendar").json()} == shown
    assert connections(stack) == 1


@pytest.mark.parametrize("fault", ("stall", "stall-within"))
def test_sigterm_during_a_fetch_ends_and_leaves_nothing_half_done(make_stack, fault):
    stack = make_several(make_stack, REQUEST_TIMEOUT=600)
    stack.wait_fresh()
    shown = items_shown(stack)
    stack.sim.fault(fault)
    stack.sim.wait(stalled=1)
    begun = time.monotonic()
    assert stack.term() == 0
    print(f"ended after {(time.monotonic() - begun) * 1000:.0f} ms")
    assert temporary_files(stack) == []
    stack.start_fcgi()  # Exchange is still silent: what is shown is what was left behind
    assert items_shown(stack) == shown


def test_sigterm_ends_multiwatch_and_all_its_responders(make_stack):
    stack = make_several(make_stack)
    beside = stack.start_beside(3)
    pids = beside.pids()
    beside.term()
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "all responders have ended")
    assert beside.log().count("event=stop signal=") == 3


def test_the_next_refresher_sweeps_what_a_killed_one_left(make_stack):
    stack = make_several(make_stack)
    stack.start_beside()
    stack.wait_fresh()
    for name in (".tmp-1-0", ".tmp-99999-7"):
        (stack.cache_dir / name).write_bytes(b"half a room")
    kill_holder(stack)
    until(lambda: not temporary_files(stack), "leftover files are swept")
