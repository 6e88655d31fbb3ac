/* SPDX-License-Identifier: MIT */
/*
 * alarm KIND: makes one mistake, which the checker that looks for this kind has to report. .ci/run sees by it that its checkers
 * are on.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *count(void *context)
{
    for (int i = 0; i < 100000; i++)
        shared++;
    return context;
}

/* Several: the last one may still be seen in a register. */
static int leak(volatile char *memory)
{
    void *volatile lost = NULL;

    for (int i = 0; i < 16; i++)
        lost = malloc(8);
    lost = NULL;
    return memory[0];
}

static int overflow(volatile char *memory)
{
    return memory[8];
}

static int undefined(volatile char *memory)
{
    volatile int most = INT_MAX;

    return most + 1 + memory[0];
}

static int uninitialised(volatile char *memory)
{
    return memory[1] == 'x' ? puts("x") : 0;
}

static int race(volatile char *memory)
{
    pthread_t other;

    if (pthread_create(&other, NULL, count, NULL) != 0)
        return 0;
    (void)count(NULL);
    (void)pthread_join(other, NULL);
    return memory[0];
}

int main(int count_of, char **kinds)
{
    static const struct {
        const char *name;
        int (*make)(volatile char *memory);
    } alarms[] = {{"leak", leak},
                  {"overflow", overflow},
                  {"undefined", undefined},
                  {"uninitialised", uninitialised},
                  {"race", race}};
    volatile char *memory = malloc(8);

    if (!memory || count_of != 2)
        return 0;
    memory[0] = 0;
    for (size_t i = 0; i < sizeof alarms / sizeof alarms[0]; i++) {
        if (strcmp(alarms[i].name, kinds[1]) == 0)
            (void)alarms[i].make(memory);
    }
    free((void *)memory);
    return 0;
}
