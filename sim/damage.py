# SPDX-License-Identifier: MIT
"""What faults do to a finished reply: one function each, (reply, options, gate), changing the reply in place.

The replies are our own, so markup is told from text by the two facts that every tag is on one piece and that texts hold
no bare '<' or '>'.
"""
import html
import re
import time
import zlib

from reply import Hangup, Reset
from soap import MESSAGES, SOAP, TYPES

_TEXT = re.compile(rb">([^<]+)<")
_SUBJECT = re.compile(rb"<t:Subject>")
_ITEM = re.compile(rb"<t:CalendarItem>.*?</t:CalendarItem>", re.DOTALL)
_ID = re.compile(rb'(<t:ItemId Id=")')

# Each is an error to a conforming parser; a client that is to survive Exchange takes them all.
BAD_REFERENCES = b"&#x1A;&#0;&#x00000B;&#31;&#xFFFE;&#xFFFF;&#xD800;&#xD83D;&#xDE00;&#1114112;"
# A stray byte, a surrogate in CESU-8, an overlong slash, a sequence cut short.
BAD_UTF8 = b"\xff\xed\xa0\xbd\xc0\xaf\xe2\x82"

_SAMPLE_ITEM = (b'<t:CalendarItem><t:ItemId Id="AAMkA" ChangeKey="DwAA"/><t:Subject>Stand-in</t:Subject>'
                b"<t:Start>2026-01-01T09:00:00Z</t:Start><t:End>2026-01-01T10:00:00Z</t:End></t:CalendarItem>")


def _halves(body):
    middle = len(body) // 2
    return body[:middle], body[middle:]


def stall_within(reply, _options, gate):
    first, second = _halves(reply.body)
    reply.length = len(reply.body)

    def pieces():
        yield first
        gate.stall()
        yield second
    reply.body = pieces()


def drip(reply, options, _gate):
    body, size, pause = reply.body, options["bytes"], options["interval_ms"] / 1000
    reply.length = len(body)

    def pieces():
        for start in range(0, len(body), size):
            time.sleep(pause)
            yield body[start:start + size]
    reply.body = pieces()


def _half_then(reply, end):
    first, _ = _halves(reply.body)

    def pieces():
        yield first
        raise end
    reply.body = pieces()


def reset(reply, _options, _gate):
    reply.length = len(reply.body)
    _half_then(reply, Reset())


def hang_up(reply, _options, _gate):
    reply.hang_up = True


def truncate(reply, options, _gate):
    """By Content-Length a client can count; chunked, the last chunk is missing."""
    reply.length = None if options["chunked"] else len(reply.body)
    _half_then(reply, Hangup())


def content_type(reply, options, _gate):
    reply.content_type = options["type"]


def bom(reply, _options, _gate):
    reply.body = b"\xef\xbb\xbf" + reply.body


def utf_16(reply, _options, _gate):
    text = reply.body.decode().replace('encoding="utf-8"', 'encoding="utf-16"', 1)
    reply.body = text.encode("utf-16")
    reply.content_type = "text/xml; charset=utf-16"


def leading_space(reply, _options, _gate):
    reply.body = b"\r\n" + reply.body


def cdata(reply, _options, _gate):
    """A text with a reference to a character XML forbids stays as it is: CDATA has no references."""
    def section(match):
        raw = match.group(1)
        if b"&#" in raw:
            return match.group()
        text = html.unescape(raw.decode()).replace("]]>", "]]]]><![CDATA[>")
        return f"><![CDATA[{text}]]><".encode()
    reply.body = _TEXT.sub(section, reply.body)


def prefixes(reply, _options, _gate):
    """s: becomes SOAP-ENV:, m: becomes ns1:, and the types namespace is the default one."""
    body = reply.body
    for old, new, name in ((b"s", b"SOAP-ENV:", SOAP), (b"m", b"ns1:", MESSAGES), (b"t", b"", TYPES)):
        body = re.sub(rb"(</?)" + old + rb":", rb"\1" + new, body)
        declared = b"xmlns:" + new.rstrip(b":") if new else b"xmlns"
        body = body.replace(b'xmlns:%s="%s"' % (old, name.encode()), b'%s="%s"' % (declared, name.encode()))
    reply.body = body.replace(b'xsi:type="t:', b'xsi:type="')


def bad_references(reply, _options, _gate):
    reply.body = _SUBJECT.sub(b"<t:Subject>" + BAD_REFERENCES, reply.body)


def bad_utf8(reply, _options, _gate):
    reply.body = _SUBJECT.sub(b"<t:Subject>" + BAD_UTF8, reply.body)


def doctype_bomb(reply, _options, _gate):
    entities = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    declaration, _, rest = reply.body.partition(b"?>")
    rest = _SUBJECT.sub(b"<t:Subject>&a9;", rest, count=1)
    reply.body = declaration + b"?><!DOCTYPE bomb [" + entities + b"]>" + rest


def gzip_bomb(reply, options, _gate):
    """The spaces stand before the last end tags, so a client that took them all would have a valid reply."""
    split = reply.body.rfind(b"</s:Body>")
    start, end = reply.body[:split], reply.body[split:]
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    megabyte = b" " * 1_000_000

    def pieces():
        yield packer.compress(start)
        for _ in range(options["megabytes"]):
            yield packer.compress(megabyte)
        yield packer.compress(end) + packer.flush()
    reply.body = pieces()
    reply.headers["Content-Encoding"] = "gzip"


def deep(reply, options, _gate):
    start, _, end = _around_items(reply.body)
    reply.body = start + b"<t:Items>" * options["levels"] + b"</t:Items>" * options["levels"] + end


def _around_items(body):
    """What is before the items of a reply, the items, and what is behind; one made-up item when there are none."""
    items = _ITEM.findall(body)
    if items:
        first, last = body.find(items[0]), body.rfind(items[-1]) + len(items[-1])
        return body[:first], items, body[last:]
    for place in (b"</t:Items>", b"</m:ResponseMessages>", b"</s:Body>"):
        at = body.find(place)
        if at >= 0:
            return body[:at], [_SAMPLE_ITEM], body[at:]
    return body, [_SAMPLE_ITEM], b""


def _repeated(items):
    """The items again and again, each time under ids of their own."""
    rounds = 0
    while True:
        yield from items if rounds == 0 else (_ID.sub(rb"\g<1>%08d" % rounds, item, count=1) for item in items)
        rounds += 1


def _batches(items):
    """The items in pieces that are worth sending."""
    batch, size = [], 0
    for item in items:
        batch.append(item)
        size += len(item)
        if size >= 65536:
            yield b"".join(batch)
            batch, size = [], 0


def endless(reply, _options, _gate):
    start, items, _ = _around_items(reply.body)

    def pieces():
        yield start
        yield from _batches(_repeated(items))
    reply.body = pieces()


def huge(reply, options, _gate):
    start, items, end = _around_items(reply.body)

    def pieces():
        yield start
        left = options["bytes"]
        for batch in _batches(_repeated(items)):
            yield batch
            left -= len(batch)
            if left <= 0:
                break
        yield end
    reply.body = pieces()
