# SPDX-License-Identifier: MIT
"""Which form a client gets, through nginx with its cache and as a CGI program: the two must never differ."""
import itertools
import json

import pytest

JSON, ICAL = "application/json", "text/calendar; charset=utf-8"
PROBLEM = "application/problem+json"

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
CHROME = BROWSER + ",application/signed-exchange;v=b3;q=0.7"
ACCEPT = {
    None: JSON,
    "": JSON,
    "*/*": JSON,
    "*/*;q=0.8": JSON,
    "*": JSON,
    "application/json": JSON,
    "Application/JSON": JSON,
    "application/json, text/plain, */*": JSON,
    "application/json, text/calendar": JSON,
    "text/calendar,application/json": JSON,
    "application/*": JSON,
    "text/*, application/json": JSON,
    BROWSER: JSON,
    CHROME: JSON,
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2": JSON,
    "text/calendar": ICAL,
    "text/calendar;charset=utf-8": ICAL,
    "TEXT/Calendar": ICAL,
    "text/calendar, */*": ICAL,
    "text/html,text/calendar,*/*": ICAL,
    "text/*": ICAL,
    "text/*, */*": ICAL,
    "application/json;q=0.5, text/calendar;q=0.6": ICAL,
    "application/json;q=0.6, text/calendar;q=0.5": JSON,
    "application/json;q=0.5, */*": ICAL,
    "application/json;q=0, */*;q=0.1": ICAL,
    "text/calendar;q=0, */*;q=0.1": JSON,
    "text/calendarium, application/json": JSON,
    "text/calendar+zip, */*": JSON,
    "x/text/calendar": PROBLEM,
    "text/html": PROBLEM,
    "application/xml;q=0.9, text/html": PROBLEM,
    "*/*;q=0": PROBLEM,
    "*/*;q=0.0": PROBLEM,
    "application/json;q=0": PROBLEM,
    "application/json;q=0, text/calendar;q=0.000": PROBLEM,
}


def headers(accept):
    return {} if accept is None else {"Accept": accept}


def varies(reply):
    """With Accept; what nginx's gzip varies with is another matter."""
    return "Accept" in (reply.headers.get_all("Vary") or [])


def by_nginx(stack, path, accept):
    return stack.get(path, headers(accept))


def by_cgi(stack, path, accept):
    return stack.run_cgi(path, HTTP_ACCEPT=accept)


WAYS = pytest.mark.parametrize("ask", [by_nginx, by_cgi])


@WAYS
@pytest.mark.parametrize("path", ["/api/calendar", "/api/calendar/R001"])
def test_the_accept_header_chooses(shared_stack, ask, path):
    got = {accept: ask(shared_stack, path, accept).headers["Content-Type"] for accept in ACCEPT}
    assert {accept: kind for accept, kind in got.items() if kind != ACCEPT[accept]} == {}


def test_nginx_shortens_no_header_to_another_meaning(shared_stack):
    """What the site file's map makes of headers that it half understands: every pair of ranges, with and without weights."""
    ranges = ["application/json", "text/calendar", "text/*", "*/*", "text/html"]
    weights = ["", ";q=0.5", "; q=0", ";q=1.0"]
    weighted = [one + weight for one, weight in itertools.product(ranges, weights)]
    plain = [f"{one},{other}" for one, other in itertools.product(ranges, ranges)]
    mixed = [f"{one}, {other}" for one, other in itertools.product(ranges, weighted)]
    for accept in weighted + plain + mixed:
        here, there = (ask(shared_stack, "/api/calendar/R002", accept) for ask in (by_nginx, by_fastcgi))
        assert (here.status, here.headers["Content-Type"], here.body) == (there.status, there.headers["Content-Type"], there.body), accept


def by_fastcgi(stack, path, accept):
    return stack.ask(path, HTTP_ACCEPT=accept)[0]


@WAYS
def test_an_extension_wins(shared_stack, ask):
    for path, accept in itertools.product(["/api/calendar.ics", "/api/calendar/R001.ics"], ["application/json", "text/html", None]):
        reply = ask(shared_stack, path, accept)
        assert reply.status == 200 and reply.headers["Content-Type"] == ICAL
        assert not varies(reply)


@WAYS
def test_what_varies_says_so(shared_stack, ask):
    for accept in ("application/json", "text/calendar", "text/html"):
        assert varies(ask(shared_stack, "/api/calendar", accept))
    assert not varies(ask(shared_stack, "/api/health", "text/calendar"))
    assert not varies(ask(shared_stack, "/api/calendar/nobody", "text/html"))


@WAYS
def test_a_406_lists_what_there_is(shared_stack, ask):
    reply = ask(shared_stack, "/api/calendar", "text/html")
    assert reply.status == 406 and reply.headers["Content-Type"] == PROBLEM
    problem = json.loads(reply.body)
    assert problem["title"] == "Not Acceptable"
    assert "application/json" in problem["detail"] and "text/calendar" in problem["detail"]


@WAYS
def test_errors_are_problems_in_either_form(shared_stack, ask):
    for path, status in (("/api/calendar/nobody.ics", 404), ("/api/calendar.ics?from=x", 400), ("/api/calendar.ics?room=x", 404)):
        reply = ask(shared_stack, path, "text/calendar")
        assert reply.status == status and reply.headers["Content-Type"] == PROBLEM


@WAYS
def test_each_form_has_its_etag(shared_stack, ask):
    etags = {kind: ask(shared_stack, "/api/calendar/R003", kind).headers["ETag"] for kind in ("application/json", "text/calendar")}
    assert len(set(etags.values())) == 2
    assert ask(shared_stack, "/api/calendar/R003.ics", None).headers["ETag"] == etags["text/calendar"]


def test_a_304_is_for_the_form_that_the_client_has(shared_stack):
    etag = shared_stack.get("/api/calendar", {"Accept": "text/calendar"}).headers["ETag"]
    for known in (etag, f"W/{etag}"):
        again = shared_stack.get("/api/calendar", {"Accept": "text/calendar", "If-None-Match": known})
        assert again.status == 304 and varies(again)
        assert shared_stack.get("/api/calendar.ics", {"If-None-Match": known}).status == 304
        assert shared_stack.get("/api/calendar", {"If-None-Match": known}).status == 200


def test_nginx_keeps_a_reply_once_for_each_form(shared_stack):
    path = "/api/calendar?kept"
    status = [shared_stack.get(path, headers(accept)).headers["X-Cache-Status"]
              for accept in (None, "*/*", "application/json", BROWSER, CHROME, "application/json, text/plain, */*")]
    assert status == ["MISS", "HIT", "HIT", "HIT", "HIT", "HIT"]
    status = [shared_stack.get(path, headers(accept)).headers["X-Cache-Status"]
              for accept in ("text/calendar", "text/calendar, */*", "text/html, text/calendar")]
    assert status == ["MISS", "HIT", "HIT"]
