# SPDX-License-Identifier: MIT
"""Client assertions (RFC 7523, as Entra ID wants them): a JWT by the client's certificate, checked to the letter.

Imported only when somebody sends one: it needs python3-cryptography.
"""
import base64
import binascii
import json

from cryptography import exceptions, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME_MAX_S = 86400  # nobody means longer than this
_PADDINGS = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)}


class Wrong(Exception):
    """The assertion is none; the text says why."""


class Checker:
    """Knows the client's certificate (a PEM file) and which assertions were used."""

    def __init__(self, file, client_id):
        with open(file, "rb") as pem:
            self._certificate = x509.load_pem_x509_certificate(pem.read())
        self._client_id = client_id
        self._used = set()

    def check(self, text, audience, now):
        """`now` in seconds since 1970; Wrong when the assertion does not hold."""
        parts = text.split(".")
        if len(parts) != 3:
            raise Wrong("it has not three parts")
        header, claims = _json(parts[0]), _json(parts[1])
        self._check_header(header)
        self._check_signature(header["alg"], f"{parts[0]}.{parts[1]}".encode(), _decoded(parts[2]))
        self._check_claims(claims, audience, now)
        self._used.add(claims["jti"])

    def _check_header(self, header):
        thumbprint = base64.urlsafe_b64encode(self._certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
        if header.get("alg") not in _PADDINGS:
            raise Wrong(f"alg is none of {', '.join(_PADDINGS)}")
        if header.get("typ") != "JWT":
            raise Wrong("typ is not JWT")
        if header.get("x5t#S256") != thumbprint:
            raise Wrong("x5t#S256 is not the thumbprint of the certificate")

    def _check_signature(self, algorithm, signed, signature):
        try:
            self._certificate.public_key().verify(signature, signed, _PADDINGS[algorithm], hashes.SHA256())
        except exceptions.InvalidSignature:
            raise Wrong("the signature is not of this certificate's key") from None

    def _check_claims(self, claims, audience, now):
        for name, wanted in (("aud", audience), ("iss", self._client_id), ("sub", self._client_id)):
            if claims.get(name) != wanted:
                raise Wrong(f"{name} is {claims.get(name)!r} and not {wanted!r}")
        times = [claims.get(name) for name in ("nbf", "exp")]
        if not all(isinstance(one, int) for one in times) or not times[0] <= now < times[1] <= now + _LIFETIME_MAX_S:
            raise Wrong(f"nbf and exp are {times}, and it is {int(now)}")
        if not isinstance(claims.get("jti"), str) or claims["jti"] in self._used:
            raise Wrong("jti is missing, or was used")


def _decoded(part):
    try:
        if "=" in part:
            raise ValueError
        return base64.b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("a part is not base64url without padding") from None


def _json(part):
    try:
        found = json.loads(_decoded(part))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Wrong("a part is no JSON object")
    return found
