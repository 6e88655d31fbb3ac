# SPDX-License-Identifier: MIT
"""The promise to the users of the service we replace: the same meetings with the same values.

exchangelib and roomcal read the same stand-in over the same window. All-day items are compared by the days they
touch only: which day a midnight of another zone belongs to is decided by the item's own time zone from the next version
on; until then roomcal takes the nearest midnight in UTC, so it may differ from exchangelib there by one day.
"""
import datetime

import pytest

exchangelib = pytest.importorskip("exchangelib")

from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, EWSDateTime  # noqa: E402
from stack import Stack  # noqa: E402

SEEDS = range(1, 21)
FIELDS = "subject,start,end,duration,location,organizer_name,is_all_day,id"
SIM_OPTIONS = ("--rooms", "2", "--items", "120", "--xml-clean", "--window", "2024-06-01..2027-06-30", "--seed")
USER, PASSWORD = "svc-rooms", "stand-in"
CUT = 255  # FindItem's strings, in UTF-16 units; exchangelib asks for them again, roomcal does from the next version on


def cut(text):
    return (text or "").encode("utf-16-le")[:2 * CUT].decode("utf-16-le", "ignore")


def window_asked(sim, mailbox):
    """The whole span that roomcal asked for, out of the stand-in's counters: exchangelib is given the same."""
    windows = sim.counters()["windows"][mailbox]
    return min(start for start, _ in windows), max(end for _, end in windows)


def years(start, end):
    """The span in pieces that Exchange allows: exchangelib does not split a view."""
    first, last = EWSDateTime.from_string(start), EWSDateTime.from_string(end)
    while first < last:
        behind = min(first + datetime.timedelta(days=365), last)
        yield first, behind
        first = behind


def by_exchangelib(sim, mailbox, start, end):
    configuration = Configuration(service_endpoint=sim.url, credentials=Credentials(USER, PASSWORD), auth_type=BASIC)
    account = Account(mailbox, config=configuration, autodiscover=False, access_type=DELEGATE)
    items = {}
    for first, behind in years(start, end):
        for item in account.calendar.view(start=first, end=behind):
            items[item.id] = item
    return list(items.values())


def days_apart(left, right):
    return abs((datetime.date.fromisoformat(left) - datetime.date.fromisoformat(right)).days)


def as_compared(subject, start, end, duration, location, organizer):
    return cut(subject), start, end, duration, cut(location), organizer or ""


@pytest.mark.parametrize("seed", SEEDS)
def test_every_meeting_is_what_exchangelib_reads(seed):
    with Stack(sim_options=(*SIM_OPTIONS, seed), env={"ITEM_FIELDS": FIELDS}, with_nginx=False) as stack:
        rooms = {room["room"]: room["items"] for room in stack.run_cgi("/api/calendar").json()}
        assert sorted(rooms) == ["R001", "R002"]
        for room in stack.sim.rooms():
            start, end = window_asked(stack.sim, room["mailbox"])
            compare(rooms[room["name"]], by_exchangelib(stack.sim, room["mailbox"], start, end))


def compare(ours, theirs):
    assert len(ours) == len(theirs) > 0
    assert {item["id"] for item in ours} == {item.id for item in theirs}
    theirs = {item.id: item for item in theirs}
    whole_days = 0
    for item in ours:
        reference = theirs[item["id"]]
        assert item["is_all_day"] == reference.is_all_day
        if item["is_all_day"]:
            whole_days += 1
            assert days_apart(item["start"], reference.start.isoformat()) <= 1
            assert days_apart(item["end"], reference.end.isoformat()) <= 1
            assert cut(item["subject"]) == cut(reference.subject)
            continue
        organizer = reference.organizer.name if reference.organizer else None
        assert as_compared(item["subject"], item["start"], item["end"], item["duration"], item["location"],
                           item["organizer_name"]) == \
            as_compared(reference.subject, reference.start.isoformat(), reference.end.isoformat(), reference.duration,
                        reference.location, organizer)
    assert whole_days < len(ours)
    assert [item["id"] for item in ours if not item["is_all_day"]] == \
        [item.id for item in sorted((i for i in theirs.values() if not i.is_all_day), key=lambda i: (i.start, i.end, i.id))]
