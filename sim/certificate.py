# SPDX-License-Identifier: MIT
"""TLS for the stand-in: the certificate that was given, or one for loopback made on the spot with the openssl command."""
import pathlib
import ssl
import subprocess
import tempfile


class NoCertificate(Exception):
    """The text says why there is none."""


def context(certificate, key):
    """The server's side of TLS with the certificate in these files."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        made.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise NoCertificate(f"cannot use certificate {certificate}: {error}") from None
    return made


def make():
    """A new self-signed certificate: (the temporary directory that holds it, certificate file, key file)."""
    holder = tempfile.TemporaryDirectory(prefix="ews-stand-in-")
    certificate, key = (str(pathlib.Path(holder.name) / name) for name in ("certificate.pem", "key.pem"))
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
               "-keyout", key, "-out", certificate]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        holder.cleanup()
        raise NoCertificate(f"cannot make a certificate with openssl ({error}); give --tls-cert and --tls-key") from None
    return holder, certificate, key
