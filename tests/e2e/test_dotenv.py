# SPDX-License-Identifier: MIT
"""Our .env parser against the real python-dotenv: what it makes of a file, ours makes too.

Run with Debian's interpreter: /usr/bin/python3 -m pytest tests/e2e/test_dotenv.py
Our side is the program dotenv-dump of the build directory (ROOMCAL_BUILD, default: build).

Where we differ on purpose, python-dotenv (0.21, and 1.x alike) does what no administrator can want:

- a byte order mark, which Windows editors write, becomes part of the first name there; we skip it;
- an entry with a NUL cannot be put into an environment there (ValueError); ours is a bad line;
- a file that is not UTF-8 raises there; our parser goes on, and config_load names the line;
- text that expands without end (A=${A}${A} a few dozen times) eats all memory there; ours stops.

Everything else has to be equal, the number of lines that are no entry included.
"""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

dotenv = pytest.importorskip("dotenv", reason="python3-dotenv is not installed")
from dotenv.parser import parse_stream  # noqa: E402

from waiting import DEADLINE_S  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("ROOMCAL_BUILD", "build")
DUMP = BUILD / "tests/unit/config/dotenv-dump"

pytestmark = pytest.mark.skipif(
    not DUMP.exists(),
    reason=f"{DUMP} is not built: meson setup build && ninja -C build, or set ROOMCAL_BUILD",
)

# What ${NAME} finds outside of the file, for both sides.
OUTSIDE = {"OUTSIDE": "from outside", "HOLLOW": "", "A_B": "under_score"}

# Awkward files; the name says what is awkward.
CORPUS = {
    "empty file": "",
    "only blanks": " \t \n\n  ",
    "only a newline": "\n",
    "plain": "A=1\nB=two words\n",
    "no newline at the end": "A=1\nB=2",
    "blanks round the sign": "A = 1\n  B\t=\t2\n",
    "blanks behind the value": "A=1   \nB=2\t\n",
    "the old service's file": "ROOMS=ROOM1,ROOM2,... # split by comma\nUSERNAME=username\n",
    # comments
    "comment line": "# A=1\n  # B=2\nC=3\n",
    "comment behind a blank": "A=1 # one\nB=2\t# two\nC=3  #\n",
    "hash without a blank": "A=1#one\nB=#2\nC=a#b #c\n",
    "hash right behind sign and blank": "A= #1\nB=\t# 2\n",
    "comment behind quotes": "A='1' # one\nB=\"2\"# two\nC='3'#three\n",
    "comment behind a bare name": "A # one\nB#two\nC#=3\n",
    "hash in quotes": "A='1 # one'\nB=\"2 # two\"\n",
    "comment behind a wide blank": "A=1\u00a0# one\nB=2\u2003#two\n",
    "several hashes": "A=1 ## one # two\nB=## x\n",
    # quotes
    "single quotes": "A='one two'\nB=''\nC=' x '\n",
    "double quotes": 'A="one two"\nB=""\nC=" x "\n',
    "quotes inside a word": "A=it's\nB=say \"hi\"\nC=x'y'\n",
    "one quote in the other": "A='\"'\nB=\"'\"\n",
    "unterminated single": "A='one\nB=2\n",
    "unterminated double": 'A="one\nB=2\n',
    "unterminated, closed by a later one": "A='one\nB='2'\nC=3\n",
    "unterminated at the end": "A=1\nB='",
    "text behind a closing quote": "A='1' x\nB=\"2\"y\nC=3\n",
    "two quoted words": "A='1''2'\nB='1' '2'\n",
    "over several lines": "A='one\ntwo\n\nthree'\nB=\"x\ny\"\nC=3\n",
    "bad line, then junk of several lines": "A='one\ntwo' x\nB=2\n",
    "comment inside a long value": "A='one # no comment\n# nor this'\nB=2\n",
    # escapes
    "escapes in double quotes": r'A="\\ \' \" \a \b \f \n \r \t \v"' + "\n",
    "escapes in single quotes": r"A='\\ \' \" \a \b \n \t'" + "\n",
    "no escapes without quotes": r"A=\\ \' \" \n \t" + "\n",
    "unknown escapes": r'A="\x41 \u0041 \0 \e \z \101 \$"' + "\n",
    "a Windows account": 'A=CORP\\rooms\nB="CORP\\rooms"\nC=\'CORP\\rooms\'\n',
    "escaped quotes": "A='it\\'s'\nB=\"say \\\"hi\\\"\"\n",
    "backslash before the closing quote": "A='one\\'\nB=2\n",
    "two backslashes before the closing quote": "A='one\\\\'\nB=2\nC='3'\n",
    "stepping back to the last escaped quote": "A=\"x\\\" y\\\" z\nB=2\n",
    "stepping back, then junk": "A='x\\' y\\' z\nB=2\n",
    "only an escaped quote": "A='\\'\nB=\"\\\"\n",
    "trailing backslash": "A=one\\\nB=2\\",
    "backslash n twice": 'A="\\\\n \\\\\\n"\n',
    # line ends
    "CRLF": "A=1\r\nB='2'\r\n# c\r\nC=\"3\"\r\n",
    "lone CR": "A=1\rB=2\rC='3'\r",
    "mixed line ends": "A=1\r\n\rB=2\n\r\nC=3\r\r\nD",
    "CRLF inside quotes": "A='one\r\ntwo\rthree'\nB=2\n",
    "vertical tab and form feed": "A=1\x0bB=2\x0cC=3\nD=\x0b4\x0c\n\x0cE=5\n",
    "Unicode's line ends are none": "A=1\u2028B=2\u2029C=3\x85D=4\n",
    "file separators": "A\x1c=\x1d1\x1e\nB=2\x1f#c\n",
    # names
    "export": "export A=1\nexport\tB=2\nexport  C = '3'\n",
    "export is a name": "export=1\nexport =2\nexport\n",
    "export of nothing": "export \nexport # c\nexport =x\nA=1\n",
    "export twice": "export export A=1\nexport export=2\n",
    "exported word": "exportA=1\nexport 'B'=2\n",
    "export over a line end": "export\nA=1\n",
    "export before a wide blank": "export\u00a0A=1\n",
    "bare names": "A\nB\nC=1\n",
    "bare name with blanks": "A  \n  B\t\n",
    "no name": "=1\n = 2\nA=3\n",
    "blank in a name": "A B=1\nC=2\n",
    "colon": "A: 1\nB:2\nC:=3\nD : 4\n",
    "quoted names": "'A'=1\n'B C'=2\n'D' = '3'\n'E#F'=4\n",
    "quoted name without value": "'A'\n'B' # c\n",
    "empty quoted name": "''=1\nA=2\n",
    "unterminated quoted name": "'A=1\nB=2\n",
    "quoted name over lines": "'A\nB'=1\nC=2\n",
    "double quotes in a name": '"A"=1\nB"C=2\n',
    "unicode names": "RÄUME=1\n部屋=2\n🚪=3\n",
    "digits, dots, dashes": "1=a\nB.C=b\nD-E=c\n$F=d\n{G}=e\n",
    "a name twice": "A=1\nA=2\nB=${A}\nA=3\n",
    "a name twice, then bare": "A=1\nA\nB=x${A}y\n",
    # values
    "empty values": "A=\nB= \nC=''\nD=\"\"\nE=\t\n",
    "signs in a value": "A=b=c\nB==\nC= =x\n",
    "unicode values": "A=Ärger\nB='日本'\nC=\"🚪\"\n",
    "unicode blanks at the ends": "A=\u3000x y\u2003\nB=\u00a0\n\u2007C=1\n",
    "zero width is no blank": "A=\u200bx\u200b\nB=\ufeff1\n",
    "a very long value": "A=" + "x" * 300_000 + "\nB='" + "y\n" * 100_000 + "'\nC=3\n",
    "control characters": "A=\x01\x02\x7f\nB='\x1b'\n",
    "YAML and INI": "[section]\nA: 1\n---\nB=2\n; c\n",
    "a shell script": "#!/bin/sh\nset -a\nA=1; B=2\nexport C\nif true; then\nD=$A\nfi\n",
    # expansion
    "a variable": "A=1\nB=${A}\nC=x${A}y${A}z\n",
    "a variable in quotes": "A=1\nB='${A}'\nC=\"${A}\"\n",
    "no braces": "A=1\nB=$A\nC=$$\nD=$\n",
    "from outside": "A=${OUTSIDE}\nB=${HOLLOW}\nC=${A_B}\n",
    "the file hides the outside": "OUTSIDE=inside\nA=${OUTSIDE}\nHOLLOW\nB=${HOLLOW:-x}\n",
    "bare hides the outside": "OUTSIDE\nA=${OUTSIDE:-x}\n",
    "unknown": "A=${NOWHERE}\nB=x${NOWHERE}y\n",
    "default": "A=${NOWHERE:-b}\nB=${OUTSIDE:-b}\nC=${NOWHERE:-}\n",
    "default of something empty": "A=\nB=${A:-b}\nC=${HOLLOW:-b}\n",
    "default with awkward text": "A='${NOWHERE:-a b:-c # d $ {}'\nB=${NOWHERE:-${OUTSIDE}}\n",
    "default is not expanded": "A=${NOWHERE:-${OUTSIDE}}\nB=${NOWHERE:-$OUTSIDE}\n",
    "other shell operators": "A=${NOWHERE-b}\nB=${NOWHERE:b}\nC=${NOWHERE:=b}\nD=${NOWHERE:}\n",
    "no name in the braces": "A=${}\nB=${:-x}\nC=${:}\nD=${ }\n",
    "unclosed": "A=${\nB=${OUTSIDE\nC=${OUTSIDE:-\nD=x${OUTSIDE:-b\n",
    "unclosed, then closed": "A=${OUTSIDE ${OUTSIDE}\nB=${X:${OUTSIDE}\nC=${X:-${OUTSIDE\n",
    "over lines": "A='${NO\nWHERE:-x\ny}'\nB='${OUTSIDE}\n${OUTSIDE}'\n",
    "not yet set": "A=${B}\nB=1\nC=${A}${B}\n",
    "itself": "A=${A}\nA=1\nA=${A}2\nA=${A}3\n",
    "not expanded again": "A='${'\nB=${A}OUTSIDE}\nC=$${A}\n",
    "escape makes a variable": 'A="\\\\${OUTSIDE}"\nB="\\${OUTSIDE}"\nC="$\\{OUTSIDE}"\n',
    "sign in the variable's name": "A=${A_B=x}\nB=${OUTSIDE=from}\nC=${=}\n",
    "comment cuts a variable": "A=${NOWHERE:-b #c}\nB=${NOWHERE:-b#c}\n",
    "dollars in a row": "A=$${OUTSIDE}\nB=${${OUTSIDE}}\nC=$$$\n",
    "unicode in the braces": "RÄUME=1\nA=${RÄUME}${部屋:-2}\n",
}


def theirs(path):
    """What python-dotenv makes of the file, in the shape of dotenv-dump."""
    with open(path, encoding="utf-8") as stream:
        bad = sum(binding.error for binding in parse_stream(stream))
    return {"values": dict(dotenv.dotenv_values(path)), "bad": bad}


def ours(paths):
    """What our parser makes of the files, all in one process."""
    done = subprocess.run(
        [DUMP], input="".join(f"{path}\n" for path in paths), stdout=subprocess.PIPE,
        encoding="utf-8", check=True, timeout=DEADLINE_S)
    for line in done.stdout.rstrip("\n").split("\n"):
        result = json.loads(line)
        if "bad_lines" in result:
            result["bad"] = len(result.pop("bad_lines"))
        yield result


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in OUTSIDE.items():
        monkeypatch.setenv(name, value)


def written(tmp_path, content):
    path = tmp_path / "file.env"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", CORPUS)
def test_an_awkward_file_is_read_like_python_dotenv_reads_it(name, tmp_path):
    path = written(tmp_path, CORPUS[name])
    assert list(ours([path])) == [theirs(path)]


# Pieces rather than characters, so that quotes meet, variables close and names repeat.
PIECES = [
    "A", "B", "A=", "B=", "=", "=", " ", "\t", "\n", "\n", "\r", "\r\n", "'", "'", '"', '"', "\\", "\\'",
    '\\"', "\\n", "#", " #", "$", "${", "}", "${A}", "${B:-", "${OUTSIDE}", ":-", ":", "-", "export ",
    "export", "x", "n", "é", "\u00a0", "\u2028", "\u3000", "\x0b", "\x1c", "\x85", "\u200b", "{",
]


def random_file(seed):
    dice = random.Random(seed)
    return "".join(dice.choices(PIECES, k=dice.randint(1, 40)))


def test_thousands_of_random_files_are_read_alike(tmp_path):
    paths = []
    for seed in range(6000):
        paths.append(tmp_path / f"{seed}.env")
        paths[-1].write_bytes(random_file(seed).encode())
    results = list(ours(paths))
    assert len(results) == len(paths)
    for seed, (path, result) in enumerate(zip(paths, results)):
        assert result == theirs(path), f"seed {seed}: {random_file(seed)!r}"


def test_the_random_files_are_not_all_nonsense(tmp_path):
    """A generator that only makes bad lines would prove nothing."""
    read = [theirs(written(tmp_path, random_file(seed))) for seed in range(500)]
    assert sum(any(each["values"].values()) for each in read) > 100
    assert sum(each["bad"] > 0 for each in read) > 100
    assert sum("from outside" in str(each["values"]) for each in read) > 10


def test_difference_a_byte_order_mark_is_skipped(tmp_path):
    path = written(tmp_path, "\ufeffA=1\nB=2\n")
    assert theirs(path)["values"] == {"\ufeffA": "1", "B": "2"}
    assert list(ours([path])) == [{"values": {"A": "1", "B": "2"}, "bad": 0}]


def test_difference_an_entry_with_a_nul_is_a_bad_line(tmp_path):
    path = written(tmp_path, "A=1\0\nB\0=2\n# \0\nC='\0'\nD=4\n")
    assert theirs(path)["values"]["A"] == "1\0"
    assert list(ours([path])) == [{"values": {"D": "4"}, "bad": 3}]


def test_difference_latin_1_does_not_raise(tmp_path):
    path = written(tmp_path, b"A=1\nB=Z\xfcrich\nC=3\n")
    with pytest.raises(UnicodeDecodeError):
        theirs(path)
    result = next(ours([path]))
    assert (result["values"]["A"], result["values"]["C"]) == ("1", "3")


def test_difference_endless_expansion_is_refused(tmp_path):
    path = written(tmp_path, "A=xxxxxxxx\n" + "A=${A}${A}\n" * 60)
    assert list(ours([path])) == [{"error": -27}]  # -EFBIG


def test_a_file_over_a_mebibyte_is_refused(tmp_path):
    assert next(ours([written(tmp_path, "#" * (1 << 20))])) == {"values": {}, "bad": 0}
    assert next(ours([written(tmp_path, "#" * (1 << 20) + "\n")])) == {"error": -27}


def test_bad_lines_are_named_by_their_own_number(tmp_path):
    """python-dotenv names the line where the statement before ended."""
    path = written(tmp_path, "A=1\n\n\n=2\n'x\ny'z\nB=\"1\n2\" 3\n\nC D\n")
    done = subprocess.run([DUMP], input=f"{path}\n", stdout=subprocess.PIPE, encoding="utf-8", check=True)
    assert json.loads(done.stdout)["bad_lines"] == [4, 5, 7, 10]
