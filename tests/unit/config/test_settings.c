/* SPDX-License-Identifier: MIT */
/*
 * The table, .env.example, README.md and the man page say the same. Runs in the source tree's root.
 */
#include "config/settings.h"

#include <inttypes.h>

#include "base/buf.h"
#include "config/dotenv.h"
#include "config/fixture.h"

#define EXAMPLE  ".env.example"
#define MAN_PAGE "man/roomcal.env.5.scd"
#define README   "README.md"

struct row {
    const char *key;
    const char *kind;
    const char *fallback;
    int64_t minimum;
    int64_t maximum;
    const char *unit;
    const char *manual;
};

#define ROW(key_, kind_, member_, fallback_, minimum_, maximum_, unit_, manual_)                   \
    {#key_, #kind_, (fallback_), (minimum_), (maximum_), (unit_), (manual_)},
static const struct row rows[] = {SETTINGS(ROW)};
#undef ROW

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct buf file_text(const char *path)
{
    struct buf text = BUF_INIT(1u << 20);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    char *to = buf_reserve(&text, 1u << 16);
    assert_non_null(to);
    buf_grown(&text, fread(to, 1, 1u << 16, file));
    assert_int_equal(fclose(file), 0);
    return text;
}

static void assert_holds(const char *path, const struct buf *text, const struct buf *expected)
{
    assert_int_equal(buf_error(expected), 0);
    if (!strstr(buf_text(text), buf_text(expected)))
        fail_msg("%s lacks:\n%s", path, buf_text(expected));
}

static void the_example_has_every_row_with_its_default(void **state)
{
    struct buf text = file_text(EXAMPLE);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf expected = BUF_INIT(4096);
        bool is_active = i < 5; /* those of the old service, and the server */
        buf_printf(&expected, "\n# %s\n%s%s=", rows[i].manual, is_active ? "" : "#", rows[i].key);
        if (!is_active)
            buf_printf(&expected, "%s\n", rows[i].fallback);
        assert_holds(EXAMPLE, &text, &expected);
        buf_finish(&expected);
    }
    buf_finish(&text);
}

/* "Default: 300. From 1 to 604800 seconds." */
static void append_default(struct buf *text, const struct row *row)
{
    bool is_optional = row->fallback && !*row->fallback;

    if (!row->fallback)
        buf_append_text(text, "Has to be set.");
    else
        buf_printf(text, "Default: %s.", is_optional ? "none" : row->fallback);
    if (strcmp(row->kind, "NUMBER") == 0)
        buf_printf(text, " From %" PRId64 " to %" PRId64 " %s.", row->minimum, row->maximum,
                   row->unit);
}

/* The part of the man page from the row's heading to the next one; the caller frees it. */
static char *man_entry(const struct buf *page, const char *key)
{
    char heading[64];

    (void)snprintf(heading, sizeof heading, "\n\n*%s*\n\t", key);
    const char *begin = strstr(buf_text(page), heading);
    if (!begin)
        fail_msg("%s lacks %s", MAN_PAGE, key);
    const char *after = begin + strlen(heading);
    const char *end = strstr(after, "\n\n*");
    return strndup(begin, end ? (size_t)(end - begin) : strlen(begin));
}

static void the_man_page_has_every_row_with_its_default(void **state)
{
    struct buf page = file_text(MAN_PAGE);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *entry = man_entry(&page, rows[i].key);
        struct buf ending = BUF_INIT(4096);
        buf_append_text(&ending, "\n\t");
        append_default(&ending, &rows[i]);
        if (!strstr(entry, rows[i].manual) || !strstr(entry, buf_text(&ending)))
            fail_msg("%s says of %s:\n%s\nbut not \"%s\" and \"%s\"", MAN_PAGE, rows[i].key, entry,
                     rows[i].manual, buf_text(&ending) + 2);
        buf_finish(&ending);
        free(entry);
    }
    buf_finish(&page);
}

static void the_readme_has_every_row_with_its_default(void **state)
{
    struct buf text = file_text(README);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf expected = BUF_INIT(4096);
        const char *fallback = rows[i].fallback;
        buf_printf(&expected, "\n| `%s` | ", rows[i].key);
        if (!fallback)
            buf_append_text(&expected, "**must be set**");
        else if (*fallback)
            buf_printf(&expected, "`%s`", fallback);
        buf_printf(&expected, " | %s |\n", rows[i].manual);
        assert_holds(README, &text, &expected);
        buf_finish(&expected);
    }
    buf_finish(&text);
}

static const char *nothing(const char *name)
{
    (void)name;
    return NULL;
}

static void the_example_holds_nothing_else(void **state)
{
    struct buf text = file_text(EXAMPLE);
    struct dotenv dotenv = {0};

    (void)state;
    assert_int_equal(dotenv_parse((struct slice){text.bytes, text.length}, nothing, &dotenv), 0);
    assert_int_equal(dotenv.bad_count, 0);
    assert_int_equal(dotenv.count, 5);
    for (size_t i = 0; i < dotenv.count; i++)
        assert_string_equal(dotenv.entries[i].name, rows[i].key);
    dotenv_finish(&dotenv);
    buf_finish(&text);
}

/* Makes settings of the commented ones: "#KEY=" → " KEY=". */
static void uncomment(struct buf *text)
{
    for (size_t i = 0; i + 1 < text->length; i++) {
        bool at_begin = i == 0 || text->bytes[i - 1] == '\n';
        if (at_begin && text->bytes[i] == '#' && text->bytes[i + 1] >= 'A' &&
            text->bytes[i + 1] <= 'Z')
            text->bytes[i] = ' ';
    }
}

static struct config *loaded(const struct buf *text)
{
    char path[] = "/tmp/roomcal-settings-XXXXXX";
    struct config *config = NULL;
    struct mistakes mistakes = {0};
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text->bytes, text->length), text->length);
    assert_int_equal(close(fd), 0);
    int result = config_load(path, NULL, &config, &mistakes);
    assert_int_equal(unlink(path), 0);
    if (result)
        fail_msg("%s", mistakes.count ? mistakes.sentences[0] : "no memory");
    return config;
}

static void the_example_works_and_its_comments_are_the_defaults(void **state)
{
    struct buf text = file_text(EXAMPLE);

    (void)state;
    fixture_clear_environment();
    struct config *as_it_is = loaded(&text);
    uncomment(&text);
    struct config *uncommented = loaded(&text);
    assert_string_equal(as_it_is->username, "EXAMPLE\\roomreader");
    assert_int_equal(as_it_is->room_count, 2);
    assert_int_equal(uncommented->window_start.at_utc, as_it_is->window_start.at_utc);
    assert_int_equal(uncommented->item_count, as_it_is->item_count);
    assert_int_equal(uncommented->cold_wait_s, as_it_is->cold_wait_s);
    assert_true(uncommented->item_fields_line > 0);
    config_destroy(as_it_is);
    config_destroy(uncommented);
    buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_has_every_row_with_its_default),
        cmocka_unit_test(the_example_holds_nothing_else),
        cmocka_unit_test(the_example_works_and_its_comments_are_the_defaults),
        cmocka_unit_test(the_man_page_has_every_row_with_its_default),
        cmocka_unit_test(the_readme_has_every_row_with_its_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
