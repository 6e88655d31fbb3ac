# SPDX-License-Identifier: MIT
"""SOAP as Exchange speaks it: reading the request's envelope, writing the reply's, and faults.

Knows namespaces, headers and versions; knows no operation.
"""
import dataclasses
import datetime
import xml.etree.ElementTree as ElementTree

import timezones
from properties import V2007, V2010, V2013, V2016
from xmltext import UTC, attribute, escape

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
NAMES = {"s": SOAP, "t": TYPES, "m": MESSAGES}

# RequestServerVersion -> the schema it stands for.
VERSIONS = {
    "Exchange2007": V2007, "Exchange2007_SP1": V2007,
    "Exchange2010": V2010, "Exchange2010_SP1": V2010, "Exchange2010_SP2": V2010,
    "Exchange2013": V2013, "Exchange2013_SP1": V2013,
    "Exchange2015": V2016, "Exchange2016": V2016, "V2015_10_05": V2016, "V2016_01_06": V2016, "V2016_04_13": V2016,
    "V2016_07_13": V2016, "V2016_10_10": V2016,
}
_WITHOUT_HEADER = "Exchange2007_SP1"


@dataclasses.dataclass(frozen=True)
class Server:
    """What the server says it is, and the newest schema it takes."""

    build: tuple
    newest: int
    says: str


SERVERS = {
    "2010": Server((14, 3, 513, 0), V2010, "Exchange2010_SP2"),
    "2013": Server((15, 0, 1497, 48), V2013, "Exchange2013_SP1"),
    "2016": Server((15, 1, 2507, 39), V2016, "V2017_07_11"),
    "2019": Server((15, 2, 1544, 14), V2016, "V2017_07_11"),
}


class Fault(Exception):
    """The whole request is refused: a SOAP fault, HTTP 500."""

    def __init__(self, code, text, values=None):
        super().__init__(text)
        self.code = code
        self.text = text
        self.values = values or {}


def invalid_request():
    return Fault("ErrorInvalidRequest", "The request is invalid.")


def schema_violation(violation):
    return Fault("ErrorSchemaValidation", f"The request failed schema validation: {violation}",
                 {"LineNumber": "0", "LinePosition": "0", "Violation": violation})


@dataclasses.dataclass
class Request:
    operation: str
    element: ElementTree.Element
    version: str
    zone: datetime.tzinfo
    impersonated: str | None

    @property
    def schema(self):
        return VERSIONS[self.version]


def local(tag):
    return tag.rpartition("}")[2]


def read(data, server):
    """The request in an HTTP body; Fault when it is none."""
    try:
        envelope = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise invalid_request() from None
    body = envelope.find("s:Body", NAMES)
    if envelope.tag != f"{{{SOAP}}}Envelope" or body is None or len(body) != 1:
        raise invalid_request()
    element = body[0]
    if not element.tag.startswith(f"{{{MESSAGES}}}"):
        raise schema_violation(f"The element '{local(element.tag)}' is not in the namespace '{MESSAGES}'.")
    header = envelope.find("s:Header", NAMES)
    if header is None:
        header = ElementTree.Element("none")
    return Request(local(element.tag), element, _version(header, server), _zone(header), _impersonated(header))


def _version(header, server):
    element = header.find("t:RequestServerVersion", NAMES)
    version = _WITHOUT_HEADER if element is None else element.get("Version", "")
    if VERSIONS.get(version, server.newest + 1) > server.newest:
        raise Fault("ErrorInvalidServerVersion", "The specified server version is invalid.")
    return version


def _zone(header):
    """The zone in which the reply's times are wanted; UTC when the header names none or one we do not know."""
    element = header.find("t:TimeZoneContext/t:TimeZoneDefinition", NAMES)
    return element is not None and timezones.of_windows(element.get("Id", "")) or UTC


def _impersonated(header):
    """The address of the mailbox whose owner the caller wants to be, None without impersonation."""
    sid = header.find("t:ExchangeImpersonation/t:ConnectingSID", NAMES)
    return None if sid is None or len(sid) == 0 else (sid[0].text or "").strip()


_PROLOGUE = (f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}">').encode()
_SCHEMA_NAMES = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'


def envelope(operation, messages, server):
    """The reply: the response messages (bytes) of one operation in their envelope."""
    response = f'<m:{operation}Response xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"><m:ResponseMessages>'
    return _in_body(server, [response.encode(), *messages, f"</m:ResponseMessages></m:{operation}Response>".encode()])


def bare_envelope(message, server):
    """The same of an operation whose response is itself the response message."""
    name, rest = message.split(b" ", 1)
    return _in_body(server, [name, f' xmlns:m="{MESSAGES}" xmlns:t="{TYPES}" '.encode(), rest])


def _in_body(server, pieces):
    major, minor, build, revision = server.build
    header = (
        f'<s:Header><h:ServerVersionInfo MajorVersion="{major}" MinorVersion="{minor}" MajorBuildNumber="{build}"'
        f' MinorBuildNumber="{revision}" Version="{server.says}" xmlns:h="{TYPES}" xmlns="{TYPES}" {_SCHEMA_NAMES}/>'
        f"</s:Header><s:Body {_SCHEMA_NAMES}>")
    return b"".join([_PROLOGUE, header.encode(), *pieces, b"</s:Body></s:Envelope>"])


def fault(error):
    """A Fault as the body of an HTTP 500 reply.  Exchange puts no header into it; MessageXml is in the types namespace."""
    values = "".join(_fault_value(name, value) for name, value in error.values.items())
    message_xml = f'<t:MessageXml xmlns:t="{TYPES}">{values}</t:MessageXml>' if values else ""
    return _PROLOGUE + (
        f'<s:Body><s:Fault><faultcode xmlns:a="{TYPES}">a:{error.code}</faultcode>'
        f'<faultstring xml:lang="en-US">{escape(error.text)}</faultstring><detail>'
        f'<e:ResponseCode xmlns:e="{ERRORS}">{error.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{escape(error.text)}</e:Message>{message_xml}'
        "</detail></s:Fault></s:Body></s:Envelope>").encode()


def _fault_value(name, value):
    """Schema violations have elements of their own; everything else is a named Value."""
    if name in ("LineNumber", "LinePosition", "Violation"):
        return f"<t:{name}>{escape(value)}</t:{name}>"
    return f'<t:Value Name="{attribute(name)}">{escape(str(value))}</t:Value>'
