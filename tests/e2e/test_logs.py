# SPDX-License-Identifier: MIT
"""Logs an operator can live with: one line for what happened, none for what goes on, and no secret in any."""
import base64
import re

from stack import until

LINE = re.compile(r'^(<[0-7]>)?event=\w+( [a-z_]+=("[^"]*"|[^ "]+))*$')


def events(stack, name):
    return [line for line in stack.log().splitlines() if f"event={name} " in line]


def state(stack, room):
    return next(r["state"] for r in stack.ask("/api/health")[0].json()["rooms"] if r["room"] == room)


def test_every_line_is_keys_and_values(make_stack):
    stack = make_stack(rooms=3, items=20, env={"CACHE_TTL": 1})
    stack.wait_fresh()
    stack.get("/api/calendar/%22%20event=forged%20%0aevent=forged%20?from=%22x")
    stack.sim.fault("response-code", room="R002", operation="FindItem", code="ErrorCorruptData", text='a "quoted"\nline')
    stack.run_roomcal("refresh")
    until(lambda: state(stack, "R002") == "stale", "R002 is stale")
    stack.write_env(LANES="abc")
    assert "LANES is 'abc'; write a whole number" in stack.hup()
    lines = stack.log().splitlines()
    assert len(lines) > 5
    assert [line for line in lines if not LINE.match(line)] == []
    assert not [line for line in lines if line.startswith("event=forged")]


def test_under_systemd_each_line_has_its_priority(make_stack):
    stack = make_stack(rooms=2, items=5, with_nginx=False, env={"LOG_LEVEL": "info"})
    before = len(stack.log())
    assert stack.restart_fcgi(JOURNAL_STREAM="8:1") == 0
    stack.sim.fault("response-code", room="R002", code="ErrorFolderNotFound")
    stack.run_roomcal("refresh", "R002")
    stack.wait_log("event=room_failed")
    lines = stack.log()[before:].splitlines()
    assert any(line.startswith("<6>event=start ") for line in lines)
    assert any(line.startswith("<4>event=room_failed ") for line in lines)


def test_a_room_that_fails_again_and_again_is_one_line_and_one_when_it_is_well(make_stack):
    stack = make_stack(rooms=3, items=5, with_nginx=False, env={"CACHE_TTL": 1, "LOG_LEVEL": "info"})
    stack.wait_fresh()
    stack.sim.fault("response-code", room="R002", operation="FindItem", code="ErrorMailboxFailover")
    stack.run_roomcal("refresh", "R002")
    until(lambda: stack.sim.counters()["codes"].get("ErrorMailboxFailover", 0) >= 3, "it has failed three times")
    stack.sim.clear_faults()
    until(lambda: state(stack, "R002") == "fresh", "R002 is fresh")
    stack.wait_log("event=room_recovered ")
    assert len(events(stack, "room_failed")) == 1
    assert len(events(stack, "room_recovered")) == 1


def test_a_server_that_goes_away_is_one_line_whatever_the_number_of_rooms(make_stack):
    stack = make_stack(rooms=100, items=3, with_nginx=False, env={"CACHE_TTL": 1, "LOG_LEVEL": "info"})
    stack.wait_fresh()
    stack.sim.fault("http-status", status=503)
    until(lambda: all(r["state"] == "stale" for r in stack.ask("/api/health")[0].json()["rooms"]), "all rooms are stale")
    until(lambda: stack.sim.counters()["statuses"]["503"] >= 6, "it was found away three times")
    stack.sim.clear_faults()
    stack.wait_fresh()
    stack.wait_log("event=account_recovered ")
    assert len(events(stack, "account_held")) == 1
    assert len(events(stack, "account_recovered")) == 1
    assert len(events(stack, "room_failed")) <= 2
    assert len(events(stack, "room_recovered")) <= 2


def test_a_round_is_one_line_with_its_cost(make_stack):
    stack = make_stack(rooms=20, items=5, with_nginx=False, env={"LOG_LEVEL": "info"})
    stack.wait_fresh()
    stack.wait_log("event=refresh ")
    line, = events(stack, "refresh")
    told = dict(re.findall(r"(\w+)=(\S+)", line))
    counters = stack.sim.counters()
    assert (told["rooms"], told["changed"], told["failed"]) == ("20", "20", "0")
    assert int(told["requests"]) == counters["requests"]
    assert int(told["bytes"]) >= counters["sent_bytes"]
    assert int(told["ms"]) >= 0


def test_no_secret_and_no_text_of_an_item_is_logged(make_stack):
    password = "s3cret-Passw0rd"
    stack = make_stack(env={"LOG_LEVEL": "debug", "CACHE_TTL": 1},
                       sim_options=("--rooms", "2", "--items", "30", "--password", password))
    items = stack.get("/api/calendar/R001", headers={"Authorization": "Basic " + base64.b64encode(b"visitor:hush").decode()}).json()
    user = re.search(r"^USERNAME=(.*)$", stack.env_file.read_text(), re.M).group(1).strip("'\"")
    for status in (500, 401):
        stack.sim.fault("http-status", status=status, times=1)
        stack.run_roomcal("refresh")
        until(lambda: stack.sim.counters()["statuses"].get(str(status)), f"a {status}")
    log = stack.log() + stack.run_roomcal("check").stdout + stack.run_roomcal("status").stdout
    basic = [base64.b64encode(f"{who}:{what}".encode()).decode() for who, what in ((user, password), ("visitor", "hush"))]
    texts = {item["title"] for item in items if len(item["title"]) > 8}
    assert texts
    for secret in [password, base64.b64encode(password.encode()).decode(), *basic, *texts]:
        assert secret not in log
