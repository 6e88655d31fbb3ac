/* SPDX-License-Identifier: MIT */
#include "calendar/shapes.h"

#define END                                                                                        \
    {                                                                                              \
        0                                                                                          \
    }

const struct value_member shape_id[] = {
    {"id", "@Id", VALUE_TEXT},
    {"changekey", "@ChangeKey", VALUE_TEXT},
    END,
};

const struct value_member shape_mailbox[] = {
    {"name", "Mailbox/Name", VALUE_TEXT},
    {"email_address", "Mailbox/EmailAddress", VALUE_TEXT},
    END,
};

static const char *const unknown_response[] = {"Unknown", NULL};

const struct value_member shape_attendee[] = {
    {"name", "Mailbox/Name", VALUE_TEXT},
    {"email_address", "Mailbox/EmailAddress", VALUE_TEXT},
    {"response_type", "ResponseType", VALUE_LABEL, .words = unknown_response},
    {"last_response_time", "LastResponseTime", VALUE_DATETIME},
    END,
};

/* ---- attachments, headers, bodies ------------------------------------------------------------ */

static const struct value_member attachment_id[] = {
    {"id", "@Id", VALUE_TEXT},
    {"root_id", "@RootItemId", VALUE_TEXT},
    {"root_changekey", "@RootItemChangeKey", VALUE_TEXT},
    END,
};

const struct value_member shape_attachment[] = {
    {"attachment_id", "AttachmentId", VALUE_OBJECT, .members = attachment_id},
    {"name", "Name", VALUE_TEXT},
    {"content_type", "ContentType", VALUE_TEXT},
    {"content_id", "ContentId", VALUE_TEXT},
    {"content_location", "ContentLocation", VALUE_TEXT},
    {"size", "Size", VALUE_INT},
    {"last_modified_time", "LastModifiedTime", VALUE_DATETIME},
    {"is_inline", "IsInline", VALUE_BOOL},
    END,
};

const struct value_member shape_file[] = {
    {"is_contact_photo", "IsContactPhoto", VALUE_BOOL},
    END,
};

const struct value_member shape_header[] = {
    {"name", "@HeaderName", VALUE_TEXT},
    {"value", "", VALUE_TEXT},
    END,
};

const struct value_member shape_body[] = {
    {"body_type", "@BodyType", VALUE_TEXT},
    {"text", "", VALUE_TEXT},
    END,
};

const struct value_member shape_rights[] = {
    {"create_associated", "CreateAssociated", VALUE_RIGHT},
    {"create_contents", "CreateContents", VALUE_RIGHT},
    {"create_hierarchy", "CreateHierarchy", VALUE_RIGHT},
    {"delete", "Delete", VALUE_RIGHT},
    {"modify", "Modify", VALUE_RIGHT},
    {"read", "Read", VALUE_RIGHT},
    {"view_private_items", "ViewPrivateItems", VALUE_RIGHT},
    END,
};

/* ---- other meetings -------------------------------------------------------------------------- */

const struct value_member shape_occurrence[] = {
    {"id", "ItemId/@Id", VALUE_TEXT},
    {"changekey", "ItemId/@ChangeKey", VALUE_TEXT},
    {"start", "Start", VALUE_DATETIME},
    {"end", "End", VALUE_DATETIME},
    {"original_start", "OriginalStart", VALUE_DATETIME},
    END,
};

const struct value_member shape_deleted[] = {
    {"start", "Start", VALUE_DATETIME},
    END,
};

const struct value_member shape_meeting[] = {
    {"id", "ItemId/@Id", VALUE_TEXT},
    {"changekey", "ItemId/@ChangeKey", VALUE_TEXT},
    {"subject", "Subject", VALUE_TEXT},
    {"start", "Start", VALUE_DATETIME},
    {"end", "End", VALUE_DATETIME},
    {"legacy_free_busy_status", "LegacyFreeBusyStatus", VALUE_TEXT},
    {"location", "Location", VALUE_TEXT},
    END,
};

const struct value_member shape_meeting_time[] = {
    {"start", "Start", VALUE_DATETIME},
    {"end", "End", VALUE_DATETIME},
    {"legacy_free_busy_status", "LegacyFreeBusyStatus", VALUE_TEXT},
    END,
};

/* ---- places ---------------------------------------------------------------------------------- */

static const struct value_member address[] = {
    {"street", "Street", VALUE_TEXT},
    {"city", "City", VALUE_TEXT},
    {"state", "State", VALUE_TEXT},
    {"country", "Country", VALUE_TEXT},
    {"postal_code", "PostalCode", VALUE_TEXT},
    {"post_office_box", "PostOfficeBox", VALUE_TEXT},
    {"type", "Type", VALUE_TEXT},
    {"latitude", "Latitude", VALUE_TEXT},
    {"longitude", "Longitude", VALUE_TEXT},
    {"accuracy", "Accuracy", VALUE_TEXT},
    {"altitude", "Altitude", VALUE_TEXT},
    {"altitude_accuracy", "AltitudeAccuracy", VALUE_TEXT},
    {"formatted_address", "FormattedAddress", VALUE_TEXT},
    {"location_uri", "LocationUri", VALUE_TEXT},
    {"location_source", "LocationSource", VALUE_TEXT},
    END,
};

const struct value_member shape_location[] = {
    {"display_name", "DisplayName", VALUE_TEXT},
    {"annotation", "Annotation", VALUE_TEXT},
    {"address", "PostalAddress", VALUE_OBJECT, .members = address},
    END,
};

/* ---- recurrence ------------------------------------------------------------------------------ */

static const char *const months[] = {"January",  "February", "March",  "April",     "May",
                                     "June",     "July",     "August", "September", "October",
                                     "November", "December", NULL};
static const char *const nths[] = {"First", "Second", "Third", "Fourth", "Last", NULL};
/* The last three stand for a day of the month that is any day, a working day, a Saturday or Sunday. */
static const char *const weekdays[] = {"Monday",  "Tuesday",    "Wednesday", "Thursday",
                                       "Friday",  "Saturday",   "Sunday",    "Day",
                                       "Weekday", "WeekendDay", NULL};

#define INTERVAL                                                                                   \
    {                                                                                              \
        "interval", "Interval", VALUE_INT                                                          \
    }
#define DAY_OF_MONTH                                                                               \
    {                                                                                              \
        "day_of_month", "DayOfMonth", VALUE_INT                                                    \
    }
#define MONTH                                                                                      \
    {                                                                                              \
        "month", "Month", VALUE_WORD, .words = months                                              \
    }
#define WEEKDAY                                                                                    \
    {                                                                                              \
        "weekday", "DaysOfWeek", VALUE_WORD, .words = weekdays                                     \
    }
#define WEEK_NUMBER                                                                                \
    {                                                                                              \
        "week_number", "DayOfWeekIndex", VALUE_WORD, .words = nths                                 \
    }
#define START                                                                                      \
    {                                                                                              \
        "start", "StartDate", VALUE_DATE                                                           \
    }

static const struct value_member daily[] = {INTERVAL, END};
static const struct value_member weekly[] = {
    INTERVAL,
    {"weekdays", "DaysOfWeek", VALUE_WORDS, .words = weekdays},
    {"first_day_of_week", "FirstDayOfWeek", VALUE_WORD, .words = weekdays},
    END,
};
static const struct value_member monthly[] = {INTERVAL, DAY_OF_MONTH, END};
static const struct value_member monthly_nth[] = {INTERVAL, WEEKDAY, WEEK_NUMBER, END};
static const struct value_member yearly[] = {DAY_OF_MONTH, MONTH, END};
static const struct value_member yearly_nth[] = {WEEKDAY, WEEK_NUMBER, MONTH, END};

const struct shape_choice shape_patterns[] = {
    {"DailyRecurrence", daily},
    {"WeeklyRecurrence", weekly},
    {"AbsoluteMonthlyRecurrence", monthly},
    {"RelativeMonthlyRecurrence", monthly_nth},
    {"AbsoluteYearlyRecurrence", yearly},
    {"RelativeYearlyRecurrence", yearly_nth},
    END,
};

static const struct value_member no_end[] = {START, END};
static const struct value_member end_date[] = {START, {"end", "EndDate", VALUE_DATE}, END};
static const struct value_member numbered[] = {
    START,
    {"number", "NumberOfOccurrences", VALUE_INT},
    END,
};

const struct shape_choice shape_boundaries[] = {
    {"NoEndRecurrence", no_end},
    {"EndDateRecurrence", end_date},
    {"NumberedRecurrence", numbered},
    END,
};
