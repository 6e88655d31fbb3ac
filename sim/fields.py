# SPDX-License-Identifier: MIT
"""What a calendar item is made of in the store: one row per field, with the value it has when nobody said anything.

The names are those of rooms files and of the control interface.  They say what is stored; properties.py says how EWS
shows it, and some properties (UID, Duration, When) are worked out rather than stored.
"""
import datetime

from xmltext import parse_timestamp

DEFAULTS = {
    "subject": None,
    "location": None,
    "organizer_name": None,
    "organizer_email": None,
    "timezone": "UTC",           # IANA name: the zone the item was made in, so where its midnights and its series lie
    "timezone_id": None,         # shown instead of the Windows id: for the odd ids that are seen in the wild
    "timezone_rules": False,     # whether such an odd id comes with its Periods and Transitions
    "end_timezone": None,        # the same for the end, when it is in another zone
    "end_timezone_id": None,
    "is_all_day": False,
    "legacy_free_busy_status": "Busy",
    "is_meeting": True,
    "is_cancelled": False,
    "meeting_request_was_sent": True,
    "is_response_requested": True,
    "my_response_type": "Accept",
    "sensitivity": "Normal",
    "importance": "Normal",
    "categories": (),
    "body": None,
    "body_type": "HTML",
    "required_attendees": (),    # each {"name", "email_address", "response_type", "last_response_time"}
    "optional_attendees": (),
    "resources": (),
    "when": None,
    "uid": None,
    "appointment_reply_time": None,
    "appointment_sequence_number": 0,
    "conference_type": 0,
    "allow_new_time_proposal": True,
    "is_online_meeting": False,
    "meeting_workspace_url": None,
    "net_show_url": None,
    "join_online_meeting_url": None,
    "in_reply_to": None,
    "is_submitted": False,
    "is_draft": False,
    "is_from_me": False,
    "is_resend": False,
    "is_unmodified": False,
    "is_associated": False,
    "reminder_is_set": False,
    "reminder_minutes_before_start": 15,
    "has_attachments": False,    # true by itself when there are any
    "attachments": (),           # each {"name", "content_type", "content_id", "content_location", "size", "last_modified_time",
                                 # "is_inline", "is_item"}
    "headers": (),               # each {"name", "value"}
    "effective_rights": ("Read",),
    "enhanced_location": None,   # {"display_name", "annotation", "address": {"street", "city", …}}
    "series_on_meetings": False,  # meetings of the series show what Exchange shows of its master alone
    "without": (),               # elements that are left out, as if Exchange did not know the property of this item
    "culture": "en-US",
    "datetime_created": None,    # None: the moment the entry was put into the store
    "last_modified_name": None,
}
_MOMENTS = ("appointment_reply_time", "datetime_created")


def moment(value):
    """A moment from JSON (text) or TOML (a datetime, which must carry its offset)."""
    if isinstance(value, datetime.datetime):
        value = value.isoformat()
    return parse_timestamp(value)


def from_json(data):
    """The fields of an item from JSON or TOML; ValueError with a sentence for one we do not know."""
    unknown = set(data) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"unknown item field {', '.join(sorted(unknown))}")
    return {name: moment(value) if name in _MOMENTS and value is not None else value for name, value in data.items()}


def to_json(value):
    """The reverse for one value."""
    return value.isoformat() if isinstance(value, datetime.datetime) else value
