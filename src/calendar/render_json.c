/* SPDX-License-Identifier: MIT */
#include "calendar/render_json.h"

#include "base/datetime.h"
#include "base/json.h"
#include "calendar/branch.h"
#include "calendar/shapes.h"

/* What all fields of one item share. */
struct rendering {
    const struct field_plan *plan;
    const struct item *item;
    const struct item_span *span;
    const struct item_days *days;
    struct timezones *zones;
    struct json json;
    int error; /* the first failure that is not json's */
};

/* One field: its choice, what its kind says, and the element that carries it. */
struct chosen {
    const struct field_choice *choice;
    const struct shape *shape;
    struct branch branch; /* without leaves where the item lacks the element */
};

typedef void render(struct rendering *rendering, const struct chosen *chosen);

/* How a kind is written; what a row does not need it leaves out. */
struct shape {
    render *render;
    enum value_kind value;              /* of render_single */
    bool always;                        /* null is not its value for a missing element */
    const struct value_member *members; /* of the object, or of each one of the list */
    const char *element;                /* of each one of the list */
};

static const struct timezone *local(const struct rendering *rendering)
{
    return timezones_local(rendering->zones);
}

/* ---- single values --------------------------------------------------------------------------- */

static void put_value(struct rendering *rendering, const struct chosen *chosen,
                      enum value_kind kind)
{
    const struct value_member member = {chosen->choice->key, chosen->choice->field->part, kind};

    render_value(&chosen->branch, &member, local(rendering), &rendering->json);
}

static void render_single(struct rendering *rendering, const struct chosen *chosen)
{
    put_value(rendering, chosen, chosen->shape->value);
}

static void put_date(struct rendering *rendering, const struct chosen *chosen, int64_t utc)
{
    char text[DATETIME_TEXT_SIZE];

    json_put_text(&rendering->json, chosen->choice->key, (struct slice){text, date_iso(utc, text)});
}

static void render_start(struct rendering *rendering, const struct chosen *chosen)
{
    if (rendering->span->all_day)
        put_date(rendering, chosen, rendering->days->first_utc);
    else
        put_value(rendering, chosen, VALUE_DATETIME);
}

static void render_end(struct rendering *rendering, const struct chosen *chosen)
{
    if (rendering->span->all_day)
        put_date(rendering, chosen, rendering->days->last_utc);
    else
        put_value(rendering, chosen, VALUE_DATETIME);
}

static void render_address(struct rendering *rendering, const struct chosen *chosen)
{
    struct slice address = {0};

    (void)item_organizer_address(rendering->item, rendering->plan, &address);
    json_put_text(&rendering->json, chosen->choice->key, address);
}

/* The name that the zone goes by, or what Exchange calls it; Exchange 2007 had a third place. */
static void render_timezone(struct rendering *rendering, const struct chosen *chosen)
{
    const struct timezone *timezone;
    struct slice name;

    if (!branch_text(&chosen->branch, "@Id", &name) &&
        !branch_text(&chosen->branch, "@Name", &name) &&
        !branch_text(&chosen->branch, "@TimeZoneName", &name)) {
        json_put_null(&rendering->json, chosen->choice->key);
        return;
    }
    int result = timezones_find(rendering->zones, name, &timezone);
    if (result == 0)
        name = slice_of(timezone_name(timezone));
    else if (result < 0)
        rendering->error = result;
    json_put_text(&rendering->json, chosen->choice->key, name);
}

/* ---- lists of words -------------------------------------------------------------------------- */

static void render_text_list(struct rendering *rendering, const struct chosen *chosen)
{
    struct branch child = {0};
    struct slice text;

    json_open_list(&rendering->json, chosen->choice->key);
    while (branch_next(&chosen->branch, &child)) {
        if (slice_is(child.name, chosen->choice->field->part) && branch_text(&child, "", &text))
            json_put_text(&rendering->json, NULL, text);
    }
    json_close(&rendering->json);
}

/* https://learn.microsoft.com/exchange/client-developer/web-service-reference/appointmentstate */
static void render_state(struct rendering *rendering, const struct chosen *chosen)
{
    static const char *const words[] = {"Meeting", "Received", "Canceled"};
    struct slice text = {0};
    int64_t state;

    (void)branch_text(&chosen->branch, "", &text);
    if (!slice_int(slice_trim(text), INT64_MIN, INT64_MAX, &state)) {
        json_put_null(&rendering->json, chosen->choice->key);
        return;
    }
    json_open_list(&rendering->json, chosen->choice->key);
    for (int bit = 0; bit < 3; bit++) {
        if (state & (INT64_C(1) << bit))
            json_put_text(&rendering->json, NULL, slice_of(words[bit]));
    }
    json_close(&rendering->json);
}

/* What may be answered is told by the names of empty elements. */
static void render_responses(struct rendering *rendering, const struct chosen *chosen)
{
    struct branch child = {0};

    json_open_list(&rendering->json, chosen->choice->key);
    while (branch_next(&chosen->branch, &child))
        json_put_text(&rendering->json, NULL, child.name);
    json_close(&rendering->json);
}

/* ---- structures ------------------------------------------------------------------------------ */

static void render_structure(struct rendering *rendering, const struct chosen *chosen)
{
    render_object(chosen->choice->key, &chosen->branch, chosen->shape->members, local(rendering),
                  &rendering->json);
}

static void put_structures(struct rendering *rendering, const struct chosen *chosen,
                           const struct value_member *members)
{
    struct branch child = {0};

    json_open_list(&rendering->json, chosen->choice->key);
    while (branch_next(&chosen->branch, &child)) {
        if (slice_is(child.name, chosen->shape->element))
            render_object(NULL, &child, members, local(rendering), &rendering->json);
    }
    json_close(&rendering->json);
}

static void render_structures(struct rendering *rendering, const struct chosen *chosen)
{
    put_structures(rendering, chosen, chosen->shape->members);
}

/* Exchange does not say which of an item's neighbours are private. */
static void render_meetings(struct rendering *rendering, const struct chosen *chosen)
{
    put_structures(rendering, chosen,
                   rendering->plan->hides_private ? shape_meeting_time : shape_meeting);
}

/* An empty body is none. */
static void render_body(struct rendering *rendering, const struct chosen *chosen)
{
    struct slice text;

    if (branch_text(&chosen->branch, "", &text))
        render_structure(rendering, chosen);
    else
        json_put_null(&rendering->json, chosen->choice->key);
}

static void put_attachments(struct rendering *rendering, const struct branch *all, const char *type,
                            const struct value_member *more)
{
    struct branch child = {0};

    while (branch_next(all, &child)) {
        if (!slice_is(child.name, type))
            continue;
        json_open_map(&rendering->json, NULL);
        json_put_text(&rendering->json, "type", child.name);
        render_members(&child, shape_attachment, local(rendering), &rendering->json);
        if (more)
            render_members(&child, more, local(rendering), &rendering->json);
        json_close(&rendering->json);
    }
}

/* exchangelib puts items before files. */
static void render_attachments(struct rendering *rendering, const struct chosen *chosen)
{
    json_open_list(&rendering->json, chosen->choice->key);
    put_attachments(rendering, &chosen->branch, "ItemAttachment", NULL);
    put_attachments(rendering, &chosen->branch, "FileAttachment", shape_file);
    json_close(&rendering->json);
}

/* The child that is one of the choices, as an object with its "type"; null without one. */
static void put_choice(struct rendering *rendering, const char *key, const struct branch *parent,
                       const struct shape_choice *choices)
{
    struct branch child;

    while (choices->element && !branch_child(parent, choices->element, &child))
        choices++;
    if (!choices->element) {
        json_put_null(&rendering->json, key);
        return;
    }
    json_open_map(&rendering->json, key);
    json_put_text(&rendering->json, "type", child.name);
    render_members(&child, choices->members, local(rendering), &rendering->json);
    json_close(&rendering->json);
}

static void render_recurrence(struct rendering *rendering, const struct chosen *chosen)
{
    json_open_map(&rendering->json, chosen->choice->key);
    put_choice(rendering, "pattern", &chosen->branch, shape_patterns);
    put_choice(rendering, "boundary", &chosen->branch, shape_boundaries);
    json_close(&rendering->json);
}

/* ---- the item -------------------------------------------------------------------------------- */

static const struct shape shapes[] = {
    [FIELD_TEXT] = {render_single, VALUE_TEXT},
    [FIELD_LABEL] = {render_single, VALUE_LABEL, .always = true},
    [FIELD_BOOL] = {render_single, VALUE_BOOL},
    [FIELD_INT] = {render_single, VALUE_INT},
    [FIELD_DATETIME] = {render_single, VALUE_DATETIME},
    [FIELD_START] = {render_start, .always = true},
    [FIELD_END] = {render_end, .always = true},
    [FIELD_ENUM] = {render_single, VALUE_TEXT},
    [FIELD_MAILBOX] = {render_structure, .members = shape_mailbox},
    [FIELD_ADDRESS] = {render_address, .always = true},
    [FIELD_TEXT_LIST] = {render_text_list},
    [FIELD_ID] = {render_structure, .members = shape_id},
    [FIELD_STATE] = {render_state},
    [FIELD_BODY] = {render_body, .members = shape_body},
    [FIELD_ATTENDEES] = {render_structures, .members = shape_attendee, .element = "Attendee"},
    [FIELD_ATTACHMENTS] = {render_attachments, .always = true},
    [FIELD_HEADERS] = {render_structures, .members = shape_header,
                       .element = "InternetMessageHeader"},
    [FIELD_RIGHTS] = {render_structure, .members = shape_rights},
    [FIELD_RESPONSES] = {render_responses},
    [FIELD_RECURRENCE] = {render_recurrence},
    [FIELD_OCCURRENCE] = {render_structure, .members = shape_occurrence},
    [FIELD_OCCURRENCES] = {render_structures, .members = shape_occurrence, .element = "Occurrence"},
    [FIELD_DELETED] = {render_structures, .members = shape_deleted, .element = "DeletedOccurrence"},
    [FIELD_MEETINGS] = {render_meetings, .element = "CalendarItem"},
    [FIELD_TIMEZONE] = {render_timezone},
    [FIELD_LOCATION] = {render_structure, .members = shape_location},
};

static void render_field(struct rendering *rendering, const struct field_choice *choice)
{
    struct chosen chosen = {.choice = choice, .shape = &shapes[choice->field->kind]};

    if (branch_of(rendering->item, choice->element, &chosen.branch) || chosen.shape->always)
        chosen.shape->render(rendering, &chosen);
    else
        json_put_null(&rendering->json, choice->key);
}

int render_json_item(const struct field_plan *plan, const struct item *item,
                     const struct item_span *span, const struct item_days *days,
                     struct timezones *zones, struct buf *out)
{
    struct rendering rendering = {plan, item, span, days, zones, .error = 0};

    json_begin(&rendering.json);
    json_open_map(&rendering.json, NULL);
    for (size_t i = 0; i < plan->choice_count; i++)
        render_field(&rendering, &plan->choices[i]);
    json_close(&rendering.json);
    int error = json_finish(&rendering.json, out);
    return error ? error : rendering.error;
}
