/* SPDX-License-Identifier: MIT */
#include "refresh/organizers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static void assert_known(struct organizers *organizers, const char *uid, const char *address)
{
    struct slice found;

    assert_int_equal(organizers_find(organizers, slice_of(uid), &found), 0);
    assert_int_equal(found.length, strlen(address));
    assert_memory_equal(found.at, address, found.length);
}

static void assert_unknown(struct organizers *organizers, const char *uid)
{
    struct slice found;

    assert_int_equal(organizers_find(organizers, slice_of(uid), &found), 1);
}

static void add(struct organizers *organizers, const char *uid, const char *address)
{
    assert_int_equal(organizers_add(organizers, slice_of(uid), slice_of(address)), 0);
}

static struct slice memo_of(const struct buf *memo)
{
    return (struct slice){memo->bytes, memo->length};
}

static void what_was_added_is_known(void **state)
{
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    assert_unknown(&organizers, "u1");
    add(&organizers, "u1", "ann@example.org");
    add(&organizers, "u2", "");
    assert_known(&organizers, "u1", "ann@example.org");
    assert_known(&organizers, "u2", "");
    assert_unknown(&organizers, "u3");
    assert_unknown(&organizers, "");
    organizers_finish(&organizers);
}

static void what_is_known_stays(void **state)
{
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    add(&organizers, "u", "ann@example.org");
    add(&organizers, "u", "bob@example.org");
    assert_known(&organizers, "u", "ann@example.org");
    organizers_finish(&organizers);
}

static void thousands_are_kept_apart(void **state)
{
    struct organizers organizers;
    char uid[32];
    char address[64];
    (void)state;

    organizers_init(&organizers);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(uid, sizeof uid, "uid-%d", i);
        (void)snprintf(address, sizeof address, "person%d@example.org", i);
        add(&organizers, uid, address);
    }
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(uid, sizeof uid, "uid-%d", i);
        (void)snprintf(address, sizeof address, "person%d@example.org", i);
        assert_known(&organizers, uid, address);
    }
    organizers_finish(&organizers);
}

static void a_memo_brings_it_all_back(void **state)
{
    struct buf memo = BUF_INIT(1u << 20);
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    add(&organizers, "u1", "ann@example.org");
    add(&organizers, "u2", "");
    assert_int_equal(organizers_write(&organizers, &memo), 0);
    add(&organizers, "u3", "late@example.org");
    assert_int_equal(organizers_read(&organizers, memo_of(&memo)), 0);
    assert_known(&organizers, "u1", "ann@example.org");
    assert_known(&organizers, "u2", "");
    assert_unknown(&organizers, "u3");
    organizers_finish(&organizers);
    buf_finish(&memo);
}

static void what_nobody_asked_for_is_forgotten(void **state)
{
    struct buf memo = BUF_INIT(1u << 20);
    struct buf next = BUF_INIT(1u << 20);
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    add(&organizers, "found", "ann@example.org");
    add(&organizers, "added", "bob@example.org");
    add(&organizers, "gone", "eve@example.org");
    assert_int_equal(organizers_write(&organizers, &memo), 0);
    assert_int_equal(organizers_read(&organizers, memo_of(&memo)), 0);
    assert_known(&organizers, "found", "ann@example.org");
    add(&organizers, "added", "bob@example.org");
    assert_int_equal(organizers_write(&organizers, &next), 0);
    assert_int_equal(organizers_read(&organizers, memo_of(&next)), 0);
    assert_known(&organizers, "found", "ann@example.org");
    assert_known(&organizers, "added", "bob@example.org");
    assert_unknown(&organizers, "gone");
    organizers_finish(&organizers);
    buf_finish(&memo);
    buf_finish(&next);
}

/* So that a refresh that brought nothing new leaves the room's file alone. */
static void the_same_knowledge_gives_the_same_memo(void **state)
{
    struct buf memo = BUF_INIT(1u << 20);
    struct buf other = BUF_INIT(1u << 20);
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    add(&organizers, "u1", "ann@example.org");
    add(&organizers, "u2", "bob@example.org");
    add(&organizers, "u3", "");
    assert_int_equal(organizers_write(&organizers, &memo), 0);
    assert_int_equal(organizers_read(&organizers, slice_of("")), 0);
    add(&organizers, "u3", "");
    add(&organizers, "u2", "bob@example.org");
    add(&organizers, "u1", "ann@example.org");
    assert_int_equal(organizers_write(&organizers, &other), 0);
    assert_int_equal(memo.length, other.length);
    assert_memory_equal(memo.bytes, other.bytes, memo.length);
    organizers_finish(&organizers);
    buf_finish(&memo);
    buf_finish(&other);
}

static void nothing_known_is_no_memo(void **state)
{
    struct buf memo = BUF_INIT(1u << 20);
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    assert_int_equal(organizers_write(&organizers, &memo), 0);
    assert_int_equal(memo.length, 0);
    organizers_finish(&organizers);
    buf_finish(&memo);
}

static void of_a_broken_memo_what_makes_sense_is_taken(void **state)
{
    struct buf memo = BUF_INIT(1u << 20);
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    add(&organizers, "u", "ann@example.org");
    assert_int_equal(organizers_write(&organizers, &memo), 0);
    for (size_t length = 0; length < memo.length; length++) {
        assert_int_equal(organizers_read(&organizers, (struct slice){memo.bytes, length}), 0);
        assert_unknown(&organizers, "u");
    }
    size_t whole = memo.length;
    for (int i = 0; i < 64; i++)
        buf_append_char(&memo, '\xFF'); /* an entry longer than the memo */
    assert_int_equal(organizers_read(&organizers, memo_of(&memo)), 0);
    assert_known(&organizers, "u", "ann@example.org");
    assert_true(memo.length > whole);
    organizers_finish(&organizers);
    buf_finish(&memo);
}

static void an_address_past_the_limit_is_none(void **state)
{
    char address[ORGANIZERS_ADDRESS_MAX + 2];
    struct organizers organizers;
    (void)state;

    memset(address, 'a', sizeof address);
    address[ORGANIZERS_ADDRESS_MAX + 1] = '\0';
    organizers_init(&organizers);
    add(&organizers, "longer", address);
    add(&organizers, "longest", address + 1);
    assert_known(&organizers, "longer", "");
    assert_known(&organizers, "longest", address + 1);
    organizers_finish(&organizers);
}

static void more_than_the_limit_is_refused(void **state)
{
    struct organizers organizers;
    (void)state;

    organizers_init(&organizers);
    organizers.addresses.limit = 4;
    assert_int_equal(organizers_add(&organizers, slice_of("u"), slice_of("a@b.c")), -EOVERFLOW);
    assert_unknown(&organizers, "u");
    organizers_finish(&organizers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_known),
        cmocka_unit_test(what_is_known_stays),
        cmocka_unit_test(thousands_are_kept_apart),
        cmocka_unit_test(a_memo_brings_it_all_back),
        cmocka_unit_test(what_nobody_asked_for_is_forgotten),
        cmocka_unit_test(the_same_knowledge_gives_the_same_memo),
        cmocka_unit_test(nothing_known_is_no_memo),
        cmocka_unit_test(of_a_broken_memo_what_makes_sense_is_taken),
        cmocka_unit_test(an_address_past_the_limit_is_none),
        cmocka_unit_test(more_than_the_limit_is_refused),
    };

    return cmocka_run_group_tests_name("refresh/organizers", tests, NULL, NULL);
}
