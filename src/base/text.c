/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

bool slice_equal(struct slice left, struct slice right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.at, right.at, left.length) == 0);
}

bool slice_is(struct slice slice, const char *text)
{
    return slice_equal(slice, slice_of(text));
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice slice)
{
    while (slice.length && is_blank(slice.at[0])) {
        slice.at++;
        slice.length--;
    }
    while (slice.length && is_blank(slice.at[slice.length - 1]))
        slice.length--;
    return slice;
}

bool slice_next(struct slice *rest, char separator, struct slice *ret_part)
{
    if (!rest->at)
        return false;
    const char *end = rest->length ? memchr(rest->at, separator, rest->length) : NULL;
    if (!end) {
        *ret_part = *rest;
        *rest = (struct slice){0};
        return true;
    }
    size_t length = (size_t)(end - rest->at);
    *ret_part = (struct slice){rest->at, length};
    *rest = (struct slice){end + 1, rest->length - length - 1};
    return true;
}

char *slice_copy(struct slice slice)
{
    char *copy = malloc(slice.length + 1);

    if (!copy)
        return NULL;
    if (slice.length)
        memcpy(copy, slice.at, slice.length);
    copy[slice.length] = '\0';
    return copy;
}

bool slice_int(struct slice slice, int64_t minimum, int64_t maximum, int64_t *ret)
{
    bool negative = slice.length && slice.at[0] == '-';
    size_t i = negative ? 1 : 0;
    int64_t value = 0;

    if (i == slice.length)
        return false;
    for (; i < slice.length; i++) {
        if (slice.at[i] < '0' || slice.at[i] > '9')
            return false;
        int64_t digit = slice.at[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    if (value < minimum || value > maximum)
        return false;
    *ret = value;
    return true;
}

/* The length of the well-formed sequence at the front, 0 if there is none. The table of RFC 3629,
 * section 4. */
static size_t utf8_sequence(const unsigned char *at, size_t length)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, size;
    } rows[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (at[0] < rows[i].first_low || at[0] > rows[i].first_high)
            continue;
        if (rows[i].size > length)
            return 0;
        if (rows[i].size > 1 && (at[1] < rows[i].second_low || at[1] > rows[i].second_high))
            return 0;
        for (size_t k = 2; k < rows[i].size; k++) {
            if ((at[k] & 0xC0) != 0x80)
                return 0;
        }
        return rows[i].size;
    }
    return 0;
}

size_t utf8_valid_prefix(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t size = utf8_sequence((const unsigned char *)bytes + at, length - at);
        if (!size)
            break;
        at += size;
    }
    return at;
}

size_t text_control_size(struct slice text)
{
    unsigned char first = text.length > 0 ? (unsigned char)text.at[0] : 'x';
    unsigned char second = text.length > 1 ? (unsigned char)text.at[1] : 'x';

    if (first < 0x20 || first == 0x7F)
        return 1;
    return first == 0xC2 && second >= 0x80 && second < 0xA0 ? 2 : 0;
}

void text_make_printable(char *text, size_t length)
{
    size_t at = 0;

    while ((at += utf8_valid_prefix(text + at, length - at)) < length)
        text[at++] = '?';
    for (at = 0; at < length; at++)
        memset(text + at, '?', text_control_size((struct slice){text + at, length - at}));
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t text_distance(const char *left, const char *right)
{
    size_t row[64];
    size_t left_length = strlen(left);
    size_t right_length = strlen(right);

    if (left_length > 63 || right_length > 63)
        return SIZE_MAX;
    for (size_t j = 0; j <= right_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= left_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= right_length; j++) {
            size_t above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (left[i - 1] != right[j - 1]));
            diagonal = above;
        }
    }
    return row[right_length];
}
