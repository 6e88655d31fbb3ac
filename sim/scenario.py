# SPDX-License-Identifier: MIT
"""Seeded calendars that say everything EWS can say: --scenario full.

Of every oddity in _ODDITIES there is one in each room (as far as the number of meetings goes), the rest is what generate.py
makes, and everything is laden with attendees, attachments, headers and long texts.  The same seed, room and number of items
give the same calendar.
"""
import calendar
import datetime
import random

import generate
import properties
from recurrence import Recurrence
from store import Entry
from xmltext import UTC

# Zone, odd id or None for the Windows id, whether the odd id comes with its rules.  Ids without rules that say nothing are of
# zones within eleven hours of UTC: which day was meant can then still be told.
ZONE_FORMS = (
    ("UTC", None, False),
    ("Europe/Berlin", None, False),
    ("America/New_York", None, False),
    ("Asia/Kolkata", None, False),
    ("Pacific/Auckland", None, False),
    ("Pacific/Honolulu", None, False),
    ("America/St_Johns", None, False),
    ("Asia/Katmandu", None, False),
    ("Europe/Paris", "Europe/Paris", False),
    ("Australia/Sydney", "Australia/Sydney", False),
    ("UTC", "tzone://Microsoft/Utc", False),
    ("Europe/Berlin", "tzone://Microsoft/Custom", True),
    ("America/Chicago", "Customized Time Zone", True),
    ("Pacific/Auckland", "Customized Time Zone", True),
    ("Europe/Berlin", "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", False),
    ("Europe/Berlin", "Mitteleuropäische Zeit", False),
    ("Asia/Tokyo", "東京 (標準時)", True),
    ("America/Los_Angeles", "", False),
)

# Days on which the clocks change, of 23 and of 25 hours.
_CHANGES = (
    ("Europe/Berlin", 3, -1), ("Europe/Berlin", 10, -1), ("America/New_York", 3, 2), ("America/New_York", 11, 1),
    ("Australia/Sydney", 10, 1), ("Australia/Sydney", 4, 1), ("Europe/London", 3, -1),
)

# A character or two of every plane, and what sits at the edges of UTF-8 and UTF-16.
_PLANES = ("\x7f\x80\u07ff\u0800\ud7ff\ue000\ufffd", "\U00010000\U0001F600\U0001FFFD", "\U00020000\U0002A6D6",
           "\U00030000\U000323AF", "\U000E0001\U000E01EF", "\U000F0000\U000FFFFD",
           "\U00100000\U0010FFFD", "\u200e\u202e\u2028\u2029\ufeff")
_FORBIDDEN = ("CASEBR\x1aS & <co>", "\x00null", "\x0b\x1f & rest", "end\uffff", "half \ud83d & \ude00 pair", "\ufffe")
_LENGTHS = (254, 255, 256, 1000)
_LONG_FIELDS = ("subject", "location", "when", "in_reply_to", "meeting_workspace_url", "last_modified_name", "organizer_name")

# What Exchange says of every item, and clients have defaults of their own for.
_ALWAYS = {"ItemId", "Start", "End", "IsAllDayEvent", "Sensitivity", "Importance", "LegacyFreeBusyStatus", "ReminderIsSet",
           "ReminderMinutesBeforeStart", "EffectiveRights"}
_LEFT_OUT = tuple(row.element for row in properties.ROWS if row.element not in _ALWAYS)


def entries(seed, number, count, window, xml_clean=False):
    """The entries of one room: exactly `count` meetings as a client sees them."""
    maker = _Maker(random.Random(f"full/{seed}/{number}"), window, xml_clean)
    made, left = [], count
    for oddity in _ODDITIES:
        for entry in oddity(maker):
            meetings = maker.meetings_of(entry)
            if meetings <= left:
                made.append(entry)
                left -= meetings
    made.extend(maker.single() for _ in range(left))
    maker.rng.shuffle(made)
    return made


def units(text):
    """Length in UTF-16 units, which is what Exchange counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def of_units(count, start=""):
    """A text of exactly so many units, with surrogate pairs at every second place: one may lie across the cut."""
    text = start
    while units(text) < count:
        left = count - units(text)
        text += "🗓" if left > 1 and len(text) % 2 else "x"
    return text


class _Maker(generate.Maker):
    def fields(self):
        """A usual item's fields, and most of what else there is."""
        fields, rng = super().fields(), self.rng
        if self.chance(40):
            fields["required_attendees"] = self.attendees()
        if self.chance(25):
            fields["resources"] = [{"name": "Beamer <1>", "email_address": "beamer@example.org",
                                    "response_type": "Accept", "last_response_time": "2026-01-05T08:00:00Z"}]
        if self.chance(40):
            fields["attachments"] = self.attachments()
            fields["has_attachments"] = any(not one["is_inline"] for one in fields["attachments"])
        if self.chance(30):
            fields["headers"] = [{"name": "X-Room & Floor", "value": "4 <north>"},
                                 {"name": "Received", "value": "from 会議 by x"},
                                 {"name": "Received", "value": of_units(rng.choice(_LENGTHS))}][:rng.randrange(1, 4)]
        if self.chance(50):
            fields.update(self.body())
        if self.chance(30):
            fields["enhanced_location"] = self.enhanced_location()
        if self.chance(20):
            fields["effective_rights"] = rng.choice((("Read", "ViewPrivateItems"), ("Read", "Modify", "Delete")))
        return fields

    def attendees(self):
        made = super().attendees()
        for one in made:
            if self.chance(50):
                one["last_response_time"] = "2026-01-02T10:20:30Z"
            if self.chance(10):
                del one["name"]
            if self.chance(10):
                one["response_type"] = self.rng.choice(("Organizer", "NoResponseReceived"))
        return made

    def attachments(self):
        of_all_kinds = (
            {"name": "Agenda & <plan>.pdf", "content_type": "application/pdf", "size": 12345, "is_inline": False,
             "last_modified_time": "2026-01-01T12:00:00Z"},
            {"name": "图.png", "content_type": "image/png", "content_id": "image001.png@01DC", "size": 0, "is_inline": True,
             "content_location": "https://example.org/a?b=1&c=2"},
            {"name": "Re: Minutes", "size": 2_000_000_000, "is_inline": False, "is_item": True},
            {"is_inline": False},
        )
        return self.rng.sample(of_all_kinds, self.rng.randrange(1, 4))

    def body(self):
        text = self.rng.choice(("Bring ideas & <pens>\r\n\t— Zoë 👩🏽‍💻", of_units(self.rng.choice(_LENGTHS)),
                                "x" * 20_000, "\U00020000"))
        if self.chance(50):
            return {"body_type": "Text", "body": text}
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"body_type": "HTML", "body": f"<html><body><p>{escaped}</p></body></html>"}

    def enhanced_location(self):
        address = {"street": "Hauptstraße 1 & 2", "city": "Zürich", "country": "Schweiz", "postal_code": "8001",
                   "type": "Business", "latitude": 47.5, "longitude": 8.25, "location_source": "Resource",
                   "location_uri": "r001@example.org"}
        some = {key: value for key, value in address.items() if self.chance(70)}
        return {"display_name": self.rng.choice(("Room 1.01", "会議室 3", "")),
                **({"annotation": "2nd floor"} if self.chance(50) else {}), **({"address": some} if self.chance(70) else {})}

    @staticmethod
    def meetings_of(entry):
        if entry.recurrence is None:
            return 1
        return sum(1 for _ in entry.local_starts()) - len(entry.deleted)

    # Items

    def timed(self, **more):
        fields = {**self.fields(), **more}
        start, length = self.hours()
        begin = self.local(self.day(self.days - 5), start, fields["timezone"])
        return Entry(fields, begin, begin + datetime.timedelta(minutes=length))

    def all_day(self, day, days, zone, **more):
        """From midnight to midnight in a zone of ZONE_FORMS."""
        iana, odd_id, with_rules = zone
        fields = {**self.fields(), "is_all_day": True, "timezone": iana, "timezone_id": odd_id, "timezone_rules": with_rules,
                  **more}
        end_zone = fields.get("end_timezone") or iana
        return Entry(fields, self.local(day, 0, iana), self.local(day + datetime.timedelta(days=days), 0, end_zone))

    def of_series(self, pattern, count, **more):
        """A series with a deleted meeting, and two that are different."""
        fields = {**self.fields(), "series_on_meetings": self.chance(50)}
        fields["is_all_day"] = more.pop("is_all_day", False)
        minutes, length = (0, 1440) if fields["is_all_day"] else self.hours()
        step = {"daily": 2, "weekly": 14, "monthly": 31, "monthly_nth": 35}.get(pattern, 366)
        begin = self.local(self.day(self.days - count * step), minutes, fields["timezone"])
        until = begin.date() + datetime.timedelta(days=count * step) if self.chance(30) and "yearly" not in pattern else None
        recurrence = Recurrence(pattern, count=None if until else count, until=until, **more)
        entry = Entry(fields, begin, begin + datetime.timedelta(minutes=length), recurrence)
        planned = list(entry.local_starts())
        entry.deleted = set(planned[2:3])
        if not fields["is_all_day"]:
            changed = [moment for moment in planned[1:5] if moment not in entry.deleted]
            entry.changes = {moment: self.exception(moment, length) for moment in changed[:2]}
        return entry


# Oddities: (maker) -> entries

def _all_day_in_every_form_of_zone(maker):
    for zone in ZONE_FORMS:
        yield maker.all_day(maker.day(maker.days - 5), maker.rng.choice((1, 1, 2, 3)), zone)


def _all_day_over_two_zones(maker):
    """A journey: it begins at midnight here and ends at midnight there."""
    there = maker.rng.choice((("Asia/Tokyo", None), ("America/New_York", "America/New_York")))
    yield maker.all_day(maker.day(maker.days - 5), 3, ("Europe/Berlin", None, False), end_timezone=there[0],
                        end_timezone_id=there[1])


def _timed_in_odd_zones(maker):
    for iana, odd_id, with_rules in maker.rng.sample(ZONE_FORMS, 4):
        yield maker.timed(timezone=iana, timezone_id=odd_id, timezone_rules=with_rules)


def _when_clocks_change(maker):
    """All day on the Sundays of 23 and of 25 hours, over them, and timed across the missing or doubled hour."""
    for zone, month, nth in _CHANGES:
        day = _nth_sunday(maker.window.start.year, month, nth)
        if not maker.window.start <= day - datetime.timedelta(days=2) or not day + datetime.timedelta(days=3) < maker.window.end:
            continue
        yield maker.all_day(day, 1, (zone, None, False))
        if maker.chance(50):
            yield maker.all_day(day - datetime.timedelta(days=1), 2, (zone, None, False))
        fields = {**maker.fields(), "timezone": zone}
        yield Entry(fields, maker.local(day, 60, zone), maker.local(day, 240, zone))


def _nth_sunday(year, month, nth):
    sundays = [week[calendar.SUNDAY] for week in calendar.monthcalendar(year, month) if week[calendar.SUNDAY]]
    return datetime.datetime(year, month, sundays[nth - (nth > 0)], tzinfo=UTC)


def _not_for_everybody(maker):
    for sensitivity in ("Personal", "Private", "Confidential"):
        yield maker.timed(sensitivity=sensitivity)
    yield maker.all_day(maker.day(maker.days - 5), 1, ZONE_FORMS[1], sensitivity="Private")


def _cancelled(maker):
    yield maker.timed(is_cancelled=True, subject="Canceled: " + maker.rng.choice(generate.SUBJECTS))


def _of_every_plane(maker):
    for text in _PLANES:
        yield maker.timed(subject=text, location="a" + text + "b", categories=[text],
                          required_attendees=[{"name": text, "email_address": "a@example.org"}])


def _forbidden_characters(maker):
    if maker.forbidden[0] != generate.FORBIDDEN[0]:
        return
    for text in _FORBIDDEN:
        yield maker.timed(subject=text, location=text, body=f"{text} & more", body_type="Text")


def _around_the_cut(maker):
    """Texts of 254, 255, 256 and 1000 units in subjects, and of each other field one."""
    for length in _LENGTHS:
        yield maker.timed(subject=of_units(length, maker.rng.choice(("", "x"))))
    for name in _LONG_FIELDS[1:]:
        yield maker.timed(**{name: of_units(maker.rng.choice(_LENGTHS), maker.rng.choice(("", "x")))})


def _almost_nothing(maker):
    """What has neither text nor people, and what Exchange says nothing of but the times."""
    begin = maker.local(maker.day(maker.days - 5), 600, "UTC")
    yield Entry({}, begin, begin + datetime.timedelta(minutes=30))
    yield Entry({"subject": "", "location": "", "organizer_name": "", "body": ""}, begin, begin)
    yield Entry({"without": _LEFT_OUT}, begin, begin + datetime.timedelta(minutes=30))
    yield maker.all_day(begin.replace(hour=0, minute=0), 1, ZONE_FORMS[0], without=_LEFT_OUT)
    yield maker.timed(without=("Subject", "UID", "Organizer", "ExtendedProperty", "StartTimeZone"))


def _series(maker):
    weekly = (("weekly", 4, {}), ("weekly", 5, {"interval": 2, "weekdays": (0, 2, 4)}), ("daily", 5, {"interval": 2}),
              ("weekly", 3, {"is_all_day": True}))
    monthly = (("monthly", 3, {}), ("monthly_nth", 3, {"nth": -1}), ("monthly_nth", 3, {"nth": 2, "interval": 1}))
    yearly = (("yearly", 1, {}), ("yearly_nth", 1, {"nth": maker.rng.choice((1, 3, -1))}))
    for pattern, count, more in (*maker.rng.sample(weekly, 2), maker.rng.choice(monthly), maker.rng.choice(yearly)):
        yield maker.of_series(pattern, count, **more)


def _over_days(maker):
    for hours in (0, 24, 40, 24 * 9):
        begin = maker.timed()
        yield Entry(begin.fields, begin.start, begin.start + datetime.timedelta(hours=hours))


def _side_by_side(maker):
    """Three meetings one behind the other, and one over all of them."""
    first = maker.timed()
    hour = datetime.timedelta(hours=1)
    for number in range(3):
        yield Entry(maker.fields(), first.start + number * hour, first.start + (number + 1) * hour)
    yield Entry(maker.fields(), first.start, first.start + 3 * hour)


_ODDITIES = (_all_day_in_every_form_of_zone, _almost_nothing, _around_the_cut, _when_clocks_change, _series, _not_for_everybody,
             _cancelled, _of_every_plane, _forbidden_characters, _all_day_over_two_zones, _timed_in_odd_zones, _over_days,
             _side_by_side)
