# SPDX-License-Identifier: MIT
"""One request on its way through the stand-in, and the world it meets there."""
import dataclasses
import threading

from messages import Refusal, failure


@dataclasses.dataclass
class Settings:
    """The switches of the stand-in.  Each is an option of the command and a key of POST /sim/settings."""

    latency_ms: float = 0
    gzip: bool = True
    bom: bool = False
    chunked: bool = False
    organizer_address: bool = True
    shared_budget: bool = False
    folders_max: int = 16           # how many mailboxes one request may name
    folders_left_out: bool = False  # what is more than that is left out of the reply, and not refused
    change_marks: bool = True       # 0x670A and 0x670B are answered
    server_date_skew_s: int = 0     # of the Date header
    auth: str = "basic"             # the ways to log in that are offered, with commas between: auth.SCHEMES
    extended_protection: str = "none"    # auth.PROTECTION
    kerberos_each_request: bool = False  # Kerberos logs in a request and not its connection
    impersonation: str = "allowed"  # impersonation.CHOICES
    expires_in_s: int = 3600        # how long tokens live
    ews_blocked: bool = False       # by the tenant: whoever logged in is sent away
    close_after: int = 0            # connections end after so many answers of EWS; 0: never
    close_silently: bool = False    # and without saying so before


@dataclasses.dataclass
class World:
    rooms: object
    make_room: object     # (number, name, mailbox, fill, access, lists) -> store.Room
    clock: object
    server: object        # soap.Server
    settings: Settings
    counters: object
    faults: object
    guard: object         # auth.Guard
    budget: "Budget"


class Budget:
    """The items of FindItem that are under way for the account, over all its requests."""

    def __init__(self):
        self._lock = threading.Lock()
        self._under_way = 0

    def add(self, count):
        with self._lock:
            self._under_way += count

    @property
    def under_way(self):
        with self._lock:
            return self._under_way


class Call:
    """A request, what is asked to go wrong with it, and what it has cost so far."""

    def __init__(self, request, world, refusals):
        self.request = request
        self.world = world
        self.counters = world.counters
        self.items = 0
        self._found = 0
        self._refusals = refusals  # faults on request that are response codes
        self._checked = 0

    def check_room(self, room, item=None):
        """Raises what somebody asked to be answered for this room, or (GetItem) for the item of that id."""
        self._checked += 1
        for fault in self._refusals:
            items = fault.options["items"]
            if fault.room in (None, room) and self._checked > fault.options["after"] and (not items or item in items):
                raise Refusal(fault.options["code"], fault.options["text"], fault.options["values"])

    def refused(self, refusal):
        self.counters.code(refusal.code)
        return failure(self.request.operation, refusal)

    def find_budget(self, limit):
        """How many items FindItem may still find: the limit is shared by the folders of a request, and (when the setting
        says so) by all requests under way."""
        under_way = self.world.budget.under_way if self.world.settings.shared_budget else self._found
        return max(0, limit - under_way)

    def spend(self, count):
        self.items += count
        self._found += count
        self.world.budget.add(count)

    def finish(self):
        self.world.budget.add(-self._found)
        self._found = 0
