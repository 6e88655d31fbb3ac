/* SPDX-License-Identifier: MIT */
#include "ews/place.h"

#include <stddef.h>

/* A local name of NULL stands for any. Fault details are matched by local name alone: Exchange puts
 * some of them into the namespace of errors, some into that of types, and SOAP's own into none. */
static const struct {
    enum place from;
    enum xml_namespace namespace;
    const char *local;
    enum place to;
} rules[] = {
    {IN_DOCUMENT, XML_SOAP, "Envelope", IN_ENVELOPE},
    {IN_ENVELOPE, XML_SOAP, "Body", IN_BODY},
    {IN_BODY, XML_SOAP, "Fault", IN_FAULT},
    {IN_BODY, XML_MESSAGES, "GetRoomListsResponse", IN_MESSAGE},
    {IN_BODY, XML_MESSAGES, "GetRoomsResponse", IN_MESSAGE},
    {IN_BODY, XML_MESSAGES, NULL, IN_OPERATION},
    {IN_FAULT, XML_ANY, "faultcode", IN_FAULT_CODE},
    {IN_FAULT, XML_ANY, "faultstring", IN_MESSAGE_TEXT},
    {IN_FAULT, XML_ANY, "detail", IN_DETAIL},
    {IN_DETAIL, XML_ANY, "ResponseCode", IN_RESPONSE_CODE},
    {IN_DETAIL, XML_ANY, "Message", IN_MESSAGE_TEXT},
    {IN_DETAIL, XML_ANY, "MessageXml", IN_MESSAGE_XML},
    {IN_OPERATION, XML_MESSAGES, "ResponseMessages", IN_MESSAGES},
    {IN_MESSAGES, XML_MESSAGES, NULL, IN_MESSAGE},
    {IN_MESSAGE, XML_MESSAGES, "MessageText", IN_MESSAGE_TEXT},
    {IN_MESSAGE, XML_MESSAGES, "ResponseCode", IN_RESPONSE_CODE},
    {IN_MESSAGE, XML_MESSAGES, "MessageXml", IN_MESSAGE_XML},
    {IN_MESSAGE_XML, XML_ANY, "Value", IN_VALUE},
    {IN_MESSAGE, XML_MESSAGES, "RootFolder", IN_ROOT_FOLDER},
    {IN_ROOT_FOLDER, XML_TYPES, "Items", IN_ITEMS}, /* found */
    {IN_MESSAGE, XML_MESSAGES, "Items", IN_ITEMS},  /* got */
    {IN_ITEMS, XML_TYPES, "CalendarItem", IN_ITEM},
    {IN_ITEM, XML_TYPES, NULL, IN_FIELD},
    {IN_FIELD, XML_ANY, NULL, IN_PART},
    {IN_PART, XML_ANY, NULL, IN_PART},
    {IN_MESSAGE, XML_MESSAGES, "Folders", IN_FOLDERS},
    {IN_FOLDERS, XML_TYPES, NULL, IN_FOLDER},
    {IN_FOLDER, XML_TYPES, "ExtendedProperty", IN_PROPERTY},
    {IN_PROPERTY, XML_TYPES, "ExtendedFieldURI", IN_PROPERTY_PATH},
    {IN_PROPERTY, XML_TYPES, "Value", IN_PROPERTY_VALUE},
    {IN_MESSAGE, XML_MESSAGES, "RoomLists", IN_ROOM_LISTS},
    {IN_ROOM_LISTS, XML_TYPES, "Address", IN_ADDRESS},
    {IN_MESSAGE, XML_MESSAGES, "Rooms", IN_ROOMS},
    {IN_ROOMS, XML_TYPES, "Room", IN_ROOM},
    {IN_ROOM, XML_TYPES, "Id", IN_ADDRESS},
    {IN_ADDRESS, XML_TYPES, NULL, IN_ADDRESS_PART},
};

enum place place_after(enum place from, struct xml_name name)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].from == from &&
            (rules[i].namespace == XML_ANY || rules[i].namespace == name.namespace) &&
            (!rules[i].local || slice_is(name.local, rules[i].local)))
            return rules[i].to;
    }
    return IN_SKIPPED;
}
