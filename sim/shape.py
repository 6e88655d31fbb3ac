# SPDX-License-Identifier: MIT
"""Shapes: which properties a request wants of each item, and the rendering of an item in a shape.

Equal shapes are one object, so that an item remembers what it looked like in each: a reply of 500 items is then 500
look-ups and a join.
"""
import threading

import properties
from messages import Refusal
from soap import NAMES, local, schema_violation
from xmltext import attribute

_REMEMBERED = 8  # renderings an item keeps; a test that asks for many shapes must not fill the memory


class Shape:
    """The rows wanted, in schema order, and how: for FindItem or GetItem, in which zone, version and body type."""

    def __init__(self, rows, find, request, body_type):
        self.rows = rows
        self.find = find
        self.zone = request.zone
        self.is_2007 = request.schema == properties.V2007
        self.body_type = body_type

    def render(self, occurrence):
        """One CalendarItem element, as bytes."""
        done = occurrence.rendered.get(self)
        if done is None:
            inner = "".join([row.render(occurrence, self) for row in self.rows])
            done = f"<t:CalendarItem>{inner}</t:CalendarItem>".encode()
            if len(occurrence.rendered) >= _REMEMBERED:
                occurrence.rendered.clear()
            occurrence.rendered[self] = done
        return done


_shapes = {}
_lock = threading.Lock()


def read(element, request, find, with_organizer_address=True):
    """The Shape in an ItemShape element.  A property that cannot be had here is a Refusal, an unknown one a Fault."""
    base = element.findtext("t:BaseShape", "", NAMES)
    wanted, extended = set(_base_uris(base, request, find)), {}
    for path in element.findall("t:AdditionalProperties/*", NAMES):
        if local(path.tag) == "ExtendedFieldURI":
            row = _extended(path, with_organizer_address)
            extended[row.uri] = row
        else:
            wanted.add(_allowed(path, request, find))
    body_type = element.findtext("t:BodyType", "Best", NAMES)
    key = (frozenset(wanted), tuple(sorted(extended)), with_organizer_address, find, str(request.zone), request.schema, body_type)
    with _lock:
        if key not in _shapes:
            _shapes[key] = Shape(_in_schema_order(wanted, extended), find, request, body_type)
        return _shapes[key]


def _base_uris(base, request, find):
    known = {
        "IdOnly": lambda row: row.uri == "item:ItemId",
        "Default": lambda row: row.default,
        "AllProperties": lambda row: True,
    }.get(base)
    if known is None:
        raise schema_violation(f"The 'BaseShape' element is invalid - The value '{base}' is invalid.")
    return [row.uri for row in properties.BY_URI.values() if known(row) and _available(row, request, find)]


def _available(row, request, find):
    return row.since <= request.schema and (row.find or not find)


def _in_schema_order(wanted, extended):
    rows = []
    for row in properties.ROWS:
        if row.uri == properties.EXTENDED:
            rows.extend(extended.values())
        elif row.uri in wanted:
            rows.append(row)
    return tuple(rows)


# FieldURIs of other kinds of items: valid in the schema, and passed over for a calendar item.  exchangelib's fetch() asks
# for the fields of all kinds at once and lives by that.
_FOREIGN = ("message:", "meeting:", "meetingRequest:", "contacts:", "task:", "postitem:", "conversation:",
            "distributionlist:", "persona:", "role:")


def _allowed(path, request, find):
    """The FieldURI of a path element, when it may be asked for."""
    kind = local(path.tag)
    uri = path.get("FieldURI", "")
    row = properties.BY_URI.get(uri) if kind == "FieldURI" else None
    if uri.startswith(_FOREIGN) or row is not None and _available(row, request, find):
        return uri
    if kind == "FieldURI" and row is None and not uri.startswith("folder:"):
        raise schema_violation(f"The 'FieldURI' attribute is invalid - The value '{uri}' is invalid according to its datatype"
                               " 'UnindexedFieldURIType' - The Enumeration constraint failed.")
    raise Refusal("ErrorInvalidPropertyRequest", field=f"<t:{kind} {_attributes(path.attrib)}/>")


def _attributes(values):
    return " ".join(f'{name}="{attribute(value)}"' for name, value in values.items())


def extended_key(path):
    """(tag, type) of an ExtendedFieldURI, tag None for a named property; a Fault without a PropertyType."""
    kind = path.get("PropertyType")
    if kind is None:
        raise schema_violation("The required attribute 'PropertyType' is missing.")
    tag = path.get("PropertyTag")
    try:
        return (None if tag is None else int(tag, 0)), kind
    except ValueError:
        raise schema_violation(f"The 'PropertyTag' attribute is invalid - The value '{tag}' is invalid.") from None


def extended_attributes(path):
    """The attributes as Exchange repeats them: a tag comes back in lower-case hexadecimal, whatever was asked."""
    tag, _ = extended_key(path)
    attributes = dict(path.attrib)
    if tag is not None:
        attributes["PropertyTag"] = f"0x{tag:x}"
    return _attributes(attributes)


def _extended(path, with_organizer_address):
    key = extended_key(path)
    source = properties.MAPI.get(key, properties.NONE)
    if key == properties.ORGANIZER_ADDRESS and not with_organizer_address:
        source = properties.NONE
    return properties.extended(extended_attributes(path), source)
