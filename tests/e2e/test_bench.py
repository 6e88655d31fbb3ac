# SPDX-License-Identifier: MIT
"""The benchmarks run, on something small; what they measure is for people to look at."""
import os
import re
import subprocess

from sim import PYTHON, ROOT
from stack import ANSWER_S, BUILD


def test_the_thousand_rooms_are_measured_against_their_requests_alone():
    done = subprocess.run([PYTHON, ROOT / "bench/thousand-rooms", "--rooms", "20", "--items", "3", "--latency-ms", "1", "--lanes", "4",
                           "--runs", "1", "--at-most", "10000"], env={**os.environ, "ROOMCAL_BUILD": str(BUILD)}, capture_output=True,
                          text=True, timeout=ANSWER_S)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  \d+ requests, .* ideal 0\.\d+ s, ratio \d+\.\d+ ", done.stdout, re.M), done.stdout
