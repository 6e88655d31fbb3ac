# SPDX-License-Identifier: MIT
"""The fault matrix, replies: HTTP statuses, broken connections, and bodies that are no good, for one room of three and for all.

A row is (the stand-in's fault, its options, the code that a room then has). Those of HARMLESS have no code: what is odd in these
replies has to be understood.
"""
import datetime
import email.utils

import pytest

from fault_matrix import SICK, Matrix, at_once

ERROR_PAGE = "/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx"

FAULTS = {
    # HTTP
    "500": ("http-status", {"status": 500}, "http_500"),
    "502": ("http-status", {"status": 502}, "http_502"),
    "503": ("http-status", {"status": 503}, "http_503"),
    "504": ("http-status", {"status": 504}, "http_504"),
    "507": ("http-status", {"status": 507}, "http_5xx"),
    "400": ("http-status", {"status": 400}, "http_4xx"),
    "403": ("http-status", {"status": 403}, "http_403"),
    "404": ("http-status", {"status": 404}, "http_404"),
    "407": ("http-status", {"status": 407}, "http_407"),
    "redirect to a login page": ("http-status", {"status": 302, "headers": {"Location": "/owa/auth/logon.aspx"}}, "http_3xx"),
    "redirect to the error page": ("http-status", {"status": 302, "headers": {"Location": ERROR_PAGE}}, "http_3xx_error_page"),
    "HTML with 200": ("html", {}, "reply_not_xml"),
    "wrong content type": ("content-type", {}, "reply_not_xml"),
    # connections
    "reset in mid body": ("reset", {}, "cut"),
    "truncated": ("truncate", {}, "cut"),
    "truncated, chunked": ("truncate", {"chunked": True}, "cut"),
    "stall before the reply": ("stall", {}, "timeout"),
    "stall within the reply": ("stall-within", {}, "timeout"),
    "a byte each 100 ms": ("drip", {"bytes": 1, "interval_ms": 100}, "timeout"),
    # bodies
    "DOCTYPE bomb": ("doctype-bomb", {}, "reply_doctype"),
    "gzip bomb": ("gzip-bomb", {}, "too_large"),
    "endless body": ("endless", {"operation": "FindItem"}, "room_too_large"),
    "deep nesting": ("deep", {}, "reply_too_deep"),
}

HARMLESS = {
    "BOM": ("bom", {}),
    "UTF-16": ("utf-16", {}),
    "white space first": ("leading-space", {}),
    "CDATA": ("cdata", {}),
    "other prefixes": ("prefixes", {}),
    "illegal references": ("bad-references", {}),
    "invalid UTF-8": ("bad-utf8", {}),
    "drip": ("drip", {"bytes": 64, "interval_ms": 1}),
}

# A lot is read before these are given up: not for three rooms.
LONG = ("gzip-bomb", "endless")


def timeout_of(code):
    """So short where it has to end a request; the others, and those of the rooms beside them, are not to be ended by a slow machine."""
    return 4 if code == "timeout" else 300


# ---- one room of three ----

def meet_one(row):
    """That room is stale and says why, the others are not; it is well again when the fault has gone."""
    kind, options, code = row
    with Matrix(REQUEST_TIMEOUT=timeout_of(code)) as matrix:
        matrix.sim.fault(kind, room=SICK, **options)
        matrix.until_stale({SICK: code})
        matrix.until_fetched(sorted(set(matrix.good) - {SICK}))
        matrix.assert_stale({SICK: code})
        matrix.sim.clear_faults()
        matrix.until_well()


@pytest.fixture(scope="module")
def one_room(request):
    with at_once(request, meet_one) as results:
        yield results


@pytest.mark.parametrize("row", FAULTS.values(), ids=FAULTS)
def test_one_room_of_three(one_room, request, row):
    one_room[request.node.callspec.id].result()


# ---- all rooms ----

def meet_all(row):
    """All rooms show what they had and say why, and are well again when the fault has gone."""
    kind, options, code = row
    with Matrix(REQUEST_TIMEOUT=timeout_of(code)) as matrix:
        matrix.sim.fault(kind, **options)
        sick = dict.fromkeys(matrix.good, code)
        matrix.until_stale(sick)
        matrix.assert_stale(sick)
        matrix.sim.clear_faults()
        matrix.until_well()


@pytest.fixture(scope="module")
def all_rooms(request):
    with at_once(request, meet_all) as results:
        yield results


OF_ALL = {name: row for name, row in FAULTS.items() if row[0] not in LONG}


@pytest.mark.parametrize("row", OF_ALL.values(), ids=OF_ALL)
def test_all_rooms(all_rooms, request, row):
    all_rooms[request.node.callspec.id].result()


# ---- what is said about the account ----

BASIC = {"WWW-Authenticate": 'Basic realm="Exchange"'}

HELD = {
    "401": ("http-status", {"status": 401, "headers": BASIC}, "http_401"),
    "401 without Basic": ("http-status", {"status": 401, "headers": {"WWW-Authenticate": "Negotiate"}}, "http_401_no_scheme"),
    "429": ("http-status", {"status": 429}, "http_429"),
    "440": ("http-status", {"status": 440}, "http_440"),
}


def meet_held(row):
    """Met by one room or by all, it holds all rooms, until the pause is over or `roomcal refresh`."""
    kind, options, code = row
    with Matrix() as matrix:
        for where in ({"room": SICK}, {}):
            matrix.sim.fault(kind, **where, **options)
            matrix.assert_held(code)
            matrix.sim.clear_faults()
            matrix.refresh()
            matrix.until_well()


@pytest.fixture(scope="module")
def held(request):
    with at_once(request, meet_held) as results:
        yield results


@pytest.mark.parametrize("row", HELD.values(), ids=HELD)
def test_throttling_and_refused_logins_hold_all_rooms(held, request, row):
    held[request.node.callspec.id].result()


# ---- odd, but no fault ----

def without_subjects(room):
    return [{name: value for name, value in item.items() if name != "subject"} for item in room["items"]]


def understand(row):
    """The rooms are fetched with it, stay fresh, and show what they should. (What is put before a subject is garbage.)"""
    kind, options = row
    with Matrix() as matrix:
        matrix.sim.fault(kind, **options)
        matrix.until_fetched(matrix.good)
        matrix.until_fetched(matrix.good)  # by now the first of them is shown
        assert not matrix.codes()
        shown = matrix.shown()
        for name, good in matrix.good.items():
            assert without_subjects(shown[name]) == without_subjects(good)
            for now, then in zip(shown[name]["items"], good["items"]):
                assert now["subject"].endswith(then["subject"]) and (kind.startswith("bad-") or now == then)


@pytest.fixture(scope="module")
def understood(request):
    with at_once(request, understand) as results:
        yield results


@pytest.mark.parametrize("row", HARMLESS.values(), ids=HARMLESS)
def test_what_is_odd_is_understood(understood, request, row):
    understood[request.node.callspec.id].result()


# ---- visitors ----

@pytest.mark.parametrize("kind", ["stall", "stall-within"])
def test_visitors_are_answered_while_exchange_says_nothing(kind):
    """The only lane waits for a reply that does not come: whatever else Exchange were asked would be a visitor's doing."""
    with Matrix(LANES=1, REQUEST_TIMEOUT=600) as matrix:
        matrix.sim.fault(kind)
        matrix.sim.wait(stalled=1)
        before = matrix.sim.counters()
        matrix.until(lambda: {room["state"] for room in matrix.health().values()} == {"expired"}, "all rooms have expired")
        for _ in range(20):
            assert matrix.shown() == matrix.good
            assert matrix.ask(f"/api/calendar/{SICK}") == matrix.good[SICK]["items"]
        assert matrix.sim.counters() == before


# ---- pauses ----

PAUSE_S = 600


def in_a_while():
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=PAUSE_S)
    return email.utils.format_datetime(moment, usegmt=True)


PAUSES = {
    "Retry-After in seconds": lambda: ("http-status", {"status": 503, "headers": {"Retry-After": str(PAUSE_S)}}),
    "Retry-After as a date": lambda: ("http-status", {"status": 503, "headers": {"Retry-After": in_a_while()}}),
    "Retry-After with 429": lambda: ("http-status", {"status": 429, "headers": {"Retry-After": str(PAUSE_S)}}),
    "BackOffMilliseconds": lambda: ("soap-fault", {"code": "ErrorServerBusy", "back_off_ms": PAUSE_S * 1000}),
}


def seconds_until(health, room):
    moment = datetime.datetime.fromisoformat
    return (moment(room["retry_at"]) - moment(health["now"])).total_seconds()


@pytest.mark.parametrize("fault", PAUSES.values(), ids=PAUSES)
def test_no_room_is_asked_for_sooner_than_exchange_says(fault):
    with Matrix(FULL_REFRESH=3600) as matrix:
        kind, options = fault()
        matrix.sim.fault(kind, **options)
        matrix.until_all_stale(matrix.good)
        health = matrix.ask("/api/health")
        for room in health["rooms"]:
            assert PAUSE_S / 2 < seconds_until(health, room) <= PAUSE_S + 1, room
        asked = matrix.sim.counters()["requests"]
        matrix.stack.restart_fcgi()
        assert matrix.shown().keys() == matrix.good.keys()
        assert matrix.sim.counters()["requests"] == asked
