/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_EWS_XML_NAME_H
#define ROOMCAL_EWS_XML_NAME_H

/*
 * xml_name — names of elements and attributes, as expat gives them once it has looked up their prefixes: namespace URI,
 * XML_NAME_SEPARATOR, local name; without a namespace the local name alone
 */

#include "base/text.h"

/* The only white space that a namespace cannot hold. */
#define XML_NAME_SEPARATOR '\n'

/* Those that replies of Exchange are written in. */
enum xml_namespace { XML_SOAP, XML_MESSAGES, XML_TYPES, XML_OTHER, XML_ANY };

struct xml_name {
    enum xml_namespace namespace; /* never XML_ANY, which is for rules */
    struct slice local;
};

/* Borrows from `expanded`. */
struct xml_name xml_name_split(const char *expanded);

/* The value of the attribute with that local name, whatever its namespace; "" without it. `attributes` are names and
 * values in turn, and NULL. */
const char *xml_attribute(const char **attributes, const char *local);

#endif
