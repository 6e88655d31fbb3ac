# SPDX-License-Identifier: MIT
"""How a property's value becomes XML: one function for each form that EWS has, (element, value, shape) -> XML.

The shape says who asks: FindItem (which cuts texts and knows no addresses) or GetItem, for which zone, body type and schema
version.  Values come from properties.py and details.py; what is not known of one is None or missing, and left out.
"""
import datetime
import html

import fields
import timezones
from xmltext import attribute, cut, duration, escape, timestamp


def text(element, value, shape):
    return f"<t:{element}>{escape(cut(value) if shape.find else value)}</t:{element}>"


def plain(element, value, _shape):
    """A value that needs neither escaping nor cutting: a number, a word of an enumeration."""
    return f"<t:{element}>{value}</t:{element}>"


def boolean(element, value, _shape):
    return f"<t:{element}>{'true' if value else 'false'}</t:{element}>"


def moment(element, value, shape):
    return f"<t:{element}>{timestamp(value, shape.zone)}</t:{element}>"


def identity(element, value, _shape):
    return f'<t:{element} Id="{value[0]}" ChangeKey="{value[1]}"/>'


def strings(element, value, _shape):
    return f"<t:{element}>{''.join(f'<t:String>{escape(one)}</t:String>' for one in value)}</t:{element}>"


def xml(element, value, _shape):
    return f"<t:{element}>{value}</t:{element}>"


def _optional(element, value):
    """A text element of a structure, or nothing."""
    return "" if value is None else f"<t:{element}>{escape(str(value))}</t:{element}>"


def _optional_moment(element, value, shape):
    return "" if value is None else moment(element, fields.moment(value), shape)


# People

def mailbox(name, address, kind="Mailbox", element="Mailbox"):
    """An element of EmailAddressType: what is not known is left out."""
    parts = _optional("Name", name)
    if address:
        parts += f"<t:EmailAddress>{escape(address)}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>"
    return f"<t:{element}>{parts}<t:MailboxType>{kind}</t:MailboxType></t:{element}>"


def organizer(element, value, shape):
    """FindItem gives the organizer's name alone; the address is GetItem's."""
    name, address = value
    if shape.find:
        inner = f"<t:Mailbox><t:Name>{escape(cut(name or address or ''))}</t:Name></t:Mailbox>"
    else:
        inner = mailbox(name, address)
    return f"<t:{element}>{inner}</t:{element}>"


def attendees(element, value, shape):
    return f"<t:{element}>{''.join(_attendee(one, shape) for one in value)}</t:{element}>"


def _attendee(one, shape):
    return ("<t:Attendee>" + mailbox(one.get("name"), one.get("email_address"))
            + f"<t:ResponseType>{one.get('response_type', 'Unknown')}</t:ResponseType>"
            + _optional_moment("LastResponseTime", one.get("last_response_time"), shape) + "</t:Attendee>")


# Contents

def body(element, value, shape):
    """A body in the type the request wants: HTML, Text, or the type it was stored in (Best)."""
    stored_type, content = value
    wanted = stored_type if shape.body_type == "Best" else shape.body_type
    if wanted == "HTML" and stored_type != "HTML":
        content = f"<html><body><pre>{escape(content)}</pre></body></html>"
    elif wanted == "Text" and stored_type == "HTML":
        content = without_tags(content)
    return f'<t:{element} BodyType="{wanted}">{escape(content)}</t:{element}>'


def without_tags(content):
    """The text of our own small HTML bodies."""
    kept, inside = [], False
    for char in content:
        inside = char == "<" or (inside and char != ">")
        if not inside and char != ">":
            kept.append(char)
    return html.unescape("".join(kept))


def text_body(element, value, _shape):
    return f'<t:{element} BodyType="Text">{escape(value)}</t:{element}>'


def mime_content(element, value, _shape):
    return f'<t:{element} CharacterSet="UTF-8">{value}</t:{element}>'


def headers(element, value, _shape):
    inner = "".join(f'<t:InternetMessageHeader HeaderName="{attribute(one["name"])}">{escape(one["value"])}'
                    "</t:InternetMessageHeader>" for one in value)
    return f"<t:{element}>{inner}</t:{element}>"


def attachments(element, value, shape):
    """Files and items, as stored; their contents are had by another operation only."""
    return f"<t:{element}>{''.join(_attachment(one, shape) for one in value)}</t:{element}>"


def _attachment(one, shape):
    kind = "ItemAttachment" if one.get("is_item") else "FileAttachment"
    inner = (f'<t:AttachmentId Id="{attribute(one["id"])}"/>'
             + "".join(_optional(element, one.get(name)) for name, element in (
                 ("name", "Name"), ("content_type", "ContentType"), ("content_id", "ContentId"),
                 ("content_location", "ContentLocation"), ("size", "Size")))
             + _optional_moment("LastModifiedTime", one.get("last_modified_time"), shape)
             + boolean("IsInline", one.get("is_inline", False), shape))
    if kind == "FileAttachment":
        inner += boolean("IsContactPhoto", False, shape)
    return f"<t:{kind}>{inner}</t:{kind}>"


def empty_elements(element, value, _shape):
    """ResponseObjects: what may be answered, an empty element each."""
    return f"<t:{element}>{''.join(f'<t:{one}/>' for one in value)}</t:{element}>"


_RIGHTS = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read", "ViewPrivateItems")


def rights(element, value, _shape):
    inner = "".join(f"<t:{name}>{'true' if name in value else 'false'}</t:{name}>" for name in _RIGHTS)
    return f"<t:{element}>{inner}</t:{element}>"


_ADDRESS = (("street", "Street"), ("city", "City"), ("state", "State"), ("country", "Country"), ("postal_code", "PostalCode"),
            ("type", "Type"), ("latitude", "Latitude"), ("longitude", "Longitude"), ("location_uri", "LocationUri"),
            ("location_source", "LocationSource"))


def enhanced_location(element, value, _shape):
    """EnhancedLocation; its address has of the schema's elements the usual ones."""
    address = value.get("address")
    inner = (f"<t:DisplayName>{escape(value.get('display_name') or '')}</t:DisplayName>"
             + _optional("Annotation", value.get("annotation")))
    if address is not None:
        inner += f"<t:PostalAddress>{''.join(_optional(name, address.get(key)) for key, name in _ADDRESS)}</t:PostalAddress>"
    return f"<t:{element}>{inner}</t:{element}>"


# Other meetings

def meetings(element, value, shape):
    """Conflicting and adjacent meetings: a few words on each."""
    return f"<t:{element}>{''.join(_meeting(one, shape) for one in value)}</t:{element}>"


def _meeting(one, shape):
    return ("<t:CalendarItem>" + identity("ItemId", (one.id, one.change_key), shape) + _optional("Subject", one.get("subject"))
            + moment("Start", one.start, shape) + moment("End", one.end, shape)
            + f"<t:LegacyFreeBusyStatus>{one.get('legacy_free_busy_status')}</t:LegacyFreeBusyStatus>"
            + _optional("Location", one.get("location")) + "</t:CalendarItem>")


def occurrence(element, one, shape):
    return (f"<t:{element}>" + identity("ItemId", (one.id, one.change_key), shape) + moment("Start", one.start, shape)
            + moment("End", one.end, shape) + moment("OriginalStart", one.planned, shape) + f"</t:{element}>")


def occurrences(element, value, shape):
    return f"<t:{element}>{''.join(occurrence('Occurrence', one, shape) for one in value)}</t:{element}>"


def deleted_occurrences(element, value, shape):
    inner = "".join(f"<t:DeletedOccurrence>{moment('Start', start, shape)}</t:DeletedOccurrence>" for start in value)
    return f"<t:{element}>{inner}</t:{element}>"


def recurrence(element, value, _shape):
    """Pattern and boundary: pairs of a name and the pairs inside it, made by details.recurrence."""
    inner = "".join(f"<t:{name}>{''.join(f'<t:{key}>{one}</t:{key}>' for key, one in parts)}</t:{name}>" for name, parts in value)
    return f"<t:{element}>{inner}</t:{element}>"


# Time zones

def time_zone(element, value, _shape):
    """StartTimeZone and EndTimeZone: (IANA name, odd id or None, whether an odd id comes with its rules)."""
    iana, odd_id, with_rules = value
    if odd_id is None:
        return f"<t:{element} {timezones.definition_attributes(iana)}>{timezones.definition_body(iana)}</t:{element}>"
    rules = timezones.definition_body(iana) if with_rules else ""
    return f'<t:{element} Name="{attribute(odd_id)}" Id="{attribute(odd_id)}">{rules}</t:{element}>'


def meeting_time_zone(element, value, shape):
    """Exchange 2007's form, for who speaks its version; later ones have StartTimeZone and EndTimeZone."""
    if not shape.is_2007:
        return ""
    offset = -timezones.of_iana(value).utcoffset(datetime.datetime(2024, 1, 1))
    return (f'<t:{element} TimeZoneName="{attribute(timezones.windows_id(value))}">'
            f"<t:BaseOffset>{duration(offset)}</t:BaseOffset></t:{element}>")
