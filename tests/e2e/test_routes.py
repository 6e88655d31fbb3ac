# SPDX-License-Identifier: MIT
"""Every route and error of the public contract, through nginx and spawn-fcgi and as a CGI program."""
import json

import pytest

from stack import Stack

ROOM_NAMES = ["R001", "R002", "R003"]


@pytest.fixture(scope="module")
def stack():
    options = ("--rooms", "3", "--items", "40", "--window", "2023-01-02..2026-10-31")
    with Stack(sim_options=options) as one:
        one.get("/api/calendar")
        yield one


@pytest.fixture(params=["nginx", "cgi"])
def ask(request, stack):
    """ask(path, method="GET", headers) → Reply, by either way."""

    def by_cgi(path, method="GET", headers=None):
        variables = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in (headers or {}).items()}
        return stack.run_cgi(path, method=method, **variables)

    def by_nginx(path, method="GET", headers=None):
        return stack.get(path, headers, method)

    return by_nginx if request.param == "nginx" else by_cgi


def assert_problem(reply, status, detail):
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(reply.body)
    assert problem["status"] == status and problem["title"]
    assert detail in problem["detail"]


def test_all_rooms_come_in_the_order_of_rooms(ask):
    reply = ask("/api/calendar")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    rooms = reply.json()
    assert [room["room"] for room in rooms] == ROOM_NAMES
    for room in rooms:
        assert list(room) == ["room", "items"] and len(room["items"]) == 40
        assert list(room["items"][0]) == ["title", "start", "end", "duration", "location", "organizer_name"]


def test_one_room_is_its_bare_list(ask):
    assert ask("/api/calendar/R002").json() == ask("/api/calendar").json()[1]["items"]


def test_room_picks_rooms(ask):
    assert [room["room"] for room in ask("/api/calendar?room=R003&room=R001").json()] == ["R001", "R003"]


def test_unknown_parameters_are_ignored(ask):
    assert ask("/api/calendar?_=1763816400&utm_source=x").json() == ask("/api/calendar").json()


def moments(items):
    return [(item["start"], item["end"]) for item in items if "T" in item["start"]]


def test_from_and_to_give_what_overlaps(ask):
    everything = moments(ask("/api/calendar/R001").json())
    start, end = everything[10][0], everything[20][1]
    path = f"/api/calendar/R001?from={start.replace('+', '%2B')}&to={end.replace('+', '%2B')}"
    expected = [span for span in everything if span[0] < end and span[1] > start]
    assert moments(ask(path).json()) == expected and len(expected) >= 10


def test_from_alone_and_to_alone_are_enough(ask):
    everything = ask("/api/calendar/R001").json()
    later = ask("/api/calendar/R001?from=2025-06-01").json()
    earlier = ask("/api/calendar/R001?to=2025-06-01").json()
    assert 0 < len(later) < len(everything) and 0 < len(earlier) < len(everything)
    assert len(later) + len(earlier) >= len(everything)


def test_a_date_is_its_midnight(ask):
    assert ask("/api/calendar/R001?from=2025-06-01").json() == ask("/api/calendar/R001?from=2025-06-01T00:00:00Z").json()


def test_health_says_how_every_room_is(ask):
    reply = ask("/api/health")
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    health = reply.json()
    assert health["status"] == "ok" and [room["room"] for room in health["rooms"]] == ROOM_NAMES
    assert all(room["items"] == 40 and room["age"] >= 0 for room in health["rooms"])


@pytest.mark.parametrize("path", ["/api/calendar", "/api/calendar/R001", "/api/calendar?from=2025-01-01", "/api/health"])
def test_head_has_the_headers_and_no_body(ask, path):
    head = ask(path, "HEAD")
    assert head.status == 200 and head.body == b""
    assert head.headers["Content-Type"] == "application/json"
    if "health" not in path:
        assert head.headers["ETag"] == ask(path).headers["ETag"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", ["/api/calendar", "/api/calendar/R001", "/api/health"])
def test_other_methods_are_405_with_allow(ask, method, path):
    reply = ask(path, method)
    assert_problem(reply, 405, "use GET or HEAD")
    assert reply.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("query, said", [
    ("from=yesterday", "from"), ("to=2025-13-01", "to"), ("from=2025-02-30", "from"), ("from=", "from"),
    ("from=2025-01-02&to=2025-01-01", "from"), ("from=2025-01-01&from=2025-01-02", "from"), ("from=%zz", "from"),
])
def test_a_bad_value_is_400_and_names_the_parameter(ask, query, said):
    assert_problem(ask(f"/api/calendar?{query}"), 400, said)


def test_an_unknown_room_is_404(ask):
    assert_problem(ask("/api/calendar/R999"), 404, "R999")
    assert_problem(ask("/api/calendar?room=R999"), 404, "R999")


def test_an_etag_that_the_client_has_is_304_without_body(ask):
    etag = ask("/api/calendar").headers["ETag"]
    for given in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        reply = ask("/api/calendar", headers={"If-None-Match": given})
        assert reply.status == 304 and reply.body == b"", given
        assert reply.headers["ETag"].removeprefix("W/") == etag
    assert ask("/api/calendar", headers={"If-None-Match": '"other"'}).status == 200


def test_a_moment_since_which_nothing_changed_is_304(ask):
    assert ask("/api/calendar", headers={"If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT"}).status in (200, 304)
    changed = ask("/api/calendar").headers.get("Last-Modified")
    if changed:  # not said within the second of the change
        assert ask("/api/calendar", headers={"If-Modified-Since": changed}).status == 304
    assert ask("/api/calendar", headers={"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}).status == 200


def test_caches_are_told_how_long(ask):
    words = ask("/api/calendar").headers["Cache-Control"]
    given = dict(word.strip().split("=") for word in words.split(","))
    assert 0 < int(given["max-age"]) <= 300
    assert int(given["stale-while-revalidate"]) > 0 and int(given["stale-if-error"]) > 0


def test_no_reply_is_to_be_sniffed(ask):
    for path in ("/api/calendar", "/api/health", "/api/calendar/none"):
        assert ask(path).headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_but_the_api_is_served_by_nginx(stack):
    assert stack.get("/").status == 404
    assert stack.get("/.env").status == 404


def test_a_cold_site_without_exchange_is_503_with_retry_after(make_stack, free_port):
    cold = make_stack(rooms=1, env={"EXCHANGE_SERVER": f"http://127.0.0.1:{free_port}/EWS/Exchange.asmx"})
    for reply in (cold.get("/api/calendar"), cold.get("/api/calendar/R001"), cold.run_cgi("/api/calendar")):
        assert_problem(reply, 503, "Exchange")
        assert int(reply.headers["Retry-After"]) >= 1
    health = cold.get("/api/health")
    assert health.status == 503 and health.json()["status"] == "unavailable"
    assert health.json()["rooms"][0]["error"]["code"] == "unreachable"
