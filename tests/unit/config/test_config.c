/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char url[] = "https://mail.example.org/EWS/Exchange.asmx";
static char user[] = "user";
static char password[] = "Hunter2";
static char zone[] = "UTC";
static char start[] = "start";
static char end[] = "end";
static char names[][4] = {"A", "AB", "Ä"};
static struct config_item items[] = {{start, start}, {end, end}};
static struct config_room rooms[] = {{.name = names[0]}, {.name = names[1]}, {.name = names[2]}};

static struct config sample(void)
{
    return (struct config){.rooms = rooms,
                           .room_count = 3,
                           .endpoint = url,
                           .username = user,
                           .password = password,
                           .window_start = {.at_utc = 1000},
                           .window_days = 365,
                           .items = items,
                           .item_count = 2,
                           .timezone = zone};
}

static void a_room_is_found_by_its_whole_name(void **state)
{
    static const struct {
        const char *name;
        size_t length;
        ptrdiff_t index;
    } rows[] = {
        {"A", 1, 0},  {"AB", 2, 1}, {"Ä", 2, 2},  {"ABC", 1, 0},  {"ABC", 3, -1},
        {"a", 1, -1}, {"", 0, -1},  {"B", 1, -1}, {"A\0", 2, -1}, {"AB\0B", 4, -1},
    };
    struct config config = sample();

    (void)state;
    assert_int_equal(config_index_rooms(&config), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(config_room_index(&config, rows[i].name, rows[i].length), rows[i].index);
    free(config.rooms_by_name);
}

static void a_room_is_found_wherever_it_stands(void **state)
{
    static char unsorted[][4] = {"C", "AB", "\xFF", "B", "A", "a", "AA"};
    struct config_room places[sizeof unsorted / sizeof unsorted[0]];
    struct config config = {.rooms = places, .room_count = sizeof places / sizeof places[0]};

    (void)state;
    for (size_t i = 0; i < config.room_count; i++)
        places[i] = (struct config_room){.name = unsorted[i]};
    assert_int_equal(config_index_rooms(&config), 0);
    for (size_t i = 0; i < config.room_count; i++)
        assert_int_equal(config_room_index(&config, unsorted[i], strlen(unsorted[i])), i);
    assert_int_equal(config_room_index(&config, "D", 1), -1);
    free(config.rooms_by_name);
}

static void a_room_that_was_renamed_is_found_once_it_is_indexed_again(void **state)
{
    static char renamed[] = "Z";
    struct config_room places[] = {rooms[0], rooms[1]};
    struct config config = {.rooms = places, .room_count = 2};

    (void)state;
    assert_int_equal(config_index_rooms(&config), 0);
    places[0].name = renamed;
    assert_int_equal(config_index_rooms(&config), 0);
    assert_int_equal(config_room_index(&config, "Z", 1), 0);
    assert_int_equal(config_room_index(&config, "A", 1), -1);
    free(config.rooms_by_name);
}

static void where_there_is_no_room_none_is_found(void **state)
{
    const struct config config = {.room_count = 0};

    (void)state;
    assert_int_equal(config_room_index(&config, "A", 1), -1);
    assert_int_equal(config_room_index(&config, "", 0), -1);
}

static struct hash fingerprint_of(const struct config *config)
{
    struct hash hash = {{0}};

    assert_int_equal(config_fingerprint(config, &hash), 0);
    return hash;
}

static void assert_same(const struct config *config, bool same)
{
    struct config original = sample();
    struct hash one = fingerprint_of(&original);
    struct hash other = fingerprint_of(config);

    assert_int_equal(memcmp(&one, &other, sizeof one) == 0, same);
}

static void what_shapes_the_content_changes_the_fingerprint(void **state)
{
    static char other[] = "other";
    static struct config_item renamed[] = {{other, start}, {end, end}};
    static struct config_item swapped[] = {{end, end}, {start, start}};
    static struct config_item another[] = {{start, other}, {end, end}};
    struct config rows[12];

    (void)state;
    for (size_t i = 0; i < 12; i++)
        rows[i] = sample();
    rows[0].endpoint = other;
    rows[1].username = other;
    rows[2].window_start.at_utc++;
    rows[3].window_start = (struct config_start){.relative = true, .days = 1000};
    rows[4].window_days++;
    rows[5].items = renamed;
    rows[6].items = swapped;
    rows[7].items = another;
    rows[8].item_count = 1;
    rows[9].timezone = other;
    rows[10].private_items = CONFIG_PRIVATE_SHOW;
    rows[11].access = CONFIG_ACCESS_IMPERSONATION;
    for (size_t i = 0; i < 12; i++)
        assert_same(&rows[i], false);
}

static void what_does_not_shape_it_leaves_the_fingerprint(void **state)
{
    static char other[] = "other";
    struct config config = sample();

    (void)state;
    assert_same(&config, true);
    config.password = other;
    config.ca_file = config.cert_file = config.proxy = other;
    config.auth = CONFIG_AUTH_NTLM;
    config.channel_binding = CONFIG_BINDING_OFF;
    config.cache_dir = other;
    config.env_file = other;
    config.cache_ttl_s = config.lanes = config.threads = 7;
    config.room_count = 1;
    config.window_start.days = 7; /* means nothing beside a moment */
    assert_same(&config, true);
}

static bool have_the_same_in_common(const struct config *one, const struct config *other)
{
    struct hash hashes[2];

    assert_int_equal(config_common(one, &hashes[0]), 0);
    assert_int_equal(config_common(other, &hashes[1]), 0);
    return memcmp(&hashes[0], &hashes[1], sizeof hashes[0]) == 0;
}

static void who_shares_a_cache_has_settings_and_rooms_in_common(void **state)
{
    static char mailbox[] = "room@example.org";
    static char other[] = "other";
    static char *lists[] = {other};
    struct config_room places[] = {{names[0], mailbox}, {names[1], mailbox}};
    struct config one = sample();
    struct config two;

    (void)state;
    one.rooms = places;
    one.room_count = 2;
    two = one;
    assert_true(have_the_same_in_common(&one, &two));
    two.room_count = 1;
    assert_false(have_the_same_in_common(&one, &two));
    one.room_lists = two.room_lists = lists;
    one.room_list_count = two.room_list_count = 1;
    assert_true(have_the_same_in_common(&one, &two)); /* one has not heard of the second room yet */
    two.timezone = other;
    assert_false(have_the_same_in_common(&one, &two));
}

static struct hash account_of(const struct config *config)
{
    struct hash hash = {{0}};

    assert_int_equal(config_account(config, &hash), 0);
    return hash;
}

static void an_account_is_a_user_at_a_server_whatever_else_is_set(void **state)
{
    static char other[] = "other";
    struct config config = sample();
    struct hash before = account_of(&config);

    (void)state;
    config.password = other;
    config.room_count = 1;
    config.window_days++;
    struct hash same = account_of(&config);
    assert_memory_equal(&same, &before, sizeof before);
    config.username = other;
    struct hash user_changed = account_of(&config);
    assert_memory_not_equal(&user_changed, &before, sizeof before);
    config = sample();
    config.endpoint = other;
    struct hash server_changed = account_of(&config);
    assert_memory_not_equal(&server_changed, &before, sizeof before);
}

static void an_application_is_an_id_at_a_token_server(void **state)
{
    static char other[] = "other", id[] = "id", token_url[] = "https://login.example/t";
    struct config config = sample();

    (void)state;
    config.auth = CONFIG_AUTH_BEARER;
    config.username = config.password = NULL;
    config.oauth_client_id = id;
    config.oauth_token_url = token_url;
    struct hash before = account_of(&config);
    config.oauth_client_secret = other;
    struct hash same = account_of(&config);
    assert_memory_equal(&same, &before, sizeof before);
    config.oauth_client_id = other;
    struct hash id_changed = account_of(&config);
    assert_memory_not_equal(&id_changed, &before, sizeof before);
    config.oauth_client_id = id;
    config.oauth_token_url = other;
    struct hash tenant_changed = account_of(&config);
    assert_memory_not_equal(&tenant_changed, &before, sizeof before);
}

static void destroying_nothing_is_allowed(void **state)
{
    (void)state;
    config_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_is_found_by_its_whole_name),
        cmocka_unit_test(a_room_is_found_wherever_it_stands),
        cmocka_unit_test(a_room_that_was_renamed_is_found_once_it_is_indexed_again),
        cmocka_unit_test(where_there_is_no_room_none_is_found),
        cmocka_unit_test(what_shapes_the_content_changes_the_fingerprint),
        cmocka_unit_test(what_does_not_shape_it_leaves_the_fingerprint),
        cmocka_unit_test(who_shares_a_cache_has_settings_and_rooms_in_common),
        cmocka_unit_test(an_account_is_a_user_at_a_server_whatever_else_is_set),
        cmocka_unit_test(an_application_is_an_id_at_a_token_server),
        cmocka_unit_test(destroying_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
