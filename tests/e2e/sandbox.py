# SPDX-License-Identifier: MIT
"""What systemd lays upon a service, for where no systemd runs: a process puts itself into the box that a unit file describes, and
becomes the program.

    sandbox.py UNIT [--write DIRECTORY]… [--bind DIRECTORY AS]… [--user UID] [--group GID] -- PROGRAM ARGUMENT…

It is read from the unit itself, and the sets of system calls are systemd's own (systemd-analyze syscall-filter), so that the
box of the tests is the box of the unit. The process stays the same, for signals and exit status. ENFORCED is what is laid upon
it; a test lets the unit have nothing else but what LEFT_OUT names with its reason.

The file system is the process' own: read-only, but for each DIRECTORY, which --bind shows AS another one, whose parent then
shows nothing else. No directory: the file system stays as it is, for a machine that does not let us mount (mount_trouble).
"""
import argparse
import ctypes
import errno
import functools
import os
import pathlib
import re
import resource
import signal
import socket
import stat
import subprocess

try:
    import seccomp
    from seccomp import ALLOW, EQ, ERRNO, GE, KILL_PROCESS, MASKED_EQ, NE, Arch, Arg
except ImportError:  # who only runs the other tests does without
    seccomp = None

ENFORCED = {
    "AmbientCapabilities", "CapabilityBoundingSet", "LimitCORE", "LockPersonality", "MemoryDenyWriteExecute", "NoNewPrivileges",
    "ProtectSystem", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictSUIDSGID", "SystemCallArchitectures",
    "SystemCallErrorNumber", "SystemCallFilter", "UMask",
}
LEFT_OUT = {
    "CacheDirectory CacheDirectoryMode RuntimeDirectory RuntimeDirectoryMode": "the caller makes them, and names them with --bind",
    "DynamicUser Group LoadCredential Environment": "the caller's: --user, --group, a file and a variable",
    "ExecStart Restart RestartPreventExitStatus RestartSec TimeoutStopSec Type": "how it is started and ended, not what it may",
    "ProtectClock ProtectControlGroups ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables RestrictRealtime":
        "without capabilities, with a read-only file system and the system call filter these are closed already",
    "DevicePolicy KeyringMode PrivateDevices PrivateMounts PrivateTmp PrivateUsers ProcSubset ProtectHome ProtectProc RemoveIPC":
        "hide what roomcal does not look for; the tests' own files are in /tmp, and may be in /home",
}

# ---- the unit ----


def read_unit(path):
    """The section [Service]: name → the values of its lines, in order. A line with nothing behind '=' begins anew."""
    section = re.split(r"^\[(\w+)\]$", pathlib.Path(path).read_text(), flags=re.M)
    lines = section[section.index("Service") + 1].splitlines()
    unit = {}
    for name, value in (line.split("=", 1) for line in lines if line and line[0] not in "#;"):
        unit[name] = unit.get(name, []) + [value] if value else []
    return unit


def is_on(unit, name):
    return unit.get(name, [""])[-1] in ("yes", "true", "on", "1")


@functools.cache
def systemd_s_sets():
    """Its sets of system calls: "@name" → names of calls and of other sets."""
    sets = {}
    shown = subprocess.run(["systemd-analyze", "syscall-filter"], check=True, capture_output=True, text=True).stdout
    for line in shown.splitlines():
        if line.startswith("@"):
            members = sets[line] = []
        elif line.startswith("    ") and not line.startswith("    #"):
            members.append(line.strip())
    return sets


def expand(name):
    """The system calls of a set; a call's own name stands for itself."""
    return set().union(*map(expand, systemd_s_sets()[name])) if name.startswith("@") else {name}


def allowed_calls(unit):
    """By SystemCallFilter=, which has to be a list of what is allowed; systemd then allows @default too."""
    allowed = expand("@default")
    for line in unit["SystemCallFilter"]:
        calls = set().union(*map(expand, line.removeprefix("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


# ---- filters, each as systemd makes it (systemd.exec(5)) ----


def numbers(names):
    """Of those that this machine has."""
    return [number for number in (seccomp.resolve_syscall(Arch(), name) for name in names) if number >= 0]


def only_calls(unit):
    refusal = unit.get("SystemCallErrorNumber")
    calls = seccomp.SyscallFilter(ERRNO(getattr(errno, refusal[-1])) if refusal else KILL_PROCESS)
    for number in numbers(allowed_calls(unit)):
        calls.add_rule(ALLOW, number)
    return calls


def refusals(*rules):
    """A filter that refuses what one of the rules says, (error, name of the call, argument…), and allows the rest."""
    calls = seccomp.SyscallFilter(ALLOW)
    for error, name, *arguments in rules:
        for number in numbers([name]):
            calls.add_rule(ERRNO(error), number, *arguments)
    return calls


def no_other_families(unit):
    allowed = {int(getattr(socket, name)) for name in unit["RestrictAddressFamilies"][-1].split()}
    last = 64  # more than Linux has
    closed = [Arg(0, EQ, family) for family in range(last) if family not in allowed] + [Arg(0, GE, last)]
    return refusals(*((errno.EAFNOSUPPORT, "socket", family) for family in closed))


def no_new_code(_unit):
    """Nothing that can be written is run."""
    write, execute, shm_execute = 2, 4, 0o100000
    return refusals((errno.EPERM, "mmap", Arg(2, MASKED_EQ, write | execute, write | execute)),
                    (errno.EPERM, "mprotect", Arg(2, MASKED_EQ, execute, execute)),
                    (errno.EPERM, "pkey_mprotect", Arg(2, MASKED_EQ, execute, execute)),
                    (errno.EPERM, "shmat", Arg(2, MASKED_EQ, shm_execute, shm_execute)))


def no_namespaces(_unit):
    flags = [0x00000080, 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]  # CLONE_NEW…
    # What clone3 is asked for lies in memory, where no filter looks; libc then takes clone.
    return refusals((errno.ENOSYS, "clone3"), (errno.EPERM, "setns"),
                    *((errno.EPERM, name, Arg(0, MASKED_EQ, flag, flag)) for flag in flags for name in ("clone", "unshare")))


def no_set_ids(_unit):
    modes = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "mkdir": 1, "mkdirat": 2, "mknod": 1, "mknodat": 2, "creat": 1}
    makes = {"open": 1, "openat": 2}  # flags, behind which comes the mode
    bits = (stat.S_ISUID, stat.S_ISGID)
    return refusals((errno.ENOSYS, "openat2"),
                    *((errno.EPERM, name, Arg(at, MASKED_EQ, bit, bit)) for name, at in modes.items() for bit in bits),
                    *((errno.EPERM, name, Arg(at, MASKED_EQ, os.O_CREAT, os.O_CREAT), Arg(at + 1, MASKED_EQ, bit, bit))
                      for name, at in makes.items() for bit in bits))


def no_personality(_unit):
    return refusals((errno.EPERM, "personality", Arg(0, NE, 0)))


def load_filters(unit):
    """The last says which calls there are at all, also to load a filter."""
    made = [make(unit) for name, make in (("MemoryDenyWriteExecute", no_new_code), ("RestrictNamespaces", no_namespaces),
                                          ("RestrictSUIDSGID", no_set_ids), ("LockPersonality", no_personality))
            if is_on(unit, name)]
    for calls in (*made, no_other_families(unit), only_calls(unit)):
        calls.load()  # which also takes the right to new privileges, and closes other architectures


# ---- the file system ----

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind=None, flags=0):
    check(LIBC.mount(os.fsencode(source), os.fsencode(target), kind, flags, None))


def set_read_only(path, is_read_only, flags=0):
    change = (0, MOUNT_ATTR_RDONLY) if not is_read_only else (MOUNT_ATTR_RDONLY, 0)
    attributes = (ctypes.c_uint64 * 4)(*change, 0, 0)  # struct mount_attr: set, clear, propagation, a namespace
    check(LIBC.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), flags, attributes, ctypes.sizeof(attributes)))


def own_mounts():
    """From here on what this process mounts is its own. Who is not root is root of a user namespace for that, as himself."""
    user, group = os.geteuid(), os.getegid()
    check(LIBC.unshare(CLONE_NEWNS | (0 if user == 0 else CLONE_NEWUSER)))
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            pathlib.Path("/proc/self", name).write_text(text)
    mount("none", "/", flags=MS_PRIVATE | MS_REC)


@functools.cache
def mount_trouble():
    """Why own_mounts fails on this machine; None: it does not. Asked of a child."""
    done = subprocess.run(["/usr/bin/python3", "-c", "import sandbox; sandbox.own_mounts(); sandbox.set_read_only('/', True, 0x8000)"],
                          cwd=pathlib.Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def command(unit, directory, *options):
    """What to put before a program's command, to run it in the unit's box and let it write into that directory, if any."""
    writable = ["--write", str(directory)] if directory and not mount_trouble() else []
    return ["/usr/bin/python3", __file__, str(unit), *writable, *options, "--"]


def close_files(writable, binds, is_strict):
    own_mounts()
    sources = [os.open(source, os.O_PATH) for source, _ in binds]
    for parent in sorted({target.parent for _, target in binds}):
        parent.mkdir(exist_ok=True)  # in one before it
        mount("tmpfs", parent, b"tmpfs")
    for source, (_, target) in zip(sources, binds):
        target.mkdir(parents=True)
        mount(f"/proc/self/fd/{source}", target, flags=MS_BIND)
        os.close(source)
    for path in writable:
        mount(path, path, flags=MS_BIND)
    set_read_only("/", is_strict, AT_RECURSIVE)
    for path in (*writable, *(target for _, target in binds)):
        set_read_only(path, False)


# ---- who, and the whole ----

PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4


def drop_capabilities():
    """They are gone with the next program: who may gain none in it has none there, root or not."""
    LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def become(user, group):
    if group is not None:
        os.setgroups([])
        os.setresgid(group, group, group)
    if user is not None:
        os.setresuid(user, user, user)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("unit")
    parser.add_argument("--write", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--bind", action="append", default=[], nargs=2, type=pathlib.Path)
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def main():
    given = arguments()
    unit = read_unit(given.unit)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python's own setting would be inherited; that of SIGPIPE is systemd's too
    if given.write or given.bind:
        close_files(given.write, given.bind, unit["ProtectSystem"][-1] == "strict")
    resource.setrlimit(resource.RLIMIT_CORE, (int(unit["LimitCORE"][-1]),) * 2)
    os.umask(int(unit["UMask"][-1], 8))
    if not unit["CapabilityBoundingSet"]:
        drop_capabilities()
    become(given.user, given.group)
    load_filters(unit)
    os.execvp(given.program[0], given.program)


if __name__ == "__main__":
    main()
