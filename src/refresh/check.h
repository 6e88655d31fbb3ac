/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_CHECK_H
#define ROOMCAL_REFRESH_CHECK_H

/*
 * check — did anything change? Up to sixteen rooms in one question
 *
 * Each change of a folder's content shows in its last commit (0x670A) or in its count of deletions (0x670B). A pair
 * that equals the one from before the room was fetched says that the room's file still is what Exchange has, as long as
 * the same span of time is asked for.
 *
 * Exchange writes the commit to the second, so a change may hide behind another one of the same second. A commit that
 * was not over for CHECK_SETTLED_S when Exchange was asked is therefore not remembered: the room is fetched once more in
 * the next round. (A commit ahead of the server's own time is of another clock, and counts as settled.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/room_file.h"
#include "calendar/window.h"
#include "refresh/asker.h"

#define CHECK_SETTLED_S 2
#define CHECK_ROOMS_MAX EWS_FOLDERS_MAX

/* What became of one room. */
struct checked {
    bool is_answered; /* the folder is there and readable */
    int64_t mark
        [2]; /* to be compared and remembered; zero: Exchange does not say, or it is not settled */
    const struct fault
        *fault; /* why it was refused; NULL as well for who was passed over in silence */
};

struct check_report {
    struct ews_answer answer; /* to the whole question */
    size_t told;              /* of so many rooms, from the first, something was said */
    struct checked rooms[CHECK_ROOMS_MAX];
};

/* Asks for 1 to CHECK_ROOMS_MAX rooms. 0 and *ret; < 0: trouble of our own. */
int check_rooms(const struct asker *asker, const struct config *config, const size_t *rooms,
                size_t count, struct check_report *ret);

/* Is content with this basis still what Exchange would answer? `spread`: the room's own number, so that not all rooms
 * reach FULL_REFRESH at once. */
bool check_still_holds(const struct room_basis *basis, const int64_t mark[2],
                       const struct config *config, int64_t now_utc, uint64_t spread);

#endif
