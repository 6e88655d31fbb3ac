/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guard.h"
#include "unit.h"

#define PAGES 4

struct mapped {
    FILE *file;
    size_t page;
    unsigned char *map;
    uint64_t since;
};

static int begin(void **state)
{
    static struct mapped mapped;

    mapped.page = (size_t)sysconf(_SC_PAGESIZE);
    mapped.file = tmpfile();
    assert_non_null(mapped.file);
    for (size_t i = 0; i < PAGES * mapped.page; i++)
        assert_int_equal(putc('x', mapped.file), 'x');
    assert_int_equal(fflush(mapped.file), 0);
    mapped.since = guard_hits();
    mapped.map = mmap(NULL, PAGES * mapped.page, PROT_READ, MAP_SHARED, fileno(mapped.file), 0);
    assert_true(mapped.map != MAP_FAILED);
    *state = &mapped;
    return 0;
}

static int end(void **state)
{
    struct mapped *mapped = *state;

    (void)munmap(mapped->map, PAGES * mapped->page);
    (void)fclose(mapped->file);
    return 0;
}

static void cut(const struct mapped *mapped, size_t pages)
{
    assert_int_equal(ftruncate(fileno(mapped->file), (off_t)(pages * mapped->page)), 0);
}

static bool is_hit(const struct mapped *mapped)
{
    return guard_has_hit(mapped->map, PAGES * mapped->page, mapped->since);
}

static void a_page_that_the_file_lost_reads_as_zeros_and_is_noted(void **state)
{
    const struct mapped *mapped = *state;
    const volatile unsigned char *map = mapped->map;

    guard_install(); /* cmocka has put its own handler there */
    cut(mapped, 2);
    assert_int_equal(map[0], 'x');
    assert_false(is_hit(mapped));
    assert_int_equal(map[3 * mapped->page + 17], 0);
    assert_true(is_hit(mapped));
    assert_int_equal(guard_hits(), mapped->since + 1);
    assert_int_equal(map[3 * mapped->page], 0);
    assert_int_equal(guard_hits(), mapped->since + 1);
}

static void other_mappings_are_not_hit(void **state)
{
    const struct mapped *mapped = *state;
    const volatile unsigned char *map = mapped->map;

    guard_install(); /* cmocka has put its own handler there */
    cut(mapped, 1);
    (void)map[mapped->page];
    assert_true(guard_has_hit(mapped->map, mapped->page + 1, mapped->since));
    assert_false(guard_has_hit(mapped->map, mapped->page, mapped->since));
    assert_false(guard_has_hit(mapped->map + 2 * mapped->page, 2 * mapped->page, mapped->since));
}

static void who_mapped_after_the_hit_is_not_hit(void **state)
{
    const struct mapped *mapped = *state;
    const volatile unsigned char *map = mapped->map;

    guard_install(); /* cmocka has put its own handler there */
    cut(mapped, 1);
    (void)map[mapped->page];
    assert_false(guard_has_hit(mapped->map, PAGES * mapped->page, guard_hits()));
}

static void after_more_hits_than_are_remembered_everybody_may_have_been_hit(void **state)
{
    const struct mapped *mapped = *state;
    uint64_t since = guard_hits();

    guard_install(); /* cmocka has put its own handler there */
    for (int i = 0; i <= GUARD_PLACES; i++) {
        void *map = mmap(NULL, mapped->page, PROT_READ, MAP_SHARED, fileno(mapped->file),
                         (off_t)(2 * mapped->page));
        cut(mapped, 1);
        (void)*(const volatile unsigned char *)map;
        (void)munmap(map, mapped->page);
    }
    assert_int_equal(guard_hits(), since + GUARD_PLACES + 1);
    assert_true(guard_has_hit(mapped->map, mapped->page, since));
}

static void *read_last(void *context)
{
    const struct mapped *mapped = context;
    const volatile unsigned char *map = mapped->map;
    bool noticed = map[(PAGES - 1) * mapped->page] == 'x' || is_hit(mapped);

    return noticed ? context : NULL;
}

static void threads_that_meet_in_one_page_all_notice(void **state)
{
    struct mapped *mapped = *state;
    pthread_t threads[8];

    guard_install(); /* cmocka has put its own handler there */
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_last, mapped), 0);
    cut(mapped, 1);
    for (int i = 0; i < 8; i++) {
        void *noticed = NULL;
        assert_int_equal(pthread_join(threads[i], &noticed), 0);
        assert_non_null(noticed);
    }
}

static void a_signal_that_is_no_lost_page_ends_the_process(void **state)
{
    int status = 0;

    guard_install(); /* cmocka has put its own handler there */
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)raise(SIGBUS);
        (void)raise(SIGBUS);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_that_the_file_lost_reads_as_zeros_and_is_noted),
        TEST(other_mappings_are_not_hit),
        TEST(who_mapped_after_the_hit_is_not_hit),
        TEST(after_more_hits_than_are_remembered_everybody_may_have_been_hit),
        TEST(threads_that_meet_in_one_page_all_notice),
        TEST(a_signal_that_is_no_lost_page_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
