/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_VERDICT_H
#define ROOMCAL_EWS_VERDICT_H

/*
 * verdict — what a response message or a SOAP fault says of how it went
 *
 * Both say it in the same few texts: a code, perhaps another one inside, a sentence, and how long to wait. They are
 * gathered here as the parser meets them. Knows no XML: texts are whole. What is too long is cut at a character.
 * Sources: ResponseMessageType in messages.xsd, and
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/messagexml
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "ews/fault.h"

#define VERDICT_CODE_SIZE 96
#define VERDICT_TEXT_SIZE 256

struct verdict {
    int64_t back_off_ms; /* BackOffMilliseconds, whoever said it last; -1: nobody */
    bool is_error;       /* the class says so */
    char code[VERDICT_CODE_SIZE];
    char inner_code[VERDICT_CODE_SIZE];
    char text[VERDICT_TEXT_SIZE];
    void (*keep_value)(struct verdict *verdict,
                       struct slice text); /* of the open value; NULL: nothing to us */
};

void verdict_init(struct verdict *verdict);

/* Another response message begins: all but back_off_ms is forgotten. */
void verdict_begin(struct verdict *verdict, const char *response_class);

void verdict_take_code(struct verdict *verdict, struct slice text);
void verdict_take_text(struct verdict *verdict, struct slice text);

/* A SOAP fault's: "a:ErrorSchemaValidation". Some faults have their code only here. It comes before the detail, whose
 * code counts more. */
void verdict_take_fault_code(struct verdict *verdict, struct slice text);

/* MessageXml's values: one of that name opens, and closes with that text. */
void verdict_open_value(struct verdict *verdict, const char *name);
void verdict_close_value(struct verdict *verdict, struct slice text);

/* The class may be Success or Warning; both are good with NoError. */
bool verdict_is_refusal(const struct verdict *verdict);

/* By the code that decides. Never NULL. */
const struct fault *verdict_fault(const struct verdict *verdict);

/* For the log: Exchange's code and text. */
void verdict_tell(const struct verdict *verdict, char ret[static VERDICT_TEXT_SIZE]);

#endif
