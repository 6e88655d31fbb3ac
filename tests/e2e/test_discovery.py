# SPDX-License-Identifier: MIT
"""ROOM_LIST: the rooms are those of Exchange's room lists. The stand-in has the rooms R001, R002, … in its lists in turn."""
import concurrent.futures

import pytest

import cgi
from stack import until

LIST = "rooms@example.org"
SECOND_LIST = "rooms-2@example.org"
DAY_S = 86400


def discover(make_stack, room_list=LIST, rooms=2, lists=1, env=None, **more):
    """A stack that is told no rooms, only lists."""
    return make_stack(sim_options=("--rooms", rooms, "--items", 10, "--seed", 1, "--room-lists", lists), with_nginx=False,
                      env={"ROOMS": None, "ROOM_EMAILS": None, "ROOM_LIST": room_list, **(env or {})}, **more)


def names(stack, socket=None):
    """Of the rooms that are shown; None where nothing is."""
    reply = stack.ask("/api/calendar", socket)[0]
    return [room["room"] for room in reply.json()] if reply.status == 200 else None


def wait_names(stack, *expected, socket=None):
    until(lambda: names(stack, socket) == list(expected), f"the rooms are {expected}")


def asked(stack, operation):
    return stack.sim.counters()["operations"].get(operation, 0)


def ask_again(stack, operation="GetRooms"):
    """Makes the lists due, and waits until they were asked for."""
    before = asked(stack, operation)
    assert stack.run_roomcal("refresh").returncode == 0
    until(lambda: asked(stack, operation) > before, "the lists are asked for")


# ---- which rooms there are ----


def test_a_cold_start_finds_the_rooms_of_the_list(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    assert names(stack) == ["R001", "R002"]
    assert len(stack.ask("/api/calendar/R002")[0].json()) == 10
    assert asked(stack, "GetRooms") == 1
    assert asked(stack, "GetRoomLists") == 0


def test_only_the_named_list_counts(make_stack):
    stack = discover(make_stack, SECOND_LIST, rooms=4, lists=2)
    stack.wait_fresh()
    assert names(stack) == ["R002", "R004"]


def test_several_lists_are_put_together(make_stack):
    stack = discover(make_stack, f"{SECOND_LIST},{LIST}", rooms=4, lists=2)
    stack.wait_fresh()
    assert names(stack) == ["R001", "R002", "R003", "R004"]


def test_a_star_takes_all_lists(make_stack):
    stack = discover(make_stack, "*", rooms=4, lists=2)
    stack.wait_fresh()
    assert names(stack) == ["R001", "R002", "R003", "R004"]
    assert (asked(stack, "GetRoomLists"), asked(stack, "GetRooms")) == (1, 2)


def test_rooms_adds_and_renames(make_stack):
    stack = discover(make_stack, rooms=3, lists=2,
                     env={"ROOMS": "Attic,Lab", "ROOM_EMAILS": "r002@example.org,R003@example.org"})
    stack.wait_fresh()
    assert names(stack) == ["Attic", "Lab", "R001"]


def test_rooms_with_the_same_name_are_told_apart(make_stack):
    def prepare(sim):
        sim.put_room("R001", "r002@example.org")

    stack = discover(make_stack, prepare=prepare)
    stack.wait_fresh()
    assert names(stack) == ["R001 (r001)", "R001 (r002)"]


# ---- before the first list ----


def test_before_the_first_list_it_is_503_and_health_says_why(make_stack):
    stack = discover(make_stack, env={"LOG_LEVEL": "info"}, prepare=lambda sim: sim.fault("http-status", status=503))
    stack.wait_log("event=rooms_failed")
    reply = stack.ask("/api/calendar")[0]
    assert reply.status == 503 and int(reply.headers["Retry-After"]) > 0
    assert "list of rooms has not been fetched yet" in reply.json()["detail"]
    assert stack.ask("/api/calendar/R001")[0].status == 503
    health = stack.ask("/api/health")[0]
    assert health.status == 503
    assert health.json()["room_lists"]["error"]["code"] == "http_503"
    status = stack.run_roomcal("status")
    assert status.returncode == 69 and "The rooms of ROOM_LIST were not fetched: http_503: " in status.stdout
    assert stack.ask("/api/metrics")[0].status == 200
    stack.sim.clear_faults()
    assert stack.run_roomcal("refresh").returncode == 0
    stack.wait_fresh()
    assert names(stack) == ["R001", "R002"]
    assert stack.log().count("event=rooms_failed") == 1
    stack.wait_log("event=rooms_recovered")


def test_a_list_that_does_not_exist_is_told_once(make_stack):
    stack = discover(make_stack, "nobody@example.org")
    stack.wait_log("event=rooms_failed code=ErrorNameResolutionNoResults")
    assert asked(stack, "GetRooms") == 1
    assert stack.ask("/api/health")[0].json()["room_lists"]["error"]["code"] == "ErrorNameResolutionNoResults"


def test_lists_without_any_room_are_trouble_and_everybody_says_so(make_stack):
    stack = discover(make_stack, "*", rooms=1, prepare=lambda sim: sim.put_room("R001", "r001@example.org", lists=[]))
    until(lambda: stack.ask("/api/health")[0].json()["room_lists"]["fetched"], "the lists are fetched")
    health = stack.ask("/api/health")[0]
    assert health.status == 503 and health.json()["rooms"] == []
    assert health.json()["room_lists"]["error"]["code"] == "no_rooms"
    assert stack.ask("/api/calendar")[0].status == 503
    assert stack.ask("/api/calendar/R001")[0].status == 404
    for command in ("check", "rooms", "status"):
        done = stack.run_roomcal(command)
        assert done.returncode == 69 and "no list of ROOM_LIST has given a room" in done.stdout


def test_check_tells_of_lists_without_any_room_before_the_service_did(make_stack):
    stack = discover(make_stack, "*", rooms=1, prepare=lambda sim: sim.put_room("R001", "r001@example.org", lists=[]))
    stack.term()
    (stack.cache_dir / "rooms").unlink(missing_ok=True)
    check = stack.run_roomcal("check")
    assert check.returncode == 69 and "no list of ROOM_LIST has given a room" in check.stdout


def test_another_list_is_asked_for_at_once_after_one_that_does_not_exist(make_stack):
    stack = discover(make_stack, "nobody@example.org")
    stack.wait_log("event=rooms_failed")
    stack.write_env(ROOM_LIST=LIST)
    stack.hup()
    stack.wait_fresh()
    assert names(stack) == ["R001", "R002"]


# ---- remembered ----


def test_a_restart_needs_no_exchange(make_stack):
    stack = discover(make_stack, env={"CACHE_TTL": 3600})
    stack.wait_fresh()
    stack.sim.stop()
    stack.restart_fcgi()
    assert names(stack) == ["R001", "R002"]


def test_a_restart_does_not_ask_for_the_lists_again(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    stack.restart_fcgi()
    assert names(stack) == ["R001", "R002"]
    assert asked(stack, "GetRooms") == 1


def test_a_damaged_list_is_fetched_again(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    stack.term()
    kept = stack.cache_dir / "rooms"
    kept.write_bytes(kept.read_bytes()[:-9])
    stack.start_fcgi()
    wait_names(stack, "R001", "R002")
    stack.wait_log("the list of rooms in CACHE_DIR is damaged")
    assert asked(stack, "GetRooms") == 2


def test_a_reload_without_a_list_leaves_the_calendars(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    stack.sim.fault("http-status", status=503)
    (stack.cache_dir / "rooms").write_bytes(b"?")
    stack.hup()
    stack.wait_log("event=rooms_failed")
    assert stack.ask("/api/calendar")[0].status == 503
    assert len(list(stack.cache_dir.glob("*.room"))) == 2
    stack.sim.clear_faults()
    assert stack.run_roomcal("refresh").returncode == 0
    wait_names(stack, "R001", "R002")


# ---- when it changes ----


def test_the_lists_are_asked_for_once_a_day(make_stack):
    stack = discover(make_stack, movable_clock=True)
    stack.wait_fresh()
    stack.sim.put_room("New", "new@example.org", lists=[LIST])
    stack.shift_clock(DAY_S - 3600)
    stack.wait_fresh()
    assert asked(stack, "GetRooms") == 1
    stack.shift_clock(DAY_S + 3600)
    wait_names(stack, "New", "R001", "R002")
    assert asked(stack, "GetRooms") == 2


def test_a_room_that_joins_a_list_appears(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    stack.sim.put_room("New", "new@example.org", lists=[LIST])
    ask_again(stack)
    wait_names(stack, "New", "R001", "R002")
    stack.wait_log("event=rooms found=3 added=1 removed=0")


def test_a_room_that_leaves_a_list_goes_with_its_file(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    files = len(list(stack.cache_dir.glob("*.room")))
    stack.sim.remove_room("R001")
    ask_again(stack)
    wait_names(stack, "R002")
    until(lambda: len(list(stack.cache_dir.glob("*.room"))) == files - 1, "its file is removed")
    assert stack.ask("/api/calendar/R001")[0].status == 404


def test_a_list_that_says_the_same_changes_nothing(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    kept = stack.cache_dir / "rooms"
    inode = kept.stat().st_ino
    ask_again(stack)
    until(lambda: kept.stat().st_mtime > 0, "it is noted that they were asked for")
    assert kept.stat().st_ino == inode
    assert stack.log().count("event=reload") == 1  # the first list


def test_a_failure_keeps_the_rooms_and_is_told_once(make_stack):
    stack = discover(make_stack, env={"LOG_LEVEL": "info"})
    stack.wait_fresh()
    stack.sim.fault("soap-fault", code="ErrorInternalServerError", operation="GetRooms")
    ask_again(stack)
    stack.wait_log("event=rooms_failed code=ErrorInternalServerError")
    ask_again(stack)  # forgets the first failure, and meets the second
    lists = until(lambda: (found := stack.ask("/api/health")[0].json()["room_lists"]).get("error") and found, "health tells it")
    assert lists["fetched"] and lists["error"]["code"] == "ErrorInternalServerError"
    assert stack.ask("/api/health")[0].status == 200
    assert names(stack) == ["R001", "R002"]
    assert stack.log().count("event=rooms_failed") == 1


def test_an_emptied_list_keeps_the_rooms_for_a_day(make_stack):
    stack = discover(make_stack, "*", rooms=1, movable_clock=True)
    stack.wait_fresh()
    stack.sim.put_room("R001", "r001@example.org", lists=[])
    ask_again(stack, "GetRoomLists")
    stack.wait_log("event=rooms_empty")
    assert names(stack) == ["R001"]
    stack.shift_clock(DAY_S + 60)
    until(lambda: stack.ask("/api/calendar")[0].status == 503, "the empty list is believed")
    assert "room lists of Exchange have no rooms" in stack.ask("/api/calendar")[0].json()["detail"]


@pytest.mark.parametrize("count", [None, 2], ids=["two services", "multiwatch"])
def test_all_processes_follow(make_stack, count):
    stack = discover(make_stack)
    beside = stack.start_beside(count)
    stack.wait_fresh()
    wait_names(stack, "R001", "R002", socket=beside.socket)
    stack.sim.put_room("New", "new@example.org", lists=[LIST])
    ask_again(stack)
    wait_names(stack, "New", "R001", "R002")
    wait_names(stack, "New", "R001", "R002", socket=beside.socket)
    assert asked(stack, "GetRooms") == 2


# ---- plain CGI ----


@pytest.fixture
def cold_cgi(make_stack):
    """Only CGI is left, with an empty cache."""
    stack = discover(make_stack)
    assert stack.term() == 0
    for file in stack.cache_dir.iterdir():
        file.unlink()
    stack.sim.reset_counters()
    yield stack
    stack.sim.clear_faults()
    cgi.wait_ended(stack)


def cgi_names(stack):
    reply = stack.run_cgi("/api/calendar")
    return [room["room"] for room in reply.json() if room["items"]] if reply.status == 200 else None


def test_a_cgi_process_finds_the_rooms_and_answers(cold_cgi):
    assert cgi_names(cold_cgi) == ["R001", "R002"]
    assert cgi_names(cold_cgi) == ["R001", "R002"]
    assert asked(cold_cgi, "GetRooms") == 1


def test_several_cgi_processes_ask_for_the_list_once(cold_cgi):
    with concurrent.futures.ThreadPoolExecutor() as visitors:
        found = list(visitors.map(lambda _: cgi_names(cold_cgi), range(3)))
    assert found == [["R001", "R002"]] * 3
    assert asked(cold_cgi, "GetRooms") == 1


def test_what_shows_no_calendar_does_not_ask_for_the_list(cold_cgi):
    assert cold_cgi.run_cgi("/api/health").status == 503
    cgi.wait_ended(cold_cgi)
    assert asked(cold_cgi, "GetRooms") == 0


def test_a_cgi_process_waits_for_the_list_no_longer_than_cold_wait(cold_cgi):
    cold_cgi.write_env(COLD_WAIT=3)
    cold_cgi.sim.fault("stall", operation="GetRooms")
    for _ in range(2):
        reply = cold_cgi.run_cgi("/api/calendar")
        assert reply.status == 503 and "has not been fetched yet" in reply.json()["detail"]
    cgi.wait_ended(cold_cgi)
    assert asked(cold_cgi, "GetRooms") == 1


# ---- the operator's command ----


def test_the_command_shows_which_rooms_there_are(make_stack):
    stack = discover(make_stack, env={"ROOMS": "Attic", "ROOM_EMAILS": "r002@example.org"})
    stack.wait_fresh()
    before = asked(stack, "GetRooms")
    lines = [line.split() for line in stack.run_roomcal("rooms").stdout.splitlines()[1:]]
    assert lines == [["Attic", "ROOMS", "r002@example.org"], ["R001", "ROOM_LIST", "r001@example.org"]]
    assert asked(stack, "GetRooms") == before
    assert stack.run_roomcal("status", "R001").returncode == 0


def test_check_asks_for_the_lists_before_the_service_did(make_stack):
    stack = discover(make_stack)
    stack.wait_fresh()
    assert "room lists: ok (2 rooms, as the service found them)" in stack.run_roomcal("check").stdout
    stack.term()
    (stack.cache_dir / "rooms").unlink()
    check = stack.run_roomcal("check")
    assert check.returncode == 0
    assert check.stdout.splitlines()[1:] == ["room lists: ok (2 rooms, as Exchange says now)", "R001: ok", "R002: ok",
                                             "login: Basic (Exchange offers nothing else)"]
    assert not (stack.cache_dir / "rooms").exists()


def test_check_names_what_is_wrong_with_a_list(make_stack):
    stack = discover(make_stack, "nobody@example.org")
    check = stack.run_roomcal("check")
    assert check.returncode == 69
    assert "room lists: ErrorNameResolutionNoResults: " in check.stdout
