# SPDX-License-Identifier: MIT
"""The heart of the promise: every attribute of exchangelib's CalendarItem, with exchangelib's value.

exchangelib and roomcal read the same stand-in, in its scenario that says everything EWS can say. reference.py has the one
table by which the values are compared, and the list of what exchangelib itself gets wrong.
"""
import re

import pytest

exchangelib = pytest.importorskip("exchangelib")

import reference  # noqa: E402
from sim import ROOT  # noqa: E402
from stack import SANITIZED, Stack  # noqa: E402

ROWS = re.findall(r'^(FIELD|PROPERTY)\("(\w+)",([^)]*)\)$', (ROOT / "src/calendar/field_table.h").read_text(), re.MULTILINE)
ALL = [name for _, name, _ in ROWS]
BY_FIND_ITEM = [name for kind, name, rest in ROWS if kind == "PROPERTY" or re.search(r",\s*FIND,", rest)]

# A seed gives other values, not other paths through roomcal: fewer will do for a sanitizer.
SEEDS = range(1, 51, 4 if SANITIZED else 1)
COUNT = 110  # enough for every oddity of the scenario
SETTINGS = {"PRIVATE_ITEMS": "show", "WINDOW_START": "2026-01-01"}
# libxml2 of before 2.12, on which exchangelib stands, drops every &amp;, &lt; and &gt; of a reply behind a character that XML
# forbids: every fifth seed has such characters, and what might be lost is compared by what is left.
WITH_FORBIDDEN = 5
FRAGILE = re.compile("[&<>\"\x00-\x1f\ufffd-\uffff\ud800-\udfff]")

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def options(seed):
    clean = () if seed % WITH_FORBIDDEN == 0 else ("--xml-clean",)
    return ("--rooms", 1, "--items", COUNT, "--scenario", "full", "--window", "2026-01-01..2026-12-31", "--seed", seed, *clean)


def solid(value):
    """A value without what gets lost behind a forbidden character."""
    if isinstance(value, str):
        return FRAGILE.sub("", value) or None  # which is how exchangelib has an empty text
    if isinstance(value, list):
        return [solid(one) for one in value]
    if isinstance(value, dict):
        return {key: solid(one) for key, one in value.items()}
    return value


def short(value):
    text = repr(value)
    return text if len(text) < 200 else f"{text[:150]}… ({len(text)} characters)"


def compare(stack, names, written=lambda value: value):
    """Every item and attribute; all differences at once."""
    (room,) = stack.sim.rooms()
    ours = {item["id"]: item for item in stack.run_cgi(f"/api/calendar/{room['name']}").json()}
    theirs = reference.read(stack.sim, room["mailbox"])
    stored = {item["id"]: item for item in stack.sim.items(room["name"])}
    assert ours.keys() == theirs.keys() == stored.keys() and len(ours) == COUNT
    wrong = []
    for key, item in theirs.items():
        assert list(ours[key]) == names
        for name in names:
            found, wanted = ours[key][name], reference.expected(name, item, stored[key])
            if written(found) != written(wanted):
                wrong.append(f"{name}: {short(found)} is not {short(wanted)} (of {short(item.subject)}, {item.id})")
    if wrong:
        pytest.fail(f"{len(wrong)} differences:\n" + "\n".join(sorted(wrong)[:40]), pytrace=False)


def test_the_table_has_every_attribute_of_exchangelib_and_of_roomcal():
    theirs = {field.name.removeprefix("_") for field in exchangelib.CalendarItem.FIELDS} - {"id"} | {"id", "changekey"}
    assert len(exchangelib.CalendarItem.FIELDS) == 79
    ours = {"title", "organizer_name", "organizer_email", *reference.OTHERS}
    assert set(ALL) == set(reference.ATTRIBUTES) | set(reference.OTHERS) == theirs | ours
    assert len(ALL) == len(set(ALL))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_attribute_is_what_exchangelib_reads(seed):
    env = {**SETTINGS, "ITEM_FIELDS": ",".join(ALL)}
    with Stack(sim_options=options(seed), env=env, with_nginx=False) as stack:
        compare(stack, ALL, solid if seed % WITH_FORBIDDEN == 0 else lambda value: value)


def test_behind_a_forbidden_character_no_text_is_lost():
    """Where exchangelib is no help: against the store."""
    env = {**SETTINGS, "ITEM_FIELDS": "id,subject,location"}
    with Stack(sim_options=options(WITH_FORBIDDEN), env=env, with_nginx=False) as stack:
        ours = {item["id"]: item for item in stack.run_cgi("/api/calendar/R001").json()}
        stored = {item["id"]: item for item in stack.sim.items("R001") if "Subject" not in item["without"]}
    assert any("&" in (item["subject"] or "") and FORBIDDEN.search(item["subject"]) for item in stored.values())
    for key, item in stored.items():
        assert ours[key]["subject"] == (FORBIDDEN.sub("\ufffd", item["subject"] or "") or None)
        assert ours[key]["location"] == FORBIDDEN.sub("\ufffd", item["location"] or "")


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_what_find_item_gives_is_whole_too(seed):
    """Texts that FindItem cuts and the organizer's address, when GetItem is not asked for everything anyway."""
    env = {**SETTINGS, "ITEM_FIELDS": ",".join(BY_FIND_ITEM)}
    with Stack(sim_options=options(seed), env=env, with_nginx=False) as stack:
        compare(stack, BY_FIND_ITEM, solid if seed % WITH_FORBIDDEN == 0 else lambda value: value)
        counters = stack.sim.counters()
        assert 0 < counters["get_items"]
