/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_SHAPES_H
#define ROOMCAL_CALENDAR_SHAPES_H

/*
 * shapes — the members of the JSON objects that stand for structures of EWS
 *
 * Their keys are the attributes of exchangelib's classes. Each table ends in a row without a key.
 */

#include "calendar/render_value.h"

extern const struct value_member shape_id[];       /* ItemId and its like */
extern const struct value_member shape_mailbox[];  /* what has a Mailbox: Organizer */
extern const struct value_member shape_attendee[]; /* Attendee */
extern const struct value_member
    shape_attachment[];                        /* ItemAttachment, and FileAttachment's part of it */
extern const struct value_member shape_file[]; /* the rest of FileAttachment */
extern const struct value_member shape_header[];       /* InternetMessageHeader */
extern const struct value_member shape_body[];         /* Body, UniqueBody */
extern const struct value_member shape_rights[];       /* EffectiveRights */
extern const struct value_member shape_occurrence[];   /* FirstOccurrence, Occurrence */
extern const struct value_member shape_deleted[];      /* DeletedOccurrence */
extern const struct value_member shape_meeting[];      /* a CalendarItem beside another one */
extern const struct value_member shape_meeting_time[]; /* the same, when it may be private */
extern const struct value_member shape_location[];     /* EnhancedLocation */

/* A structure that is told by its element's name: Recurrence has one of each list. */
struct shape_choice {
    const char *element; /* NULL behind the last */
    const struct value_member *members;
};

extern const struct shape_choice shape_patterns[];
extern const struct shape_choice shape_boundaries[];

#endif
