# SPDX-License-Identifier: MIT
"""The one place that asks the time: real, or standing still where somebody set it."""
import datetime

from xmltext import UTC


class Clock:
    def __init__(self, frozen_at=None):
        self._frozen_at = frozen_at

    def now(self):
        return self._frozen_at or datetime.datetime.now(UTC)

    def freeze(self, moment):
        self._frozen_at = moment

    def advance(self, seconds):
        """Moves the clock on.  It stands still afterwards, or a test could not say what time it is."""
        self._frozen_at = self.now() + datetime.timedelta(seconds=seconds)

    def run(self):
        """Back to the machine's own time."""
        self._frozen_at = None
