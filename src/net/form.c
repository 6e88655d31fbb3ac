/* SPDX-License-Identifier: MIT */
#include "net/form.h"

#include <string.h>

bool form_is_unreserved(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte && strchr("-._~", byte));
}

static void append_byte(struct buf *form, char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char code[] = {'%', digits[(unsigned char)byte >> 4], digits[byte & 0xF]};

    if (form_is_unreserved(byte))
        buf_append_char(form, byte);
    else
        buf_append(form, code, sizeof code);
}

void form_append_encoded(struct buf *form, const char *value)
{
    for (; *value; value++)
        append_byte(form, *value);
}

void form_append_field(struct buf *form, const char *name, const char *value)
{
    buf_append_text(form, form->length ? "&" : "");
    buf_append_text(form, name);
    buf_append_char(form, '=');
    form_append_encoded(form, value);
}
