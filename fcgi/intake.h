/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_FCGI_INTAKE_H
#define ROOMCAL_FCGI_INTAKE_H

/*
 * intake — a FastCGI request up to the end of its parameters, checked before libfcgi sees it
 *
 * libfcgi trusts who is on the other side: it takes parameters without end into memory, and a GET_VALUES that asks for one
 * name again and again writes past an array on its stack (all versions up to 2.4.7). So it gets only what was checked here:
 *
 *     BEGIN_REQUEST | PARAMS ... | PARAMS of no length          version 1, one id that is not 0, padding as it likes
 *
 * and in the parameters nothing but whole pairs. What no web server sends is refused, and then there is nothing to answer:
 * records for the application itself (GET_VALUES), a second request beside the first, ABORT_REQUEST, a body before the
 * parameters' end.
 *
 * No sockets here; time limits are the watchdog's. The protocol: https://fastcgi-archives.github.io/FastCGI_Specification.html
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

/* Bytes up to the end of the parameters: twice the longest target (REQUEST_URI, QUERY_STRING) and as much in headers. */
#define INTAKE_MAX 262144u

enum intake_state {
    INTAKE_MORE,    /* so far it is right */
    INTAKE_WHOLE,   /* the parameters are there */
    INTAKE_REFUSED, /* it is not a request, or too long, or there is no memory for it */
};

struct intake {
    enum intake_state state;
    uint16_t id;        /* the request's; 0: it has not begun */
    size_t checked;     /* bytes of `records` */
    struct buf records; /* as they came, and perhaps the begin of the body */
    struct buf params;  /* their contents */
};

void intake_init(struct intake *intake);
void intake_finish(struct intake *intake);

/* Takes the next bytes of the connection, any number of them. They are no longer wanted once the state is not INTAKE_MORE. */
enum intake_state intake_add(struct intake *intake, const char *bytes, size_t length);

/* Of a whole request, the records from BEGIN_REQUEST to the end of PARAMS; nothing of its body. Valid until intake_finish. */
struct slice intake_records(const struct intake *intake);

#endif
