# SPDX-License-Identifier: MIT
"""What roomcal is for, seen from outside: nobody waits for Exchange twice, and Exchange's bad days stay invisible."""
import concurrent.futures
import json
import subprocess

from stack import BUILD, plain_environment, until

ROOMS = 5


def items_of(stack, room="R001", **how):
    return stack.get(f"/api/calendar/{room}", **how).json()


def room_states(stack):
    return {room["room"]: room for room in stack.get("/api/health").json()["rooms"]}


def room_of(stack, name):
    return next(room for room in stack.get("/api/calendar").json() if room["room"] == name)


def run_roomcal(stack, *arguments):
    return subprocess.run([BUILD / "cli/roomcal", "--env", stack.env_file, *arguments], capture_output=True, text=True,
                          env=plain_environment())


def windows_asked(stack):
    return stack.sim.counters()["windows"]


def test_forty_first_visitors_cause_each_window_to_be_fetched_once(make_stack):
    stack = make_stack(rooms=ROOMS, items=60, with_nginx=True, env={"THREADS": 64})  # all of them may wait
    with concurrent.futures.ThreadPoolExecutor(40) as visitors:
        # A query of its own for each: nginx's cache must not be what keeps them apart from Exchange.
        replies = list(visitors.map(lambda n: stack.get(f"/api/calendar?visitor={n}"), range(40)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    windows = windows_asked(stack)
    assert len(windows) == ROOMS
    for mailbox, asked in windows.items():
        spans = sorted((start, end) for start, end in asked)
        assert len(set(spans)) == len(spans), f"{mailbox} was asked twice: {spans}"
        assert all(left[1] == right[0] for left, right in zip(spans, spans[1:])), f"{mailbox} has a gap: {spans}"
    assert stack.sim.counters()["operations"]["FindItem"] == sum(map(len, windows.values()))


def test_a_second_start_with_warm_files_asks_exchange_for_nothing(make_stack):
    stack = make_stack(rooms=ROOMS, items=40)
    before = stack.get("/api/calendar").json()
    assert stack.sim.counters()["requests"] > 0
    stack.sim.reset_counters()
    assert stack.restart_fcgi() == 0
    assert stack.get("/api/calendar?after").json() == before
    stack.wait_log("event=start")
    assert stack.sim.counters()["requests"] == 0


def test_the_first_answer_after_a_restart_needs_no_exchange(make_stack):
    stack = make_stack(rooms=2)
    before = stack.get("/api/calendar").json()
    stack.term()
    stack.sim.stop()
    stack.log_file.unlink()
    stack.start_fcgi()
    assert stack.get("/api/calendar?after").json() == before


def test_while_exchange_is_down_the_old_items_go_on_and_say_since_when(free_port, make_stack):
    stack = make_stack(sim_options=("--rooms", "2", "--items", "30", "--port", free_port), env={"CACHE_TTL": 2, "STALE_MAX": 3600})
    good = {room["room"]: room["items"] for room in stack.get("/api/calendar").json()}

    stack.sim.stop()
    stale = until(lambda: (rooms := stack.get("/api/calendar").json()) and all("stale_since" in r for r in rooms) and rooms,
                  "every room is stale")
    assert {room["room"]: room["items"] for room in stale} == good
    health = stack.get("/api/health")
    assert health.status == 200
    assert health.json()["status"] == "degraded"
    for room in health.json()["rooms"]:
        assert room["state"] == "stale"
        assert room["error"]["code"] == "unreachable"
        assert room["retry_at"] and room["failures"] > 0

    stack.sim.start()
    until(lambda: all("stale_since" not in room for room in stack.get("/api/calendar").json()), "every room is fresh again")
    until(lambda: stack.get("/api/health").json()["status"] == "ok", "health is well again")
    assert {room["room"]: room["items"] for room in stack.get("/api/calendar").json()} == good


def test_past_stale_max_a_room_says_that_it_does_not_know(make_stack):
    stack = make_stack(sim_options=("--rooms", "2", "--items", "10"), env={"CACHE_TTL": 1, "STALE_MAX": 0})
    stack.get("/api/calendar")
    stack.sim.fault("http-status", status=503, room="R001")
    lost = until(lambda: (room := stack.get("/api/calendar").json()[0]) and "error" in room and room, "R001 is lost")
    assert lost == {"room": "R001", "items": [], "error": lost["error"]}
    assert lost["error"]["code"] == "http_503" and lost["error"]["message"].endswith(".")
    assert stack.get("/api/calendar/R001").status == 503


def test_one_room_s_failure_does_not_touch_another(make_stack):
    stack = make_stack(sim_options=("--rooms", "3", "--items", "20", "--no-right", "R002"))
    rooms = {room["room"]: room for room in stack.get("/api/calendar").json()}
    assert rooms["R001"]["items"] and "error" not in rooms["R001"]
    assert rooms["R003"]["items"] and "error" not in rooms["R003"]
    assert rooms["R002"]["items"] == [] and rooms["R002"]["error"]["code"] == "ErrorFolderNotFound"


def test_a_refused_password_is_tried_once_and_not_once_a_room(make_stack):
    stack = make_stack(rooms=ROOMS, env={"PASSWORD": "wrong"})
    reply = stack.get("/api/calendar")
    assert reply.status == 503
    assert "password" in reply.json()["detail"].lower() or "login" in reply.json()["detail"].lower()
    until(lambda: all(room["state"] == "lost" for room in room_states(stack).values()), "all rooms know")
    assert stack.sim.counters()["statuses"].get("401") == 1
    # Nor after a restart: the pause is in the room files.
    stack.restart_fcgi()
    assert stack.get("/api/calendar?again").status == 503
    assert stack.sim.counters()["statuses"].get("401") == 1


def fresh_rooms(stack):
    return sorted(name for name, room in room_states(stack).items() if room["state"] in ("fresh", "expired"))


def test_rooms_that_are_always_in_trouble_do_not_starve_the_others(make_stack):
    stack = make_stack(rooms=5, items=10, env={"CACHE_TTL": 2, "COLD_WAIT": 0})
    for room in ("R001", "R002"):
        stack.sim.fault("http-status", status=500, room=room)
    stack.write_env(WINDOW_DAYS=300)  # other settings, so nothing is known of any room
    stack.hup()
    until(lambda: fresh_rooms(stack) == ["R003", "R004", "R005"], "the healthy rooms are fresh")
    until(lambda: {room_states(stack)[name]["state"] for name in ("R001", "R002")} == {"lost"}, "the others have failed")


def test_a_login_refused_for_one_room_is_not_the_others_trouble(make_stack):
    """The first refusal might be throttling, and rests all rooms; `roomcal refresh` ends that."""
    stack = make_stack(rooms=3, items=10, env={"CACHE_TTL": 1})
    stack.get("/api/calendar")
    stack.sim.fault("http-status", status=401, room="R001")
    stack.wait_log("event=account_held code=http_401")
    assert run_roomcal(stack, "refresh").returncode == 0
    until(lambda: fresh_rooms(stack) == ["R002", "R003"], "the others are refreshed")
    assert room_states(stack)["R001"]["state"] == "stale"
    asked = stack.sim.counters()["rooms"]["r003@example.org"]
    until(lambda: stack.sim.counters()["rooms"]["r003@example.org"] != asked, "R003 is still refreshed")
    assert stack.log().count("event=account_held") == 1


def test_after_roomcal_refresh_a_failed_room_is_asked_again_at_once(make_stack):
    stack = make_stack(sim_options=("--rooms", "2", "--items", "10", "--no-right", "R001"))
    assert room_of(stack, "R001")["error"]["code"] == "ErrorFolderNotFound"
    stack.sim.control("POST", "rooms/R001/access", {"access": "reviewer"})
    done = run_roomcal(stack, "refresh", "R001")
    assert done.returncode == 0, done.stderr
    until(lambda: "error" not in room_of(stack, "R001"), "R001 is there")


def test_roomcal_refresh_says_that_no_service_runs(make_stack):
    stack = make_stack(rooms=1, items=10, with_nginx=False)
    stack.wait_fresh()
    assert stack.run_roomcal("refresh").stdout == ""
    stack.term()
    done = stack.run_roomcal("refresh")
    assert done.returncode == 0 and done.stdout.startswith("No service is running: ")
    stack.start_fcgi()
    until(lambda: stack.lease_holder() == stack.fcgi.pid, "the command has not kept the lease")


def test_a_cgi_visitor_who_got_no_answer_leaves_a_note_for_the_next(make_stack):
    stack = make_stack(rooms=2, items=10, env={"CACHE_TTL": 1}, with_nginx=False)
    stack.wait_fresh()
    stack.term()
    stack.write_env(COLD_WAIT=1, REQUEST_TIMEOUT=1)
    stack.sim.fault("stall")

    def marked():
        return all("stale_since" in room for room in stack.run_cgi("/api/calendar").json())

    until(marked, "the rooms say since when they are stale")
    assert stack.run_cgi("/api/health").json()["status"] == "degraded"


def test_a_cold_visitor_waits_no_longer_than_cold_wait_and_gets_what_there_is(make_stack):
    stack = make_stack(rooms=2, env={"COLD_WAIT": 0, "CACHE_TTL": 3600})
    until(lambda: stack.get("/api/calendar/R001?warm").status == 200, "R001 is fetched")
    until(lambda: stack.get("/api/calendar/R002?warm").status == 200, "R002 is fetched")
    stack.term()
    (stack.cache_dir / "R002.room").unlink()
    stack.sim.fault("stall", room="R002")
    stack.log_file.unlink()
    stack.start_fcgi()
    first, second = stack.get("/api/calendar?cold").json()
    assert first["items"] and second["items"] == [] and second["error"]["code"] == "not_fetched_yet"
    assert stack.get("/api/calendar/R002?cold").status == 503
    stack.sim.clear_faults()
    until(lambda: stack.get("/api/calendar/R002").status == 200, "R002 is fetched after all")


def test_an_unchanged_refresh_keeps_file_and_etag(make_stack):
    stack = make_stack(rooms=1, env={"CACHE_TTL": 1})
    etag = stack.get("/api/calendar").headers["ETag"]
    inode = (stack.cache_dir / "R001.room").stat().st_ino
    asked = stack.sim.counters()["requests"]
    until(lambda: stack.sim.counters()["requests"] > asked, "another refresh")
    until(lambda: "changed=0" in stack.log(), "the refresh is over")
    assert (stack.cache_dir / "R001.room").stat().st_ino == inode
    assert stack.get("/api/calendar?later", {"If-None-Match": etag}).status == 304


def test_a_changed_meeting_arrives_by_itself(make_stack):
    stack = make_stack(rooms=1, env={"CACHE_TTL": 1, "ITEM_FIELDS": "subject,id"})
    meeting = items_of(stack)[0]
    stack.sim.control("POST", "items", {"room": "R001", "id": meeting["id"], "change": {"subject": "Moved to the moon"}})
    until(lambda: any(item["subject"] == "Moved to the moon" for item in items_of(stack)), "the change is shown")


def test_more_than_a_thousand_meetings_a_year_are_all_there(make_stack):
    stack = make_stack(sim_options=("--rooms", "1", "--items", "2600", "--window", "2025-01-01..2025-12-31"),
                       env={"ITEM_FIELDS": "id"})
    stack.wait_fresh()
    ids = [item["id"] for item in items_of(stack)]
    stored = stack.sim.items("R001", "2023-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert len(ids) == len(set(ids)) == len(stored) == 2600


def test_characters_that_xml_forbids_cost_no_meeting(make_stack):
    stack = make_stack(rooms=1, items=30)
    count = len(items_of(stack))
    stack.sim.fault("bad-references")
    stack.sim.fault("bad-utf8")
    stack.write_env(WINDOW_DAYS=364)  # other settings, so other files
    stack.hup()
    until(lambda: stack.sim.counters()["requests"] and "�" in stack.get("/api/calendar/R001?bad").body.decode(), "new items")
    assert len(json.loads(stack.get("/api/calendar/R001?bad2").body.decode("utf-8"))) == count


def test_fifty_rooms_of_five_hundred_meetings_come_out_whole(make_stack):
    stack = make_stack(sim_options=("--rooms", "50", "--items", "500", "--window", "2023-01-02..2026-10-31"))
    stack.wait_fresh()
    assert [len(room["items"]) for room in stack.get("/api/calendar").json()] == [500] * 50
