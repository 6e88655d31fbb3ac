/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* What the pages hold; a mapping is as long as it was asked for. */
struct pages {
    size_t size;
    char text[];
};

static struct pages *pages_map(size_t size)
{
    struct pages *pages =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    /* Before anything is written; both may be refused. */
    (void)mlock(pages, size);
    (void)madvise(pages, size, MADV_DONTDUMP);
    pages->size = size;
    return pages;
}

char *secret_copy(struct slice text)
{
    size_t size;

    if (__builtin_add_overflow(text.length, sizeof(struct pages) + 1, &size))
        return NULL;
    struct pages *pages = pages_map(size);
    if (!pages)
        return NULL;
    if (text.length)
        memcpy(pages->text, text.at, text.length);
    return pages->text; /* new pages are zeros: the NUL is there */
}

void secret_free(char *secret)
{
    if (!secret)
        return;
    struct pages *pages = (struct pages *)(void *)(secret - offsetof(struct pages, text));
    size_t size = pages->size;
    explicit_bzero(pages, size);
    (void)munmap(pages, size); /* and unlocks */
}

void secret_forget(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void secret_library_free(void *bytes)
{
    if (bytes)
        explicit_bzero(bytes, malloc_usable_size(bytes));
    free(bytes);
}

void *secret_library_realloc(void *bytes, size_t size)
{
    size_t old = bytes ? malloc_usable_size(bytes) : 0;
    void *copy = malloc(size);

    if (!copy)
        return NULL;
    if (old)
        memcpy(copy, bytes, old < size ? old : size);
    secret_library_free(bytes);
    return copy;
}

/* Either alone would do on most systems: a core_pattern that is a pipe knows no RLIMIT_CORE, and the limit holds for
 * what a child executes, too. */
void secret_seal_process(void)
{
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* cannot fail with these arguments */
    (void)setrlimit(RLIMIT_CORE, &none);      /* a filter of system calls may forbid it */
}
