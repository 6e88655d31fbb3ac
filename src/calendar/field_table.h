/* SPDX-License-Identifier: MIT */
/*
 * field_table — one row per attribute of exchangelib's CalendarItem, and the three of the service
 * we replace
 *
 *     FIELD(name, prefix, element, part, kind)
 *         name      exchangelib's attribute name
 *         prefix    of the FieldURI; the FieldURI is prefix ":" element
 *         element   the child of t:CalendarItem that carries it
 *         part      where the value is below that element, see calendar/item.h
 *         kind      enum field_kind, without FIELD_
 *     FIELD_LATER(name)
 *         known, but not to be had by FindItem (or of a shape that has no kind here yet)
 *
 * Which properties FindItem returns is taken from the CanFind flags of Microsoft's EWS Managed API.
 * No include guard: every includer defines the two macros as it needs, this file undefines them.
 */

/* The names of the service we replace. */
FIELD("title", "item", "Subject", "", TEXT)
FIELD("organizer_name", "calendar", "Organizer", "Mailbox/Name", LABEL)
FIELD_LATER("organizer_email")

/* item: */
FIELD("id", "item", "ItemId", "@Id", TEXT)
FIELD("changekey", "item", "ItemId", "@ChangeKey", TEXT)
FIELD("parent_folder_id", "item", "ParentFolderId", "", ID)
FIELD("item_class", "item", "ItemClass", "", TEXT)
FIELD("subject", "item", "Subject", "", TEXT)
FIELD("sensitivity", "item", "Sensitivity", "", ENUM)
FIELD("datetime_received", "item", "DateTimeReceived", "", DATETIME)
FIELD("size", "item", "Size", "", INT)
FIELD("categories", "item", "Categories", "String", TEXT_LIST)
FIELD("importance", "item", "Importance", "", ENUM)
FIELD("in_reply_to", "item", "InReplyTo", "", TEXT)
FIELD("is_submitted", "item", "IsSubmitted", "", BOOL)
FIELD("is_draft", "item", "IsDraft", "", BOOL)
FIELD("is_from_me", "item", "IsFromMe", "", BOOL)
FIELD("is_resend", "item", "IsResend", "", BOOL)
FIELD("is_unmodified", "item", "IsUnmodified", "", BOOL)
FIELD("datetime_sent", "item", "DateTimeSent", "", DATETIME)
FIELD("datetime_created", "item", "DateTimeCreated", "", DATETIME)
FIELD("reminder_due_by", "item", "ReminderDueBy", "", DATETIME)
FIELD("reminder_is_set", "item", "ReminderIsSet", "", BOOL)
FIELD("reminder_minutes_before_start", "item", "ReminderMinutesBeforeStart", "", INT)
FIELD("display_cc", "item", "DisplayCc", "", TEXT)
FIELD("display_to", "item", "DisplayTo", "", TEXT)
FIELD("has_attachments", "item", "HasAttachments", "", BOOL)
FIELD("culture", "item", "Culture", "", TEXT)
FIELD("last_modified_name", "item", "LastModifiedName", "", TEXT)
FIELD("last_modified_time", "item", "LastModifiedTime", "", DATETIME)
FIELD("is_associated", "item", "IsAssociated", "", BOOL)
FIELD("web_client_read_form_query_string", "item", "WebClientReadFormQueryString", "", TEXT)
FIELD("web_client_edit_form_query_string", "item", "WebClientEditFormQueryString", "", TEXT)
FIELD("conversation_id", "item", "ConversationId", "", ID)

/* calendar: */
FIELD("uid", "calendar", "UID", "", TEXT)
FIELD("recurrence_id", "calendar", "RecurrenceId", "", DATETIME)
FIELD("start", "calendar", "Start", "", START)
FIELD("end", "calendar", "End", "", END)
FIELD("is_all_day", "calendar", "IsAllDayEvent", "", BOOL)
FIELD("legacy_free_busy_status", "calendar", "LegacyFreeBusyStatus", "", ENUM)
FIELD("location", "calendar", "Location", "", LABEL)
FIELD("when", "calendar", "When", "", TEXT)
FIELD("is_meeting", "calendar", "IsMeeting", "", BOOL)
FIELD("is_cancelled", "calendar", "IsCancelled", "", BOOL)
FIELD("is_recurring", "calendar", "IsRecurring", "", BOOL)
FIELD("meeting_request_was_sent", "calendar", "MeetingRequestWasSent", "", BOOL)
FIELD("is_response_requested", "calendar", "IsResponseRequested", "", BOOL)
FIELD("type", "calendar", "CalendarItemType", "", ENUM)
FIELD("my_response_type", "calendar", "MyResponseType", "", ENUM)
FIELD("organizer", "calendar", "Organizer", "", MAILBOX)
FIELD("duration", "calendar", "Duration", "", TEXT)
FIELD("appointment_reply_time", "calendar", "AppointmentReplyTime", "", DATETIME)
FIELD("appointment_state", "calendar", "AppointmentState", "", STATE)
FIELD("conference_type", "calendar", "ConferenceType", "", INT)
FIELD("allow_new_time_proposal", "calendar", "AllowNewTimeProposal", "", BOOL)
FIELD("is_online_meeting", "calendar", "IsOnlineMeeting", "", BOOL)
FIELD("meeting_workspace_url", "calendar", "MeetingWorkspaceUrl", "", TEXT)
FIELD("net_show_url", "calendar", "NetShowUrl", "", TEXT)

FIELD_LATER("mime_content")
FIELD_LATER("body")
FIELD_LATER("text_body")
FIELD_LATER("unique_body")
FIELD_LATER("attachments")
FIELD_LATER("headers")
FIELD_LATER("response_objects")
FIELD_LATER("effective_rights")
FIELD_LATER("original_start")
FIELD_LATER("required_attendees")
FIELD_LATER("optional_attendees")
FIELD_LATER("resources")
FIELD_LATER("conflicting_meeting_count")
FIELD_LATER("adjacent_meeting_count")
FIELD_LATER("conflicting_meetings")
FIELD_LATER("adjacent_meetings")
FIELD_LATER("appointment_sequence_number")
FIELD_LATER("recurrence")
FIELD_LATER("first_occurrence")
FIELD_LATER("last_occurrence")
FIELD_LATER("modified_occurrences")
FIELD_LATER("deleted_occurrences")
FIELD_LATER("meeting_timezone")
FIELD_LATER("start_timezone")
FIELD_LATER("end_timezone")

#undef FIELD
#undef FIELD_LATER
