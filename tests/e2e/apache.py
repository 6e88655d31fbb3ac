# SPDX-License-Identifier: MIT
"""An Apache of our own beside a Stack: on loopback, in the stack's directory, with a configuration that we ship.

    with Apache(stack, "roomcal-cgi.conf", modules=["cgid"]) as apache:
        assert apache.get("/api/calendar").status == 200

Apache does not run as root. Where the tests do, it and the CGI programs it starts run as www-data, as on a server, and the stack's
directory is theirs from then on.
"""
import os
import pathlib
import shutil
import signal
import subprocess

from ports import ReservedPort, listens
from sim import ROOT
from stack import RESPONDER, StackError, end, http_get, plain_environment, until

MODULES = pathlib.Path("/usr/lib/apache2/modules")
USER = "www-data"
# What Debian's Apache has from the start, of which our files use some.
ALWAYS = ["mpm_event", "authz_core", "authz_host", "alias", "env", "filter", "deflate", "headers"]

FRAME = """\
ServerRoot {directory}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {directory}/apache.pid
ErrorLog {directory}/apache.log
LogLevel warn
Mutex file:{directory} default
{modules}
<IfModule mod_cgid.c>
ScriptSock {directory}/cgid.sock
</IfModule>
<IfModule mod_fcgid.c>
FcgidIPCDir {directory}
FcgidProcessTableFile {directory}/fcgid.shm
</IfModule>
StartServers 1
Define ROOMCAL_SOCKET {socket}
Define ROOMCAL_PROGRAM {program}
Define ROOMCAL_ENV {env_file}
<Directory />
    Require all denied
</Directory>
<VirtualHost *>
    Include {site}
    {more}
</VirtualHost>
"""


class Apache:
    """`site` is a file of apache/; `modules` are those that its users have to enable; `more` are further lines."""

    def __init__(self, stack, site, modules, more=""):
        self._more = more
        self._stack = stack
        self._site = site
        self._modules = modules
        self._process = None
        self._reserved = ReservedPort()
        self.port = self._reserved.number

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_error):
        self._stop()

    def _start(self):
        directory = self._stack.directory
        program = directory / "roomcal-fcgi"  # a build directory may be in somebody's home
        shutil.copy(RESPONDER, program)
        conf = directory / "apache.conf"
        conf.write_text(FRAME.format(
            directory=directory, port=self.port, socket=self._stack.socket, program=program, env_file=self._stack.env_file,
            site=ROOT / "apache" / self._site, more=self._more,
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in ALWAYS + self._modules)))
        self.give(directory, *directory.rglob("*"))
        who = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        self._process = subprocess.Popen(["apache2", "-D", "FOREGROUND", "-f", conf], env=plain_environment(),
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=open(directory / "apache.stderr", "wb"), start_new_session=True, **who)
        until(lambda: self._process.poll() is not None or listens(self.port), "Apache starts")
        if self._process.poll() is not None:
            raise StackError(f"Apache does not start:\n{(directory / 'apache.stderr').read_text()}{self.log()}")

    @staticmethod
    def give(*paths):
        """Makes these Apache's own."""
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, USER, USER)

    def _stop(self):
        end(self._process, signal.SIGTERM)
        self._reserved.close()
        print(self.log())

    def log(self):
        """What Apache and the CGI programs said."""
        file = self._stack.directory / "apache.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def get(self, path, headers=None, method="GET", body=None):
        return http_get(self.port, path, headers, method, body=body)

    def roomcals(self):
        """{pid: state} of roomcal's processes that Apache, or what it started, has started and not reaped; "Z" is a zombie."""
        processes = {}  # pid: (parent, name, state)
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
                state, parent = rest.split()[:2]
                processes[int(stat.parent.name)] = (int(parent), name, state)
            except OSError:
                pass  # it has ended meanwhile
        family = {self._process.pid}
        while more := {pid for pid, (parent, _, _) in processes.items() if parent in family} - family:
            family |= more
        return {pid: processes[pid][2] for pid in family if pid in processes and processes[pid][1] == RESPONDER.name}
