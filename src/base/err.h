/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_ERR_H
#define ROOMCAL_BASE_ERR_H

/*
 * err — why a call failed, in a sentence
 *
 * The convention of the whole tree:
 *   0          it worked
 *   < 0        a failure that no caller is expected to mend: -errno. It travels up unchanged, and a
 *              `struct err` beside it holds the sentence that an administrator will read.
 *   > 0        an outcome that the function's header names (not found, too many, …) and that its
 *              caller handles. It never travels further.
 *
 * A struct err lives on the caller's stack. It has a fixed size, so that reporting a failure never
 * needs memory. A sentence says what is wrong and, where we know it, what to do; it never holds a
 * secret. Functions of src/ fill it and stay silent; the programs log it, once.
 */

struct err {
    char text[512]; /* NUL-terminated; "" while nothing failed; longer sentences are cut */
};

/* Writes the sentence and returns `code`, so that a failing function can end in one line. `err` may
 * be NULL; its old text may be an argument: err_set(err, e, "room %s: %s", name, err->text). */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the system's text for `errnum` (> 0) behind it; returns -errnum. */
int err_errno(struct err *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
