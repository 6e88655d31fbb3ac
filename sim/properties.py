# SPDX-License-Identifier: MIT
"""The properties of a calendar item: one row each, in the order in which the schema wants their elements.

A row says the FieldURI, the element, who writes it, where the value comes from, and in which operations and since which
schema version it may be asked for.  To support another property is to add a row.  A row whose value is None is answered with
nothing, as Exchange does for a property that is not set.
"""
import typing

import details
import ids
import timezones
from writers import (attachments, attendees, body, boolean, deleted_occurrences, empty_elements, enhanced_location, headers,
                     identity, meeting_time_zone, meetings, mime_content, moment, occurrence, occurrences, organizer, plain,
                     recurrence, rights, strings, text, text_body, time_zone, without_tags, xml)
from xmltext import cut, duration, escape

# Schema versions, in order; a row says from which on it exists.
V2007, V2010, V2013, V2016 = range(4)

FIND, GET = True, False           # may FindItem return it, or GetItem only
DEFAULT = True                    # part of BaseShape Default


class Property(typing.NamedTuple):
    uri: str
    element: str
    write: typing.Callable        # (element, value, shape) -> XML, see writers.py
    value: typing.Callable        # (occurrence) -> value, None for "not set"
    find: bool = FIND
    default: bool = False
    since: int = V2007

    def render(self, occurrence, shape):
        value = None if self.element in occurrence.without else self.value(occurrence)
        return "" if value is None else self.write(self.element, value, shape)


# Values: (occurrence) -> value

def field(name):
    """A stored field; an empty list counts as not set, because EWS's arrays may not be empty."""
    def value(occurrence):
        found = occurrence.get(name)
        return None if found == () or found == [] else found
    return value


def NONE(_occurrence):
    return None


def _organizer(o):
    name, address = o.get("organizer_name"), o.get("organizer_email")
    return None if name is None and address is None else (name, address)


def _item_class(o):
    return {"Occurrence": "IPM.Appointment.Occurrence",
            "Exception": "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"}.get(o.kind, "IPM.Appointment")


def _parent(o):
    room = o.room
    return ids.folder_id(room.mailbox, room.number, "calendar"), ids.change_key(room.mailbox, "calendar")


def _body(o):
    content = o.get("body")
    return None if content is None else (o.get("body_type"), content)


def _text_body(o):
    content = o.get("body")
    return without_tags(content) if content is not None and o.get("body_type") == "HTML" else content


def _display(name):
    """DisplayTo and DisplayCc: the names of the attendees, joined as Outlook shows them."""
    def value(o):
        return "; ".join(one.get("name") or one.get("email_address") or "" for one in o.get(name))
    return value


def _state(o):
    """AppointmentState: 1 a meeting, 2 received, 4 cancelled."""
    return 1 * o.get("is_meeting") + 2 * o.get("is_meeting") + 4 * o.get("is_cancelled")


def _has_attachments(o):
    """What is shown within the body does not count."""
    return o.get("has_attachments") or any(not one.get("is_inline") for one in o.get("attachments"))


def _attachments(o):
    """The stored ones, each with an id of its own."""
    return [{**one, "id": ids.change_key("attachment", o.id, number)} for number, one in enumerate(o.get("attachments"))] or None


def _size(o):
    return 4096 + 2 * sum(len(o.get(name) or "") for name in ("subject", "location", "body"))


def _created(o):
    return o.entry.created


def _zone(o):
    return o.get("timezone"), o.get("timezone_id"), o.get("timezone_rules")


def _end_zone(o):
    """That of the start, when none was given."""
    if o.get("end_timezone") is None:
        return _zone(o)
    return o.get("end_timezone"), o.get("end_timezone_id"), o.get("timezone_rules")


def _of_the_master(value):
    """Exchange gives this of a series' master alone, which no view shows; and of its meetings where an item asks for that, so
    that readers can be tried."""
    def of_master(o):
        return value(o) if o.kind == "RecurringMaster" or o.planned is not None and o.get("series_on_meetings") else None
    return of_master


def _online_settings(o):
    return ("<t:LobbyBypass>Disabled</t:LobbyBypass><t:AccessLevel>Everyone</t:AccessLevel><t:Presenters>Everyone</t:Presenters>"
            if o.get("is_online_meeting") else None)


def _enhanced_location(o):
    """What is stored, or a display name made of the location."""
    given = o.get("enhanced_location")
    return {"display_name": o.get("location")} if given is None and o.get("location") else given


def _query(view):
    def value(o):
        return f"?ItemID={o.id.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D')}&exvsurl=1&viewmodel={view}"
    return value


def _due(o):
    return o.start


def reviewer(_what):
    return ("Read",)


EXTENDED = "item:ExtendedProperty"  # not a FieldURI: marks where the schema wants extended properties

ROWS = (
    Property("item:MimeContent", "MimeContent", mime_content, details.mime, GET),
    Property("item:ItemId", "ItemId", identity, lambda o: (o.id, o.change_key), FIND, DEFAULT),
    Property("item:ParentFolderId", "ParentFolderId", identity, _parent),
    Property("item:ItemClass", "ItemClass", plain, _item_class),
    Property("item:Subject", "Subject", text, field("subject"), FIND, DEFAULT),
    Property("item:Sensitivity", "Sensitivity", plain, field("sensitivity"), FIND, DEFAULT),
    Property("item:Body", "Body", body, _body, GET, DEFAULT),
    Property("item:Attachments", "Attachments", attachments, _attachments, GET, DEFAULT),
    Property("item:DateTimeReceived", "DateTimeReceived", moment, _created),
    Property("item:Size", "Size", plain, _size),
    Property("item:Categories", "Categories", strings, field("categories")),
    Property("item:Importance", "Importance", plain, field("importance")),
    Property("item:InReplyTo", "InReplyTo", text, field("in_reply_to")),
    Property("item:IsSubmitted", "IsSubmitted", boolean, field("is_submitted")),
    Property("item:IsDraft", "IsDraft", boolean, field("is_draft")),
    Property("item:IsFromMe", "IsFromMe", boolean, field("is_from_me")),
    Property("item:IsResend", "IsResend", boolean, field("is_resend")),
    Property("item:IsUnmodified", "IsUnmodified", boolean, field("is_unmodified")),
    Property("item:InternetMessageHeaders", "InternetMessageHeaders", headers, field("headers"), GET),
    Property("item:DateTimeSent", "DateTimeSent", moment, _created),
    Property("item:DateTimeCreated", "DateTimeCreated", moment, _created),
    Property("item:ResponseObjects", "ResponseObjects", empty_elements, details.responses, GET),
    Property("item:ReminderDueBy", "ReminderDueBy", moment, _due),
    Property("item:ReminderIsSet", "ReminderIsSet", boolean, field("reminder_is_set")),
    Property("item:ReminderMinutesBeforeStart", "ReminderMinutesBeforeStart", plain, field("reminder_minutes_before_start")),
    Property("item:DisplayCc", "DisplayCc", text, _display("optional_attendees")),
    Property("item:DisplayTo", "DisplayTo", text, _display("required_attendees")),
    Property("item:HasAttachments", "HasAttachments", boolean, _has_attachments, FIND, DEFAULT),
    Property(EXTENDED, "ExtendedProperty", xml, NONE),
    Property("item:Culture", "Culture", plain, field("culture")),
    Property("item:EffectiveRights", "EffectiveRights", rights, field("effective_rights")),
    Property("item:LastModifiedName", "LastModifiedName", text, field("last_modified_name")),
    Property("item:LastModifiedTime", "LastModifiedTime", moment, lambda o: o.entry.modified),
    Property("item:IsAssociated", "IsAssociated", boolean, field("is_associated"), since=V2010),
    Property("item:WebClientReadFormQueryString", "WebClientReadFormQueryString", text, _query("ReadMessageItem"), since=V2010),
    Property("item:WebClientEditFormQueryString", "WebClientEditFormQueryString", text, _query("ICalendarItem"), since=V2010),
    Property("item:ConversationId", "ConversationId", identity, lambda o: (ids.change_key(o.uid), ids.change_key(o.uid, 1)),
             since=V2010),
    Property("item:UniqueBody", "UniqueBody", body, _body, GET, since=V2010),
    Property("item:TextBody", "TextBody", text_body, _text_body, GET, since=V2013),
    Property("calendar:UID", "UID", text, lambda o: o.uid),
    Property("calendar:RecurrenceId", "RecurrenceId", moment, lambda o: o.planned),
    Property("calendar:DateTimeStamp", "DateTimeStamp", moment, lambda o: o.entry.modified),
    Property("calendar:Start", "Start", moment, lambda o: o.start, FIND, DEFAULT),
    Property("calendar:End", "End", moment, lambda o: o.end, FIND, DEFAULT),
    Property("calendar:OriginalStart", "OriginalStart", moment, lambda o: o.planned, GET),
    Property("calendar:IsAllDayEvent", "IsAllDayEvent", boolean, field("is_all_day")),
    Property("calendar:LegacyFreeBusyStatus", "LegacyFreeBusyStatus", plain, field("legacy_free_busy_status"), FIND, DEFAULT),
    Property("calendar:Location", "Location", text, field("location"), FIND, DEFAULT),
    Property("calendar:When", "When", text, field("when")),
    Property("calendar:IsMeeting", "IsMeeting", boolean, field("is_meeting")),
    Property("calendar:IsCancelled", "IsCancelled", boolean, field("is_cancelled")),
    Property("calendar:IsRecurring", "IsRecurring", boolean, lambda o: o.kind != "Single"),
    Property("calendar:MeetingRequestWasSent", "MeetingRequestWasSent", boolean, field("meeting_request_was_sent")),
    Property("calendar:IsResponseRequested", "IsResponseRequested", boolean, field("is_response_requested")),
    Property("calendar:CalendarItemType", "CalendarItemType", plain, lambda o: o.kind, FIND, DEFAULT),
    Property("calendar:MyResponseType", "MyResponseType", plain, field("my_response_type")),
    Property("calendar:Organizer", "Organizer", organizer, _organizer, FIND, DEFAULT),
    Property("calendar:RequiredAttendees", "RequiredAttendees", attendees, field("required_attendees"), GET),
    Property("calendar:OptionalAttendees", "OptionalAttendees", attendees, field("optional_attendees"), GET),
    Property("calendar:Resources", "Resources", attendees, field("resources"), GET),
    Property("calendar:ConflictingMeetingCount", "ConflictingMeetingCount", plain,
             lambda o: len(details.conflicting(o)), GET),
    Property("calendar:AdjacentMeetingCount", "AdjacentMeetingCount", plain,
             lambda o: len(details.adjacent(o)), GET),
    Property("calendar:ConflictingMeetings", "ConflictingMeetings", meetings,
             lambda o: details.conflicting(o) or None, GET),
    Property("calendar:AdjacentMeetings", "AdjacentMeetings", meetings,
             lambda o: details.adjacent(o) or None, GET),
    Property("calendar:Duration", "Duration", plain, lambda o: duration(o.end - o.start)),
    Property("calendar:TimeZone", "TimeZone", text,
             lambda o: o.get("timezone_id") or timezones.display_name(o.get("timezone"))),
    Property("calendar:AppointmentReplyTime", "AppointmentReplyTime", moment, field("appointment_reply_time")),
    Property("calendar:AppointmentSequenceNumber", "AppointmentSequenceNumber", plain, field("appointment_sequence_number"), GET),
    Property("calendar:AppointmentState", "AppointmentState", plain, _state),
    Property("calendar:Recurrence", "Recurrence", recurrence, _of_the_master(details.recurrence), GET),
    Property("calendar:FirstOccurrence", "FirstOccurrence", occurrence,
             _of_the_master(details.first_occurrence), GET),
    Property("calendar:LastOccurrence", "LastOccurrence", occurrence,
             _of_the_master(details.last_occurrence), GET),
    Property("calendar:ModifiedOccurrences", "ModifiedOccurrences", occurrences,
             _of_the_master(details.modified_occurrences), GET),
    Property("calendar:DeletedOccurrences", "DeletedOccurrences", deleted_occurrences,
             _of_the_master(details.deleted_occurrences), GET),
    Property("calendar:MeetingTimeZone", "MeetingTimeZone", meeting_time_zone, field("timezone"), GET),
    Property("calendar:StartTimeZone", "StartTimeZone", time_zone, _zone, since=V2010),
    Property("calendar:EndTimeZone", "EndTimeZone", time_zone, _end_zone, since=V2010),
    Property("calendar:ConferenceType", "ConferenceType", plain, field("conference_type")),
    Property("calendar:AllowNewTimeProposal", "AllowNewTimeProposal", boolean, field("allow_new_time_proposal")),
    Property("calendar:IsOnlineMeeting", "IsOnlineMeeting", boolean, field("is_online_meeting")),
    Property("calendar:MeetingWorkspaceUrl", "MeetingWorkspaceUrl", text, field("meeting_workspace_url")),
    Property("calendar:NetShowUrl", "NetShowUrl", text, field("net_show_url")),
    Property("calendar:EnhancedLocation", "EnhancedLocation", enhanced_location, _enhanced_location, since=V2013),
    Property("calendar:JoinOnlineMeetingUrl", "JoinOnlineMeetingUrl", text, field("join_online_meeting_url"), since=V2013),
    Property("calendar:OnlineMeetingSettings", "OnlineMeetingSettings", xml, _online_settings, since=V2013),
)
BY_URI = {row.uri: row for row in ROWS if row.uri != EXTENDED}

# MAPI properties by (tag, type): the organizer's address, which FindItem gives in no other way.
ORGANIZER_ADDRESS = (0x5D02, "String")
MAPI = {
    ORGANIZER_ADDRESS: field("organizer_email"),
    (0x0037, "String"): field("subject"),
}


def extended(attributes, source):
    """The row of one ExtendedFieldURI that somebody asked for; `source` gives its value, None when there is none."""
    def write(_element, value, shape):
        shown = escape(cut(value)) if shape.find else escape(value)
        return f"<t:ExtendedProperty><t:ExtendedFieldURI {attributes}/><t:Value>{shown}</t:Value></t:ExtendedProperty>"
    return Property(f"extended {attributes}", "ExtendedProperty", write, source)
