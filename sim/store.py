# SPDX-License-Identifier: MIT
"""The rooms and what is in their calendars.

An Entry is what a calendar stores: a single item, or a series with its changed and deleted meetings.  An Occurrence is
what a calendar view shows.  A Room keeps its entries and the two marks by which a client sees that something happened
(PR_LOCAL_COMMIT_TIME_MAX, PR_DELETED_COUNT_TOTAL).  All changes go through Room, under its lock.  Knows no XML.
"""
import bisect
import datetime
import hashlib
import threading
import typing

import ids
import recurrence as recurrences
import timezones
from fields import DEFAULTS
from xmltext import UTC


class Entry:
    """A stored item: `start` and `end` in UTC (of the first meeting, when it is a series)."""

    __slots__ = ("number", "fields", "start", "end", "recurrence", "changes", "deleted", "version", "created", "modified")

    def __init__(self, fields, start, end, recurrence=None, changes=None, deleted=()):
        if end < start:
            raise ValueError("an item cannot end before it starts")
        self.number = 0
        self.fields = fields
        self.start = start
        self.end = end
        self.recurrence = recurrence
        self.changes = changes or {}  # planned start -> {field: value}, with "start" and "end" where it was moved
        self.deleted = set(deleted)   # planned starts
        self.version = 1
        self.created = None
        self.modified = None

    def local_starts(self):
        """The planned starts of a series in UTC, in order."""
        zone = timezones.of_iana(self.fields.get("timezone", "UTC"))
        first = self.start.astimezone(zone).replace(tzinfo=None)
        for moment in recurrences.starts(self.recurrence, first):
            yield moment.replace(tzinfo=zone).astimezone(UTC)

    def local_end(self, start):
        """The end of the meeting that starts at `start`: as long as the first one by the clock on the wall."""
        zone = timezones.of_iana(self.fields.get("timezone", "UTC"))
        length = self.end.astimezone(zone).replace(tzinfo=None) - self.start.astimezone(zone).replace(tzinfo=None)
        return (start.astimezone(zone).replace(tzinfo=None) + length).replace(tzinfo=zone).astimezone(UTC)


class Occurrence:
    """One line of a calendar view.  `own` holds what differs from the series; `rendered` is properties.py's cache."""

    __slots__ = ("room", "entry", "kind", "start", "end", "planned", "own", "rendered")

    def __init__(self, room, entry, kind, start, end, planned=None, own=None):
        self.room = room
        self.entry = entry
        self.kind = kind
        self.start = start
        self.end = end
        self.planned = planned
        self.own = own or {}
        self.rendered = {}

    def get(self, name):
        if name in self.own:
            return self.own[name]
        return self.entry.fields.get(name, DEFAULTS[name])

    @property
    def without(self):
        return self.get("without")

    @property
    def id(self):
        return ids.item_id(self.room.mailbox, self.room.number, self.entry.number, self.planned)

    @property
    def change_key(self):
        return ids.change_key(self.room.mailbox, self.entry.number, self.planned, self.entry.version)

    @property
    def uid(self):
        given = self.get("uid")
        if given is not None:
            return given
        digest = hashlib.blake2b(f"{self.room.mailbox}/{self.entry.number}".encode(), digest_size=28).hexdigest()
        return f"040000008200E00074C5B7101A82E008{digest.upper()}"


def expand(room, entry):
    """The occurrences of one entry, in the order they were planned."""
    if entry.recurrence is None:
        yield Occurrence(room, entry, "Single", entry.start, entry.end)
        return
    for planned in entry.local_starts():
        if planned in entry.deleted:
            continue
        own = entry.changes.get(planned)
        if own is None:
            yield Occurrence(room, entry, "Occurrence", planned, entry.local_end(planned), planned)
        else:
            start = own.get("start", planned)
            end = own.get("end") or entry.local_end(start)
            yield Occurrence(room, entry, "Exception", start, end, planned, own)


def master(room, entry):
    """What stands for a series as a whole; no view shows it."""
    return Occurrence(room, entry, "RecurringMaster", entry.start, entry.end)


class View:
    """All occurrences of a room by start, to be cut out by time."""

    def __init__(self, occurrences):
        self.occurrences = sorted(occurrences, key=lambda occurrence: (occurrence.start, occurrence.end))
        self._starts = [occurrence.start for occurrence in self.occurrences]
        self._longest = max((o.end - o.start for o in self.occurrences), default=datetime.timedelta(0))
        self._by_key = {(o.entry.number, o.planned): o for o in self.occurrences}

    def between(self, start, end):
        """CalendarView's rule: out with what ends before `start`, and with what starts at or after `end`."""
        first = bisect.bisect_left(self._starts, start - self._longest)
        stop = bisect.bisect_left(self._starts, end)
        return [occurrence for occurrence in self.occurrences[first:stop] if occurrence.end >= start]

    def find(self, number, planned):
        return self._by_key.get((number, planned))


class Room:
    """A mailbox with a calendar.  `fill` makes its entries when they are first wanted: thousands of rooms start at once."""

    # Before the stand-in began nobody touched the calendars for so long: they are not changed at this very moment.
    QUIET = datetime.timedelta(hours=1)

    def __init__(self, number, name, mailbox, clock, fill, access="reviewer", lists=(),
                 commit_step=datetime.timedelta(seconds=1)):
        self.number = number
        self.name = name
        self.mailbox = mailbox
        self.access = access
        self.lists = tuple(lists)  # addresses of the room lists it is in
        self.lock = threading.RLock()
        self.deleted_count = 0
        self._clock = clock
        self._commit_step = commit_step
        self._fill = fill
        self._entries = None
        self._last_number = 0  # numbers are never given twice: a new item must not get a deleted one's id
        self._changed = False
        self._view = None
        self.made = clock.now().replace(microsecond=0)
        self.commit_time = self.made - self.QUIET

    @property
    def entries(self):
        """number -> Entry."""
        with self.lock:
            if self._entries is None:
                self._load()
            return self._entries

    def _load(self):
        self._entries = {}
        self._last_number = 0
        for entry in self._fill():
            self._put(entry, entry.fields.get("datetime_created") or self.made)

    def view(self):
        with self.lock:
            if self._view is None:
                self._view = View([o for entry in self.entries.values() for o in expand(self, entry)])
            return self._view

    def forget(self):
        """Gives memory back: what can be made again is dropped."""
        with self.lock:
            self._view = None
            if not self._changed:
                self._entries = None

    def find(self, number, planned):
        """A meeting, or (planned None) a single item or the master of a series; None when it is not there."""
        with self.lock:
            entry = self.entries.get(number)
            if planned is None and entry is not None and entry.recurrence is not None:
                return master(self, entry)
            return self.view().find(number, planned)

    def _put(self, entry, moment):
        self._last_number += 1
        entry.number = self._last_number
        entry.created = entry.modified = moment
        self.entries[entry.number] = entry

    def _commit(self):
        """Moves PR_LOCAL_COMMIT_TIME_MAX on.  EWS writes it to the second, so two changes in one second would look like one:
        the step (a second, unless an experiment wants otherwise) keeps them apart."""
        self._changed = True
        self._view = None
        self.commit_time = max(self._clock.now(), self.commit_time + self._commit_step)

    def create(self, entry):
        with self.lock:
            if self._entries is None:
                self._load()
            self._put(entry, self._clock.now())
            self._commit()
            return entry

    def replace(self, entries):
        """Takes all entries away and puts these in their place, as one change."""
        with self.lock:
            self.deleted_count += len(self.entries)
            self.entries.clear()
            for entry in entries:
                self._put(entry, self._clock.now())
            self._commit()

    def change(self, entry, planned, fields):
        """Changes an entry, or (with `planned`) one meeting of a series, which becomes an Exception."""
        fields = dict(fields)
        with self.lock:
            if planned is not None:
                self._change_one(entry, planned, fields)
            else:
                start, end = fields.pop("start", entry.start), fields.pop("end", entry.end)
                if end < start:
                    raise ValueError("an item cannot end before it starts")
                entry.start, entry.end = start, end
                entry.fields = {**entry.fields, **fields}
            entry.version += 1
            entry.modified = self._clock.now()
            self._commit()

    @staticmethod
    def _change_one(entry, planned, fields):
        own = {**entry.changes.get(planned, {}), **fields}
        start = own.get("start", planned)
        if "end" in own and own["end"] < start:
            raise ValueError("an item cannot end before it starts")
        entry.changes = {**entry.changes, planned: own}

    def delete(self, entry, planned):
        """Deletes an entry, or one meeting of a series: that one changes the series and is not counted as deleted."""
        with self.lock:
            if planned is None:
                del self.entries[entry.number]
                self.deleted_count += 1
            else:
                entry.deleted.add(planned)
                entry.version += 1
                entry.modified = self._clock.now()
            self._commit()


class RoomList(typing.NamedTuple):
    """A list of rooms, as the address book has it."""

    mailbox: str

    @property
    def name(self):
        return self.mailbox.partition("@")[0]


class Rooms:
    """All rooms, found by name, by mailbox or by number; holds back how many expanded calendars stay in memory.

    Rooms may come and go.  A number is never given twice, so the ids of what is gone lead nowhere.
    """

    EXPANDED_AT_MOST = 200_000

    def __init__(self, rooms):
        self._recent = {}  # room -> occurrences, least recently used first
        self._lock = threading.Lock()
        self._index(list(rooms))
        self._next_number = len(self.all)

    def _index(self, rooms):
        """Other dictionaries in place of the old ones: who looks something up meanwhile sees one or the other."""
        self.all = rooms
        self._by_name = {room.name.lower(): room for room in rooms}
        self._by_mailbox = {room.mailbox.lower(): room for room in rooms}
        self._by_number = {room.number: room for room in rooms}

    def find(self, name_or_mailbox):
        key = (name_or_mailbox or "").lower()
        return self._by_mailbox.get(key) or self._by_name.get(key)

    def find_mailbox(self, address):
        return self._by_mailbox.get(address.lower())

    def by_number(self, number):
        return self._by_number.get(number)

    def add(self, make):
        """The room that `make` makes of a number; at the end of all."""
        with self._lock:
            room = make(self._next_number)
            self._next_number += 1
            self._index([*self.all, room])
            return room

    def remove(self, room):
        with self._lock:
            self._index([other for other in self.all if other is not room])
            self._recent.pop(room, None)

    def describe(self, room, name, lists):
        """Another name, and other lists."""
        with self._lock:
            room.name, room.lists = name, tuple(lists)
            self._index(self.all)

    @property
    def lists(self):
        """The room lists, in the order of their addresses."""
        return [RoomList(mailbox) for mailbox in sorted({mailbox for room in self.all for mailbox in room.lists})]

    def of_list(self, mailbox):
        """The rooms of a list; None when there is no such list."""
        found = [room for room in self.all if mailbox.lower() in (one.lower() for one in room.lists)]
        return found or None

    def view(self, room):
        view = room.view()
        with self._lock:
            self._recent.pop(room, None)
            self._recent[room] = len(view.occurrences)
            total = sum(self._recent.values())
            for other in [o for o in self._recent if o is not room]:
                if total <= self.EXPANDED_AT_MOST:
                    break
                total -= self._recent.pop(other)
                other.forget()
        return view
