# SPDX-License-Identifier: MIT
"""A FastCGI client as small as can be, for tests that do what no web server would."""
import fcntl
import socket
import struct
import termios

from waiting import DEADLINE_S

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = range(1, 10)
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1
_HEADER = struct.Struct(">BBHHBx")  # version, type, request, content length, padding length
REQUEST_ID = 1
CONTENT_MAX = 65535


def record(kind, content=b"", request_id=REQUEST_ID, version=1, length=None, padding=0):
    """`length` is what the header says; None: the truth. The padding is the caller's to add."""
    return _HEADER.pack(version, kind, request_id, len(content) if length is None else length, padding) + content


def begin(role=RESPONDER, flags=0, **more):
    return record(BEGIN_REQUEST, struct.pack(">HB5x", role, flags), **more)


def _length(number):
    return bytes([number]) if number < 128 else struct.pack(">I", number | 1 << 31)


def pair(name, value):
    return _length(len(name)) + _length(len(value)) + name + value


def params(**values):
    """PARAMS records; the empty one that ends them is not in it."""
    pairs = b"".join(pair(name.encode(), value.encode()) for name, value in values.items())
    return b"".join(record(PARAMS, pairs[at:at + CONTENT_MAX]) for at in range(0, len(pairs), CONTENT_MAX))


def request(path="/api/health", role=RESPONDER, flags=0, method="GET", **more):
    """A whole request, in the records that nginx would send."""
    return (begin(role, flags) + params(REQUEST_METHOD=method, REQUEST_URI=path, **more) + record(PARAMS) + record(STDIN))


class Connection:
    """To a responder's Unix socket. What is read ends with the other side's close."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def all_taken(self):
        """Has the other side read all that was sent?"""
        return fcntl.ioctl(self._socket, termios.TIOCOUTQ, b"\0\0\0\0") == b"\0\0\0\0"

    def end_sending(self):
        self._socket.shutdown(socket.SHUT_WR)

    def read(self, length):
        """Exactly so many bytes; fewer when the other side closes before."""
        data = b""
        while len(data) < length and (more := self._receive(length - len(data))):
            data += more
        return data

    def _receive(self, length):
        try:
            return self._socket.recv(length)
        except ConnectionResetError:  # closed with something of ours unread
            return b""

    def read_record(self):
        """(type, content), None at the end."""
        header = self.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        _version, kind, _request, length, padding = _HEADER.unpack(header)
        return kind, self.read(length + padding)[:length]

    def read_reply(self):
        """Everything until the other side closes: (what came on stdout, whether END_REQUEST came)."""
        out, ended = b"", False
        while one := self.read_record():
            out += one[1] if one[0] == STDOUT else b""
            ended = ended or one[0] == END_REQUEST
        return out, ended
