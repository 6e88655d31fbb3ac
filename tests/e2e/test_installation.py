# SPDX-License-Identifier: MIT
"""meson install: what is installed, and what it leaves alone."""
import json
import os
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


def install_conf(root, *files):
    return subprocess.run([ROOT / "scripts/install-conf", "/etc/site", *files], env={**os.environ, "DESTDIR": str(root)}, check=True,
                          capture_output=True, text=True).stdout


def test_a_web_server_s_file_that_was_edited_outlives_an_update(tmp_path):
    ours = tmp_path / "roomcal.conf"
    installed = tmp_path / "root/etc/site/roomcal.conf"
    beside = installed.with_name("roomcal.conf.new")
    ours.write_text("first")
    install_conf(tmp_path / "root", ours)
    assert installed.read_text() == "first" and not beside.exists()
    installed.write_text("first, deny all")
    ours.write_text("second")
    assert f"Keeping {installed}" in install_conf(tmp_path / "root", ours)
    assert (installed.read_text(), beside.read_text()) == ("first, deny all", "second")
    installed.write_text("second")
    install_conf(tmp_path / "root", ours)
    assert installed.read_text() == "second" and not beside.exists()


def test_the_web_servers_files_are_installed(tmp_path):
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", tmp_path], check=True, capture_output=True)
    assert {path.name for path in tmp_path.rglob("*.conf")} == {"roomcal.conf", "roomcal-cgi.conf"}
    assert len(list(tmp_path.rglob("roomcal.conf"))) == 2  # nginx and Apache
