# SPDX-License-Identifier: MIT
"""Secrets where they must not be: in what programs wrote, in every form that they could have taken on their way.

Every Stack searches its directory when it ends (stack.py), so each e2e test is a test of this too."""
import base64
import json
import re
import sys
import urllib.parse

# A shorter one may stand anywhere by nature: tests that want a login refused have a password "wrong".
SHORTEST = 8
SECRET_SETTINGS = ("PASSWORD", "OAUTH_CLIENT_SECRET")
# What secrets are made into, whatever they are: an NTLM message, the stand-in's tokens and the assertions for them.
ALWAYS = {"an NTLM message": b"NTLMSSP\0", "an NTLM message in base64": b"TlRMTVNTUA",
          "a token": b"eyJ0eXAiOiJKV1QifQ", "a login": b"Authorization:"}


def in_base64(raw):
    """What of the base64 of a longer text tells that these bytes are in it, for each of the three places where they may begin."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw)
        first = -(-before * 8 // 6) + (before > 0)
        last = (before + len(raw)) * 8 // 6
        yield whole[first:last]


def forms(secret):
    """{what it is: its bytes} of a secret in every form."""
    raw, wide = secret.encode(), secret.encode("utf-16-le")
    made = {"as it is": raw, "in UTF-16": wide,
            "percent-encoded": urllib.parse.quote(secret, safe="").encode(),
            "percent-encoded in lower case": re.sub(rb"%..", lambda code: code[0].lower(), urllib.parse.quote(secret, safe="").encode()),
            "as a form": urllib.parse.quote_plus(secret).encode(),
            "in JSON": json.dumps(secret)[1:-1].encode(), "in JSON as UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
            "in hexadecimal": raw.hex().encode()}
    for name, plain in ("in base64", raw), ("in UTF-16 in base64", wide):
        for place, text in enumerate(in_base64(plain)):
            made[f"{name}, {place} behind"] = text
            made[f"{name} for URLs, {place} behind"] = text.translate(bytes.maketrans(b"+/", b"-_"))
    return made


def unquote(value):
    """A value of .env, as the stand-in or a test writes it."""
    return re.sub(r"\\(['\\])", r"\1", value[1:-1]) if value[:1] == "'" else value


def secrets_of(lines):
    """What nobody may see of the lines of .env."""
    settings = {name: unquote(value) for name, _, value in (line.rstrip("\n").partition("=") for line in lines)}
    values = {settings.get(name) for name in SECRET_SETTINGS}
    _, _, password = (urllib.parse.urlsplit(settings.get("PROXY") or "").netloc.rpartition("@")[0]).partition(":")
    values |= {password, urllib.parse.unquote(password)}
    return {value for value in values if value and len(value) >= SHORTEST}


def leaks_in(data, secrets):
    """What of the secrets stands in these bytes: sentences that name the form, and never the secret."""
    wanted = dict(ALWAYS)
    for number, secret in enumerate(sorted(secrets)):
        wanted.update({f"secret {number + 1} {form}": raw for form, raw in forms(secret).items()})
    return [name for name, raw in wanted.items() if raw in data]


def is_program(data):
    """A copy of roomcal-fcgi knows how an NTLM message begins. A core dump is an ELF file too, and may hold anything."""
    elf_type_core = (4).to_bytes(2, sys.byteorder)
    return data[:4] == b"\x7fELF" and data[16:18] != elf_type_core


def leaks_under(directory, secrets):
    """The same for all files of a directory but programs and those that hold settings."""
    found = []
    for file in directory.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.suffix != ".env" and file.name != ".env":
            data = file.read_bytes()
            leaks = [] if is_program(data) else leaks_in(data, secrets)
            found += [f"{file.relative_to(directory)}: {leak}" for leak in leaks]
    return found
