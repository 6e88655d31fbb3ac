# SPDX-License-Identifier: MIT
"""What goes on meanwhile: visitors who read, rooms that change."""
import threading


class Background:
    """Does something again and again, with a pause after each, in a thread of its own until the end; what it raises is raised
    there."""

    def __init__(self, action, pause_s=0.005):
        self._action = action
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self._stop.wait(self._pause_s):
                self._action()
        except BaseException as error:  # noqa: B902, shown by the thread that ends us
            self._error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join()
        if self._error:
            raise self._error
