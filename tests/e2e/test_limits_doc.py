# SPDX-License-Identifier: MIT
"""docs/limits.md has every limit of the headers, with its value."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEFINE = re.compile(r"^#define (\w+)[ \t]+(.+?)\s*(?:/\*.*)?$", re.M)
LIMIT = re.compile(r"[A-Z0-9_]+_MAX(_S)?")
UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def defines():
    headers = [*(ROOT / "src").rglob("*.h"), *(ROOT / "fcgi").glob("*.h")]
    return dict(DEFINE.findall("\n".join(header.read_text() for header in sorted(headers))))


def value(name, known):
    """What a constant comes to: numbers, other constants, + * << and parentheses."""
    text = re.sub(r"U?INT64_C|\((?:size_t|u?int64_t)\)", "", known[name])
    text = re.sub(r"\b(\d+)[uUlL]+\b", r"\1", text)
    text = re.sub(r"\b[A-Z]\w+\b", lambda other: str(value(other[0], known)), text)
    assert re.fullmatch(r"[\d\s()+*<]+", text), f"{name}: this test cannot read {known[name]}"
    return eval(text)  # pylint: disable=eval-used # digits and operators only


def rows():
    """(constants, how much) of each row that names constants."""
    for line in (ROOT / "docs/limits.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 4 and "`" in cells[3]:
            yield cells[3].rstrip(" |"), cells[1]


def said(how_much, by):
    number, unit = re.match(r"(\d+)(?: (\w+))?", how_much).groups()
    return int(number) * UNITS.get(unit, 1) + (1 if by.endswith("less 1") else 0)


@pytest.mark.parametrize("by, how_much", rows())
def test_a_limit_is_what_the_page_says(by, how_much):
    known = defines()
    for name in re.findall(r"`(\w+)`", by):
        assert value(name, known) == said(how_much, by), name


def test_no_limit_is_missing_from_the_page():
    page = (ROOT / "docs/limits.md").read_text()
    missing = [name for name in defines() if LIMIT.fullmatch(name) and f"`{name}`" not in page]
    assert not missing, f"docs/limits.md should say what happens beyond them: {missing}"
