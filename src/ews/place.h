/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_PLACE_H
#define ROOMCAL_EWS_PLACE_H

/*
 * place — where in a reply an element stands, as far as it concerns us
 *
 * A child without a rule, and all below it, is skipped.
 */

#include "ews/xml_name.h"

enum place {
    IN_DOCUMENT,
    IN_SKIPPED,
    IN_ENVELOPE,
    IN_BODY,
    IN_FAULT,
    IN_FAULT_CODE,
    IN_DETAIL,
    IN_OPERATION,
    IN_MESSAGES,
    IN_MESSAGE,
    IN_MESSAGE_TEXT,
    IN_RESPONSE_CODE,
    IN_MESSAGE_XML,
    IN_VALUE,
    IN_ROOT_FOLDER,
    IN_ITEMS,
    IN_ITEM,
    IN_FIELD, /* an element that was asked for */
    IN_PART,  /* an element below it */
    IN_FOLDERS,
    IN_FOLDER,
    IN_PROPERTY,
    IN_PROPERTY_PATH,
    IN_PROPERTY_VALUE,
    IN_ROOMS,
    IN_ROOM,
    IN_ROOM_LISTS,
    IN_ADDRESS,
    IN_ADDRESS_PART,
    PLACES
};

/* Where the child of that name leads. */
enum place place_after(enum place from, struct xml_name name);

#endif
