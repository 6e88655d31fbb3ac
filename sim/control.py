# SPDX-License-Identifier: MIT
"""The control interface under /sim/: JSON in, JSON out.  One row per method and path.

It is neither counted nor delayed nor spoilt, and needs no credentials: it listens on loopback only.
"""
import dataclasses
import json
import typing
import urllib.parse

import auth
import fields
import ids
import impersonation
import recurrence
from faults import KINDS
from reply import Reply
from store import Entry, expand
from xmltext import parse_timestamp, timestamp

_JSON = "application/json; charset=utf-8"


class Wrong(Exception):
    """The control request makes no sense; the text says why."""


class Query(typing.NamedTuple):
    server: object
    world: object
    parts: list        # of the path behind /sim/
    parameters: dict
    data: dict


def answer(server, method, url, body):
    path, _, query = url.partition("?")
    parts = [urllib.parse.unquote(part) for part in path.split("/")[2:]]
    try:
        data = json.loads(body) if body else {}
        if not isinstance(data, dict):
            raise Wrong("the body must be a JSON object")
        row = ROUTES.get((method, _pattern(parts)))
        if row is None:
            raise Wrong(f"no such control request; there are: {', '.join(' /sim/'.join(key) for key in ROUTES)}")
        return row(Query(server, server.world, parts, dict(urllib.parse.parse_qsl(query)), data))
    except (Wrong, ValueError, KeyError, TypeError) as error:
        return _json({"error": f"missing {error}" if isinstance(error, KeyError) else str(error)}, 400)


def _pattern(parts):
    """rooms/R001/items -> rooms/*/items"""
    return "/".join("*" if index == 1 else part for index, part in enumerate(parts))


def _json(data, status=200):
    return Reply(status, json.dumps(data, default=fields.to_json).encode() + b"\n", _JSON)


def _done(**more):
    return _json({"done": True, **more})


# Looking

def env_lines(world, url, tls_ca=None):
    """The lines of a roomcal .env for this stand-in."""
    rooms = world.rooms.all
    credentials = world.guard.credentials
    lines = {
        "ROOMS": ",".join(room.name for room in rooms),
        "ROOM_EMAILS": ",".join(room.mailbox for room in rooms),
        "USERNAME": credentials.user,
        "PASSWORD": credentials.password,
        "EXCHANGE_SERVER": f"{url}/EWS/Exchange.asmx",
    }
    if tls_ca:
        lines["CA_FILE"] = tls_ca
    if world.settings.auth == "bearer":
        lines.update(_bearer_lines(world.guard.tokens.application, url))
    # Single quotes: python-dotenv takes what is between them as it is (a DOMAIN\name), but for \\ and \'.
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in lines.items()}
    return "".join(f"{name}='{value}'\n" for name, value in quoted.items())


def _bearer_lines(application, url):
    """How roomcal becomes that application, with its secret."""
    return {
        "AUTH": "bearer",
        "OAUTH_TENANT": application.tenant,
        "OAUTH_CLIENT_ID": application.client_id,
        "OAUTH_CLIENT_SECRET": application.secret,
        "OAUTH_TOKEN_URL": f"{url}/{application.tenant}/oauth2/v2.0/token",
    }


def _env(query):
    return Reply(200, env_lines(query.world, query.server.url, query.server.tls_ca).encode(), "text/plain; charset=utf-8")


def _counters(query):
    return _json(query.world.counters.snapshot())


def _requests(query):
    return _json(query.world.counters.requests())


def _wait(query):
    """GET /sim/wait?requests=3&timeout_s=10"""
    timeout = float(query.parameters.pop("timeout_s", "10"))
    names = query.world.counters.names()
    unknown = set(query.parameters) - set(names)
    if unknown or not query.parameters:
        raise Wrong(f"wait for one or more of {', '.join(names)}, as ?name=at_least")
    at_least = {name: int(value) for name, value in query.parameters.items()}
    return _json({"reached": query.world.counters.wait(at_least, timeout)})


def _rooms(query):
    return _json([{"name": room.name, "mailbox": room.mailbox, "access": room.access, "lists": room.lists,
                   "commit_time": timestamp(room.commit_time), "deleted_count": room.deleted_count}
                  for room in query.world.rooms.all])


def _room(query, name):
    room = query.world.rooms.find(name)
    if room is None:
        raise Wrong(f"there is no room {name!r}")
    return room


def _room_items(query):
    """What the store holds, expanded here and now: neither the views nor the XML of the EWS side have a part in it."""
    room = _room(query, query.parts[1])
    start, end = (parse_timestamp(query.parameters[name]) for name in ("start", "end"))
    return _json([describe(occurrence) for entry in room.entries.values() for occurrence in expand(room, entry)
                  if not occurrence.end < start and not occurrence.start >= end])


def describe(occurrence):
    """One meeting as JSON: its stored fields, and what is worked out from them."""
    stored = {name: occurrence.get(name) for name in fields.DEFAULTS}
    return {"id": occurrence.id, "change_key": occurrence.change_key, "type": occurrence.kind, **stored,
            "uid": occurrence.uid, "start": timestamp(occurrence.start), "end": timestamp(occurrence.end),
            "recurrence_id": occurrence.planned and timestamp(occurrence.planned)}


# Changing

def _items(query):
    """One of create, change, move, delete."""
    data = query.data
    room = _room(query, data["room"])
    verbs = [verb for verb in _VERBS if verb in data]
    if len(verbs) != 1:
        raise Wrong(f"say exactly one of {', '.join(_VERBS)}")
    occurrence = _VERBS[verbs[0]](query, room, data)
    return _done(item=occurrence and describe(occurrence))


def entry_from_json(data):
    """A stored item from JSON or TOML: fields, start, end, and perhaps recurrence."""
    data = dict(data)
    start, end = fields.moment(data.pop("start")), fields.moment(data.pop("end"))
    pattern = data.pop("recurrence", None)
    return Entry(fields.from_json(data), start, end, pattern and recurrence.from_json(pattern))


def _create(_query, room, data):
    entry = room.create(entry_from_json(data["create"]))
    return next(expand(room, entry), None)


def _target(room, data):
    """(entry, planned start or None): the meeting the id names, or with whole_series the series it belongs to."""
    parts = ids.read_item_id(data["id"])
    occurrence = parts and room.find(parts[1], parts[2])
    if not occurrence:
        raise Wrong("there is no such item in this room")
    return occurrence.entry, None if data.get("whole_series") else occurrence.planned


def _change(_query, room, data, verb="change"):
    entry, planned = _target(room, data)
    changes = dict(data[verb])
    moved = {name: fields.moment(changes.pop(name)) for name in ("start", "end") if name in changes}
    room.change(entry, planned, {**fields.from_json(changes), **moved})
    return room.find(entry.number, planned)


def _move(query, room, data):
    return _change(query, room, data, "move")


def _delete(_query, room, data):
    room.delete(*_target(room, data))


def _put_room(query):
    """{"name": N, "mailbox": M, "lists": [L, …], "items": […]}: a new room, or another name and other lists for a known mailbox."""
    data, world = query.data, query.world
    name, mailbox, lists = data["name"], data["mailbox"], data.get("lists", ())
    known = world.rooms.find(mailbox)
    if known and "items" in data:
        raise Wrong("the room is there: its items are changed by /sim/rooms/NAME/items")
    if known:
        world.rooms.describe(known, name, data.get("lists", known.lists))
        return _done()
    made = [entry_from_json(item) for item in data.get("items", ())]  # mistakes now, not when somebody asks
    world.rooms.add(lambda number: world.make_room(number, name, mailbox, lambda: made, lists=lists))
    return _done()


def _remove_room(query):
    query.world.rooms.remove(_room(query, query.parts[1]))
    return _done()


def _replace_items(query):
    """POST /sim/rooms/R001/items {"items": [{fields, start, end}, …]}: all at once, so that no reader sees a mixture."""
    _room(query, query.parts[1]).replace([entry_from_json(item) for item in query.data["items"]])
    return _done()


_VERBS = {"create": _create, "change": _change, "move": _move, "delete": _delete}


def _access(query):
    """POST /sim/rooms/R001/access {"access": "none"}: the right on the room's calendar is withdrawn, or given back."""
    if query.data["access"] not in ("none", "reviewer"):
        raise Wrong("access is 'none' or 'reviewer'")
    _room(query, query.parts[1]).access = query.data["access"]
    return _done()


def _settings(query):
    settings = query.world.settings
    _check_settings(settings, query.data)
    query.world.guard.prepare(query.data.get("auth"), query.data.get("extended_protection"))
    for name, value in query.data.items():
        setattr(settings, name, value)
    return _json(dataclasses.asdict(settings))


_CHOICES = {"extended_protection": auth.PROTECTION, "impersonation": impersonation.CHOICES}


def _check_settings(settings, data):
    known = {field.name: field.type for field in dataclasses.fields(settings)}
    for name, value in data.items():
        if name not in known or not isinstance(value, str if known[name] is str else (bool, int, float)):
            raise Wrong(f"settings are {', '.join(known)}: numbers, true or false, and words")
        if value not in _CHOICES.get(name, (value,)):
            raise Wrong(f"{name} is one of {', '.join(_CHOICES[name])}")


def _forget_logins(query):
    query.world.guard.forget()
    return _done()


def _clock(query):
    """{"now": T}, {"advance_s": N} or {"run": true}."""
    clock, data = query.world.clock, query.data
    if "now" in data:
        clock.freeze(parse_timestamp(data["now"]))
    elif "advance_s" in data:
        clock.advance(data["advance_s"])
    elif data.get("run"):
        clock.run()
    return _json({"now": timestamp(clock.now())})


def _show_faults(query):
    kinds = {name: {"help": kind.help, "options": kind.options} for name, kind in KINDS.items()}
    return _json({"active": query.world.faults.describe(), "kinds": kinds})


def _add_fault(query):
    return _done(**query.world.faults.add(query.data, query.world.rooms).describe())


def _clear_faults(query):
    query.world.faults.clear()
    return _done()


def _release(query):
    query.world.faults.gate.open()
    return _done()


def _reset_counters(query):
    query.world.counters.reset()
    return _done()


ROUTES = {
    ("GET", "env"): _env,
    ("GET", "counters"): _counters,
    ("GET", "requests"): _requests,
    ("GET", "wait"): _wait,
    ("GET", "rooms"): _rooms,
    ("GET", "rooms/*/items"): _room_items,
    ("GET", "faults"): _show_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "release"): _release,
    ("POST", "items"): _items,
    ("POST", "rooms"): _put_room,
    ("DELETE", "rooms/*"): _remove_room,
    ("POST", "rooms/*/access"): _access,
    ("POST", "rooms/*/items"): _replace_items,
    ("POST", "settings"): _settings,
    ("POST", "forget-logins"): _forget_logins,
    ("POST", "clock"): _clock,
    ("POST", "reset-counters"): _reset_counters,
}
