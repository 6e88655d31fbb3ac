/* SPDX-License-Identifier: MIT */
#include "ews/request.h"

#include "base/datetime.h"

static const char envelope_begin[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\""
    " xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\""
    " xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">"
    "<soap:Header><t:RequestServerVersion";
static const char body_begin[] = "</soap:Header><soap:Body>";
static const char envelope_end[] = "</soap:Body></soap:Envelope>\n";

/* The schema's names. */
static const char *const versions[REQUEST_VERSIONS] = {"Exchange2013_SP1", "Exchange2013",
                                                       "Exchange2010_SP2"};

/* Text or the value of an attribute. */
static void append_escaped(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        switch (text.at[i]) {
        case '&':
            buf_append_text(out, "&amp;");
            break;
        case '<':
            buf_append_text(out, "&lt;");
            break;
        case '>':
            buf_append_text(out, "&gt;");
            break;
        case '"':
            buf_append_text(out, "&quot;");
            break;
        default:
            buf_append_char(out, text.at[i]);
        }
    }
}

static void append_attribute(struct buf *out, const char *name, struct slice value)
{
    buf_printf(out, " %s=\"", name);
    append_escaped(out, value);
    buf_append_char(out, '"');
}

static void append_address(struct buf *out, const char *address)
{
    buf_append_text(out, "<t:EmailAddress>");
    append_escaped(out, slice_of(address));
    buf_append_text(out, "</t:EmailAddress>");
}

static void append_calendar_of(struct buf *out, const char *mailbox)
{
    buf_append_text(out, "<t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox>");
    append_address(out, mailbox);
    buf_append_text(out, "</t:Mailbox></t:DistinguishedFolderId>");
}

static bool is_in_find_item(const struct field_plan *plan, size_t element)
{
    return plan->elements[element].source != FIELD_GET;
}

/* Only what FindItem could not give whole; and whether that may be shown. */
static bool is_in_get_item(const struct field_plan *plan, size_t element)
{
    return plan->elements[element].source == FIELD_GET || plan->elements[element].is_text ||
           element == PLAN_SENSITIVITY;
}

static void append_path(struct buf *out, const struct field_element *element)
{
    bool is_property = element->source == FIELD_PROPERTY;

    buf_append_text(out, is_property ? "<t:ExtendedFieldURI" : "<t:FieldURI");
    append_attribute(out, is_property ? "PropertyTag" : "FieldURI", slice_of(element->uri));
    buf_append_text(out, is_property ? " PropertyType=\"String\"/>" : "/>");
}

/* IdOnly and what we name: Microsoft's AllProperties is neither all nor small. */
static void append_item_shape(struct buf *out, const struct field_plan *plan,
                              bool (*is_wanted)(const struct field_plan *plan, size_t element))
{
    buf_append_text(out, "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>");
    for (size_t i = PLAN_ID + 1; i < plan->element_count; i++) {
        if (is_wanted(plan, i))
            append_path(out, &plan->elements[i]);
    }
    buf_append_text(out, "</t:AdditionalProperties></m:ItemShape>");
}

/* Without MaxEntriesReturned a full calendar is an error; with it, a list that says it is not
 * whole. */
static void append_view(struct buf *out, struct window window)
{
    char start[DATETIME_TEXT_SIZE];
    char end[DATETIME_TEXT_SIZE];

    datetime_zulu(window.start_utc, start);
    datetime_zulu(window.end_utc, end);
    buf_printf(out, "<m:CalendarView MaxEntriesReturned=\"%d\" StartDate=\"%s\" EndDate=\"%s\"/>",
               WINDOW_ITEMS_MAX, start, end);
}

int request_find_item(const struct field_plan *plan, const char *mailbox, struct window window,
                      struct buf *out)
{
    buf_append_text(out, "<m:FindItem Traversal=\"Shallow\">");
    append_item_shape(out, plan, is_in_find_item);
    append_view(out, window);
    buf_append_text(out, "<m:ParentFolderIds>");
    append_calendar_of(out, mailbox);
    buf_append_text(out, "</m:ParentFolderIds></m:FindItem>");
    return buf_error(out);
}

int request_get_item(const struct field_plan *plan, const struct slice *ids, size_t count,
                     struct buf *out)
{
    buf_append_text(out, "<m:GetItem>");
    append_item_shape(out, plan, is_in_get_item);
    buf_append_text(out, "<m:ItemIds>");
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, "<t:ItemId");
        append_attribute(out, "Id", ids[i]);
        buf_append_text(out, "/>");
    }
    buf_append_text(out, "</m:ItemIds></m:GetItem>");
    return buf_error(out);
}

int request_get_folder(const char *mailbox, struct buf *out)
{
    buf_append_text(out, "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>"
                         "</m:FolderShape><m:FolderIds>");
    append_calendar_of(out, mailbox);
    buf_append_text(out, "</m:FolderIds></m:GetFolder>");
    return buf_error(out);
}

int request_check_folders(const char *const *mailboxes, size_t count, struct buf *out)
{
    buf_append_text(out, "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>"
                         "<t:AdditionalProperties>"
                         "<t:ExtendedFieldURI PropertyTag=\"0x670A\" PropertyType=\"SystemTime\"/>"
                         "<t:ExtendedFieldURI PropertyTag=\"0x670B\" PropertyType=\"Integer\"/>"
                         "</t:AdditionalProperties></m:FolderShape><m:FolderIds>");
    for (size_t i = 0; i < count; i++)
        append_calendar_of(out, mailboxes[i]);
    buf_append_text(out, "</m:FolderIds></m:GetFolder>");
    return buf_error(out);
}

int request_get_room_lists(struct buf *out)
{
    buf_append_text(out, "<m:GetRoomLists/>");
    return buf_error(out);
}

int request_get_rooms(const char *list, struct buf *out)
{
    buf_append_text(out, "<m:GetRooms><m:RoomList>");
    append_address(out, list);
    buf_append_text(out, "</m:RoomList></m:GetRooms>");
    return buf_error(out);
}

static void append_impersonation(struct buf *out, const char *mailbox)
{
    buf_append_text(out, "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>");
    append_escaped(out, slice_of(mailbox));
    buf_append_text(out, "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>");
}

int request_envelope(int version, const char *impersonated, struct slice question, struct buf *out)
{
    buf_append_text(out, envelope_begin);
    append_attribute(out, "Version", slice_of(versions[version]));
    buf_append_text(out, "/>");
    if (impersonated)
        append_impersonation(out, impersonated);
    buf_append_text(out, body_begin);
    buf_append(out, question.at, question.length);
    buf_append_text(out, envelope_end);
    return buf_error(out);
}
