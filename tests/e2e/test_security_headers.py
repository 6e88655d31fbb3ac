# SPDX-License-Identifier: MIT
"""What every answer says to browsers, whoever makes it: roomcal, nginx or Apache; and what CORS_ORIGIN adds."""
import pytest

from apache import Apache
from ports import exchange
from stack import http_get, until

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"}
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ORIGIN = "https://intranet.example.org"
# How Apache can be before roomcal: a file of apache/ and the modules to enable.
WAYS = {"proxy_fcgi": ("roomcal.conf", ["proxy", "proxy_fcgi"]), "cgid": ("roomcal-cgi.conf", ["cgid"])}


def assert_careful(reply, status, policy=POLICY):
    assert reply.status == status
    for name, value in ALWAYS.items():
        assert reply.headers.get_all(name) == [value], (status, name)
    assert reply.headers.get_all("Content-Security-Policy") == (policy and [policy]), status


def assert_all_careful(ask, policy=POLICY):
    """`ask(path, headers, method)`."""
    etag = ask("/api/calendar", {}, "GET").headers["ETag"]
    for path, headers, method, status in [
            ("/api/calendar", {}, "GET", 200), ("/api/calendar", {}, "HEAD", 200), ("/api/calendar.ics", {}, "GET", 200),
            ("/api/health", {}, "GET", 200), ("/api/metrics", {}, "GET", 200),
            ("/api/calendar", {"If-None-Match": etag}, "GET", 304), ("/api/calendar", {"If-None-Match": etag}, "HEAD", 304),
            ("/api/calendar?from=soon", {}, "GET", 400), ("/api/calendar/nobody", {}, "GET", 404),
            ("/api/calendar/nobody", {}, "HEAD", 404), ("/api/calendar", {}, "POST", 405), ("/api/calendar", {}, "OPTIONS", 405),
            ("/api/calendar", {"Accept": "image/png"}, "GET", 406)]:
        assert_careful(ask(path, headers, method), status, policy)


# ---- who says it ------------------------------------------------------------------------------------------------


def test_a_path_that_is_too_long_is_answered_carefully_too(shared_stack):
    assert_careful(shared_stack.get("/api/calendar/" + "x" * 5000), 414)


def test_roomcal_says_it_in_every_reply(shared_stack):
    def ask(path, headers, method):
        named = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
        return shared_stack.ask(path, method=method, **named)[0]

    assert_all_careful(ask, policy=None)


def test_every_answer_through_nginx_has_it_once(shared_stack):
    assert_all_careful(shared_stack.get)


def test_so_have_nginxs_own(make_stack):
    stack = make_stack(rooms=1)
    stack.wait_fresh()
    assert_careful(stack.get("/"), 404)
    assert_careful(stack.get("/api/calendar", method="TRACE"), 405)
    stack.kill_fcgi()
    down = stack.get("/api/health")
    assert_careful(down, 503)
    assert down.headers.get_all("Retry-After") == ["5"]


@pytest.mark.parametrize("request_line, status", [(b"GET / HTTP/9.9", 505), (b"GET", 400), (b"GET /\0 HTTP/1.1", 400),
                                                  (b"GET /" + b"x" * 30000 + b" HTTP/1.1", 414)])
def test_a_page_that_nginx_makes_of_what_it_cannot_read_may_do_nothing(shared_stack, request_line, status):
    answer = exchange(shared_stack.port, request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, _ = answer.decode("latin-1").partition("\r\n\r\n")
    assert head.split()[1] == str(status) and "text/html" in head
    assert f"Content-Security-Policy: {POLICY}" in head and "X-Content-Type-Options: nosniff" in head


def test_a_cold_site_says_when_to_ask_again_once(make_stack, free_port):
    cold = make_stack(rooms=1, env={"EXCHANGE_SERVER": f"http://127.0.0.1:{free_port}/EWS/Exchange.asmx"})
    reply = cold.get("/api/calendar")
    assert_careful(reply, 503)
    assert len(reply.headers.get_all("Retry-After")) == 1


@pytest.fixture(scope="module", params=WAYS)
def behind_apache(request, shared_stack):
    with Apache(shared_stack, *WAYS[request.param]) as apache:
        yield lambda path, headers, method: http_get(apache.port, path, headers, method)


def test_every_answer_through_apache_has_it_once(behind_apache):
    assert_all_careful(behind_apache)


# ---- CORS_ORIGIN ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["*", ORIGIN])
def origin(request):
    return request.param


@pytest.fixture
def open_stack(make_stack, origin):
    stack = make_stack(rooms=1, env={"CORS_ORIGIN": origin})
    stack.wait_fresh()
    return stack


def assert_open(reply, origin):
    assert reply.headers.get_all("Access-Control-Allow-Origin") == [origin]
    assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
    assert reply.headers["Access-Control-Allow-Credentials"] is None
    assert "Origin" not in (reply.headers["Vary"] or "")


def test_with_cors_origin_scripts_from_there_may_read(open_stack, origin):
    """Whoever asks gets the same, so that nginx needs to keep one reply only."""
    asks = [{"Origin": origin}, {"Origin": "https://elsewhere.example"}, {}]
    replies = [open_stack.get("/api/calendar?cors", headers) for headers in asks]
    assert [reply.headers["X-Cache-Status"] for reply in replies] == ["MISS", "HIT", "HIT"]
    for reply in replies:
        assert_open(reply, origin)
    etag = replies[0].headers["ETag"]
    for path, headers, status in [("/api/calendar?cors", {"If-None-Match": etag}, 304), ("/api/health", {}, 200),
                                  ("/api/calendar/nobody", {}, 404), ("/api/calendar?from=soon", {}, 400)]:
        reply = open_stack.get(path, {"Origin": origin, **headers})
        assert reply.status == status
        assert_open(reply, origin)
    asks = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    before = open_stack.get("/api/calendar", asks, "OPTIONS")
    assert (before.status, before.body, before.headers["Content-Length"]) == (204, b"", None)
    assert_open(before, origin)
    assert before.headers["Access-Control-Allow-Methods"] == before.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "If-None-Match" in before.headers["Access-Control-Allow-Headers"]
    assert open_stack.get("/api/calendar", method="POST").headers.get_all("Allow") == ["GET, HEAD, OPTIONS"]


@pytest.mark.parametrize("way", WAYS)
def test_cors_origin_works_through_apache(make_stack, way):
    stack = make_stack(rooms=1, env={"CORS_ORIGIN": ORIGIN}, with_nginx=False)
    stack.wait_fresh()
    with Apache(stack, *WAYS[way]) as apache:
        assert_open(apache.get("/api/calendar", {"Origin": ORIGIN}), ORIGIN)
        assert_open(apache.get("/api/calendar/nobody", {"Origin": ORIGIN}), ORIGIN)
        before = apache.get("/api/calendar", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}, "OPTIONS")
        assert before.status == 204
        assert_open(before, ORIGIN)


def test_without_cors_origin_browsers_keep_replies_from_other_sites(shared_stack):
    for method in ("GET", "OPTIONS"):
        reply = shared_stack.get("/api/calendar", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}, method)
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_what_nginx_kept_does_not_outlive_another_cors_origin(make_stack):
    """The calendars have not changed, so the old reply would be revalidated and keep its headers."""
    stack = make_stack(rooms=1, env={"CACHE_TTL": 1})
    stack.wait_fresh()
    assert stack.get("/api/calendar").headers["Access-Control-Allow-Origin"] is None
    stack.write_env(CORS_ORIGIN=ORIGIN)
    stack.hup()
    until(lambda: stack.get("/api/calendar").headers["Access-Control-Allow-Origin"] == ORIGIN, "nginx has the new reply")
