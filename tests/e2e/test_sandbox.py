# SPDX-License-Identifier: MIT
"""roomcal in the box of its unit: that the box is closed, and that roomcal finds in it what it needs. ROOMCAL_SANDBOX=1 runs all other
tests in it too."""
import functools
import grp
import os
import pathlib
import pwd
import re
import shlex
import shutil
import subprocess

import pytest

import sandbox
from kerberos import Realm
from sim import PYTHON
from stack import RESPONDER, SANITIZED, UNIT, Stack, until

pytestmark = [
    pytest.mark.skipif(sandbox.seccomp is None, reason="python3-seccomp is not installed"),
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"),
]
needs_mounts = pytest.mark.skipif(bool(sandbox.mount_trouble()), reason=f"cannot mount here: {sandbox.mount_trouble()}")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")

# ---- the box ----


def test_each_line_of_the_unit_is_enforced_or_left_out_for_a_reason():
    left_out = set(" ".join(sandbox.LEFT_OUT).split())
    assert not sandbox.ENFORCED & left_out
    assert set(sandbox.read_unit(UNIT)) == sandbox.ENFORCED | left_out


# Calls the number of a system call, and says what came of it: 0 or the name of an error.
PROBE = """
import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
result = libc.syscall(*(ctypes.c_long(int(number)) for number in sys.argv[1:]))
print(errno.errorcode[ctypes.get_errno()] if result < 0 else 0)
"""
# Nothing is there in memory: a call that gets as far as to look says EFAULT, and changes nothing.
NOWHERE = 1
ANONYMOUS = (-1, 0)
REFUSED = {
    "another process' memory": ("process_vm_readv", 1, 0, 0, 0, 0, 0),
    "a debugger": ("ptrace", 0, 0, 0, 0),
    "a mount": ("mount", NOWHERE, NOWHERE, NOWHERE, 0, NOWHERE),
    "another root": ("chroot", NOWHERE),
    "a user namespace by unshare": ("unshare", 0x10000000),
    "a namespace of another": ("setns", -1, 0),
    "another user": ("setuid", 4711),
    "another owner of a file": ("chown", NOWHERE, 1, 1),
    "a set-user-id file": ("chmod", NOWHERE, 0o4755),
    "io_uring": ("io_uring_setup", 1, NOWHERE),
    "a key ring": ("keyctl", 0, -1, 0),
    "page faults by hand": ("userfaultfd", 0),
    "another priority": ("setpriority", 0, 0, 10),
    "a module": ("init_module", NOWHERE, 0, NOWHERE),
    "the clock": ("clock_settime", 0, NOWHERE),
    "memory to write and run": ("mmap", 0, 4096, 7, 0x22, *ANONYMOUS),
    "written memory to run": ("mprotect", 0, 0, 5),
    "another personality": ("personality", 0x0040000),
    "netlink": ("socket", 16, 3, 0),
    "raw packets": ("socket", 17, 3, 0),
    "a machine in the machine": ("socket", 40, 1, 0),
}
GRANTED = {
    "memory that is never swapped": ("mlock", 0, 0),
    "no core dump, no debugger": ("prctl", 4, 0, 0, 0, 0),
    "a Unix socket": ("socket", 1, 1, 0),
    "IPv4": ("socket", 2, 1, 0),
    "IPv6": ("socket", 10, 1, 0),
    "a library's code": ("mprotect", 0, 0, 1),
}


def probe(call, box=()):
    name, *arguments = call
    number = sandbox.seccomp.resolve_syscall(sandbox.Arch(), name)
    if number < 0:
        pytest.skip(f"this machine has no {name}")
    done = subprocess.run([*box, PYTHON, "-c", PROBE, *map(str, (number, *arguments))], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def refusal_of(call):
    return "EAFNOSUPPORT" if call[0] == "socket" else "EPERM"


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_roomcal_does_not_need_is_refused(call, tmp_path):
    if probe(call) == refusal_of(call):
        pytest.skip("refused on this machine anyway")
    assert probe(call, sandbox.command(UNIT, tmp_path)) == refusal_of(call)


@pytest.mark.parametrize("call", GRANTED.values(), ids=GRANTED)
def test_what_roomcal_needs_is_granted(call, tmp_path):
    assert probe(call, sandbox.command(UNIT, tmp_path)) in ("0", "3", "4")  # or a descriptor


@needs_mounts
def test_files_can_be_written_in_one_directory_only(tmp_path):
    writable, closed = tmp_path / "writable", tmp_path / "closed"
    for directory in (writable, closed):
        directory.mkdir()
    box = sandbox.command(UNIT, writable)
    assert subprocess.run([*box, "touch", writable / "file"], check=False).returncode == 0
    done = subprocess.run([*box, "touch", closed / "file"], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "Read-only file system" in done.stderr


# ---- roomcal in it ----


@pytest.fixture
def make_boxed(make_stack):
    if SANITIZED:
        pytest.skip("a sanitizer asks the system for more than the unit allows")
    return functools.partial(make_stack, sandboxed=True)


def status_of(pid):
    return dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M))


def test_the_responder_has_no_capability_and_a_filter(make_boxed):
    status = status_of(make_boxed().fcgi.pid)
    assert {name: int(status[name], 16) for name in status if name.startswith("Cap")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), 0)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_calendars_are_fetched_and_shown(make_boxed):
    stack = make_boxed()
    stack.wait_fresh()
    reply = stack.get("/api/calendar")
    assert reply.status == 200 and all(room["items"] for room in reply.json())
    assert stack.get("/api/calendar.ics").status == stack.get("/api/metrics").status == 200


def test_a_restarted_responder_shows_what_it_had_and_ends_cleanly(make_boxed):
    stack = make_boxed()
    stack.wait_fresh()
    before = stack.sim.requests()
    assert stack.restart_fcgi() == 0
    assert stack.ask("/api/calendar")[0].status == 200
    stack.write_env(LOG_LEVEL="info")
    assert "event=reload" in stack.hup()
    assert stack.term() == 0
    assert stack.sim.requests() == before


def test_exchange_is_found_by_its_name(make_boxed):
    """libc asks for names without netlink then."""
    stack = make_boxed(with_nginx=False)
    url = re.search("EXCHANGE_SERVER='?([^'\n]*)", stack.sim.env())[1]
    stack.write_env(EXCHANGE_SERVER=url.replace("127.0.0.1", "localhost"))
    stack.restart_fcgi()
    stack.wait_fresh()


def test_exchange_is_asked_over_tls(make_boxed):
    stack = make_boxed(with_nginx=False, sim_options=("--tls", "--rooms", "2", "--items", "5"))
    stack.wait_fresh()


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_ntlm_signs_in_with_the_binding_of_its_connection(make_boxed, auth):
    stack = make_boxed(with_nginx=False, rooms=1, auth=auth, extended_protection="require")
    stack.wait_fresh()


@pytest.mark.parametrize("name, file", [("KRB5_CLIENT_KTNAME", "account_keytab"), ("KRB5CCNAME", "account_ticket")],
                         ids=["a keytab", "a ticket"])
def test_kerberos_signs_in_with(make_boxed, name, file):
    with Realm() as realm:
        stack = make_boxed(with_nginx=False, rooms=1, auth="negotiate", realm=realm,
                           env={name: getattr(realm, file)(), "PASSWORD": None, "AUTH": "negotiate"})
        stack.wait_fresh()


def test_several_responders_share_a_cache(make_boxed):
    stack = make_boxed(with_nginx=False)
    beside = stack.start_beside(2)
    stack.wait_fresh()
    assert stack.ask("/api/calendar", beside.socket)[0].json() == stack.ask("/api/calendar")[0].json()


@pytest.mark.parametrize("arguments", [["check"], ["rooms"], ["status"], ["refresh"], ["fetch", "R001"]], ids=lambda words: words[0])
def test_the_operator_s_command_works(make_boxed, arguments):
    stack = make_boxed(with_nginx=False)
    stack.wait_fresh()
    done = stack.run_roomcal(*arguments)
    assert (done.returncode, "event=" in done.stderr) == (0, False), done.stderr


# ---- roomcal as the unit starts it, but for systemd ----


class Unit(Stack):
    """Started by ExecStart= as a user that has no other process and no name (DynamicUser=), in the directories that systemd would
    make, with settings that it would hand over. Outside, root has the settings and runs the operator's command."""

    user = 61184  # the first that systemd would take
    credentials = "/run/credentials/roomcal.service"

    def start_fcgi(self, **environment):
        self.service = sandbox.read_unit(UNIT)
        self.group = grp.getgrnam(self.service["Group"][-1]).gr_gid
        self.socket = self.directory / "run/roomcal.sock"
        self.directory.chmod(0o711)
        self.make_directories()
        self.hand_over_settings()
        name, _, value = self.service["Environment"][-1].partition("=")
        given = {name: value.replace("%d", self.credentials), "CREDENTIALS_DIRECTORY": self.credentials}
        return super().start_fcgi(**given, **environment)

    def make_directories(self):
        """Each a directory of ours that stands for one of the unit's."""
        unit = self.service
        self.places = {
            "run": (f"/run/{unit['RuntimeDirectory'][-1]}", self.user, unit["RuntimeDirectoryMode"][-1]),
            "cache": (f"/var/cache/{unit['CacheDirectory'][-1]}", self.user, unit["CacheDirectoryMode"][-1]),
            "credentials": (self.credentials, 0, "0550"),
        }
        for name, (_, owner, mode) in self.places.items():
            path = self.directory / name
            path.mkdir(exist_ok=True)
            path.chmod(int(mode, 8))
            os.chown(path, owner, self.group)

    def hand_over_settings(self):
        """A copy that root owns and the service may read, as LoadCredential= makes it; without CACHE_DIR, which is root's view."""
        copy = self.directory / "credentials/roomcal.env"
        copy.unlink(missing_ok=True)
        copy.write_text(re.sub("^CACHE_DIR=.*\n", "", self.env_file.read_text(), flags=re.M))
        os.chown(copy, 0, self.group)
        copy.chmod(0o440)

    def responder_command(self):
        binds = [word for name, (place, *_) in self.places.items() for word in ("--bind", str(self.directory / name), place)]
        box = sandbox.command(UNIT, None, *binds, "--user", str(self.user), "--group", str(self.group))
        program = shutil.copy(RESPONDER, self.directory)  # where it is built a stranger may not get in
        return [*box, *shlex.split(self.service["ExecStart"][-1])[:-1], program]


@pytest.fixture
def unit(make_boxed):
    unit = make_boxed(kind=Unit, with_nginx=False, sandboxed=False)  # root's command is not in the box
    unit.wait_fresh()
    return unit


CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


def owners(unit):
    return {path.stat().st_uid for path in unit.cache_dir.iterdir()}


def can_connect(path, user):
    who = pwd.getpwnam(user)
    done = subprocess.run([PYTHON, "-c", CONNECT, path], user=who.pw_uid, group=who.pw_gid, extra_groups=[], capture_output=True,
                          check=False)
    return done.returncode == 0


@needs_root
@needs_mounts
def test_the_unit_s_command_serves_calendars_to_nginx_s_user_only(unit):
    assert can_connect(unit.socket, "www-data")
    assert not can_connect(unit.socket, "nobody")
    assert all(room["items"] for room in unit.ask("/api/calendar")[0].json())


@needs_root
@needs_mounts
def test_all_that_the_unit_s_service_keeps_is_its_user_s_alone(unit):
    assert owners(unit) == {unit.user}
    assert {path.stat().st_mode & 0o077 for path in unit.cache_dir.iterdir()} == {0}


@needs_root
@needs_mounts
@pytest.mark.parametrize("command", ["check", "rooms", "status"])
def test_root_looks_into_the_unit_s_cache(unit, command):
    done = unit.run_roomcal(command)
    assert (done.returncode, done.stderr) == (0, "")
    assert "R001" in done.stdout


@needs_root
@needs_mounts
def test_root_s_refresh_reaches_the_unit_s_service(unit):
    before = unit.sim.requests()
    assert unit.run_roomcal("refresh").returncode == 0
    until(lambda: unit.sim.requests() > before, "Exchange is asked again")
    unit.wait_fresh()
    assert owners(unit) == {unit.user}


@needs_root
@needs_mounts
def test_what_root_left_in_the_cache_hinders_nobody(unit):
    unit.term()
    for path in unit.cache_dir.iterdir():
        path.unlink()
    assert unit.run_roomcal("refresh").returncode == 0
    assert owners(unit) == {0}
    unit.start_fcgi()
    unit.wait_fresh()
    assert owners(unit) == {unit.user}


@needs_root
@needs_mounts
def test_changed_settings_are_handed_over_at_the_next_start(unit):
    unit.write_env(ITEM_FIELDS="title")
    unit.restart_fcgi()
    unit.wait_fresh()
    assert {tuple(item) for room in unit.ask("/api/calendar")[0].json() for item in room["items"]} == {("title",)}
