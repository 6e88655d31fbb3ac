/* SPDX-License-Identifier: MIT */
#include "refresh/check.h"

#include <string.h>

#include "base/clock.h"
#include "base/datetime.h"

/* What has to be known of a commit until Exchange has said what time it is. */
struct taker {
    struct check_report *report;
    int64_t committed_utc[CHECK_ROOMS_MAX];
};

/* ews_take_folder */
static int take_folder(void *context, const struct ews_folder *folder)
{
    struct taker *taker = context;
    struct checked *checked = &taker->report->rooms[folder->place];

    taker->report->told = folder->place + 1;
    *checked = (struct checked){.is_answered = !folder->fault, .fault = folder->fault};
    int64_t deleted;
    int64_t committed_utc;
    int micros;
    if (folder->fault || !slice_int(folder->deleted, 0, INT64_MAX, &deleted) ||
        !datetime_parse(folder->committed, false, &committed_utc, &micros))
        return 0;
    taker->committed_utc[folder->place] = committed_utc;
    checked->mark[0] = committed_utc * 1000000 + micros;
    checked->mark[1] = deleted;
    return 0;
}

static void forget_unsettled(struct taker *taker)
{
    int64_t server_utc = taker->report->answer.server_utc;
    int64_t now_utc = server_utc ? server_utc : clock_utc();
    /* The folder may have been read as early as the question was sent. */
    int64_t settled_s = CHECK_SETTLED_S + taker->report->answer.took_s;

    for (size_t i = 0; i < taker->report->told; i++) {
        int64_t age_s = now_utc - taker->committed_utc[i];
        if (age_s >= -CHECK_SETTLED_S && age_s < settled_s)
            memset(taker->report->rooms[i].mark, 0, sizeof taker->report->rooms[i].mark);
    }
}

int check_rooms(const struct asker *asker, const struct config *config, const size_t *rooms,
                size_t count, struct check_report *ret)
{
    struct taker taker = {.report = ret};
    const char *mailboxes[CHECK_ROOMS_MAX];
    int result;

    for (size_t i = 0; i < count; i++)
        mailboxes[i] = config->rooms[rooms[i]].mailbox;
    do {
        *ret = (struct check_report){.told = 0};
        result = asker_check_folders(asker, rooms[0], mailboxes, count, take_folder, &taker,
                                     &ret->answer);
    } while (result == ASKER_AGAIN);
    forget_unsettled(&taker);
    return result;
}

bool check_still_holds(const struct room_basis *basis, const int64_t mark[2],
                       const struct config *config, int64_t now_utc, uint64_t spread)
{
    struct window window = window_of(config, now_utc);
    int64_t life_s =
        config->full_refresh_s - (int64_t)(spread % (uint64_t)(config->full_refresh_s / 4 + 1));
    int64_t age_s = now_utc - basis->asked_at;

    return mark[0] && mark[0] == basis->change_mark[0] && mark[1] == basis->change_mark[1] &&
           basis->window_start_utc == window.start_utc && basis->window_end_utc == window.end_utc &&
           age_s >= 0 && age_s < life_s;
}
