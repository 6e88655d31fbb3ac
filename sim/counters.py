# SPDX-License-Identifier: MIT
"""What was asked and what was sent, for tests and benchmarks to assert on, and a way to wait for it."""
import collections
import threading

_WINDOWS_KEPT = 10_000  # per room
_REQUESTS_KEPT = 100
_BODY_KEPT = 65_536
# What is counted apart from requests.
_APART = ("legs", "unauthenticated", "handshakes", "logins_refused", "token_requests", "tokens")


class Counters:
    def __init__(self):
        self._changed = threading.Condition()
        self._under_way = 0
        self._stalled = 0
        self._reset()

    def _reset(self):
        self._totals = collections.Counter()
        self._operations = collections.Counter()
        self._statuses = collections.Counter()
        self._codes = collections.Counter()
        self._rooms = collections.defaultdict(collections.Counter)
        self._items_asked = collections.Counter()
        self._windows = collections.defaultdict(lambda: collections.deque(maxlen=_WINDOWS_KEPT))
        self._requests = collections.deque(maxlen=_REQUESTS_KEPT)
        self._most_under_way = self._under_way

    def reset(self):
        """Back to nothing; requests that are under way go on counting as such."""
        with self._changed:
            self._reset()

    def connected(self):
        with self._changed:
            self._totals["connections"] += 1
            self._changed.notify_all()

    def count(self, name):
        """One more of what has a name and nothing else: _APART."""
        with self._changed:
            self._totals[name] += 1
            self._changed.notify_all()

    def begin(self):
        with self._changed:
            self._totals["requests"] += 1
            self._under_way += 1
            self._most_under_way = max(self._most_under_way, self._under_way)
            self._changed.notify_all()

    def asked(self, operation, rooms):
        with self._changed:
            self._operations[operation] += 1
            for room in rooms:
                self._rooms[room.mailbox][operation] += 1

    def came(self, method, path, headers, body):
        """Keeps the last requests as they came, without what is secret in them."""
        shown = {name: value.partition(" ")[0] if name.lower() == "authorization" else value for name, value in headers}
        with self._changed:
            self._requests.append({"method": method, "path": path, "headers": shown,
                                   "body": body[:_BODY_KEPT].decode(errors="replace")})

    def requests(self):
        with self._changed:
            return list(self._requests)

    def window(self, room, start, end):
        with self._changed:
            self._windows[room.mailbox].append([start, end])

    def item_asked(self, room):
        """One id of a GetItem, whatever it is answered."""
        with self._changed:
            self._totals["get_items"] += 1
            self._items_asked[room.mailbox] += 1

    def code(self, code):
        with self._changed:
            self._codes[code] += 1

    def end(self, status, items, body_bytes, sent_bytes):
        with self._changed:
            self._under_way -= 1
            self._statuses[str(status)] += 1
            self._totals["items"] += items
            self._totals["body_bytes"] += body_bytes
            self._totals["sent_bytes"] += sent_bytes
            self._totals["answered"] += 1
            self._changed.notify_all()

    def stall(self, difference):
        with self._changed:
            self._stalled += difference
            self._changed.notify_all()

    def _figures(self):
        return {
            **{name: self._totals[name] for name in (
                "requests", "answered", "connections", "items", "get_items", "body_bytes", "sent_bytes", *_APART)},
            "under_way": self._under_way,
            "most_under_way": self._most_under_way,
            "stalled": self._stalled,
        }

    def snapshot(self):
        with self._changed:
            return {
                **self._figures(),
                "operations": dict(self._operations),
                "statuses": dict(self._statuses),
                "codes": dict(self._codes),
                "rooms": {mailbox: dict(counts) for mailbox, counts in self._rooms.items()},
                "items_asked": dict(self._items_asked),
                "windows": {mailbox: list(windows) for mailbox, windows in self._windows.items()},
            }

    def wait(self, at_least, timeout):
        """Waits until the figures named in `at_least` have grown to that; whether they did in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: all(self._figures()[name] >= value for name, value in at_least.items()), timeout)

    def names(self):
        with self._changed:
            return tuple(self._figures())
