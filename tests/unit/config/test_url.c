/* SPDX-License-Identifier: MIT */
/*
 * What is refused stands in test_endpoint.c, for each setting that holds an address.
 */
#include "config/url.h"

#include <string.h>

#include "unit.h"

static struct url split(const char *text)
{
    struct url url = {0};
    const char *flaw = url_split(slice_of(text), &url);

    if (flaw)
        fail_msg("%s %s", text, flaw);
    return url;
}

static void all_parts_are_found(void **state)
{
    struct url url = split("HTTP://user:a%40b@mail.example.org:8080/path/to");

    (void)state;
    assert_true(url.has_scheme && url.plain && url.has_user && url.has_port);
    assert_true(slice_is(url.user, "user:a%40b"));
    assert_true(slice_is(url.host, "mail.example.org"));
    assert_true(slice_is(url.port, "8080"));
    assert_true(slice_is(url.path, "/path/to"));
}

static void parts_that_are_missing_are_empty(void **state)
{
    struct url url = split("[2001:db8::1]");

    (void)state;
    assert_false(url.has_scheme || url.plain || url.has_user || url.has_port);
    assert_true(slice_is(url.host, "[2001:db8::1]"));
    assert_int_equal(url.user.length + url.port.length + url.path.length, 0);
}

static void an_empty_user_is_one(void **state)
{
    (void)state;
    assert_true(split("https://@host").has_user);
}

static void where_the_host_begins_is_no_matter_of_taste(void **state)
{
    static const char *const rows[] = {"https://a@b@host", "https://host/a@b", "https://a/@host"};
    struct url url = {.plain = true};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_non_null(strstr(url_split(slice_of(rows[i]), &url), "has an '@' where none can be"));
    assert_true(url.plain); /* untouched */
}

static void loopback_is_known_by_its_letters(void **state)
{
    static const struct {
        const char *text;
        bool is_loopback;
    } rows[] = {
        {"LocalHost", true},
        {"127.255.255.254", true},
        {"[0:0:0:0:0:0:0:1]", true},
        {"localhosts", false},
        {"127.1", false},
        {"[::ffff:127.0.0.1]", false},
        {"128.0.0.1", false},
        {"mail.example.org", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct url url = split(rows[i].text);
        assert_int_equal(url_is_loopback(&url), rows[i].is_loopback);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_are_found),
        cmocka_unit_test(parts_that_are_missing_are_empty),
        cmocka_unit_test(an_empty_user_is_one),
        cmocka_unit_test(where_the_host_begins_is_no_matter_of_taste),
        cmocka_unit_test(loopback_is_known_by_its_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
