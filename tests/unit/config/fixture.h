/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_CONFIG_FIXTURE_H
#define ROOMCAL_TESTS_CONFIG_FIXTURE_H

/*
 * fixture — a temporary directory that is the current one, and an empty environment
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

struct fixture {
    char directory[64];
    char *before; /* where we were */
};

/* Leaves only what tells cmocka how to report. */
static inline void fixture_clear_environment(void)
{
    const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
    char *kept = output ? strdup(output) : NULL;

    assert_int_equal(clearenv(), 0);
    if (kept)
        assert_int_equal(setenv("CMOCKA_MESSAGE_OUTPUT", kept, 1), 0);
    free(kept);
}

/* For cmocka_unit_test_setup_teardown. */
static inline int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->before = get_current_dir_name();
    (void)snprintf(fixture->directory, sizeof fixture->directory, "/tmp/roomcal-config-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    assert_int_equal(chdir(fixture->directory), 0);
    fixture_clear_environment();
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    static const char *const files[] = {".env", "other.env", "secret", "password", "link", "fifo"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        (void)unlink(files[i]);
    assert_int_equal(chdir(fixture->before), 0);
    assert_int_equal(rmdir(fixture->directory), 0);
    free(fixture->before);
    free(fixture);
    return 0;
}

static inline void fixture_write_bytes(const char *name, const void *bytes, size_t length,
                                       mode_t mode)
{
    (void)unlink(name); /* it may be one that we cannot write to */
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static inline void fixture_write(const char *name, const char *text)
{
    fixture_write_bytes(name, text, strlen(text), 0600);
}

#define FIXTURE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#endif
