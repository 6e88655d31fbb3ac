# SPDX-License-Identifier: MIT
"""Bad days of the disk: no crash, never a wrong byte, and afterwards everything is fresh and nothing is left over."""
import contextlib
import errno
import json
import os
import pathlib
import random
import shutil
import subprocess

import pytest

import states
from background import Background
from stack import ANSWER_S, COMMAND, until

ROOM = "R001"
ERRORS = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS]


def room_file(stack, room=ROOM):
    return stack.cache_dir / f"{room}.room"


def leftovers(stack):
    return [path.name for path in stack.cache_dir.iterdir() if path.name.startswith(".tmp-") or path.name.endswith(".new")]


def shown(stack):
    """Which state of the room is shown; None: it cannot be. Anything but one state's items is a failure."""
    reply, is_whole = stack.ask(f"/api/calendar/{ROOM}")
    assert is_whole and reply.status in (200, 503), reply.status
    return states.number_of(ROOM, reply.json()) if reply.status == 200 else None


def make_stack_with_states(make_stack, rooms=1, **options):
    """A stack whose rooms have states, and what changes them."""
    changes = []
    names = [f"R{number:03}" for number in range(1, rooms + 1)]

    def fill(sim):
        changes.append(states.Changes(sim, names, 1))

    env = {**states.SETTINGS, "CACHE_TTL": 3600, **options.pop("env", {})}
    stack = make_stack(rooms=rooms, items=1, env=env, with_nginx=False, prepare=fill, **options)
    stack.wait_fresh()
    return stack, changes[0]


def refresh(stack):
    """The operator's command, whose own disk always works."""
    return subprocess.run([COMMAND, "refresh", ROOM], cwd=stack.directory, env=stack.environment(LD_PRELOAD=None),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_S)


def change_and_refresh(stack, changes):
    changes.change(ROOM)
    assert refresh(stack).returncode == 0
    return changes.numbers[ROOM]


def assert_recovers(stack, changes):
    """With a disk that works, the next refresh shows the newest state."""
    stack.fail_disk(0)
    refresh(stack)
    until(lambda: shown(stack) == changes.numbers[ROOM], "the newest state is shown")
    stack.wait_fresh()
    until(lambda: not leftovers(stack), "nothing is left over")


# ---- calls that fail ----

@pytest.mark.parametrize("error", ERRORS[:2], ids=lambda error: errno.errorcode[error])
def test_whichever_call_fails_the_old_state_is_shown_and_then_the_new_one(make_stack, error):
    stack, changes = make_stack_with_states(make_stack, failing_disk=True)
    for first in range(1, 100):
        old = shown(stack)
        stack.fail_disk(error, first=first, count=1)  # so that the failure itself can be noted
        change_and_refresh(stack, changes)
        until(lambda: stack.disk_calls() >= first or shown(stack) != old, "the disk fails, or all is done before it does")
        assert shown(stack) in (old, changes.numbers[ROOM])
        done_before = stack.disk_calls() < first
        assert_recovers(stack, changes)
        assert stack.fcgi.poll() is None
        if done_before:
            break
    assert first > 5, "nothing failed"


def test_a_disk_that_is_full_is_told_once_and_not_once_a_request(make_stack):
    stack, changes = make_stack_with_states(make_stack, failing_disk=True)
    old = shown(stack)
    before = stack.log().count("event=cache")
    stack.fail_disk(errno.ENOSPC)
    change_and_refresh(stack, changes)
    stack.wait_log("event=room_failed")
    assert {shown(stack) for _ in range(50)} == {old}
    assert stack.log().count("event=cache") - before <= 1
    assert stack.log().count("event=room_failed") == 1
    assert_recovers(stack, changes)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: errno.errorcode[error])
def test_the_operator_s_fetch_survives_any_call_that_fails(make_stack, error):
    stack, changes = make_stack_with_states(make_stack, failing_disk=True)
    stack.term()
    for first in range(1, 100):
        changes.change(ROOM)
        stack.fail_disk(error, first=first)
        done = stack.run_roomcal("fetch", ROOM)
        assert done.returncode >= 0, done.stderr
        if done.returncode == 0:
            assert states.number_of(ROOM, json.loads(done.stdout)) == changes.numbers[ROOM]
        else:
            assert done.stderr
        if stack.disk_calls() < first:
            break
    assert first > 1, "nothing failed"
    assert leftovers(stack) == []


@pytest.mark.parametrize("error", ERRORS[:2], ids=lambda error: errno.errorcode[error])
def test_a_cgi_run_survives_any_call_that_fails(make_stack, error):
    stack, changes = make_stack_with_states(make_stack, failing_disk=True, env={"COLD_WAIT": 2})
    stack.term()
    for first in range(1, 100):
        room_file(stack).unlink(missing_ok=True)
        stack.fail_disk(error, first=first)
        reply = stack.run_cgi(f"/api/calendar/{ROOM}")
        assert reply.exit_status >= 0 and reply.status in (200, 503), (first, reply.status, reply.errors)
        if reply.status == 200:
            assert states.number_of(ROOM, reply.json()) == changes.numbers[ROOM]
        if stack.disk_calls() < first:
            break
    assert first > 3, "nothing failed"
    assert leftovers(stack) == []


# ---- files that are damaged ----

def judge_reply(stack, path, rooms, replies):
    """A visitor of a damaged cache: every reply is right, a 503, or visibly cut."""
    reply, is_whole = stack.ask(path)
    length = reply.headers.get("Content-Length")
    if not is_whole or length is None or len(reply.body) != int(length):
        replies["cut"] += 1
    elif reply.status == 503:
        replies["refused"] += 1
    else:
        assert reply.status == 200, reply.status
        for room in reply.json():
            assert room["room"] in rooms
            if "error" not in room:
                states.number_of(room["room"], room["items"])
        replies["right"] += 1


def test_room_files_cut_at_any_length_never_give_a_wrong_byte(make_stack):
    stack, changes = make_stack_with_states(make_stack, rooms=4, env={"CACHE_TTL": 2})
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    rooms = list(changes.numbers)
    replies = {"right": 0, "refused": 0, "cut": 0}
    with Background(lambda: judge_reply(stack, "/api/calendar", rooms, replies)), \
            Background(lambda: judge_reply(stack, "/api/calendar?room=R002", rooms, replies)):
        for _ in range(60):
            path = room_file(stack, rng.choice(rooms))
            seen = replies["right"]
            with contextlib.suppress(FileNotFoundError):  # a damaged one may have been removed
                os.truncate(path, rng.randrange(path.stat().st_size or 1))
            changes.change_any()
            until(lambda: replies["right"] > seen or replies["refused"] > seen, "visitors are answered")
    assert stack.fcgi.poll() is None
    until(lambda: all(shown_number(stack, room) == number for room, number in changes.numbers.items()), "every room is new again")
    print(replies)


def shown_number(stack, room):
    reply, _ = stack.ask(f"/api/calendar/{room}")
    return states.number_of(room, reply.json()) if reply.status == 200 else None


def test_what_a_new_process_finds_flipped_is_fetched_anew_by_the_old_one(make_stack):
    stack, changes = make_stack_with_states(make_stack)
    rng = random.Random(1)
    for _ in range(8):
        path = room_file(stack)
        damaged = bytearray(path.read_bytes())
        at = rng.randrange(4096, len(damaged))
        damaged[at] ^= 1 << rng.randrange(8)
        with open(path, "r+b") as file:
            file.write(damaged)
        reply = stack.run_cgi(f"/api/calendar/{ROOM}")  # another process, which has to look at all of it
        assert reply.status in (200, 503)
        if reply.status == 200:
            states.number_of(ROOM, reply.json())
        until(lambda: shown(stack) == changes.numbers[ROOM], "the room is shown again")


def test_files_of_another_format_are_replaced(make_stack):
    stack, changes = make_stack_with_states(make_stack)
    stack.term()
    with open(room_file(stack), "r+b") as file:
        file.seek(8)
        file.write(b"\x63")
    stack.start_fcgi()
    until(lambda: shown(stack) == changes.numbers[ROOM], "the room is fetched anew")


def test_damage_that_is_healed_is_told_once_with_the_file_s_name(make_stack):
    stack, changes = make_stack_with_states(make_stack)
    stack.term()
    os.truncate(room_file(stack), 5000)
    stack.start_fcgi()
    until(lambda: shown(stack) == changes.numbers[ROOM], "the room is fetched anew")
    stack.wait_log(f'event=cache reason="{ROOM}.room: ')
    stack.restart_fcgi()
    assert {shown(stack) for _ in range(20)} == {changes.numbers[ROOM]}
    assert stack.log().count("event=cache") == 1


# ---- other things in the place of files ----

def put_link(path):
    path.symlink_to("/etc/passwd")


def put_fifo(path):
    os.mkfifo(path, 0o600)


def put_directory(path):
    path.mkdir()


def replaced(path, put):
    """Not if the service was quicker to make the file again."""
    path.unlink(missing_ok=True)
    with contextlib.suppress(FileExistsError):
        put(path)
        return True
    return False


@pytest.mark.parametrize("put", [put_link, put_fifo, put_directory])
@pytest.mark.parametrize("name", [f"{ROOM}.room", "lease", "ledger"])
def test_what_takes_a_file_s_place_does_not_stop_the_service(make_stack, name, put):
    stack, changes = make_stack_with_states(make_stack, env={"CACHE_TTL": 1})
    passwd = pathlib.Path("/etc/passwd").read_bytes()
    until(lambda: replaced(stack.cache_dir / name, put), "it is in the file's place")
    for _ in range(2):  # also by a service that finds it there at its start
        number = change_and_refresh(stack, changes)
        until(lambda: shown(stack) == number, "the new state is shown")
        stack.restart_fcgi()
    assert pathlib.Path("/etc/passwd").read_bytes() == passwd


# ---- the directory ----

@pytest.mark.parametrize("replace", [False, True])
def test_a_directory_that_vanished_is_made_again_without_asking_exchange(make_stack, replace):
    stack, changes = make_stack_with_states(make_stack, rooms=3)
    stack.sim.reset_counters()
    stack.cache_dir.rename(stack.directory / "aside")
    if replace:
        stack.cache_dir.mkdir(mode=0o700)
    shutil.rmtree(stack.directory / "aside")
    until(lambda: all(room_file(stack, room).exists() for room in changes.numbers) and (stack.cache_dir / "ledger").exists() and
          stack.lease_holder() == stack.fcgi.pid, "all is there again")
    assert {shown(stack) for _ in range(20)} == {changes.numbers[ROOM]}
    reply = stack.run_cgi(f"/api/calendar/{ROOM}")
    assert states.number_of(ROOM, reply.json()) == changes.numbers[ROOM]
    assert stack.sim.counters()["requests"] == 0
    assert stack.log().count("removed or replaced") == 1
    number = change_and_refresh(stack, changes)
    until(lambda: shown(stack) == number, "refreshing goes on")


def test_a_directory_that_was_opened_to_others_is_told_once_with_the_remedy(make_stack):
    stack, changes = make_stack_with_states(make_stack)
    stack.cache_dir.chmod(0o755)
    stack.wait_log("chmod 700")
    assert refresh(stack).returncode != 0  # the operator's command refuses it, too
    assert {shown(stack) for _ in range(50)} == {changes.numbers[ROOM]}
    assert stack.log().count("chmod 700") == 1
    stack.cache_dir.chmod(0o700)


def test_a_directory_that_cannot_be_made_again_leaves_what_is_mapped(make_stack):
    stack, changes = make_stack_with_states(make_stack)
    stack.cache_dir.rename(stack.directory / "aside")
    stack.cache_dir.write_text("a file has the name")
    stack.wait_log("CACHE_DIR")
    assert {shown(stack) for _ in range(50)} == {changes.numbers[ROOM]}
    assert stack.log().count("event=cache") == 1
    stack.cache_dir.unlink()
    until(lambda: room_file(stack).exists(), "the directory is there again")
    number = change_and_refresh(stack, changes)
    until(lambda: shown(stack) == number, "refreshing goes on")
