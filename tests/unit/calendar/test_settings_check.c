/* SPDX-License-Identifier: MIT */
#include "calendar/settings_check.h"

#include <string.h>

#include "unit.h"

static void check(const char *timezone, const char *field, struct mistakes *ret)
{
    struct config_item item = {(char *)(uintptr_t)field, (char *)(uintptr_t)field};
    struct config config = {.items = &item,
                            .item_count = 1,
                            .timezone = (char *)(uintptr_t)timezone,
                            .timezone_line = 7,
                            .env_file = (char[]){".env"}};

    assert_int_equal(settings_check(&config, ret), 0);
}

static void good_settings_make_no_mistakes(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    check("Europe/Berlin", "subject", &mistakes);
    check("W. Europe Standard Time", "subject", &mistakes);
    check(NULL, "subject", &mistakes); /* was not read, which is a mistake already */
    assert_int_equal(mistakes.count, 0);
}

static void a_zone_that_is_none_is_a_mistake_with_its_line(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    check("Mars/Olympus", "subject", &mistakes);
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.sentences[0], ".env line 7: TIMEZONE is \"Mars/Olympus\""));
    mistakes_finish(&mistakes);
}

static void mistakes_of_both_settings_come_at_once(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    check("Mars/Olympus", "no_such_attribute", &mistakes);
    assert_int_equal(mistakes.count, 2);
    mistakes_finish(&mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_settings_make_no_mistakes),
        cmocka_unit_test(a_zone_that_is_none_is_a_mistake_with_its_line),
        cmocka_unit_test(mistakes_of_both_settings_come_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
