# SPDX-License-Identifier: MIT
"""Secrets stay where they belong: in the settings' files and in the memory that docs/secrets.md names."""
import base64
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from apache import Apache
from kerberos import Realm
from leaks import forms, leaks_in, leaks_under
from stack import RESPONDER, SANITIZED, Stack, StackError, until

PASSWORD = r"""Kreide & "Tafel"; 100% + \ Schwämme für alle - die Stunde 'beginnt'"""
CLIENT_SECRET = r"""Schiefer & "Griffel"; 100% + \ Hefte für alle - die Arbeit 'beginnt'"""
WRONG = r"""Tusche & "Papier"; 100% + \ Pinsel für alle - die Pause 'beginnt'"""
PATHS = ["/api/calendar", "/api/calendar/R001", "/api/calendar.ics", "/api/health", "/api/metrics", "/api/calendar/R009",
         "/api/calendar?from=x", "/nowhere"]
COMMANDS = [["check"], ["status"], ["rooms"], ["fetch", "R001"], ["refresh"], ["--help"], ["check", "--help"], ["--version"]]
WAYS = {
    "Basic": {"auth": "basic"},
    "NTLM": {"auth": "ntlm", "extended_protection": "require"},
    "Negotiate (NTLM)": {"auth": "negotiate", "extended_protection": "require"},
    "Negotiate (Kerberos)": {"auth": "negotiate", "env": {"AUTH": "negotiate"}},
    "Bearer": {"auth": "bearer"},
}


@pytest.fixture(scope="module")
def realm():
    with Realm() as made:
        yield made


@pytest.fixture(params=WAYS)
def signed_in(request, make_stack):
    """A stack that has signed in and fetched its rooms."""
    options = dict(WAYS[request.param])
    if request.param == "Negotiate (Kerberos)":
        options["realm"] = request.getfixturevalue("realm")
    else:
        options["sim_options"] = ("--rooms", "2", "--items", "5", "--password", PASSWORD, "--client-secret", CLIENT_SECRET)
    stack = make_stack(rooms=2, items=5, **options)
    stack.wait_fresh()
    stack.way = request.param
    return stack


def quote(text):
    """As a value in .env."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def outputs(stack):
    """What visitors and the operator see."""
    for path in PATHS:
        reply = stack.get(path)
        yield str(reply.headers).encode() + reply.body
    for arguments in COMMANDS:
        done = stack.run_roomcal(*arguments)
        yield (done.stdout + done.stderr).encode()


def processes(stack):
    """What others see of the responder's process."""
    for name in ("cmdline", "environ", "status", "maps", "comm"):
        yield pathlib.Path(f"/proc/{stack.fcgi.pid}/{name}").read_bytes()


def test_nothing_that_is_said_holds_a_secret_whatever_the_login(signed_in):
    stack = signed_in
    assert PASSWORD in stack.secrets or stack.way == "Negotiate (Kerberos)"
    said = [*outputs(stack), *processes(stack)]
    stack.write_env(PASSWORD=quote(WRONG), OAUTH_CLIENT_SECRET=quote(WRONG))
    stack.sim.forget_logins()
    stack.restart_fcgi()
    stack.run_roomcal("refresh")
    until(lambda: "error" in stack.ask("/api/health")[0].json()["account"], "the login is refused")
    said += [*outputs(stack), *processes(stack)]
    assert WRONG in stack.secrets
    assert leaks_in(b"\n".join(said), stack.secrets) == []
    # What was written is looked at when the stack ends.


@pytest.mark.parametrize("setting", ["PROXY=http://user:{}@127.0.0.1:port", "EXCHANGE_SERVER=https://user:{}@mail.example.org",
                                     "PASSWORD: {}", "PASSWORD='{}", "OAUTH_TOKEN_URL=https://user:{}@login.example.org/token"])
def test_mistakes_in_the_settings_are_told_without_them(make_stack, setting):
    secret = "let-nobody-repeat-this"
    stack = make_stack(rooms=1, items=1, with_nginx=False)
    with open(stack.env_file, "a") as file:
        file.write(setting.format(secret) + "\n")
    stack.secrets.add(secret)
    done = stack.run_roomcal("check")
    log = stack.hup()
    assert done.returncode == 78
    assert ".env line" in done.stderr
    assert leaks_in((done.stdout + done.stderr + log).encode(), stack.secrets) == []


def test_a_stack_that_wrote_its_secret_fails():
    with pytest.raises(StackError, match="what must stay secret was written:\ncache/written: secret 1 in JSON"):
        with Stack(rooms=1, items=1, with_nginx=False) as stack:
            stack.secrets = {PASSWORD}
            (stack.cache_dir / "written").write_text(json.dumps({"text": PASSWORD}))


@pytest.mark.parametrize("form", forms(PASSWORD))
def test_a_secret_is_found_in_any_form(form):
    assert leaks_in(b"front " + forms(PASSWORD)[form] + b" behind", {PASSWORD})


@pytest.mark.parametrize("before", ["", "a", "ab", "svc-rooms:"])
def test_a_secret_within_base64_is_found_wherever_it_begins(before):
    for wide in ("utf-8", "utf-16-le"):
        text = base64.b64encode(before.encode() + f"{PASSWORD}, and more".encode(wide))
        assert leaks_in(text, {PASSWORD})
        assert not leaks_in(text, {WRONG})


@pytest.mark.parametrize("elf_type, found", [(3, []), (4, ["made: secret 1 as it is"])], ids=["program", "core dump"])
def test_a_core_dump_is_searched_and_a_program_is_not(tmp_path, elf_type, found):
    head = b"\x7fELF" + bytes(12) + elf_type.to_bytes(2, sys.byteorder)
    (tmp_path / "made").write_bytes(head + PASSWORD.encode())
    assert leaks_under(tmp_path, {PASSWORD}) == found


# ---- dumps ----

@pytest.mark.skipif(SANITIZED, reason="a sanitizer takes the crash for a finding of its own")
def test_a_crash_leaves_no_core_dump(make_stack):
    stack = make_stack(rooms=1, items=1, with_nginx=False)
    pid = stack.fcgi.pid
    assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
    stack.signal("SIGSEGV")
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)
    assert not list(stack.directory.glob("*core*"))


@contextlib.contextmanager
def run_as_www_data(stack, *command):
    """A program as somebody who is not root, in the stack's directory."""
    Apache.give(stack.directory, *stack.directory.rglob("*"))
    who = {"user": "www-data", "group": "www-data", "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(command, cwd=stack.directory, env=stack.environment(), stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, **who) as process:
        try:
            yield process
        finally:
            process.kill()


def test_only_root_can_look_into_a_responder(make_stack):
    stack = make_stack(rooms=1, items=1, with_nginx=False)
    stack.kill_fcgi()
    program = shutil.copy(RESPONDER, stack.directory)  # a build directory may be in somebody's home
    stack.socket.unlink()
    with run_as_www_data(stack, "sleep", "60") as other:
        assert os.stat(f"/proc/{other.pid}/mem").st_uid != 0 or os.geteuid() != 0
    with run_as_www_data(stack, "spawn-fcgi", "-n", "-s", str(stack.socket), "--", program) as process:
        assert b"event=start" in process.stderr.readline()
        assert os.stat(f"/proc/{process.pid}/mem").st_uid == 0


# ---- memory ----

def memory_of(pid):
    """All that the process can write, mapping by mapping."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            begin, end, rights = re.match(r"(\w+)-(\w+) (\S+) ", line).groups()
            if rights.startswith("rw"):
                memory.seek(int(begin, 16))
                with contextlib.suppress(OSError):  # it has been given back meanwhile
                    yield memory.read(int(end, 16) - int(begin, 16))


def copies(stack, secret):
    """{form: how often it is in the responder's memory} of a secret and of its end: malloc writes into the first bytes of what it is
    given back."""
    mappings = list(memory_of(stack.fcgi.pid))
    wanted = {raw: form for form, raw in reversed(forms(secret[-24:]).items())}  # some are the same
    counts = {form: sum(data.count(raw) for data in mappings) for raw, form in wanted.items()}
    return {form: count for form, count in counts.items() if count}


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps memory that was freed")
def test_a_responder_comes_to_rest_with_one_copy_of_the_secret(signed_in):
    assert signed_in.secrets
    for secret in signed_in.secrets:
        until(lambda secret=secret: copies(signed_in, secret) == {"as it is": 1}, "one copy is left")


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps memory that was freed")
def test_a_responder_comes_to_rest_with_one_copy_of_its_token(make_stack):
    stack = make_stack(rooms=2, items=5, with_nginx=False, auth="bearer")
    stack.wait_fresh()

    def is_alone():
        mappings = list(memory_of(stack.fcgi.pid))
        tokens = [token for data in mappings for token in re.findall(rb"eyJ0eXAiOiJKV1QifQ[-\w.]*", data)]
        return len(tokens) == 1 and sum(data.count(tokens[0][-40:]) for data in mappings) == 1

    until(is_alone, "one copy is left")
