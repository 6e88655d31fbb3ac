# SPDX-License-Identifier: MIT
"""When a series meets: a pattern, and the local start times it gives.

Works in naive local time only: a weekly meeting at nine stays at nine when the clocks change.  Deleted and changed
occurrences are the store's business.
"""
import calendar
import dataclasses
import datetime
import itertools

# A series without an end would never stop; we stop counting after ten years.
HORIZON = datetime.timedelta(days=3653)


@dataclasses.dataclass(frozen=True)
class Recurrence:
    """pattern: a key of PATTERNS.  weekdays: 0 is Monday.  nth: 1..4, or -1 for the last.  At most one of count, until."""

    pattern: str
    interval: int = 1
    weekdays: tuple = ()
    nth: int = 1
    count: int | None = None
    until: datetime.date | None = None


def from_json(data):
    """A Recurrence from JSON or TOML; ValueError with a sentence when it makes none."""
    known = {field.name for field in dataclasses.fields(Recurrence)}
    unknown = set(data) - known
    if unknown:
        raise ValueError(f"recurrence does not know {', '.join(sorted(unknown))}; it knows {', '.join(sorted(known))}")
    if data.get("pattern") not in PATTERNS:
        raise ValueError(f"recurrence pattern must be one of {', '.join(PATTERNS)}")
    until = data.get("until")
    if isinstance(until, str):
        until = datetime.date.fromisoformat(until)
    return Recurrence(**{**data, "weekdays": tuple(data.get("weekdays", ())), "until": until})


def starts(recurrence, first):
    """The naive local start times of a series whose first meeting is at `first`, in order."""
    moments = PATTERNS[recurrence.pattern](recurrence, first)
    last = first + HORIZON
    if recurrence.until is not None:
        last = min(last, datetime.datetime.combine(recurrence.until, datetime.time.max))
    moments = itertools.takewhile(lambda moment: moment <= last, moments)
    return itertools.islice(moments, recurrence.count)


def _daily(recurrence, first):
    step = datetime.timedelta(days=recurrence.interval)
    for number in itertools.count():
        yield first + number * step


def _weekly(recurrence, first):
    weekdays = sorted(recurrence.weekdays) or [first.weekday()]
    monday = first - datetime.timedelta(days=first.weekday())
    for week in itertools.count(0, recurrence.interval):
        for weekday in weekdays:
            moment = monday + datetime.timedelta(weeks=week, days=weekday)
            if moment >= first:
                yield moment


def _months(recurrence, first):
    """(year, month) of every month the pattern touches."""
    for number in itertools.count(0, recurrence.interval):
        years, month = divmod(first.month - 1 + number, 12)
        yield first.year + years, month + 1


def _monthly(recurrence, first):
    """The same day of every month; the last day where the month is too short, as Outlook has it."""
    for year, month in _months(recurrence, first):
        day = min(first.day, calendar.monthrange(year, month)[1])
        yield first.replace(year=year, month=month, day=day)


def _monthly_nth(recurrence, first):
    """The n-th (or last) weekday of every month; the weekday is that of the first meeting unless one is given."""
    weekday = recurrence.weekdays[0] if recurrence.weekdays else first.weekday()
    for year, month in _months(recurrence, first):
        days = [day for day in range(1, calendar.monthrange(year, month)[1] + 1)
                if datetime.date(year, month, day).weekday() == weekday]
        moment = first.replace(year=year, month=month, day=days[recurrence.nth - (recurrence.nth > 0)])
        if moment >= first:
            yield moment


def _every_year(monthly):
    """The same day, or the same weekday of the month, once a year: EWS knows no interval of years."""
    def yearly(recurrence, first):
        return monthly(dataclasses.replace(recurrence, interval=12), first)
    return yearly


PATTERNS = {"daily": _daily, "weekly": _weekly, "monthly": _monthly, "monthly_nth": _monthly_nth,
            "yearly": _every_year(_monthly), "yearly_nth": _every_year(_monthly_nth)}
