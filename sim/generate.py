# SPDX-License-Identifier: MIT
"""Seeded calendars: rooms R001, R002, … full of everything that makes calendars hard to read.

The same seed, room and number of items give the same calendar, on any day.  A room has exactly `count` meetings as a
client sees them, all within the window: series are made until their share is used up, singles fill the rest.
"""
import datetime
import random
import typing

import timezones
from recurrence import Recurrence
from store import Entry
from xmltext import UTC

_SERIES_SHARE = 0.45  # of the meetings; about what a meeting room has
_ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "UTC", "Europe/London", "America/New_York", "Asia/Kolkata",
          "Australia/Sydney")

PEOPLE = (
    ("Anna Berg", "anna.berg"), ("Jürgen Groß", "juergen.gross"), ("Zoë O'Neill", "zoe.oneill"), ("田中 花子", "hanako.tanaka"),
    ("Мария Иванова", "maria.ivanova"), ("Łukasz Żółć", "lukasz.zolc"), ("عمر حداد", "omar.haddad"), ("Smith, John", "john.smith"),
    ("Ngọc Trần", "ngoc.tran"), ("R&D Office", "rd.office"), ('Robert "Bob" Tables', "bob.tables"), ("Þóra Ægisdóttir", "thora"),
)
SUBJECTS = (
    "Jour fixe", "Sprint planning", "Budget <draft> & outlook", "Einführung für neue Kolleg*innen", "予算会議", "Совещание",
    "اجتماع الفريق", "Café ☕ & 🥐", "Interview 👩🏽‍💻", "𝔊othic reading group", "Review: \"quotes\" 'n' <tags>", "]]> end of CDATA",
    "Tab\tand\nnewline", "  spaces  around  ", "Canceled: Town hall", "x", "Zero\u200bwidth and\u00a0no-break", "a/b\\c%d{e}",
    "\U0001F1E9\U0001F1EA 🏳️‍🌈 flags", "e\u0301 combining, \ufb03 ligature", "Line\u2028separator </script>",
)
# What XML 1.0 forbids, as it has been seen on real servers.
FORBIDDEN = ("CASEBR\x1aS", "Bell\x07 and null\x00", "\x0bVertical", "Odd \uffff end", "half \ud83d pair")
_LOCATIONS = ("Room 1.01", "Zürich", "Teams; Room 2", "会議室 3", "Floor 4 <north>", "", "Hall A/B")
# What few meetings have, each with the chance (percent) that one has it.
_RARE = (
    (5, "importance", ("High", "Low")),
    (5, "sensitivity", ("Private", "Confidential", "Personal")),
    (10, "legacy_free_busy_status", ("Free", "Tentative", "OOF", "WorkingElsewhere")),
    (4, "is_cancelled", (True,)),
    (5, "is_meeting", (False,)),
    (10, "my_response_type", ("Tentative", "NoResponseReceived", "Organizer")),
    (10, "meeting_request_was_sent", (False,)),
    (10, "is_response_requested", (False,)),
    (10, "allow_new_time_proposal", (False,)),
    (10, "appointment_reply_time", (datetime.datetime(2024, 2, 29, 12, 30, tzinfo=UTC),)),
    (10, "appointment_sequence_number", (1, 7)),
    (5, "when", ("Every Monday at nine", "月曜日 9:00")),
    (5, "in_reply_to", ("<20240229.1@example.org>",)),
    (5, "conference_type", (1, 2)),
    (10, "is_online_meeting", (True,)),
    (5, "meeting_workspace_url", ("https://example.org/workspace?a=1&b=2",)),
    (5, "net_show_url", ("https://example.org/show",)),
    (10, "join_online_meeting_url", ("https://meet.example.org/anna/ABC123",)),
    (20, "reminder_is_set", (True,)),
    (20, "reminder_minutes_before_start", (0, 5, 1440)),
    (10, "is_from_me", (True,)),
    (5, "is_draft", (True,)),
    (5, "is_submitted", (True,)),
    (5, "is_resend", (True,)),
    (5, "is_unmodified", (True,)),
    (10, "culture", ("de-DE", "ja-JP")),
    (60, "last_modified_name", ("Anna Berg", "R&D Office")),
)
_LONG_WORDS = "A subject longer than FindItem is willing to return, "


class Window(typing.NamedTuple):
    start: datetime.datetime
    end: datetime.datetime


def room_name(number):
    return f"R{number + 1:03}"


def mailbox(number):
    return f"r{number + 1:03}@example.org"


def room_list(number):
    return "rooms@example.org" if number == 0 else f"rooms-{number + 1}@example.org"


def entries(seed, number, count, window, xml_clean=False):
    """The entries of one room; `xml_clean` leaves out the characters that XML forbids, and changes nothing else."""
    maker = Maker(random.Random(f"{seed}/{number}"), window, xml_clean)
    left = count
    for_series = int(count * _SERIES_SHARE)
    made = []
    while for_series > 0:
        entry, meetings = maker.series(min(for_series, 60))
        for_series -= meetings
        left -= meetings
        made.append(entry)
    made.extend(maker.single() for _ in range(left))
    return made


class Maker:
    def __init__(self, rng, window, xml_clean):
        self.rng = rng
        self.forbidden = ("Clean",) * len(FORBIDDEN) if xml_clean else FORBIDDEN
        self.window = window
        self.days = max(1, (window.end - window.start).days - 3)  # room for what lasts some days, and for time zones

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def day(self, at_most):
        return self.window.start + datetime.timedelta(days=1 + self.rng.randrange(max(1, at_most)))

    # Fields

    def subject(self):
        kind = self.rng.random() * 100
        if kind < 2:
            return self.rng.choice(self.forbidden)
        if kind < 4:
            return self.long_subject()
        if kind < 5:
            return None
        return f"{self.rng.choice(SUBJECTS)} {self.rng.randrange(1000)}"

    def long_subject(self):
        """Of 250 to 300 UTF-16 units; half of them with surrogate pairs, which may lie across the cut."""
        length = self.rng.randrange(250, 301)
        if self.chance(50):
            return ("🗓" * 150)[: length // 2] + self.rng.choice(("", "!"))
        return (_LONG_WORDS * 10)[:length]

    def fields(self):
        rng = self.rng
        name, account = rng.choice(PEOPLE)
        fields = {"subject": self.subject(), "timezone": rng.choice(_ZONES),
                  "datetime_created": self.window.start - datetime.timedelta(minutes=rng.randrange(500_000))}
        if not self.chance(3):
            fields.update(organizer_name=name, organizer_email=f"{account}@example.org")
        if not self.chance(10):
            fields["location"] = rng.choice(_LOCATIONS)
        fields.update((name, rng.choice(values)) for percent, name, values in _RARE if self.chance(percent))
        if self.chance(10):
            fields["categories"] = rng.sample(("Red", "Blau", "重要", "A & B"), rng.randrange(1, 3))
        if self.chance(60):
            fields["required_attendees"] = self.attendees()
        if self.chance(15):
            fields["optional_attendees"] = self.attendees()
        if self.chance(50):
            fields["body"] = f"<html><body><p>Agenda no. {rng.randrange(100)}</p>\r\n<p>Bring ideas</p></body></html>"
        return fields

    def attendees(self):
        return [{"name": name, "email_address": f"{account}@example.org",
                 "response_type": self.rng.choice(("Accept", "Tentative", "Decline", "Unknown"))}
                for name, account in self.rng.sample(PEOPLE, self.rng.randrange(1, 5))]

    # Times

    def hours(self):
        """A usual start (minutes of the day) and length (minutes)."""
        return self.rng.randrange(7 * 4, 19 * 4) * 15, self.rng.choice((15, 30, 30, 45, 60, 60, 60, 90, 120, 240))

    def local(self, day, minutes, zone):
        naive = datetime.datetime(day.year, day.month, day.day) + datetime.timedelta(minutes=minutes)
        return naive.replace(tzinfo=timezones.of_iana(zone)).astimezone(UTC)

    def single(self):
        fields = self.fields()
        zone = fields["timezone"]
        kind = self.rng.random() * 100
        day = self.day(self.days - 5)
        if kind < 6:  # all day, sometimes for several days
            fields["is_all_day"] = True
            last = day + datetime.timedelta(days=self.rng.choice((1, 1, 1, 2, 3)))
            return Entry(fields, self.local(day, 0, zone), self.local(last, 0, zone))
        start, length = self.hours()
        if kind < 10:  # over midnight, or over days
            length += 1440 * self.rng.randrange(1, 4)
        elif kind < 11:
            length = 0
        begin = self.local(day, start, zone)
        return Entry(fields, begin, begin + datetime.timedelta(minutes=length))

    def series(self, at_most):
        """A series of at most so many meetings, and how many a client sees of it."""
        rng, fields = self.rng, self.fields()
        pattern, step, more = rng.choice((
            ("daily", 1, {}), ("daily", 2, {}), ("weekly", 7, {}), ("weekly", 7, {}), ("weekly", 14, {"interval": 2}),
            ("weekly", 7, {"weekdays": (0, 2, 4)}), ("monthly", 31, {}), ("monthly_nth", 35, {"nth": rng.choice((1, 2, -1))})))
        if (pattern, step) == ("daily", 2):
            more = {"interval": 2}
        count = max(1, min(at_most, rng.randrange(2, 41), self.days // step - 2))
        day = self.day(self.days - (count + 1) * step)
        minutes, length = self.hours()
        if self.chance(5):
            fields["is_all_day"], minutes, length = True, 0, 1440
        begin = self.local(day, minutes, fields["timezone"])
        recurrence = Recurrence(pattern, count=count, **more)
        entry = Entry(fields, begin, begin + datetime.timedelta(minutes=length), recurrence)
        planned = list(entry.local_starts())
        entry.deleted = {moment for moment in planned[1:] if self.chance(5)}
        if not fields.get("is_all_day"):
            entry.changes = {moment: self.exception(moment, length) for moment in planned
                             if moment not in entry.deleted and self.chance(6)}
        return entry, len(planned) - len(entry.deleted)

    def exception(self, planned, length):
        """What is different about one meeting of a series: moved, renamed, elsewhere or cancelled."""
        start = planned + datetime.timedelta(minutes=self.rng.choice((-60, -15, 30, 90)))
        return self.rng.choice((
            {"start": start, "end": start + datetime.timedelta(minutes=length)},
            {"start": start, "end": start + datetime.timedelta(minutes=length + 30), "subject": self.subject()},
            {"subject": "Exceptionally: " + self.rng.choice(SUBJECTS)},
            {"location": "Elsewhere"},
            {"is_cancelled": True},
        ))
