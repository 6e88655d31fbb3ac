/* SPDX-License-Identifier: MIT */
#include "cache/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datetime.h"
#include "base/guard.h"
#include "base/io.h"

#define NAME     "ledger"
#define NEW_NAME "ledger.new" /* until it is complete; one that a killed process left is removed */

/* Each list has room to grow in. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct ledger_page {
    struct ledger_header header;
    _Alignas(LEDGER_VALUES_AT) _Atomic int64_t values[LEDGER_VALUES];
    _Alignas(LEDGER_LOGINS_AT) _Atomic int64_t logins[LEDGER_LOGINS]; /* UTC seconds; 0: none */
    _Alignas(LEDGER_LOGINS_AT) _Atomic uint64_t counters[LEDGER_COUNTERS];
};

_Static_assert(offsetof(struct ledger_page, values) == LEDGER_VALUES_AT, "as drawn");
_Static_assert(offsetof(struct ledger_page, logins) == LEDGER_LOGINS_AT, "as drawn");
_Static_assert(offsetof(struct ledger_page, counters) == LEDGER_COUNTERS_AT, "as drawn");
_Static_assert(sizeof(struct ledger_page) <= LEDGER_SIZE, "it is one page");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "numbers are shared by processes, so without locks");

/* LEDGER_SIZE bytes mapped, and of which file; of none: our own memory. */
struct mapped {
    struct ledger_page *page;
    dev_t device;
    ino_t inode;
    uint64_t guarded_since; /* base/guard's hits when it was mapped */
};

struct ledger {
    struct mapped mapped; /* its page keeps its address */
    struct hash account;
};

/* ---- the file -------------------------------------------------------------------------------- */

static struct ledger_header make_header(const struct hash *account)
{
    return (struct ledger_header){
        .magic = "rc-book",
        .format = LEDGER_FORMAT,
        .byte_order = LEDGER_BYTE_ORDER,
        .account = *account,
    };
}

/* Whose account it is may differ: counters do not belong to one. */
static bool is_ledger(const struct ledger_page *page)
{
    struct ledger_header wanted = make_header(&page->header.account);

    return memcmp(&page->header, &wanted, sizeof wanted) == 0;
}

static bool is_of_account(const struct ledger_page *page, const struct hash *account)
{
    return memcmp(&page->header.account, account, sizeof *account) == 0;
}

/* root looks at the service's file with the operator's command. */
static bool is_ours(const struct stat *status)
{
    return S_ISREG(status->st_mode) && (status->st_uid == geteuid() || geteuid() == 0) &&
           (status->st_mode & 077) == 0 && status->st_size == LEDGER_SIZE;
}

/* The file's page, or with fd -1 one of our own; NULL and errno. */
static struct ledger_page *map(int fd)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *page = mmap(NULL, LEDGER_SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

    return page == MAP_FAILED ? NULL : page;
}

static void unmap(struct ledger_page *page)
{
    if (page)
        (void)munmap(page, LEDGER_SIZE);
}

/* 0 and *ret; 1: it is no file of ours, by what fstat says; -errno. */
static int map_file(int fd, struct mapped *ret)
{
    struct stat status;
    uint64_t since = guard_hits();

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!is_ours(&status))
        return 1;
    struct ledger_page *page = map(fd);
    if (!page)
        return -errno;
    *ret = (struct mapped){page, status.st_dev, status.st_ino, since};
    return 0;
}

static int map_checked(int fd, struct mapped *ret)
{
    struct mapped mapped = {0};
    int result = map_file(fd, &mapped);

    if (result)
        return result;
    if (!is_ledger(mapped.page)) {
        unmap(mapped.page);
        return 1;
    }
    *ret = mapped;
    return 0;
}

/* Maps the file that is there. 0 and *ret; 1: there is none that can be used, so make one; -errno. */
static int open_existing(int dirfd, struct mapped *ret)
{
    /* O_NONBLOCK: somebody may have put a FIFO there. */
    int fd = openat(dirfd, NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 &&
        (errno == ENOENT || errno == ELOOP || errno == EISDIR || errno == ENXIO || errno == EACCES))
        return 1;
    if (fd < 0)
        return -errno;
    int result = map_checked(fd, ret);
    (void)close(fd);
    return result;
}

/* Reserved first: a full disk shows now, not as a SIGBUS at some later moment. */
static int fill(int fd, const struct ledger_page *content)
{
    char page[LEDGER_SIZE] = {0};
    int error = -posix_fallocate(fd, 0, LEDGER_SIZE);

    memcpy(page, (const void *)content, sizeof *content);
    return error ? error : io_write_all(fd, page, sizeof page);
}

static int fill_and_name(int dirfd, int fd, const struct ledger_page *content, struct mapped *ret)
{
    struct mapped mapped = {0};
    int error = fill(fd, content);

    if (!error)
        error = map_file(fd, &mapped) ? -EIO : 0;
    if (!error && renameat(dirfd, NEW_NAME, dirfd, NAME) < 0)
        error = -errno;
    if (error)
        unmap(mapped.page);
    else
        *ret = mapped;
    return error;
}

/* Puts a new file in the place of whatever is there. 0 and *ret, or -errno. */
static int make(int dirfd, const struct ledger_page *content, struct mapped *ret)
{
    (void)unlinkat(dirfd, NEW_NAME, 0);
    int fd = openat(dirfd, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    int error = fill_and_name(dirfd, fd, content, ret);
    if (error)
        (void)unlinkat(dirfd, NEW_NAME, 0);
    (void)close(fd);
    return error;
}

static void add_counters(struct ledger_page *content, const struct ledger_page *from)
{
    for (size_t i = 0; i < LEDGER_COUNTERS; i++)
        atomic_fetch_add(&content->counters[i], atomic_load(&from->counters[i]));
}

/* The file that is there, or a new one with `content`, whose header says of which account. `take_over`: another
 * account's file is replaced, and its counters go on; else it is left alone, and 1. Those who have it mapped go on with
 * it. */
static int open_or_make(int dirfd, struct ledger_page *content, bool take_over, struct mapped *ret)
{
    struct mapped mapped = {0};
    int result = open_existing(dirfd, &mapped);

    if (result < 0)
        return result;
    if (mapped.page && is_of_account(mapped.page, &content->header.account)) {
        *ret = mapped;
        return 0;
    }
    if (mapped.page)
        add_counters(content, mapped.page);
    unmap(mapped.page);
    return mapped.page && !take_over ? 1 : make(dirfd, content, ret);
}

/* Two who start at the same moment have to end with the same file: they come one after the other. */
static int open_shared(int dirfd, struct ledger_page *content, bool take_over, struct mapped *ret)
{
    int lock = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (lock < 0)
        return -errno;
    (void)flock(lock, LOCK_EX);
    int result = open_or_make(dirfd, content, take_over, ret);
    (void)close(lock);
    return result;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static int say_trouble(struct err *err, int error)
{
    return err_errno(err, -error,
                     "cannot keep CACHE_DIR/" NAME ", so what is learned of the "
                     "Exchange account is forgotten at the end of this process");
}

int ledger_open(int cache_dirfd, const struct hash *account, struct ledger **ret, struct err *err)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct ledger_page content = {.header = make_header(account)};
    int trouble = ledger ? open_shared(cache_dirfd, &content, true, &ledger->mapped) : 0;

    if (trouble)
        ledger->mapped = (struct mapped){.page = map(-1)};
    if (!ledger || !ledger->mapped.page) {
        free(ledger);
        return err_set(err, -ENOMEM, "no memory");
    }
    ledger->account = *account;
    *ret = ledger;
    if (!trouble)
        return 0;
    (void)say_trouble(err, trouble);
    return 1;
}

static bool has_its_name(const struct mapped *mapped, int dirfd)
{
    struct stat status;

    return fstatat(dirfd, NAME, &status, AT_SYMLINK_NOFOLLOW) == 0 && is_ours(&status) &&
           status.st_dev == mapped->device && status.st_ino == mapped->inode &&
           !guard_has_hit(mapped->page, LEDGER_SIZE, mapped->guarded_since);
}

/* Number by number, because others go on writing. */
static struct ledger_page copy_of(const struct ledger *ledger)
{
    const struct ledger_page *page = ledger->mapped.page;
    struct ledger_page copy = {.header = make_header(&ledger->account)};

    for (size_t i = 0; i < LEDGER_VALUES; i++)
        atomic_init(&copy.values[i], atomic_load(&page->values[i]));
    for (size_t i = 0; i < LEDGER_LOGINS; i++)
        atomic_init(&copy.logins[i], atomic_load(&page->logins[i]));
    add_counters(&copy, page);
    return copy;
}

int ledger_mend(struct ledger *ledger, int cache_dirfd, struct err *err)
{
    struct mapped *mapped = &ledger->mapped;
    struct mapped newer = {0};

    if (has_its_name(mapped, cache_dirfd))
        return 0;
    struct ledger_page content = copy_of(ledger);
    int result = open_shared(cache_dirfd, &content, false, &newer);
    if (result > 0)
        return 0;
    if (result < 0)
        return say_trouble(err, result);
    /* In one step: whoever looks at a number meanwhile finds one page or the other. */
    if (mremap(newer.page, LEDGER_SIZE, LEDGER_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, mapped->page) ==
        MAP_FAILED) {
        unmap(newer.page);
        return err_set(err, -ENOMEM, "no memory");
    }
    newer.page = mapped->page;
    *mapped = newer;
    return 1;
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    unmap(ledger->mapped.page);
    free(ledger);
}

int64_t ledger_get(const struct ledger *ledger, enum ledger_value value)
{
    return atomic_load(&ledger->mapped.page->values[value]);
}

int64_t ledger_moment(const struct ledger *ledger, enum ledger_value value)
{
    int64_t moment = ledger_get(ledger, value);

    return moment > 0 && moment <= DATETIME_MAX ? moment : 0;
}

void ledger_set(struct ledger *ledger, enum ledger_value value, int64_t to)
{
    atomic_store(&ledger->mapped.page->values[value], to);
}

void ledger_count(struct ledger *ledger, enum ledger_counter counter, uint64_t by)
{
    atomic_fetch_add_explicit(&ledger->mapped.page->counters[counter], by, memory_order_relaxed);
}

uint64_t ledger_counted(const struct ledger *ledger, enum ledger_counter counter)
{
    return atomic_load_explicit(&ledger->mapped.page->counters[counter], memory_order_relaxed);
}

/* ---- logins ---------------------------------------------------------------------------------- */

/* Moments from before the clock was set back become now: else they would lie ahead for as long as it was set back. */
static void bring_back(_Atomic int64_t *login, int64_t now_utc)
{
    int64_t noted = atomic_load(login);

    while (noted > now_utc && !atomic_compare_exchange_weak(login, &noted, now_utc))
        ;
}

/* The oldest of the moments, and which it is. */
static int64_t oldest_login(struct ledger *ledger, int64_t now_utc, size_t *ret)
{
    _Atomic int64_t *logins = ledger->mapped.page->logins;
    int64_t oldest = INT64_MAX;

    for (size_t i = 0; i < LEDGER_LOGINS; i++) {
        bring_back(&logins[i], now_utc);
        int64_t noted = atomic_load(&logins[i]);
        if (noted < oldest) {
            oldest = noted;
            *ret = i;
        }
    }
    return oldest;
}

void ledger_note_login(struct ledger *ledger, int64_t now_utc)
{
    size_t place = 0;
    int64_t oldest = oldest_login(ledger, now_utc, &place);

    /* Another one may have taken the place meanwhile: both have failed, both are noted. */
    while (!atomic_compare_exchange_strong(&ledger->mapped.page->logins[place], &oldest, now_utc))
        oldest = oldest_login(ledger, now_utc, &place);
}

int64_t ledger_login_at(struct ledger *ledger, int64_t now_utc)
{
    size_t place = 0;
    int64_t oldest = oldest_login(ledger, now_utc, &place);

    return oldest > now_utc - LEDGER_LOGINS_SPAN_S ? oldest + LEDGER_LOGINS_SPAN_S : now_utc;
}
