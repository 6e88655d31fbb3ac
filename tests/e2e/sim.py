# SPDX-License-Identifier: MIT
"""The stand-in for Exchange as a test sees it: a process on a loopback port of its own, and its control interface.

    with Sim("--rooms", "3", "--items", "50") as sim:
        sim.fault("soap-fault", code="ErrorServerBusy", back_off_ms=1000, times=1)
        ...
        assert sim.counters()["operations"] == {"FindItem": 2}

Nothing here waits for a length of time; what has to be waited for is waited for by wait(), with a deadline.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import select
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from waiting import DEADLINE_S

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
# The control interface is on loopback: no proxy, and nobody else's certificate to fear.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                      urllib.request.HTTPSHandler(context=ssl._create_unverified_context()))


class SimError(Exception):
    """The stand-in did not start, or refused a control request; the text says why."""


class Sim:
    """Options are those of `python3 sim --help`; the port is always a free one unless given.  `environment`: variables of its
    process only."""

    def __init__(self, *options, environment=None):
        self._options = [str(option) for option in options]
        self._environment = {**os.environ, **(environment or {})}
        self._process = None
        self.url = None   # of EWS
        self.base = None  # http://127.0.0.1:PORT

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()

    @property
    def port(self):
        return urllib.parse.urlsplit(self.base).port

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        port = [] if "--port" in self._options else ["--port", "0"]
        self._errors = tempfile.TemporaryFile("w+")  # a file: nobody reads it while the process runs
        self._process = subprocess.Popen([PYTHON, str(ROOT / "sim"), *port, *self._options], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=self._errors, text=True, env=self._environment)
        try:
            line = self._ready_line()
        except SimError:
            self.stop()
            raise
        self.url = line.split()[1]
        self.base = self.url.removesuffix("/EWS/Exchange.asmx")

    def _ready_line(self):
        ready, _, _ = select.select([self._process.stdout], [], [], DEADLINE_S)
        if not ready:
            raise SimError(f"not ready after {DEADLINE_S} s")
        line = self._process.stdout.readline()
        if not line.startswith("ready "):
            self._process.wait()
            raise SimError(self.errors().strip() or f"ended with {self._process.returncode}")
        return line

    def errors(self):
        """What the process has written to stderr so far: nothing, when all is well."""
        self._errors.seek(0)
        return self._errors.read()

    def stop(self):
        """Ends the process; its exit code.  Harmless when it has ended already."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            self._process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._errors.close()
        code, self._process = self._process.returncode, None
        return code

    def control(self, method, path, data=None, waits_s=0):
        """Any control request: /sim/PATH, JSON in and out (GET env: text). It may wait so long by itself."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"{self.base}/sim/{path}", body, {"Content-Type": "application/json"}, method=method)
        try:
            with _DIRECT.open(request, timeout=waits_s + DEADLINE_S) as reply:
                raw = reply.read()
                return json.loads(raw) if reply.headers.get_content_type() == "application/json" else raw.decode()
        except urllib.error.HTTPError as error:
            raise SimError(json.loads(error.read())["error"]) from None

    # What is there

    def env(self, **more):
        """The lines of a .env for this stand-in, with further settings (a given name replaces the stand-in's own)."""
        given = self.control("GET", "env").splitlines()
        kept = [line for line in given if line.partition("=")[0] not in more]
        return "\n".join(kept + [f"{name}={value}" for name, value in more.items()]) + "\n"

    def rooms(self):
        return self.control("GET", "rooms")

    def items(self, room, start="1970-01-01T00:00:00Z", end="2100-01-01T00:00:00Z"):
        """What the store holds for a room in a time, straight from the store."""
        query = urllib.parse.urlencode({"start": start, "end": end})
        return self.control("GET", f"rooms/{urllib.parse.quote(room)}/items?{query}")

    # What was asked

    def counters(self):
        return self.control("GET", "counters")

    def requests(self):
        """The last requests as they came: method, path, headers, body."""
        return self.control("GET", "requests")

    def reset_counters(self):
        self.control("POST", "reset-counters", {})

    def wait(self, timeout_s=DEADLINE_S, **at_least):
        """Waits until counters have grown to so much (stalled=1, requests=5, under_way=4); an error when they do not."""
        query = urllib.parse.urlencode({**at_least, "timeout_s": timeout_s})
        if not self.control("GET", f"wait?{query}", waits_s=timeout_s)["reached"]:
            raise SimError(f"{at_least} not reached in {timeout_s} s: {self.counters()}")

    # What shall go wrong

    def fault(self, kind, **options):
        """fault("http-status", status=503, room="R001", operation="FindItem", times=2); the kinds are in sim/README.md."""
        return self.control("POST", "faults", {"fault": kind, **options})

    def clear_faults(self):
        self.control("DELETE", "faults")

    def release(self):
        """Lets stalled requests go on."""
        self.control("POST", "release", {})

    def access(self, room, access):
        self.control("POST", f"rooms/{urllib.parse.quote(room)}/access", {"access": access})

    def put_room(self, name, mailbox, **more):
        """One room more, or (a known mailbox) another name and other lists: put_room("R9", "r9@example.org", lists=[…], items=[…])"""
        self.control("POST", "rooms", {"name": name, "mailbox": mailbox, **more})

    def remove_room(self, name):
        self.control("DELETE", f"rooms/{urllib.parse.quote(name)}")

    def settings(self, **settings):
        return self.control("POST", "settings", settings)

    def forget_logins(self):
        """From now on nobody is logged in, by a connection or by a token."""
        self.control("POST", "forget-logins", {})

    def clock(self, **data):
        """clock(now="2026-11-22T12:00:00Z"), clock(advance_s=300), clock(run=True)"""
        return self.control("POST", "clock", data)["now"]

    # What happens in the calendars

    def create(self, room, **fields):
        return self.control("POST", "items", {"room": room, "create": fields})["item"]

    def change(self, room, item_id, whole_series=False, **fields):
        return self.control("POST", "items", {"room": room, "id": item_id, "whole_series": whole_series, "change": fields})["item"]

    def move(self, room, item_id, start, end, whole_series=False):
        return self.change(room, item_id, whole_series, start=start, end=end)

    def delete(self, room, item_id, whole_series=False):
        self.control("POST", "items", {"room": room, "id": item_id, "whole_series": whole_series, "delete": True})

    def replace_items(self, room, items):
        """These in place of all items of the room, as one change."""
        self.control("POST", f"rooms/{urllib.parse.quote(room)}/items", {"items": items})

# EWS requests written by hand, for tests that look at the wire

TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
BASIC = "Basic " + base64.b64encode(b"svc-rooms:let-the-rooms-be-read").decode()
YEAR = 'StartDate="2026-01-01T00:00:00Z" EndDate="2026-12-31T00:00:00Z"'


def envelope(body, version="Exchange2016", header=""):
    return (f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{TYPES}" xmlns:m="{MESSAGES}"><s:Header>'
            f'<t:RequestServerVersion Version="{version}"/>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>')


def post(sim, body, path="/EWS/Exchange.asmx", **headers):
    """(status, text) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    try:
        connection.request("POST", path, body.encode(),
                           {"Content-Type": "text/xml; charset=utf-8", "Authorization": BASIC, **headers})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


def answer(sim, body, **more):
    status, text = post(sim, envelope(body, **more))
    assert status == 200, text
    return text


def codes(text):
    return re.findall(r"<m:ResponseCode>(\w+)</m:ResponseCode>", text)


def calendar(*rooms):
    return "".join(f'<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>{room}@example.org</t:EmailAddress>'
                   "</t:Mailbox></t:DistinguishedFolderId>" for room in rooms)


def shape(base="IdOnly", *uris, extended=(), name="ItemShape"):
    paths = "".join(f'<t:FieldURI FieldURI="{uri}"/>' for uri in uris)
    paths += "".join(f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>' for tag, kind in extended)
    additional = f"<t:AdditionalProperties>{paths}</t:AdditionalProperties>" if paths else ""
    return f"<m:{name}><t:BaseShape>{base}</t:BaseShape>{additional}</m:{name}>"


def find_item(wanted, *rooms, view=YEAR):
    return (f'<m:FindItem Traversal="Shallow">{wanted}<m:CalendarView {view}/>'
            f"<m:ParentFolderIds>{calendar(*rooms)}</m:ParentFolderIds></m:FindItem>")


def get_item(wanted, ids):
    return f"<m:GetItem>{wanted}<m:ItemIds>{''.join(f'<t:ItemId Id={one!r}/>' for one in ids)}</m:ItemIds></m:GetItem>"


def get_folder(wanted, *rooms):
    return f"<m:GetFolder>{wanted}<m:FolderIds>{calendar(*rooms)}</m:FolderIds></m:GetFolder>"
