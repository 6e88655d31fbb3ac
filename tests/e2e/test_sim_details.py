# SPDX-License-Identifier: MIT
"""What GetItem adds to FindItem in the stand-in, and the scenario that says everything: by exchangelib, and on the wire."""
import base64
import datetime
import re

import pytest

exchangelib = pytest.importorskip("exchangelib")

from sim import Sim, answer, codes, find_item, get_item, shape  # noqa: E402
from test_sim_exchangelib import account, view  # noqa: E402

YEAR = ("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z")


@pytest.fixture(scope="module")
def sim():
    with Sim("--rooms", "1", "--items", "0") as one:
        yield one


@pytest.fixture(scope="module")
def full():
    with Sim("--rooms", "2", "--items", "110", "--scenario", "full", "--window", "2026-01-01..2026-12-31", "--xml-clean") as one:
        yield one


@pytest.fixture
def create(sim):
    """Makes an item on 1 June; all are gone afterwards."""
    made = []

    def make(start="09:00", end="10:00", **fields):
        item = sim.create("R001", start=f"2026-06-01T{start}:00Z", end=f"2026-06-01T{end}:00Z", **fields)
        made.append(item)
        return item

    yield make
    for item in made:
        sim.delete("R001", item["id"], whole_series=True)


def read(sim, item, *names):
    """The item as exchangelib has it."""
    (found,) = [one for one in view(sim, "r001@example.org", *YEAR) if one.id == item["id"]]
    return found if not names else tuple(getattr(found, name) for name in names)


def test_attachments_come_with_names_sizes_and_ids_and_without_contents(sim, create):
    item = create(attachments=[{"name": "a & b.pdf", "content_type": "application/pdf", "size": 5},
                               {"name": "Mail", "is_item": True}, {"name": "i.png", "content_id": "x@y", "is_inline": True}])
    found = {one.name: one for one in read(sim, item).attachments}
    assert type(found["Mail"]).__name__ == "ItemAttachment" and found["i.png"].is_inline and found["i.png"].content_id == "x@y"
    assert found["a & b.pdf"].size == 5 and found["a & b.pdf"]._content is None
    assert len({one.attachment_id.id for one in found.values()}) == 3
    assert read(sim, item, "has_attachments") == (True,)


def test_what_is_shown_in_the_body_alone_is_no_attachment(sim, create):
    assert read(sim, create(attachments=[{"name": "i.png", "is_inline": True}]), "has_attachments") == (False,)


def test_a_body_comes_in_the_type_that_is_wanted(sim, create):
    item = create(body="<html><p>a &amp; b</p></html>")
    shown = []
    for kind in ("HTML", "Text", "Best"):
        wanted = shape("IdOnly", "item:Body", "item:TextBody").replace("<t:AdditionalProperties>",
                                                                       f"<t:BodyType>{kind}</t:BodyType><t:AdditionalProperties>")
        shown.append(re.findall(r'Body BodyType="(\w+)">(.*?)</t:', answer(sim, get_item(wanted, [item["id"]]))))
    html, text = ("HTML", "&lt;html&gt;&lt;p&gt;a &amp;amp; b&lt;/p&gt;&lt;/html&gt;"), ("Text", "a &amp; b")
    assert shown == [[html, text], [text, text], [html, text]]


def test_mime_content_is_a_mail_with_a_calendar_in_it(sim, create):
    item = create(subject="Jour fixe")
    mail = read(sim, item).mime_content.decode()
    assert "Content-Type: text/calendar" in mail
    assert "SUMMARY:Jour fixe" in base64.b64decode(mail.split("\r\n\r\n")[1]).decode()


def test_neighbours_and_conflicts_are_counted_and_named(sim, create):
    first, second, over = create(), create("10:00", "11:00"), create("10:30", "12:00", subject="Over", location="Here")
    create("10:00", "11:00", legacy_free_busy_status="Free")
    found = read(sim, second)
    assert (found.conflicting_meeting_count, found.adjacent_meeting_count) == (1, 1)
    (conflict,), (neighbour,) = found.conflicting_meetings, found.adjacent_meetings
    assert (conflict.id, conflict.subject, conflict.location, conflict.legacy_free_busy_status) == (
        over["id"], "Over", "Here", "Busy")
    assert neighbour.id == first["id"]


@pytest.mark.parametrize(("fields", "allowed"), (
    ({}, {"accept_item", "tentatively_accept_item", "decline_item", "reply_to_item", "forward_item", "reply_all_to_item"}),
    ({"my_response_type": "Organizer"}, {"reply_to_item", "forward_item", "reply_all_to_item", "cancel_calendar_item"}),
    ({"is_cancelled": True}, {"forward_item", "remove_item"}), ({"is_meeting": False}, {"forward_item"})))
def test_response_objects_say_what_may_be_answered(sim, create, fields, allowed):
    found = read(sim, create(**fields)).response_objects
    assert {field.name for field in found.FIELDS if getattr(found, field.name) is not None} == allowed


def test_an_element_may_be_left_out(sim, create):
    item = create(subject="There", location="and gone", without=["Location", "UID"])
    assert read(sim, item, "subject", "location", "uid") == ("There", None, None)


PATTERNS = (
    ({"pattern": "daily", "interval": 2, "count": 3}, "DailyPattern", {"interval": 2}),
    ({"pattern": "weekly", "weekdays": [0, 4], "count": 3}, "WeeklyPattern", {"interval": 1, "weekdays": [1, 5]}),
    ({"pattern": "monthly", "count": 2}, "AbsoluteMonthlyPattern", {"interval": 1, "day_of_month": 1}),
    ({"pattern": "monthly_nth", "nth": -1, "weekdays": [0], "count": 2}, "RelativeMonthlyPattern",
     {"weekday": 1, "week_number": 5}),
    ({"pattern": "yearly", "count": 2}, "AbsoluteYearlyPattern", {"day_of_month": 1, "month": 6}),
    ({"pattern": "yearly_nth", "nth": 1, "count": 2}, "RelativeYearlyPattern", {"weekday": 1, "week_number": 1, "month": 6}))


@pytest.mark.parametrize(("pattern", "kind", "parts"), PATTERNS)
def test_the_master_of_a_series_tells_its_pattern_and_its_meetings_do_not(sim, create, pattern, kind, parts):
    create(recurrence=pattern)
    meeting = min(view(sim, "r001@example.org", *YEAR), key=lambda one: one.start)
    assert meeting.recurrence is None and meeting.first_occurrence is None and meeting.is_recurring
    master = meeting.recurring_master().refresh()
    assert master.type == "RecurringMaster"
    assert type(master.recurrence.pattern).__name__ == kind
    assert {name: getattr(master.recurrence.pattern, name) for name in parts} == parts
    assert master.recurrence.boundary.number == pattern["count"]
    assert master.first_occurrence.start == meeting.start


def test_the_master_of_a_series_names_its_changed_and_deleted_meetings(sim, create):
    create(recurrence={"pattern": "weekly", "until": "2026-06-29"})
    meetings = sim.items("R001")
    sim.delete("R001", meetings[1]["id"])
    sim.change("R001", meetings[2]["id"], subject="Other")
    master = next(iter(view(sim, "r001@example.org", *YEAR))).recurring_master().refresh()
    assert master.recurrence.boundary.end == datetime.date(2026, 6, 29)
    assert [str(one.start.date()) for one in master.deleted_occurrences] == ["2026-06-08"]
    assert [(one.id, str(one.original_start.date())) for one in master.modified_occurrences] == [
        (meetings[2]["id"], "2026-06-15")]


def test_a_meeting_is_had_by_its_number_in_the_series(sim, create):
    create(recurrence={"pattern": "weekly", "count": 3})
    master = next(iter(view(sim, "r001@example.org", *YEAR))).recurring_master().refresh()
    assert str(master.occurrence(3).refresh().start.date()) == "2026-06-15"
    with pytest.raises(exchangelib.errors.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
        master.occurrence(4).refresh()


def test_meeting_time_zone_is_for_those_who_speak_2007(sim, create):
    wanted = get_item(shape("IdOnly", "calendar:MeetingTimeZone"), [create(timezone="Europe/Berlin")["id"]])
    assert '<t:MeetingTimeZone TimeZoneName="W. Europe Standard Time">' in answer(sim, wanted, version="Exchange2007_SP1")
    assert "MeetingTimeZone" not in answer(sim, wanted, version="Exchange2013_SP1")


# The scenario "full"

def test_the_full_scenario_has_as_many_meetings_as_were_asked_for():
    for count in (0, 1, 30, 150):
        with Sim("--rooms", "1", "--items", count, "--scenario", "full", "--seed", count) as sim:
            assert len(sim.items("R001")) == count


def test_the_full_scenario_is_the_same_for_the_same_seed(full):
    with Sim("--rooms", "2", "--items", "110", "--scenario", "full", "--window", "2026-01-01..2026-12-31",
             "--xml-clean") as again:
        for room in ("R001", "R002"):
            assert [{**item, "change_key": None} for item in again.items(room)] == [
                {**item, "change_key": None} for item in full.items(room)]


def test_the_full_scenario_has_every_oddity(full):
    items = full.items("R001")
    assert {"", "Customized Time Zone", "tzone://Microsoft/Utc", "tzone://Microsoft/Custom", "Mitteleuropäische Zeit"} <= {
        item["timezone_id"] for item in items if item["is_all_day"]}
    assert {len((item["subject"] or "").encode("utf-16-le")) // 2 for item in items} >= {254, 255, 256, 1000}
    assert {ord(char) >> 16 for item in items for char in item["subject"] or ""} == {*range(4), 14, 15, 16}
    assert {item["sensitivity"] for item in items} == {"Normal", "Personal", "Private", "Confidential"}
    assert {item["type"] for item in items} == {"Single", "Occurrence", "Exception"}
    for name in ("attachments", "headers", "resources", "enhanced_location", "without", "is_cancelled", "end_timezone"):
        assert any(item[name] for item in items), name


def test_forbidden_characters_are_there_unless_they_are_not_wanted(full):
    with Sim("--rooms", "1", "--items", "110", "--scenario", "full", "--window", "2026-01-01..2026-12-31") as odd:
        assert "&#x1A;" in answer(odd, find_item(shape("Default"), "r001"))
    assert not re.search("&#x(?!D;|A;|9;)", answer(full, find_item(shape("Default"), "r001")))
