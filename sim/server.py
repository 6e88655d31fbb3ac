# SPDX-License-Identifier: MIT
"""HTTP: listening on loopback, connections, and the way of a request through the stand-in.

One thread a connection, HTTP/1.1 with keep-alive.  Knows no EWS: soap.py reads requests, operations.py answers them,
auth.py knows who may ask, bearer.py gives tokens, faults.py spoils the replies, control.py answers /sim/.
"""
import datetime
import gzip
import http.server
import ipaddress
import os
import socket
import ssl
import struct
import time

import auth
import bearer
import control
import faults
import impersonation
import operations
import soap
from call import Call
from faults import AFTER, BEFORE, INSTEAD, KINDS, MESSAGE
from reply import Hangup, Reply, Reset, html

EWS_PATH = "/ews/exchange.asmx"
_LINGER_RESET = struct.pack("ii", 1, 0)
_GZIP_LEVEL = 1  # as IIS has it for dynamic content: fast rather than small


# A request whose login is not settled by it: what faults call it, and the counter that it is counted in instead of requests.
_UNSETTLED = {auth.LEG: (faults.LEG, "legs"), auth.ANONYMOUS: (faults.ANONYMOUS, "unauthenticated")}


class Tally:
    """Counts one request, exactly once, however it ends."""

    def __init__(self, counters):
        self._counters = counters
        self._ended = False
        self.call = None
        self.status = 500
        counters.begin()

    def end(self, body_bytes, sent_bytes):
        if self._ended:
            return
        self._ended = True
        if self.call:
            self.call.finish()
        self._counters.end(self.status, self.call.items if self.call else 0, body_bytes, sent_bytes)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, host, port, world, tls=None, tls_ca=None):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address: the stand-in must not be reached from elsewhere")
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.world = world
        self.tls = tls
        self.tls_ca = tls_ca  # the file a client must trust, for /sim/env
        super().__init__((host, port), Handler)

    def server_bind(self):
        """Without the parent's look-up of our own name, which can take seconds."""
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    @property
    def url(self):
        host = f"[{self.server_address[0]}]" if self.address_family == socket.AF_INET6 else self.server_address[0]
        return f"{'https' if self.tls else 'http'}://{host}:{self.server_address[1]}"

    def finish_request(self, request, client_address):
        """In the connection's own thread: a slow TLS handshake holds up nobody else."""
        try:
            if self.tls:
                request = self.tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except (ConnectionError, TimeoutError, ssl.SSLError):
            pass  # the client went away; that is its right
        finally:
            if self.tls:
                request.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-IIS/10.0"
    sys_version = ""
    disable_nagle_algorithm = True
    is_counted = False  # this connection, from the first request on it that is not for /sim/
    wbufsize = -1  # headers and a small body leave in one piece

    def setup(self):
        super().setup()
        self._login = auth.Login(self.server.world.guard, self.server.server_address[0])
        self._answers = 0

    def date_time_string(self, timestamp=None):
        """The Date header goes by the stand-in's clock, and wrong by as much as somebody wants."""
        world = self.server.world
        moment = world.clock.now() + datetime.timedelta(seconds=world.settings.server_date_skew_s)
        return super().date_time_string(moment.timestamp())

    def log_message(self, *_arguments):
        """Silent: counters tell what happened."""

    def _read_body(self):
        """The body of the request; None without an honest Content-Length, which is all we read."""
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            return None
        return self.rfile.read(int(length))

    def do_GET(self):
        self._handle("GET")

    def do_POST(self):
        self._handle("POST")

    def do_DELETE(self):
        self._handle("DELETE")

    def do_HEAD(self):
        self._handle("HEAD")

    def _handle(self, method):
        data = self._read_body()
        if data is None:
            self.close_connection = True
            self._send(html(411, "Length Required"), False, lambda *_sizes: None)
            return
        path = self.path.partition("?")[0].lower()
        if path.startswith("/sim/"):
            self._send(control.answer(self.server, method, self.path, data), False, lambda *_sizes: None)
            return
        if bearer.is_token_path(path) and "bearer" in self.server.world.guard.schemes:
            self._send_token(method, data)
            return
        if not self.is_counted:
            self.is_counted = True
            self.server.world.counters.connected()
        self.server.world.counters.came(method, self.path, self.headers.items(), data)
        login = self._login.check(self.headers.get("Authorization")) if path == EWS_PATH else None
        if login and login.kind in _UNSETTLED:
            self._send_unsettled(login)
        else:
            self._send_settled(login, method, data)

    def _send_token(self, method, data):
        """The token server's reply; it is another server's, and counted apart."""
        world = self.server.world
        world.counters.came(method, self.path, self.headers.items(), bearer.without_secrets(data))
        world.counters.count("token_requests")

        def answer():
            if method != "POST" or not self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
                return html(404, "404 - File or directory not found.")
            scheme = "https" if self.server.tls else "http"
            return world.guard.tokens.answer(f"{scheme}://{self.headers.get('Host')}{self.path}", data)
        self._send(spoilt(world, faults.TOKEN, answer), False, lambda *_sizes: None)

    def _send_unsettled(self, login):
        """The 401 that asks for a login, or for its next leg."""
        operation, counter = _UNSETTLED[login.kind]
        self.server.world.counters.count(counter)
        self._send(spoilt(self.server.world, operation, lambda: _unauthorized(login)), False, lambda *_sizes: None)

    def _send_settled(self, login, method, data):
        """What the request asks for, or why not; counted as a request."""
        tally = Tally(self.server.world.counters)
        try:
            reply, tally.call = self._reply(login, method, data)
            tally.status = reply.status
            self._close_in_time(reply)
            self._send(reply, self._gzip_wanted(), tally.end)
        finally:
            tally.end(0, 0)

    def _close_in_time(self, reply):
        self._answers += 1
        settings = self.server.world.settings
        if not settings.close_after or self._answers < settings.close_after:
            return
        if settings.close_silently:
            reply.hang_up = True
        else:
            reply.headers["Connection"] = "close"

    def _gzip_wanted(self):
        return self.server.world.settings.gzip and "gzip" in self.headers.get("Accept-Encoding", "").lower()

    def _reply(self, login, method, data):
        """The reply to a request that is not ours to control, and the Call when it got that far.  `login`: None elsewhere than
        where EWS is."""
        if login is None:
            return html(404, "404 - File or directory not found."), None
        if login.kind == auth.REFUSED:
            self.server.world.counters.count("logins_refused")
            return _unauthorized(login), None
        if login.logged_in:
            self.server.world.counters.count("handshakes")
        reply, call = self._answer(login, method, data)
        reply.headers.update(_offering(login))
        return reply, call

    def _answer(self, login, method, data):
        """The same for who may ask."""
        if self.server.world.settings.ews_blocked:
            return Reply(403, b"", None, {"X-MS-Diagnostics": _EWS_BLOCKED}), None
        if method != "POST":
            return html(405, "405 - HTTP verb used to access this page is not allowed.", {"Allow": "POST"}), None
        if not self.headers.get("Content-Type", "").lower().startswith("text/xml"):
            return html(415, "415 - Cannot process the message because its content type is not 'text/xml; charset=utf-8'."), None
        return answer_ews(self.server.world, data, login.app_only)

    def _send(self, reply, may_gzip, done):
        """Sends a reply, and calls `done` with the bytes of its body before and after compression."""
        if isinstance(reply.body, bytes):
            self._send_whole(reply, may_gzip, done)
        else:
            self._send_pieces(reply, done)
        if reply.hang_up:
            self.close_connection = True

    def _send_whole(self, reply, may_gzip, done):
        body = reply.body
        if may_gzip and body and "Content-Encoding" not in reply.headers:
            body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
            reply.headers.update({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        done(len(reply.body), len(body))  # before the client can know: whoever has the reply finds it counted
        if self.server.world.settings.chunked and body:
            self._start(reply, None)
            self._chunk(body)
            self._last_chunk()
        else:
            self._start(reply, len(body))
            if self.command != "HEAD":
                self.wfile.write(body)
        self.wfile.flush()

    def _start(self, reply, length):
        self.send_response(reply.status)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            for line in value if isinstance(value, tuple) else (value,):
                self.send_header(name, line)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _chunk(self, data):
        self.wfile.write(b"%X\r\n%s\r\n" % (len(data), data))

    def _last_chunk(self):
        self.wfile.write(b"0\r\n\r\n")

    def _send_pieces(self, reply, done):
        """A body in pieces.  It may hang up or reset in the middle; a client that hangs up itself ends it, too."""
        self._start(reply, reply.length)
        write = self._chunk if reply.length is None else self.wfile.write
        total = 0
        try:
            for piece in reply.body:
                if piece:
                    write(piece)
                    self.wfile.flush()
                    total += len(piece)
            if reply.length is None:
                self._last_chunk()
                self.wfile.flush()
        except Hangup as hangup:
            self.close_connection = True
            if isinstance(hangup, Reset):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
                os.close(self.connection.detach())  # at once: the parent would say goodbye first
            else:
                self.connection.shutdown(socket.SHUT_RDWR)
        done(total, total)


# The code and the words are ours: nobody has published a tenant's.
_EWS_BLOCKED = '4000000;reason="Exchange Web Services is blocked for this tenant or application.";error_category="ews_blocked"'


def _unauthorized(login):
    return html(401, "401 - Unauthorized: Access is denied due to invalid credentials.", _offering(login))


def _offering(login):
    return {"WWW-Authenticate": login.offers} if login.offers else {}


def answer_ews(world, data, app_only):
    """The reply to the body of an EWS request: (Reply, Call or None)."""
    try:
        request = soap.read(data, world.server)
        operation, rooms = request.operation, operations.rooms_touched(request, world.rooms)
        size = operations.batch_size(request)
    except soap.Fault as fault:
        request, operation, rooms, size, refused = None, None, [], 0, fault
    else:
        world.counters.asked(operation, rooms)
    taken = world.faults.take(operation, rooms, size)
    if replaced := _before(world, taken):
        return replaced, None
    if request is None:
        return _refusal(world, refused), None
    call = Call(request, world, _at(taken, MESSAGE))
    try:
        impersonation.check(request, app_only, world)
        reply = Reply(body=operations.reply(call))
    except soap.Fault as fault:
        reply = _refusal(world, fault)
    if world.settings.bom:
        reply.body = b"\xef\xbb\xbf" + reply.body
    _spoil(world, taken, reply)
    return reply, call


def spoilt(world, operation, answer):
    """The Reply that `answer` makes to what is no EWS request, and what faults make of it."""
    taken = world.faults.take(operation, [], 0)
    if replaced := _before(world, taken):
        return replaced
    reply = answer()
    _spoil(world, taken, reply)
    return reply


def _before(world, taken):
    """Waits as long as somebody asked; the Reply that somebody asked for in place of ours, or None."""
    if world.settings.latency_ms:
        time.sleep(world.settings.latency_ms / 1000)
    for fault in _at(taken, BEFORE):
        KINDS[fault.kind].act(world.faults.gate)
    for fault in _at(taken, INSTEAD):
        return KINDS[fault.kind].act(fault.options)
    return None


def _spoil(world, taken, reply):
    for fault in _at(taken, AFTER):
        if isinstance(reply.body, bytes):  # nothing more can be done to a body that already comes in pieces
            KINDS[fault.kind].act(reply, fault.options, world.faults.gate)


def _at(taken, stage):
    return [fault for fault in taken if fault.stage == stage]


def _refusal(world, fault):
    world.counters.code(fault.code)
    return Reply(500, soap.fault(fault))
