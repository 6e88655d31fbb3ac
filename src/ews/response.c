/* SPDX-License-Identifier: MIT */
#include "ews/response.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>

#include "ews/elements.h"
#include "ews/xml_name.h"

#define PIECE_MAX 65536 /* fed to expat at once, so that limits are looked at now and then */

struct response {
    XML_Parser parser;
    struct elements elements;
    size_t unheard_bytes; /* fed since expat last had something to tell */
};

/* ---- what expat calls; some calls still come after XML_StopParser ---- */

/* expat told something; go on with it, or not. */
static void heard(struct response *response)
{
    response->unheard_bytes = 0;
    if (response->elements.result)
        (void)XML_StopParser(response->parser, XML_FALSE);
}

static void on_start(void *data, const XML_Char *expanded, const XML_Char **attributes)
{
    struct response *response = data;

    if (XML_GetSpecifiedAttributeCount(response->parser) > 2 * RESPONSE_ATTRIBUTES_MAX)
        elements_fail(&response->elements, "reply_too_many_attributes");
    else
        elements_open(&response->elements, xml_name_split(expanded), attributes);
    heard(response);
}

static void on_end(void *data, const XML_Char *expanded)
{
    struct response *response = data;

    (void)expanded;
    elements_close(&response->elements);
    heard(response);
}

static void on_text(void *data, const XML_Char *text, int length)
{
    struct response *response = data;

    elements_text(&response->elements, (struct slice){text, (size_t)length});
    heard(response);
}

/* Exchange sends none, and an entity bomb begins with one. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_subset)
{
    struct response *response = data;

    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    elements_fail(&response->elements, "reply_doctype");
    heard(response);
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
    response->parser = parser;
    elements_init(&response->elements);
    *ret = response;
    return 0;
}

void response_destroy(struct response *response)
{
    if (!response)
        return;
    XML_ParserFree(response->parser);
    elements_finish(&response->elements);
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
    elements_begin(&response->elements, listener);
    response->unheard_bytes = 0;
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
    bool had_root = response->elements.depth || response->elements.outcome.complete;

    if (!had_root)
        return "reply_not_xml";
    return is_early_end(error) ? "reply_truncated" : "reply_malformed";
}

/* expat has refused the reply: where it is broken, or only at the end, because newer ones put off
 * looking at a tag that came in small pieces. */
static void fail_parsing(struct response *response)
{
    enum XML_Error error = XML_GetErrorCode(response->parser);

    if (response->elements.result)
        return; /* that was our own stop */
    if (error == XML_ERROR_NO_MEMORY) {
        elements_stop(&response->elements, -ENOMEM);
        return;
    }
    if (!response->elements.outcome.fault)
        (void)snprintf(response->elements.outcome.detail, sizeof response->elements.outcome.detail,
                       "%s in line %lu, column %lu", XML_ErrorString(error),
                       (unsigned long)XML_GetCurrentLineNumber(response->parser),
                       (unsigned long)XML_GetCurrentColumnNumber(response->parser));
    elements_fail(&response->elements, parsing_fault(response, error));
}

/* expat keeps a tag, a comment or a processing instruction until its end has come, however long it
 * gets. */
static void check_unheard(struct response *response)
{
    if (!response->elements.result && response->unheard_bytes > RESPONSE_TAG_MAX)
        elements_fail(&response->elements, "reply_text_too_long");
}

/* Or an attacker's reply without end would only end where transport's limit is. */
static void check_barren(struct response *response)
{
    if (!response->elements.result && response->elements.barren_bytes > RESPONSE_BARREN_MAX)
        elements_fail(&response->elements, "too_large");
}

int response_feed(struct response *response, const char *bytes, size_t length)
{
    while (length && !response->elements.result) {
        size_t piece = length < PIECE_MAX ? length : PIECE_MAX;

        response->unheard_bytes += piece;
        response->elements.barren_bytes += piece;
        if (XML_Parse(response->parser, bytes, (int)piece, XML_FALSE) != XML_STATUS_OK)
            fail_parsing(response);
        check_unheard(response);
        check_barren(response);
        bytes += piece;
        length -= piece;
    }
    return response->elements.result;
}

int response_end(struct response *response, const struct response_outcome **ret)
{
    if (!response->elements.result && XML_Parse(response->parser, "", 0, XML_TRUE) != XML_STATUS_OK)
        fail_parsing(response);
    if (response->elements.result < 0)
        return response->elements.result;
    if (!response->elements.outcome.answered)
        elements_blame(&response->elements, "unexpected_reply");
    response->elements.outcome.back_off_ms = response->elements.verdict.back_off_ms;
    *ret = &response->elements.outcome;
    return 0;
}
