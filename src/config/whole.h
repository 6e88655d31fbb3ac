/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_WHOLE_H
#define ROOMCAL_CONFIG_WHOLE_H

/*
 * whole — what settings mean together, after each was read by itself
 *
 * Defaults that depend on other settings are filled in: ACCESS, KEY_FILE, OAUTH_KEY_FILE,
 * OAUTH_TOKEN_URL. What contradicts each other, or misses its other half, becomes a mistake.
 */

#include "config/config.h"
#include "config/given.h"

/* `config` may lack what was wrong or missing. 0 or -ENOMEM. */
int whole_settle(const struct source *source, struct config *config, struct mistakes *mistakes);

#endif
