/* SPDX-License-Identifier: MIT */
#include "refresh/details.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ews/plan.h"
#include "unit.h"

#define ASKS_FOR_ITEMS
#include "refresh/asker_stubs.h"

/*
 * Exchange is played by an ews_get_items of our own, which takes the library's place: it answers what
 * `world` says, id by id.
 */

#define ITEMS_MAX 200

/* What Exchange says to the question for an item; "" for its details. */
struct answer {
    const char *id;
    const char *code;
};

static struct {
    const struct field_plan *plan;
    struct answer refusals[8]; /* of single items */
    struct answer poison;      /* the whole question fails while this id is in it */
    size_t most; /* the whole question fails with more items than this; 0: any number */
    const char *too_many_code;
    int64_t wait_s;
    bool stops;
    const char *address; /* of every organizer, by GetItem */
    int complaints;      /* so many failures are for too many requests at a time */

    struct buf asked; /* "id id id\n" for each question */
    size_t questions;
    size_t sizes[ITEMS_MAX];
} world;

static const char *refusal_of(struct slice id)
{
    for (size_t i = 0; i < sizeof world.refusals / sizeof world.refusals[0]; i++) {
        if (world.refusals[i].id && slice_is(id, world.refusals[i].id))
            return world.refusals[i].code;
    }
    return NULL;
}

/* Details: the id, a whole location, and perhaps an address. */
static void make_details(struct slice id, struct item *item)
{
    item_clear(item);
    item_add(item, PLAN_ID, slice_of("@Id"), id);
    item_add(item, PLAN_LOCATION, slice_of(""), slice_of("whole"));
    item_add(item, PLAN_ORGANIZER, slice_of("Mailbox/Name"), slice_of("Ann"));
    if (world.address)
        item_add(item, PLAN_ORGANIZER, slice_of("Mailbox/EmailAddress"), slice_of(world.address));
}

static int answer_one(struct slice id, size_t place, ews_take_details *take, void *context)
{
    const char *code = refusal_of(id);
    struct item item;

    if (code) {
        struct ews_details refused = {place, NULL, fault_by_code(slice_of(code)), code};
        return take(context, &refused);
    }
    item_init(&item);
    make_details(id, &item);
    struct ews_details details = {place, &item, NULL, ""};
    int result = take(context, &details);
    item_finish(&item);
    return result;
}

/* Why the whole question fails, at this item; NULL: it does not. */
static const char *question_fails(struct slice id, size_t count)
{
    if (world.most && count > world.most)
        return world.too_many_code;
    return world.poison.id && slice_is(id, world.poison.id) ? world.poison.code : NULL;
}

int ews_get_items(struct ews_client *client, const char *mailbox, const struct slice *ids,
                  size_t count, ews_take_details *on_details, void *context, struct ews_answer *ret)
{
    struct ews_answer answer = {.wait_s = world.wait_s, .stopped = world.stops};

    assert_null(client);
    assert_string_equal(mailbox, "r@example.org");
    world.sizes[world.questions++] = count;
    for (size_t i = 0; i < count; i++)
        buf_printf(&world.asked, "%s%.*s", i ? " " : "", (int)ids[i].length, ids[i].at);
    buf_append_char(&world.asked, '\n');
    for (size_t i = 0; i < count && !answer.fault && !answer.stopped; i++) {
        const char *code = question_fails(ids[i], count);
        if (code)
            answer.fault = fault_by_code(slice_of(code));
        int error = code ? 0 : answer_one(ids[i], i, on_details, context);
        if (error)
            return error;
    }
    *ret = answer;
    return 0;
}

/* The account lets everybody in; `world` says when it complains of too many requests. */

bool account_enter(struct account *account, size_t room, struct account_pass *ret_pass,
                   struct ews_answer *ret_denied)
{
    (void)ret_denied;
    assert_null(account);
    ret_pass->room = room;
    return true;
}

bool account_leave(struct account *account, const struct account_pass *pass,
                   const struct ews_answer *answer)
{
    (void)account;
    (void)pass;
    return answer && answer->fault && world.complaints && world.complaints--;
}

/* ---- who asks ---- */

struct bench {
    struct chosen chosen;
    struct organizers organizers;
    struct details details;
    struct buf shown; /* "id location address version\n" */
    int take_returns;
    struct ews_answer answer;
};

static const char *text_of(const struct item *item, size_t element, const char *path,
                           char text[static 64])
{
    struct slice found = {0};

    (void)item_get(item, element, path, &found);
    (void)snprintf(text, 64, "%.*s", (int)found.length, found.at);
    return text;
}

static int take(void *context, const struct details_item *item)
{
    struct bench *bench = context;
    char id[64];
    char location[64];
    char address[64] = "";
    ptrdiff_t place = bench->chosen.plan.address;

    if (place >= 0)
        (void)text_of(item->item, (size_t)place, "Value", address);
    buf_printf(&bench->shown, "%s %s %s %d\n", text_of(item->item, PLAN_ID, "@Id", id),
               text_of(item->item, PLAN_LOCATION, "", location), address, item->version.bytes[0]);
    return bench->take_returns;
}

/* `field` is the only one in ITEM_FIELDS. */
static void begin(struct bench *bench, const char *field)
{
    buf_finish(&world.asked);
    memset(&world, 0, sizeof world);
    world.wait_s = -1;
    world.asked = BUF_INIT(1u << 20);
    *bench = (struct bench){.shown = BUF_INIT(1u << 20)};
    chosen_add(&bench->chosen, field);
    assert_true(chosen_make(&bench->chosen));
    organizers_init(&bench->organizers);
    details_init(&bench->details, &bench->chosen.plan, &bench->organizers);
}

static void finish(struct bench *bench)
{
    details_finish(&bench->details);
    organizers_finish(&bench->organizers);
    chosen_finish(&bench->chosen);
    buf_finish(&bench->shown);
    buf_finish(&world.asked);
}

/* An item as FindItem gives it; version 7. */
static int add(struct bench *bench, const char *id, const char *uid)
{
    struct details_item found = {.version = {{7}}};
    struct item item;

    item_init(&item);
    item_add(&item, PLAN_ID, slice_of("@Id"), slice_of(id));
    item_add(&item, PLAN_UID, slice_of(""), slice_of(uid));
    item_add(&item, PLAN_LOCATION, slice_of(""), slice_of("cut"));
    found.item = &item;
    int error = details_add(&bench->details, &found);
    item_finish(&item);
    return error;
}

/* i0, i1, …, each a series of its own. */
static void add_many(struct bench *bench, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "i%zu", i);
        assert_int_equal(add(bench, id, id), 0);
    }
}

static int complete(struct bench *bench)
{
    const struct asker asker = {NULL, NULL};
    const struct asker_room room = {0, "r@example.org"};

    buf_clear(&bench->shown);
    return details_complete(&bench->details, &asker, room, take, bench, &bench->answer);
}

static const char *fault_code(const struct bench *bench)
{
    return bench->answer.fault ? bench->answer.fault->code : "";
}

static size_t shown_count(const struct bench *bench)
{
    size_t count = 0;

    for (const char *at = buf_text(&bench->shown); *at; at++)
        count += *at == '\n';
    return count;
}

/* ---- which items ---- */

static void an_item_lacks_what_only_get_item_gives_and_what_may_be_cut(void **state)
{
    char text[ITEM_TEXT_CUT];
    struct bench bench;
    struct item item;
    (void)state;

    memset(text, 'x', sizeof text);
    item_init(&item);
    begin(&bench, "subject");
    assert_false(details_are_lacking(&bench.details, &item));
    item_add(&item, PLAN_SUBJECT, slice_of(""), (struct slice){text, ITEM_TEXT_CUT - 2});
    assert_false(details_are_lacking(&bench.details, &item));
    item_clear(&item);
    item_add(&item, PLAN_SUBJECT, slice_of(""), (struct slice){text, ITEM_TEXT_CUT});
    assert_true(details_are_lacking(&bench.details, &item));
    finish(&bench);
    begin(&bench, "body");
    item_clear(&item);
    assert_true(details_are_lacking(&bench.details, &item));
    finish(&bench);
    item_finish(&item);
}

static void an_address_is_missing_only_where_it_is_wanted(void **state)
{
    struct bench bench;
    struct item item;
    (void)state;

    item_init(&item);
    begin(&bench, "subject");
    assert_true(details_have_address(&bench.details, &item));
    finish(&bench);
    begin(&bench, "organizer_email");
    size_t element = (size_t)bench.chosen.plan.address;
    assert_false(details_have_address(&bench.details, &item));
    item_add(&item, element, slice_of("Value"), slice_of("/O=EXCHANGELABS/CN=ANN"));
    assert_false(details_have_address(&bench.details, &item));
    item_clear(&item);
    item_add(&item, element, slice_of("Value"), slice_of("ann@example.org"));
    assert_true(details_have_address(&bench.details, &item));
    finish(&bench);
    item_finish(&item);
}

static void nothing_that_waits_costs_nothing(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    assert_int_equal(complete(&bench), 0);
    assert_int_equal(world.questions, 0);
    assert_string_equal(fault_code(&bench), "");
    add_many(&bench, 3);
    details_clear(&bench.details);
    assert_int_equal(complete(&bench), 0);
    assert_int_equal(world.questions, 0);
    finish(&bench);
}

static void no_more_than_a_window_of_items_waits(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, DETAILS_MAX);
    assert_int_equal(add(&bench, "more", "more"), -EOVERFLOW);
    finish(&bench);
}

/* ---- asking ---- */

static void details_complete_the_item(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 2);
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(buf_text(&bench.shown), "i0 whole  7\ni1 whole  7\n");
    assert_string_equal(buf_text(&world.asked), "i0 i1\n");
    finish(&bench);
}

static void items_are_asked_for_in_batches(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 2 * DETAILS_BATCH + 1);
    assert_int_equal(complete(&bench), 0);
    assert_int_equal(world.questions, 3);
    assert_int_equal(world.sizes[0], DETAILS_BATCH);
    assert_int_equal(world.sizes[2], 1);
    assert_int_equal(shown_count(&bench), 2 * DETAILS_BATCH + 1);
    finish(&bench);
}

static void with_fewer_requests_at_a_time_the_same_batch_is_asked_for_again(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 3);
    world.poison = (struct answer){"i1", "ErrorExceededConnectionCount"};
    world.complaints = 1;
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(fault_code(&bench), "ErrorExceededConnectionCount");
    assert_string_equal(buf_text(&world.asked), "i0 i1 i2\ni1 i2\n");
    finish(&bench);
}

static void an_item_that_is_gone_is_dropped_alone(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 3);
    world.refusals[0] = (struct answer){"i1", "ErrorItemNotFound"};
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_string_equal(buf_text(&bench.shown), "i0 whole  7\ni2 whole  7\n");
    assert_int_equal(world.questions, 1);
    finish(&bench);
}

static void an_item_that_cannot_be_read_is_shown_as_it_was_found(void **state)
{
    static const char *const codes[] = {"ErrorItemCorrupt", "ErrorMimeContentConversionFailed",
                                        "ErrorVirusDetected"};
    (void)state;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct bench bench;

        begin(&bench, "body");
        add_many(&bench, 2);
        world.refusals[0] = (struct answer){"i0", codes[i]};
        assert_int_equal(complete(&bench), 0);
        assert_string_equal(fault_code(&bench), "");
        assert_string_equal(buf_text(&bench.shown), "i0 cut  0\ni1 whole  7\n");
        finish(&bench);
    }
}

static void a_refused_batch_is_halved_and_grows_again(void **state)
{
    static const size_t sizes[] = {50, 25, 30, 35, 40, 20, 25, 25};
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 160);
    world.most = 39;
    world.too_many_code = "ErrorExceededFindCountLimit";
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_int_equal(shown_count(&bench), 160);
    assert_int_equal(world.questions, sizeof sizes / sizeof sizes[0]);
    for (size_t i = 0; i < world.questions; i++)
        assert_int_equal(world.sizes[i], sizes[i]);
    finish(&bench);
}

static void of_a_stopped_batch_only_the_tail_is_asked_for_again(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 4);
    world.refusals[0] = (struct answer){"i2", "ErrorTimeoutExpired"};
    world.refusals[1] = (struct answer){"i3", "ErrorBatchProcessingStopped"};
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(fault_code(&bench), "ErrorTimeoutExpired");
    assert_string_equal(buf_text(&world.asked), "i0 i1 i2 i3\ni2 i3\ni2\n");
    assert_string_equal(buf_text(&bench.shown), "i0 whole  7\ni1 whole  7\n");
    finish(&bench);
}

static void a_busy_server_gets_smaller_batches_unless_it_names_a_time(void **state)
{
    static const struct {
        int64_t wait_s;
        const char *fault;
        size_t questions;
    } rows[] = {{-1, "", 3}, {30, "ErrorServerBusy", 1}};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;
        begin(&bench, "body");
        add_many(&bench, 4);
        world.most = 2;
        world.too_many_code = "ErrorServerBusy";
        world.wait_s = rows[i].wait_s;
        assert_int_equal(complete(&bench), 0);
        assert_string_equal(fault_code(&bench), rows[i].fault);
        assert_int_equal(world.questions, rows[i].questions);
        finish(&bench);
    }
}

static void an_item_that_is_too_long_for_us_is_found_and_shown_without_details(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 8);
    world.poison = (struct answer){"i5", "reply_text_too_long"};
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(fault_code(&bench), "");
    assert_int_equal(shown_count(&bench), 8);
    assert_non_null(strstr(buf_text(&bench.shown), "i5 cut  7\n"));
    assert_non_null(strstr(buf_text(&bench.shown), "i4 whole  7\n"));
    assert_non_null(strstr(buf_text(&bench.shown), "i6 whole  7\n"));
    finish(&bench);
}

static void other_refusals_are_the_rooms_fault(void **state)
{
    static const char *const codes[] = {"ErrorMailboxMoveInProgress", "ErrorFromTheFuture",
                                        "ErrorInvalidPropertyRequest"};
    (void)state;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct bench bench;
        begin(&bench, "body");
        add_many(&bench, 3);
        world.refusals[0] = (struct answer){"i1", codes[i]};
        assert_int_equal(complete(&bench), 0);
        assert_ptr_equal(bench.answer.fault, fault_by_code(slice_of(codes[i])));
        assert_string_equal(bench.answer.detail, codes[i]);
        assert_int_equal(world.questions, 1);
        finish(&bench);
    }
}

static void stopping_and_errors_end_it(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "body");
    add_many(&bench, 60);
    world.stops = true;
    assert_int_equal(complete(&bench), 0);
    assert_true(bench.answer.stopped);
    assert_int_equal(world.questions, 1);
    world.stops = false;
    add_many(&bench, 60);
    bench.take_returns = -ENOSPC;
    assert_int_equal(complete(&bench), -ENOSPC);
    assert_int_equal(shown_count(&bench), 1);
    finish(&bench);
}

/* ---- addresses ---- */

static void one_of_a_series_tells_the_address_of_all(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "organizer_email");
    world.address = "ann@example.org";
    assert_int_equal(add(&bench, "a1", "A"), 0);
    assert_int_equal(add(&bench, "b1", "B"), 0);
    assert_int_equal(add(&bench, "a2", "A"), 0);
    assert_int_equal(add(&bench, "a3", "A"), 0);
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(buf_text(&world.asked), "a1 b1\n");
    assert_string_equal(buf_text(&bench.shown),
                        "a1 whole ann@example.org 7\nb1 whole ann@example.org 7\n"
                        "a2 cut ann@example.org 7\na3 cut ann@example.org 7\n");
    assert_int_equal(add(&bench, "a4", "A"), 0);
    assert_int_equal(complete(&bench), 0);
    assert_int_equal(world.questions, 1);
    assert_string_equal(buf_text(&bench.shown), "a4 cut ann@example.org 7\n");
    finish(&bench);
}

static void items_without_uid_speak_for_themselves_alone(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "organizer_email");
    assert_int_equal(add(&bench, "a1", ""), 0);
    assert_int_equal(add(&bench, "a2", ""), 0);
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(buf_text(&world.asked), "a1 a2\n");
    finish(&bench);
}

static void no_smtp_address_is_an_answer_too(void **state)
{
    static const char *const addresses[] = {NULL, "/O=EXCHANGELABS/CN=ANN"};
    (void)state;

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct bench bench;
        begin(&bench, "organizer_email");
        world.address = addresses[i];
        assert_int_equal(add(&bench, "a1", "A"), 0);
        assert_int_equal(add(&bench, "a2", "A"), 0);
        assert_int_equal(complete(&bench), 0);
        assert_string_equal(buf_text(&world.asked), "a1\n");
        assert_string_equal(buf_text(&bench.shown), "a1 whole  7\na2 cut  7\n");
        finish(&bench);
    }
}

static void when_the_one_is_gone_the_others_are_asked_for_at_once(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "organizer_email");
    world.address = "ann@example.org";
    world.refusals[0] = (struct answer){"a1", "ErrorItemNotFound"};
    world.refusals[1] = (struct answer){"a2", "ErrorItemNotFound"};
    for (int i = 1; i <= 4; i++)
        assert_int_equal(add(&bench, (char[]){'a', (char)('0' + i), '\0'}, "A"), 0);
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(buf_text(&world.asked), "a1\na2 a3 a4\n");
    assert_int_equal(shown_count(&bench), 2);
    finish(&bench);
}

static void when_the_one_cannot_be_read_the_others_have_no_address(void **state)
{
    struct bench bench;
    (void)state;

    begin(&bench, "organizer_email");
    world.refusals[0] = (struct answer){"a1", "ErrorAccessDenied"};
    assert_int_equal(add(&bench, "a1", "A"), 0);
    assert_int_equal(add(&bench, "a2", "A"), 0);
    assert_int_equal(complete(&bench), 0);
    assert_string_equal(buf_text(&world.asked), "a1\n");
    assert_string_equal(buf_text(&bench.shown), "a1 cut  0\na2 cut  7\n");
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_lacks_what_only_get_item_gives_and_what_may_be_cut),
        cmocka_unit_test(an_address_is_missing_only_where_it_is_wanted),
        cmocka_unit_test(nothing_that_waits_costs_nothing),
        cmocka_unit_test(no_more_than_a_window_of_items_waits),
        cmocka_unit_test(details_complete_the_item),
        cmocka_unit_test(items_are_asked_for_in_batches),
        cmocka_unit_test(with_fewer_requests_at_a_time_the_same_batch_is_asked_for_again),
        cmocka_unit_test(an_item_that_is_gone_is_dropped_alone),
        cmocka_unit_test(an_item_that_cannot_be_read_is_shown_as_it_was_found),
        cmocka_unit_test(a_refused_batch_is_halved_and_grows_again),
        cmocka_unit_test(of_a_stopped_batch_only_the_tail_is_asked_for_again),
        cmocka_unit_test(a_busy_server_gets_smaller_batches_unless_it_names_a_time),
        cmocka_unit_test(an_item_that_is_too_long_for_us_is_found_and_shown_without_details),
        cmocka_unit_test(other_refusals_are_the_rooms_fault),
        cmocka_unit_test(stopping_and_errors_end_it),
        cmocka_unit_test(one_of_a_series_tells_the_address_of_all),
        cmocka_unit_test(items_without_uid_speak_for_themselves_alone),
        cmocka_unit_test(no_smtp_address_is_an_answer_too),
        cmocka_unit_test(when_the_one_is_gone_the_others_are_asked_for_at_once),
        cmocka_unit_test(when_the_one_cannot_be_read_the_others_have_no_address),
    };

    return cmocka_run_group_tests_name("refresh/details", tests, NULL, NULL);
}
