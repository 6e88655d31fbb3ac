# SPDX-License-Identifier: MIT
"""Text on its way into XML: escaping, the 255-character cut, date-times.

Holds the few rules by which Exchange turns a stored value into characters.  Knows no property and no element.
"""
import datetime
import re

UTC = datetime.timezone.utc

# What cannot stand in a text as it is.  CR would be normalised away by every parser.  The rest is what XML 1.0 forbids;
# Exchange sends such characters as numeric references all the same, and readers must live with it.
_MARKED = re.compile('[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

FIND_ITEM_UNITS = 255


def _reference(match):
    char = match.group()
    return _NAMED.get(char) or f"&#x{ord(char):X};"


def escape(text):
    """The text as XML, safe between tags."""
    return _MARKED.sub(_reference, text)


def attribute(text):
    """The text as the value of an attribute in double quotes."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#xA;").replace("\t", "&#x9;")


def cut(text, units=FIND_ITEM_UNITS):
    """The first `units` UTF-16 code units of a text, never half a surrogate pair: what FindItem gives of a string."""
    if len(text) * 2 <= units:
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    if len(raw) <= 2 * units:
        return text
    raw = raw[: 2 * units]
    if 0xD8 <= raw[-1] <= 0xDB:
        raw = raw[:-2]
    return raw.decode("utf-16-le", "surrogatepass")


def timestamp(moment, zone=UTC):
    """An aware datetime as xs:dateTime to the second: with Z in UTC, with the offset in any other zone."""
    if zone is UTC:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(zone).isoformat(timespec="seconds")


def parse_timestamp(text):
    """xs:dateTime to an aware datetime; ValueError without Z or an offset, as Exchange refuses it too."""
    moment = datetime.datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return moment.astimezone(UTC)


def duration(span):
    """A timedelta as xs:duration, the way Exchange writes calendar:Duration (PT1H30M, P1D, P1DT2H)."""
    seconds = int(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    date = f"{days}D" if days else ""
    time = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if value)
    if not date and not time:
        return "PT0S"
    return f"{sign}P{date}{'T' + time if time else ''}"
