# SPDX-License-Identifier: MIT
"""Rooms whose every reply can be judged by itself.

A state of a room is a number of items; each says in its subject which room and state it belongs to, how many items that state has,
and a checksum over all of them. So a reply that mixes two states, lacks an item or has one too many is told from a right one without
knowing what the room ought to hold just now."""
import datetime
import random
import zlib

# What a Stack needs: only what FindItem gives in one window, so that one request is one moment of the room.
SETTINGS = {"ITEM_FIELDS": "subject,start,end", "WINDOW_START": "-60d", "WINDOW_DAYS": 300}
MOST_ITEMS = 40
_HOUR = datetime.timedelta(hours=1)


def _checksum(room, number, starts):
    text = "\n".join([room, str(number), *sorted(starts)])
    return f"{zlib.crc32(text.encode()):08x}"


def make(room, number, rng=random):
    """The items of one state, for Sim.replace_items: as many as it happens, at hours of their own from a month ago on."""
    first = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0) - datetime.timedelta(days=30)
    moments = [first + hour * _HOUR for hour in rng.sample(range(24 * 60), rng.randint(1, MOST_ITEMS))]
    starts = [moment.isoformat() for moment in moments]
    subject = f"{room} {number} {len(starts)} {_checksum(room, number, starts)}"
    return [{"subject": subject, "start": start, "end": (moment + _HOUR).isoformat()} for start, moment in zip(starts, moments)]


def number_of(room, items):
    """The number of the state that these items of a reply are, all of it; AssertionError when they are no one state's."""
    subjects = {item["subject"] for item in items}
    assert len(subjects) == 1, f"{room}: not one state but {sorted(subjects)}"
    told_room, number, count, checksum = subjects.pop().split()
    assert told_room == room, f"{room} shows items of {told_room}"
    assert int(count) == len(items), f"{room}: {len(items)} items of {count}"
    assert checksum == _checksum(room, int(number), [item["start"] for item in items]), f"{room}: other items than state {number} has"
    return int(number)


class Changes:
    """Gives rooms new states, and remembers which one each has now."""

    def __init__(self, sim, rooms, seed):
        self._sim = sim
        self._rng = random.Random(seed)
        self.numbers = {room: 0 for room in rooms}
        for room in rooms:
            self.change(room)

    def change(self, room):
        self.numbers[room] += 1
        self._sim.replace_items(room, make(room, self.numbers[room], self._rng))

    def change_next(self):
        """The room that was not changed for the longest time."""
        self.change(min(self.numbers, key=self.numbers.get))

    def change_any(self):
        self.change(self._rng.choice(list(self.numbers)))
