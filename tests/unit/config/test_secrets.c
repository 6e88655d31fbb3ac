/* SPDX-License-Identifier: MIT */
/* What config_load leaves of secrets in memory: the one copy that it keeps. */
#include "config/config.h"

#include "fixture.h"
#include "memory.h"

/* Masked as tests/unit/memory.h says: "Hunter2_is_no_longer_good" and others like it. */
#define PASSWORD_MASKED "Itouds3^hr^on^mnofds^fnne"
#define SECRET_MASKED   "Itouds2^hr^on^mnofds^fnne"
#define PROXY_MASKED    "Itouds5^hr^on^mnofds^fnne"

/* malloc writes into the first bytes of what it is given back: what is looked for stands behind these. */
#define FRONT "what_stands_in_front_"

#define ROOM_LINES                                                                                 \
    "ROOMS=R\nROOM_EMAILS=r@example.org\nUSERNAME=u\nEXCHANGE_SERVER=mail.example.org\n"

/* Writes `before`, the secret and `after` behind the file's end. */
static void append(const char *name, const char *before, const char *masked, const char *after)
{
    char text[256];
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_true(strlen(masked) < sizeof text);
    memory_unmask(masked, text);
    assert_int_equal(write(fd, before, strlen(before)), strlen(before));
    assert_int_equal(write(fd, text, strlen(masked)), strlen(masked));
    assert_int_equal(write(fd, after, strlen(after)), strlen(after));
    explicit_bzero(text, sizeof text);
    assert_int_equal(close(fd), 0);
}

static struct config *load(void)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    if (config_load(NULL, NULL, &config, &mistakes))
        fail_msg("%s", mistakes.count ? mistakes.sentences[0] : "no memory");
    mistakes_finish(&mistakes);
    return config;
}

static void assert_once_and_then_never(const char *const *masked, size_t count)
{
    struct config *config = load();
    for (size_t i = 0; i < count; i++)
        assert_memory_holds(masked[i], 1);
    config_destroy(config);
    for (size_t i = 0; i < count; i++)
        assert_memory_holds(masked[i], 0);
}

static void of_the_settings_secrets_one_copy_stays(void **state)
{
    (void)state;
    fixture_write(".env", ROOM_LINES);
    append(".env", "PASSWORD=\"" FRONT, PASSWORD_MASKED, "\"\n");
    append(".env", "PROXY=http://user:" FRONT, PROXY_MASKED, "@proxy:3128\n");
    append(".env", "AUTH=bearer\nOAUTH_TENANT=t\nOAUTH_CLIENT_ID=i\nOAUTH_CLIENT_SECRET='" FRONT,
           SECRET_MASKED, "'\n");
    assert_once_and_then_never((const char *[]){PASSWORD_MASKED, PROXY_MASKED, SECRET_MASKED}, 3);
}

static void of_secrets_in_files_one_copy_stays(void **state)
{
    (void)state;
    fixture_write(".env", ROOM_LINES "PASSWORD_FILE=password\n");
    append("password", FRONT, PASSWORD_MASKED, "\n");
    assert_once_and_then_never((const char *[]){PASSWORD_MASKED}, 1);
}

static void a_password_that_was_expanded_or_unquoted_leaves_nothing_behind(void **state)
{
    (void)state;
    fixture_write(".env", ROOM_LINES);
    append(".env", "FIRST=\"\\\"" FRONT, PASSWORD_MASKED, "\"\nPASSWORD='${FIRST}${FIRST}'\n");
    struct config *config = load();
    assert_memory_holds(PASSWORD_MASKED, 2);
    config_destroy(config);
    assert_memory_holds(PASSWORD_MASKED, 0);
}

static void a_password_in_lines_that_are_amiss_leaves_nothing_behind(void **state)
{
    struct config *config = NULL;
    struct mistakes mistakes = {0};

    (void)state;
    fixture_write(".env", ROOM_LINES);
    append(".env", FRONT, PASSWORD_MASKED, "\n");
    append(".env", "PASSWORD=${" FRONT, PASSWORD_MASKED, "}\n");
    append(".env", "PASSWORD: " FRONT, PASSWORD_MASKED, "\n");
    append(".env", "PROXY=http://user:" FRONT, PASSWORD_MASKED, "@proxy:port\n");
    append(".env", "EXCHANGE_SERVER=https://user:" FRONT, PASSWORD_MASKED, "@mail.example.org\n");
    append(".env", "PASSWORD='" FRONT, PASSWORD_MASKED, "\n");
    assert_int_equal(config_load(NULL, NULL, &config, &mistakes), 1);
    assert_memory_holds(PASSWORD_MASKED, 0);
    mistakes_finish(&mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(of_the_settings_secrets_one_copy_stays),
        FIXTURE_TEST(of_secrets_in_files_one_copy_stays),
        FIXTURE_TEST(a_password_that_was_expanded_or_unquoted_leaves_nothing_behind),
        FIXTURE_TEST(a_password_in_lines_that_are_amiss_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
