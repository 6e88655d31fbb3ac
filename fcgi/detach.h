/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_DETACH_H
#define ROOMCAL_FCGI_DETACH_H

/*
 * detach — work that goes on after a CGI program has answered
 *
 * A web server waits until nobody has the pipes open that it gave to a CGI program (mod_cgi: standard error too), ends the
 * program's process group with the request, and may not reap what it did not start. So the work goes on in a grandchild:
 * in a session of its own, adopted by init, with nothing of the web server's left open.
 *
 * It stays in the directory it was started in, because settings may name files relative to it.
 */

#include "base/err.h"

/* First thing in a CGI program: closes what the web server left open beside the standard three, and opens /dev/null for
 * those of the three that are missing, so that no file of ours can get their numbers. */
void detach_prepare(void);

/* Goes on twice, as fork(2) does: returns 1 in the new process and 0 in this one, or < 0. The new one has /dev/null for the
 * standard three and keeps all other descriptors, with the locks on them. Any of SIGTERM, SIGINT and SIGHUP ends it at
 * once. Call it while there is one thread only. */
int detach_fork(struct err *err);

#endif
