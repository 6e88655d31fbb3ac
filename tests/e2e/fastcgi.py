# SPDX-License-Identifier: MIT
"""A FastCGI client as small as can be, for tests that do what no web server would."""
import fcntl
import socket
import struct
import termios

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER, AUTHORIZER = 1, 2
KEEP_CONN = 1
_HEADER = struct.Struct(">BBHHBx")  # version, type, request, content length, padding length
REQUEST_ID = 1


def record(kind, content=b""):
    return _HEADER.pack(1, kind, REQUEST_ID, len(content), 0) + content


def begin(role=RESPONDER, flags=0):
    return record(BEGIN_REQUEST, struct.pack(">HB5x", role, flags))


def _length(number):
    return bytes([number]) if number < 128 else struct.pack(">I", number | 1 << 31)


def params(**values):
    """One PARAMS record; the empty one that ends them is not in it."""
    pairs = ((name.encode(), value.encode()) for name, value in values.items())
    return record(PARAMS, b"".join(_length(len(n)) + _length(len(v)) + n + v for n, v in pairs))


def request(path="/api/health", role=RESPONDER, flags=0, method="GET", **more):
    """A whole request, in the records that nginx would send."""
    return (begin(role, flags) + params(REQUEST_METHOD=method, REQUEST_URI=path, **more) + record(PARAMS) + record(STDIN))


class Connection:
    """To a responder's Unix socket. What is read ends with the other side's close."""

    def __init__(self, path, timeout_s=30):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
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
