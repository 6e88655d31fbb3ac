# SPDX-License-Identifier: MIT
"""What the compiler and the linker do to make a mistake of ours harder to use, seen on the programs as `meson install` puts them."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from stack import BUILD, SANITIZED

pytestmark = pytest.mark.skipif(SANITIZED, reason="a sanitizer's build is not one to install")

PROGRAMS = ("roomcal", "roomcal-fcgi")
only_x86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="shadow stacks are x86's")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Name → path, of everything installed that the machine runs itself."""
    root = tmp_path_factory.mktemp("root")
    output("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", root)
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.name: path for path in files if path.read_bytes()[:4] == b"\x7fELF"}


@pytest.fixture(params=PROGRAMS)
def program(request, installed):
    return installed[request.param]


def segments(program):
    """Kind → flags."""
    rows = re.findall(r"^  ([A-Z_]+) +(?:0x\w+ +){5}([RWE ]{3}) ", output("readelf", "--wide", "--segments", program), re.M)
    return {kind: flags.replace(" ", "") for kind, flags in rows}


def dynamic(program):
    """What the loader is told: (tag, value) each."""
    return re.findall(r"^ 0x\w+ +\((\w+)\) +(.*?)\s*$", output("readelf", "--wide", "--dynamic", program), re.M)


def imports(program):
    return set(re.findall(r" UND (\w+)@", output("readelf", "--wide", "--dyn-syms", program)))


def test_these_are_the_programs_that_are_installed(installed):
    assert sorted(installed) == sorted(PROGRAMS)


def test_it_runs_at_a_random_address(program):
    assert re.search(r"Type: +DYN ", output("readelf", "--file-header", program))
    assert "PIE" in dict(dynamic(program))["FLAGS_1"].split()


def test_what_the_loader_resolved_is_read_only_before_main(program):
    """RELRO, in full: nothing is resolved later."""
    told = dict(dynamic(program))
    assert "GNU_RELRO" in segments(program)
    assert "BIND_NOW" in told["FLAGS"].split() and "NOW" in told["FLAGS_1"].split()
    assert "JMPREL" not in told or ".got.plt" not in output("readelf", "--wide", "--sections", program)


def test_no_memory_can_be_both_written_and_run(program):
    flags = segments(program)
    assert flags["GNU_STACK"] == "RW"
    assert not [kind for kind, allowed in flags.items() if "W" in allowed and "E" in allowed]
    assert "TEXTREL" not in dict(dynamic(program))


def test_libraries_come_from_the_system_alone(program):
    assert not {"RPATH", "RUNPATH"} & set(dict(dynamic(program)))


def test_the_stack_is_guarded(program):
    assert "__stack_chk_fail" in imports(program)


def test_libc_checks_the_sizes_that_the_compiler_knows(program):
    assert {"__memcpy_chk", "__snprintf_chk", "__vsnprintf_chk"} & imports(program)


@only_x86
def test_returns_are_checked_where_the_processor_can(program):
    notes = output("readelf", "--wide", "--notes", program)
    assert re.search(r"x86 feature:.*\bSHSTK\b", notes), notes


@only_x86
def test_calls_land_where_they_may(program):
    """The note of indirect branch tracking is missing (see meson.build), its instructions are not."""
    assert "endbr64" in output("objdump", "--disassemble=main", program)


@pytest.mark.parametrize("flag", ["-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=3"])
def test_every_file_is_compiled_with_what_cannot_be_seen_in_the_programs(flag):
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    own = [command for command in commands if pathlib.Path(command["file"]).parts[1] in ("src", "fcgi", "cli")]
    assert own and not [command["file"] for command in own if flag not in command["command"].split()]
