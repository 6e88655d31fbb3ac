/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "unit.h"

#define MUCH ((size_t)1 << 20) /* more than a pipe holds, so it takes several writes */

static void *read_all(void *context)
{
    int fd = *(int *)context;
    size_t *total = calloc(1, sizeof *total);
    char bytes[4096];
    ssize_t got;

    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        *total += (size_t)got;
    return total;
}

static void all_bytes_are_written_over_short_writes(void **state)
{
    int pipes[2];
    pthread_t reader;
    void *total;
    char *bytes = calloc(1, MUCH);

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &pipes[0]), 0);
    assert_int_equal(io_write_all(pipes[1], bytes, MUCH), 0);
    (void)close(pipes[1]);
    assert_int_equal(pthread_join(reader, &total), 0);
    assert_true(*(size_t *)total == MUCH);
    (void)close(pipes[0]);
    free(total);
    free(bytes);
}

static void a_failure_is_given_as_its_number(void **state)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(io_write_all(fd, "x", 1), -ENOSPC);
    assert_int_equal(io_write_all(fd, NULL, 0), 0);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bytes_are_written_over_short_writes),
        cmocka_unit_test(a_failure_is_given_as_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
