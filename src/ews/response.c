/* SPDX-License-Identifier: MIT */
#include "ews/response.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ews/leaves.h"
#include "ews/place.h"
#include "ews/verdict.h"
#include "ews/xml_name.h"

/*
 * Where we are in the reply is a stack of places, one for each open element. place.c says which child leads from one
 * place to the next; here a table says what is done where a place is entered and left.
 */

#define PIECE_MAX 65536 /* fed to expat at once, so that limits are looked at now and then */

/* The texts of a folder or an address that are wanted, which are gathered as elements of an item. */
enum wanted {
    NOTHING,
    FOLDER_COMMITTED,
    FOLDER_DELETED,
    ADDRESS_NAME,
    ADDRESS_MAILBOX,
    ADDRESS_ROUTING,
};

struct response {
    XML_Parser parser;
    struct response_listener listener;

    struct response_outcome outcome;
    int result;           /* what response_feed returns from now on; 0: go on */
    size_t unheard_bytes; /* fed since expat last had something to tell */
    size_t barren_bytes;  /* fed since we last had */

    unsigned char places[RESPONSE_DEPTH_MAX]; /* one enum place for each open element */
    size_t depth;
    struct buf text; /* of the innermost element whose text is wanted */

    struct verdict verdict; /* of the open response message or SOAP fault */
    size_t messages;        /* response messages so far */
    size_t message_items;   /* in this one */
    bool has_list;          /* it has a RootFolder */

    struct leaves leaves; /* of the open item, folder or address */
    enum wanted wanted;   /* of the latter two: which text is open */
};

/* ---- ending early ---- */

static void stop(struct response *response, int result)
{
    if (response->result)
        return;
    response->result = result;
    (void)XML_StopParser(response->parser, XML_FALSE);
}

static void blame(struct response *response, const char *code)
{
    if (!response->outcome.fault)
        response->outcome.fault = fault_by_code(slice_of(code));
}

static void fail(struct response *response, const char *code)
{
    blame(response, code);
    stop(response, 1);
}

/* A buffer or the item could not take more. */
static void check_room(struct response *response, int error, const char *code)
{
    if (error == -EOVERFLOW)
        fail(response, code);
    else if (error)
        stop(response, error);
}

static struct slice kept_text(const struct response *response)
{
    return (struct slice){response->text.bytes, response->text.length};
}

/* ---- response messages and SOAP faults ---- */

/* One of several is told of each response message by itself. */
static bool asked_for_several(const struct response *response)
{
    return response->listener.on_refusal != NULL;
}

/* A callback's answer. */
static void heed(struct response *response, int result)
{
    response->barren_bytes = 0;
    if (result > 0)
        fail(response, "unexpected_reply");
    else if (result < 0)
        stop(response, result);
}

static void open_message(struct response *response, struct xml_name name, const char **attributes)
{
    (void)name;
    if (++response->messages > 1 && !asked_for_several(response)) {
        fail(response, "unexpected_reply");
        return;
    }
    response->message_items = 0;
    verdict_begin(&response->verdict, xml_attribute(attributes, "ResponseClass"));
}

static void blame_exchange(struct response *response)
{
    if (!response->outcome.fault)
        response->outcome.fault = verdict_fault(&response->verdict);
    verdict_tell(&response->verdict, response->outcome.detail);
}

/* Of several items one is refused: that is its own affair. */
static void hand_on_refusal(struct response *response)
{
    const struct response_listener *listener = &response->listener;
    char detail[VERDICT_TEXT_SIZE];

    verdict_tell(&response->verdict, detail);
    heed(response,
         listener->on_refusal(listener->context, verdict_fault(&response->verdict), detail));
}

static void close_message(struct response *response)
{
    bool is_refusal = verdict_is_refusal(&response->verdict);

    if (!asked_for_several(response)) {
        if (is_refusal)
            blame_exchange(response);
        else
            response->outcome.answered = !response->listener.plan || response->has_list;
        return;
    }
    response->outcome.answered = true;
    if (response->message_items != (is_refusal ? 0 : 1))
        fail(response, "unexpected_reply");
    else if (is_refusal)
        hand_on_refusal(response);
}

static void close_fault(struct response *response)
{
    blame_exchange(response);
}

static void close_response_code(struct response *response)
{
    verdict_take_code(&response->verdict, kept_text(response));
}

static void close_fault_code(struct response *response)
{
    verdict_take_fault_code(&response->verdict, kept_text(response));
}

static void close_message_text(struct response *response)
{
    verdict_take_text(&response->verdict, kept_text(response));
}

static void open_value(struct response *response, struct xml_name name, const char **attributes)
{
    (void)name;
    verdict_open_value(&response->verdict, xml_attribute(attributes, "Name"));
}

static void close_value(struct response *response)
{
    verdict_close_value(&response->verdict, kept_text(response));
}

static void open_root_folder(struct response *response, struct xml_name name,
                             const char **attributes)
{
    const char *is_whole = xml_attribute(attributes, "IncludesLastItemInRange");

    (void)name;
    response->has_list = true;
    /* Whatever a second list may say: once cut is cut. */
    response->outcome.truncated |= strcmp(is_whole, "false") == 0 || strcmp(is_whole, "0") == 0;
}

static void close_envelope(struct response *response)
{
    response->outcome.complete = true;
}

/* ---- items ---- */

static void skip(struct response *response)
{
    response->places[response->depth - 1] = IN_SKIPPED;
}

static void open_item(struct response *response, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    if (response->listener.on_item)
        leaves_begin(&response->leaves);
    else
        skip(response);
}

static bool is_one_too_many(struct response *response)
{
    if (++response->message_items == 1 || !asked_for_several(response))
        return false;
    fail(response, "unexpected_reply");
    return true;
}

static void close_item(struct response *response)
{
    if (is_one_too_many(response))
        return;
    response->outcome.items++;
    heed(response, response->listener.on_item(response->listener.context, &response->leaves.item));
}

static void check_leaves(struct response *response)
{
    check_room(response, buf_error(&response->leaves.path), "reply_text_too_long");
    check_room(response, response->leaves.item.error, "reply_item_too_large");
}

static void add_attributes(struct response *response, const char **attributes)
{
    for (; *attributes; attributes += 2)
        leaves_attribute(&response->leaves, xml_name_split(attributes[0]).local,
                         slice_of(attributes[1]));
    check_leaves(response);
}

static void open_field(struct response *response, struct xml_name name, const char **attributes)
{
    ptrdiff_t element = field_plan_element(response->listener.plan, name.local);

    if (element < 0) {
        skip(response);
        return;
    }
    leaves_open(&response->leaves, (size_t)element);
    add_attributes(response, attributes);
}

static void close_field(struct response *response)
{
    leaves_close(&response->leaves, kept_text(response));
    check_leaves(response);
}

static void open_part(struct response *response, struct xml_name name, const char **attributes)
{
    leaves_descend(&response->leaves, name.local);
    add_attributes(response, attributes);
}

static void close_part(struct response *response)
{
    leaves_ascend(&response->leaves, kept_text(response));
    check_leaves(response);
}

/* ---- folders and addresses ---- */

static void keep_wanted(struct response *response)
{
    static const struct slice no_path = {0};

    item_add(&response->leaves.item, response->wanted, no_path, slice_trim(kept_text(response)));
    check_leaves(response);
}

/* The first of them; empty without any. */
static struct slice wanted_text(const struct response *response, enum wanted wanted)
{
    struct slice text = {0};

    (void)item_get(&response->leaves.item, wanted, "", &text);
    return text;
}

static void open_folder(struct response *response, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    if (response->listener.on_folder)
        leaves_begin(&response->leaves);
    else
        skip(response);
}

static void close_folder(struct response *response)
{
    const struct response_listener *listener = &response->listener;

    if (!is_one_too_many(response))
        heed(response,
             listener->on_folder(listener->context, wanted_text(response, FOLDER_COMMITTED),
                                 wanted_text(response, FOLDER_DELETED)));
}

static void open_property(struct response *response, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    response->wanted = NOTHING;
}

/* A tag is a number in decimal or in hexadecimal, in small letters or big ones (types.xsd, PropertyTagType). */
static void open_property_path(struct response *response, struct xml_name name,
                               const char **attributes)
{
    unsigned long tag = strtoul(xml_attribute(attributes, "PropertyTag"), NULL, 0);

    (void)name;
    if (tag == 0x670A)
        response->wanted = FOLDER_COMMITTED;
    else if (tag == 0x670B)
        response->wanted = FOLDER_DELETED;
}

static void open_address(struct response *response, struct xml_name name, const char **attributes)
{
    (void)name;
    (void)attributes;
    if (response->listener.on_address)
        leaves_begin(&response->leaves);
    else
        skip(response);
}

static void close_address(struct response *response)
{
    const struct response_listener *listener = &response->listener;
    struct slice mailbox = wanted_text(response, ADDRESS_MAILBOX);
    struct slice routing = wanted_text(response, ADDRESS_ROUTING);

    if (mailbox.length && (!routing.length || slice_is(routing, "SMTP")))
        heed(response,
             listener->on_address(listener->context, wanted_text(response, ADDRESS_NAME), mailbox));
}

static void open_address_part(struct response *response, struct xml_name name,
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
    response->wanted = NOTHING;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (slice_is(name.local, parts[i].name))
            response->wanted = parts[i].wanted;
    }
}

/* ---- what is done where a place is entered and left ---- */

static const struct {
    bool keeps_text;
    void (*open)(struct response *response, struct xml_name name, const char **attributes);
    void (*close)(struct response *response);
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

/* ---- what expat calls; some calls still come after XML_StopParser ---- */

static enum place current_place(const struct response *response)
{
    return response->depth ? (enum place)response->places[response->depth - 1] : IN_DOCUMENT;
}

static void enter(struct response *response, enum place place, struct xml_name name,
                  const char **attributes)
{
    response->places[response->depth++] = (unsigned char)place;
    if (places[place].keeps_text)
        buf_clear(&response->text);
    if (places[place].open)
        places[place].open(response, name, attributes);
}

static void on_start(void *data, const XML_Char *expanded, const XML_Char **attributes)
{
    struct response *response = data;
    enum place from = current_place(response);

    response->unheard_bytes = 0;
    if (response->result)
        return;
    if (response->depth == RESPONSE_DEPTH_MAX) {
        fail(response, "reply_too_deep");
        return;
    }
    if (XML_GetSpecifiedAttributeCount(response->parser) > 2 * RESPONSE_ATTRIBUTES_MAX) {
        fail(response, "reply_too_many_attributes");
        return;
    }
    struct xml_name name = xml_name_split(expanded);
    enum place to = from == IN_SKIPPED ? IN_SKIPPED : place_after(from, name);
    if (from == IN_DOCUMENT && to == IN_SKIPPED)
        fail(response, "reply_not_soap");
    else
        enter(response, to, name, attributes);
}

static void on_end(void *data, const XML_Char *expanded)
{
    struct response *response = data;

    (void)expanded;
    response->unheard_bytes = 0;
    if (response->result)
        return;
    enum place place = current_place(response);
    response->depth--;
    if (places[place].close)
        places[place].close(response);
}

static void on_text(void *data, const XML_Char *text, int length)
{
    struct response *response = data;

    response->unheard_bytes = 0;
    if (response->result || !places[current_place(response)].keeps_text)
        return;
    buf_append(&response->text, text, (size_t)length);
    check_room(response, buf_error(&response->text), "reply_text_too_long");
}

/* Exchange sends none, and an entity bomb begins with one. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    fail(data, "reply_doctype");
}

/* ---- the whole ---- */

int response_create(struct response **ret)
{
    struct response *response = calloc(1, sizeof *response);
    XML_Parser parser = XML_ParserCreateNS(NULL, XML_NAME_SEPARATOR);

    if (!response || !parser) {
        free(response);
        if (parser)
            XML_ParserFree(parser);
        return -ENOMEM;
    }
    *response = (struct response){.parser = parser, .text = BUF_INIT(RESPONSE_TEXT_MAX)};
    leaves_init(&response->leaves, RESPONSE_TEXT_MAX);
    *ret = response;
    return 0;
}

void response_destroy(struct response *response)
{
    if (!response)
        return;
    XML_ParserFree(response->parser);
    buf_finish(&response->text);
    leaves_finish(&response->leaves);
    free(response);
}

static void listen(struct response *response)
{
    XML_SetUserData(response->parser, response);
    XML_SetElementHandler(response->parser, on_start, on_end);
    XML_SetCharacterDataHandler(response->parser, on_text);
    XML_SetStartDoctypeDeclHandler(response->parser, on_doctype);
}

int response_begin(struct response *response, const struct response_listener *listener)
{
    /* Memory of the last reply is kept for the next; everything else begins anew. */
    *response = (struct response){
        .parser = response->parser,
        .listener = *listener,
        .text = response->text,
        .leaves = response->leaves,
    };
    verdict_init(&response->verdict);
    buf_clear(&response->text);
    leaves_begin(&response->leaves);
    if (!XML_ParserReset(response->parser, NULL))
        return -ENOMEM;
    listen(response);
    return 0;
}

static bool is_early_end(enum XML_Error error)
{
    return error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN ||
           error == XML_ERROR_PARTIAL_CHAR || error == XML_ERROR_UNCLOSED_CDATA_SECTION;
}

static const char *parsing_fault(const struct response *response, enum XML_Error error)
{
    bool had_root = response->depth || response->outcome.complete;

    if (!had_root)
        return "reply_not_xml";
    return is_early_end(error) ? "reply_truncated" : "reply_malformed";
}

/* expat has refused the reply: where it is broken, or only at the end, because newer ones put off
 * looking at a tag that came in small pieces. */
static void fail_parsing(struct response *response)
{
    enum XML_Error error = XML_GetErrorCode(response->parser);

    if (response->result)
        return; /* that was our own stop */
    if (error == XML_ERROR_NO_MEMORY) {
        stop(response, -ENOMEM);
        return;
    }
    if (!response->outcome.fault)
        (void)snprintf(response->outcome.detail, sizeof response->outcome.detail,
                       "%s in line %lu, column %lu", XML_ErrorString(error),
                       (unsigned long)XML_GetCurrentLineNumber(response->parser),
                       (unsigned long)XML_GetCurrentColumnNumber(response->parser));
    fail(response, parsing_fault(response, error));
}

/* expat keeps a tag, a comment or a processing instruction until its end has come, however long it
 * gets. */
static void check_unheard(struct response *response)
{
    if (!response->result && response->unheard_bytes > RESPONSE_TAG_MAX)
        fail(response, "reply_text_too_long");
}

/* Or an attacker's reply without end would only end where transport's limit is. */
static void check_barren(struct response *response)
{
    if (!response->result && response->barren_bytes > RESPONSE_BARREN_MAX)
        fail(response, "too_large");
}

int response_feed(struct response *response, const char *bytes, size_t length)
{
    while (length && !response->result) {
        size_t piece = length < PIECE_MAX ? length : PIECE_MAX;

        response->unheard_bytes += piece;
        response->barren_bytes += piece;
        if (XML_Parse(response->parser, bytes, (int)piece, XML_FALSE) != XML_STATUS_OK)
            fail_parsing(response);
        check_unheard(response);
        check_barren(response);
        bytes += piece;
        length -= piece;
    }
    return response->result;
}

int response_end(struct response *response, const struct response_outcome **ret)
{
    if (!response->result && XML_Parse(response->parser, "", 0, XML_TRUE) != XML_STATUS_OK)
        fail_parsing(response);
    if (response->result < 0)
        return response->result;
    if (!response->outcome.answered)
        blame(response, "unexpected_reply");
    response->outcome.back_off_ms = response->verdict.back_off_ms;
    *ret = &response->outcome;
    return 0;
}
