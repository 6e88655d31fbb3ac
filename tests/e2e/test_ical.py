# SPDX-License-Identifier: MIT
"""Calendars as iCalendar, read by two programs that have nothing to do with us: icalendar and vobject. What they read is what the
JSON says, item by item."""
import datetime
import re

import pytest

icalendar = pytest.importorskip("icalendar")
vobject = pytest.importorskip("vobject")

from stack import Stack, until  # noqa: E402

DAY = datetime.timedelta(days=1)
SEEDS = range(1, 13)
FIELDS = ("id,subject,start,end,location,is_all_day,uid,recurrence_id,is_cancelled,legacy_free_busy_status,sensitivity,categories,"
          "organizer_name,organizer_email,appointment_sequence_number,last_modified_time")


def options(seed, items=110):
    return ("--rooms", 2, "--items", items, "--scenario", "full", "--window", "2026-01-01..2026-12-31", "--seed", seed)


# ---- what two readers make of it ----------------------------------------------------------------------------------------


def utc(moment):
    """A date as it is, a moment in UTC."""
    return moment.astimezone(datetime.timezone.utc) if isinstance(moment, datetime.datetime) else moment


def by_icalendar(body):
    calendar = icalendar.Calendar.from_ical(body)
    assert not calendar.errors
    for event in calendar.walk("VEVENT"):
        assert not event.errors
        start = utc(event["DTSTART"].dt)
        end = utc(event["DTEND"].dt) if "DTEND" in event else start
        yield start, end, event.get("SUMMARY"), event.get("LOCATION")


def by_vobject(body):
    calendar = vobject.readOne(body.decode())
    for event in calendar.contents.get("vevent", []):
        event.validate(raiseException=True)
        start = utc(event.dtstart.value)
        end = utc(event.dtend.value) if hasattr(event, "dtend") else start
        yield start, end, getattr(event, "summary", None) and event.summary.value, \
            getattr(event, "location", None) and event.location.value


READERS = [by_icalendar, by_vobject]


def plain(text):
    """A text as iCalendar can hold it: line breaks are one character, other control characters but the tab are none."""
    if not text:
        return None
    return re.sub("[\x00-\x08\x0b-\x1f\x7f]", "", re.sub("\r\n?", "\n", text))


def moment(item, name):
    return datetime.datetime.fromisoformat(item[name]).astimezone(datetime.timezone.utc).replace(microsecond=0)


def as_event(item):
    """What a reader has to find of an item of the JSON."""
    if item["is_all_day"]:
        first, last = (datetime.date.fromisoformat(item[name]) for name in ("start", "end"))
        times = first, last + DAY
    else:
        times = moment(item, "start"), moment(item, "end")
    return *times, plain(item["subject"]), plain(item["location"])


def same(found, wanted):
    """A missing text and an empty one are alike."""
    return [event[:2] + tuple(text or None for text in event[2:]) for event in found] == \
        [event[:2] + tuple(text or None for text in event[2:]) for event in wanted]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_readers_find_what_the_json_says(seed):
    env = {"ITEM_FIELDS": FIELDS, "PRIVATE_ITEMS": "show", "WINDOW_START": "2026-01-01"}
    with Stack(sim_options=options(seed), env=env, with_nginx=False) as stack:
        rooms = stack.run_cgi("/api/calendar").json()
        for read in READERS:
            for room in rooms:
                wanted = [as_event(item) for item in room["items"]]
                assert len(wanted) > 100
                found = list(read(stack.run_cgi(f"/api/calendar/{room['room']}.ics").body))
                assert [pair for pair in zip(found, wanted) if not same(pair[:1], pair[1:])] == [] and len(found) == len(wanted)
            found = list(read(stack.run_cgi("/api/calendar.ics").body))
            assert same(found, [as_event(item) for room in rooms for item in room["items"]])


# ---- the stream itself ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full():
    env = {"ITEM_FIELDS": FIELDS, "PRIVATE_ITEMS": "show", "WINDOW_START": "2026-01-01", "CACHE_TTL": 120}
    with Stack(sim_options=options(7), env=env) as stack:
        stack.wait_fresh()
        yield stack


def events(stack, path):
    calendar = icalendar.Calendar.from_ical(stack.get(path).body)
    return calendar.walk("VEVENT")


def test_lines_are_short_whole_characters_and_end_in_crlf(full):
    body = full.get("/api/calendar.ics").body
    assert body.endswith(b"\r\n") and not re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", body)
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def test_the_calendar_says_whose_it_is_and_how_often_to_ask(full):
    one = icalendar.Calendar.from_ical(full.get("/api/calendar/R001.ics").body)
    assert (one["VERSION"], one["METHOD"], one["X-WR-CALNAME"]) == ("2.0", "PUBLISH", "R001")
    assert one["REFRESH-INTERVAL"].to_ical() == b"PT120S" and one["X-PUBLISHED-TTL"] == "PT120S"
    every = icalendar.Calendar.from_ical(full.get("/api/calendar.ics").body)
    assert every["X-WR-CALNAME"] == "Meeting rooms" and "X-WR-CALDESC" not in every


def test_it_is_announced_as_what_it_is(full):
    reply = full.get("/api/calendar/R001.ics")
    assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert full.get("/api/calendar/R001.ics", {"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"


def test_no_two_events_are_the_same_one(full):
    """UID and RECURRENCE-ID together are an event's name, also where two rooms were booked by one meeting."""
    for path in ("/api/calendar/R001.ics", "/api/calendar.ics"):
        names = [(event["UID"], event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None) for event in events(full, path)]
        assert len(set(names)) == len(names) > 100


def test_each_event_has_its_item_s_words(full):
    items = full.get("/api/calendar/R001").json()
    busy = {"Free": "FREE", "Tentative": "TENTATIVE", "Busy": "BUSY", "OOF": "OOF", "WorkingElsewhere": "WORKINGELSEWHERE"}
    classes = {"Normal": "PUBLIC", "Personal": "X-PERSONAL", "Private": "PRIVATE", "Confidential": "CONFIDENTIAL"}
    found = events(full, "/api/calendar/R001.ics")
    assert len(found) == len(items)
    for event, item in zip(found, items):
        status = "CANCELLED" if item["is_cancelled"] else \
            "TENTATIVE" if item["legacy_free_busy_status"] == "Tentative" else "CONFIRMED"
        assert event["STATUS"] == status
        assert event["TRANSP"] == ("TRANSPARENT" if item["legacy_free_busy_status"] == "Free" else "OPAQUE")
        assert event.get("X-MICROSOFT-CDO-BUSYSTATUS") == busy.get(item["legacy_free_busy_status"])
        assert event.get("CLASS") == classes.get(item["sensitivity"])
        assert event.get("SEQUENCE") == item["appointment_sequence_number"]
        if item["uid"]:
            assert event["UID"] == item["uid"]
        assert ("RECURRENCE-ID" in event) == bool(item["uid"] and item["recurrence_id"])
        categories = event["CATEGORIES"].cats if "CATEGORIES" in event else []
        assert [str(one) for one in categories] == [plain(one) for one in item["categories"] or []]
        if item["last_modified_time"]:
            assert event["LAST-MODIFIED"].dt == moment(item, "last_modified_time")


def test_the_organizer_has_the_address_that_json_shows(full):
    items = full.get("/api/calendar/R001").json()
    for event, item in zip(events(full, "/api/calendar/R001.ics"), items):
        if item["organizer_email"]:
            assert event["ORGANIZER"] == f"mailto:{item['organizer_email']}"
        elif item["organizer_name"]:
            assert event["ORGANIZER"] == "invalid:nomail"
        else:
            assert "ORGANIZER" not in event
        if item["organizer_name"]:
            assert event["ORGANIZER"].params["CN"] == plain(item["organizer_name"]).replace('"', "'").replace("\n", "")


def test_the_room_of_each_event_is_told_where_there_are_several(full):
    for event in events(full, "/api/calendar.ics"):
        assert event["UID"].startswith(event["RESOURCES"] + "/")
    assert {event["RESOURCES"] for event in events(full, "/api/calendar.ics")} == {"R001", "R002"}
    assert all("RESOURCES" not in event for event in events(full, "/api/calendar/R001.ics"))


# ---- who sees what ---------------------------------------------------------------------------------------------------------


def test_no_address_goes_out_unasked(make_stack):
    stack = make_stack(sim_options=options(3), env={"WINDOW_START": "2026-01-01"}, with_nginx=False)
    body = stack.run_cgi("/api/calendar.ics").body
    assert b"ORGANIZER;CN=" in body and b"mailto:" not in body.lower()


def test_what_json_does_not_show_is_not_in_icalendar(make_stack):
    stack = make_stack(sim_options=options(3), env={"WINDOW_START": "2026-01-01", "ITEM_FIELDS": "start,end"}, with_nginx=False)
    body = stack.run_cgi("/api/calendar.ics").body
    assert body.count(b"BEGIN:VEVENT") > 100
    assert not re.search(rb"^(SUMMARY|LOCATION|CATEGORIES|ORGANIZER)", body, re.M)


def test_masked_items_show_nothing_but_their_time(make_stack):
    stack = make_stack(sim_options=options(3), env={"WINDOW_START": "2026-01-01"}, with_nginx=False)
    private = [item for room in stack.sim.rooms() for item in stack.sim.items(room["name"])
               if item["sensitivity"] not in (None, "Normal")]
    found = icalendar.Calendar.from_ical(stack.run_cgi("/api/calendar.ics").body).walk("VEVENT")
    masked = [event for event in found if event.get("SUMMARY") == "Private"]
    assert len(masked) >= len(private) > 0
    for event in masked:
        assert not {"LOCATION", "CATEGORIES", "ORGANIZER", "LAST-MODIFIED", "RECURRENCE-ID"} & set(event)


def test_a_calendar_without_events_is_one_for_both_readers(make_stack):
    body = make_stack(rooms=1, with_nginx=False).run_cgi("/api/calendar.ics?from=2099-01-01").body
    assert b"BEGIN:VCALENDAR" in body and [list(read(body)) for read in READERS] == [[], []]


# ---- over time -------------------------------------------------------------------------------------------------------------


def test_a_refresh_in_which_nothing_changed_keeps_every_byte(make_stack):
    stack = make_stack(rooms=1, env={"CACHE_TTL": 1})
    stack.wait_fresh()
    before = stack.get("/api/calendar/R001.ics")
    asked = stack.sim.counters()["requests"]
    until(lambda: stack.get("/api/calendar/R001.ics") and stack.sim.counters()["requests"] > asked, "Exchange is asked again")
    after = stack.get("/api/calendar/R001.ics")
    assert after.body == before.body and after.headers["ETag"] == before.headers["ETag"]
    assert stack.get("/api/calendar/R001.ics", {"If-None-Match": before.headers["ETag"]}).status == 304


def test_a_moved_item_keeps_its_uid(make_stack):
    stack = make_stack(rooms=1, items=20, env={"CACHE_TTL": 1, "ITEM_FIELDS": "id,start,end,type"}, with_nginx=False)
    stack.wait_fresh()

    def starts():
        body = stack.ask("/api/calendar/R001.ics")[0].body
        return {event["UID"]: event["DTSTART"].dt for event in icalendar.Calendar.from_ical(body).walk("VEVENT")}

    before = starts()
    item = next(item for item in stack.ask("/api/calendar/R001")[0].json() if item["type"] == "Single" and "T" in item["start"])
    start, end = ((moment(item, name) + DAY).strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("start", "end"))
    stack.sim.move("R001", item["id"], start, end)
    until(lambda: starts() != before, "the change arrives")
    assert starts().keys() == before.keys()


def test_from_and_to_select_as_in_json(full):
    for query in ("from=2026-06-01", "to=2026-06-01", "from=2026-05-01&to=2026-06-01", "from=2026-05-05T10:00:00Z"):
        wanted = [as_event(item) for item in full.get(f"/api/calendar/R002?{query}").json()]
        assert same(list(by_icalendar(full.get(f"/api/calendar/R002.ics?{query}").body)), wanted)
    assert len(events(full, "/api/calendar.ics?room=R002")) == len(events(full, "/api/calendar/R002.ics"))
