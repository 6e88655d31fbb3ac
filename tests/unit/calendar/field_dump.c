/* SPDX-License-Identifier: MIT */
/*
 * field-dump — prints the field table, for tests/e2e/test_fields_doc.py
 *
 * One attribute a line, its columns split by tabs: name, EWS property, kind, source, since.
 */

#include <stdio.h>

struct row {
    const char *name, *property, *kind, *source;
    int since;
};

static const struct row rows[] = {
#define FIELD(name, prefix, element, part, kind, source, since)                                    \
    {name, prefix ":" element, #kind, #source, since},
#define PROPERTY(name, tag, kind, since) {name, tag, #kind, "PROPERTY", since},
#include "calendar/field_table.h"
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        (void)printf("%s\t%s\t%s\t%s\t%d\n", rows[i].name, rows[i].property, rows[i].kind,
                     rows[i].source, rows[i].since);
    return 0;
}
