/* SPDX-License-Identifier: MIT */
#include "calendar/settings_check.h"

#include "calendar/field.h"
#include "calendar/timezone.h"

static int check_fields(const struct config *config, struct mistakes *mistakes)
{
    struct field_plan plan = {0};
    int result = field_plan_make(config, &plan, mistakes);

    field_plan_finish(&plan);
    return result < 0 ? result : 0;
}

static int check_timezone(const struct config *config, struct mistakes *mistakes)
{
    struct timezone *timezone = NULL;
    /* Without a name, the one that was given is no text: that is a mistake already. */
    int result = config->timezone ? timezone_open(slice_of(config->timezone), &timezone) : 0;

    timezone_close(timezone);
    if (result > 0)
        mistakes_add(mistakes, config->env_file, config->timezone_line,
                     "TIMEZONE is \"%s\", which is no time zone; write one as Europe/Berlin, or as "
                     "Windows says it, W. Europe Standard Time",
                     config->timezone);
    return result < 0 ? result : 0;
}

int settings_check(const struct config *config, struct mistakes *mistakes)
{
    int error = check_fields(config, mistakes);

    return error ? error : check_timezone(config, mistakes);
}
