/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CACHE_SHELF_H
#define ROOMCAL_CACHE_SHELF_H

/*
 * shelf — the room files that this process has mapped
 *
 * Responders take a view of a room, send from its bytes and drop it; a view stays valid while it is
 * held, even if the file is replaced meanwhile. While the mapping is current, taking it costs no
 * system call. Thread-safe. One shelf belongs to one configuration.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/room_file.h"
#include "config/config.h"

struct shelf;

/* Opens CACHE_DIR, making it (0700) if it is not there. Refuses one that is not ours or that others
 * may write to. 0 and *ret, or < 0. `config` must outlive the shelf. */
int shelf_create(const struct config *config, struct shelf **ret, struct err *err);
void shelf_destroy(struct shelf *shelf);

/* Looks after CACHE_DIR while we run; the refresher calls it once a second. 0: all is well. 1: it had been removed or
 * replaced; it was made, or opened, anew, and the files that we have mapped were written down there unless it has them
 * already; what else was open in the old one (lease, ledger) has to be opened anew too. < 0: something is wrong with it,
 * `err` says what (cache_dir_mend), and what is mapped is still shown. A copy that fails is not told: that room is
 * fetched when it expires. */
int shelf_mend(struct shelf *shelf, struct err *err);

/* True: a room's file was found damaged, or something else in its place, and *ret says which and what is wrong. Each
 * is told once, until there was a good file again; shelf_take finds them. Call it until it is false. */
bool shelf_damage(struct shelf *shelf, struct err *ret);

int shelf_dirfd(const struct shelf *shelf);                          /* borrowed; never changes */
const char *shelf_file_name(const struct shelf *shelf, size_t room); /* borrowed */
const struct hash *shelf_fingerprint(const struct shelf *shelf, size_t room);
struct room_place shelf_place(const struct shelf *shelf, size_t room); /* borrowed */

/* The room's current file; NULL: there is none that can be used. Drop it with shelf_drop (NULL is
 * allowed). */
const struct room_file *shelf_take(struct shelf *shelf, size_t room);
void shelf_drop(struct shelf *shelf, const struct room_file *view);

/* One look at the clock of a view, or of the room's current file; all zero without one. No life is longer than today's
 * CACHE_TTL, whatever it was when the file was made. */
struct room_times shelf_times_of(const struct shelf *shelf, const struct room_file *view);
struct room_times shelf_times(struct shelf *shelf, size_t room);

/* For how long this process has had nothing to show for the room, in milliseconds: counted from the first call with
 * `is_cold`, and anew after one without. So those who come later do not wait as long again as the first. */
int64_t shelf_cold_for(struct shelf *shelf, size_t room, bool is_cold, int64_t now_ms);

/* Wakes the waiters: some room has news, or the process is about to end. */
void shelf_announce(struct shelf *shelf);

/* Waits for an announcement, at most until `deadline_ms` (clock_ms) and at most 100 ms, because the
 * announcing refresher may be another process. Call it in a loop that looks again. `seen` is
 * shelf_announcements() from before the look, so that an announcement in between is not missed. */
uint64_t shelf_announcements(struct shelf *shelf);
void shelf_wait(struct shelf *shelf, uint64_t seen, int64_t deadline_ms);

#endif
