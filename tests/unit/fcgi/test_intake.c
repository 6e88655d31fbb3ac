/* SPDX-License-Identifier: MIT */
#include "intake.h"

#include <fastcgi.h>
#include <string.h>

#include "unit.h"

#define ID 1

/* Records are written here; a test has no more than this of them, unless it says so. */
#define WIRE_MAX (2 * INTAKE_MAX)

static void put_record(struct buf *wire, int type, int id, struct slice content, int padding)
{
    const char header[] = {FCGI_VERSION_1,
                           (char)type,
                           (char)(id >> 8),
                           (char)id,
                           (char)(content.length >> 8),
                           (char)content.length,
                           (char)padding,
                           0};
    const char zeros[255] = {0};
    buf_append(wire, header, sizeof header);
    buf_append(wire, content.at, content.length);
    buf_append(wire, zeros, (size_t)padding);
}

static void put_begin(struct buf *wire, int id)
{
    static const char body[] = {0, FCGI_RESPONDER, 0, 0, 0, 0, 0, 0};
    put_record(wire, FCGI_BEGIN_REQUEST, id, (struct slice){body, sizeof body}, 0);
}

static void put_params(struct buf *wire, const char *pairs, size_t length)
{
    put_record(wire, FCGI_PARAMS, ID, (struct slice){pairs, length}, 0);
}

static void put_end(struct buf *wire)
{
    put_record(wire, FCGI_PARAMS, ID, (struct slice){0}, 0);
}

/* What comes of it, in parts of so many bytes; `ret`, if given, are the records that were kept. */
static enum intake_state feed(const struct buf *wire, size_t step, struct buf *ret)
{
    struct intake intake;
    intake_init(&intake);
    for (size_t at = 0; at < wire->length; at += step) {
        size_t left = wire->length - at;
        (void)intake_add(&intake, wire->bytes + at, left < step ? left : step);
    }
    enum intake_state state = intake.state;
    if (ret)
        buf_append(ret, intake_records(&intake).at, intake_records(&intake).length);
    intake_finish(&intake);
    return state;
}

static void a_request_is_whole_when_its_parameters_end_however_it_comes(void **state)
{
    static const char pairs[] = "\x03\x01"
                                "ONE1"
                                "\x80\0\0\x03\x80\0\0\0"
                                "TWO";
    struct buf wire = BUF_INIT(WIRE_MAX);
    (void)state;
    put_begin(&wire, ID);
    put_record(&wire, FCGI_PARAMS, ID, (struct slice){pairs, 4}, 255); /* amid a pair */
    put_params(&wire, pairs + 4, sizeof pairs - 1 - 4);
    put_end(&wire);
    size_t whole = wire.length;
    put_record(&wire, FCGI_STDIN, ID, slice_of("a body"), 0);
    for (size_t step = 1; step <= wire.length; step++) {
        struct buf kept = BUF_INIT(WIRE_MAX);
        assert_int_equal(feed(&wire, step, &kept), INTAKE_WHOLE);
        assert_int_equal(kept.length, whole);
        assert_memory_equal(kept.bytes, wire.bytes, whole);
        buf_finish(&kept);
    }
    wire.length = whole;
    for (; wire.length > 0; wire.length--)
        assert_int_equal(feed(&wire, WIRE_MAX, NULL),
                         wire.length == whole ? INTAKE_WHOLE : INTAKE_MORE);
    buf_finish(&wire);
}

static void what_no_web_server_sends_is_refused_at_its_header(void **state)
{
    static const struct {
        int id;
        int type;
        int next_id;
    } rows[] = {
        {0, FCGI_GET_VALUES, 0},
        {ID, FCGI_GET_VALUES, 0},
        {0, FCGI_PARAMS, ID},
        {0, FCGI_BEGIN_REQUEST, 0},
        {ID, FCGI_BEGIN_REQUEST, ID},
        {ID, FCGI_BEGIN_REQUEST, 2},
        {ID, FCGI_PARAMS, 2},
        {ID, FCGI_ABORT_REQUEST, ID},
        {ID, FCGI_STDIN, ID},
        {ID, FCGI_DATA, ID},
        {ID, 99, ID},
        {ID, 0, ID},
        {ID, FCGI_END_REQUEST, ID},
        {ID, FCGI_STDOUT, ID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf wire = BUF_INIT(WIRE_MAX);
        if (rows[i].id)
            put_begin(&wire, rows[i].id);
        put_record(&wire, rows[i].type, rows[i].next_id, slice_of("12345678"), 0);
        wire.length -= 8; /* the content is not waited for */
        assert_int_equal(feed(&wire, WIRE_MAX, NULL), INTAKE_REFUSED);
        buf_finish(&wire);
    }
}

static void another_version_is_refused(void **state)
{
    struct buf wire = BUF_INIT(WIRE_MAX);
    (void)state;
    put_begin(&wire, ID);
    wire.bytes[0] = 2;
    assert_int_equal(feed(&wire, WIRE_MAX, NULL), INTAKE_REFUSED);
    buf_finish(&wire);
}

static void a_begin_of_another_length_is_refused(void **state)
{
    struct buf wire = BUF_INIT(WIRE_MAX);
    (void)state;
    put_record(&wire, FCGI_BEGIN_REQUEST, ID, slice_of("123456789"), 0);
    assert_int_equal(feed(&wire, WIRE_MAX, NULL), INTAKE_REFUSED);
    buf_finish(&wire);
}

static void pairs_that_are_not_whole_are_refused(void **state)
{
    static const struct {
        const char *pairs;
        size_t length;
    } rows[] = {
        {"\x03", 1},             /* no length of the value */
        {"\x80\0\0", 3},         /* a length that is cut */
        {"\x01\x80\0\0", 4},     /* the other one */
        {"\x03\x01ON", 4},       /* a name that is cut */
        {"\x03\x02ONE1", 6},     /* a value that is cut */
        {"\x03\x01ONE1\x01", 7}, /* a second pair that is cut */
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
         "ONE1",
         12}, /* 2 GiB each: a sum of 32 bits overflows */
        {"\xFF\xFF\xFF\xFE\x01"
         "ONE1",
         9},
        {"\x01\xFF\xFF\xFF\xFF"
         "ONE1",
         9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf wire = BUF_INIT(WIRE_MAX);
        put_begin(&wire, ID);
        put_params(&wire, rows[i].pairs, rows[i].length);
        assert_int_equal(feed(&wire, WIRE_MAX, NULL), INTAKE_MORE);
        put_end(&wire);
        assert_int_equal(feed(&wire, WIRE_MAX, NULL), INTAKE_REFUSED);
        buf_finish(&wire);
    }
}

static void a_pair_that_would_become_another_is_refused(void **state)
{
    static const char *const pairs[] = {"\x03\x01"
                                        "O=E1",
                                        "\x03\x01"
                                        "O\0E1",
                                        "\x03\x01"
                                        "ONE\0",
                                        "\x00\x04"
                                        "none"};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf wire = BUF_INIT(WIRE_MAX);
        put_begin(&wire, ID);
        put_params(&wire, pairs[i], 6);
        put_end(&wire);
        assert_int_equal(feed(&wire, WIRE_MAX, NULL), INTAKE_REFUSED);
        buf_finish(&wire);
    }
}

/* BEGIN_REQUEST, one pair with a value of so many bytes, the end. */
static void put_value(struct buf *wire, size_t length)
{
    static const char zeros[UINT16_MAX];
    struct buf pairs = BUF_INIT(WIRE_MAX);
    const char lengths[] = {
        1,  (char)(0x80 | length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length,
        'V'};
    buf_append(&pairs, lengths, sizeof lengths);
    for (size_t i = 0; i < length; i++)
        buf_append_char(&pairs, 'x');
    put_begin(wire, ID);
    for (size_t at = 0; at < pairs.length; at += sizeof zeros) {
        size_t left = pairs.length - at;
        put_params(wire, pairs.bytes + at, left < sizeof zeros ? left : sizeof zeros);
    }
    put_end(wire);
    buf_finish(&pairs);
}

#define LONGEST_VALUE                                                                              \
    (INTAKE_MAX - 16 /* the begin */ - 5 * 8 /* headers */ - 6 /* the lengths and the name */)

static enum intake_state feed_value(size_t length)
{
    struct buf wire = BUF_INIT(WIRE_MAX);
    put_value(&wire, length);
    enum intake_state result = feed(&wire, 8192, NULL);
    buf_finish(&wire);
    return result;
}

static void there_is_an_end_to_parameters(void **state)
{
    (void)state;
    assert_int_equal(feed_value(LONGEST_VALUE), INTAKE_WHOLE);
    assert_int_equal(feed_value(LONGEST_VALUE + 1), INTAKE_REFUSED);
}

static void a_body_behind_the_longest_parameters_does_not_count(void **state)
{
    struct buf wire = BUF_INIT(WIRE_MAX);
    struct buf kept = BUF_INIT(WIRE_MAX);
    (void)state;
    put_value(&wire, LONGEST_VALUE);
    put_record(&wire, FCGI_STDIN, ID, slice_of("a body"), 0);
    assert_int_equal(feed(&wire, WIRE_MAX, &kept), INTAKE_WHOLE);
    assert_int_equal(kept.length, INTAKE_MAX);
    buf_finish(&kept);
    buf_finish(&wire);
}

static void what_was_refused_stays_so(void **state)
{
    struct intake intake;
    struct buf wire = BUF_INIT(WIRE_MAX);
    (void)state;
    put_begin(&wire, ID);
    put_end(&wire);
    intake_init(&intake);
    assert_int_equal(intake_add(&intake, "GET / HTTP/1.1", 14), INTAKE_REFUSED);
    assert_int_equal(intake_add(&intake, wire.bytes, wire.length), INTAKE_REFUSED);
    intake_finish(&intake);
    buf_finish(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_whole_when_its_parameters_end_however_it_comes),
        cmocka_unit_test(what_no_web_server_sends_is_refused_at_its_header),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(a_begin_of_another_length_is_refused),
        cmocka_unit_test(pairs_that_are_not_whole_are_refused),
        cmocka_unit_test(a_pair_that_would_become_another_is_refused),
        cmocka_unit_test(there_is_an_end_to_parameters),
        cmocka_unit_test(a_body_behind_the_longest_parameters_does_not_count),
        cmocka_unit_test(what_was_refused_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
