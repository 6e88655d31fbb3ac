# SPDX-License-Identifier: MIT
"""What runs on a server, on loopback and in a directory of its own: the stand-in Exchange, roomcal-fcgi under spawn-fcgi, and
nginx with the site file that we ship. For the tests and for scripts/demo.

    with Stack(rooms=2, items=30, env={"CACHE_TTL": 60}) as stack:
        reply = stack.get("/api/calendar")
        assert reply.status == 200 and reply.json()[0]["room"] == "R001"

The programs come from $ROOMCAL_BUILD, else from build/. Whatever is waited for has a deadline.
"""
import contextlib
import dataclasses
import email.message
import email.parser
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time

import fastcgi
import sandbox
from leaks import leaks_under, secrets_of
from ports import ReservedPort, listens
from responder import Responders
from sim import PYTHON, ROOT, Sim
from waiting import DEADLINE_S, NotInTime, until

BUILD = pathlib.Path(os.environ.get("ROOMCAL_BUILD", ROOT / "build")).resolve()
RESPONDER = BUILD / "fcgi/roomcal-fcgi"
COMMAND = BUILD / "cli/roomcal"
CLOCK_SHIM = BUILD / "tests/shim/shim_clock.so"
DISK_SHIM = BUILD / "tests/shim/shim_disk.so"
UNIT = BUILD / "systemd/roomcal.service"
# Memory measured would be the sanitizer's own.
SANITIZED = RESPONDER.exists() and any(mark in RESPONDER.read_bytes() for mark in (b"__asan_init", b"__tsan_init"))
ANSWER_S = 2 * DEADLINE_S  # for all that waits for others by itself
# Where nginx and systemd's tools are, also for who is not root.
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

NGINX_CONF = """\
daemon off;
{user}
worker_processes 1;
pid {directory}/nginx.pid;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}/nginx-temp;
    fastcgi_temp_path {directory}/nginx-temp;
    proxy_temp_path {directory}/nginx-temp;
    scgi_temp_path {directory}/nginx-temp;
    uwsgi_temp_path {directory}/nginx-temp;
    include {directory}/site.conf;
}}
"""


class StackError(Exception):
    """Something did not start or did not happen in time; the text says what, and what the programs said."""


@dataclasses.dataclass
class Reply:
    status: int
    headers: email.message.Message  # looked up without regard to case
    body: bytes
    errors: str = ""    # CGI: what went to standard error
    exit_status: int = 0  # CGI

    def json(self):
        return json.loads(self.body)


def plain_environment(**more):
    """Nothing of the caller's but what programs need to run: settings may come from the environment too."""
    kept = {name: value for name, value in os.environ.items() if re.fullmatch(r"(A|L|T|UB)SAN_OPTIONS|TMPDIR|HOME", name)}
    return {**kept, "PATH": PATH, **{name: str(value) for name, value in more.items()}}


class Stack:
    """`env` overrides lines of .env (None takes one away); `sim_options` replaces rooms, items and seed; `prepare` is called with
    the Sim before the responder starts and asks it for its first room; with `movable_clock` (True, or the moment that
    it shows at first) set_clock and shift_clock move the wall clock of every roomcal program; with `failing_disk` fail_disk lets
    their calls on CACHE_DIR fail.
    `auth` and `extended_protection` are the stand-in's options (the latter with TLS, to which CA_FILE leads); `realm` (a
    kerberos.Realm) is where its service is, and the only one that roomcal's programs know.
    `sandboxed` (ROOMCAL_SANDBOX=1: every stack) starts responders and the operator's command in the box that the unit makes, where
    responders can write into the stack's directory only, and the command into /tmp.
    At its end it looks for its secrets, those of every write_env, in all that was written into its directory (leaks.py)."""

    def __init__(self, rooms=3, items=40, seed=1, env=None, with_nginx=True, port=None, sim_options=None, prepare=None,
                 movable_clock=None, failing_disk=False, auth=None, extended_protection=None, realm=None,
                 sandboxed=os.environ.get("ROOMCAL_SANDBOX") == "1"):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="roomcal-", dir="/tmp"))  # a socket's path has 107 bytes
        self.socket = self.directory / "roomcal.sock"
        self.env_file = self.directory / ".env"
        self.log_file = self.directory / "roomcal.log"
        self.cache_dir = self.directory / "cache"
        self._reserved = None if port else ReservedPort()
        self.port = port or self._reserved.number
        self.url = f"http://127.0.0.1:{self.port}"
        self.sim = Sim(*(sim_options or ("--rooms", rooms, "--items", items, "--seed", seed)),
                       *login_options(auth, extended_protection, realm), environment=realm and realm.environment)
        self._realm = realm
        self.fcgi = None
        self.beside = []  # further Responders
        self.nginx = None
        self.secrets = set()
        self._preloaded = {}
        if SANITIZED and auth not in (None, "bearer"):
            self._forgive_gss_leaks()
        if movable_clock:
            self._preload(CLOCK_SHIM, ROOMCAL_TEST_CLOCK=self._movable_clock(movable_clock))
        if failing_disk:
            self._preload(DISK_SHIM, ROOMCAL_TEST_DISK=self._failing_disk(), ROOMCAL_TEST_DISK_DIR=self.cache_dir)
        self._box = sandbox.command(UNIT, self.directory) if sandboxed else []
        self._command_box = sandbox.command(UNIT, "/tmp") if sandboxed else []
        self._env = {"LOG_LEVEL": "debug", "COLD_WAIT": 50, **(env or {})}  # a visitor waits for the slowest machine
        self._with_nginx = with_nginx
        self._prepare = prepare or (lambda sim: None)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        self.sim.start()
        self._prepare(self.sim)
        self.write_env()
        self.start_fcgi()
        if self.fcgi.poll() is not None:
            raise StackError(f"the responder ended with {self.fcgi.returncode}:\n{self.log()}")
        if self._with_nginx:
            self._start_nginx()

    def stop(self):
        for responders in self.beside:
            responders.kill()
        # A sanitizer looks for leaks when a program ends by itself.
        end(self.fcgi, signal.SIGTERM if SANITIZED else signal.SIGKILL)
        end(self.nginx, signal.SIGTERM)
        self._end_detached()
        self.sim.stop()
        if self._reserved:
            self._reserved.close()
        leaks = leaks_under(self.directory, self.secrets)
        shutil.rmtree(self.directory, ignore_errors=True)
        if leaks:
            raise StackError("what must stay secret was written:\n" + "\n".join(leaks))

    def _end_detached(self):
        """Ends what goes on behind the answers of plain CGI: it would write where leaks are looked for."""
        def all_ended():
            for pid in (left := processes(self.env_file)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            return not left

        until(all_ended, "no process is left behind")

    # ---- settings ----

    def write_env(self, **changes):
        """Writes .env: the stand-in's lines, CACHE_DIR, and the changes, which stay for later calls. None: without that line."""
        self._env.update(changes)
        lines = self.sim.env(CACHE_DIR=self.cache_dir, **self._env).splitlines(keepends=True)
        kept = [line for line in lines if not line.endswith("=None\n")]
        self.secrets |= secrets_of(kept)
        self.env_file.touch(mode=0o600)
        self.env_file.write_text("".join(kept))

    # ---- the responder ----

    def start_fcgi(self, **environment):
        """A new responder under spawn-fcgi, with what the one before left in CACHE_DIR. Returns when it runs or has ended."""
        if not RESPONDER.exists():
            raise StackError(f"{RESPONDER} is not there: build first (scripts/test does)")
        self.socket.unlink(missing_ok=True)
        before = len(self.log())
        with open(self.log_file, "ab") as log:
            self.fcgi = subprocess.Popen(self.responder_command(), cwd=self.directory, env=self.environment(**environment),
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._until(lambda: "event=start" in self.log()[before:] or self.fcgi.poll() is not None, "the responder starts")
        return self.fcgi

    def responder_command(self):
        return [*self._box, "spawn-fcgi", "-n", "-s", str(self.socket), "-M", "0660", "--", str(RESPONDER)]

    def start_beside(self, count=None, **environment):
        """A further responder on the same CACHE_DIR, or `count` of them kept by multiwatch, with a socket and a log of their own.
        Returns when they run."""
        responders = Responders(RESPONDER, self.directory, f"roomcal-{len(self.beside) + 2}", self.environment(**environment), count, self._box)
        self.beside.append(responders)
        responders.start()
        until(lambda: responders.log().count("event=start") >= (count or 1), "the responders beside start")
        return responders

    def lease_holder(self):
        """The process that refreshes; None while nobody does."""
        lease = self.cache_dir / "lease"
        held = re.compile(rf"^\d+: FLOCK +ADVISORY +WRITE +(\d+) +\S+:{lease.stat().st_ino} ", re.M) if lease.exists() else None
        found = held and held.search(pathlib.Path("/proc/locks").read_text())
        return found and int(found[1])

    def environment(self, **more):
        """What roomcal's programs are run with; None takes a variable away."""
        variables = {"ROOMCAL_ENV": self.env_file, **self._preloaded, **(self._realm.environment if self._realm else {}), **more}
        return plain_environment(**{name: value for name, value in variables.items() if value is not None})

    def run_roomcal(self, *arguments, **environment):
        """The operator's command, with the same settings and clock."""
        return subprocess.run([*self._command_box, COMMAND, *arguments], cwd=self.directory, env=self.environment(**environment),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ANSWER_S)

    def restart_fcgi(self, **environment):
        """A clean end and a new start; gives the exit status of the end."""
        status = self.term()
        self.start_fcgi(**environment)
        return status

    def signal(self, name):
        self.fcgi.send_signal(getattr(signal, name))

    def term(self):
        """SIGTERM; the exit status."""
        self.signal("SIGTERM")
        return self.wait_exit()

    def wait_exit(self):
        """The exit status of a responder that is about to end."""
        try:
            return self.fcgi.wait(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise StackError(f"the responder does not end\n{self.log()}") from None

    def kill_fcgi(self):
        end(self.fcgi, signal.SIGKILL)

    def hup(self):
        """SIGHUP, and waits until the responder has said what came of it; gives what it logged since."""
        before = len(self.log())
        self.signal("SIGHUP")
        self._until(lambda: "event=reload" in self.log()[before:], "the responder reloads")
        return self.log()[before:]

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def wait_log(self, text):
        self.wait_log_since(0, text)

    def wait_log_since(self, before, text):
        """Until that is said behind so many characters."""
        self._until(lambda: text in self.log()[before:], f"the log says {text!r}")

    def wait_fresh(self):
        """Until every room was fetched and is fresh."""
        self._until(lambda: self.ask("/api/health")[0].json()["status"] == "ok", "all rooms are fresh")

    def wait_accepted(self, count):
        """Until so many connections are taken by the responder; what waits in the backlog has no inode yet."""
        taken = re.compile(rf"^\S+ \S+ \S+ \S+ \S+ 03 +[1-9]\d* {re.escape(str(self.socket))}$", re.M)
        table = pathlib.Path("/proc/net/unix")
        self._until(lambda: len(taken.findall(table.read_text())) >= count, f"{count} connections are accepted")

    def limit_descriptors(self, count):
        """From now on the responder can open no descriptor from this number on."""
        _, most = resource.prlimit(self.fcgi.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.fcgi.pid, resource.RLIMIT_NOFILE, (count, most))

    def ask(self, path, socket=None, **options):
        """One request past nginx, see fastcgi.request: (Reply, whether the reply was complete)."""
        with fastcgi.Connection(socket or self.socket) as connection:
            connection.send(fastcgi.request(path, **options))
            out, ended = connection.read_reply()
            return parse_cgi(out), ended

    def _until(self, condition, what):
        try:
            return until(condition, what)
        except NotInTime as error:
            raise StackError(f"{error}\n{self.log()}") from None

    # ---- what is preloaded: tests/shim ----

    def _preload(self, shim, **variables):
        """Lets roomcal's programs run with a library of tests/shim before libc."""
        if not shim.exists():
            raise StackError(f"{shim} is not there: build with -Dtests=enabled")
        before = self._preloaded.get("LD_PRELOAD")
        libraries = f"{before}:{shim}" if before else str(shim)
        # gcc's AddressSanitizer wants to come before every other library, but can do without.
        self._tell_asan("verify_asan_link_order=0")
        self._preloaded.update(LD_PRELOAD=libraries, **variables)

    def _tell_asan(self, option):
        said = self._preloaded.get("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", ""))
        self._preloaded["ASAN_OPTIONS"] = f"{said}:{option}".lstrip(":")

    def _forgive_gss_leaks(self):
        """gss-ntlmssp 1.2.0 loses memory for each password it hashes, which only whole stacks tell from a leak of libcrypto's."""
        self._tell_asan("fast_unwind_on_malloc=0")
        self._preloaded["LSAN_OPTIONS"] = f"print_suppressions=0:suppressions={pathlib.Path(__file__).with_name('lsan.supp')}"

    def _movable_clock(self, first):
        """The file that says how far the clock is moved: it shows this moment; True: the machine's own."""
        begins_at = time.time() if first is True else first.timestamp()
        self._midnight = begins_at // 86400 * 86400
        self._clock_file = self.directory / "clock"
        self._clock_file.write_bytes(struct.pack("=q", round(begins_at - time.time())))
        return self._clock_file

    def shift_clock(self, seconds):
        """From now on the wall clock of roomcal's programs is so many seconds ahead of the machine's; the monotonic one is not."""
        with open(self._clock_file, "r+b", buffering=0) as clock:
            clock.write(struct.pack("=q", seconds))  # in place: it is mapped

    def set_clock(self, days, hours=0):
        """That clock goes on from so many hours (which may be more or less than a day has) after the midnight (UTC) that begins the
        day so many days after its first one."""
        self.shift_clock(round(self._midnight + days * 86400 + hours * 3600 - time.time()))

    def _failing_disk(self):
        """The file that says which calls fail; none for now."""
        self._disk_file = self.directory / "disk"
        self._disk_file.write_bytes(bytes(4 * 8))
        return self._disk_file

    def fail_disk(self, error, first=1, count=1 << 60):
        """From now on calls that change or map files in CACHE_DIR fail with that errno: the `first`th and so many behind it. 0:
        none fails any longer. -SIGKILL: the process is killed before the call."""
        with open(self._disk_file, "r+b", buffering=0) as plan:
            plan.write(struct.pack("=4q", first, count, error, 0))  # in place: it is mapped

    def disk_calls(self):
        """How many such calls there were since fail_disk."""
        return struct.unpack("=4q", self._disk_file.read_bytes())[3]

    # ---- nginx ----

    def _start_nginx(self):
        directory = self.directory
        site = subprocess.run([PYTHON, ROOT / "scripts/site-file", "--listen", f"127.0.0.1:{self.port}", "--socket", self.socket,
                               "--cache", directory / "nginx-cache"], check=True, stdout=subprocess.PIPE, text=True).stdout
        (directory / "site.conf").write_text(site)
        user = "user root;" if os.geteuid() == 0 else ""  # its workers have to get into our directory
        (directory / "nginx.conf").write_text(NGINX_CONF.format(directory=directory, user=user))
        errors = directory / "nginx.log"
        self.nginx = subprocess.Popen(["nginx", "-p", directory, "-c", directory / "nginx.conf", "-e", errors],
                                      env=plain_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, start_new_session=True)
        until(lambda: self.nginx.poll() is not None or listens(self.port), "nginx starts")
        if self.nginx.poll() is not None:
            raise StackError(f"nginx does not start:\n{errors.read_text()}")

    def get(self, path, headers=None, method="GET"):
        """What nginx answers."""
        return http_get(self.port, path, headers, method)

    # ---- plain CGI ----

    def run_cgi(self, path, method="GET", pass_fds=(), **environment):
        """What the same program answers as a CGI program, with the same settings and cache directory, when nobody has its pipes
        open any more. "/a?b" is split as a web server would; keywords are further variables, None takes one away."""
        path_info, _, query = path.partition("?")
        variables = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "SCRIPT_NAME": "/cgi-bin/roomcal",
                     "PATH_INFO": path_info, "QUERY_STRING": query, **environment}
        done = subprocess.run([RESPONDER], cwd=self.directory, env=self.environment(**variables), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=pass_fds, timeout=ANSWER_S)
        return parse_cgi(done.stdout, done.stderr.decode(errors="replace"), done.returncode)


def check_with(sim, directory, lines, environment=None, preexec_fn=None, cache_dir=None):
    """`roomcal check` with the stand-in's settings but for these lines, and without a cache unless one is named."""
    shutil.rmtree(directory / "cache", ignore_errors=True)
    env_file = directory / ".env"
    env_file.touch(mode=0o600)
    env_file.write_text(sim.env(CACHE_DIR=cache_dir or directory / "cache", **lines))
    return subprocess.run([COMMAND, "check"], env=plain_environment(ROOMCAL_ENV=env_file, **(environment or {})),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ANSWER_S, preexec_fn=preexec_fn)


def login_options(auth, extended_protection, realm):
    """The stand-in's options for these ways to log in; None: what it has by itself."""
    options = []
    if auth:
        options += ["--auth", auth]
    if extended_protection:
        options += ["--tls", "--extended-protection", extended_protection]
    if realm:
        options += ["--keytab", realm.service_keytab]
    return options


def parse_cgi(output, errors="", exit_status=0):
    """A CGI response (RFC 3875, 6) as a Reply."""
    head, _, body = output.partition(b"\r\n\r\n")
    headers = email.parser.BytesParser().parsebytes(head + b"\r\n\r\n")
    status = headers.get("Status", "200").split()[0]
    return Reply(int(status), headers, body, errors, exit_status)


def http_get(port, path, headers=None, method="GET", body=None):
    """What a web server on loopback answers; the body as it comes, not decompressed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who wants no more of a body has answered
            connection.request(method, path, body=body, headers=headers or {})
        reply = connection.getresponse()
        return Reply(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


def processes(env_file):
    """The pids of all that run with these settings, as FastCGI or CGI. A zombie is none: it has no environment any more."""
    wanted = f"ROOMCAL_ENV={env_file}".encode()
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0") and b"roomcal-fcgi" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            pass  # it has ended meanwhile, or is another user's
    return found


def end(process, how):
    """Ends a process that leads a session; at the latest by SIGKILL, together with its children. Harmless when there is none or it has
    ended."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
