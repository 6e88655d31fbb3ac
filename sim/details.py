# SPDX-License-Identifier: MIT
"""Values that are worked out of more than one stored field: what a meeting stands beside, what its series is like, what it
looks like as a mail.  Occurrences in, plain values out; writers.py turns them into XML, properties.py says where.
"""
import base64
import datetime
import email.message
import email.policy

import store
import timezones
from xmltext import UTC

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")
_NTH = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", -1: "Last"}


# Other meetings of the same calendar

def _takes_time(occurrence):
    return occurrence.get("legacy_free_busy_status") != "Free" and not occurrence.get("is_cancelled")


def _others(occurrence):
    """What takes time and touches the meeting."""
    return [other for other in occurrence.room.view().between(occurrence.start, occurrence.end + datetime.timedelta(seconds=1))
            if other.id != occurrence.id and _takes_time(other)]


def conflicting(occurrence):
    return [other for other in _others(occurrence) if other.start < occurrence.end and other.end > occurrence.start]


def adjacent(occurrence):
    return [other for other in _others(occurrence) if other.end == occurrence.start or other.start == occurrence.end]


# The series of a meeting

def recurrence(occurrence):
    """The pattern and the boundary, each (element, ((element, value), …)), in the words of EWS."""
    entry = occurrence.entry
    rule = entry.recurrence
    first = next(entry.local_starts()).astimezone(timezones.of_iana(entry.fields.get("timezone", "UTC")))
    return _PATTERNS[rule.pattern](rule, first), _boundary(rule, first)


def _boundary(rule, first):
    start = ("StartDate", _date(first.date(), first))
    if rule.count is not None:
        return "NumberedRecurrence", (start, ("NumberOfOccurrences", rule.count))
    if rule.until is not None:
        return "EndDateRecurrence", (start, ("EndDate", _date(rule.until, first)))
    return "NoEndRecurrence", (start,)


def _date(day, first):
    """xs:date with an offset, as Exchange writes it."""
    return day.isoformat() + first.isoformat()[-6:]


def _weekday(rule, first):
    return _WEEKDAYS[rule.weekdays[0] if rule.weekdays else first.weekday()]


def _daily(rule, _first):
    return "DailyRecurrence", (("Interval", rule.interval),)


def _weekly(rule, first):
    days = " ".join(_WEEKDAYS[day] for day in sorted(rule.weekdays) or [first.weekday()])
    return "WeeklyRecurrence", (("Interval", rule.interval), ("DaysOfWeek", days), ("FirstDayOfWeek", "Monday"))


def _monthly(rule, first):
    return "AbsoluteMonthlyRecurrence", (("Interval", rule.interval), ("DayOfMonth", first.day))


def _monthly_nth(rule, first):
    return "RelativeMonthlyRecurrence", (("Interval", rule.interval), ("DaysOfWeek", _weekday(rule, first)),
                                         ("DayOfWeekIndex", _NTH[rule.nth]))


def _yearly(_rule, first):
    return "AbsoluteYearlyRecurrence", (("DayOfMonth", first.day), ("Month", _MONTHS[first.month - 1]))


def _yearly_nth(rule, first):
    return "RelativeYearlyRecurrence", (("DaysOfWeek", _weekday(rule, first)), ("DayOfWeekIndex", _NTH[rule.nth]),
                                        ("Month", _MONTHS[first.month - 1]))


_PATTERNS = {"daily": _daily, "weekly": _weekly, "monthly": _monthly, "monthly_nth": _monthly_nth, "yearly": _yearly,
             "yearly_nth": _yearly_nth}


def _meetings(occurrence):
    return list(store.expand(occurrence.room, occurrence.entry))


def first_occurrence(occurrence):
    return next(iter(_meetings(occurrence)), None)


def last_occurrence(occurrence):
    return (_meetings(occurrence) or [None])[-1]


def modified_occurrences(occurrence):
    return [meeting for meeting in _meetings(occurrence) if meeting.kind == "Exception"] or None


def deleted_occurrences(occurrence):
    return sorted(occurrence.entry.deleted) or None


# What may be done with it

def responses(occurrence):
    """ResponseObjects, in the schema's order."""
    if occurrence.get("is_cancelled"):
        return ("ForwardItem", "RemoveItem")
    if not occurrence.get("is_meeting"):
        return ("ForwardItem",)
    if occurrence.get("my_response_type") == "Organizer":
        return ("ReplyToItem", "ForwardItem", "ReplyAllToItem", "CancelCalendarItem")
    return ("AcceptItem", "TentativelyAcceptItem", "DeclineItem", "ReplyToItem", "ForwardItem", "ReplyAllToItem")


# As a mail

def mime(occurrence):
    """The meeting as a mail with an iCalendar part, base64: a plausible one, not what Exchange's converter would make."""
    times = [moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for moment in (occurrence.start, occurrence.end)]
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["MIME-Version"] = "1.0"
    mail.set_content(_calendar(occurrence, *times), subtype="calendar", cte="base64")
    return base64.b64encode(mail.as_bytes()).decode()


def _calendar(occurrence, start, end):
    subject = "".join(char if char.isprintable() else " " for char in occurrence.get("subject") or "")
    return "\r\n".join(("BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", f"UID:{occurrence.uid}", f"DTSTART:{start}",
                        f"DTEND:{end}", f"SUMMARY:{subject}", "END:VEVENT", "END:VCALENDAR", ""))
