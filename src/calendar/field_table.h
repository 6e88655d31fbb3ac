/* SPDX-License-Identifier: MIT */
/*
 * field_table — one row per attribute: exchangelib 4.9's CalendarItem, what Exchange 2013 added, and
 * the three of the service we replace
 *
 *     FIELD(name, prefix, element, part, kind, source, since)
 *         name      exchangelib's attribute name, without its leading underscore
 *         prefix    of the FieldURI; the FieldURI is prefix ":" element
 *         element   the child of t:CalendarItem that carries it
 *         part      where the value is below that element, see calendar/item.h
 *         kind      enum field_kind, without FIELD_
 *         source    enum field_source, without FIELD_
 *         since     the first Exchange whose schema has it
 *     PROPERTY(name, tag, kind, since)
 *         the same for an extended property: a t:ExtendedProperty with its t:Value
 *
 * Which properties FindItem returns is taken from the CanFind flags of Microsoft's EWS Managed API.
 * A row here is a row in docs/fields.md; a test compares them. No include guard: every includer
 * defines the two macros as it needs, this file undefines them.
 */

/* The names of the service we replace. */
FIELD("title", "item", "Subject", "", TEXT, FIND, 2007)
FIELD("organizer_name", "calendar", "Organizer", "Mailbox/Name", LABEL, FIND, 2007)
PROPERTY("organizer_email", "0x5D02", ADDRESS, 2007)

/* item:, by FindItem. */
FIELD("id", "item", "ItemId", "@Id", TEXT, FIND, 2007)
FIELD("changekey", "item", "ItemId", "@ChangeKey", TEXT, FIND, 2007)
FIELD("parent_folder_id", "item", "ParentFolderId", "", ID, FIND, 2007)
FIELD("item_class", "item", "ItemClass", "", TEXT, FIND, 2007)
FIELD("subject", "item", "Subject", "", TEXT, FIND, 2007)
FIELD("sensitivity", "item", "Sensitivity", "", ENUM, FIND, 2007)
FIELD("datetime_received", "item", "DateTimeReceived", "", DATETIME, FIND, 2007)
FIELD("size", "item", "Size", "", INT, FIND, 2007)
FIELD("categories", "item", "Categories", "String", TEXT_LIST, FIND, 2007)
FIELD("importance", "item", "Importance", "", ENUM, FIND, 2007)
FIELD("in_reply_to", "item", "InReplyTo", "", TEXT, FIND, 2007)
FIELD("is_submitted", "item", "IsSubmitted", "", BOOL, FIND, 2007)
FIELD("is_draft", "item", "IsDraft", "", BOOL, FIND, 2007)
FIELD("is_from_me", "item", "IsFromMe", "", BOOL, FIND, 2007)
FIELD("is_resend", "item", "IsResend", "", BOOL, FIND, 2007)
FIELD("is_unmodified", "item", "IsUnmodified", "", BOOL, FIND, 2007)
FIELD("datetime_sent", "item", "DateTimeSent", "", DATETIME, FIND, 2007)
FIELD("datetime_created", "item", "DateTimeCreated", "", DATETIME, FIND, 2007)
FIELD("reminder_due_by", "item", "ReminderDueBy", "", DATETIME, FIND, 2007)
FIELD("reminder_is_set", "item", "ReminderIsSet", "", BOOL, FIND, 2007)
FIELD("reminder_minutes_before_start", "item", "ReminderMinutesBeforeStart", "", INT, FIND, 2007)
FIELD("display_cc", "item", "DisplayCc", "", TEXT, FIND, 2007)
FIELD("display_to", "item", "DisplayTo", "", TEXT, FIND, 2007)
FIELD("has_attachments", "item", "HasAttachments", "", BOOL, FIND, 2007)
FIELD("culture", "item", "Culture", "", TEXT, FIND, 2007)
FIELD("effective_rights", "item", "EffectiveRights", "", RIGHTS, FIND, 2007)
FIELD("last_modified_name", "item", "LastModifiedName", "", TEXT, FIND, 2007)
FIELD("last_modified_time", "item", "LastModifiedTime", "", DATETIME, FIND, 2007)
FIELD("is_associated", "item", "IsAssociated", "", BOOL, FIND, 2010)
FIELD("web_client_read_form_query_string", "item", "WebClientReadFormQueryString", "", TEXT, FIND,
      2010)
FIELD("web_client_edit_form_query_string", "item", "WebClientEditFormQueryString", "", TEXT, FIND,
      2010)
FIELD("conversation_id", "item", "ConversationId", "", ID, FIND, 2010)

/* calendar:, by FindItem; but for organizer, of which FindItem gives the name alone. */
FIELD("uid", "calendar", "UID", "", TEXT, FIND, 2007)
FIELD("recurrence_id", "calendar", "RecurrenceId", "", DATETIME, FIND, 2007)
FIELD("start", "calendar", "Start", "", START, FIND, 2007)
FIELD("end", "calendar", "End", "", END, FIND, 2007)
FIELD("is_all_day", "calendar", "IsAllDayEvent", "", BOOL, FIND, 2007)
FIELD("legacy_free_busy_status", "calendar", "LegacyFreeBusyStatus", "", ENUM, FIND, 2007)
FIELD("location", "calendar", "Location", "", LABEL, FIND, 2007)
FIELD("when", "calendar", "When", "", TEXT, FIND, 2007)
FIELD("is_meeting", "calendar", "IsMeeting", "", BOOL, FIND, 2007)
FIELD("is_cancelled", "calendar", "IsCancelled", "", BOOL, FIND, 2007)
FIELD("is_recurring", "calendar", "IsRecurring", "", BOOL, FIND, 2007)
FIELD("meeting_request_was_sent", "calendar", "MeetingRequestWasSent", "", BOOL, FIND, 2007)
FIELD("is_response_requested", "calendar", "IsResponseRequested", "", BOOL, FIND, 2007)
FIELD("type", "calendar", "CalendarItemType", "", ENUM, FIND, 2007)
FIELD("my_response_type", "calendar", "MyResponseType", "", ENUM, FIND, 2007)
FIELD("organizer", "calendar", "Organizer", "", MAILBOX, GET, 2007)
FIELD("duration", "calendar", "Duration", "", TEXT, FIND, 2007)
FIELD("appointment_reply_time", "calendar", "AppointmentReplyTime", "", DATETIME, FIND, 2007)
FIELD("appointment_state", "calendar", "AppointmentState", "", STATE, FIND, 2007)
FIELD("conference_type", "calendar", "ConferenceType", "", INT, FIND, 2007)
FIELD("allow_new_time_proposal", "calendar", "AllowNewTimeProposal", "", BOOL, FIND, 2007)
FIELD("is_online_meeting", "calendar", "IsOnlineMeeting", "", BOOL, FIND, 2007)
FIELD("meeting_workspace_url", "calendar", "MeetingWorkspaceUrl", "", TEXT, FIND, 2007)
FIELD("net_show_url", "calendar", "NetShowUrl", "", TEXT, FIND, 2007)
FIELD("start_timezone", "calendar", "StartTimeZone", "", TIMEZONE, FIND, 2010)
FIELD("end_timezone", "calendar", "EndTimeZone", "", TIMEZONE, FIND, 2010)
FIELD("join_online_meeting_url", "calendar", "JoinOnlineMeetingUrl", "", TEXT, FIND, 2013)
FIELD("enhanced_location", "calendar", "EnhancedLocation", "", LOCATION, FIND, 2013)

/* item:, by GetItem alone. */
FIELD("mime_content", "item", "MimeContent", "", TEXT, GET, 2007)
FIELD("text_body", "item", "TextBody", "", TEXT, GET, 2013)
FIELD("body", "item", "Body", "", BODY, GET, 2007)
FIELD("unique_body", "item", "UniqueBody", "", BODY, GET, 2010)
FIELD("attachments", "item", "Attachments", "", ATTACHMENTS, GET, 2007)
FIELD("headers", "item", "InternetMessageHeaders", "", HEADERS, GET, 2007)
FIELD("response_objects", "item", "ResponseObjects", "", RESPONSES, GET, 2007)

/* calendar:, by GetItem alone. */
FIELD("original_start", "calendar", "OriginalStart", "", DATETIME, GET, 2007)
FIELD("required_attendees", "calendar", "RequiredAttendees", "", ATTENDEES, GET, 2007)
FIELD("optional_attendees", "calendar", "OptionalAttendees", "", ATTENDEES, GET, 2007)
FIELD("resources", "calendar", "Resources", "", ATTENDEES, GET, 2007)
FIELD("conflicting_meeting_count", "calendar", "ConflictingMeetingCount", "", INT, GET, 2007)
FIELD("adjacent_meeting_count", "calendar", "AdjacentMeetingCount", "", INT, GET, 2007)
FIELD("conflicting_meetings", "calendar", "ConflictingMeetings", "", MEETINGS, GET, 2007)
FIELD("adjacent_meetings", "calendar", "AdjacentMeetings", "", MEETINGS, GET, 2007)
FIELD("appointment_sequence_number", "calendar", "AppointmentSequenceNumber", "", INT, GET, 2007)
FIELD("recurrence", "calendar", "Recurrence", "", RECURRENCE, GET, 2007)
FIELD("first_occurrence", "calendar", "FirstOccurrence", "", OCCURRENCE, GET, 2007)
FIELD("last_occurrence", "calendar", "LastOccurrence", "", OCCURRENCE, GET, 2007)
FIELD("modified_occurrences", "calendar", "ModifiedOccurrences", "", OCCURRENCES, GET, 2007)
FIELD("deleted_occurrences", "calendar", "DeletedOccurrences", "", DELETED, GET, 2007)
FIELD("meeting_timezone", "calendar", "MeetingTimeZone", "", TIMEZONE, GET, 2007)

#undef FIELD
#undef PROPERTY
