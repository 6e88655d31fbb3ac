# SPDX-License-Identifier: MIT
"""docs/faults.md says what the fault table says, and every response code of Microsoft's schema has a place in it.

The table comes from the program fault-dump of the build directory (ROOMCAL_BUILD, default: build). The schema is not ours
to hand on: without it beside the checkout the tests that want it are skipped.
"""
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOC = ROOT / "docs/faults.md"
DUMP = ROOT / os.environ.get("ROOMCAL_BUILD", "build") / "tests/unit/ews/fault-dump"
SCHEMA = ROOT.parent / "shared/ews/messages.xsd"
XSD = "{http://www.w3.org/2001/XMLSchema}"


def rows():
    return subprocess.run([DUMP], capture_output=True, text=True, check=True).stdout.splitlines()


def section(title):
    body = DOC.read_text().split(f"\n## {title}\n", 1)[1]
    return body.split("\n## ", 1)[0]


def codes_in(text):
    """Exchange's codes among what stands in backticks."""
    return re.findall(r"`((?:Error[A-Z]|NoError)\w*)`", text)


def codes_of_schema():
    if not SCHEMA.exists():
        pytest.skip(f"Microsoft's schema is not at {SCHEMA}")
    types = {kind.get("name"): kind for kind in ElementTree.parse(SCHEMA).iter(f"{XSD}simpleType")}
    return [value.get("value") for value in types["ResponseCodeType"].iter(f"{XSD}enumeration")]


def test_every_row_of_the_table_is_the_code_s():
    assert [line for line in section("The table").splitlines() if re.match(r"\| \d", line)] == rows()


def test_every_action_is_explained_once():
    explained = re.findall(r"^\| ([a-z ]+?) \|", section("What is done, and when"), re.MULTILINE)
    done = {row.split(" | ")[3] for row in rows()}
    assert sorted(word for word in explained if word != "action") == sorted(done)


def test_no_code_of_the_schema_is_misspelled_or_missing():
    in_table = codes_in("\n".join(rows()))
    elsewhere = codes_in(section("Codes that are in no schema"))
    left = codes_in(section("Codes that are left to the default"))
    schema = codes_of_schema()
    assert set(in_table) - set(schema) == set(elsewhere), "not in the schema"
    assert sorted(left) == sorted(set(schema) - set(in_table)), "neither a row nor left to the default, or both, or twice"
