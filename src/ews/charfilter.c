/* SPDX-License-Identifier: MIT */
#include "ews/charfilter.h"

#include <string.h>

#include "base/text.h"

/*
 * A state machine over bytes. Each state has two functions: `step` takes the next byte, and
 * `abandon` says what becomes of the held bytes when they turn out to be the beginning of nothing.
 * Long runs of plain text never come to the states: charfilter_feed copies them whole.
 */

struct charfilter_section {
    const char *opener;
    const char *end; /* its bytes before the last are all alike, see in_section */
};

static const struct charfilter_section sections[] = {
    {"<![CDATA[", "]]>"},
    {"<!--", "-->"},
    {"<?", "?>"},
};
#define SECTION_COUNT (sizeof sections / sizeof sections[0])

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* ---- output ---- */

/* Everything goes out here, so that a high surrogate without its partner is noticed here and only
 * here. */
static void emit(struct charfilter *filter, const char *bytes, size_t length, struct buf *out)
{
    if (filter->high_surrogate) {
        filter->high_surrogate = 0;
        buf_append_text(out, replacement);
    }
    buf_append(out, bytes, length);
}

static void emit_text(struct charfilter *filter, const char *text, struct buf *out)
{
    emit(filter, text, strlen(text), out);
}

/* The state machine is in its text state again. */
static void release(struct charfilter *filter)
{
    filter->held_length = 0;
    filter->state = CHARFILTER_TEXT;
}

static void emit_held(struct charfilter *filter, struct buf *out)
{
    emit(filter, filter->held, filter->held_length, out);
    release(filter);
}

static void replace_held(struct charfilter *filter, struct buf *out)
{
    emit_text(filter, replacement, out);
    release(filter);
}

/* The ampersand was meant as itself. The bytes behind it are ASCII letters, digits and '#'. */
static void escape_held(struct charfilter *filter, struct buf *out)
{
    emit_text(filter, "&amp;", out);
    emit(filter, filter->held + 1, filter->held_length - 1, out);
    release(filter);
}

/* What looked like a byte order mark is filtered as text. */
static void replay_held(struct charfilter *filter, struct buf *out)
{
    char held[CHARFILTER_HELD_MAX];
    size_t length = filter->held_length;

    memcpy(held, filter->held, length);
    release(filter);
    charfilter_feed(filter, held, length, out);
}

static void hold(struct charfilter *filter, char byte)
{
    filter->held[filter->held_length++] = byte;
}

static bool held_begins(const struct charfilter *filter, const char *text)
{
    return filter->held_length <= strlen(text) &&
           memcmp(filter->held, text, filter->held_length) == 0;
}

static bool held_is(const struct charfilter *filter, const char *text)
{
    return slice_is((struct slice){filter->held, filter->held_length}, text);
}

/* ---- classes of bytes ---- */

static bool is_white(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_high(char byte)
{
    return (unsigned char)byte >= 0x80;
}

static bool is_forbidden(char byte)
{
    return (unsigned char)byte < 0x20 && !is_white(byte);
}

/* May mean more than itself where we are. */
static bool is_special(const struct charfilter *filter, char byte)
{
    if (!filter->section)
        return byte == '&' || byte == '<';
    return byte == filter->section->end[0] || byte == '>';
}

/* ---- UTF-8 ---- */

enum sequence { SEQUENCE_WHOLE, SEQUENCE_PART, SEQUENCE_FORBIDDEN, SEQUENCE_BROKEN };

/* How long the sequence is that begins with this byte; 0: none does. */
static size_t sequence_size(char lead)
{
    unsigned char byte = (unsigned char)lead;

    if (byte < 0xC2 || byte > 0xF4)
        return 0;
    return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

static bool is_noncharacter(const char *at)
{
    return memcmp(at, "\xEF\xBF\xBE", 3) == 0 || memcmp(at, "\xEF\xBF\xBF", 3) == 0;
}

/* Judges the first bytes of a character above ASCII. Only the second byte depends on the first (RFC
 * 3629), so a part is the beginning of something if it becomes well-formed with the least
 * continuation bytes behind it. */
static enum sequence judge_sequence(const char *at, size_t length)
{
    char padded[4] = {'\x80', '\x80', '\x80', '\x80'};
    size_t size = sequence_size(at[0]);

    if (!size)
        return SEQUENCE_BROKEN;
    if (length == 1)
        return SEQUENCE_PART;
    memcpy(padded, at, length < size ? length : size);
    if (utf8_valid_prefix(padded, size) != size)
        return SEQUENCE_BROKEN;
    if (length < size)
        return SEQUENCE_PART;
    return size == 3 && is_noncharacter(at) ? SEQUENCE_FORBIDDEN : SEQUENCE_WHOLE;
}

/* ---- references ---- */

enum reference { REFERENCE_NONE, REFERENCE_NUMBER, REFERENCE_OURS, REFERENCE_FOREIGN };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static int digit_value(char byte, uint32_t base)
{
    if (is_digit(byte))
        return byte - '0';
    if (base == 16 && byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (base == 16 && byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* The part behind "&#", saturating above Unicode. false: not a number. */
static bool read_number(const char *digits, size_t length, uint32_t *ret)
{
    uint32_t base = length && digits[0] == 'x' ? 16 : 10;
    uint32_t value = 0;
    size_t first = base == 16 ? 1 : 0;

    for (size_t i = first; i < length; i++) {
        int digit = digit_value(digits[i], base);

        if (digit < 0)
            return false;
        value = value > 0x10FFFF ? value : value * base + (uint32_t)digit;
    }
    *ret = value;
    return length > first;
}

static bool is_foreign_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_letter(name[i]) && (i == 0 || !is_digit(name[i])))
            return false;
    }
    return length > 0;
}

/* Judges the held bytes, '&' and what stands before ';'. */
static enum reference judge_reference(const struct charfilter *filter, uint32_t *ret_number)
{
    static const char *const ours[] = {"&amp", "&lt", "&gt", "&quot", "&apos"};
    const char *name = filter->held + 1;
    size_t length = filter->held_length - 1;

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (held_is(filter, ours[i]))
            return REFERENCE_OURS;
    }
    if (length && name[0] == '#')
        return read_number(name + 1, length - 1, ret_number) ? REFERENCE_NUMBER : REFERENCE_NONE;
    return is_foreign_name(name, length) ? REFERENCE_FOREIGN : REFERENCE_NONE;
}

/* XML 1.0, section 2.2: Char. */
static bool is_char(uint32_t number)
{
    if (number < 0x20)
        return number == '\t' || number == '\n' || number == '\r';
    return number <= 0xD7FF || (number >= 0xE000 && number <= 0xFFFD) ||
           (number >= 0x10000 && number <= 0x10FFFF);
}

static void emit_pair(struct charfilter *filter, uint32_t low, struct buf *out)
{
    uint32_t number = 0x10000 + ((filter->high_surrogate - 0xD800) << 10) + (low - 0xDC00);
    const char sequence[4] = {
        (char)(0xF0 | (number >> 18)),
        (char)(0x80 | ((number >> 12) & 0x3F)),
        (char)(0x80 | ((number >> 6) & 0x3F)),
        (char)(0x80 | (number & 0x3F)),
    };

    filter->high_surrogate = 0;
    emit(filter, sequence, sizeof sequence, out);
}

/* A reference to this number is complete but for its ';'. */
static void finish_number(struct charfilter *filter, uint32_t number, struct buf *out)
{
    if (is_char(number)) {
        hold(filter, ';');
        emit_held(filter, out);
    } else if (number >= 0xD800 && number <= 0xDBFF) {
        emit(filter, NULL, 0, out); /* one before it is alone now */
        filter->high_surrogate = number;
    } else if (number >= 0xDC00 && number <= 0xDFFF && filter->high_surrogate) {
        emit_pair(filter, number, out);
    } else {
        emit_text(filter, replacement, out);
    }
    release(filter);
}

static void finish_reference(struct charfilter *filter, struct buf *out)
{
    uint32_t number = 0;

    switch (judge_reference(filter, &number)) {
    case REFERENCE_NUMBER:
        finish_number(filter, number, out);
        break;
    case REFERENCE_FOREIGN:
        replace_held(filter, out);
        break;
    case REFERENCE_OURS:
        hold(filter, ';');
        emit_held(filter, out);
        break;
    case REFERENCE_NONE:
        hold(filter, ';');
        escape_held(filter, out);
        break;
    }
}

/* More zeros than anybody writes: leaving them out changes no number and keeps `held` short. */
static bool is_excess_zero(const struct charfilter *filter, char byte)
{
    const char *held = filter->held;
    size_t at = filter->held_length > 2 && held[2] == 'x' ? 3 : 2;

    if (byte != '0' || filter->held_length < at + CHARFILTER_ZEROS_MAX || held[1] != '#')
        return false;
    while (at < filter->held_length && held[at] == '0')
        at++;
    return at == filter->held_length;
}

/* ---- the states: a step returns false when the byte is for the next state ---- */

static bool in_begin(struct charfilter *filter, char byte, struct buf *out)
{
    if (filter->held_length == 0 && is_white(byte))
        return true;
    hold(filter, byte);
    if (held_is(filter, "\xFE\xFF") || held_is(filter, "\xFF\xFE")) {
        emit_held(filter, out);
        filter->state = CHARFILTER_UTF16;
    } else if (held_is(filter, "\xEF\xBB\xBF")) {
        filter->held_length = 0;
    } else if (!held_begins(filter, "\xEF\xBB\xBF") && !held_begins(filter, "\xFE\xFF") &&
               !held_begins(filter, "\xFF\xFE")) {
        replay_held(filter, out);
    }
    return true;
}

/* CDATA may end in "]]]>": a byte like the end's first one never shortens the match. */
static void in_section(struct charfilter *filter, char byte, struct buf *out)
{
    const char *end = filter->section->end;

    emit(filter, &byte, 1, out);
    if (byte == end[filter->end_matched])
        filter->end_matched++;
    else if (byte != end[0])
        filter->end_matched = 0;
    if (!end[filter->end_matched])
        filter->section = NULL;
}

/* A byte that ended a run. */
static bool in_text(struct charfilter *filter, char byte, struct buf *out)
{
    if (is_high(byte)) {
        filter->state = CHARFILTER_SEQUENCE;
        return false;
    }
    if (is_forbidden(byte)) {
        emit_text(filter, replacement, out);
        filter->end_matched = 0;
    } else if (filter->section) {
        in_section(filter, byte, out);
    } else {
        filter->state = byte == '&' ? CHARFILTER_REFERENCE : CHARFILTER_OPENER;
        hold(filter, byte);
    }
    return true;
}

static bool in_opener(struct charfilter *filter, char byte, struct buf *out)
{
    hold(filter, byte);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (held_is(filter, sections[i].opener)) {
            filter->section = &sections[i];
            filter->end_matched = 0;
            emit_held(filter, out);
            return true;
        }
    }
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (held_begins(filter, sections[i].opener))
            return true;
    }
    filter->held_length--;
    emit_held(filter, out);
    return false;
}

static bool in_reference(struct charfilter *filter, char byte, struct buf *out)
{
    if (byte == ';') {
        finish_reference(filter, out);
        return true;
    }
    /* One place is kept for the ';'. */
    bool full = filter->held_length == CHARFILTER_HELD_MAX - 1;
    if (is_excess_zero(filter, byte))
        return true;
    if (full || !(is_letter(byte) || is_digit(byte) || byte == '#')) {
        escape_held(filter, out);
        return false;
    }
    hold(filter, byte);
    return true;
}

static bool in_sequence(struct charfilter *filter, char byte, struct buf *out)
{
    hold(filter, byte);
    filter->end_matched = 0;
    switch (judge_sequence(filter->held, filter->held_length)) {
    case SEQUENCE_WHOLE:
        emit_held(filter, out);
        return true;
    case SEQUENCE_PART:
        return true;
    case SEQUENCE_FORBIDDEN:
        replace_held(filter, out);
        return true;
    case SEQUENCE_BROKEN:
        break;
    }
    /* The last byte broke it, and may begin something itself; a lone one cannot. */
    bool alone = filter->held_length == 1;
    replace_held(filter, out);
    return alone;
}

static bool in_utf16(struct charfilter *filter, char byte, struct buf *out)
{
    emit(filter, &byte, 1, out);
    return true;
}

static const struct {
    bool (*step)(struct charfilter *filter, char byte, struct buf *out);
    void (*abandon)(struct charfilter *filter, struct buf *out);
} states[CHARFILTER_STATES] = {
    [CHARFILTER_BEGIN] = {in_begin, replay_held},
    [CHARFILTER_TEXT] = {in_text, emit_held},
    [CHARFILTER_OPENER] = {in_opener, emit_held},
    [CHARFILTER_REFERENCE] = {in_reference, escape_held},
    [CHARFILTER_SEQUENCE] = {in_sequence, replace_held},
    [CHARFILTER_UTF16] = {in_utf16, emit_held},
};

/* ---- the whole ---- */

/* Printing ASCII that is no markup: nearly all of a reply, so it gets the shortest test. */
static bool is_common(char byte)
{
    return (signed char)byte >= ' ' && byte != '&' && byte != '<';
}

/* How many bytes at the front, at least one character, are plain for sure; 0: ask the states. */
static size_t plain_length(const struct charfilter *filter, const char *bytes, size_t length)
{
    size_t common = 0;

    while (!filter->section && common < length && is_common(bytes[common]))
        common++;
    if (common)
        return common;
    if (is_high(bytes[0]))
        return judge_sequence(bytes, length) == SEQUENCE_WHOLE ? sequence_size(bytes[0]) : 0;
    if (is_forbidden(bytes[0]))
        return 0;
    if (!is_special(filter, bytes[0]))
        return 1;
    /* An ordinary tag: the most frequent special of all, and it changes nothing. */
    return !filter->section && bytes[0] == '<' && length > 1 && bytes[1] != '!' && bytes[1] != '?';
}

/* How many bytes at the front can be copied as they are. */
static size_t plain_run(const struct charfilter *filter, const char *bytes, size_t length)
{
    size_t at = 0;
    size_t more = filter->state == CHARFILTER_TEXT;

    while (more && at < length) {
        more = plain_length(filter, bytes + at, length - at);
        at += more;
    }
    return at;
}

void charfilter_init(struct charfilter *filter)
{
    *filter = (struct charfilter){.state = CHARFILTER_BEGIN};
}

void charfilter_feed(struct charfilter *filter, const char *bytes, size_t length, struct buf *out)
{
    size_t at = 0;

    while (at < length) {
        size_t run = plain_run(filter, bytes + at, length - at);

        if (run) {
            emit(filter, bytes + at, run, out);
            filter->end_matched = 0;
            at += run;
        } else if (states[filter->state].step(filter, bytes[at], out)) {
            at++;
        }
    }
}

void charfilter_end(struct charfilter *filter, struct buf *out)
{
    while (filter->held_length) /* twice, when what looked like a mark is replayed */
        states[filter->state].abandon(filter, out);
    emit(filter, NULL, 0, out);
}
