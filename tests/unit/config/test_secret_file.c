/* SPDX-License-Identifier: MIT */
#include "config/secret_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/fixture.h"

static void assert_refused(const char *name, enum secret_guard guard, int error, const char *reason)
{
    struct buf text = {.length = 7};
    struct err err = {0};

    assert_int_equal(secret_file_read(name, guard, 100, &text, &err), error);
    assert_non_null(strstr(err.text, reason));
    assert_int_equal(text.length, 7);
}

static void assert_read(const char *name, enum secret_guard guard, size_t length)
{
    struct buf text = {0};
    struct err err = {0};

    assert_int_equal(secret_file_read(name, guard, 100, &text, &err), 0);
    assert_int_equal(text.length, length);
    buf_finish(&text);
    assert_null(text.bytes);
}

static void the_bytes_are_read_as_they_are(void **state)
{
    struct buf text = {0};

    (void)state;
    fixture_write_bytes("secret", "a\0b\n", 4, 0600);
    assert_int_equal(secret_file_read("secret", SECRET_OURS, 100, &text, NULL), 0);
    assert_int_equal(text.length, 4);
    assert_memory_equal(text.bytes, "a\0b\n", 4);
    buf_finish(&text);
}

static void an_empty_file_is_read(void **state)
{
    (void)state;
    fixture_write("secret", "");
    assert_read("secret", SECRET_OURS, 0);
}

static void the_limit_may_be_met_but_not_passed(void **state)
{
    char bytes[101] = {0};

    (void)state;
    fixture_write_bytes("secret", bytes, 100, 0600);
    assert_read("secret", SECRET_OURS, 100);
    fixture_write_bytes("secret", bytes, 101, 0600);
    assert_refused("secret", SECRET_OURS, -EFBIG, "is larger than 100 bytes");
}

static void a_file_open_to_others_is_refused_with_the_chmod(void **state)
{
    static const mode_t modes[] = {0640, 0620, 0604, 0602, 0610, 0601, 0777};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        fixture_write_bytes("secret", "x", 1, modes[i]);
        assert_refused("secret", SECRET_OURS, -EPERM, "run: chmod 600 secret");
    }
    fixture_write_bytes("secret", "x", 1, 0644);
    assert_refused("secret", SECRET_OURS, -EPERM, "is open to others (mode 0644)");
}

static void modes_that_close_it_are_fine(void **state)
{
    (void)state;
    fixture_write_bytes("secret", "x", 1, 0400);
    assert_read("secret", SECRET_OURS, 1);
    fixture_write_bytes("secret", "x", 1, 0700);
    assert_read("secret", SECRET_OURS, 1);
}

static void systemd_guards_its_files_itself(void **state)
{
    (void)state;
    fixture_write_bytes("secret", "x", 1, 0444);
    assert_read("secret", SECRET_SYSTEMD, 1);
}

/* Files of user 4711, seen by user 4712: only root can play both. */
static void give_away(const char *path, mode_t mode)
{
    fixture_write(path, "x");
    assert_int_equal(chmod(path, mode), 0);
    assert_int_equal(chown(path, 4711, (gid_t)-1), 0);
    assert_int_equal(chmod(".", 0755), 0);
}

static void a_strangers_file_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        UNIT_SKIP("only root can give a file to somebody else");
    give_away("secret", 0644);
    assert_int_equal(seteuid(4712), 0);
    assert_refused("secret", SECRET_OURS, -EPERM, "belongs to user 4711");
    assert_refused("secret", SECRET_OURS, -EPERM, "run: chown 4712 secret");
    assert_read("secret", SECRET_SYSTEMD, 1);
    assert_int_equal(seteuid(0), 0);
}

static void root_reads_the_service_user_s_file(void **state)
{
    (void)state;
    if (geteuid() != 0)
        UNIT_SKIP("only root can give a file to somebody else");
    give_away("secret", 0600);
    assert_read("secret", SECRET_OURS, 1);
}

/* In a process of its own, which becomes another user. */
static void a_file_of_root_says_to_another_user_whose_it_has_to_be(void **state)
{
    struct buf text = {0};
    struct err err = {0};
    int status;

    (void)state;
    if (geteuid() != 0)
        UNIT_SKIP("only root can become somebody else");
    fixture_write("secret", "x");
    assert_int_equal(chmod(".", 0755), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(setuid(65534) < 0 ||
              secret_file_read("secret", SECRET_OURS, 100, &text, &err) != -EACCES ||
              !strstr(err.text,
                      "cannot be opened by user 65534: Permission denied; it has to belong to"));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_link_to_a_file_is_fine(void **state)
{
    (void)state;
    fixture_write("secret", "x");
    assert_int_equal(symlink("secret", "link"), 0);
    assert_read("link", SECRET_OURS, 1);
}

static void what_is_not_a_regular_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_refused("fifo", SECRET_OURS, -EPERM, "is not a regular file");
    assert_refused(".", SECRET_OURS, -EPERM, "is not a regular file");
    assert_refused("/dev/null", SECRET_OURS, -EPERM, "is not a regular file");
}

static void a_missing_file_is_told_apart(void **state)
{
    (void)state;
    assert_refused("nowhere", SECRET_OURS, -ENOENT, "cannot be opened: No such file");
}

static void a_file_for_a_library_is_checked_alike_whatever_its_size(void **state)
{
    static char big[100000];
    struct err err = {0};

    (void)state;
    fixture_write_bytes("secret", big, sizeof big, 0600);
    assert_int_equal(secret_file_check("secret", SECRET_OURS, &err), 0);
    assert_int_equal(chmod("secret", 0640), 0);
    assert_int_equal(secret_file_check("secret", SECRET_OURS, &err), -EPERM);
    assert_non_null(strstr(err.text, "run: chmod 600 secret"));
    assert_int_equal(secret_file_check("secret", SECRET_SYSTEMD, &err), 0);
    assert_int_equal(secret_file_check("nowhere", SECRET_OURS, &err), -ENOENT);
}

static void systemd_guards_what_lies_in_its_directory(void **state)
{
    static const struct {
        const char *path;
        enum secret_guard guard;
    } rows[] = {
        {"/run/credentials/x/key", SECRET_SYSTEMD},
        {"/run/credentials/x", SECRET_OURS},
        {"/run/credentials/xy/key", SECRET_OURS},
        {"/run/credentials/x/../key", SECRET_OURS},
        {"key", SECRET_OURS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(secret_file_guard(rows[i].path), SECRET_OURS);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1), 0);
        assert_int_equal(secret_file_guard(rows[i].path), rows[i].guard);
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_bytes_are_read_as_they_are),
        FIXTURE_TEST(an_empty_file_is_read),
        FIXTURE_TEST(the_limit_may_be_met_but_not_passed),
        FIXTURE_TEST(a_file_open_to_others_is_refused_with_the_chmod),
        FIXTURE_TEST(modes_that_close_it_are_fine),
        FIXTURE_TEST(systemd_guards_its_files_itself),
        FIXTURE_TEST(a_strangers_file_is_refused),
        FIXTURE_TEST(root_reads_the_service_user_s_file),
        FIXTURE_TEST(a_file_of_root_says_to_another_user_whose_it_has_to_be),
        FIXTURE_TEST(a_link_to_a_file_is_fine),
        FIXTURE_TEST(what_is_not_a_regular_file_is_refused),
        FIXTURE_TEST(a_missing_file_is_told_apart),
        FIXTURE_TEST(a_file_for_a_library_is_checked_alike_whatever_its_size),
        FIXTURE_TEST(systemd_guards_what_lies_in_its_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
