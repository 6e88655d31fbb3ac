# SPDX-License-Identifier: MIT
"""The site file that we ship, in the nginx that Debian ships."""
import gzip
import shutil
import subprocess
import threading

import pytest

from sim import PYTHON, ROOT
from stack import DEADLINE_S, until

SITE_FILE = ROOT / "scripts/site-file"
PLACE = ("--listen", "127.0.0.1:8080", "--socket", "/tmp/s", "--cache", "/tmp/c")


def cache_status(reply):
    return reply.headers["X-Cache-Status"]


def test_the_second_request_comes_from_nginx(shared_stack):
    assert cache_status(shared_stack.get("/api/calendar?second")) == "MISS"
    reply = shared_stack.get("/api/calendar?second")
    assert cache_status(reply) == "HIT" and reply.json()


def test_a_head_does_not_empty_the_get_after_it(shared_stack):
    head = shared_stack.get("/api/calendar?head", method="HEAD")
    get = shared_stack.get("/api/calendar?head")
    assert head.body == b"" and head.headers["Content-Length"] == str(len(get.body))
    assert get.json()


def test_an_escaped_question_mark_is_another_request(shared_stack):
    assert shared_stack.get("/api/calendar/R001?x").status == 200
    assert shared_stack.get("/api/calendar/R001%3Fx").status == 404


def test_errors_are_not_remembered(shared_stack):
    for _ in range(2):
        reply = shared_stack.get("/api/calendar/nobody")
        assert reply.status == 404 and cache_status(reply) == "MISS"
        assert reply.headers["Content-Type"] == "application/problem+json"


def test_health_is_never_remembered(shared_stack):
    for _ in range(2):
        reply = shared_stack.get("/api/health")
        assert reply.status == 200 and cache_status(reply) is None


def test_methods_that_write_are_refused(shared_stack):
    reply = shared_stack.get("/api/calendar", method="POST")
    assert reply.status == 405 and reply.headers["Allow"] == "GET, HEAD"


def test_a_known_etag_is_answered_304_also_compressed(shared_stack):
    plain = shared_stack.get("/api/calendar")
    small = shared_stack.get("/api/calendar", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.body) == plain.body and "Accept-Encoding" in small.headers.get_all("Vary")
    assert small.headers["ETag"] == "W/" + plain.headers["ETag"]
    for etag in (plain.headers["ETag"], small.headers["ETag"]):
        assert shared_stack.get("/api/calendar", {"If-None-Match": etag}).status == 304


def test_a_304_says_what_its_200_said(shared_stack):
    """RFC 9110, 15.4.5. A cache in front of nginx replaces what it has by these."""
    whole = shared_stack.get("/api/calendar/R001", {"Accept-Encoding": "gzip"})
    same = shared_stack.get("/api/calendar/R001", {"Accept-Encoding": "gzip", "If-None-Match": whole.headers["ETag"]})
    assert (whole.status, same.status) == (200, 304)
    assert sorted(same.headers.get_all("Vary")) == sorted(whole.headers.get_all("Vary")) == ["Accept", "Accept-Encoding"]
    assert same.headers["ETag"] == whole.headers["ETag"].removeprefix("W/")
    assert same.headers["Cache-Control"].startswith("max-age=") and same.headers["Date"]


def test_cookies_and_credentials_are_not_handed_on(shared_stack):
    """Nor do they keep nginx from remembering."""
    headers = {"Cookie": "a=b", "Authorization": "Basic eDp5", "Proxy": "http://127.0.0.1:9"}
    shared_stack.get("/api/calendar?cookie", headers)
    assert cache_status(shared_stack.get("/api/calendar?cookie")) == "HIT"


def test_a_body_larger_than_all_buffers_comes_whole(make_stack):
    stack = make_stack(rooms=8, items=1000)
    stack.wait_fresh()
    reply = stack.get("/api/calendar")
    assert len(reply.body) > 1 << 20 and len(reply.json()) == 8
    assert stack.get("/api/calendar").body == reply.body


def test_one_request_fills_for_forty(make_stack):
    stack = make_stack(prepare=lambda sim: sim.fault("stall"))
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(stack.get("/api/calendar"))) for _ in range(40)]
    for thread in threads:
        thread.start()
    stack.sim.wait(stalled=1)
    stack.wait_accepted(1)
    stack.sim.clear_faults()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert [reply.status for reply in replies] == [200] * 40
    assert len({reply.body for reply in replies}) == 1
    assert stack.log().count('event=request method="GET" path="/api/calendar"') == 1


def test_a_restart_of_the_responder_is_bridged(make_stack):
    stack = make_stack(env={"CACHE_TTL": 1})
    stack.wait_fresh()
    before = stack.get("/api/calendar")
    stack.kill_fcgi()
    reply = until(lambda: (reply := stack.get("/api/calendar")) and cache_status(reply) != "HIT" and reply, "the reply expires")
    assert reply.status == 200 and reply.body == before.body
    stack.start_fcgi()
    until(lambda: cache_status(stack.get("/api/calendar")) in ("HIT", "REVALIDATED", "EXPIRED"), "the responder is asked again")


def test_an_unchanged_reply_is_revalidated(make_stack):
    stack = make_stack(env={"CACHE_TTL": 1})
    stack.wait_fresh()
    body = stack.get("/api/calendar").body
    until(lambda: stack.get("/api/calendar").body == body and "status=304" in stack.log(), "nginx asks with the ETag that it has")


# ---- scripts/site-file ------------------------------------------------------------------------------------------


def run_site_file(root):
    return subprocess.run([PYTHON, root / "scripts/site-file", *PLACE], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("old, new", [("listen 80;", "listen *:80 default_server;"), (" # site-file: socket", ""),
                                      ("fastcgi_cache_path", "proxy_cache_path")])
def test_site_file_fails_where_a_marked_line_is_not_as_expected(tmp_path, old, new):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "nginx").mkdir()
    shutil.copy(SITE_FILE, tmp_path / "scripts")
    (tmp_path / "nginx/roomcal.conf").write_text((ROOT / "nginx/roomcal.conf").read_text().replace(old, new))
    done = run_site_file(tmp_path)
    assert done.returncode == 1 and "could be changed" in done.stderr and done.stdout == ""


def test_site_file_changes_the_marked_lines_only():
    shipped = (ROOT / "nginx/roomcal.conf").read_text().splitlines()
    made = run_site_file(ROOT).stdout.splitlines()
    assert [line for line in made if "/run/roomcal" in line or "listen 80;" in line and "#listen" not in line] == []
    assert all(was == now or "# site-file: " in was for was, now in zip(shipped, made, strict=True))


def assert_problem(reply, status):
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["status"] == status


@pytest.mark.parametrize("path", ["/", "/api", "/api/", "/api/calendars", "/api/metrics/x", "/api/health/x", "/.env"])
def test_what_is_not_there_is_a_problem_too(shared_stack, path):
    reply = shared_stack.get(path)
    assert_problem(reply, 404)
    assert "nginx/" not in reply.headers["Server"]


def test_a_trace_is_refused_as_roomcal_refuses(shared_stack):
    reply = shared_stack.get("/api/calendar", method="TRACE")
    assert_problem(reply, 405)
    assert reply.headers["Allow"] == "GET, HEAD"


def test_without_roomcal_there_is_a_problem_with_retry_after(make_stack):
    stack = make_stack(rooms=1)
    stack.kill_fcgi()
    reply = stack.get("/api/health")
    assert_problem(reply, 503)
    assert int(reply.headers["Retry-After"]) > 0


def test_a_thousand_rooms_may_be_named_in_one_query(shared_stack):
    assert shared_stack.get("/api/calendar?" + "&".join(["room=R001"] * 1000)).status == 200


def test_a_later_moment_than_the_last_change_is_unmodified_through_nginx_too(shared_stack):
    until(lambda: shared_stack.get("/api/calendar?moment").headers.get("Last-Modified"), "the second of the change is over")
    reply = shared_stack.get("/api/calendar?moment", {"If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"})
    assert reply.status == 304
