/* SPDX-License-Identifier: MIT */
#include "ews/verdict.h"

#include <stdio.h>
#include <string.h>

/* A copy with NUL, cut at a character. */
static void copy_text(char *to, size_t size, struct slice text)
{
    size_t length = text.length < size ? text.length : size - 1;

    length = utf8_valid_prefix(text.at, length);
    if (length)
        memcpy(to, text.at, length);
    to[length] = '\0';
}

void verdict_init(struct verdict *verdict)
{
    *verdict = (struct verdict){.back_off_ms = -1};
}

void verdict_begin(struct verdict *verdict, const char *response_class)
{
    *verdict = (struct verdict){
        .back_off_ms = verdict->back_off_ms,
        .is_error = strcmp(response_class, "Error") == 0,
    };
}

void verdict_take_code(struct verdict *verdict, struct slice text)
{
    copy_text(verdict->code, sizeof verdict->code, slice_trim(text));
}

void verdict_take_text(struct verdict *verdict, struct slice text)
{
    copy_text(verdict->text, sizeof verdict->text, slice_trim(text));
}

void verdict_take_fault_code(struct verdict *verdict, struct slice text)
{
    struct slice rest = slice_trim(text);
    struct slice part = rest;

    while (slice_next(&rest, ':', &part))
        copy_text(verdict->code, sizeof verdict->code, part);
}

static void keep_back_off(struct verdict *verdict, struct slice text)
{
    (void)slice_int(slice_trim(text), 0, INT32_MAX, &verdict->back_off_ms);
}

static void keep_inner_code(struct verdict *verdict, struct slice text)
{
    copy_text(verdict->inner_code, sizeof verdict->inner_code, slice_trim(text));
}

void verdict_open_value(struct verdict *verdict, const char *name)
{
    static const struct {
        const char *name;
        void (*keep)(struct verdict *verdict, struct slice text);
    } values[] = {
        {"BackOffMilliseconds", keep_back_off},
        {"InnerErrorResponseCode", keep_inner_code},
    };

    verdict->keep_value = NULL;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strcmp(name, values[i].name) == 0)
            verdict->keep_value = values[i].keep;
    }
}

void verdict_close_value(struct verdict *verdict, struct slice text)
{
    if (verdict->keep_value)
        verdict->keep_value(verdict, text);
}

bool verdict_is_refusal(const struct verdict *verdict)
{
    return verdict->is_error || (verdict->code[0] && strcmp(verdict->code, "NoError") != 0);
}

/* Exchange hides the true code behind this one when it throttles. */
static const char *deciding_code(const struct verdict *verdict)
{
    bool is_cover = strcmp(verdict->code, "ErrorInternalServerError") == 0;

    return is_cover && verdict->inner_code[0] ? verdict->inner_code : verdict->code;
}

const struct fault *verdict_fault(const struct verdict *verdict)
{
    return fault_by_code(slice_of(deciding_code(verdict)));
}

void verdict_tell(const struct verdict *verdict, char ret[static VERDICT_TEXT_SIZE])
{
    char both[VERDICT_CODE_SIZE + VERDICT_TEXT_SIZE + 2];

    (void)snprintf(both, sizeof both, "%s: %s", deciding_code(verdict), verdict->text);
    copy_text(ret, VERDICT_TEXT_SIZE, slice_of(both));
}
