# SPDX-License-Identifier: MIT
"""Rooms from a file a person can write, TOML or JSON; README.md has the format, demo-rooms.toml an example.

Days may be relative ("today", "today+2", "monday-1w" is the Monday of last week), so that an example shows something on
any day.  They are worked out when the room is first looked at, in the item's own time zone.
"""
import datetime
import json
import pathlib
import re
import tomllib

import fields as stored
import recurrence
import timezones
from store import Entry
from xmltext import UTC

_DAY = re.compile(r"(today|monday)(?:([+-]\d+)(d|w)?)?")
_ROOM_KEYS = {"name", "mailbox", "access", "list", "timezone", "items"}


class BadFile(Exception):
    """The file cannot be used; the text says what is wrong, and where."""


def load(path):
    """The rooms of a file: a list of {name, mailbox, access, items}."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
        data = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {error}") from None
    rooms = data.get("rooms")
    if not isinstance(rooms, list) or not rooms:
        raise BadFile(f"{path}: there is no list of [[rooms]]")
    for room in rooms:
        if "name" not in room or "mailbox" not in room:
            raise BadFile(f"{path}: a room needs a name and a mailbox")
        unknown = set(room) - _ROOM_KEYS
        if unknown:
            raise BadFile(f"{path}: room {room['name']}: unknown {', '.join(sorted(unknown))}")
    return rooms


def lists(room):
    """The addresses of the room lists it is in: `list` is one of them, or several."""
    given = room.get("list", ())
    return (given,) if isinstance(given, str) else tuple(given)


def entries(room, now):
    """The entries of one room of a file; BadFile names the item that cannot be read."""
    made = []
    for number, item in enumerate(room.get("items", ()), 1):
        try:
            made.append(_entry({"timezone": room.get("timezone", "UTC"), **item}, now))
        except (ValueError, KeyError, TypeError) as error:
            title = item.get("subject", "no subject")
            raise BadFile(f"room {room['name']}, item {number} ({title}): {error}") from None
    return made


def _entry(item, now):
    zone = timezones.of_iana(item["timezone"])
    today = now.astimezone(zone).date()
    exceptions, deleted = item.pop("exceptions", ()), item.pop("deleted", ())
    pattern = item.pop("recurrence", None)
    start, end = _times(item, today, zone)
    entry = Entry(stored.from_json(item), start, end, pattern and recurrence.from_json(pattern))
    meetings = list(entry.local_starts()) if pattern else []
    entry.deleted = {_nth(meetings, number) for number in deleted}
    for exception in exceptions:
        planned = _nth(meetings, exception["number"])
        entry.changes[planned] = _exception(exception, planned, entry, zone)
    return entry


def _nth(meetings, number):
    if not 1 <= number <= len(meetings):
        raise ValueError(f"the series has no meeting number {number}")
    return meetings[number - 1]


def _exception(exception, planned, entry, zone):
    """What differs from the series: fields, and `from`/`to` for other times on the planned day."""
    own = {name: value for name, value in exception.items() if name not in ("number", "from", "to")}
    own = stored.from_json(own)
    day = planned.astimezone(zone).date()
    if "from" in exception:
        own["start"] = _at(day, exception["from"], zone)
        own["end"] = entry.local_end(own["start"])
    if "to" in exception:
        own["end"] = _at(day, exception["to"], zone)
    return own


def _times(item, today, zone):
    """`day` with `from` and `to`, or `day` (and `last_day`) alone for all-day items."""
    day = _day(item.pop("day"), today)
    last = _day(item.pop("last_day", None) or day, today)
    if "from" not in item:
        item["is_all_day"] = True
        return _at(day, "00:00", zone), _at(last + datetime.timedelta(days=1), "00:00", zone)
    return _at(day, item.pop("from"), zone), _at(last, item.pop("to"), zone)


def _day(text, today):
    if isinstance(text, datetime.date):
        return text
    match = _DAY.fullmatch(text)
    if match is None:
        return datetime.date.fromisoformat(text)
    base, count, unit = match.groups()
    if base == "monday":
        today -= datetime.timedelta(days=today.weekday())
    return today + int(count or 0) * datetime.timedelta(weeks=unit == "w", days=unit != "w")


def _at(day, time, zone):
    """A local time of day as a moment; "24:00" is the midnight after."""
    hours, _, minutes = time.partition(":")
    naive = datetime.datetime(day.year, day.month, day.day) + datetime.timedelta(hours=int(hours), minutes=int(minutes))
    return naive.replace(tzinfo=zone).astimezone(UTC)
