# SPDX-License-Identifier: MIT
"""The time zones the stand-in knows: Windows id, IANA name, display name, and the definition Exchange sends for each.

A small table on purpose.  An id that is not in it is answered in UTC (request) or written as it stands (item).
"""
import datetime
import functools
import zoneinfo

from xmltext import UTC, attribute, duration

# Windows id, IANA name, the name Exchange shows.
ZONES = (
    ("UTC", "UTC", "(UTC) Coordinated Universal Time"),
    ("GMT Standard Time", "Europe/London", "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"),
    ("W. Europe Standard Time", "Europe/Berlin", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"),
    ("Romance Standard Time", "Europe/Paris", "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"),
    ("FLE Standard Time", "Europe/Helsinki", "(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius"),
    ("Russian Standard Time", "Europe/Moscow", "(UTC+03:00) Moscow, St. Petersburg"),
    ("India Standard Time", "Asia/Kolkata", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"),
    ("China Standard Time", "Asia/Shanghai", "(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi"),
    ("Tokyo Standard Time", "Asia/Tokyo", "(UTC+09:00) Osaka, Sapporo, Tokyo"),
    ("AUS Eastern Standard Time", "Australia/Sydney", "(UTC+10:00) Canberra, Melbourne, Sydney"),
    ("Eastern Standard Time", "America/New_York", "(UTC-05:00) Eastern Time (US & Canada)"),
    ("Central Standard Time", "America/Chicago", "(UTC-06:00) Central Time (US & Canada)"),
    ("Pacific Standard Time", "America/Los_Angeles", "(UTC-08:00) Pacific Time (US & Canada)"),
    ("Newfoundland Standard Time", "America/St_Johns", "(UTC-03:30) Newfoundland"),
    ("Hawaiian Standard Time", "Pacific/Honolulu", "(UTC-10:00) Hawaii"),
    ("New Zealand Standard Time", "Pacific/Auckland", "(UTC+12:00) Auckland, Wellington"),
    ("Nepal Standard Time", "Asia/Katmandu", "(UTC+05:45) Kathmandu"),
    ("E. South America Standard Time", "America/Sao_Paulo", "(UTC-03:00) Brasilia"),
)
_BY_WINDOWS = {windows: iana for windows, iana, _ in ZONES}
_BY_IANA = {iana: (windows, display) for windows, iana, display in ZONES}

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RULE_YEAR = 2024  # any recent year: the definition we send says "every year the same"


def of_iana(name):
    """The zone of an IANA name; the UTC singleton for UTC, because timestamps ask for it by identity."""
    return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)


def of_windows(name):
    """The zone of a Windows id, None for one we do not know."""
    iana = _BY_WINDOWS.get(name)
    return of_iana(iana) if iana else None


def windows_id(iana):
    """The Windows id of an IANA name; the name itself where the table has none (Exchange stores such names as well)."""
    return _BY_IANA.get(iana, (iana, iana))[0]


def display_name(iana):
    return _BY_IANA.get(iana, (iana, iana))[1]


@functools.cache
def definition_attributes(iana):
    windows, display = _BY_IANA.get(iana, (iana, iana))
    return f'Name="{attribute(display)}" Id="{attribute(windows)}"'


@functools.cache
def definition_body(iana):
    """The Periods, TransitionsGroups and Transitions of a zone: what makes StartTimeZone a big element."""
    zone = of_iana(iana)
    changes = _changes(zone)
    standard = zone.utcoffset(datetime.datetime(_RULE_YEAR, 1, 1))
    if changes:
        standard = min(offset for _, offset in changes)
    periods = _period("Standard", standard)
    if not changes:
        group = '<t:Transition><t:To Kind="Period">Standard</t:To></t:Transition>'
    else:
        daylight = max(offset for _, offset in changes)
        periods += _period("Daylight", daylight)
        group = "".join(_recurring_day(local, "Daylight" if offset == daylight else "Standard")
                        for local, offset in changes)
    return (f"<t:Periods>{periods}</t:Periods>"
            f'<t:TransitionsGroups><t:TransitionsGroup Id="0">{group}</t:TransitionsGroup></t:TransitionsGroups>'
            '<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions>')


def _changes(zone):
    """The changes of a zone's offset in one year: (local time at which the clocks change, offset from then on)."""
    hour = datetime.timedelta(hours=1)
    moment = datetime.datetime(_RULE_YEAR, 1, 1, tzinfo=UTC)
    found = []
    before = moment.astimezone(zone).utcoffset()
    while moment.year == _RULE_YEAR:
        after = moment.astimezone(zone).utcoffset()
        if after != before:
            found.append(((moment + before).replace(tzinfo=None), after))
            before = after
        moment += hour
    return found


def _period(name, offset):
    return f'<t:Period Bias="{duration(-offset)}" Name="{name}" Id="{name}"/>'


def _recurring_day(local, period):
    """The yearly rule behind one change: the n-th (or, written -1, the last) such weekday of the month."""
    is_last = (local + datetime.timedelta(days=7)).month != local.month
    occurrence = -1 if is_last else (local.day - 1) // 7 + 1
    return (f'<t:RecurringDayTransition><t:To Kind="Period">{period}</t:To>'
            f"<t:TimeOffset>PT{local.hour}H{local.minute}M</t:TimeOffset><t:Month>{local.month}</t:Month>"
            f"<t:DayOfWeek>{_WEEKDAYS[local.weekday()]}</t:DayOfWeek><t:Occurrence>{occurrence}</t:Occurrence>"
            "</t:RecurringDayTransition>")
