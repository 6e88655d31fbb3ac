/* SPDX-License-Identifier: MIT */
#include "ews/elements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The texts of a folder or an address that are wanted, which are gathered as elements of an item. */
enum wanted {
    NOTHING,
    FOLDER_COMMITTED,
    FOLDER_DELETED,
    ADDRESS_NAME,
    ADDRESS_MAILBOX,
    ADDRESS_ROUTING,
};

/* ---- ending early ---- */

void elements_stop(struct elements *elements, int result)
{
    if (!elements->result)
        elements->result = result;
}

void elements_blame(struct elements *elements, const char *code)
{
    if (!elements->outcome.fault)
        elements->outcome.fault = fault_by_code(slice_of(code));
}

void elements_fail(struct elements *elements, const char *code)
{
    elements_blame(elements, code);
    elements_stop(elements, 1);
}

/* A buffer or the item could not take more. */
static void check_room(struct elements *elements, int error, const char *code)
{
    if (error == -EOVERFLOW)
        elements_fail(elements, code);
    else if (error)
        elements_stop(elements, error);
}

static struct slice kept_text(const struct elements *elements)
{
    return (struct slice){elements->text.bytes, elements->text.length};
}

/* ---- response messages and SOAP faults ---- */

/* One of several is told of each response message by itself. */
static bool asked_for_several(const struct elements *elements)
{
    return elements->listener.on_refusal != NULL;
}

/* A callback's answer. */
static void heed(struct elements *elements, int result)
{
    elements->barren_bytes = 0;
    if (result > 0)
        elements_fail(elements, "unexpected_reply");
    else if (result < 0)
        elements_stop(elements, result);
}

static void open_message(struct elements *elements, struct xml_name name, const char **attributes)
{
    (void)name;
    if (++elements->messages > 1 && !asked_for_several(elements)) {
        elements_fail(elements, "unexpected_reply");
        return;
    }
    elements->message_items = 0;
    verdict_begin(&elements->verdict, xml_attribute(attributes, "ResponseClass"));
}

static void blame_exchange(struct elements *elements)
{
    if (!elements->outcome.fault)
        elements->outcome.fault = verdict_fault(&elements->verdict);
    verdict_tell(&elements->verdict, elements->outcome.detail);
}

/* Of several items one is refused: that is its own affair. */
static void hand_on_refusal(struct elements *elements)
{
    const struct response_listener *listener = &elements->listener;
    char detail[VERDICT_TEXT_SIZE];

    verdict_tell(&elements->verdict, detail);
    heed(elements,
         listener->on_refusal(listener->context, verdict_fault(&elements->verdict), detail));
}

static void close_message(struct elements *elements)
{
    bool is_refusal = verdict_is_refusal(&elements->verdict);

    if (!asked_for_several(elements)) {
        if (is_refusal)
            blame_exchange(elements);
        else
            elements->outcome.answered = !elements->listener.plan || elements->has_list;
        return;
    }
    elements->outcome.answered = true;
    if (elements->message_items != (is_refusal ? 0 : 1))
        elements_fail(elements, "unexpected_reply");
    else if (is_refusal)
        hand_on_refusal(elements);
}

static void close_fault(struct elements *elements)
{
    blame_exchange(elements);
}

static void close_response_code(struct elements *elements)
{
    verdict_take_code(&elements->verdict, kept_text(elements));
}

static void close_fault_code(struct elements *elements)
{
    verdict_take_fault_code(&elements->verdict, kept_text(elements));
}

static void close_message_text(struct elements *elements)
{
    verdict_take_text(&elements->verdict, kept_text(elements));
}

static void open_value(struct elements *elements, struct xml_name name, const char **attributes)
{
    (void)name;
    verdict_open_value(&elements->verdict, xml_attribute(attributes, "Name"));
}

static void close_value(struct elements *elements)
{
    verdict_close_value(&elements->verdict, kept_text(elements));
}

static void open_root_folder(struct elements *elements, struct xml_name name,
                             const char **attributes)
{
    const char *is_whole = xml_attribute(attributes, "IncludesLastItemInRange");

    (void)name;
    elements->has_list = true;
    /* Whatever a second list may say: once cut is cut. */
    elements->outcome.truncated |= strcmp(is_whole, "false") == 0 || strcmp(is_whole, "0") == 0;
}

static void close_envelope(struct elements *elements)
{
    elements->outcome.complete = true;
}

/* ---- items ---- */

static void skip(struct elements *elements)
{
    elements->places[elements->depth - 1] = IN_SKIPPED;
}

static void open_item(struct elements *elements, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    if (elements->listener.on_item)
        leaves_begin(&elements->leaves);
    else
        skip(elements);
}

static bool is_one_too_many(struct elements *elements)
{
    if (++elements->message_items == 1 || !asked_for_several(elements))
        return false;
    elements_fail(elements, "unexpected_reply");
    return true;
}

static void close_item(struct elements *elements)
{
    if (is_one_too_many(elements))
        return;
    elements->outcome.items++;
    heed(elements, elements->listener.on_item(elements->listener.context, &elements->leaves.item));
}

static void check_leaves(struct elements *elements)
{
    check_room(elements, buf_error(&elements->leaves.path), "reply_text_too_long");
    check_room(elements, elements->leaves.item.error, "reply_item_too_large");
}

static void add_attributes(struct elements *elements, const char **attributes)
{
    for (; *attributes; attributes += 2)
        leaves_attribute(&elements->leaves, xml_name_split(attributes[0]).local,
                         slice_of(attributes[1]));
    check_leaves(elements);
}

static void open_field(struct elements *elements, struct xml_name name, const char **attributes)
{
    ptrdiff_t element = field_plan_element(elements->listener.plan, name.local);

    if (element < 0) {
        skip(elements);
        return;
    }
    leaves_open(&elements->leaves, (size_t)element);
    add_attributes(elements, attributes);
}

static void close_field(struct elements *elements)
{
    leaves_close(&elements->leaves, kept_text(elements));
    check_leaves(elements);
}

static void open_part(struct elements *elements, struct xml_name name, const char **attributes)
{
    leaves_descend(&elements->leaves, name.local);
    add_attributes(elements, attributes);
}

static void close_part(struct elements *elements)
{
    leaves_ascend(&elements->leaves, kept_text(elements));
    check_leaves(elements);
}

/* ---- folders and addresses ---- */

static void keep_wanted(struct elements *elements)
{
    static const struct slice no_path = {0};

    item_add(&elements->leaves.item, elements->wanted, no_path, slice_trim(kept_text(elements)));
    check_leaves(elements);
}

/* The first of them; empty without any. */
static struct slice wanted_text(const struct elements *elements, enum wanted wanted)
{
    struct slice text = {0};

    (void)item_get(&elements->leaves.item, wanted, "", &text);
    return text;
}

static void open_folder(struct elements *elements, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    if (elements->listener.on_folder)
        leaves_begin(&elements->leaves);
    else
        skip(elements);
}

static void close_folder(struct elements *elements)
{
    const struct response_listener *listener = &elements->listener;

    if (!is_one_too_many(elements))
        heed(elements,
             listener->on_folder(listener->context, wanted_text(elements, FOLDER_COMMITTED),
                                 wanted_text(elements, FOLDER_DELETED)));
}

static void open_property(struct elements *elements, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    elements->wanted = NOTHING;
}

/* A tag is a number in decimal or in hexadecimal, in small letters or big ones (types.xsd, PropertyTagType). */
static void open_property_path(struct elements *elements, struct xml_name name,
                               const char **attributes)
{
    unsigned long tag = strtoul(xml_attribute(attributes, "PropertyTag"), NULL, 0);

    (void)name;
    if (tag == 0x670A)
        elements->wanted = FOLDER_COMMITTED;
    else if (tag == 0x670B)
        elements->wanted = FOLDER_DELETED;
}

static void open_address(struct elements *elements, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    if (elements->listener.on_address)
        leaves_begin(&elements->leaves);
    else
        skip(elements);
}

static void close_address(struct elements *elements)
{
    const struct response_listener *listener = &elements->listener;
    struct slice mailbox = wanted_text(elements, ADDRESS_MAILBOX);
    struct slice routing = wanted_text(elements, ADDRESS_ROUTING);

    if (mailbox.length && (!routing.length || slice_is(routing, "SMTP")))
        heed(elements,
             listener->on_address(listener->context, wanted_text(elements, ADDRESS_NAME), mailbox));
}

static void open_address_part(struct elements *elements, struct xml_name name,
                              const char **attributes)
{
    static const struct {
        const char *name;
        enum wanted wanted;
    } parts[] = {
        {"Name", ADDRESS_NAME},
        {"EmailAddress", ADDRESS_MAILBOX},
        {"RoutingType", ADDRESS_ROUTING},
    };

    (void)attributes;
    elements->wanted = NOTHING;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (slice_is(name.local, parts[i].name))
            elements->wanted = parts[i].wanted;
    }
}

/* ---- what is done where a place is entered and left ---- */

static const struct {
    bool keeps_text;
    void (*open)(struct elements *elements, struct xml_name name, const char **attributes);
    void (*close)(struct elements *elements);
} places[PLACES] = {
    [IN_ENVELOPE] = {.close = close_envelope},
    [IN_FAULT] = {.close = close_fault},
    [IN_FAULT_CODE] = {true, NULL, close_fault_code},
    [IN_MESSAGE] = {false, open_message, close_message},
    [IN_MESSAGE_TEXT] = {true, NULL, close_message_text},
    [IN_RESPONSE_CODE] = {true, NULL, close_response_code},
    [IN_VALUE] = {true, open_value, close_value},
    [IN_ROOT_FOLDER] = {.open = open_root_folder},
    [IN_ITEM] = {false, open_item, close_item},
    [IN_FIELD] = {true, open_field, close_field},
    [IN_PART] = {true, open_part, close_part},
    [IN_FOLDER] = {false, open_folder, close_folder},
    [IN_PROPERTY] = {.open = open_property},
    [IN_PROPERTY_PATH] = {.open = open_property_path},
    [IN_PROPERTY_VALUE] = {true, NULL, keep_wanted},
    [IN_ADDRESS] = {false, open_address, close_address},
    [IN_ADDRESS_PART] = {true, open_address_part, keep_wanted},
};

/* ---- in and out ---- */

static enum place current_place(const struct elements *elements)
{
    return elements->depth ? (enum place)elements->places[elements->depth - 1] : IN_DOCUMENT;
}

static void enter(struct elements *elements, enum place place, struct xml_name name,
                  const char **attributes)
{
    elements->places[elements->depth++] = (unsigned char)place;
    if (places[place].keeps_text)
        buf_clear(&elements->text);
    if (places[place].open)
        places[place].open(elements, name, attributes);
}

void elements_open(struct elements *elements, struct xml_name name, const char **attributes)
{
    enum place from = current_place(elements);

    if (elements->result)
        return;
    if (elements->depth == RESPONSE_DEPTH_MAX) {
        elements_fail(elements, "reply_too_deep");
        return;
    }
    enum place to = from == IN_SKIPPED ? IN_SKIPPED : place_after(from, name);
    if (from == IN_DOCUMENT && to == IN_SKIPPED)
        elements_fail(elements, "reply_not_soap");
    else
        enter(elements, to, name, attributes);
}

void elements_text(struct elements *elements, struct slice text)
{
    if (elements->result || !places[current_place(elements)].keeps_text)
        return;
    buf_append(&elements->text, text.at, text.length);
    check_room(elements, buf_error(&elements->text), "reply_text_too_long");
}

void elements_close(struct elements *elements)
{
    if (elements->result)
        return;
    enum place place = current_place(elements);
    elements->depth--;
    if (places[place].close)
        places[place].close(elements);
}

/* ---- the whole ---- */

void elements_init(struct elements *elements)
{
    *elements = (struct elements){.text = BUF_INIT(RESPONSE_TEXT_MAX)};
    leaves_init(&elements->leaves, RESPONSE_TEXT_MAX);
}

void elements_finish(struct elements *elements)
{
    buf_finish(&elements->text);
    leaves_finish(&elements->leaves);
}

void elements_begin(struct elements *elements, const struct response_listener *listener)
{
    /* Memory of the last reply is kept for the next; everything else begins anew. */
    *elements = (struct elements){
        .listener = *listener,
        .text = elements->text,
        .leaves = elements->leaves,
    };
    verdict_init(&elements->verdict);
    buf_clear(&elements->text);
    leaves_begin(&elements->leaves);
}
