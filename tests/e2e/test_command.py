# SPDX-License-Identifier: MIT
"""roomcal, the operator's command, by itself: what it says of how it is used."""
import subprocess

import pytest

from sim import Sim
from stack import COMMAND, check_with, plain_environment
from waiting import DEADLINE_S

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
                          capture_output=True, text=True, timeout=DEADLINE_S)


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


def test_check_says_before_there_is_a_cache_that_nothing_counts_failed_logins(tmp_path):
    with Sim("--rooms", 1, "--items", 5) as sim:
        done = check_with(sim, tmp_path, {"PASSWORD": "wrong"})
    assert done.returncode == 69 and "R001: http_401" in done.stdout
    assert "\nThere is no CACHE_DIR yet, so nothing counts failed logins" in done.stdout
    assert "Nobody asks Exchange for" not in done.stdout


def test_what_a_command_prints_is_not_logged_beside_it(tmp_path):
    with Sim("--rooms", 1, "--items", 5) as sim:
        assert check_with(sim, tmp_path, {}).stderr == ""
        assert check_with(sim, tmp_path, {"PASSWORD": "wrong"}).stderr == ""
        assert "event=account_held" in check_with(sim, tmp_path, {"PASSWORD": "wrong", "LOG_LEVEL": "debug"}).stderr


def test_check_names_a_cache_directory_that_the_service_would_refuse(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with Sim("--rooms", 1, "--items", 5) as sim:
        done = check_with(sim, tmp_path, {}, cache_dir=tmp_path / "open")
        asked = sim.counters()["requests"]
    assert (done.returncode, done.stdout, asked) == (78, "", 0)
    assert done.stderr == f"roomcal: others may read or write CACHE_DIR; run: chmod 700 {tmp_path}/open\n"


def test_check_notes_what_looks_like_a_slip_and_is_content_all_the_same(tmp_path):
    with Sim("--rooms", 1, "--items", 5) as sim:
        done = check_with(sim, tmp_path, {"PRIVATE_ITEM": "omit"})
    assert done.returncode == 0
    assert "\nnote: " in done.stdout and "PRIVATE_ITEM is no setting of roomcal; did you mean PRIVATE_ITEMS?\n" in done.stdout


def test_columns_are_straight_whatever_letters_a_name_has(tmp_path):
    env_file = tmp_path / ".env"
    env_file.touch(mode=0o600)
    env_file.write_text("ROOMS=Plain,Höchkönig\nROOM_EMAILS=a@example.org,b@example.org\nUSERNAME=u\nPASSWORD=p\nEXCHANGE_SERVER=localhost\n")
    done = subprocess.run([COMMAND, "--env", env_file, "rooms"], env=plain_environment(), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=DEADLINE_S)
    assert [line.index("ROOMS" if "@" in line else "FROM") for line in done.stdout.splitlines()] == [22, 22, 22]
