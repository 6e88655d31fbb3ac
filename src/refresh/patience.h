/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_REFRESH_PATIENCE_H
#define ROOMCAL_REFRESH_PATIENCE_H

/*
 * patience — how long to leave a room or the account alone after a failure. Arithmetic only.
 */

#include <stdint.h>

#include "config/config.h"
#include "ews/fault.h"

/* Seconds to wait after the `failures`th failure in a row (from 1), by the fault's action. At least what the server asked
 * for (wait_s, -1 for nothing), of which at most FULL_REFRESH is given; who is throttled and told for how long waits just
 * that. */
int64_t patience_delay_s(const struct config *config, const struct fault *fault, int64_t failures,
                         int64_t wait_s, uint64_t random);

/* No delay is longer. */
int64_t patience_max_s(const struct config *config);

#endif
