# SPDX-License-Identifier: MIT
"""NTLM's messages ([MS-NLMP] 2.2.1), as far as gss-ntlmssp's acceptor leaves something to do.

It checks an AUTHENTICATE_MESSAGE; it does not tell whose name it saw, and takes a binding of zeros for none.
"""
import struct
import typing

_SIGNATURE = b"NTLMSSP\0"
_NEGOTIATE, _AUTHENTICATE = 1, 3
_NEGOTIATE_BYTES = 40           # with Version
_FIELDS_AT = range(12, 60, 8)   # of an AUTHENTICATE_MESSAGE: length, most, and where it is
_VERSION_AT, _VERSION_BYTES = 64, 8
_UNICODE = 0x00000001           # NTLMSSP_NEGOTIATE_UNICODE
_AV_EOL, _AV_CHANNEL_BINDINGS = 0x0000, 0x000A
_TARGET_INFO_AT = 16 + 28       # in an NTLMv2 response: the proof, then the head of NTLMv2_CLIENT_CHALLENGE


def with_version(token):
    """A bare message with zeros for Version where it was left out, as curl does: Windows takes that, and gss-ntlmssp does not.
    Nothing that is signed changes: who leaves it out sends no MIC."""
    kind = token[:12].removeprefix(_SIGNATURE)
    if kind == struct.pack("<I", _NEGOTIATE):
        return token.ljust(_NEGOTIATE_BYTES, b"\0")
    if kind == struct.pack("<I", _AUTHENTICATE) and len(token) >= _VERSION_AT:
        return _with_version_within(token)
    return token


def _with_version_within(message):
    starts = {at: struct.unpack_from("<I", message, at + 4)[0] for at in _FIELDS_AT}
    used = [starts[at] for at in _FIELDS_AT if struct.unpack_from("<H", message, at)[0]]
    if min(used, default=_VERSION_AT + _VERSION_BYTES) != _VERSION_AT:
        return message
    head = bytearray(message[:_VERSION_AT])
    for at, start in starts.items():
        struct.pack_into("<I", head, at + 4, start + _VERSION_BYTES)
    return bytes(head) + bytes(_VERSION_BYTES) + message[_VERSION_AT:]


class Authenticate(typing.NamedTuple):
    domain: str
    user: str
    binding: bytes | None       # MsvAvChannelBindings; None when there is no such pair


def read(token):
    """The Authenticate in a token, raw or inside SPNEGO; None when there is none or it is broken: the acceptor tells which."""
    start = token.find(_SIGNATURE)
    message = token[start:] if start >= 0 else b""
    try:
        if struct.unpack_from("<I", message, 8)[0] != _AUTHENTICATE:
            return None
        flags, = struct.unpack_from("<I", message, 60)
        charset = "utf-16-le" if flags & _UNICODE else "latin-1"
        response, domain, user = (_field(message, at) for at in (20, 28, 36))
        return Authenticate(domain.decode(charset), user.decode(charset), _binding(response))
    except (struct.error, UnicodeDecodeError):
        return None


def _field(message, at):
    length, _most, offset = struct.unpack_from("<HHI", message, at)
    return message[offset:offset + length]


def _binding(response):
    at = _TARGET_INFO_AT
    while at + 4 <= len(response):
        kind, length = struct.unpack_from("<HH", response, at)
        if kind == _AV_CHANNEL_BINDINGS:
            return response[at + 4:at + 4 + length]
        if kind == _AV_EOL:
            break
        at += 4 + length
    return None
