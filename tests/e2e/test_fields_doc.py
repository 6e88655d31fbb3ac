# SPDX-License-Identifier: MIT
"""docs/fields.md says what the code does.

The field table comes from the program field-dump of the build directory (ROOMCAL_BUILD, default: build); its list of
attributes is compared with exchangelib's own where that is installed.
"""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUMP = ROOT / os.environ.get("ROOMCAL_BUILD", "build") / "tests/unit/calendar/field-dump"
COMES_WITH = {"FIND": "FindItem", "GET": "GetItem", "PROPERTY": "FindItem, GetItem"}
NOT_EXCHANGELIB_S = {"title", "organizer_name", "organizer_email", "join_online_meeting_url", "enhanced_location"}


def columns_of_code():
    lines = subprocess.run([DUMP], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


def table_of_doc(section):
    """The cells of a section's first table, without its head and without backticks."""
    text = (ROOT / "docs/fields.md").read_text()
    body = text.split(f"\n## {section}\n", 1)[1]
    table = re.search(r"^\|.*\n\|(?:---\|)+\n((?:\|.*\n)+)", body, re.MULTILINE).group(1)
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in table.splitlines()]


def test_every_row_of_the_table_is_the_code_s():
    expected = [[name, uri if ":" in uri else f"extended property {uri}", kind.lower().replace("_", " "), COMES_WITH[source], since]
                for name, uri, kind, source, since in columns_of_code()]
    assert table_of_doc("The fields") == expected


def test_every_form_is_explained_once():
    explained = [row[0] for row in table_of_doc("The forms")]
    assert sorted(explained) == sorted({kind.lower().replace("_", " ") for _, _, kind, _, _ in columns_of_code()})


def test_every_attribute_of_exchangelib_is_there():
    exchangelib = pytest.importorskip("exchangelib")
    names = {field.name.lstrip("_") for field in exchangelib.CalendarItem.FIELDS}
    assert {name for name, *_ in columns_of_code()} - NOT_EXCHANGELIB_S - {"changekey"} == names
