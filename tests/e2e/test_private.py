# SPDX-License-Identifier: MIT
"""Private items, from outside: masked, left out or shown, and nothing of a masked one anywhere: not in replies, not in the
room files, not in the log."""
import contextlib
import re

import pytest

from conftest import stacks
from sim import ROOT
from stack import until

ALL = re.findall(r'^(?:FIELD|PROPERTY)\("(\w+)"', (ROOT / "src/calendar/field_table.h").read_text(), re.MULTILINE)
SECRET = "S3CRET"  # in every text of every private item
KEPT = {"title": "Private", "subject": "Private", "is_all_day": False, "legacy_free_busy_status": "Tentative"}
ALWAYS = {"id", "changekey", "uid", "start", "end", "duration"}
WORDS = ("Personal", "Private", "Confidential")
PEOPLE = [{"name": f"{SECRET} person", "email_address": f"{SECRET}.person@example.org", "response_type": "Accept"}]
TEXTS = {
    "subject": f"{SECRET} subject", "location": f"{SECRET} location", "organizer_name": f"{SECRET} organizer",
    "organizer_email": f"{SECRET}.organizer@example.org", "body": f"<html>{SECRET} body</html>",
    "categories": [f"{SECRET} category"],
    "when": f"{SECRET} when", "uid": f"{SECRET}-uid", "required_attendees": PEOPLE, "optional_attendees": PEOPLE,
    "resources": PEOPLE, "in_reply_to": f"<{SECRET}@example.org>", "last_modified_name": f"{SECRET} writer",
    "meeting_workspace_url": f"https://example.org/{SECRET}", "net_show_url": f"https://example.org/{SECRET}",
    "join_online_meeting_url": f"https://example.org/{SECRET}", "attachments": [{"name": f"{SECRET}.pdf"}],
    "headers": [{"name": "Subject", "value": f"{SECRET} header"}], "culture": SECRET, "legacy_free_busy_status": "Tentative",
    "enhanced_location": {"display_name": f"{SECRET} place", "address": {"street": SECRET}},
    "timezone_id": f"{SECRET} zone",
}


def create(sim):
    """One item of each private kind, of which one is as long as texts get cut, one is all-day and one a series; and a normal item
    at the same time as the others, whose neighbours they are."""
    for hour, word in enumerate(WORDS):
        sim.create("R001", sensitivity=word, start=f"2026-06-01T1{hour}:00:00Z", end=f"2026-06-01T1{hour}:30:00Z", **TEXTS)
    sim.create("R001", sensitivity="Private", start="2026-06-02T10:00:00Z", end="2026-06-02T10:30:00Z",
               **{**TEXTS, "subject": (SECRET * 50)[:255], "location": SECRET * 200})
    sim.create("R001", sensitivity="Private", start="2026-06-03T00:00:00Z", end="2026-06-05T00:00:00Z", is_all_day=True, **TEXTS)
    sim.create("R001", sensitivity="Private", start="2026-06-08T10:00:00Z", end="2026-06-08T11:00:00Z", series_on_meetings=True,
               recurrence={"pattern": "weekly", "count": 3}, **TEXTS)
    sim.create("R001", subject="Open", location="Here", start="2026-06-01T10:00:00Z", end="2026-06-01T13:00:00Z",
               organizer_name="Ann", organizer_email="ann@example.org", legacy_free_busy_status="Busy")


PRIVATE = len(WORDS) + 2 + 3
OPTIONS = ("--rooms", 1, "--items", 0)


def settings(mode, **more):
    return {"PRIVATE_ITEMS": mode, "ITEM_FIELDS": ",".join(ALL), "WINDOW_START": "2026-01-01", **more}


def needles(sim):
    """What must not be found: the word in all texts, and the ids, change keys and UIDs of the private items."""
    items = [item for item in sim.items("R001") if item["sensitivity"] != "Normal"]
    assert len(items) == PRIVATE
    return {SECRET, *(item[name] for item in items for name in ("id", "change_key", "uid"))}


def files(stack):
    """Everything that lies in the cache directory."""
    found = {}
    for file in stack.cache_dir.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # it was one for a moment, on its way to be a room's
            found[file.name] = file.read_bytes()
    assert any(name.endswith(".room") for name in found)
    return found


def assert_nowhere(stack):
    places = {f"GET {path}": stack.ask(path)[0].body for path in ("/api/calendar", "/api/calendar/R001", "/api/calendar.ics",
                                                                   "/api/calendar/R001.ics", "/api/health")}
    places |= files(stack) | {"the log": stack.log().encode()}
    found = {(place, needle) for place, data in places.items() for needle in needles(stack.sim) if needle.encode() in data}
    assert not found


@pytest.fixture(scope="module")
def masked():
    with stacks() as make:
        stack = make(sim_options=OPTIONS, prepare=create, env={**settings("mask"), "CACHE_TTL": 1}, with_nginx=False)
        stack.wait_fresh()
        yield stack


def items_of(stack, path="/api/calendar/R001"):
    return stack.ask(path)[0].json()


def test_nothing_of_a_masked_item_is_anywhere(masked):
    assert_nowhere(masked)


def test_a_masked_item_shows_its_time_and_nothing_else(masked):
    shown = [item for item in items_of(masked) if item["title"] == "Private"]
    assert len(shown) == PRIVATE
    for item in shown:
        if not item["is_all_day"]:
            assert {name: item[name] for name in KEPT} == KEPT
        others = {name: value for name, value in item.items() if name not in KEPT and name not in ALWAYS}
        assert not any(others.values()), {name: value for name, value in others.items() if value}


def test_a_masked_item_has_its_own_times(masked):
    stored = sorted((item["start"], item["end"]) for item in masked.sim.items("R001")
                    if item["sensitivity"] != "Normal" and not item["is_all_day"])
    shown = [item for item in items_of(masked) if item["title"] == "Private"]
    assert sorted((item["start"].replace("+00:00", "Z"), item["end"].replace("+00:00", "Z"))
                  for item in shown if not item["is_all_day"]) == stored
    assert [(item["start"], item["end"]) for item in shown if item["is_all_day"]] == [("2026-06-03", "2026-06-04")]
    assert {item["duration"] for item in shown} == {"PT30M", "P2D", "PT1H"}


def test_masked_items_are_told_apart_by_ids_of_no_meaning_that_stay(masked):
    ids = [item["id"] for item in items_of(masked)]
    assert len(set(ids)) == PRIVATE + 1
    asked = masked.sim.counters()["requests"]
    masked.sim.wait(requests=asked + 1)
    assert [item["id"] for item in items_of(masked)] == ids


def test_a_masked_item_is_not_asked_for_again(masked):
    """Neither its body nor its attendees ever leave Exchange."""
    assert masked.sim.counters()["get_items"] == 1  # the one that is not private


def test_what_is_not_private_is_shown_as_ever(masked):
    (item,) = [item for item in items_of(masked) if item["title"] != "Private"]
    assert (item["title"], item["location"], item["organizer_email"]) == ("Open", "Here", "ann@example.org")
    assert item["conflicting_meeting_count"] == 3


def test_a_masked_event_has_no_text_and_the_class_private(masked):
    calendar = masked.ask("/api/calendar/R001.ics")[0].body.decode().replace("\r\n ", "")
    events = [event for event in calendar.split("BEGIN:VEVENT")[1:] if "SUMMARY:Open" not in event]
    assert len(events) == PRIVATE
    for event in events:
        assert "\r\nSUMMARY:Private\r\n" in event
        assert not re.search(r"^(LOCATION|ORGANIZER|CATEGORIES|DESCRIPTION|RECURRENCE-ID)", event, re.MULTILINE)


def test_masking_is_what_happens_when_nothing_is_set(make_stack):
    stack = make_stack(sim_options=OPTIONS, prepare=create, env=settings(None), with_nginx=False)
    stack.wait_fresh()
    assert [item["title"] for item in items_of(stack)].count("Private") == PRIVATE
    assert_nowhere(stack)


def test_omitted_items_are_not_there_at_all(make_stack):
    stack = make_stack(sim_options=OPTIONS, prepare=create, env=settings("omit"), with_nginx=False)
    stack.wait_fresh()
    assert [item["title"] for item in items_of(stack)] == ["Open"]
    assert stack.ask("/api/calendar.ics")[0].body.count(b"BEGIN:VEVENT") == 1
    assert_nowhere(stack)


def test_shown_items_are_as_they_are(make_stack):
    stack = make_stack(sim_options=OPTIONS, prepare=create, env=settings("show"), with_nginx=False)
    stack.wait_fresh()
    items = items_of(stack)
    assert [item["title"] for item in items].count(f"{SECRET} subject") == PRIVATE - 1
    assert {item["id"] for item in items} == {item["id"] for item in stack.sim.items("R001")}
    calendar = stack.ask("/api/calendar/R001.ics")[0].body.decode()
    assert len(re.findall("^CLASS:(X-PERSONAL|PRIVATE|CONFIDENTIAL)\r$", calendar, re.MULTILINE)) == PRIVATE
    assert SECRET.encode() not in stack.log().encode()  # titles are never logged


def test_what_was_shown_yesterday_is_nowhere_once_it_is_masked(make_stack):
    """The setting changed: the old room file must not go on, neither in replies nor on the disk."""
    stack = make_stack(sim_options=OPTIONS, prepare=create, env=settings("show"), with_nginx=False)
    stack.wait_fresh()
    stack.write_env(PRIVATE_ITEMS="mask")
    stack.restart_fcgi()
    stack.wait_fresh()
    assert_nowhere(stack)


@pytest.mark.parametrize("fields", (",".join(ALL), "title,organizer_email"), ids=("everything", "a remembered address"))
def test_an_item_that_becomes_private_is_nowhere_after_the_next_refresh(make_stack, fields):
    def prepare(sim):
        sim.settings(organizer_address=False)  # so that addresses of organizers are remembered in the room file
        sim.create("R001", start="2026-06-01T10:00:00Z", end="2026-06-01T11:00:00Z", **TEXTS)

    stack = make_stack(sim_options=OPTIONS, env={**settings("mask", ITEM_FIELDS=fields), "CACHE_TTL": 1}, prepare=prepare,
                       with_nginx=False)
    stack.wait_fresh()
    (item,) = stack.sim.items("R001")
    assert [(one["title"], one["organizer_email"]) for one in items_of(stack)] == [(TEXTS["subject"], TEXTS["organizer_email"])]
    stack.sim.change("R001", item["id"], sensitivity="Confidential")
    until(lambda: items_of(stack)[0]["title"] == "Private", "the item is masked")
    assert not any(SECRET.encode() in data for data in files(stack).values())
