/* SPDX-License-Identifier: MIT */
/*
 * config_load, and with it config/whole.c and the readers of config/reading.c and config/lists.c, which
 * have no other caller
 */
#include <errno.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "config/config.h"
#include "config/fixture.h"

/* What has to be set, without ROOMS and ROOM_EMAILS. */
#define ACCOUNT "USERNAME=user\nPASSWORD=Hunter2\nEXCHANGE_SERVER=mail.example.org\n"
#define ROOMS   "ROOMS=A,B\nROOM_EMAILS=a@example.org,b@example.org\n"
#define GOOD    ROOMS ACCOUNT

static struct config *loaded(const char *text)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    fixture_write(".env", text);
    int result = config_load(NULL, NULL, &config, &mistakes);
    if (result != 0)
        fail_msg("config_load gave %d: %s", result, mistakes.count ? mistakes.sentences[0] : "");
    assert_int_equal(mistakes.count, 0);
    return config;
}

static struct mistakes mistakes_of_path(const char *path)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    assert_int_equal(config_load(path, NULL, &config, &mistakes), 1);
    assert_null(config);
    assert_true(mistakes.count > 0);
    for (size_t i = 0; i < mistakes.count; i++)
        assert_null(strstr(mistakes.sentences[i], "Hunter2"));
    return mistakes;
}

static struct mistakes mistakes_of(const char *text)
{
    fixture_write(".env", text);
    return mistakes_of_path(NULL);
}

/* Behind good settings, as line 6, `text` is the only mistake, and its sentence is or begins with
 * `sentence`. */
static void assert_mistake(const char *text, const char *sentence)
{
    char file[2048];

    (void)snprintf(file, sizeof file, "%s%s\n", GOOD, text);
    struct mistakes mistakes = mistakes_of(file);
    if (strncmp(mistakes.sentences[0], sentence, strlen(sentence)) != 0)
        fail_msg("%s: \"%s\" does not begin with \"%s\"", text, mistakes.sentences[0], sentence);
    assert_int_equal(mistakes.count, 1);
    mistakes_finish(&mistakes);
}

struct slip {
    const char *text, *sentence;
};

static void assert_slips(const struct slip *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_mistake(rows[i].text, rows[i].sentence);
}

#define ASSERT_SLIPS(rows) assert_slips(rows, sizeof(rows) / sizeof(rows)[0])

/* ---- the normal case ------------------------------------------------------------------------- */

static void the_old_services_file_and_a_server_are_enough(void **state)
{
    struct config *config = loaded(GOOD);

    (void)state;
    assert_int_equal(config->room_count, 2);
    assert_string_equal(config->rooms[0].name, "A");
    assert_string_equal(config->rooms[1].name, "B");
    assert_string_equal(config->rooms[1].mailbox, "b@example.org");
    assert_string_equal(config->username, "user");
    assert_string_equal(config->password, "Hunter2");
    assert_string_equal(config->endpoint, "https://mail.example.org/EWS/Exchange.asmx");
    assert_string_equal(config->env_file, ".env");
    config_destroy(config);
}

static void what_is_not_set_has_its_default(void **state)
{
    struct config *config = loaded(GOOD);

    (void)state;
    assert_int_equal(config->auth, CONFIG_AUTH_AUTO);
    assert_int_equal(config->channel_binding, CONFIG_BINDING_AUTO);
    assert_null(config->ca_file);
    assert_null(config->cert_file);
    assert_null(config->key_file);
    assert_null(config->proxy);
    assert_null(config->cors_origin);
    assert_false(config->window_start.relative);
    assert_int_equal(config->window_start.at_utc, 1672531200); /* date -ud 2023-01-01 +%s */
    assert_int_equal(config->window_days, 365);
    assert_int_equal(config->item_count, 6);
    assert_string_equal(config->items[5].key, "organizer_name");
    assert_string_equal(config->items[5].name, "organizer_name");
    assert_string_equal(config->cache_dir, "/var/cache/roomcal");
    assert_int_equal(config->cache_ttl_s, 300);
    assert_int_equal(config->stale_max_s, 86400);
    assert_int_equal(config->full_refresh_s, 21600);
    assert_int_equal(config->lanes, 4);
    assert_int_equal(config->threads, 4);
    assert_int_equal(config->request_timeout_s, 60);
    assert_int_equal(config->cold_wait_s, 25);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_int_equal(config->item_fields_line, 0);
    config_destroy(config);
}

static void each_setting_goes_to_its_member(void **state)
{
    struct config *config =
        loaded(GOOD "AUTH=Basic\nCHANNEL_BINDING=off\nCA_FILE=.env\nPROXY=http://u:p@proxy:3128\n"
                    "CORS_ORIGIN=https://a.example\nWINDOW_START=-30d\nWINDOW_DAYS=3650\n"
                    "ITEM_FIELDS= start , room = location \nCACHE_DIR=here\n"
                    "CACHE_TTL=1\nSTALE_MAX=2\nFULL_REFRESH=3\nLANES=26\n"
                    "THREADS=64\nREQUEST_TIMEOUT=6\nCOLD_WAIT=0\nLOG_LEVEL=debug\n");

    (void)state;
    assert_int_equal(config->auth, CONFIG_AUTH_BASIC);
    assert_int_equal(config->channel_binding, CONFIG_BINDING_OFF);
    assert_string_equal(config->ca_file, ".env");
    assert_string_equal(config->proxy, "http://u:p@proxy:3128");
    assert_string_equal(config->cors_origin, "https://a.example");
    assert_true(config->window_start.relative);
    assert_int_equal(config->window_start.days, 30);
    assert_int_equal(config->window_days, 3650);
    assert_int_equal(config->item_count, 2);
    assert_string_equal(config->items[0].key, "start");
    assert_string_equal(config->items[0].name, "start");
    assert_string_equal(config->items[1].key, "room");
    assert_string_equal(config->items[1].name, "location");
    assert_int_equal(config->item_fields_line, 13);
    assert_string_equal(config->cache_dir, "here");
    assert_int_equal(config->cache_ttl_s, 1);
    assert_int_equal(config->stale_max_s, 2);
    assert_int_equal(config->full_refresh_s, 3);
    assert_int_equal(config->lanes, 26);
    assert_int_equal(config->threads, 64);
    assert_int_equal(config->request_timeout_s, 6);
    assert_int_equal(config->cold_wait_s, 0);
    assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
    config_destroy(config);
}

static void all_mistakes_come_at_once_with_their_lines(void **state)
{
    struct mistakes mistakes = mistakes_of("ROOMS=A,B,C\n"
                                           "ROOM_EMAILS=a@example.org,nobody\n"
                                           "USERNAME=\n"
                                           "nonsense here\n"
                                           "PASSWORD=Hunter2\n"
                                           "CACHE_TTL=soon\n"
                                           "ACCESS=owner\n");
    static const char *const expected[] = {
        ".env line 4: this is not NAME=value; ",
        ".env line 3: USERNAME is empty. The account that may read ",
        ".env line 2: ROOM_EMAILS is a list of 2, ROOMS of 3; each room needs its address, "
        "in"
        " the same order",
        ".env line 2: ROOM_EMAILS has no mail address (name@example.org) at place 2",
        ".env: EXCHANGE_SERVER is not set. The Exchange server: ",
        (".env line 7: ACCESS is \"owner\", which is none of its words; write delegate or"
         " impersonation"),
        ".env line 6: CACHE_TTL is \"soon\"; write a whole number from 1 to 604800 (seconds)",
    };

    (void)state;
    assert_int_equal(mistakes.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < mistakes.count; i++)
        assert_memory_equal(mistakes.sentences[i], expected[i], strlen(expected[i]));
    mistakes_finish(&mistakes);
}

/* ---- the file and the environment ------------------------------------------------------------ */

static void set_good_environment(void)
{
    assert_int_equal(setenv("ROOMS", "E", 1), 0);
    assert_int_equal(setenv("ROOM_EMAILS", "e@example.org", 1), 0);
    assert_int_equal(setenv("USERNAME", "outside", 1), 0);
    assert_int_equal(setenv("PASSWORD", "Hunter2", 1), 0);
    assert_int_equal(setenv("EXCHANGE_SERVER", "e.example.org", 1), 0);
}

static void without_a_file_the_environment_is_enough(void **state)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    (void)state;
    set_good_environment();
    assert_int_equal(config_load(NULL, NULL, &config, &mistakes), 0);
    assert_string_equal(config->rooms[0].name, "E");
    assert_null(config->env_file);
    config_destroy(config);
}

static void the_file_wins_and_the_environment_fills_in(void **state)
{
    (void)state;
    set_good_environment();
    assert_int_equal(setenv("CACHE_TTL", "7", 1), 0);
    struct config *config = loaded("USERNAME=inside\nROOMS=F\n");
    assert_string_equal(config->username, "inside");
    assert_string_equal(config->rooms[0].name, "F");
    assert_string_equal(config->rooms[0].mailbox, "e@example.org");
    assert_int_equal(config->cache_ttl_s, 7);
    config_destroy(config);
}

static void empty_means_the_default_and_hides_the_environment(void **state)
{
    (void)state;
    assert_int_equal(setenv("CACHE_TTL", "7", 1), 0);
    assert_int_equal(setenv("LANES", "", 1), 0);
    assert_int_equal(setenv("USERNAME", "desktop", 1), 0);
    struct config *config = loaded(GOOD "CACHE_TTL=\nCA_FILE=\nITEM_FIELDS=''\nAUTH=\"\"\n");
    assert_int_equal(config->cache_ttl_s, 300);
    assert_int_equal(config->lanes, 4);
    assert_null(config->ca_file);
    assert_int_equal(config->item_count, 6);
    config_destroy(config);
    assert_mistake("USERNAME=", ".env line 6: USERNAME is empty. ");
}

static void a_key_without_a_sign_is_a_mistake(void **state)
{
    (void)state;
    assert_mistake("CACHE_TTL",
                   ".env line 6: CACHE_TTL has no '='; write CACHE_TTL=value, or remove the line");
}

static void mistakes_of_the_environment_say_so(void **state)
{
    (void)state;
    assert_int_equal(setenv("CACHE_TTL", "0", 1), 0);
    assert_mistake("", "the environment: CACHE_TTL is \"0\"; ");
}

static void unknown_keys_are_left_alone(void **state)
{
    (void)state;
    config_destroy(loaded(GOOD "FLASK_ENV=production\nBARE\nCACHE=1\n"));
}

static void the_path_beats_roomcal_env_which_beats_dot_env(void **state)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    (void)state;
    fixture_write(".env", GOOD "LANES=1\n");
    fixture_write("other.env", GOOD "LANES=2\n");
    fixture_write("secret", GOOD "LANES=3\n");
    assert_int_equal(setenv("ROOMCAL_ENV", "other.env", 1), 0);
    assert_int_equal(config_load("secret", NULL, &config, &mistakes), 0);
    assert_int_equal(config->lanes, 3);
    config_destroy(config);
    assert_int_equal(config_load(NULL, NULL, &config, &mistakes), 0);
    assert_int_equal(config->lanes, 2);
    assert_string_equal(config->env_file, "other.env");
    config_destroy(config);
    assert_int_equal(setenv("ROOMCAL_ENV", "", 1), 0);
    assert_int_equal(config_load(NULL, NULL, &config, &mistakes), 0);
    assert_int_equal(config->lanes, 1);
    config_destroy(config);
}

static void assert_only_mistake(const char *path, const char *sentence)
{
    struct mistakes mistakes = mistakes_of_path(path);

    assert_int_equal(mistakes.count, 1);
    assert_string_equal(mistakes.sentences[0], sentence);
    mistakes_finish(&mistakes);
}

static void a_named_file_that_is_missing_is_a_mistake(void **state)
{
    (void)state;
    set_good_environment();
    assert_only_mistake("nowhere",
                        "nowhere: this file cannot be opened: No such file or directory");
    assert_int_equal(setenv("ROOMCAL_ENV", "nowhere", 1), 0);
    assert_only_mistake(NULL,
                        "nowhere: this file, which ROOMCAL_ENV names, cannot be opened: No such"
                        " file or directory");
}

static void a_newcomer_is_led(void **state)
{
    (void)state;
    assert_int_equal(setenv("USERNAME", "desktop", 1), 0);
    assert_only_mistake(NULL,
                        ".env: there is no such file here; copy .env.example to .env, fill in its"
                        " first lines and run: chmod 600 .env (or name another file in"
                        " ROOMCAL_ENV)");
}

static void a_file_open_to_others_is_refused(void **state)
{
    (void)state;
    fixture_write_bytes(".env", GOOD, strlen(GOOD), 0640);
    assert_only_mistake(NULL, ".env: this file is open to others (mode 0640); run: chmod 600 .env");
}

static void a_file_over_a_mebibyte_is_refused(void **state)
{
    static char text[(1 << 20) + 2];

    (void)state;
    memset(text, '#', sizeof text - 1);
    fixture_write(".env", text);
    assert_only_mistake(NULL, ".env: this file is larger than 1048576 bytes");
}

static void a_file_that_is_not_utf_8_is_refused_with_the_line(void **state)
{
    (void)state;
    fixture_write(".env", "A=1\nB=Z\xFCrich\n");
    assert_only_mistake(NULL, ".env line 2: this is not UTF-8; save the file in that encoding");
}

static void values_that_grow_without_end_are_refused(void **state)
{
    char text[1024] = "A=xxxxxxxx\n";

    (void)state;
    for (size_t i = 0; i < 60; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "A=${A}${A}\n");
    fixture_write(".env", text);
    assert_only_mistake(NULL, ".env: its values grow by ${…} to over 4194304 bytes");
}

/* ---- rooms ----------------------------------------------------------------------------------- */

static void blanks_round_the_elements_do_not_count(void **state)
{
    struct config *config = loaded("ROOMS=\" A 1 ,\tB \"\nROOM_EMAILS=a@x , b@x\n" ACCOUNT);

    (void)state;
    assert_string_equal(config->rooms[0].name, "A 1");
    assert_string_equal(config->rooms[1].name, "B");
    assert_string_equal(config->rooms[0].mailbox, "a@x");
    config_destroy(config);
}

static void a_room_name_that_cannot_be_one_is_refused(void **state)
{
    static const struct slip rows[] = {
        {"ROOMS=A,,B\nROOM_EMAILS=a@x,b@x,c@x",
         ".env line 6: ROOMS has nothing at place 2; remove a comma"},
        {"ROOMS=A,", ".env line 6: ROOMS has nothing at place 2"},
        {"ROOMS=' , B'", ".env line 6: ROOMS has nothing at place 1"},
        {"ROOMS=\"A,B\\t1\"", ".env line 6: ROOMS has a control character at place 2"},
        {"ROOMS=A,B\xC2\x85"
         "1",
         ".env line 6: ROOMS has a control character at place 2"},
        {"ROOMS=A,B\x7F", ".env line 6: ROOMS has a control character at place 2"},
        {"ROOMS=B,B", ".env line 6: ROOMS names B twice"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
    assert_int_equal(setenv("ROOMS", "A,\xFF", 1), 0);
    struct mistakes mistakes = mistakes_of("ROOM_EMAILS=a@x,b@x\n" ACCOUNT);
    assert_string_equal(mistakes.sentences[0],
                        "the environment: ROOMS has bytes that are not UTF-8 at place 2");
    mistakes_finish(&mistakes);
}

static void a_room_name_has_at_most_200_bytes(void **state)
{
    char text[256];

    (void)state;
    (void)snprintf(text, sizeof text, "ROOMS=%0200d,B\n", 1);
    char file[1024];
    (void)snprintf(file, sizeof file, "%s%s", GOOD, text);
    config_destroy(loaded(file));
    (void)snprintf(text, sizeof text, "ROOMS=%0201d,B\n", 1);
    assert_mistake(text, ".env line 6: ROOMS has a name of over 200 bytes at place 1");
}

static void each_room_needs_its_address(void **state)
{
    static const struct slip rows[] = {
        {"ROOMS=A", ".env line 2: ROOM_EMAILS is a list of 2, ROOMS of 1; "},
        {"ROOMS=A,B,C", ".env line 2: ROOM_EMAILS is a list of 2, ROOMS of 3; "},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void what_is_no_mail_address_is_refused(void **state)
{
    static const struct slip rows[] = {
        {"ROOM_EMAILS=a@x,b",
         ".env line 6: ROOM_EMAILS has no mail address (name@example.org) at place 2"},
        {"ROOM_EMAILS=a@x,@b", ".env line 6: ROOM_EMAILS has no mail address"},
        {"ROOM_EMAILS=a@x,b@", ".env line 6: ROOM_EMAILS has no mail address"},
        {"ROOM_EMAILS=a@x,@", ".env line 6: ROOM_EMAILS has no mail address"},
        {"ROOM_EMAILS=a@x,b@c@d", ".env line 6: ROOM_EMAILS has no mail address"},
        {"ROOM_EMAILS=a@x,", ".env line 6: ROOM_EMAILS has nothing at place 2"},
        {"ROOM_EMAILS=a@x,b c@x", ".env line 6: ROOM_EMAILS has an address with a blank"},
        {"ROOM_EMAILS=a@x,<b@x>",
         ".env line 6: ROOM_EMAILS has an address with a blank, '<', '>' or '&'"},
        {"ROOM_EMAILS=a@x,b@x>", ".env line 6: ROOM_EMAILS has an address with a blank"},
        {"ROOM_EMAILS=a@x,b&c@x", ".env line 6: ROOM_EMAILS has an address with a blank"},
        {"ROOM_EMAILS=\"a@x,b@\\vx\"",
         ".env line 6: ROOM_EMAILS has a control character at place 2"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void an_address_has_at_most_254_bytes(void **state)
{
    char file[1024];

    (void)state;
    (void)snprintf(file, sizeof file, "%sROOM_EMAILS=%0252d@x,b@x\n", GOOD, 1);
    config_destroy(loaded(file));
    (void)snprintf(file, sizeof file, "ROOM_EMAILS=%0253d@x,b@x\n", 1);
    assert_mistake(file, ".env line 6: ROOM_EMAILS has an address of over 254 bytes at place 1");
}

/* ---- room lists ------------------------------------------------------------------------------ */

static void with_room_lists_no_rooms_need_to_be_named(void **state)
{
    struct config *config = loaded("ROOM_LIST=' one@x, two@x '\n" ACCOUNT);

    (void)state;
    assert_int_equal(config->room_count, 0);
    assert_int_equal(config->room_list_count, 2);
    assert_string_equal(config->room_lists[0], "one@x");
    assert_string_equal(config->room_lists[1], "two@x");
    assert_true(config->awaits_rooms);
    config_destroy(config);
}

static void a_star_means_all_room_lists(void **state)
{
    struct config *config = loaded("ROOM_LIST=*\n" ACCOUNT);

    (void)state;
    assert_int_equal(config->room_list_count, 1);
    assert_string_equal(config->room_lists[0], "*");
    config_destroy(config);
}

static void rooms_may_be_named_beside_room_lists(void **state)
{
    struct config *config = loaded(GOOD "ROOM_LIST=one@x\n");

    (void)state;
    assert_int_equal(config->room_count, 2);
    assert_int_equal(config->room_list_count, 1);
    config_destroy(config);
}

static void without_room_lists_no_rooms_are_awaited(void **state)
{
    struct config *config = loaded(GOOD "ROOM_LIST=\n");

    (void)state;
    assert_int_equal(config->room_list_count, 0);
    assert_false(config->awaits_rooms);
    config_destroy(config);
}

static void half_a_pair_is_a_mistake_beside_room_lists_too(void **state)
{
    struct mistakes mistakes = mistakes_of("ROOM_LIST=*\nROOMS=A\n" ACCOUNT);

    (void)state;
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.sentences[0], "ROOM_EMAILS is not set."));
    mistakes_finish(&mistakes);
    mistakes = mistakes_of("ROOM_LIST=*\nROOM_EMAILS=a@x\n" ACCOUNT);
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.sentences[0], "ROOMS is not set."));
    mistakes_finish(&mistakes);
}

static void what_is_no_room_list_is_refused(void **state)
{
    static const struct slip rows[] = {
        {"ROOM_LIST=a@x,b",
         ".env line 6: ROOM_LIST has no mail address (name@example.org) at place 2"},
        {"ROOM_LIST=a@x,*",
         ".env line 6: ROOM_LIST has *, which stands for all lists, beside others at place 2"},
        {"ROOM_LIST=a@x,", ".env line 6: ROOM_LIST has nothing at place 2"},
        {"ROOM_LIST=**",
         ".env line 6: ROOM_LIST has no mail address (name@example.org) at place 1"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void there_are_at_most_100_room_lists(void **state)
{
    char text[1024] = "ROOM_LIST=l@x";

    (void)state;
    for (int i = 0; i < 100; i++)
        (void)strcat(text, ",l@x");
    assert_mistake(text, ".env line 6: ROOM_LIST has 101 addresses; at most 100 are possible");
}

/* ---- many ------------------------------------------------------------------------------------ */

/* ROOMS and ROOM_EMAILS of so many rooms, and the account. The caller frees it. */
static char *many_rooms(int count)
{
    size_t size = (size_t)count * 20 + 200;
    char *text = malloc(size);
    size_t used = 0;

    assert_non_null(text);
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i ? "," : "ROOMS=", i);
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d@x", i ? "," : "\nROOM_EMAILS=", i);
    (void)snprintf(text + used, size - used, "\n%s", ACCOUNT);
    return text;
}

static void there_are_at_most_10000_rooms(void **state)
{
    char *text = many_rooms(CONFIG_ROOMS_MAX);

    (void)state;
    struct config *config = loaded(text);
    assert_int_equal(config->room_count, 10000);
    assert_string_equal(config->rooms[9999].mailbox, "9999@x");
    config_destroy(config);
    free(text);
    text = many_rooms(CONFIG_ROOMS_MAX + 1);
    struct mistakes mistakes = mistakes_of(text);
    assert_string_equal(mistakes.sentences[0],
                        ".env line 1: ROOMS has 10001 rooms; at most 10000 are possible");
    mistakes_finish(&mistakes);
    free(text);
}

/* ---- the account ----------------------------------------------------------------------------- */

static void a_name_that_cannot_sign_in_is_refused(void **state)
{
    static const struct slip rows[] = {
        {"USERNAME=a:b", ".env line 6: USERNAME holds a ':', which no account name can"},
        {"USERNAME=\"CORP\\rooms\"",
         ".env line 6: USERNAME holds a control character; inside double quotes"},
        {"PASSWORD=\"Hunter2\\b\"",
         ".env line 6: PASSWORD holds a control character; inside double quotes"},
        {"PASSWORD='Hunter2\nPASSWORD=x'", ".env line 6: PASSWORD holds a control character"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void texts_have_their_maximum(void **state)
{
    char file[8192];

    (void)state;
    (void)snprintf(file, sizeof file, "%sUSERNAME=%0256d\nPASSWORD=%04096d\n", GOOD, 1, 1);
    config_destroy(loaded(file));
    (void)snprintf(file, sizeof file, "%sUSERNAME=%0257d\nPASSWORD=%04097d\n", GOOD, 1, 1);
    struct mistakes mistakes = mistakes_of(file);
    assert_string_equal(mistakes.sentences[0], ".env line 6: USERNAME is longer than 256 bytes");
    assert_string_equal(mistakes.sentences[1], ".env line 7: PASSWORD is longer than 4096 bytes");
    mistakes_finish(&mistakes);
}

static void a_bad_line_is_not_repeated(void **state)
{
    (void)state;
    assert_mistake("PASSWORD='Hunter2", ".env line 6: this is not NAME=value; ");
    assert_mistake("PASSWORD='x' Hunter2", ".env line 6: this is not NAME=value; ");
}

static void the_server_is_checked(void **state)
{
    static const struct slip rows[] = {
        {"EXCHANGE_SERVER=http://mail.example.org",
         ".env line 6: EXCHANGE_SERVER would send the password"},
        {"EXCHANGE_SERVER=https://u:Hunter2@mail/",
         ".env line 6: EXCHANGE_SERVER names a user or password"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void a_way_to_sign_in_that_there_is_not_is_refused(void **state)
{
    (void)state;
    assert_mistake("AUTH=digest",
                   ".env line 6: AUTH is \"digest\", which is none of its words; write auto, basic,"
                   " ntlm, negotiate or bearer");
}

/* ---- the password's three places ------------------------------------------------------------- */

#define NO_PASSWORD ROOMS "USERNAME=user\nEXCHANGE_SERVER=mail.example.org\n"

static void assert_password(const char *text, const char *password)
{
    struct config *config = loaded(text);

    assert_string_equal(config->password, password);
    config_destroy(config);
}

static void a_password_file_loses_one_line_end(void **state)
{
    static const struct {
        const char *content, *password;
    } rows[] = {{"a b", "a b"}, {"a\n", "a"}, {"a\r\n", "a"}, {" a ", " a "}, {"\xFC", "\xFC"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture_write("secret", rows[i].content);
        assert_password(NO_PASSWORD "PASSWORD_FILE=secret\n", rows[i].password);
        assert_password(NO_PASSWORD "PASSWORD=\nPASSWORD_FILE=secret\n", rows[i].password);
    }
}

static void assert_file_mistake(const char *sentence)
{
    struct mistakes mistakes = mistakes_of(NO_PASSWORD "PASSWORD_FILE=secret\n");

    assert_int_equal(mistakes.count, 1);
    assert_string_equal(mistakes.sentences[0], sentence);
    mistakes_finish(&mistakes);
}

static void a_password_file_that_cannot_be_used_is_refused(void **state)
{
    char big[4098];

    (void)state;
    assert_file_mistake(
        ".env line 5: PASSWORD_FILE names secret, which cannot be opened: No such file or"
        " directory");
    fixture_write("secret", "");
    assert_file_mistake(".env line 5: PASSWORD_FILE names secret, which is empty");
    fixture_write("secret", "\n");
    assert_file_mistake(".env line 5: PASSWORD_FILE names secret, which is empty");
    fixture_write("secret", "Hunter2\n\n");
    assert_file_mistake(
        ".env line 5: PASSWORD_FILE names secret, which holds more than one line or a"
        " control character");
    fixture_write_bytes("secret", "a\0b", 3, 0600);
    assert_file_mistake(
        ".env line 5: PASSWORD_FILE names secret, which holds more than one line or a"
        " control character");
    fixture_write_bytes("secret", "Hunter2", 7, 0604);
    assert_file_mistake(
        ".env line 5: PASSWORD_FILE names secret, which is open to others (mode 0604);"
        " run: chmod 600 secret");
    memset(big, 'x', sizeof big);
    fixture_write_bytes("secret", big, 4097, 0600);
    assert_file_mistake(".env line 5: PASSWORD_FILE names secret, which is larger than 4096 bytes");
    fixture_write_bytes("secret", big, 4096, 0600);
    config_destroy(loaded(NO_PASSWORD "PASSWORD_FILE=secret\n"));
}

static void two_passwords_are_a_mistake(void **state)
{
    (void)state;
    fixture_write("secret", "x");
    assert_mistake("PASSWORD_FILE=secret",
                   ".env line 6: PASSWORD_FILE is set and PASSWORD too; remove one of them");
}

static void systemds_credential_is_the_last_resort(void **state)
{
    (void)state;
    fixture_write_bytes("password", "from systemd\n", 13, 0440);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", ".", 1), 0);
    assert_password(NO_PASSWORD, "from systemd");
    assert_password(GOOD, "Hunter2");
    fixture_write("secret", "x");
    assert_password(NO_PASSWORD "PASSWORD_FILE=secret\n", "x");
    fixture_write("password", "");
    struct mistakes mistakes = mistakes_of(NO_PASSWORD);
    assert_string_equal(mistakes.sentences[0],
                        "the environment: $CREDENTIALS_DIRECTORY names ./password, which is empty");
    mistakes_finish(&mistakes);
}

static void systemd_guards_the_settings_in_its_directory(void **state)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    (void)state;
    fixture_write_bytes("other.env", GOOD, strlen(GOOD), 0440);
    assert_only_mistake("./other.env", "./other.env: this file is open to others (mode 0440); run: "
                                       "chmod 600 ./other.env");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", ".", 1), 0);
    assert_int_equal(config_load("./other.env", NULL, &config, &mistakes), 0);
    config_destroy(config);
}

static void without_a_password_the_three_ways_are_named(void **state)
{
    (void)state;
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/nonexistent", 1), 0);
    struct mistakes mistakes = mistakes_of(NO_PASSWORD);
    assert_int_equal(mistakes.count, 1);
    assert_string_equal(
        mistakes.sentences[0],
        ".env: there is no password; set PASSWORD, or PASSWORD_FILE to a file that holds"
        " it, or give the systemd unit LoadCredential=password:/path");
    mistakes_finish(&mistakes);
}

/* ---- numbers, moments, fields, files --------------------------------------------------------- */

static void numbers_are_whole_and_in_their_range(void **state)
{
    static const char *const bad[] = {
        "CACHE_TTL=0",    "CACHE_TTL=604801", "CACHE_TTL=-1", "CACHE_TTL=1.5",
        "CACHE_TTL=300s", "CACHE_TTL=0x10",   "CACHE_TTL=+1", "CACHE_TTL=99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_mistake(bad[i], ".env line 6: CACHE_TTL is \"");
    assert_mistake("COLD_WAIT=51",
                   ".env line 6: COLD_WAIT is \"51\"; write a whole number from 0 to 50 (seconds)");
    struct config *config = loaded(GOOD "CACHE_TTL=' 604800 '\nCOLD_WAIT=50\n");
    assert_int_equal(config->cache_ttl_s, 604800);
    assert_int_equal(config->cold_wait_s, 50);
    config_destroy(config);
}

static void a_start_is_a_moment_a_date_or_days_back(void **state)
{
    static const struct {
        const char *text;
        struct config_start start;
    } rows[] = {
        {"2023-01-02", {.at_utc = 1672617600}},
        {"2023-01-01T01:00:00+01:00", {.at_utc = 1672531200}},
        {"-0d", {.relative = true, .days = 0}},
        {"-36500d", {.relative = true, .days = 36500}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char file[512];
        (void)snprintf(file, sizeof file, "%sWINDOW_START=%s\n", GOOD, rows[i].text);
        struct config *config = loaded(file);
        assert_int_equal(config->window_start.relative, rows[i].start.relative);
        assert_int_equal(config->window_start.days, rows[i].start.days);
        assert_int_equal(config->window_start.at_utc, rows[i].start.at_utc);
        config_destroy(config);
    }
}

static void what_is_no_start_is_refused(void **state)
{
    static const char *const bad[] = {"-36501d", "-d",         "30d",        "-30",
                                      "--1d",    "2023-02-30", "01.01.2023", "2023-01-01T00:00:00",
                                      "today"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "WINDOW_START=%s", bad[i]);
        assert_mistake(text, ".env line 6: WINDOW_START is \"");
    }
}

static void a_start_behind_the_end_is_refused(void **state)
{
    (void)state;
    clock_set_utc(1672531200 + 43200); /* 2023-01-01, noon */
    config_destroy(loaded(GOOD "WINDOW_START=2023-01-02T11:59:59Z\nWINDOW_DAYS=1\n"));
    assert_mistake("WINDOW_START=2023-01-02T12:00:00Z\nWINDOW_DAYS=1",
                   ".env line 6: WINDOW_START is not before the end of the window");
    clock_set_utc(-1);
}

static void a_start_of_long_ago_is_refused(void **state)
{
    (void)state;
    clock_set_utc(36500 * DAY_S);
    config_destroy(loaded(GOOD "WINDOW_START=1970-01-01\n"));
    assert_mistake("WINDOW_START=1969-12-31T23:59:59Z",
                   ".env line 6: WINDOW_START is more than 36500 days ago");
    clock_set_utc(-1);
}

static void a_list_of_fields_that_is_none_is_refused(void **state)
{
    static const struct slip rows[] = {
        {"ITEM_FIELDS=title,,start", ".env line 6: ITEM_FIELDS has nothing at place 2"},
        {"ITEM_FIELDS==title",
         ".env line 6: ITEM_FIELDS has something else than field or key=field at place 1"},
        {"ITEM_FIELDS=title=", ".env line 6: ITEM_FIELDS has something else than"},
        {"ITEM_FIELDS=a=b=c", ".env line 6: ITEM_FIELDS has something else than"},
        {"ITEM_FIELDS=\"a\\tb\"", ".env line 6: ITEM_FIELDS has a control character at place 1"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void fields_have_their_limits(void **state)
{
    char file[2048];
    char fields[256] = "a";

    (void)state;
    for (size_t i = 1; i < 200; i++)
        fields[i] = i % 2 ? ',' : 'a';
    fields[199] = '\0'; /* a hundred */
    (void)snprintf(file, sizeof file, "%sITEM_FIELDS=%s\n", GOOD, fields);
    struct config *config = loaded(file);
    assert_int_equal(config->item_count, 100);
    config_destroy(config);
    (void)snprintf(file, sizeof file, "ITEM_FIELDS=%s,a", fields);
    assert_mistake(file, ".env line 6: ITEM_FIELDS has 101 fields; at most 100 are possible");
    (void)snprintf(file, sizeof file, "%sITEM_FIELDS=%064d\n", GOOD, 1);
    config_destroy(loaded(file));
    (void)snprintf(file, sizeof file, "ITEM_FIELDS=%065d", 1);
    assert_mistake(file, ".env line 6: ITEM_FIELDS has a field of over 64 bytes at place 1");
}

static void a_ca_file_has_to_be_there(void **state)
{
    (void)state;
    assert_mistake("CA_FILE=nowhere",
                   ".env line 6: CA_FILE names nowhere, which cannot be read: No such file");
}

static void an_unknown_level_is_refused(void **state)
{
    (void)state;
    assert_mistake("LOG_LEVEL=loud",
                   ".env line 6: LOG_LEVEL is \"loud\", which is none of its words; write"
                   " error, warning, info or debug");
}

/* ---- settings together ----------------------------------------------------------------------- */

#define NO_USER ROOMS "EXCHANGE_SERVER=mail.example.org\n"
#define BEARER                                                                                     \
    NO_USER "AUTH=Bearer\nOAUTH_TENANT=example.org\nOAUTH_CLIENT_ID=an-id\n"                       \
            "OAUTH_CLIENT_SECRET=Hunter2\n"

static void an_application_needs_no_user(void **state)
{
    struct config *config = loaded(BEARER);

    (void)state;
    assert_int_equal(config->auth, CONFIG_AUTH_BEARER);
    assert_int_equal(config->access, CONFIG_ACCESS_IMPERSONATION);
    assert_null(config->username);
    assert_null(config->password);
    assert_string_equal(config->oauth_tenant, "example.org");
    assert_string_equal(config->oauth_client_id, "an-id");
    assert_string_equal(config->oauth_client_secret, "Hunter2");
    assert_string_equal(config->oauth_token_url,
                        "https://login.microsoftonline.com/example.org/oauth2/v2.0/token");
    assert_string_equal(config->oauth_scope, "https://outlook.office365.com/.default");
    config_destroy(config);
}

static void a_token_url_is_enough_without_a_tenant(void **state)
{
    struct config *config =
        loaded(NO_USER "AUTH=bearer\nOAUTH_TOKEN_URL=http://127.0.0.1:1/t\nOAUTH_CLIENT_ID=i\n"
                       "OAUTH_CLIENT_SECRET=s\nOAUTH_SCOPE=other\n");

    (void)state;
    assert_string_equal(config->oauth_token_url, "http://127.0.0.1:1/t");
    assert_null(config->oauth_tenant);
    assert_string_equal(config->oauth_scope, "other");
    config_destroy(config);
}

static void an_applications_secret_may_stand_in_a_file(void **state)
{
    (void)state;
    fixture_write("secret", "from a file\n");
    struct config *config = loaded(NO_USER "AUTH=bearer\nOAUTH_TENANT=t\nOAUTH_CLIENT_ID=i\n"
                                           "OAUTH_CLIENT_SECRET_FILE=secret\n");
    assert_string_equal(config->oauth_client_secret, "from a file");
    config_destroy(config);
    assert_mistake("OAUTH_CLIENT_SECRET=x\nOAUTH_CLIENT_SECRET_FILE=secret",
                   ".env line 7: OAUTH_CLIENT_SECRET_FILE is set and OAUTH_CLIENT_SECRET too;"
                   " remove one of them");
}

static void what_an_application_lacks_is_named(void **state)
{
    struct mistakes mistakes = mistakes_of(NO_USER "AUTH=bearer\n");

    (void)state;
    assert_int_equal(mistakes.count, 3);
    assert_non_null(strstr(mistakes.sentences[0], "OAUTH_CLIENT_ID is not set, but AUTH=bearer"));
    assert_non_null(strstr(mistakes.sentences[1], "OAUTH_TENANT is not set, but AUTH=bearer"));
    assert_non_null(strstr(mistakes.sentences[2], "OAUTH_CLIENT_SECRET is not set, but AUTH="));
    mistakes_finish(&mistakes);
}

static void access_is_the_accounts_own_unless_it_is_an_applications(void **state)
{
    struct config *config = loaded(GOOD);

    (void)state;
    assert_int_equal(config->access, CONFIG_ACCESS_DELEGATE);
    config_destroy(config);
    config = loaded(GOOD "AUTH=ntlm\nACCESS=Impersonation\n");
    assert_int_equal(config->access, CONFIG_ACCESS_IMPERSONATION);
    config_destroy(config);
}

/* But bearer, which needs more than a line. */
static void each_word_of_a_choice_means_something_else(void **state)
{
    static const struct {
        const char *line;
        size_t member;
        unsigned value;
    } rows[] = {
        {"AUTH=auto\n", offsetof(struct config, auth), CONFIG_AUTH_AUTO},
        {"AUTH=basic\n", offsetof(struct config, auth), CONFIG_AUTH_BASIC},
        {"AUTH=ntlm\n", offsetof(struct config, auth), CONFIG_AUTH_NTLM},
        {"AUTH=NEGOTIATE\n", offsetof(struct config, auth), CONFIG_AUTH_NEGOTIATE},
        {"CHANNEL_BINDING=auto\n", offsetof(struct config, channel_binding), CONFIG_BINDING_AUTO},
        {"CHANNEL_BINDING=off\n", offsetof(struct config, channel_binding), CONFIG_BINDING_OFF},
        {"CHANNEL_BINDING=required\n", offsetof(struct config, channel_binding),
         CONFIG_BINDING_REQUIRED},
        {"ACCESS=delegate\n", offsetof(struct config, access), CONFIG_ACCESS_DELEGATE},
        {"ACCESS=impersonation\n", offsetof(struct config, access), CONFIG_ACCESS_IMPERSONATION},
        {"PRIVATE_ITEMS=mask\n", offsetof(struct config, private_items), CONFIG_PRIVATE_MASK},
        {"PRIVATE_ITEMS=omit\n", offsetof(struct config, private_items), CONFIG_PRIVATE_OMIT},
        {"PRIVATE_ITEMS=Show\n", offsetof(struct config, private_items), CONFIG_PRIVATE_SHOW},
        {"LOG_LEVEL=error\n", offsetof(struct config, log_level), LOG_LEVEL_ERROR},
        {"LOG_LEVEL=warning\n", offsetof(struct config, log_level), LOG_LEVEL_WARNING},
        {"LOG_LEVEL=info\n", offsetof(struct config, log_level), LOG_LEVEL_INFO},
        {"LOG_LEVEL=debug\n", offsetof(struct config, log_level), LOG_LEVEL_DEBUG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        unsigned value;
        (void)snprintf(text, sizeof text, GOOD "%s", rows[i].line);
        struct config *config = loaded(text);
        memcpy(&value, (const char *)config + rows[i].member, sizeof value);
        assert_int_equal(value, rows[i].value);
        config_destroy(config);
    }
}

static void settings_that_contradict_each_other_are_refused(void **state)
{
    static const struct slip rows[] = {
        {"AUTH=bearer\nACCESS=delegate\nOAUTH_TENANT=t\nOAUTH_CLIENT_ID=i\nOAUTH_CLIENT_SECRET=s",
         ".env line 7: ACCESS is delegate, but the application"},
        {"EXCHANGE_SERVER=http://localhost\nCHANNEL_BINDING=required",
         ".env line 7: CHANNEL_BINDING is required, but EXCHANGE_SERVER is http://"},
        {"AUTH=basic\nCHANNEL_BINDING=required",
         ".env line 7: CHANNEL_BINDING is required, but a login of AUTH=basic"},
        {"KEY_FILE=.env", ".env line 6: KEY_FILE is set, but not CERT_FILE"},
        {"OAUTH_KEY_FILE=.env", ".env line 6: OAUTH_KEY_FILE is set, but not OAUTH_CERT_FILE"},
        {"OAUTH_CLIENT_SECRET=s\nOAUTH_CERT_FILE=.env",
         ".env line 7: OAUTH_CERT_FILE is set, and a secret too; remove one of them"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void room_lists_are_asked_for_as_one_of_the_rooms(void **state)
{
    struct mistakes mistakes = mistakes_of("ROOM_LIST=*\nACCESS=impersonation\n" ACCOUNT);

    (void)state;
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.sentences[0], ".env line 1: ROOM_LIST needs a room to ask as"));
    mistakes_finish(&mistakes);
    config_destroy(loaded(GOOD "ROOM_LIST=*\nACCESS=impersonation\n"));
    config_destroy(loaded("ROOM_LIST=*\n" ACCOUNT));
}

/* ---- files of secrets ------------------------------------------------------------------------ */

static void a_certificate_may_hold_its_key(void **state)
{
    struct config *config;

    (void)state;
    fixture_write("secret", "both");
    config = loaded(GOOD "CERT_FILE=secret\n");
    assert_string_equal(config->cert_file, "secret");
    assert_string_equal(config->key_file, "secret");
    config_destroy(config);
    config =
        loaded(NO_USER "AUTH=bearer\nOAUTH_TENANT=t\nOAUTH_CLIENT_ID=i\nOAUTH_CERT_FILE=secret");
    assert_string_equal(config->oauth_key_file, "secret");
    config_destroy(config);
}

static void a_certificate_may_be_open_to_others_but_no_key(void **state)
{
    (void)state;
    fixture_write_bytes("other.env", "certificate", 11, 0644);
    fixture_write("secret", "key");
    struct config *config = loaded(GOOD "CERT_FILE=other.env\nKEY_FILE=secret\n");
    assert_string_equal(config->key_file, "secret");
    config_destroy(config);
    assert_mistake("CERT_FILE=other.env",
                   ".env line 6: CERT_FILE names other.env, which holds the private key too if no"
                   " other file does, and is open to others (mode 0644); run: chmod 600 other.env");
    assert_mistake("CERT_FILE=secret\nKEY_FILE=other.env",
                   ".env line 7: KEY_FILE names other.env, which is open to others (mode 0644)");
    assert_mistake("CERT_FILE=secret\nKEY_FILE=nowhere",
                   ".env line 7: KEY_FILE names nowhere, which cannot be opened: No such file");
}

static void systemd_guards_keys_in_its_directory(void **state)
{
    (void)state;
    fixture_write_bytes("secret", "key", 3, 0440);
    assert_mistake("CERT_FILE=.env\nKEY_FILE=secret", ".env line 7: KEY_FILE names secret, which");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", ".", 1), 0);
    config_destroy(loaded(GOOD "CERT_FILE=.env\nKEY_FILE=${CREDENTIALS_DIRECTORY}/secret\n"));
}

static void with_kerberos_no_password_is_needed(void **state)
{
    static const char *const ways[] = {"", "AUTH=negotiate\n"};

    (void)state;
    fixture_write("secret", "keytab");
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, NO_PASSWORD "KRB5_CLIENT_KTNAME=FILE:secret\n%s",
                       ways[i]);
        struct config *config = loaded(text);
        assert_string_equal(config->krb5_client_ktname, "FILE:secret");
        assert_null(config->password);
        config_destroy(config);
        (void)snprintf(text, sizeof text, NO_PASSWORD "KRB5CCNAME=KEYRING:session:x\n%s", ways[i]);
        config = loaded(text);
        assert_string_equal(config->krb5ccname, "KEYRING:session:x");
        config_destroy(config);
    }
    struct mistakes mistakes = mistakes_of(NO_PASSWORD "KRB5CCNAME=secret\nAUTH=ntlm\n");
    assert_non_null(strstr(mistakes.sentences[0], "there is no password"));
    mistakes_finish(&mistakes);
}

static void tickets_may_come_later_but_a_keytab_may_not(void **state)
{
    (void)state;
    config_destroy(loaded(GOOD "KRB5CCNAME=FILE:nowhere\n"));
    assert_mistake("KRB5_CLIENT_KTNAME=nowhere",
                   ".env line 6: KRB5_CLIENT_KTNAME names nowhere, which cannot be opened");
    assert_mistake("KRB5_CLIENT_KTNAME=MEMORY:x",
                   ".env line 6: KRB5_CLIENT_KTNAME names no file; write its path");
}

static void tickets_and_keytabs_open_to_others_are_refused(void **state)
{
    (void)state;
    fixture_write_bytes("secret", "x", 1, 0644);
    assert_mistake("KRB5CCNAME=secret", ".env line 6: KRB5CCNAME names secret, which is open to");
    assert_mistake("KRB5CCNAME=FILE:secret", ".env line 6: KRB5CCNAME names secret, which is open");
    assert_mistake("KRB5_CLIENT_KTNAME=FILE:secret",
                   ".env line 6: KRB5_CLIENT_KTNAME names secret, which is open to others");
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void addresses_are_checked_and_never_repeated(void **state)
{
    static const struct slip rows[] = {
        {"PROXY=proxy:3128", ".env line 6: PROXY has to be http://host:port"},
        {"PROXY=socks5://proxy:1080",
         ".env line 6: PROXY begins neither with https:// nor with http://"},
        {"PROXY=http://u:Hunter2@proxy", ".env line 6: PROXY has to be http://host:port"},
        {"OAUTH_TOKEN_URL=http://u:Hunter2@login/t", ".env line 6: OAUTH_TOKEN_URL names a user"},
        {"CORS_ORIGIN=https://a/b", ".env line 6: CORS_ORIGIN has to be https://host or"},
        {"OAUTH_TENANT=a/../b", ".env line 6: OAUTH_TENANT holds something else than letters"},
    };

    (void)state;
    ASSERT_SLIPS(rows);
}

static void any_origin_is_a_star(void **state)
{
    struct config *config = loaded(GOOD "CORS_ORIGIN=*\n");

    (void)state;
    assert_string_equal(config->cors_origin, "*");
    config_destroy(config);
}

/* ---- doubts ---------------------------------------------------------------------------------- */

/* The settings are good, and one sentence beside them, or with NULL none, is `sentence`. */
static void assert_doubt(const char *text, const char *sentence)
{
    struct config *config = loaded(text);

    assert_int_equal(config->doubts.count, sentence ? 1 : 0);
    if (sentence)
        assert_string_equal(config->doubts.sentences[0], sentence);
    config_destroy(config);
}

static void a_name_that_is_nearly_a_setting_is_doubted(void **state)
{
    (void)state;
    assert_doubt(GOOD "PRIVATE_ITEM=omit\n",
                 ".env line 6: PRIVATE_ITEM is no setting of roomcal; did you mean PRIVATE_ITEMS?");
    assert_doubt(GOOD "cache_ttl=60\n",
                 ".env line 6: cache_ttl is no setting of roomcal; did you mean CACHE_TTL?");
    assert_doubt(GOOD "ROOM=C\n",
                 ".env line 6: ROOM is no setting of roomcal; did you mean ROOMS?");
}

static void names_of_other_programs_and_settings_are_not_doubted(void **state)
{
    (void)state;
    assert_doubt(GOOD "PATH=/bin\nSECRET_KEY=x\nFLASK_ENV=production\nCACHE_TYPE=simple\nPORT=1\n"
                      "DEBUG=1\nHOST=a\nDOMAIN=b\n",
                 NULL);
    assert_doubt(GOOD "KEY_FILE=\nCA_FILE=\nCERT_FILE=\nOAUTH_KEY_FILE=\nOAUTH_CERT_FILE=\n", NULL);
}

static void rooms_with_one_mailbox_are_doubted(void **state)
{
    (void)state;
    assert_doubt(
        "ROOMS=A,B,C\nROOM_EMAILS=x@example.org,b@example.org,X@example.org\n" ACCOUNT,
        ".env line 2: ROOM_EMAILS has X@example.org twice: A and C show the same calendar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_old_services_file_and_a_server_are_enough),
        FIXTURE_TEST(a_name_that_is_nearly_a_setting_is_doubted),
        FIXTURE_TEST(names_of_other_programs_and_settings_are_not_doubted),
        FIXTURE_TEST(rooms_with_one_mailbox_are_doubted),
        FIXTURE_TEST(what_is_not_set_has_its_default),
        FIXTURE_TEST(each_setting_goes_to_its_member),
        FIXTURE_TEST(all_mistakes_come_at_once_with_their_lines),
        FIXTURE_TEST(without_a_file_the_environment_is_enough),
        FIXTURE_TEST(the_file_wins_and_the_environment_fills_in),
        FIXTURE_TEST(empty_means_the_default_and_hides_the_environment),
        FIXTURE_TEST(a_key_without_a_sign_is_a_mistake),
        FIXTURE_TEST(mistakes_of_the_environment_say_so),
        FIXTURE_TEST(unknown_keys_are_left_alone),
        FIXTURE_TEST(the_path_beats_roomcal_env_which_beats_dot_env),
        FIXTURE_TEST(a_named_file_that_is_missing_is_a_mistake),
        FIXTURE_TEST(a_newcomer_is_led),
        FIXTURE_TEST(a_file_open_to_others_is_refused),
        FIXTURE_TEST(a_file_over_a_mebibyte_is_refused),
        FIXTURE_TEST(a_file_that_is_not_utf_8_is_refused_with_the_line),
        FIXTURE_TEST(values_that_grow_without_end_are_refused),
        FIXTURE_TEST(blanks_round_the_elements_do_not_count),
        FIXTURE_TEST(a_room_name_that_cannot_be_one_is_refused),
        FIXTURE_TEST(a_room_name_has_at_most_200_bytes),
        FIXTURE_TEST(each_room_needs_its_address),
        FIXTURE_TEST(what_is_no_mail_address_is_refused),
        FIXTURE_TEST(an_address_has_at_most_254_bytes),
        FIXTURE_TEST(with_room_lists_no_rooms_need_to_be_named),
        FIXTURE_TEST(a_star_means_all_room_lists),
        FIXTURE_TEST(rooms_may_be_named_beside_room_lists),
        FIXTURE_TEST(without_room_lists_no_rooms_are_awaited),
        FIXTURE_TEST(half_a_pair_is_a_mistake_beside_room_lists_too),
        FIXTURE_TEST(what_is_no_room_list_is_refused),
        FIXTURE_TEST(there_are_at_most_100_room_lists),
        FIXTURE_TEST(there_are_at_most_10000_rooms),
        FIXTURE_TEST(a_name_that_cannot_sign_in_is_refused),
        FIXTURE_TEST(texts_have_their_maximum),
        FIXTURE_TEST(a_bad_line_is_not_repeated),
        FIXTURE_TEST(the_server_is_checked),
        FIXTURE_TEST(a_way_to_sign_in_that_there_is_not_is_refused),
        FIXTURE_TEST(a_password_file_loses_one_line_end),
        FIXTURE_TEST(a_password_file_that_cannot_be_used_is_refused),
        FIXTURE_TEST(two_passwords_are_a_mistake),
        FIXTURE_TEST(systemds_credential_is_the_last_resort),
        FIXTURE_TEST(systemd_guards_the_settings_in_its_directory),
        FIXTURE_TEST(without_a_password_the_three_ways_are_named),
        FIXTURE_TEST(numbers_are_whole_and_in_their_range),
        FIXTURE_TEST(a_start_is_a_moment_a_date_or_days_back),
        FIXTURE_TEST(what_is_no_start_is_refused),
        FIXTURE_TEST(a_start_behind_the_end_is_refused),
        FIXTURE_TEST(a_start_of_long_ago_is_refused),
        FIXTURE_TEST(a_list_of_fields_that_is_none_is_refused),
        FIXTURE_TEST(fields_have_their_limits),
        FIXTURE_TEST(a_ca_file_has_to_be_there),
        FIXTURE_TEST(an_unknown_level_is_refused),
        FIXTURE_TEST(an_application_needs_no_user),
        FIXTURE_TEST(a_token_url_is_enough_without_a_tenant),
        FIXTURE_TEST(an_applications_secret_may_stand_in_a_file),
        FIXTURE_TEST(what_an_application_lacks_is_named),
        FIXTURE_TEST(access_is_the_accounts_own_unless_it_is_an_applications),
        FIXTURE_TEST(each_word_of_a_choice_means_something_else),
        FIXTURE_TEST(settings_that_contradict_each_other_are_refused),
        FIXTURE_TEST(room_lists_are_asked_for_as_one_of_the_rooms),
        FIXTURE_TEST(a_certificate_may_hold_its_key),
        FIXTURE_TEST(a_certificate_may_be_open_to_others_but_no_key),
        FIXTURE_TEST(systemd_guards_keys_in_its_directory),
        FIXTURE_TEST(with_kerberos_no_password_is_needed),
        FIXTURE_TEST(tickets_may_come_later_but_a_keytab_may_not),
        FIXTURE_TEST(tickets_and_keytabs_open_to_others_are_refused),
        FIXTURE_TEST(addresses_are_checked_and_never_repeated),
        FIXTURE_TEST(any_origin_is_a_star),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
