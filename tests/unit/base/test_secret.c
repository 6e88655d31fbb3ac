/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "memory.h"

/* "a secret of twenty-eight bytes", masked */
static const char masked[] = "`!rdbsdu!ng!uvdoux,dhfiu!cxudr";

static void write_secret(char *to)
{
    memory_unmask(masked, to);
}

/* The secret in pages of its own, and nowhere else. */
static char *make_secret(void)
{
    char text[sizeof masked];

    write_secret(text);
    char *secret = secret_copy((struct slice){text, sizeof masked - 1});
    explicit_bzero(text, sizeof text);
    assert_non_null(secret);
    return secret;
}

static void a_copy_is_the_text_and_a_nul(void **state)
{
    (void)state;
    char *secret = secret_copy((struct slice){"abcdef", 3});

    assert_string_equal(secret, "abc");
    secret_free(secret);
    secret = secret_copy((struct slice){NULL, 0});
    assert_string_equal(secret, "");
    secret_free(secret);
    secret_free(NULL);
    secret_forget(NULL);
    secret_library_free(NULL);
}

static void a_text_that_no_memory_can_hold_is_none(void **state)
{
    (void)state;
    assert_null(secret_copy((struct slice){"a", SIZE_MAX}));
    assert_null(secret_copy((struct slice){"a", SIZE_MAX / 2}));
}

static void a_secret_that_was_freed_is_nowhere(void **state)
{
    (void)state;
    char *secret = make_secret();

    assert_memory_holds(masked, 1);
    secret_free(secret);
    assert_memory_holds(masked, 0);
}

static void what_memory_count_looks_for_it_finds(void **state)
{
    char *copies[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        copies[i] = malloc(sizeof masked);
        assert_non_null(copies[i]);
        write_secret(copies[i]);
    }
    assert_memory_holds(masked, 3);
    for (size_t i = 0; i < 3; i++)
        secret_forget(copies[i]);
    assert_memory_holds(masked, 0);
}

/* Whether the mapping of `address` has this flag in /proc/self/smaps: "lo" locked, "dd" not in dumps. */
static bool has_flag(const void *address, const char *flag)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool is_inside = false;
    bool has = false;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin;
        unsigned long end;
        if (memory_range(line, &begin, &end))
            is_inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
        if (is_inside && strncmp(line, "VmFlags:", 8) == 0)
            has = strstr(line, flag) != NULL;
    }
    (void)fclose(maps);
    return has;
}

static void a_secret_is_locked_and_left_out_of_dumps(void **state)
{
    (void)state;
    char *secret = make_secret();

    assert_true(has_flag(secret, " dd"));
    if (MEMORY_IS_OURS) /* sanitizers turn mlock off */
        assert_true(has_flag(secret, " lo"));
    secret_free(secret);
}

/* Runs `body` in a child, whose exit status is returned. */
static int in_child(int (*body)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int keep_without_a_lock(void)
{
    const struct rlimit none = {0, 0};

    /* Who has CAP_IPC_LOCK has no limit. */
    if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 || (geteuid() == 0 && setuid(65534) < 0))
        return 2;
    char *secret = secret_copy((struct slice){"abc", 3});
    bool is_kept = secret && strcmp(secret, "abc") == 0;
    secret_free(secret);
    return !is_kept;
}

static void a_secret_that_must_not_be_locked_is_kept_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(in_child(keep_without_a_lock), 0);
}

static void a_library_gives_back_nothing(void **state)
{
    (void)state;
    char *text = malloc(sizeof masked);

    assert_non_null(text);
    write_secret(text);
    text = secret_library_realloc(text, 100000);
    assert_non_null(text);
    assert_memory_holds(masked, 1);
    text = secret_library_realloc(text, sizeof masked);
    assert_memory_holds(masked, 1);
    secret_library_free(text);
    assert_memory_holds(masked, 0);
}

static void a_library_can_have_memory_without_having_had_any(void **state)
{
    (void)state;
    char *text = secret_library_realloc(NULL, 10);

    assert_non_null(text);
    secret_library_free(text);
}

static void append_secret(struct buf *buf)
{
    char text[sizeof masked];

    write_secret(text);
    buf_append_text(buf, text);
    explicit_bzero(text, sizeof text);
}

static void a_buffer_of_secrets_leaves_nothing_behind_when_it_grows(void **state)
{
    struct buf buf = BUF_SECRET(1 << 20);
    void *neighbours[10];

    (void)state;
    buf_append_text(&buf, "malloc writes into the first bytes of what is freed");
    append_secret(&buf);
    for (int i = 0; i < 10; i++) {
        neighbours[i] = malloc(64); /* no room to grow in its place */
        assert_non_null(buf_reserve(&buf, (size_t)64 << i));
    }
    for (int i = 0; i < 10; i++)
        free(neighbours[i]);
    assert_memory_holds(masked, 1);
    buf_clear(&buf);
    assert_memory_holds(masked, 0);
    append_secret(&buf);
    buf_finish(&buf);
    assert_memory_holds(masked, 0);
    append_secret(&buf);
    assert_true(buf.is_secret);
    buf_finish(&buf);
    assert_memory_holds(masked, 0);
}

static int seal(void)
{
    struct rlimit core;

    secret_seal_process();
    return prctl(PR_GET_DUMPABLE) != 0 || getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur ||
           core.rlim_max;
}

static void a_sealed_process_is_never_dumped(void **state)
{
    (void)state;
    assert_int_equal(in_child(seal), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_the_text_and_a_nul),
        cmocka_unit_test(a_text_that_no_memory_can_hold_is_none),
        cmocka_unit_test(a_secret_that_was_freed_is_nowhere),
        cmocka_unit_test(what_memory_count_looks_for_it_finds),
        cmocka_unit_test(a_secret_is_locked_and_left_out_of_dumps),
        cmocka_unit_test(a_secret_that_must_not_be_locked_is_kept_all_the_same),
        cmocka_unit_test(a_library_gives_back_nothing),
        cmocka_unit_test(a_library_can_have_memory_without_having_had_any),
        cmocka_unit_test(a_buffer_of_secrets_leaves_nothing_behind_when_it_grows),
        cmocka_unit_test(a_sealed_process_is_never_dumped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
