# SPDX-License-Identifier: MIT
"""Faults on request: a table of what can go wrong, and the list of what shall.

A fault is for one room or all, one operation or all, requests of any size or of more than `over` folders or items, for the
next `times` requests or until cleared.  Its stage says when it acts: before the request is looked at, instead of it, as a response code in it, or upon the finished reply (where it
is a function in damage.py).
"""
import threading
import typing

import bearer
import damage
import soap
from messages import TEXTS
from reply import HTML_TYPE, Reply, html

BEFORE, INSTEAD, MESSAGE, AFTER = "before", "instead", "message", "after"
# What a fault is for only when it names it: a 401 within a handshake, the 401 for who did not log in, a token.
LEG, ANONYMOUS, TOKEN = APART = ("Leg", "Anonymous", "Token")


class Kind(typing.NamedTuple):
    stage: str
    act: typing.Callable | None   # before: (gate); instead: (options) -> Reply; after: (reply, options, gate)
    options: dict                 # with their defaults
    help: str


class Gate:
    """Where stalled requests wait until somebody lets them go."""

    def __init__(self, counters):
        self._counters = counters
        self._opened = threading.Condition()
        self._times_opened = 0

    def stall(self):
        with self._opened:
            times = self._times_opened
            self._counters.stall(+1)
            self._opened.wait_for(lambda: self._times_opened != times)
        self._counters.stall(-1)

    def open(self):
        with self._opened:
            self._times_opened += 1
            self._opened.notify_all()


def _http_status(options):
    headers = {name: str(value) for name, value in options["headers"].items()}
    if options["body"] is None:
        return html(options["status"], f"HTTP Error {options['status']}", headers)
    return Reply(options["status"], options["body"].encode(), HTML_TYPE, headers)


def _soap_fault(options):
    values = dict(options["values"])
    if options["back_off_ms"] is not None:
        values["BackOffMilliseconds"] = options["back_off_ms"]
    text = options["text"] or TEXTS.get(options["code"], options["code"])
    return Reply(options["http_status"], soap.fault(soap.Fault(options["code"], text, values)))


KINDS = {
    "response-code": Kind(MESSAGE, None, {"code": "ErrorInternalServerError", "text": None, "values": {}, "after": 0,
                                          "items": []},
                          "the response messages of the room (or of these item ids) say so, but for the first `after` ones; values"
                          " go into MessageXml"),
    "soap-fault": Kind(INSTEAD, _soap_fault,
                       {"code": "ErrorServerBusy", "text": None, "values": {}, "back_off_ms": None, "http_status": 500},
                       "the whole request is refused by a SOAP fault"),
    "http-status": Kind(INSTEAD, _http_status, {"status": 503, "headers": {}, "body": None},
                        "any status with any headers, and a page of HTML (or the body given); 503 for ever is 'Exchange is down'"),
    "token-error": Kind(INSTEAD, lambda options: bearer.error_reply(**options),
                        {"error": "invalid_client", "description": "AADSTS7000222: The provided client secret keys are expired.",
                         "status": 401}, "what a token server says instead of giving a token"),
    "html": Kind(INSTEAD, lambda options: html(200, options["title"]), {"title": "Sign in"},
                 "a page of HTML with status 200, as gateways and sign-in portals answer"),
    "stall": Kind(BEFORE, Gate.stall, {}, "nothing is answered until POST /sim/release"),
    "stall-within": Kind(AFTER, damage.stall_within, {}, "half of the body, then nothing until POST /sim/release"),
    "drip": Kind(AFTER, damage.drip, {"bytes": 16, "interval_ms": 10}, "the body comes in small pieces with a pause before each"),
    "reset": Kind(AFTER, damage.reset, {}, "half of the body, then a TCP reset"),
    "hang-up": Kind(AFTER, damage.hang_up, {}, "the whole reply, and then the connection is closed unannounced"),
    "truncate": Kind(AFTER, damage.truncate, {"chunked": False}, "half of the body, then the connection is closed"),
    "content-type": Kind(AFTER, damage.content_type, {"type": "application/octet-stream"}, "another Content-Type"),
    "bom": Kind(AFTER, damage.bom, {}, "a UTF-8 byte order mark before the XML"),
    "utf-16": Kind(AFTER, damage.utf_16, {}, "the XML in UTF-16 with a byte order mark"),
    "leading-space": Kind(AFTER, damage.leading_space, {}, "CR LF before the XML declaration"),
    "cdata": Kind(AFTER, damage.cdata, {}, "texts as CDATA sections"),
    "prefixes": Kind(AFTER, damage.prefixes, {}, "other namespace prefixes, one of them the default namespace"),
    "bad-references": Kind(AFTER, damage.bad_references, {}, "references XML forbids, and surrogate pairs, in every subject"),
    "bad-utf8": Kind(AFTER, damage.bad_utf8, {}, "bytes that are no UTF-8 in every subject"),
    "doctype-bomb": Kind(AFTER, damage.doctype_bomb, {}, "a DOCTYPE whose entities grow to gigabytes"),
    "gzip-bomb": Kind(AFTER, damage.gzip_bomb, {"megabytes": 1024}, "gzip that unpacks to so many megabytes of spaces in a valid reply"),
    "deep": Kind(AFTER, damage.deep, {"levels": 100_000}, "elements nested so deep in place of the items"),
    "endless": Kind(AFTER, damage.endless, {}, "a body that never ends: item after item"),
    "huge": Kind(AFTER, damage.huge, {"bytes": 100_000_000}, "a valid reply of at least so many bytes, its items repeated under new ids"),
}


class Fault:
    def __init__(self, number, kind, room, operation, times, over, options):
        self.number = number
        self.kind = kind
        self.room = room
        self.operation = operation
        self.times = times  # None: until cleared
        self.over = over
        self.options = options

    @property
    def stage(self):
        return KINDS[self.kind].stage

    def applies(self, operation, rooms, size):
        return ((self.times is None or self.times > 0)
                and size > self.over
                and (self.operation == operation or self.operation is None and operation not in APART)
                and (self.room is None or self.room in rooms))

    def describe(self):
        return {"id": self.number, "fault": self.kind, "room": self.room and self.room.name, "operation": self.operation,
                "times": self.times, "over": self.over, **self.options}


class Faults:
    """The faults asked for, in the order they were asked for; all that apply to a request act on it."""

    def __init__(self, counters):
        self.gate = Gate(counters)
        self._lock = threading.Lock()
        self._list = []
        self._last_number = 0

    def add(self, data, rooms):
        """A fault from JSON; ValueError with a sentence when it makes none."""
        data = dict(data)
        kind = data.pop("fault", None)
        if kind not in KINDS:
            raise ValueError(f"'fault' must be one of {', '.join(KINDS)}")
        name, operation, times = data.pop("room", None), data.pop("operation", None), data.pop("times", None)
        over = data.pop("over", -1)
        room = None if name is None else rooms.find(name)
        if name is not None and room is None:
            raise ValueError(f"there is no room {name!r}")
        known = KINDS[kind].options
        unknown = set(data) - set(known)
        if unknown:
            raise ValueError(f"fault {kind} has no option {', '.join(sorted(unknown))}; it has {', '.join(known) or 'none'}")
        with self._lock:
            self._last_number += 1
            fault = Fault(self._last_number, kind, room, operation, times, over, {**known, **data})
            self._list.append(fault)
            return fault

    def take(self, operation, rooms, size):
        """The faults for a request; those of a limited number are used up by it."""
        with self._lock:
            taken = [fault for fault in self._list if fault.applies(operation, rooms, size)]
            for fault in taken:
                if fault.times is not None:
                    fault.times -= 1
            self._list = [fault for fault in self._list if fault.times != 0]
            return taken

    def clear(self):
        """No fault any more; who was stalled goes on."""
        with self._lock:
            self._list = []
        self.gate.open()

    def describe(self):
        with self._lock:
            return [fault.describe() for fault in self._list]
