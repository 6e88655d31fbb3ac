# SPDX-License-Identifier: MIT
"""The channel binding tls-server-end-point of a certificate (RFC 5929, 4.1): the hash of it by the hash of its signature."""
from cryptography import x509
from cryptography.hazmat.primitives import hashes

_PREFIX = b"tls-server-end-point:"
_TOO_WEAK = ("md5", "sha1")  # SHA-256 in their place


def of_file(path):
    """The application data of the binding to the first certificate of a PEM file; ValueError when it has none."""
    with open(path, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None:
        raise ValueError(f"the signature of {path} has no hash, so RFC 5929 knows no binding to it")
    if algorithm.name in _TOO_WEAK:
        algorithm = hashes.SHA256()
    return _PREFIX + certificate.fingerprint(algorithm)
