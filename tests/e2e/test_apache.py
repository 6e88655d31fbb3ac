# SPDX-License-Identifier: MIT
"""The configurations that we ship for Apache, in the Apache that Debian ships."""
import gzip
import os
import signal
import subprocess
from urllib.parse import quote

import pytest

import cgi
from apache import ALWAYS, MODULES, Apache
from sim import ROOT
from stack import plain_environment, until

# How roomcal can be behind Apache: a file of apache/ and the modules to enable.
WAYS = {
    "proxy_fcgi": ("roomcal.conf", ["proxy", "proxy_fcgi"]),
    "cgid": ("roomcal-cgi.conf", ["cgid"]),
    "cgi": ("roomcal-cgi.conf", ["cgi"]),
    "fcgid": ("roomcal-cgi.conf", ["fcgid"]),
}
AS_CGI = ["cgid", "cgi"]
ODD_ROOM = "Räum/2\"%25 +?x"


@pytest.fixture(scope="module")
def odd_rooms():
    """Names that a web server might spoil on the way."""
    return {"ROOMS": f"'R001,{ODD_ROOM},R003'"}


@pytest.fixture
def behind(make_stack, odd_rooms):
    """behind(way, further lines for Apache) → a stack with all rooms fetched, and an Apache before it. As CGI no responder runs. The
    directory becomes Apache's, so root goes on with it by his capabilities only: no sandbox."""
    apaches = []

    def start(way, more=""):
        stack = make_stack(with_nginx=False, env=odd_rooms, sandboxed=False)
        stack.wait_fresh()
        if way != "proxy_fcgi":
            assert stack.term() == 0
        apache = Apache(stack, *WAYS[way], more)
        apaches.append((stack, apache))
        return stack, apache.__enter__()

    yield start
    for stack, apache in apaches:
        stack.sim.clear_faults()
        apache.__exit__()
        stack.kill_fcgi()
        cgi.wait_ended(stack)


ways = pytest.mark.parametrize("way", WAYS)
as_cgi = pytest.mark.parametrize("way", AS_CGI)


@ways
def test_as_a_configuration_for_all_sites_apache_has_nothing_to_warn_of(tmp_path, way):
    site, modules = WAYS[way]
    conf = tmp_path / "apache.conf"
    conf.write_text("".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in ALWAYS + modules) +
                    f"ServerName localhost\nListen 127.0.0.1:80\nErrorLog {tmp_path}/log\nMutex file:{tmp_path} default\nInclude {ROOT}/apache/{site}\n")
    done = subprocess.run(["apache2", "-t", "-f", conf], env=plain_environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "Syntax OK\n")


@ways
def test_every_path_is_answered(behind, way):
    _, apache = behind(way)
    whole = apache.get("/api/calendar")
    rooms = {room["room"]: room["items"] for room in whole.json()}
    assert whole.status == 200 and list(rooms) == ["R001", ODD_ROOM, "R003"]
    assert apache.get("/api/health").json()["status"] == "ok"
    assert apache.get("/api/metrics").body.startswith(b"# HELP roomcal_")
    assert apache.get("/api/calendar.ics").body.startswith(b"BEGIN:VCALENDAR")
    assert apache.get("/api/calendar?room=R003").json() == [{"room": "R003", "items": rooms["R003"]}]
    for name, items in rooms.items():
        assert apache.get("/api/calendar/" + quote(name, safe="")).json() == items
        assert apache.get(f"/api/calendar/{quote(name, safe='')}.ics").headers["Content-Type"].startswith("text/calendar")


@ways
def test_errors_are_roomcals_and_other_paths_are_not(behind, way):
    _, apache = behind(way)
    for path, status in {"/api/calendar/nobody": 404, "/api/calendar?from=soon": 400, "/api/calendar/": 404}.items():
        reply = apache.get(path)
        assert (reply.status, reply.headers["Content-Type"]) == (status, "application/problem+json")
    assert apache.get("/api/calendar", method="POST").headers["Allow"] == "GET, HEAD"
    for path in ("/", "/api", "/api/", "/api/calendars", "/.env", "/roomcal-fcgi"):
        assert "problem" not in apache.get(path).headers["Content-Type"]


@ways
def test_a_known_etag_is_answered_304_also_compressed(behind, way):
    _, apache = behind(way)
    plain = apache.get("/api/calendar")
    small = apache.get("/api/calendar", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.body) == plain.body and len(small.body) < len(plain.body) / 2
    for reply in (plain, small):
        same = apache.get("/api/calendar", {"If-None-Match": reply.headers["ETag"]})
        assert (same.status, same.body) == (304, b"")


@ways
def test_a_304_says_what_its_200_said(behind, way):
    """RFC 9110, 15.4.5. A cache in front of Apache replaces what it has by these."""
    _, apache = behind(way)
    whole = apache.get("/api/calendar", {"Accept-Encoding": "gzip"})
    same = apache.get("/api/calendar", {"Accept-Encoding": "gzip", "If-None-Match": whole.headers["ETag"]})
    assert (whole.status, same.status) == (200, 304)
    for reply in (whole, same):
        assert set(",".join(reply.headers.get_all("Vary")).split(",")) == {"Accept", "Accept-Encoding"}
        assert reply.headers["Cache-Control"].startswith("max-age=") and reply.headers["Date"]


@ways
def test_a_body_that_nobody_reads_is_answered(behind, way):
    _, apache = behind(way)
    for length, statuses in {1000: [405], 200000: [405, 413]}.items():
        assert apache.get("/api/calendar", method="POST", body=b"x" * length).status in statuses


@ways
def test_a_head_has_the_headers_of_its_get(behind, way):
    _, apache = behind(way)
    get, head = apache.get("/api/calendar"), apache.get("/api/calendar", method="HEAD")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", get.headers["ETag"])


def test_as_soon_as_roomcal_has_been_started_anew_it_is_asked_again(behind):
    """Apache leaves some backends alone for a minute that it could not reach once."""
    stack, apache = behind("proxy_fcgi")
    stack.kill_fcgi()
    assert apache.get("/api/health").status == 503
    stack.start_fcgi()
    apache.give(stack.socket)
    assert apache.get("/api/health").status == 200


@as_cgi
def test_an_expired_calendar_is_shown_while_exchange_stalls(behind, way):
    """Apache ends a request when nobody has the program's pipes open any more, and the next one on this connection waits for that."""
    stack, apache = behind(way)
    cgi.expire(stack)
    stack.sim.fault("stall")
    assert apache.get("/api/calendar").status == 200
    stack.sim.wait(stalled=1)
    assert apache.get("/api/health").json()["rooms"][0]["state"] == "expired"
    stack.sim.clear_faults()
    until(lambda: apache.get("/api/health").json()["rooms"][0]["state"] == "fresh", "the rooms are fresh")


@as_cgi
def test_apache_has_no_child_left_and_no_zombie(behind, way):
    stack, apache = behind(way)
    cgi.expire(stack)
    stack.sim.fault("stall")
    apache.get("/api/calendar")
    stack.sim.wait(stalled=1)
    pid = cgi.detached(stack)
    until(lambda: not apache.roomcals(), "Apache has reaped what it started")
    os.kill(pid, signal.SIGTERM)
    cgi.wait_ended(stack)
    assert apache.roomcals() == {}


@as_cgi
def test_the_end_of_apache_does_not_end_a_refresh(behind, way):
    stack, apache = behind(way)
    cgi.expire(stack)
    stack.sim.fault("stall")
    apache.get("/api/calendar")
    stack.sim.wait(stalled=1)
    apache.__exit__()
    assert cgi.detached(stack)
    stack.sim.clear_faults()
    cgi.wait_fresh(stack)


@as_cgi
def test_twenty_visitors_are_one_round(behind, way):
    stack, apache = behind(way)
    cgi.expire(stack)
    stack.sim.reset_counters()
    stack.sim.fault("stall")
    threads, replies = cgi.at_once(20, lambda: apache.get("/api/calendar"))
    cgi.join(threads)
    assert [reply.status for reply in replies] == [200] * 20
    cgi.detached(stack)
    stack.sim.clear_faults()
    cgi.wait_ended(stack)
    assert all(len(windows) == len(set(map(str, windows))) for windows in stack.sim.counters()["windows"].values())


def test_a_host_that_allows_no_further_process_still_shows_what_there_is(behind):
    stack, apache = behind("cgid", "RLimitNPROC 1 1")
    cgi.expire(stack)
    assert apache.get("/api/calendar").status == 200
    assert "RLimitNPROC" in apache.log()
    assert set(cgi.states(stack).values()) == {"expired"}
