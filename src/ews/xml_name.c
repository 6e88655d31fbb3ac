/* SPDX-License-Identifier: MIT */
#include "ews/xml_name.h"

#include <string.h>

/* For each element and attribute of a reply, so lengths are the compiler's work. */
struct xml_name xml_name_split(const char *expanded)
{
#define URI(text)                                                                                  \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
    static const struct slice namespaces[] = {
        [XML_SOAP] = URI("http://schemas.xmlsoap.org/soap/envelope/"),
        [XML_MESSAGES] = URI("http://schemas.microsoft.com/exchange/services/2006/messages"),
        [XML_TYPES] = URI("http://schemas.microsoft.com/exchange/services/2006/types"),
    };
#undef URI
    const char *end = strchr(expanded, XML_NAME_SEPARATOR);
    struct slice uri = {expanded, end ? (size_t)(end - expanded) : 0};
    struct xml_name name = {XML_OTHER, slice_of(end ? end + 1 : expanded)};

    for (int i = XML_SOAP; i <= XML_TYPES; i++) {
        if (slice_equal(uri, namespaces[i]))
            name.namespace = (enum xml_namespace)i;
    }
    return name;
}

const char *xml_attribute(const char **attributes, const char *local)
{
    for (; *attributes; attributes += 2) {
        if (slice_is(xml_name_split(attributes[0]).local, local))
            return attributes[1];
    }
    return "";
}
