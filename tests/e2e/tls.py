# SPDX-License-Identifier: MIT
"""What stands between roomcal and the stand-in: authorities and their certificates, a front that speaks TLS, a proxy.

    authority = Authority(tmp_path, "root")
    with Front(sim.port, authority.issue("server", ip="127.0.0.1").server_context()) as front:
        ...  # https://127.0.0.1:{front.port} is the stand-in
"""
import datetime
import ipaddress
import pathlib
import socket
import ssl
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def moment(days):
    return datetime.datetime.utcnow() + datetime.timedelta(days=days)


class Certificate:
    """A certificate with its key, each in a file of its own, and both in a third; the files of keys are their owner's alone."""

    def __init__(self, directory, name, certificate, key, chain=(), passphrase=None):
        self.certificate, self.key = certificate, key
        encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, *chain))
        key_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        self.cert_file = self._write(directory / f"{name}.crt", pem)
        self.key_file = self._write(directory / f"{name}.key", key_pem)
        self.both_file = self._write(directory / f"{name}.pem", pem + key_pem)

    @staticmethod
    def _write(path, text):
        path.touch(mode=0o600)
        path.write_bytes(text)
        return path

    def server_context(self, **options):
        """The server's side of TLS; options are attributes of ssl.SSLContext."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file, self.key_file)
        for name, value in options.items():
            setattr(context, name, value)
        return context


class Authority(Certificate):
    """One that signs itself, or that `parent` has signed."""

    def __init__(self, directory, name, parent=None):
        self.directory = pathlib.Path(directory)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {name}")])
        self.chain = (parent.certificate, *parent.chain[:-1]) if parent and parent.parent else ()
        self.parent = parent
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, issuer_key = (parent.name, parent.key) if parent else (self.name, key)
        certificate = sign(self.name, key, issuer, issuer_key, moment(-2), moment(30), is_authority=True)
        super().__init__(self.directory, name, certificate, key)

    def issue(self, name, ip=None, dns=None, begin=-1, end=10, key=None, passphrase=None, with_chain=True):
        """begin and end are days from now."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ipaddress.ip_address(ip))] if ip else [x509.DNSName(dns or "client.example")]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = sign(subject, key, self.name, self.key, moment(begin), moment(end), names)
        chain = (self.certificate,) if with_chain and self.parent else ()
        return Certificate(self.directory, name, certificate, key, chain, passphrase)


def self_signed(directory, name, ip):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.IPAddress(ipaddress.ip_address(ip))]
    return Certificate(pathlib.Path(directory), name, sign(subject, key, subject, key, moment(-1), moment(10), names), key)


def made_by_openssl(directory, name, *key):
    """(certificate, key), PEM files for this host, self-signed; `key` as `openssl req -newkey` has it, and more of its options."""
    files = pathlib.Path(directory, f"{name}.pem"), pathlib.Path(directory, f"{name}.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", *(key or ("rsa:2048",)), "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
                   check=True, capture_output=True)
    return files


def weak_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def sign(subject, key, issuer, issuer_key, begin, end, names=(), is_authority=False):
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
               .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
               .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


class Listener:
    """A loopback port; each connection is served by a thread of its own."""

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._thread.join()
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._run, args=(client,), daemon=True).start()

    def _run(self, client):
        with client:
            try:
                self.serve(client)
            except OSError:  # ssl.SSLError is one
                pass
            drain(client)

    def serve(self, client):
        raise NotImplementedError


def drain(client):
    """Reads to the end, so that what was sent last arrives, where a close with unread bytes would be a reset."""
    try:
        client.shutdown(socket.SHUT_WR)
        client.settimeout(10)
        while client.recv(65536):
            pass
    except OSError:
        pass


def pump(one, other):
    """Carries bytes both ways until both sides have ended."""

    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in source, sink:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    back = threading.Thread(target=carry, args=(other, one), daemon=True)
    back.start()
    carry(one, other)
    back.join()


class Front(Listener):
    """Speaks TLS, and passes on to a port without it. `handshakes`: how many were good."""

    def __init__(self, port, context):
        self._target, self.context, self.handshakes = port, context, 0

    def serve(self, client):
        # Not wrapped: of the bare socket drain() can read on after the alert.
        with self.context.wrap_socket(client.dup(), server_side=True) as secure:
            self.handshakes += 1
            with socket.create_connection(("127.0.0.1", self._target)) as target:
                pump(secure, target)


class Proxy(Listener):
    """Answers CONNECT with `status`, and after 200 leads to where it was asked to, or to the port `instead`. `heads`: what it
    was asked. With `context` it speaks TLS itself."""

    def __init__(self, status=200, login=None, context=None):
        self._status, self._login, self._context = status, login, context
        self.heads = []

    def serve(self, client):
        if not self._context:
            return self._answer(client)
        with self._context.wrap_socket(client.dup(), server_side=True) as secure:
            self._answer(secure)

    def _answer(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return
            head += data
            if not b"CONNECT ".startswith(head[:8]):  # a TLS hello, say
                return client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        head = head.decode()
        self.heads.append(head)
        status = 407 if self._login and f"\r\nProxy-Authorization: {self._login}\r\n" not in head else self._status
        if status != 200:
            client.sendall(f"HTTP/1.1 {status} No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 4\r\n"
                           "Connection: close\r\n\r\nnope".encode())
            return
        host, _, port = head.split()[1].rpartition(":")
        with socket.create_connection((host, int(port))) as target:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump(client, target)
