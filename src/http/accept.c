/* SPDX-License-Identifier: MIT */
#include "http/accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define QUALITY_ONE 1000 /* weights have three decimals */

/* "text/calendar;q=0.5" */
struct range {
    struct slice type, subtype;
    int quality;
};

/* How precisely a range names a type. */
enum fit { FIT_NONE, FIT_ANYTHING, FIT_TYPE, FIT_EXACT };

/* What a header says of one type. */
struct verdict {
    enum fit fit;
    int quality;
};

/* As slice_next, but a separator in a quoted string separates nothing. */
static bool next_part(struct slice *rest, char separator, struct slice *ret)
{
    bool quoted = false;
    size_t at = 0;

    if (!rest->at)
        return false;
    for (; at < rest->length && (quoted || rest->at[at] != separator); at++) {
        if (rest->at[at] == '"')
            quoted = !quoted;
        else if (quoted && rest->at[at] == '\\' && at + 1 < rest->length)
            at++;
    }
    *ret = slice_trim((struct slice){rest->at, at});
    if (at < rest->length)
        *rest = (struct slice){rest->at + at + 1, rest->length - at - 1};
    else
        *rest = (struct slice){0};
    return true;
}

static bool same_word(struct slice word, const char *expected, size_t length)
{
    return word.length == length && strncasecmp(word.at, expected, length) == 0;
}

static bool is_any(struct slice word)
{
    return slice_is(word, "*");
}

/* "0.5", "1"; also ".5", as old Java programs send it. false: no weight, or over 1. */
static bool read_quality(struct slice text, int *ret)
{
    struct slice rest = text;
    struct slice whole = {0};
    int64_t ones = 0;
    int value;

    (void)slice_next(&rest, '.', &whole);
    if (whole.length > 1 || rest.length > 3 || (!whole.length && !rest.length) ||
        (whole.length && !slice_int(whole, 0, 1, &ones)))
        return false;
    value = (int)ones * QUALITY_ONE;
    for (size_t i = 0, step = QUALITY_ONE / 10; i < rest.length; i++, step /= 10) {
        if (rest.at[i] < '0' || rest.at[i] > '9')
            return false;
        value += (rest.at[i] - '0') * (int)step;
    }
    *ret = value;
    return value <= QUALITY_ONE;
}

/* Java's "*" is any type. */
static bool read_type(struct slice text, struct range *range)
{
    struct slice rest = text;

    (void)slice_next(&rest, '/', &range->type);
    range->subtype = is_any(text) ? text : rest;
    return range->type.length && range->subtype.length;
}

/* false: it cannot be read. */
static bool read_range(struct slice text, struct range *ret)
{
    struct slice rest = text;
    struct slice part = {0};

    ret->quality = QUALITY_ONE;
    (void)next_part(&rest, ';', &part);
    if (!read_type(part, ret))
        return false;
    while (next_part(&rest, ';', &part)) {
        if (part.length >= 2 && strncasecmp(part.at, "q=", 2) == 0)
            return read_quality((struct slice){part.at + 2, part.length - 2}, &ret->quality);
    }
    return true;
}

static enum fit fit_of(const struct range *range, const char *offer)
{
    size_t type_length = strcspn(offer, "/");
    const char *subtype = offer + type_length + 1;

    if (is_any(range->type) && is_any(range->subtype))
        return FIT_ANYTHING;
    if (!same_word(range->type, offer, type_length))
        return FIT_NONE;
    if (is_any(range->subtype))
        return FIT_TYPE;
    return same_word(range->subtype, subtype, strlen(subtype)) ? FIT_EXACT : FIT_NONE;
}

/* false: the header has no range at all. */
static bool judge(struct slice accept, const char *offer, struct verdict *ret)
{
    struct verdict verdict = {FIT_NONE, 0};
    struct slice rest = accept;
    struct slice part;
    bool has_range = false;

    while (next_part(&rest, ',', &part)) {
        struct range range;
        if (!read_range(part, &range))
            continue;
        has_range = true;
        enum fit fit = fit_of(&range, offer);
        if (fit > verdict.fit || (fit == verdict.fit && range.quality > verdict.quality))
            verdict = (struct verdict){fit, range.quality};
    }
    if (verdict.fit == FIT_NONE)
        verdict.quality = 0;
    *ret = verdict;
    return has_range;
}

static bool is_better(const struct verdict *verdict, const struct verdict *best)
{
    if (verdict->quality != best->quality)
        return verdict->quality > best->quality;
    return verdict->quality && verdict->fit > best->fit;
}

ptrdiff_t accept_choose(struct slice accept, const char *const offers[], size_t count)
{
    struct verdict best = {FIT_NONE, 0};
    ptrdiff_t chosen = -1;

    for (size_t i = 0; i < count; i++) {
        struct verdict verdict;
        if (!judge(accept, offers[i], &verdict))
            return 0;
        if (is_better(&verdict, &best)) {
            best = verdict;
            chosen = (ptrdiff_t)i;
        }
    }
    return chosen;
}
