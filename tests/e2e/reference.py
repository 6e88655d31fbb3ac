# SPDX-License-Identifier: MIT
"""exchangelib as the reference: the stand-in's calendars as it reads them, and what roomcal must make of each attribute.

ATTRIBUTES is the whole promise: for every attribute a function of what exchangelib has, giving what stands in roomcal's JSON.
DEFECTS is what exchangelib 4.9 gets wrong: for these the stand-in's store says what is right. There is no third list.
"""
import base64
import datetime
import zoneinfo

from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, EWSDateTime
from exchangelib.errors import UnknownTimeZone
from exchangelib.ewsdatetime import EWSTimeZone

USER, PASSWORD = "svc-rooms", "let-the-rooms-be-read"
DAY = datetime.timedelta(days=1)

# Defect: it knows that Exchange sends ids with a slash that are IANA names, and falls over "tzone://Microsoft/Custom": one
# such item, and nothing of the room can be read. Mended here: an unknown zone, like any other that it does not know.
_from_ms_id = EWSTimeZone.from_ms_id.__func__


def _from_any_id(cls, ms_id):
    try:
        return _from_ms_id(cls, ms_id)
    except ValueError as error:
        raise UnknownTimeZone(str(error)) from None


EWSTimeZone.from_ms_id = classmethod(_from_any_id)


# Reading

def account(sim, mailbox):
    configuration = Configuration(service_endpoint=sim.url, credentials=Credentials(USER, PASSWORD), auth_type=BASIC)
    return Account(mailbox, config=configuration, autodiscover=False, access_type=DELEGATE)


def window_asked(sim, mailbox):
    """The whole span that roomcal asked for, out of the stand-in's counters: exchangelib is given the same."""
    windows = sim.counters()["windows"][mailbox]
    return min(start for start, _ in windows), max(end for _, end in windows)


def years(start, end):
    """The span in pieces that Exchange allows: exchangelib does not split a view."""
    first, last = EWSDateTime.from_string(start), EWSDateTime.from_string(end)
    while first < last:
        behind = min(first + 365 * DAY, last)
        yield first, behind
        first = behind


def read(sim, mailbox):
    """id -> item, every attribute, of the span that roomcal asked for."""
    calendar = account(sim, mailbox).calendar
    return {item.id: item for start, end in years(*window_asked(sim, mailbox)) for item in calendar.view(start=start, end=end)}


# How values are written: (value) -> JSON

def same(value):
    return value


def iso(value):
    return value and value.isoformat()


def label(value):
    return value or ""


def listed(one):
    """A list of structures; null for one that is missing."""
    return lambda value: None if value is None else [one(part) for part in value]


def words(value):
    return None if value is None else list(value)


def identity(value):
    return value and {"id": value.id, "changekey": value.changekey}


def mailbox(value):
    return value and {"name": value.name, "email_address": value.email_address}


def attendee(value):
    return {**(mailbox(value.mailbox) or {"name": None, "email_address": None}), "response_type": value.response_type,
            "last_response_time": iso(value.last_response_time)}


def body(value):
    return value and {"body_type": value.body_type, "text": str(value)}


def encoded(value):
    return value and base64.b64encode(value).decode()


def attachment(value):
    """Everything but the content."""
    return {"type": value.ELEMENT_NAME, "attachment_id": flat(value.attachment_id),
            **{name: one for name, one in flat(value).items() if name not in ("attachment_id", "_content", "_item")}}


def header(value):
    return {"name": value.name, "value": value.value}


def flat(value):
    """All fields of one of exchangelib's objects."""
    return value and {field.name: iso(one) if isinstance(one := getattr(value, field.name), datetime.date) else one
                      for field in value.FIELDS}


_RESPONSES = ("accept_item", "tentatively_accept_item", "decline_item", "reply_to_item", "forward_item", "reply_all_to_item",
              "cancel_calendar_item", "remove_item")


def responses(value):
    return value and ["".join(word.capitalize() for word in name.split("_")) for name in _RESPONSES
                      if getattr(value, name) is not None]


def occurrence(value):
    return value and {"id": value.id, "changekey": value.changekey, "start": iso(value.start), "end": iso(value.end),
                      "original_start": iso(value.original_start)}


def deleted(value):
    return {"start": iso(value.start)}


def meeting(value):
    return {"id": value.id, "changekey": value.changekey, "subject": value.subject, "start": iso(value.start),
            "end": iso(value.end), "legacy_free_busy_status": value.legacy_free_busy_status, "location": value.location}


def rule(value):
    """Recurrence: pattern and boundary, each with the name of its element."""
    return value and {"pattern": _part(value.pattern), "boundary": _part(value.boundary)}


def _part(value):
    return {"type": value.ELEMENT_NAME, **flat(value)}


def zone(value):
    return value and value.key


# Attribute of roomcal -> (attribute of exchangelib, how it is written).
ATTRIBUTES = {
    # of the service we replace
    "title": ("subject", same),
    "organizer_name": ("organizer", lambda value: label(value and value.name)),
    "organizer_email": ("organizer", lambda value: label(value and value.email_address)),
    # texts, numbers, words
    **{name: (name, same) for name in (
        "id", "changekey", "item_class", "subject", "sensitivity", "size", "categories", "importance", "in_reply_to",
        "is_submitted", "is_draft", "is_from_me", "is_resend", "is_unmodified", "reminder_is_set",
        "reminder_minutes_before_start", "display_cc", "display_to", "has_attachments", "culture", "last_modified_name", "is_associated",
        "web_client_read_form_query_string", "web_client_edit_form_query_string", "text_body", "uid", "is_all_day",
        "legacy_free_busy_status", "when", "is_meeting", "is_cancelled", "is_recurring", "meeting_request_was_sent",
        "is_response_requested", "type", "my_response_type", "duration", "conflicting_meeting_count", "adjacent_meeting_count",
        "appointment_sequence_number", "allow_new_time_proposal", "is_online_meeting", "meeting_workspace_url", "net_show_url",
        "conference_type")},
    "location": ("location", label),
    # moments; start and end are dates for all-day items
    **{name: (name, iso) for name in (
        "datetime_received", "datetime_sent", "datetime_created", "reminder_due_by", "last_modified_time", "recurrence_id",
        "start", "end", "original_start", "appointment_reply_time")},
    # structures
    "parent_folder_id": ("parent_folder_id", identity),
    "conversation_id": ("conversation_id", identity),
    "mime_content": ("mime_content", encoded),
    "body": ("body", body),
    "unique_body": ("unique_body", body),
    "attachments": ("attachments", listed(attachment)),
    "headers": ("headers", listed(header)),
    "response_objects": ("response_objects", responses),
    "effective_rights": ("effective_rights", flat),
    "organizer": ("organizer", mailbox),
    "required_attendees": ("required_attendees", listed(attendee)),
    "optional_attendees": ("optional_attendees", listed(attendee)),
    "resources": ("resources", listed(attendee)),
    "conflicting_meetings": ("conflicting_meetings", listed(meeting)),
    "adjacent_meetings": ("adjacent_meetings", listed(meeting)),
    "appointment_state": ("appointment_state", words),
    "recurrence": ("recurrence", rule),
    "first_occurrence": ("first_occurrence", occurrence),
    "last_occurrence": ("last_occurrence", occurrence),
    "modified_occurrences": ("modified_occurrences", listed(occurrence)),
    "deleted_occurrences": ("deleted_occurrences", listed(deleted)),
    "start_timezone": ("_start_timezone", zone),
    "end_timezone": ("_end_timezone", zone),
    "meeting_timezone": ("_meeting_timezone", zone),  # Exchange 2007's; from 2010 on nobody asks for it
}


def lost_zone(end):
    """Whether exchangelib has no zone for the start or the end of an item."""
    return lambda item, stored: getattr(item, f"_{end}_timezone") is None


def all_day_of_lost_zone(end):
    return lambda item, stored: item.is_all_day and lost_zone(end)(item, stored)


def last_day_is_short(item, stored):
    """The last day has 23 hours."""
    end = midnight(stored, "end")
    before = end - DAY  # on the clock of the zone, so not always 24 hours
    return item.is_all_day and end.timestamp() - before.timestamp() < DAY.total_seconds()


def midnight(stored, name):
    """Start or end on the clock of its zone."""
    name_of_zone = name == "end" and stored["end_timezone"] or stored["timezone"]
    return datetime.datetime.fromisoformat(stored[name]).astimezone(zoneinfo.ZoneInfo(name_of_zone))


def first_day(stored):
    return midnight(stored, "start").date().isoformat()


def last_day(stored):
    return (midnight(stored, "end").date() - DAY).isoformat()


def zone_as_sent(end):
    """The id as Exchange gave it; an empty one is as good as none."""
    def value(stored):
        odd_id = stored["timezone_id"] if end == "start" or stored["end_timezone"] is None else stored["end_timezone_id"]
        return None if f"{end.capitalize()}TimeZone" in stored["without"] else odd_id or None
    return value


ADDRESS = ("street", "city", "state", "country", "postal_code", "post_office_box", "type", "latitude", "longitude", "accuracy",
           "altitude", "altitude_accuracy", "formatted_address", "location_uri", "location_source")


def enhanced_location(stored):
    """Given, or made of the location's text; of an address only what there is."""
    given = stored["enhanced_location"] or stored["location"] and {"display_name": stored["location"]}
    if not given or "EnhancedLocation" in stored["without"]:
        return None
    address = given.get("address")
    return {"display_name": given["display_name"] or None, "annotation": given.get("annotation"),
            "address": None if address is None else {name: address.get(name) and str(address[name]) for name in ADDRESS}}


def join_online_meeting_url(stored):
    return None if "JoinOnlineMeetingUrl" in stored["without"] else stored["join_online_meeting_url"]


# What exchangelib has not at all.
OTHERS = {"enhanced_location": enhanced_location, "join_online_meeting_url": join_online_meeting_url}

# Attribute, (item, stored) -> whether exchangelib is wrong about it, (stored) -> what is right, and what is wrong.
DEFECTS = (
    ("start", all_day_of_lost_zone("start"), first_day,
     "of an all-day item in a zone it does not know it takes the day in the zone of the machine it runs on"),
    ("end", all_day_of_lost_zone("end"), last_day, "the same"),
    ("end", last_day_is_short, last_day, "it goes back 24 hours from the end, which on a day of 23 is a day too far"),
    ("start_timezone", lost_zone("start"), zone_as_sent("start"), "it forgets an id that it does not know"),
    ("end_timezone", lost_zone("end"), zone_as_sent("end"), "the same"),
)


def expected(name, item, stored):
    """What roomcal's JSON must have for an attribute."""
    if name in OTHERS:
        return OTHERS[name](stored)
    for attribute, applies, right, _ in DEFECTS:
        if attribute == name and applies(item, stored):
            return right(stored)
    source, write = ATTRIBUTES[name]
    return write(getattr(item, source))
