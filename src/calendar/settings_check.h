/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CALENDAR_SETTINGS_CHECK_H
#define ROOMCAL_CALENDAR_SETTINGS_CHECK_H

/*
 * settings_check — the settings that only this layer can judge: ITEM_FIELDS and TIMEZONE
 */

#include "config/config.h"

/* A config_check: what config_load calls, so that these mistakes come with all others. */
int settings_check(const struct config *config, struct mistakes *mistakes);

#endif
