# SPDX-License-Identifier: MIT
"""The unit, by systemd's own judgement."""
import re
import shutil
import subprocess

import pytest

from stack import BUILD

UNIT = BUILD / "systemd/roomcal.service"
MOST_EXPOSURE = 1.1

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_the_unit_is_valid():
    done = analyze("verify", "--man=no", str(UNIT))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_a_closed_box():
    done = analyze("security", "--offline=true", f"--threshold={int(MOST_EXPOSURE * 10)}", str(UNIT))
    exposure = re.search(r"Overall exposure level for \S+: (\S+)", done.stdout)
    assert exposure and float(exposure[1]) <= MOST_EXPOSURE, done.stdout
    assert done.returncode == 0


def test_the_unit_has_no_placeholder_left():
    assert "@" not in re.sub(r"~?@[a-z-]+( @[a-z-]+)*$", "", UNIT.read_text(), flags=re.M)
