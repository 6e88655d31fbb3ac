# SPDX-License-Identifier: MIT
"""Loopback ports: for servers that have to be told theirs, and for bytes that no client would send."""
import contextlib
import socket

from waiting import DEADLINE_S


class ReservedPort:
    """A loopback port (`number`) that the system gives to nobody else until it is closed, neither to a server that takes any nor to a
    client: bound by a socket that never listens. A server that sets SO_REUSEADDR, as all do, can listen on it meanwhile, time and again;
    who connects while none does is refused."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        self._socket.close()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def exchange(port, request):
    """All bytes that a server answers to these, until it closes. It may do so before it has read everything."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65536):
                answer += more
    return answer
