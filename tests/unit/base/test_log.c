/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"

/* Standard error is a pipe while a test runs: a line is one write, so one read gives it back. */
struct capture {
    int saved;
    int reader;
    char line[8192];
};

static int begin(void **state)
{
    static struct capture capture;
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    capture.saved = dup(STDERR_FILENO);
    capture.reader = ends[0];
    (void)dup2(ends[1], STDERR_FILENO);
    (void)close(ends[1]);
    (void)unsetenv("JOURNAL_STREAM");
    *state = &capture;
    return 0;
}

static int end(void **state)
{
    struct capture *capture = *state;

    log_set_level(LOG_LEVEL_INFO);
    (void)dup2(capture->saved, STDERR_FILENO);
    (void)close(capture->saved);
    (void)close(capture->reader);
    return 0;
}

/* The line that was logged. */
static const char *logged(struct capture *capture)
{
    ssize_t length = read(capture->reader, capture->line, sizeof capture->line - 1);

    assert_true(length > 0);
    capture->line[length] = '\0';
    return capture->line;
}

static void until_a_level_is_set_it_is_info(void **state)
{
    log_event(LOG_LEVEL_DEBUG, "quiet", "x=%d", 1);
    log_event(LOG_LEVEL_INFO, "loud", "x=%d", 1);
    assert_string_equal(logged(*state), "event=loud x=1\n");
}

static void an_event_is_one_line(void **state)
{
    log_event(LOG_LEVEL_INFO, "refresh", "rooms=%d reason=\"%s\"", 50, "a b");
    assert_string_equal(logged(*state), "event=refresh rooms=50 reason=\"a b\"\n");
}

static void the_journal_gets_the_priority(void **state)
{
    static const struct {
        enum log_level level;
        const char *line;
    } rows[] = {
        {LOG_LEVEL_ERROR, "<3>event=e x=1\n"},
        {LOG_LEVEL_WARNING, "<4>event=e x=1\n"},
        {LOG_LEVEL_INFO, "<6>event=e x=1\n"},
        {LOG_LEVEL_DEBUG, "<7>event=e x=1\n"},
    };

    (void)setenv("JOURNAL_STREAM", "8:1", 1);
    log_set_level(LOG_LEVEL_DEBUG);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        log_event(rows[i].level, "e", "x=%d", 1);
        assert_string_equal(logged(*state), rows[i].line);
    }
}

static void what_is_below_the_level_is_not_written(void **state)
{
    for (int level = LOG_LEVEL_ERROR; level < LOG_LEVEL_DEBUG; level++) {
        log_set_level((enum log_level)level);
        log_event((enum log_level)(level + 1), "quiet", "x=%d", level);
        log_event((enum log_level)level, "loud", "x=%d", level);
        assert_memory_equal(logged(*state), "event=loud x=", 13);
    }
}

static void a_strangers_text_cannot_forge_a_line(void **state)
{
    log_event(LOG_LEVEL_INFO, "e", "text=\"%s\"", "a\nevent=forged\r\t\x1B[31m\x7F\xC3\xA9");
    assert_string_equal(logged(*state), "event=e text=\"a?event=forged???[31m?\xC3\xA9\"\n");
}

static void a_long_line_is_cut_and_still_one_line(void **state)
{
    char text[5000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_event(LOG_LEVEL_INFO, "e", "text=%s", text);
    const char *line = logged(*state);
    size_t length = strlen(line);
    assert_in_range(length, 2000, 2048);
    assert_ptr_equal(strchr(line, '\n'), line + length - 1);
}

static void a_line_is_whole_characters_and_no_commands_to_a_terminal(void **state)
{
    log_event(LOG_LEVEL_INFO, "start", "a=\xC3\xA4 b=\x1B[m c=\xC2\x9Bm d=\xFF");
    assert_string_equal(logged(*state), "event=start a=\xC3\xA4 b=?[m c=??m d=?\n");
}

static void a_long_name_is_cut_too(void **state)
{
    char name[5000];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    log_event(LOG_LEVEL_INFO, name, "x=%d", 1);
    assert_in_range(strlen(logged(*state)), 2000, 2048);
}

static void a_strangers_text_cannot_leave_its_quotes(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        {"/api/calendar", "/api/calendar"},
        {"x\" status=200 y=\"", "x? status=200 y=?"},
        {"a\nb\x7F", "a?b?"},
        {"\xC3\xA4\xFF\xC3", "\xC3\xA4??"},
        {"\xC2\x9Bm", "??m"}, /* CSI: a command to some terminals */
        {"", ""},
    };
    char value[LOG_VALUE_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(log_value(slice_of(rows[i].text), value), rows[i].value);
}

static void a_strangers_text_is_cut(void **state)
{
    char text[2 * LOG_VALUE_SIZE];
    char value[LOG_VALUE_SIZE];

    (void)state;
    memset(text, 'x', sizeof text);
    (void)log_value((struct slice){text, sizeof text}, value);
    assert_int_equal(strlen(value), LOG_VALUE_SIZE - 1);
}

/* ---- syslog ---------------------------------------------------------------------------------- */

static struct {
    int priority;
    char line[256];
} syslogged;

/* The line is an argument, never the format. */
static void note(int priority, const char *format, va_list arguments)
{
    assert_string_equal(format, "%s");
    syslogged.priority = priority;
    (void)snprintf(syslogged.line, sizeof syslogged.line, "%s", va_arg(arguments, const char *));
}

/* These two stand in for libc's: what is built with optimisation calls the second, which checks its format; clang's
 * headers make the first a macro then. */
#undef syslog
void syslog(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(priority, format, arguments);
    va_end(arguments);
}

void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    note(priority, format, arguments);
    va_end(arguments);
}

static void syslog_gets_the_same_line_and_its_own_priority(void **state)
{
    (void)state;
    (void)setenv("JOURNAL_STREAM", "8:1", 1);
    log_to_syslog("test");
    log_event(LOG_LEVEL_WARNING, "e", "text=\"%s\"", "a\n%d");
    assert_int_equal(syslogged.priority, LOG_WARNING);
    assert_string_equal(syslogged.line, "event=e text=\"a?%d\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strangers_text_cannot_leave_its_quotes),
        cmocka_unit_test(a_strangers_text_is_cut),
        /* The first: nobody has set a level yet. */
        cmocka_unit_test_setup_teardown(until_a_level_is_set_it_is_info, begin, end),
        cmocka_unit_test_setup_teardown(an_event_is_one_line, begin, end),
        cmocka_unit_test_setup_teardown(the_journal_gets_the_priority, begin, end),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_written, begin, end),
        cmocka_unit_test_setup_teardown(a_strangers_text_cannot_forge_a_line, begin, end),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_and_still_one_line, begin, end),
        cmocka_unit_test_setup_teardown(a_line_is_whole_characters_and_no_commands_to_a_terminal,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_long_name_is_cut_too, begin, end),
        /* The last: it is for good. */
        cmocka_unit_test(syslog_gets_the_same_line_and_its_own_priority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
