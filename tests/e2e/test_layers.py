# SPDX-License-Identifier: MIT
"""Who may include whom (HACKING.md), read from every #include of src/, fcgi/ and cli/."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the top down. A folder may include itself and what stands in a later row; those in one row do not know each other.
LAYERS = [
    {"fcgi", "cli"},
    {"http", "refresh"},
    {"ews", "cache"},
    {"net", "calendar"},
    {"config"},
    {"base"},
]
# Below it, and forbidden all the same: http/ answers from files and knows nothing of Exchange.
FORBIDDEN = {"http": {"ews", "net"}}
# A library's headers have one home file, where one sentence says what we ask of it; libcrypto, which is several
# libraries in one, has one for each; GSS-API's has parts.
HOMES = {
    "curl/": ("src/net/connection.c", "src/net/failure.c"),
    "expat.h": ("src/ews/response.c",),
    "glib.h": ("src/calendar/tzdata.c",),
    "json-c/": ("src/base/json.c",),
    "openssl/": ("src/base/hash.c", "src/base/base64.c", "src/net/certificate_request.c", "src/net/channel_binding.c",
                 "src/net/failure.c", "src/net/jwt.c"),
    "gssapi/": ("src/net/auth_gss.c", "src/net/gss_credential.c", "src/net/gss_credential.h",
                "src/net/gss_failure.h"),
    "krb5.h": ("src/net/gss_credential.c", "src/net/gss_failure.c"),
    "unicode/": ("src/calendar/timezone.c",),
    "fcgiapp.h": ("fcgi/responders.c",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def level(folder):
    return next(i for i, layer in enumerate(LAYERS) if folder in layer)


def folder_of(path):
    parts = Path(path).parts
    return parts[1] if parts[0] == "src" else parts[0]


def ours(path, name):
    """Why the file must not include the header of ours, or None."""
    folder = folder_of(path)
    if "/" not in name:
        return None if folder in LAYERS[0] else f'name its layer: "{folder}/{name}"'
    other = name.split("/")[0]
    if not any(other in layer for layer in LAYERS):
        return f"{other}/ is no layer that this test knows: add it to LAYERS and to HACKING.md"
    if other == folder:
        return None
    if level(other) <= level(folder):
        return f"{folder}/ may not include {other}/: it is " + ("above" if level(other) < level(folder) else "beside") + " it"
    if other in FORBIDDEN.get(folder, ()):
        return f"{folder}/ may never include {other}/"
    return None


def theirs(path, name):
    """Why the file must not include the library's header, or None."""
    for start, homes in HOMES.items():
        if name.startswith(start) and path not in homes:
            return f"<{name}> is for {', '.join(homes)} alone: ask there for what you need"
    return None


def offences(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if match := INCLUDE.match(line):
            quote, name = match.groups()
            # Libraries in quotes would escape the rule otherwise.
            reason = theirs(path, name) or (ours(path, name) if quote == '"' else None)
            if reason:
                yield f"{path}:{number}: {line.strip()} — {reason}"


def sources():
    for top in "src", "fcgi", "cli":
        yield from sorted((ROOT / top).rglob("*.[ch]"))


def test_no_include_climbs():
    found = [offence for file in sources() for offence in offences(str(file.relative_to(ROOT)), file.read_text())]
    assert not found, "\n" + "\n".join(found)


def test_every_file_stands_in_a_layer():
    known = set().union(*LAYERS)
    strangers = [str(file.relative_to(ROOT)) for file in sources() if folder_of(file.relative_to(ROOT)) not in known]
    assert not strangers, f"add their folders to LAYERS and to HACKING.md: {strangers}"


def test_every_home_is_at_home():
    empty = [home for start, homes in HOMES.items() for home in homes if f"<{start}" not in (ROOT / home).read_text()]
    assert not empty, f"these are no longer the homes of their libraries: {empty}"


@pytest.mark.parametrize("path, line, word", [
    ("src/base/x.c", '#include "config/config.h"', "above"),
    ("src/cache/x.h", '#include "ews/fault.h"', "beside"),
    ("src/http/x.c", '#include "refresh/refresher.h"', "beside"),
    ("src/http/x.c", '#include "ews/fault.h"', "never"),
    ("src/http/x.c", '#include "net/transport.h"', "never"),
    ("src/refresh/x.c", '#  include  "http/site.h"', "beside"),
    ("src/net/x.c", '#include "calendar/field.h"', "beside"),
    ("cli/x.c", '#include "fcgi/service.h"', "beside"),
    ("src/http/x.c", '#include "message.h"', "name its layer"),
    ("src/http/x.c", '#include "util/list.h"', "no layer"),
    ("src/base/x.c", "#include <curl/curl.h>", "src/net/failure.c alone"),
    ("cli/x.c", "#include <json-c/json.h>", "src/base/json.c alone"),
    ("src/cache/x.c", '#include "openssl/evp.h"', "src/net/jwt.c alone"),
])
def test_a_wrong_include_is_told(path, line, word):
    (offence,) = offences(path, "/* a comment */\n" + line + "\n")
    assert offence.startswith(f"{path}:2: ") and word in offence


@pytest.mark.parametrize("path, line", [
    ("src/http/x.c", '#include "http/message.h"'),
    ("src/http/x.c", '#include "cache/shelf.h"'),
    ("src/ews/x.h", '#include "net/transport.h"'),
    ("fcgi/x.c", '#include "gateway.h"'),
    ("fcgi/x.c", '#include "ews/fault.h"'),
    ("src/net/connection.c", "#include <curl/curl.h>"),
    ("src/base/x.c", "#include <stdio.h>"),
])
def test_a_right_include_is_none_of_its_business(path, line):
    assert not list(offences(path, line))
