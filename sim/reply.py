# SPDX-License-Identifier: MIT
"""A reply before it is on the wire: status, headers, and a body that is either bytes or comes in pieces."""
import dataclasses
import typing

XML_TYPE = "text/xml; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


class Hangup(Exception):
    """Raised by a body in pieces: the connection ends here, in the middle."""


class Reset(Hangup):
    """The same, but as a TCP reset."""


@dataclasses.dataclass
class Reply:
    status: int = 200
    body: bytes | typing.Iterable[bytes] = b""
    content_type: str | None = XML_TYPE
    headers: dict = dataclasses.field(default_factory=dict)
    length: int | None = None  # of a body in pieces; without it the body is sent chunked
    items: int = 0
    hang_up: bool = False  # the connection is closed behind it, unannounced


def html(status, title, headers=None):
    """A page as IIS makes them when the request never reached Exchange."""
    page = (f"<!DOCTYPE html><html><head><title>{title}</title></head>"
            f"<body><h1>{title}</h1><p>Internet Information Services</p></body></html>")
    return Reply(status, page.encode(), HTML_TYPE, headers or {})
