# SPDX-License-Identifier: MIT
"""The command: options, the world they describe, and the server in it.

Prints one line when it listens: "ready http://127.0.0.1:PORT/EWS/Exchange.asmx".
"""
import argparse
import datetime
import os
import signal
import sys

import certificate
import control
import fields
import generate
import impersonation
import rooms_file
import scenario
import soap
from auth import PROTECTION, Credentials, Guard
from bearer import Application, Tokens
from call import Budget, Settings, World
from clock import Clock
from counters import Counters
from faults import Faults
from server import Server
from store import Room, Rooms
from xmltext import UTC

_DESCRIPTION = "A stand-in for Exchange Web Services, with rooms from a file or generated. See README.md beside it."
SCENARIOS = {"usual": generate.entries, "full": scenario.entries}


def _moment(text):
    try:
        return fields.moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date-time with Z or an offset") from None


def _count(text):
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of things")
    return int(text)


def _window(text):
    """2023-01-01..2027-12-31"""
    try:
        first, last = (datetime.date.fromisoformat(day) for day in text.split(".."))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no FIRST..LAST of two dates") from None
    start, end = (datetime.datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
    if end - start < datetime.timedelta(days=14):
        raise argparse.ArgumentTypeError("the window is too short: at least two weeks")
    return generate.Window(start, end + datetime.timedelta(days=1))


def parser():
    made = argparse.ArgumentParser(prog="sim", description=_DESCRIPTION, allow_abbrev=False)
    what = made.add_argument_group("rooms")
    what.add_argument("--rooms-file", metavar="FILE", help="rooms from a TOML or JSON file (see demo-rooms.toml)")
    what.add_argument("--rooms", type=_count, default=10, metavar="N", help="otherwise: so many generated rooms, R001… (default 10)")
    what.add_argument("--items", type=_count, default=200, metavar="M", help="meetings in each, as a client sees them (default 200)")
    what.add_argument("--seed", default="1", metavar="S", help="the same seed gives the same calendars (default 1)")
    what.add_argument("--window", type=_window, default=_window("2023-01-01..2027-12-31"), metavar="FIRST..LAST",
                      help="dates between which generated meetings lie (default 2023-01-01..2027-12-31)")
    what.add_argument("--scenario", choices=SCENARIOS, default="usual",
                      help="usual: what rooms are like (the default); full: everything that EWS can say, see scenario.py")
    what.add_argument("--xml-clean", action="store_true",
                      help="no characters that XML forbids: old libxml2 loses every later &amp; and &lt; of a reply with one")
    what.add_argument("--room-lists", type=_count, default=0, metavar="N",
                      help="generated rooms are in N room lists in turn: rooms@example.org, rooms-2@…, … (default 0)")
    what.add_argument("--no-right", default="", metavar="ROOM,…", help="rooms whose calendar the account may not see")
    where = made.add_argument_group("server")
    where.add_argument("--host", default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
    where.add_argument("--port", type=_count, default=8443, help="0 picks a free one (default 8443)")
    where.add_argument("--user", default="svc-rooms", help="the account, with or without a domain (default svc-rooms)")
    where.add_argument("--password", default="let-the-rooms-be-read", help="its password (default let-the-rooms-be-read)")
    where.add_argument("--tls", action="store_true", help="speak TLS, with a certificate made on the spot")
    where.add_argument("--tls-cert", metavar="FILE", help="speak TLS with this certificate (PEM)")
    where.add_argument("--tls-key", metavar="FILE", help="its key (PEM)")
    where.add_argument("--exchange", choices=soap.SERVERS, default="2016", help="the version it says it is (default 2016)")
    who = made.add_argument_group("logging in (the first five can be changed while it runs: POST /sim/settings)")
    who.add_argument("--auth", default="basic", metavar="WAY,…",
                     help="one or more of basic, ntlm, negotiate (Kerberos and NTLM), kerberos (without NTLM), bearer (default basic)")
    who.add_argument("--extended-protection", choices=PROTECTION, default="none",
                     help="channel bindings of NTLM and Negotiate are not looked at (none, the default), must not be wrong (allow),"
                          " must be right (require); with TLS only")
    who.add_argument("--kerberos-each-request", action="store_true", help="Kerberos logs in a request and not its connection")
    who.add_argument("--impersonation", choices=impersonation.CHOICES, default="allowed",
                     help="whether the account may impersonate rooms (allowed, the default; denied) or has to (required)")
    who.add_argument("--expires-in-s", type=_count, default=3600, metavar="S", help="how long tokens live (default 3600)")
    who.add_argument("--binding-certificate", metavar="FILE",
                     help="bindings are to this certificate (PEM) and not to our own: as behind a proxy with another one")
    who.add_argument("--keytab", metavar="FILE", help="the keys of Kerberos' service, HTTP/HOST")
    who.add_argument("--tenant", default="stand-in.example", help="of the token server (default stand-in.example)")
    who.add_argument("--client-id", default="11111111-2222-3333-4444-555555555555", help="of the one application it knows")
    who.add_argument("--client-secret", default="let-the-application-in", help="the application's secret (default let-the-application-in)")
    who.add_argument("--client-certificate", metavar="FILE", help="the application's certificate (PEM), for assertions")
    how = made.add_argument_group("behaviour (all can be changed while it runs: POST /sim/settings)")
    how.add_argument("--latency-ms", type=float, default=0, metavar="MS", help="wait so long before every reply")
    how.add_argument("--no-gzip", action="store_true", help="never compress")
    how.add_argument("--bom", action="store_true", help="a byte order mark before every reply")
    how.add_argument("--chunked", action="store_true", help="chunked replies instead of Content-Length")
    how.add_argument("--no-5d02", action="store_true", help="no organizer's address by property 0x5D02")
    how.add_argument("--shared-budget", action="store_true", help="the 1000-item limit counts all requests under way together")
    how.add_argument("--folders-max", type=_count, default=16, metavar="N",
                     help="mailboxes that one request may name; the others are refused (default 16)")
    how.add_argument("--folders-left-out", action="store_true", help="what is over --folders-max is left out of GetFolder's reply")
    how.add_argument("--no-change-marks", action="store_true", help="0x670A and 0x670B are not answered")
    how.add_argument("--server-date-skew-s", type=int, default=0, metavar="S", help="the Date header is wrong by so much")
    how.add_argument("--now", type=_moment, metavar="T", help="the clock stands still at this date-time")
    how.add_argument("--commit-step-ms", type=_count, default=1000, metavar="MS",
                     help="commit times of two changes are at least so far apart (default 1000; 0: as on a real server)")
    made.add_argument("--print-env", action="store_true", help="print the lines for roomcal's .env (needs a --port) and exit")
    return made


def room_maker(options, clock):
    """What makes a room, here and at run time."""
    step = datetime.timedelta(milliseconds=options.commit_step_ms)
    hidden = {name.strip().lower() for name in options.no_right.split(",")}

    def room(number, name, mailbox, fill, access="reviewer", lists=()):
        return Room(number, name, mailbox, clock, fill, "none" if name.lower() in hidden else access, lists, step)

    return room


def rooms_of(options, clock, room):
    """The rooms the options ask for; `room` makes one."""
    if options.rooms_file is None:
        return [room(n, generate.room_name(n), generate.mailbox(n),
                     lambda n=n: SCENARIOS[options.scenario](options.seed, n, options.items, options.window, options.xml_clean),
                     lists=[generate.room_list(n % options.room_lists)] if options.room_lists else ())
                for n in range(options.rooms)]
    described = rooms_file.load(options.rooms_file)
    now = clock.now()
    for one in described:
        rooms_file.entries(one, now)  # all mistakes before anybody asks
    return [room(n, one["name"], one["mailbox"], lambda one=one: rooms_file.entries(one, now), one.get("access", "reviewer"),
                 rooms_file.lists(one))
            for n, one in enumerate(described)]


def world_of(options):
    clock = Clock(options.now)
    counters = Counters()
    settings = Settings(latency_ms=options.latency_ms, gzip=not options.no_gzip, bom=options.bom, chunked=options.chunked,
                        organizer_address=not options.no_5d02, shared_budget=options.shared_budget, folders_max=options.folders_max,
                        folders_left_out=options.folders_left_out, change_marks=not options.no_change_marks,
                        server_date_skew_s=options.server_date_skew_s, auth=options.auth,
                        extended_protection=options.extended_protection, kerberos_each_request=options.kerberos_each_request,
                        impersonation=options.impersonation, expires_in_s=options.expires_in_s)
    make_room = room_maker(options, clock)
    return World(Rooms(rooms_of(options, clock, make_room)), make_room, clock, soap.SERVERS[options.exchange], settings, counters, Faults(counters),
                 guard_of(options, settings, clock, counters), Budget())


def guard_of(options, settings, clock, counters):
    application = Application(options.tenant, options.client_id, options.client_secret, options.client_certificate)
    return Guard(Credentials(options.user, options.password), settings, Tokens(application, settings, clock, counters),
                 options.keytab, options.binding_certificate)


def tls_of(options):
    """(server's TLS context or None, file of the certificate a client must trust, what to clean up at the end)"""
    if options.tls_cert:
        return certificate.context(options.tls_cert, options.tls_key), options.tls_cert, lambda: None
    if options.tls:
        holder, cert, key = certificate.make()
        return certificate.context(cert, key), cert, holder.cleanup
    return None, None, lambda: None


def main():
    options = parser().parse_args()
    try:
        world = world_of(options)
        if options.print_env:
            scheme = "https" if options.tls or options.tls_cert else "http"
            print(control.env_lines(world, f"{scheme}://{options.host}:{options.port}", options.tls_cert), end="")
            return 0
        tls, tls_ca, remove_certificate = tls_of(options)
        clean_ups = [remove_certificate, world.guard.close]
        world.guard.certificate = options.binding_certificate or tls_ca
        world.guard.prepare()
    except (rooms_file.BadFile, certificate.NoCertificate, OSError, ValueError) as error:
        print(f"sim: {error}", file=sys.stderr)
        return 1

    def clean_up():
        for one in clean_ups:
            one()

    def end(*_signal):
        """At once: connections and stalled requests are simply dropped."""
        clean_up()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        server = Server(options.host, options.port, world, tls, tls_ca)
    except (OSError, ValueError) as error:
        clean_up()
        print(f"sim: cannot listen on {options.host} port {options.port}: {error}", file=sys.stderr)
        return 1
    print(f"ready {server.url}/EWS/Exchange.asmx", flush=True)
    server.serve_forever()


sys.exit(main())
