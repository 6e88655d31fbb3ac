/* SPDX-License-Identifier: MIT */
#include "config/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_NAME_MAX  200 /* bytes */
#define MAILBOX_MAX    254 /* RFC 5321, 4.5.3.1.3, less the angle brackets */
#define ITEM_FIELD_MAX 64  /* bytes of "key=field" */

/* ---- lists split by commas ------------------------------------------------------------------- */

/* What is wrong with an element, as "a name of over 200 bytes"; NULL: nothing. */
typedef const char *element_flaw(struct slice element);

typedef int element_keep(struct config *config, size_t place, struct slice element);

static size_t count_elements(const char *text)
{
    size_t count = 1;

    for (; *text; text++)
        count += *text == ',';
    return count;
}

/* 0, with a mistake when the list is too long: *ret_count then is 0. */
static int check_count(const struct reading *reading, size_t *ret_count)
{
    const struct setting *setting = reading->setting;
    size_t count = count_elements(reading->text);
    bool fits = count <= (size_t)setting->maximum;

    *ret_count = fits ? count : 0;
    return fits ? 0
                : reading_reject(reading, "has %zu %s; at most %" PRId64 " are possible", count,
                                 setting->unit, setting->maximum);
}

static int read_element(const struct reading *reading, size_t place, struct slice element,
                        element_flaw *find_flaw, element_keep *keep)
{
    if (element.length == 0)
        return reading_reject(reading, "has nothing at place %zu; remove a comma, or fill it in",
                              place + 1);
    const char *flaw = find_flaw(element);
    if (flaw)
        return reading_reject(reading, "has %s at place %zu", flaw, place + 1);
    return keep(reading->config, place, element);
}

static int read_elements(const struct reading *reading, element_flaw *find_flaw, element_keep *keep)
{
    struct slice rest = slice_of(reading->text);
    struct slice element = {0};
    int error = 0;

    for (size_t place = 0; !error && slice_next(&rest, ',', &element); place++)
        error = read_element(reading, place, slice_trim(element), find_flaw, keep);
    return error;
}

static int keep_copy(char **ret, struct slice text)
{
    *ret = slice_copy(text);
    return *ret ? 0 : -ENOMEM;
}

/* ---- ROOMS ----------------------------------------------------------------------------------- */

const char *reading_name_flaw(struct slice name)
{
    if (name.length == 0)
        return "an empty name";
    return name.length > ROOM_NAME_MAX ? "a name of over 200 bytes" : reading_text_flaw(name);
}

static int keep_room(struct config *config, size_t place, struct slice name)
{
    return keep_copy(&config->rooms[place].name, name);
}

/* In the index twins are neighbours. */
static int reject_twins(const struct reading *reading)
{
    const struct config *config = reading->config;
    int error = 0;

    for (size_t i = 1; !error && i < config->room_count; i++) {
        const char *before = config->rooms_by_name[i - 1]->name;
        const char *name = config->rooms_by_name[i]->name;
        if (before && name && strcmp(before, name) == 0)
            error = reading_reject(reading, "names %s twice", name);
    }
    return error;
}

int reading_rooms(const struct reading *reading)
{
    struct config *config = reading->config;
    size_t count = 0;
    int error = check_count(reading, &count);

    if (error || count == 0)
        return error;
    config->rooms = calloc(count, sizeof *config->rooms);
    if (!config->rooms)
        return -ENOMEM;
    config->room_count = count;
    error = read_elements(reading, reading_name_flaw, keep_room);
    if (!error)
        error = config_index_rooms(config);
    return error ? error : reject_twins(reading);
}

/* ---- ROOM_EMAILS ----------------------------------------------------------------------------- */

/* Not the grammar of RFC 5321: what keeps slips out, and markup out of the SOAP envelope. */
const char *reading_mailbox_flaw(struct slice address)
{
    const char *at = address.length ? memchr(address.at, '@', address.length) : NULL;
    size_t before = at ? (size_t)(at - address.at) : 0;
    size_t behind = at ? address.length - before - 1 : 0;

    if (address.length > MAILBOX_MAX)
        return "an address of over 254 bytes";
    if (before == 0 || behind == 0 || memchr(at + 1, '@', behind))
        return "no mail address (name@example.org)";
    for (size_t i = 0; i < address.length; i++) {
        if (strchr(" <>&", address.at[i]))
            return "an address with a blank, '<', '>' or '&'";
    }
    return reading_text_flaw(address);
}

static int keep_mailbox(struct config *config, size_t place, struct slice address)
{
    return place < config->room_count ? keep_copy(&config->rooms[place].mailbox, address) : 0;
}

int reading_mailboxes(const struct reading *reading)
{
    size_t rooms = reading->config->room_count;
    size_t count = 0;
    int error = check_count(reading, &count);

    if (error || count == 0)
        return error;
    if (rooms && count != rooms)
        error = reading_reject(reading,
                               "is a list of %zu, ROOMS of %zu; each room needs its address, in"
                               " the same order",
                               count, rooms);
    return error ? error : read_elements(reading, reading_mailbox_flaw, keep_mailbox);
}

/* ---- ROOM_LIST ------------------------------------------------------------------------------- */

static const char *list_flaw(struct slice address)
{
    return slice_is(address, "*") ? "*, which stands for all lists, beside others"
                                  : reading_mailbox_flaw(address);
}

static const char *all_lists_flaw(struct slice address)
{
    return slice_is(address, "*") ? NULL : reading_mailbox_flaw(address);
}

static int keep_list(struct config *config, size_t place, struct slice address)
{
    return keep_copy(&config->room_lists[place], address);
}

int reading_room_lists(const struct reading *reading)
{
    struct config *config = reading->config;
    size_t count = 0;
    int error = check_count(reading, &count);

    if (error || count == 0)
        return error;
    config->room_lists = calloc(count, sizeof *config->room_lists);
    if (!config->room_lists)
        return -ENOMEM;
    config->room_list_count = count;
    config->awaits_rooms = true;
    return read_elements(reading, count == 1 ? all_lists_flaw : list_flaw, keep_list);
}

/* ---- ITEM_FIELDS ----------------------------------------------------------------------------- */

static const char *field_flaw(struct slice field)
{
    struct slice rest = field;
    struct slice key = {0};

    (void)slice_next(&rest, '=', &key);
    if (field.length > ITEM_FIELD_MAX)
        return "a field of over 64 bytes";
    if (!rest.at) /* the name alone */
        return reading_text_flaw(field);
    if (slice_trim(key).length == 0 || slice_trim(rest).length == 0 ||
        memchr(rest.at, '=', rest.length))
        return "something else than field or key=field";
    return reading_text_flaw(field);
}

static int keep_field(struct config *config, size_t place, struct slice field)
{
    struct slice rest = field;
    struct slice key = {0};

    (void)slice_next(&rest, '=', &key);
    int error = keep_copy(&config->items[place].key, slice_trim(key));
    return error ? error : keep_copy(&config->items[place].name, slice_trim(rest.at ? rest : key));
}

int reading_fields(const struct reading *reading)
{
    struct config *config = reading->config;
    size_t count = 0;
    int error = check_count(reading, &count);

    if (error || count == 0)
        return error;
    config->items = calloc(count, sizeof *config->items);
    if (!config->items)
        return -ENOMEM;
    config->item_count = count;
    return read_elements(reading, field_flaw, keep_field);
}
