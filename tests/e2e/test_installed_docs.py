# SPDX-License-Identifier: MIT
"""What an installed roomcal refers to is installed with it."""
import json
import re
import subprocess

from sim import ROOT
from stack import BUILD

REFER = ["README.md", ".env.example", "man/*.scd", "nginx/*.conf", "apache/*.conf", "systemd/*.in", "src/ews/fault_table.h", "docs/*.md"]
TREE_ONLY = {"docs/fuzzing.md"}


def text(pattern):
    return "".join(path.read_text() for path in sorted(ROOT.glob(pattern)) if str(path.relative_to(ROOT)) not in TREE_ONLY)


def test_each_page_that_is_referred_to_is_installed():
    told = subprocess.run(["meson", "introspect", "--installed", BUILD], capture_output=True, check=True)
    installed = json.loads(told.stdout)
    pages = {page for pattern in REFER for page in re.findall(r"\bdocs/[a-z-]+\.md", text(pattern))} - TREE_ONLY
    assert len(pages) > 5
    missing = {page for page in pages if str(ROOT / page) not in installed}
    assert not missing
