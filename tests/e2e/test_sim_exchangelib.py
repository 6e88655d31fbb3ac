# SPDX-License-Identifier: MIT
"""The guard that the stand-in is no invention of ours: exchangelib, unchanged, reads every room through it.

What exchangelib says is held against what the stand-in's store says by another way (no view, no XML).
"""
import datetime
import re

import pytest

exchangelib = pytest.importorskip("exchangelib")

from exchangelib import (BASIC, DELEGATE, Account, CalendarItem, Configuration, Credentials, EWSDateTime,  # noqa: E402
                         UTC, errors)
from sim import ROOT, Sim  # noqa: E402

SEEDS = ("1", "2", "3")
# Two windows, because exchangelib asks a view in one piece and Exchange gives two years at most.
WINDOWS = (("2025-01-01T00:00:00Z", "2026-06-30T00:00:00Z"), ("2026-06-30T00:00:00Z", "2028-01-01T00:00:00Z"))


def account(sim, mailbox, password="let-the-rooms-be-read", user="EXAMPLE\\svc-rooms"):
    configuration = Configuration(service_endpoint=sim.url, credentials=Credentials(user, password), auth_type=BASIC)
    return Account(mailbox, config=configuration, autodiscover=False, access_type=DELEGATE)


def moment(text):
    return EWSDateTime.from_string(text)


def view(sim, mailbox, start, end):
    return account(sim, mailbox).calendar.view(start=moment(start), end=moment(end))


@pytest.fixture(scope="module", params=SEEDS)
def seeded(request):
    with Sim("--rooms", "4", "--items", "150", "--seed", request.param, "--window", "2025-01-02..2027-12-20",
             "--xml-clean") as sim:
        yield sim


@pytest.fixture(scope="module")
def sim():
    with Sim("--rooms", "2", "--items", "20", "--window", "2026-01-01..2026-12-01", "--no-right", "R002") as one:
        yield one


def test_exchangelib_finds_room_lists_and_their_rooms():
    with Sim("--rooms", "5", "--items", "0", "--room-lists", "2") as sim:
        protocol = account(sim, "r001@example.org").protocol
        assert [(one.name, one.email_address) for one in protocol.get_roomlists()] == [
            ("rooms-2", "rooms-2@example.org"), ("rooms", "rooms@example.org")]
        assert [(one.name, one.email_address) for one in protocol.get_rooms("rooms@example.org")] == [
            ("R001", "r001@example.org"), ("R003", "r003@example.org"), ("R005", "r005@example.org")]
        with pytest.raises(errors.ErrorNameResolutionNoResults):
            list(protocol.get_rooms("nobody@example.org"))


def test_exchangelib_finds_no_room_lists_where_there_are_none(sim):
    assert list(account(sim, "r001@example.org").protocol.get_roomlists()) == []


def as_read(text, units=None):
    """A stored text as exchangelib gives it: cut where FindItem cuts it, and None for an empty one."""
    if text and units:
        text = text.encode("utf-16-le")[:2 * units].decode("utf-16-le", "ignore")
    return text or None


def expected(stored, units=None):
    """The attributes of a stored item that are compared, as exchangelib has them."""
    return {
        "subject": as_read(stored["subject"], units),
        "start": boundary(stored, "start"),
        "end": boundary(stored, "end"),
        "uid": stored["uid"],
        "type": stored["type"],
        "is_all_day": stored["is_all_day"],
        "is_cancelled": stored["is_cancelled"],
        "legacy_free_busy_status": stored["legacy_free_busy_status"],
        "sensitivity": stored["sensitivity"],
        "importance": stored["importance"],
        "categories": stored["categories"] or None,
        "recurrence_id": stored["recurrence_id"] and moment(stored["recurrence_id"]),
    }


# Attributes that exchangelib must give exactly as they are stored; each can be had from FindItem.
PLAIN = ("is_meeting", "meeting_request_was_sent", "is_response_requested", "my_response_type", "allow_new_time_proposal",
         "is_online_meeting", "is_submitted", "is_draft", "is_from_me", "is_resend", "is_unmodified", "reminder_is_set",
         "reminder_minutes_before_start", "culture", "last_modified_name", "has_attachments", "meeting_workspace_url",
         "net_show_url", "when", "in_reply_to")
MOMENTS = ("appointment_reply_time", "datetime_created")


def boundary(stored, name):
    """A start or an end: a date for all-day items, the last day inclusive.

    exchangelib takes 24 hours off an end before it turns to the zone: on a day of 23 hours that is a day too early.
    """
    value = moment(stored[name])
    if not stored["is_all_day"]:
        return value
    if name == "end":
        value -= datetime.timedelta(hours=24)
    return value.astimezone(exchangelib.EWSTimeZone(stored["timezone"])).date()


def attributes(item, names):
    return {name: getattr(item, name) or (None if name in ("subject", "categories") else getattr(item, name)) for name in names}


def both(sim, room, window):
    """exchangelib's items and the store's, by id."""
    read = {item.id: item for item in view(sim, room["mailbox"], *window)}
    stored = {item["id"]: item for item in sim.items(room["name"], *window)}
    return read, stored


def test_every_generated_item_is_read_by_exchangelib_as_the_store_has_it(seeded):
    for room in seeded.rooms():
        for window in WINDOWS:
            read, stored = both(seeded, room, window)
            assert read.keys() == stored.keys()
            for key, item in stored.items():
                wanted = expected(item)
                assert attributes(read[key], wanted) == wanted


def test_every_attribute_that_find_item_gives_is_read_as_it_is_stored(seeded):
    for room in seeded.rooms():
        stored = {item["id"]: item for item in seeded.items(room["name"], *WINDOWS[0])}
        for item in view(seeded, room["mailbox"], *WINDOWS[0]).only(*PLAIN, *MOMENTS):
            mine = stored.pop(item.id)
            assert {name: getattr(item, name) for name in PLAIN} == {name: mine[name] for name in PLAIN}
            assert [getattr(item, name) for name in MOMENTS] == [mine[name] and moment(mine[name]) for name in MOMENTS]
        assert not stored


def test_get_item_gives_location_organizer_attendees_and_body_whole(seeded):
    for room in seeded.rooms():
        read, stored = both(seeded, room, WINDOWS[0])
        for key, item in stored.items():
            found = read[key]
            assert (found.location or None) == (item["location"] or None)
            assert (found.body or None) == item["body"]
            assert (found.organizer and (found.organizer.name, found.organizer.email_address)) == (
                item["organizer_name"] and (item["organizer_name"], item["organizer_email"]))
            for name in ("required_attendees", "optional_attendees"):
                assert [(one.mailbox.name, one.mailbox.email_address, one.response_type) for one in getattr(found, name) or ()] == [
                    (one["name"], one["email_address"], one["response_type"]) for one in item[name]]


def test_only_simple_fields_come_by_find_item_alone(seeded):
    names = ("subject", "start", "end", "is_all_day", "type", "is_cancelled", "legacy_free_busy_status", "sensitivity",
             "importance", "recurrence_id")
    for room in seeded.rooms():
        stored = {item["id"]: item for item in seeded.items(room["name"], *WINDOWS[1])}
        calendar = view(seeded, room["mailbox"], *WINDOWS[1])
        seeded.reset_counters()
        read = {item.id: item for item in calendar.only(*names)}
        assert "GetItem" not in seeded.counters()["operations"]
        assert read.keys() == stored.keys()
        for key, item in stored.items():
            wanted = {name: value for name, value in expected(item, units=255).items() if name in names}
            assert attributes(read[key], wanted) == wanted


def test_only_complex_fields_come_by_get_item(seeded):
    room = seeded.rooms()[0]
    stored = {item["id"]: item for item in seeded.items(room["name"], *WINDOWS[0])}
    read = {item.id: item for item in view(seeded, room["mailbox"], *WINDOWS[0]).only("location", "uid", "organizer")}
    assert {key: (item.location or None, item.uid) for key, item in read.items()} == {
        key: (item["location"] or None, item["uid"]) for key, item in stored.items()}


def test_generated_rooms_have_the_number_of_items_that_was_asked_for(seeded):
    assert [len(seeded.items(room["name"])) for room in seeded.rooms()] == [150] * 4


def test_the_same_seed_gives_the_same_calendar():
    def calendar():
        with Sim("--rooms", "1", "--items", "40", "--seed", "again") as sim:
            return [{name: value for name, value in item.items()} for item in sim.items("R001")]
    assert calendar() == calendar()


def test_characters_that_xml_forbids_hide_no_item_from_exchangelib():
    """libxml2 goes on after them, but drops every later &lt; and &amp;: so letters and digits are compared."""
    def letters(text):
        return re.sub(r"[^\w]", "", text or "")
    with Sim("--rooms", "1", "--items", "400", "--window", "2025-01-02..2026-12-20") as sim:
        window = ("2025-01-01T00:00:00Z", "2026-12-31T00:00:00Z")
        read, stored = both(sim, sim.rooms()[0], window)
        assert any(re.search("[\x00-\x08\x0b\x1a\ud800-\udfff\uffff]", item["subject"] or "") for item in stored.values())
        assert {key: letters(item.subject) for key, item in read.items()} == {
            key: letters(item["subject"]) for key, item in stored.items()}


def test_demo_rooms_are_read_by_exchangelib():
    with Sim("--rooms-file", ROOT / "sim/demo-rooms.toml", "--now", "2026-11-25T09:10:00Z") as sim:
        for room in sim.rooms():
            read, stored = both(sim, room, ("2026-11-16T00:00:00Z", "2026-12-07T00:00:00Z"))
            assert stored and read.keys() == stored.keys()
            assert {key: item.subject for key, item in read.items()} == {key: item["subject"] for key, item in stored.items()}


def test_exchangelib_guesses_the_version_after_the_first_one_is_refused(sim):
    assert str(account(sim, "r001@example.org").version.build) == "15.1.2507.39"
    assert account(sim, "r001@example.org").version.api_version == "Exchange2016"


def test_more_than_two_years_are_too_big_a_range(sim):
    with pytest.raises(errors.ErrorCalendarViewRangeTooBig):
        list(view(sim, "r001@example.org", "2024-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))


def test_a_room_without_right_has_no_such_folder(sim):
    with pytest.raises(errors.ErrorFolderNotFound):
        account(sim, "r002@example.org").calendar  # noqa: B018


def test_an_unknown_mailbox_does_not_exist(sim):
    with pytest.raises(errors.ErrorNonExistentMailbox):
        account(sim, "nobody@example.org").calendar  # noqa: B018


def test_a_wrong_password_is_unauthorized(sim):
    with pytest.raises(errors.UnauthorizedError):
        account(sim, "r001@example.org", password="guess").calendar  # noqa: B018


@pytest.mark.parametrize("user", ("svc-rooms", "OTHER\\SVC-Rooms", "svc-rooms@example.org"))
def test_the_account_is_known_with_and_without_a_domain(sim, user):
    assert account(sim, "r001@example.org", user=user).calendar.name == "Calendar"


def test_more_than_a_thousand_items_exceed_the_find_count_limit():
    with Sim("--rooms", "1", "--items", "1001", "--window", "2026-01-01..2026-12-01") as sim:
        window = ("2025-12-01T00:00:00Z", "2027-01-01T00:00:00Z")
        with pytest.raises(errors.ErrorExceededFindCountLimit):
            list(view(sim, "r001@example.org", *window))
        some = account(sim, "r001@example.org").calendar.view(start=moment(window[0]), end=moment(window[1]), max_items=1000)
        assert len(list(some.only("subject"))) == 1000


def test_an_item_that_vanished_between_find_item_and_get_item_is_left_out(sim):
    items = view(sim, "r001@example.org", "2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z")
    all_of_them = len(list(items))
    made = sim.create("R001", subject="Soon gone", start="2026-05-01T09:00:00Z", end="2026-05-01T10:00:00Z")
    gone = CalendarItem(id=made["id"], changekey=made["change_key"])
    sim.delete("R001", made["id"])
    found = list(account(sim, "r001@example.org").fetch([gone]))
    assert isinstance(found[0], errors.ErrorItemNotFound)
    assert len(list(items)) == all_of_them


def test_a_busy_server_is_told_from_a_broken_one(sim):
    ready = account(sim, "r001@example.org")
    assert ready.calendar.name == "Calendar"
    sim.fault("soap-fault", code="ErrorServerBusy", back_off_ms=297000, times=1)
    with pytest.raises(errors.ErrorServerBusy) as caught:
        list(ready.calendar.view(start=EWSDateTime(2026, 1, 1, tzinfo=UTC), end=EWSDateTime(2026, 2, 1, tzinfo=UTC)))
    assert caught.value.back_off == 297
