/* SPDX-License-Identifier: MIT */
#include "intake.h"

#include <fastcgi.h>
#include <string.h>

/* One record, borrowed from what came. */
struct record {
    unsigned char type;
    uint16_t id;
    struct slice content;
    size_t length; /* with header and padding */
};

void intake_init(struct intake *intake)
{
    *intake = (struct intake){
        .state = INTAKE_MORE,
        .records = BUF_INIT(INTAKE_MAX),
        .params = BUF_INIT(INTAKE_MAX),
    };
}

void intake_finish(struct intake *intake)
{
    buf_finish(&intake->records);
    buf_finish(&intake->params);
}

/* ---- parameters ------------------------------------------------------------------------------- */

static struct slice take(struct slice *rest, size_t length)
{
    struct slice taken = {rest->at, length};
    rest->at += length;
    rest->length -= length;
    return taken;
}

/* A pair's length: one byte below 128, or four with the highest bit set. */
static bool take_length(struct slice *rest, size_t *ret)
{
    size_t bytes = rest->length > 0 && (rest->at[0] & 0x80) ? 4 : 1;
    if (rest->length < bytes)
        return false;
    struct slice taken = take(rest, bytes);
    size_t length = taken.at[0] & 0x7F;
    for (size_t i = 1; i < bytes; i++)
        length = length << 8 | (unsigned char)taken.at[i];
    *ret = length;
    return true;
}

static bool has(struct slice text, char byte)
{
    return text.length > 0 && memchr(text.at, byte, text.length);
}

/* libfcgi makes "name=value" of it, with a NUL behind: neither may be in there already, or it would be another pair. */
static bool take_pair(struct slice *rest)
{
    size_t name_length;
    size_t value_length;
    if (!take_length(rest, &name_length) || !take_length(rest, &value_length))
        return false;
    if (name_length > rest->length || value_length > rest->length - name_length)
        return false;
    struct slice name = take(rest, name_length);
    struct slice value = take(rest, value_length);
    return name.length > 0 && !has(name, '=') && !has(name, '\0') && !has(value, '\0');
}

static enum intake_state check_pairs(const struct intake *intake)
{
    struct slice rest = {buf_text(&intake->params), intake->params.length};
    while (rest.length > 0) {
        if (!take_pair(&rest))
            return INTAKE_REFUSED;
    }
    return INTAKE_WHOLE;
}

/* ---- records ---------------------------------------------------------------------------------- */

/* The record that follows, its content only if that is there already. False: not even its header is. */
static bool read_record(const struct intake *intake, struct record *ret)
{
    const char *at = buf_text(&intake->records) + intake->checked;
    size_t length = intake->records.length - intake->checked;
    FCGI_Header header;
    if (length < sizeof header)
        return false;
    memcpy(&header, at, sizeof header);
    size_t content = (size_t)header.contentLengthB1 << 8 | header.contentLengthB0;
    *ret = (struct record){
        .type = header.version == FCGI_VERSION_1 ? header.type : 0,
        .id = (uint16_t)(header.requestIdB1 << 8 | header.requestIdB0),
        .content = {at + sizeof header, content},
        .length = sizeof header + content + header.paddingLength,
    };
    return true;
}

/* By its header alone, so that what is wrong is not waited for. */
static bool may_follow(const struct intake *intake, const struct record *record)
{
    if (intake->id == 0)
        return record->type == FCGI_BEGIN_REQUEST && record->id != 0 &&
               record->content.length == sizeof(FCGI_BeginRequestBody);
    return record->type == FCGI_PARAMS && record->id == intake->id;
}

static enum intake_state take_record(struct intake *intake, const struct record *record)
{
    intake->id = record->id;
    intake->checked += record->length;
    if (record->type == FCGI_BEGIN_REQUEST)
        return INTAKE_MORE;
    if (record->content.length == 0)
        return check_pairs(intake);
    buf_append(&intake->params, record->content.at, record->content.length);
    return buf_error(&intake->params) ? INTAKE_REFUSED : INTAKE_MORE;
}

static void take_records(struct intake *intake)
{
    struct record record;
    while (intake->state == INTAKE_MORE && read_record(intake, &record)) {
        if (!may_follow(intake, &record))
            intake->state = INTAKE_REFUSED;
        else if (record.length > intake->records.length - intake->checked)
            break;
        else
            intake->state = take_record(intake, &record);
    }
}

/* What is there no room for may be of the body, if the parameters end before it. */
enum intake_state intake_add(struct intake *intake, const char *bytes, size_t length)
{
    size_t room = INTAKE_MAX - intake->records.length;
    if (intake->state != INTAKE_MORE)
        return intake->state;
    buf_append(&intake->records, bytes, length < room ? length : room);
    take_records(intake);
    if (intake->state == INTAKE_MORE && (length > room || buf_error(&intake->records)))
        intake->state = INTAKE_REFUSED;
    return intake->state;
}

struct slice intake_records(const struct intake *intake)
{
    return (struct slice){buf_text(&intake->records), intake->checked};
}
