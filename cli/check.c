/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>

#include "cache/cache_dir.h"
#include "line.h"
#include "refresh/asker.h"
#include "refresh/discovery.h"
#include "rooms.h"

/* true: the room is in order. *ret_go_on is false when the trouble is not the room's, so every
 * other would meet it. */
static bool check_room(const struct asker *asker, const struct config *config, size_t place,
                       bool *ret_go_on)
{
    const char *name = config->rooms[place].name;
    const struct asker_room room = {place, config->rooms[place].mailbox};
    struct ews_answer answer;

    *ret_go_on = true;
    if (asker_get_folder(asker, room, &answer) < 0) {
        (void)printf("%s: no memory\n", name);
        return false;
    }
    if (!answer.fault) {
        (void)printf("%s: ok\n", name);
        return true;
    }
    line_print_fault(name, &answer);
    *ret_go_on = answer.fault->scope != FAULT_OF_ACCOUNT;
    return false;
}

/* Nothing if nobody has found out yet. */
static void print_login(struct account *account)
{
    const struct login_choice choice = login_noted(login_note(account_login(account)));

    if (choice.scheme)
        (void)printf("login: %s (%s)\n", login_scheme_name(choice.scheme),
                     login_reason_text(choice.reason));
}

static int check_rooms_with(const struct line *line, const struct command_call *call)
{
    const struct config *config = call->config;
    struct asker asker = {.account = line->account};
    struct err err = {""};
    size_t good = 0;
    bool go_on = true;

    if (ews_client_create(config, account_login(line->account), call->plan, &line_never_stops,
                          &asker.client, &err) < 0)
        return complain(EX_SOFTWARE, err.text);
    for (size_t i = 0; i < config->room_count && go_on; i++)
        good += check_room(&asker, config, i, &go_on);
    ews_client_destroy(asker.client);
    print_login(line->account);
    if (!go_on)
        (void)printf("The other rooms were not asked: they would fail in the same way.\n");
    line_say_when(line);
    return good == config->room_count ? EX_OK : EX_UNAVAILABLE;
}

static int check_lists(const struct command_call *call, struct account *account)
{
    if (!discovery_wanted(call->config))
        return EX_OK;
    bool is_kept = !call->config->awaits_rooms;
    int status = find_rooms(call, account);
    if (!status)
        (void)printf("room lists: ok (%zu rooms, %s)\n",
                     call->config->room_count - call->named_rooms,
                     is_kept ? "as the service found them" : "as Exchange says now");
    return status;
}

static void print_doubts(const struct mistakes *doubts)
{
    for (size_t i = 0; i < doubts->count; i++)
        (void)printf("note: %s\n", doubts->sentences[i]);
}

int run_check(const struct command_call *call)
{
    const struct config *config = call->config;
    struct line line;
    struct err err = {""};

    if (cache_dir_check(config->cache_dir, &err) < 0)
        return complain(EX_CONFIG, err.text);
    (void)printf("settings: ok (%zu rooms, %s)\n", call->named_rooms, config->endpoint);
    print_doubts(&config->doubts);
    int status = line_init(&line, config);
    if (!status) {
        int lists = check_lists(call, line.account);
        int rooms = check_rooms_with(&line, call);
        status = lists ? lists : rooms;
    }
    line_finish(&line);
    return status;
}
