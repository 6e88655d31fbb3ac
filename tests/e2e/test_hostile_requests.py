# SPDX-License-Identifier: MIT
"""Requests as an attacker or a broken program writes them, through nginx, as raw FastCGI and as CGI: each is answered with a status that
fits, and nothing of it gets where it does not belong."""
import pytest

import fastcgi
from ports import exchange
from stack import Reply, Stack, parse_cgi

ROOMS = {"ROOMS": "'R001,a%2Fb,x/y'"}
PROBLEM_MAX = 8192  # bytes of an error, which repeats a little of the request
NGINX_LINE_MAX = 24 * 1024

# A target, and what roomcal says to it.
PATHS = {
    "a NUL behind a path": ("/api/health%00", 404),
    "a NUL behind a room": ("/api/calendar/R001%00", 404),
    "a NUL and an extension": ("/api/calendar/R001%00.ics", 404),
    "a NUL that is escaped twice": ("/api/calendar/R001%2500", 404),
    "a % alone": ("/api/calendar/R001%", 404),
    "a % with one digit": ("/api/calendar/R001%2", 404),
    "a % with other letters": ("/api/calendar/%zz", 404),
    "a % before another": ("/api/calendar/%%32", 404),
    "letters that are escaped": ("/%61pi/%63alendar", 200),
    "a slash that is escaped": ("/api%2Fcalendar", 200),
    "a slash that is escaped twice": ("/api%252Fcalendar", 404),
    "a room with a slash": ("/api/calendar/x%2Fy", 200),
    "a room with an escape in its name": ("/api/calendar/a%252Fb", 200),
    "that room decoded twice": ("/api/calendar/a%2Fb", 404),
    "a slash in two bytes of UTF-8": ("/api%C0%AFcalendar", 404),
    "a slash in three bytes of UTF-8": ("/api%E0%80%AFcalendar", 404),
    "dots in two bytes of UTF-8": ("/api/calendar/%C0%AE%C0%AE/health", 404),
    "what is not UTF-8": ("/api/calendar/%FF%FE%80", 404),
    "a surrogate": ("/api/calendar/%ED%A0%80", 404),
    "text that runs backwards": ("/api/calendar/%E2%80%AER001", 404),
    "a step up": ("/api/calendar/../health", 404),
    "a step up that is escaped": ("/api/calendar/..%2F..%2Fetc%2Fpasswd", 404),
    "a step nowhere": ("/api/./calendar", 404),
    "slashes": ("//api//calendar", 404),
    "nothing but slashes": ("/" * 4000, 404),
    "a path parameter": ("/api/calendar;jsessionid=1", 404),
    "a fragment": ("/api/health#x", 404),
    "capitals": ("/API/HEALTH", 404),
    "backslashes": ("/api\\health", 404),
    "a header": ("/api/calendar/%0D%0ASet-Cookie:%20a=b%0D%0A%0D%0A", 404),
    "markup": ("/api/calendar/<script>alert(1)</script>", 404),
    "quotes": ('/api/calendar/"},"status":200,"x":{"', 404),
    "as long as a path may be": ("/api/calendar/" + "a" * (4096 - 14), 404),
    "longer": ("/api/calendar/" + "a" * (4096 - 13), 414),
    "as long, once it is decoded": ("/api/calendar/" + "%61" * (4096 - 14), 404),
    "longer, though decoded": ("/api/calendar/" + "%61" * (4096 - 13), 414),
    "as long as nginx lets through": ("/" + "a" * 24000, 414),
    "longer than that": ("/" + "a" * 60000, 414),
}

QUERIES = {
    "a NUL behind a room": ("room=R001%00", 404),
    "a NUL in a name": ("ro%00om=R001", 200),
    "a name that is escaped": ("%72oom=R001", 200),
    "a name that is escaped twice": ("%2572oom=nobody", 200),
    "an equals sign that is escaped": ("room%3Dnobody", 200),
    "an ampersand that is escaped": ("room=R001%26room=x", 404),
    "a % alone": ("room=%", 400),
    "a % with one digit": ("from=%3", 400),
    "a % in what nobody knows": ("x=%&y%", 200),
    "a room with an escape in its name": ("room=a%252Fb", 200),
    "that room decoded twice": ("room=a%2Fb", 404),
    "what is not UTF-8": ("room=%FF%FE", 404),
    "a slash in two bytes of UTF-8": ("room=x%C0%AFy", 404),
    "a header": ("from=2026-01-01%0D%0ASet-Cookie:%20a=b", 400),
    "a name without a value": ("room", 400),
    "a value without a name": ("=R001&==&&&", 200),
    "brackets": ("room[]=nobody&room[0]=nobody", 200),
    "another separator": ("room=R001;room=x/y", 404),
    "capitals": ("Room=nobody&FROM=never", 200),
    "a moment given twice": ("from=2026-01-01&from=2026-01-01", 400),
    "a moment of many digits": ("from=2026-11-23T09:00:00." + "0" * 5000 + "Z", 400),
    "a year of many digits": ("to=" + "9" * 20000, 400),
    "no such day": ("from=2026-02-30", 400),
    "the year 0": ("from=0000-00-00", 400),
    "before the common era": ("from=-2026-01-01", 400),
    "digits of another script": ("from=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", 400),
    "an offset beyond all zones": ("from=2026-01-01T00:00:00%2B99:99", 400),
    "the end of time, backwards": ("from=9999-12-31T23:59:59Z&to=0001-01-01T00:00:00Z", 400),
    "all of time": ("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", 200),
    "one room a thousand times": ("&".join(["room=R001"] * 1000), 200),
    "once more": ("&".join(["room=R001"] * 1001), 400),
    "ten thousand rooms": ("&".join(f"room=R{i}" for i in range(10000)), 414),
    "ten thousand rooms that there are": ("&".join(["room=R001"] * 10000), 414),
    "thousands of parameters that nobody knows": ("&".join(f"p{i}=" for i in range(3000)), 200),
    "nothing but ampersands": ("&" * 20000, 200),
    "nothing but equals signs": ("=" * 20000, 200),
    "nothing but question marks": ("?" * 20000, 200),
    "as long as a query may be": ("x=" + "y" * 65533, 200),
    "longer": ("x=" + "y" * 65534, 414),
}

# Headers of a request, and what roomcal says.
HEADERS = {
    "an Accept of nothing but commas": ({"Accept": "," * 20000}, 200),
    "an Accept of thousands": ({"Accept": "a/b;q=0.5," * 2000}, 406),
    "an Accept that takes nothing": ({"Accept": "*/*;q=0"}, 406),
    "an Accept with an odd weight": ({"Accept": "text/calendar;q=99999999999999999999, */*;q=-1"}, 200),
    "an Accept with an open quote": ({"Accept": 'text/calendar;x="' + "\\" * 9999}, 200),
    "an Accept that is not ASCII": ({"Accept": "\xff\xfe/\x80"}, 406),
    "an Origin": ({"Origin": "null"}, 200),
    "an If-None-Match of nothing but quotes": ({"If-None-Match": '"' * 20000}, 200),
    "an If-None-Match of thousands": ({"If-None-Match": 'W/"x",' * 3000}, 200),
    "an If-None-Match with an open quote": ({"If-None-Match": '"' + "x" * 20000}, 200),
    "an If-None-Match of nothing but W": ({"If-None-Match": "W/" * 10000}, 200),
    "an If-Modified-Since that is no date": ({"If-Modified-Since": "x" * 20000}, 200),
    "an If-Modified-Since before all time": ({"If-Modified-Since": "Mon, 01 Jan 0000 00:00:00 GMT"}, 200),
    "a Range of thousands": ({"Range": "bytes=" + ",".join(["0-1"] * 4000)}, 200),
    "a Range beyond all numbers": ({"Range": "bytes=99999999999999999999-"}, 200),
    "thousands of headers": ({f"X-{i}": "y" for i in range(2000)}, 200),
    "a Host that is somebody else's": ({"Host": "evil.example"}, 200),
    "an address that was handed on": ({"X-Forwarded-For": "," * 20000, "X-Original-URL": "/api/health"}, 200),
}


@pytest.fixture(scope="module")
def stack():
    with Stack(env=ROOMS) as one:
        one.wait_fresh()
        yield one


def over_nginx(stack, target, headers=None, method="GET"):
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in {"Host": "x", **(headers or {})}.items())]
    answer = exchange(stack.port, "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
    status, _, rest = answer.partition(b"\r\n")
    reply = parse_cgi(rest)
    return Reply(int(status.split()[1]), reply.headers, reply.body)


def as_variables(target, headers):
    named = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in (headers or {}).items()}
    return {"QUERY_STRING": target.partition("?")[2], **named}


def over_fastcgi(stack, target, headers=None, method="GET"):
    reply, ended = stack.ask(target, method=method, **as_variables(target, headers))
    assert ended
    return reply


def over_cgi(stack, target, headers=None, method="GET"):
    reply = stack.run_cgi("", method=method, REQUEST_URI=target, PATH_INFO=None, **as_variables(target, headers))
    assert reply.exit_status == 0
    return reply


@pytest.fixture(params=[over_fastcgi, over_cgi])
def ask(request, stack):
    """ask(target, headers, method) → Reply, by either way."""
    return lambda *what: request.param(stack, *what)


def assert_harmless(reply):
    """Nothing of the request is a header, and an error is JSON of some size."""
    assert reply.headers["Set-Cookie"] is None and reply.headers["X-Content-Type-Options"] == "nosniff"
    if reply.status >= 400:
        assert reply.headers["Content-Type"] == "application/problem+json" and len(reply.body) < PROBLEM_MAX
        assert reply.json()["status"] == reply.status
        reply.body.decode()


def assert_roomcal_or_nginx(reply, status):
    """nginx refuses some by itself, with a page of its own: what is too long, and what it cannot decode."""
    assert reply.status in (status, 400, 404, 414, 416)
    if reply.status == status and "json" in reply.headers["Content-Type"]:
        assert_harmless(reply)


@pytest.mark.parametrize("target, status", PATHS.values(), ids=PATHS)
def test_an_odd_path_is_a_path_or_none(ask, target, status):
    reply = ask(target)
    assert reply.status == status
    assert_harmless(reply)


@pytest.mark.parametrize("query, status", QUERIES.values(), ids=QUERIES)
def test_an_odd_query_is_understood_or_refused(ask, query, status):
    reply = ask("/api/calendar?" + query)
    assert reply.status == status
    assert_harmless(reply)


@pytest.mark.parametrize("headers, status", HEADERS.values(), ids=HEADERS)
def test_an_odd_header_does_no_harm(ask, headers, status):
    reply = ask("/api/calendar", headers)
    assert reply.status == status
    assert_harmless(reply)


@pytest.mark.parametrize("method", ["get", "GETGET", "X" * 20000, "G\tT", "\xff"])
def test_an_odd_method_is_refused(ask, method):
    reply = ask("/api/calendar", {}, method)
    assert reply.status == 405
    assert_harmless(reply)


@pytest.mark.parametrize("target, status", PATHS.values(), ids=PATHS)
def test_an_odd_path_through_nginx_is_roomcal_s_or_nginx_s(stack, target, status):
    assert_roomcal_or_nginx(over_nginx(stack, target), status)


@pytest.mark.parametrize("query, status", QUERIES.values(), ids=QUERIES)
def test_an_odd_query_through_nginx_is_roomcal_s_or_nginx_s(stack, query, status):
    reply = over_nginx(stack, "/api/calendar?" + query)
    if len(query) > NGINX_LINE_MAX:
        assert reply.status == 414
    else:
        assert_roomcal_or_nginx(reply, status)


@pytest.mark.parametrize("headers, status", HEADERS.values(), ids=HEADERS)
def test_an_odd_header_through_nginx_does_no_harm(stack, headers, status):
    assert_roomcal_or_nginx(over_nginx(stack, "/api/calendar?headers", headers), status)
    assert over_nginx(stack, "/api/calendar").status == 200


@pytest.mark.parametrize("target", ["/api/metrics", "/api/metrics%00", "/api/%6Detrics", "/api//metrics", "/api/./metrics",
                                    "/api/calendar/../metrics", "/api/metrics#", "/api/metrics/", "/api/metrics?", "//api/metrics",
                                    "http://elsewhere/api/metrics", "/api/calendar/..%2Fmetrics", "/api%2Fmetrics"])
def test_no_spelling_leads_past_a_location_of_nginx(stack, target):
    """Who closes /api/metrics in the site file has closed it: no other location hands on what roomcal takes for that path."""
    reply = over_nginx(stack, target)
    if b"roomcal_build_info" in reply.body:
        assert reply.headers["X-Cache-Status"] is None  # of the locations only that one and health have no cache


def test_all_threads_answer_in_the_end(stack):
    connections = [fastcgi.Connection(stack.socket) for _ in range(4)]
    for connection in connections:
        connection.send(fastcgi.request("/api/health"))
    for connection in connections:
        assert parse_cgi(connection.read_reply()[0]).status == 200
        connection.close()
