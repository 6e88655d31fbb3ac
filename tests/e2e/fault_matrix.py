# SPDX-License-Identifier: MIT
"""What the fault matrix (test_fault_matrix_*.py) is made of: stacks whose rooms fall due every second, the rows of the fault
table, and how a room in trouble has to look from outside.

Rows mostly wait, so the scenarios of a file run beside each other (`at_once`), each on a stack of its own; a test then takes
the result of its row.
"""
import contextlib
import datetime
import subprocess
from concurrent.futures import ThreadPoolExecutor

from stack import BUILD, Stack, plain_environment, until

TODAY = datetime.date.today()
WINDOW = f"{TODAY - datetime.timedelta(days=20)}..{TODAY + datetime.timedelta(days=20)}"
# A room falls due every second, a hopeless one too; and its window is one request.
SETTINGS = {"CACHE_TTL": 1, "FULL_REFRESH": 1, "WINDOW_START": "-30d", "WINDOW_DAYS": 30, "ITEM_FIELDS": "subject,start,end,id",
            "LOG_LEVEL": "info"}
AT_ONCE = 8  # scenarios
DEADLINE_S = 300  # attacks cost seconds, a sanitizer multiplies them, and they are many
SICK = "R002"  # of three


def table():
    """The rows of the fault table: code → {scope, action, message}, as docs/faults.md calls them."""
    lines = subprocess.run([BUILD / "tests/unit/ews/fault-dump"], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines]
    return {code.strip("`"): {"scope": scope, "action": action, "message": message} for _, code, scope, action, message in rows}


@contextlib.contextmanager
def at_once(request, scenario):
    """Runs scenario(row) for each row of the tests that were chosen, some at a time: row → its future."""
    rows = {item.callspec.id: item.callspec.params["row"] for item in request.session.items
            if item.fspath == request.node.fspath and request.fixturename in item.fixturenames}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(scenario, row) for name, row in rows.items()}
        pool.shutdown(cancel_futures=True)


class Matrix:
    """A stack of `rooms` rooms, all of which were fetched, and what they showed then."""

    def __init__(self, rooms=3, **settings):
        self._stack = Stack(sim_options=("--rooms", rooms, "--items", 8, "--window", WINDOW, "--xml-clean"), with_nginx=False,
                            env={"AUTH": "basic", **SETTINGS, **settings})

    def __enter__(self):
        self.stack = self._stack.__enter__()
        self.sim = self.stack.sim
        try:
            self.stack.wait_fresh()
            self.good = self.shown()
            assert all(room["items"] for room in self.good.values())
        except BaseException:
            self._stack.__exit__()
            raise
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    # ---- what visitors see ----

    def ask(self, path):
        reply, complete = self.stack.ask(path)
        assert complete and reply.status == 200, f"{path}: {reply.status} {reply.body[:300]}"
        return reply.json()

    def shown(self):
        """/api/calendar by room."""
        return {room["room"]: room for room in self.ask("/api/calendar")}

    def health(self):
        """/api/health by room, whatever its status is."""
        return {room["room"]: room for room in self.stack.ask("/api/health")[0].json()["rooms"]}

    def codes(self):
        """What each room that fails says of itself: room → code."""
        return {name: room["error"]["code"] for name, room in self.health().items() if "error" in room}

    # ---- what is waited for ----

    def until(self, condition, what):
        try:
            return until(condition, what, DEADLINE_S)
        except Exception as error:
            raise AssertionError(f"{error}; failing: {self.codes()}; sim: {self.sim.counters()['codes']}\n"
                                 f"{self.stack.log()[-3000:]}") from None

    def until_stale(self, sick):
        """Until exactly these rooms fail, each with its code: room → code."""
        self.until(lambda: {name: room["error"]["code"] for name, room in self.health().items() if room["state"] == "stale"} == sick,
                   f"these are stale: {sick}")

    def until_say(self, sick):
        """Until each of these rooms is stale and says so: room → code."""
        def said():
            return {name: room["error"]["code"] for name, room in self.health().items() if room["state"] == "stale" and name in sick}

        self.until(lambda: said() == sick, f"these say why: {sick}")

    def until_all_stale(self, rooms):
        """Until these rooms are stale, whatever they say."""
        self.until(lambda: all(self.health()[name]["state"] == "stale" for name in rooms), f"{rooms} are stale")

    def until_fetched(self, rooms):
        """Until each of these rooms was asked for once more."""
        def asked():
            counted = self.sim.counters()["rooms"]
            return [counted[f"{room.lower()}@example.org"]["FindItem"] for room in rooms]

        before = asked()
        self.until(lambda: all(now > then for now, then in zip(asked(), before)), f"{rooms} are fetched")

    def until_well(self):
        """Until no room fails and all show again what they did."""
        self.until(lambda: not self.codes() and self.shown() == self.good, "all rooms are well again")

    # ---- how it has to look ----

    def assert_stale(self, sick):
        """The sick rooms (room → code) show their last good items and since when, and say why; the others are as they were."""
        words, shown, health = table(), self.shown(), self.health()
        for name, good in self.good.items():
            assert shown[name]["items"] == good["items"], name
            assert ("stale_since" in shown[name]) == (name in sick), name
            assert ("error" in health[name]) == (name in sick), name
        for name, code in sick.items():
            assert health[name]["error"] == {"code": code, "message": words[code]["message"]}
            assert health[name]["failures"] > 0 and health[name]["retry_at"]

    def lost(self, sick):
        """What /api/calendar has of these rooms (room → code) where their last good items may not be shown any more."""
        self.stack.write_env(STALE_MAX=0, COLD_WAIT=0)
        self.stack.hup()

        def calendar():
            rooms = self.calendar_or_nothing()
            return all(rooms.get(name, {}).get("error", {}).get("code") == code for name, code in sick.items()) and rooms

        lost = self.until(calendar, f"these are lost: {sick}")
        self.stack.write_env(STALE_MAX=86400)
        self.stack.hup()
        return lost

    def assert_held(self, code):
        """All rooms wait for the same reason, and visitors change nothing about that."""
        sick = dict.fromkeys(self.good, code)
        self.until_stale(sick)
        asked = self.sim.counters()["requests"]
        self.assert_stale(sick)
        assert self.sim.counters()["requests"] == asked

    def calendar_or_nothing(self):
        reply, _ = self.stack.ask("/api/calendar")
        return {room["room"]: room for room in reply.json()} if reply.status == 200 else {}

    # ---- what an operator does ----

    def refresh(self):
        """`roomcal refresh`: nothing is waited for any longer."""
        subprocess.run([BUILD / "cli/roomcal", "refresh"], env=plain_environment(ROOMCAL_ENV=self.stack.env_file), check=True,
                       stdout=subprocess.DEVNULL)
