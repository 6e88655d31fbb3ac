# SPDX-License-Identifier: MIT
"""Responders on a socket of their own: one under spawn-fcgi, or several that multiwatch keeps. A Stack has its first one itself;
these share its settings and its CACHE_DIR (stack.start_beside)."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

from waiting import DEADLINE_S


class Responders:
    """`socket` to ask, `process` is the one responder, or multiwatch with `count` of them; `box` is the command that starts them
    in a sandbox."""

    def __init__(self, program, directory, name, environment, count=None, box=()):
        self.socket = directory / f"{name}.sock"
        self.log_file = directory / f"{name}.log"
        self.process = None
        self._environment = environment
        self._is_watched = count is not None
        watch = [shutil.which("multiwatch"), "-f", str(count), "--"] if self._is_watched else []  # spawn-fcgi knows no PATH
        self._command = [*box, "spawn-fcgi", "-n", "-s", str(self.socket), "-M", "0660", "--", *watch, str(program)]

    def start(self):
        self.socket.unlink(missing_ok=True)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self._command, cwd=self.log_file.parent, env=self._environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def pids(self):
        """Of the responders themselves."""
        if not self._is_watched:
            return [self.process.pid]
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def term(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE_S)

    def kill(self):
        """SIGKILL for all of them. Harmless when they have ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
