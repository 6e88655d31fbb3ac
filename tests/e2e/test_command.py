# SPDX-License-Identifier: MIT
"""roomcal, the operator's command, by itself: what it says of how it is used."""
import subprocess

import pytest

from stack import COMMAND, plain_environment

USAGES = {
    "check": "check",
    "rooms": "rooms",
    "status": "status [ROOM...]",
    "refresh": "refresh [ROOM...]",
    "fetch": "fetch ROOM",
}


def run(*arguments):
    """Without any settings."""
    return subprocess.run([COMMAND, *arguments], env=plain_environment(ROOMCAL_ENV="/nowhere/.env"), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("command, usage", USAGES.items(), ids=USAGES)
def test_each_command_tells_its_usage_without_settings(command, usage):
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    first, _, what, *_ = done.stdout.splitlines()
    assert first == f"usage: roomcal [--env FILE] {usage}"
    assert what in run("--help").stdout


def test_help_is_given_behind_a_room_too():
    assert run("status", "R001", "--help").returncode == 0


def test_each_command_has_its_usage_here():
    lines = run("--help").stdout.partition("commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == list(USAGES)
