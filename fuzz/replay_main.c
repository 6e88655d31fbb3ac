/* SPDX-License-Identifier: MIT */
/*
 * replay_main — gives every file of the directories named to a fuzz target, once
 *
 * In place of libFuzzer's main, so that the corpus is replayed in every test run and by every
 * compiler.
 */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

#define FILE_MAX (4u << 20)

static int replay(const char *directory, const char *name)
{
    static uint8_t data[FILE_MAX];
    char path[4096];

    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        return 1;
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    (void)fprintf(stderr, "%s: %zu bytes\n", path,
                  size); /* the last one named is the one that crashed */
    return LLVMFuzzerTestOneInput(data, size);
}

static int replay_all(const char *directory)
{
    DIR *entries = opendir(directory);
    int files = 0;
    int failed = 0;

    if (!entries) {
        perror(directory);
        return 1;
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (entry->d_name[0] == '.')
            continue;
        failed |= replay(directory, entry->d_name);
        files++;
    }
    (void)closedir(entries);
    if (files == 0)
        (void)fprintf(stderr, "%s: no files\n", directory);
    return failed || files == 0;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;

    for (int i = 1; i < argc; i++)
        failed |= replay_all(argv[i]);
    return failed;
}
