/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_EWS_REPLIES_H
#define ROOMCAL_TESTS_EWS_REPLIES_H

/*
 * replies — Exchange's replies, put together from literals
 *
 *     LIST(WHOLE, ITEM("<t:Subject>a</t:Subject>") ITEM(""))    a whole answer with two items
 *     ONE("<t:Subject>a</t:Subject>")                           with one
 *     REFUSED("ErrorFolderNotFound", "")                        a response message that says no
 *     SEVERAL(GOT(ITEM("")) NOT_GOT("ErrorItemNotFound"))       GetItem's answer of two messages
 *     FOLDERS(FOLDER(PROPERTY("0x670A", "…")) NO_FOLDER("ErrorFolderNotFound"))    GetFolder's
 *     ROOMS(ROOM("<t:EmailAddress>r@x</t:EmailAddress>"))       GetRooms' answer; ROOM_LISTS' alike
 *     BUSY("5000")                                              a SOAP fault, and how long to wait
 */

#define SOAP_NS     "http://schemas.xmlsoap.org/soap/envelope/"
#define MESSAGES_NS "http://schemas.microsoft.com/exchange/services/2006/messages"
#define TYPES_NS    "http://schemas.microsoft.com/exchange/services/2006/types"
#define ERRORS_NS   "http://schemas.microsoft.com/exchange/services/2006/errors"

#define ENVELOPE(body)                                                                             \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"" SOAP_NS "\">"               \
    "<s:Header><h:ServerVersionInfo xmlns:h=\"" TYPES_NS "\" MajorVersion=\"15\"/></s:Header>"     \
    "<s:Body xmlns:m=\"" MESSAGES_NS "\" xmlns:t=\"" TYPES_NS "\">" body "</s:Body></s:Envelope>"
#define RESPONSE(messages)                                                                         \
    ENVELOPE("<m:FindItemResponse><m:ResponseMessages>" messages                                   \
             "</m:ResponseMessages></m:FindItemResponse>")
#define MESSAGE(class, content)                                                                    \
    "<m:FindItemResponseMessage ResponseClass=\"" class "\">" content "</"                         \
                                                        "m:FindItemResponseMessage>"
#define LIST(attributes, items)                                                                    \
    RESPONSE(MESSAGE("Success", "<m:ResponseCode>NoError</m:ResponseCode><m:RootFolder "           \
                                "TotalItemsInView=\"1\" " attributes "><t:Items>" items            \
                                "</t:Items></m:RootFolder>"))
#define WHOLE "IncludesLastItemInRange=\"true\""
#define ITEM(content)                                                                              \
    "<t:CalendarItem><t:ItemId Id=\"AAMk\" ChangeKey=\"DwAA\"/>" content "</t:CalendarItem>"
#define ONE(content) LIST(WHOLE, ITEM(content))
#define REFUSED(code, more)                                                                        \
    RESPONSE(MESSAGE("Error",                                                                      \
                     "<m:MessageText>Der Ordner fehlt.</m:MessageText><m:ResponseCode>" code       \
                     "</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>" more))
#define SEVERAL(messages)                                                                          \
    ENVELOPE("<m:GetItemResponse><m:ResponseMessages>" messages                                    \
             "</m:ResponseMessages></m:GetItemResponse>")
#define GOT(items)                                                                                 \
    "<m:GetItemResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError"                  \
    "</m:ResponseCode><m:Items>" items "</m:Items></m:GetItemResponseMessage>"
#define NOT_GOT(code)                                                                              \
    "<m:GetItemResponseMessage ResponseClass=\"Error\"><m:MessageText>Das fehlt.</m:MessageText>"  \
    "<m:ResponseCode>" code "</m:ResponseCode><m:Items/></m:GetItemResponseMessage>"
#define FOLDERS(messages)                                                                          \
    ENVELOPE("<m:GetFolderResponse><m:ResponseMessages>" messages                                  \
             "</m:ResponseMessages></m:GetFolderResponse>")
#define FOLDER(content)                                                                            \
    "<m:GetFolderResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError"                \
    "</m:ResponseCode><m:Folders><t:CalendarFolder>" content                                       \
    "</t:CalendarFolder></m:Folders></m:GetFolderResponseMessage>"
#define NO_FOLDER(code)                                                                            \
    "<m:GetFolderResponseMessage ResponseClass=\"Error\"><m:MessageText>Nein.</m:MessageText>"     \
    "<m:ResponseCode>" code "</m:ResponseCode><m:Folders/></m:GetFolderResponseMessage>"
#define BUSY_FOLDER(ms)                                                                            \
    "<m:GetFolderResponseMessage ResponseClass=\"Error\"><m:MessageText>Nein.</m:MessageText>"     \
    "<m:ResponseCode>ErrorServerBusy</m:ResponseCode><m:MessageXml>"                               \
    "<t:Value Name=\"BackOffMilliseconds\">" ms "</t:Value></m:MessageXml><m:Folders/>"            \
    "</m:GetFolderResponseMessage>"
#define PROPERTY(tag, value)                                                                       \
    "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"" tag                                   \
    "\" PropertyType=\"Integer\"/><t:Value>" value "</t:Value></t:ExtendedProperty>"
#define ROOMS(rooms)                                                                               \
    ENVELOPE("<m:GetRoomsResponse ResponseClass=\"Success\"><m:ResponseCode>NoError"               \
             "</m:ResponseCode><m:Rooms>" rooms "</m:Rooms></m:GetRoomsResponse>")
#define ROOM(content) "<t:Room><t:Id>" content "</t:Id></t:Room>"
#define ROOM_LISTS(addresses)                                                                      \
    ENVELOPE("<m:GetRoomListsResponse ResponseClass=\"Success\"><m:ResponseCode>NoError"           \
             "</m:ResponseCode><m:RoomLists>" addresses "</m:RoomLists></m:GetRoomListsResponse>")
#define FAULT(faultcode, detail)                                                                   \
    ENVELOPE("<s:Fault><faultcode xmlns:a=\"" TYPES_NS "\">" faultcode "</faultcode>"              \
             "<faultstring xml:lang=\"en-US\">No.</faultstring><detail>" detail                    \
             "</detail></s:Fault>")
#define BUSY(ms)                                                                                   \
    FAULT("a:ErrorServerBusy",                                                                     \
          "<e:ResponseCode xmlns:e=\"" ERRORS_NS "\">ErrorServerBusy</e:ResponseCode>"             \
          "<e:Message xmlns:e=\"" ERRORS_NS "\">Try later.</e:Message><t:MessageXml>"              \
          "<t:Value Name=\"BackOffMilliseconds\">" ms "</t:Value></t:MessageXml>")

#endif
