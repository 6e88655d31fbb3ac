/* SPDX-License-Identifier: MIT */
/*
 * roomcal — the operator's command: is everything in order, how is each room, ask again
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "base/secret.h"
#include "calendar/settings_check.h"
#include "commands.h"
#include "net/connection.h"
#include "refresh/discovery.h"

static void print_usage(FILE *to)
{
    (void)fprintf(to, "usage: roomcal [--env FILE] COMMAND [ARGUMENTS]\n\ncommands:\n");
    for (const struct command *command = commands; command->name; command++)
        (void)fprintf(to, "  %-8s %-11s %s\n", command->name, command->arguments, command->help);
    (void)fprintf(to, "\noptions:\n"
                      "  --env FILE  read the settings from FILE; else from the file that\n"
                      "              ROOMCAL_ENV names, else from ./.env\n"
                      "  --help      print this and exit\n"
                      "  --version   print the version and exit\n"
                      "\nSee roomcal(1), and roomcal.env(5) for the settings.\n");
}

static void print_command_usage(const struct command *command)
{
    (void)printf("usage: roomcal [--env FILE] %s%s%s\n\n%s\n\nSee roomcal(1).\n", command->name,
                 command->arguments[0] ? " " : "", command->arguments, command->help);
}

static bool wants_help(int count, char **arguments)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0)
            return true;
    }
    return false;
}

/* The rooms of ROOM_LIST, as the service keeps them. Without them there are those of ROOMS. */
static int add_rooms(struct config *config)
{
    struct room_list_watch watch;
    struct err err = {""};
    size_t left_out;

    int fd =
        discovery_wanted(config) ? open(config->cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    int result = discovery_add_rooms(config, fd, &watch, &left_out, &err);
    (void)close(fd);
    return result < 0 ? result : 0;
}

/* What a command has to say it prints; the service's events beside that would say it twice. */
static enum log_level call_level(const struct config *config)
{
    return config->log_level == LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR;
}

/* Runs the command with the settings of `env_file` (NULL: the default). */
static int run(const struct command *command, const char *env_file, int count, char **arguments)
{
    struct mistakes mistakes = {0};
    struct config *config = NULL;
    struct field_plan plan = {0};
    struct err err = {""};
    int status = EX_CONFIG;
    int result = config_load(env_file, settings_check, &config, &mistakes);

    if (result == 0)
        result = field_plan_make(config, &plan, &mistakes);
    size_t named_rooms = result == 0 ? config->room_count : 0;
    if (result == 0)
        result = add_rooms(config);
    if (result < 0)
        (void)fprintf(stderr, "roomcal: %s\n", strerror(-result));
    for (size_t i = 0; i < mistakes.count; i++)
        (void)fprintf(stderr, "roomcal: %s\n", mistakes.sentences[i]);
    if (result == 0 && connection_global_init(&err) < 0)
        (void)fprintf(stderr, "roomcal: %s\n", err.text);
    else if (result == 0) {
        log_set_level(call_level(config));
        status = command->run(&(struct command_call){config, named_rooms, &plan, count, arguments});
        connection_global_finish();
    }
    mistakes_finish(&mistakes);
    field_plan_finish(&plan);
    config_destroy(config);
    return status;
}

int main(int argc, char **argv)
{
    const char *env_file = NULL;
    int at = 1;

    secret_seal_process();
    guard_install();
    if (at + 1 < argc && strcmp(argv[at], "--env") == 0) {
        env_file = argv[at + 1];
        at += 2;
    }
    if (at < argc && strcmp(argv[at], "--help") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (at < argc && strcmp(argv[at], "--version") == 0) {
        (void)printf("roomcal " ROOMCAL_VERSION "\n");
        return 0;
    }
    const struct command *command = at < argc ? command_find(argv[at]) : NULL;
    if (!command) {
        if (at < argc)
            (void)fprintf(stderr, "roomcal: there is no command or option %s\n\n", argv[at]);
        print_usage(stderr);
        return EX_USAGE;
    }
    int count = argc - at - 1;
    char **arguments = argv + at + 1;
    if (wants_help(count, arguments)) {
        print_command_usage(command);
        return 0;
    }
    return run(command, env_file, count, arguments);
}
