#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Starts a stand-in for Exchange, roomcal under spawn-fcgi and nginx with the shipped site file, asks for the calendars and shows
them. Everything is on loopback and in a temporary directory, and ends with Ctrl-C."""
import argparse
import datetime
import pathlib
import signal
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from sim import SimError  # noqa: E402
from stack import Stack, StackError  # noqa: E402

ITEMS_SHOWN = 3


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="ask, show and end")
    parser.add_argument("--port", type=port_number, default=8080, help="where nginx listens (8080)")
    return parser.parse_args()


def port_number(text):
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; take one from 1024 to 65535")
    return int(text)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def moment(text):
    """A date-time, or an all-day item's date, as UTC."""
    value = datetime.datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)


def is_over(item, now):
    all_day = datetime.timedelta(days=1) if "T" not in item["end"] else datetime.timedelta()  # its last day is inclusive
    return moment(item["end"]) + all_day <= now


def when(item):
    start, end = moment(item["start"]), moment(item["end"])
    if "T" not in item["start"]:
        return f"{start:%a %d %b} all day" if start == end else f"{start:%a %d %b} to {end:%a %d %b}"
    last_day = f"{end:%a %d %b} " if (end - start).days > 0 else ""
    return f"{start:%a %d %b  %H:%M}–{last_day}{end:%H:%M}"


def show_room(room, now):
    items = room["items"]
    print(f"\n  {room['room']} · {len(items)} items" + (f" · {room['error']['message']}" if "error" in room else ""))
    coming = [item for item in items if not is_over(item, now)]
    for item in coming[:ITEMS_SHOWN]:
        print(f"    {when(item):<24} {item['title'] or '(no title)'} · {item['organizer_name'] or '(nobody)'}")


def ask(stack):
    begun = time.monotonic()
    reply = stack.get("/api/calendar")
    took_ms = (time.monotonic() - begun) * 1000
    if reply.status != 200:
        raise StackError(f"the answer was {reply.status}: {reply.body.decode()}\n{stack.log()}")
    return reply.json(), took_ms, len(reply.body)


def show(stack):
    rooms, first_ms, size = ask(stack)
    _, again_ms, _ = ask(stack)
    print(f"{stack.url}/api/calendar\n  {len(rooms)} rooms, {size} bytes; the first answer took {first_ms:.1f} ms, the next {again_ms:.1f} ms."
          "\n  From now on (UTC):")
    now = datetime.datetime.now(datetime.timezone.utc)
    for room in rooms:
        show_room(room, now)
    name = rooms[0]["room"]
    print(f"""
  all rooms      {stack.url}/api/calendar
  one room       {stack.url}/api/calendar/{name}
  one day        {stack.url}/api/calendar?from={now:%Y-%m-%d}&to={now + datetime.timedelta(days=1):%Y-%m-%d}
  how it is      {stack.url}/api/health
  the Exchange   {stack.sim.base}  (sim/README.md: break it and see)
  roomcal's log  {stack.log_file}
""", flush=True)


def run(arguments):
    with Stack(sim_options=("--rooms-file", ROOT / "sim/demo-rooms.toml"), port=arguments.port, env={"LOG_LEVEL": "info"}) as stack:
        show(stack)
        if not arguments.once:
            print("It stays until Ctrl-C.", flush=True)
            signal.pause()


def main():
    arguments = parse_arguments()
    if not is_free(arguments.port):
        sys.exit(f"demo: port {arguments.port} is in use here; choose another: scripts/demo --port {arguments.port + 1}")
    for number in (signal.SIGINT, signal.SIGTERM):  # everything that was started ends too
        signal.signal(number, signal.default_int_handler)
    try:
        run(arguments)
    except KeyboardInterrupt:
        print()
    except (StackError, SimError) as error:
        sys.exit(f"demo: {error}")


main()
