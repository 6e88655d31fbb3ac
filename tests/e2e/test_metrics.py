# SPDX-License-Identifier: MIT
"""/api/metrics: valid for Prometheus, true, and the same whichever process answers. And where a hold of the account is told."""
import datetime
import re
import shutil
import struct
import subprocess
import time

import pytest

from stack import COMMAND, PATH, Stack, plain_environment, until

LEDGER_VALUES_AT = 256
ODD_NAME = 'Saal "Nord" \\ 2'


def metrics(stack, **options):
    """Every sample: {"roomcal_rounds_total": 3, 'roomcal_room_items{room="R001"}': 40}, past nginx."""
    lines = stack.ask("/api/metrics", **options)[0].body.decode().splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: int(value) for name, _, value in samples}


def assert_valid(text):
    tool = shutil.which("promtool", path=PATH)
    if tool is None:
        pytest.skip("promtool is not installed (Debian's prometheus)")
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert done.returncode == 0 and not done.stdout + done.stderr, (done.stdout + done.stderr).decode()


@pytest.fixture(scope="module")
def stack():
    with Stack(rooms=3, items=40) as one:
        one.wait_fresh()
        yield one


def test_promtool_has_no_complaint(stack):
    reply = stack.get("/api/metrics")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert_valid(reply.body)


def test_promtool_has_no_complaint_of_trouble_and_odd_names(make_stack):
    def trouble(sim):
        sim.fault("http-status", status=503, room="R002")
        sim.fault("http-status", status=503, room="R003")

    stack = make_stack(with_nginx=False, prepare=trouble)
    names = stack.env_file.read_text()
    rooms = re.search(r"^ROOMS=(.*)$", names, re.M).group(1)
    stack.write_env(ROOMS="'" + rooms.strip("'\"").replace("R001", ODD_NAME.replace("\\", "\\\\")) + "'")
    stack.hup()
    until(lambda: metrics(stack)['roomcal_room_consecutive_failures{room="R002"}'] > 0, "a room has failed")
    text = stack.ask("/api/metrics")[0].body
    assert b'room="Saal \\"Nord\\" \\\\ 2"' in text
    assert_valid(text)


def test_every_room_and_every_counter_is_told(stack):
    told = metrics(stack)
    items = {room["room"]: len(room["items"]) for room in stack.ask("/api/calendar")[0].json()}
    assert {name: told[f'roomcal_room_items{{room="{name}"}}'] for name in items} == items
    assert {told[f'roomcal_room_state{{room="R00{n}",state="fresh"}}'] for n in (1, 2, 3)} == {1}
    assert told["roomcal_account_held"] == 0


def test_requests_are_counted_by_what_came_of_them(stack):
    etag = stack.ask("/api/calendar")[0].headers["ETag"]
    before = metrics(stack)
    body = stack.ask("/api/calendar")[0].body
    assert stack.ask("/api/calendar", HTTP_IF_NONE_MATCH=etag)[0].status == 304
    assert stack.ask("/api/calendar", method="HEAD")[0].body == b""
    missing = stack.ask("/api/nothing")[0]
    assert missing.status == 404
    after = metrics(stack)
    grown = {name: after[f"roomcal_http_{name}_total"] - before[f"roomcal_http_{name}_total"]
             for name in ("requests", "not_modified", "client_errors", "server_errors")}
    # The request that asked before is counted behind its own reply.
    assert grown == {"requests": 5, "not_modified": 1, "client_errors": 1, "server_errors": 0}
    sent = after["roomcal_http_sent_bytes_total"] - before["roomcal_http_sent_bytes_total"]
    assert sent >= len(body) + len(missing.body)


def test_nginx_keeps_no_copy(stack):
    first, second = (stack.get("/api/metrics") for _ in range(2))
    count = re.compile(rb"^roomcal_http_requests_total (\d+)$", re.M)
    assert int(count.search(first.body)[1]) < int(count.search(second.body)[1])
    assert first.headers["Cache-Control"] == "no-store"


def test_another_process_tells_the_same_counters_also_after_a_restart(make_stack):
    stack = make_stack(with_nginx=False)
    stack.wait_fresh()
    before = metrics(stack)["roomcal_http_requests_total"]
    reply = stack.run_cgi("/api/metrics")
    assert f"roomcal_http_requests_total {before + 1}\n" in reply.body.decode()
    assert stack.restart_fcgi() == 0
    assert metrics(stack)["roomcal_http_requests_total"] > before


# ---- the account -----------------------------------------------------------------------------------------------------


def hold(stack, fault, for_s):
    """Writes a hold into the ledger, as the refresher does; src/cache/ledger.h draws it."""
    now = int(time.time())
    with open(stack.cache_dir / "ledger", "r+b") as ledger:
        ledger.seek(LEDGER_VALUES_AT)
        ledger.write(struct.pack("=3q", now + for_s, now, fault))
    return now + for_s


def test_a_held_account_is_told_by_health_metrics_and_the_command(make_stack):
    stack = make_stack(with_nginx=False, rooms=1)
    stack.wait_fresh()
    assert stack.term() == 0  # a refresher might write there, too
    until_utc = hold(stack, fault=503, for_s=600)
    moment = datetime.datetime.fromtimestamp(until_utc, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    account = stack.run_cgi("/api/health").json()["account"]
    assert (account["held"], account["held_until"], account["error"]["code"]) == (True, moment, "http_503")
    text = stack.run_cgi("/api/metrics").body.decode()
    assert f'\nroomcal_account_held_until_timestamp_seconds{{reason="http_503"}} {until_utc}\n' in text
    first, second = status(stack).splitlines()[:2]
    assert first.startswith(f"Exchange is not asked before {moment}: http_503: ") and second.startswith("ROOM ")


def test_a_hold_that_no_one_can_have_meant_is_not_believed(make_stack):
    stack = make_stack(with_nginx=False, rooms=1)
    stack.wait_fresh()
    assert stack.term() == 0
    hold(stack, fault=503, for_s=10 * 86400)
    assert stack.run_cgi("/api/health").json()["account"]["held"] is False
    assert status(stack).startswith("ROOM ")


def status(stack):
    return subprocess.run([COMMAND, "--env", stack.env_file, "status"], capture_output=True, text=True, check=True,
                          env=plain_environment()).stdout
