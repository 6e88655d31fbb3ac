# SPDX-License-Identifier: MIT
"""Item and folder ids: long, opaque, case-sensitive base64 like Exchange's, and readable back without a table.

An id names the room, the entry, and for one meeting of a series the start it was planned for: so moving a meeting keeps
its id, and a client that asks for a meeting that is gone hears ErrorItemNotFound.
"""
import base64
import binascii
import datetime
import hashlib
import struct

from xmltext import UTC

_TAIL = struct.Struct(">HIBq")  # room, entry, kind, planned start in seconds
_SINGLE, _OCCURRENCE, _FOLDER = 0, 1, 2
_HEAD_BYTES = 99  # Exchange's ids are about as long: 152 characters

FOLDERS = ("root", "msgfolderroot", "calendar")


def _encode(mailbox, room, entry, kind, planned):
    head = hashlib.shake_128(mailbox.encode()).digest(_HEAD_BYTES)
    return base64.b64encode(b"\x00\x03" + head + _TAIL.pack(room, entry, kind, planned)).decode()


def item_id(mailbox, room, entry, planned=None):
    if planned is None:
        return _encode(mailbox, room, entry, _SINGLE, 0)
    return _encode(mailbox, room, entry, _OCCURRENCE, int(planned.timestamp()))


def folder_id(mailbox, room, name):
    return _encode(mailbox, room, FOLDERS.index(name), _FOLDER, 0)


def _decode(text):
    """(room, entry, kind, planned), or None when the text is none of our ids."""
    try:
        raw = base64.b64decode(text, validate=True)
        return _TAIL.unpack(raw[2 + _HEAD_BYTES:])
    except (binascii.Error, struct.error, ValueError):
        return None


def read_item_id(text):
    """(room, entry, planned start or None), or None for a malformed id."""
    parts = _decode(text)
    if parts is None or parts[2] == _FOLDER:
        return None
    room, entry, kind, planned = parts
    return room, entry, datetime.datetime.fromtimestamp(planned, UTC) if kind == _OCCURRENCE else None


def read_folder_id(text):
    """(room, folder name), or None for a malformed id."""
    parts = _decode(text)
    if parts is None or parts[2] != _FOLDER:
        return None
    return parts[0], FOLDERS[parts[1]]


def change_key(*parts):
    """A change key: another one as soon as one of the parts is another."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=20).digest()
    return base64.b64encode(b"DwAAABYA" + digest).decode()
