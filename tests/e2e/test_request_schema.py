# SPDX-License-Identifier: MIT
"""Our requests against Microsoft's schema.

The requests come from the program request-dump of the build directory (ROOMCAL_BUILD, default: build). The schema is
not ours to ship: where a checkout has it beside the project, xmllint compares; elsewhere these tests skip.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT.parent / "shared/ews/libxml2/messages.xsd"
DUMP = ROOT / os.environ.get("ROOMCAL_BUILD", "build") / "tests/unit/ews/request-dump"

if not SCHEMA.exists():
    pytest.skip(f"Microsoft's schema is not at ../{SCHEMA.relative_to(ROOT.parent)}", allow_module_level=True)
if shutil.which("xmllint") is None:
    pytest.skip("xmllint is not installed", allow_module_level=True)


def request(what):
    return subprocess.run([DUMP, what], capture_output=True, text=True, check=True).stdout


def inside(name, text):
    return re.search(rf"<soap:{name}>(.*)</soap:{name}>", text, re.DOTALL).group(1)


def complaints(tmp_path, text, element=None):
    """What xmllint says of one element, by itself that inside soap:Body, to which the envelope's namespaces are given."""
    namespaces = " ".join(re.findall(r'xmlns:[mt]="[^"]*"', text))
    file = tmp_path / "element.xml"
    file.write_text(re.sub(r"^<([mt]:\w+)", rf"<\1 {namespaces}", element or inside("Body", text)))
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", SCHEMA, file], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("what", ("find-default", "find-all", "get-default", "get-all", "get-folder", "check-folders",
                                  "get-room-lists", "get-rooms"))
def test_our_requests_are_valid(tmp_path, what):
    assert complaints(tmp_path, request(what)) == ""


def test_our_headers_are_valid(tmp_path):
    text = request("get-folder")
    version, impersonation = re.fullmatch(r"(<t:RequestServerVersion [^>]*/>)(<t:ExchangeImpersonation>.*)", inside("Header", text)).groups()
    assert complaints(tmp_path, text, version) == ""
    assert complaints(tmp_path, text, impersonation) == ""
    assert "PrimaryAddress" in complaints(tmp_path, text, impersonation.replace("PrimarySmtpAddress", "PrimaryAddress"))


def test_the_check_finds_a_wrong_element(tmp_path):
    text = request("find-default").replace("calendar:Duration", "calendar:Durration")
    assert "Durration" in complaints(tmp_path, text)
