# SPDX-License-Identifier: MIT
"""A Kerberos realm of a test's own: MIT's KDC on a loopback port, its database in a temporary directory.

    with Kdc() as kdc:
        kdc.add("room", password="secret")
        kdc.add("HTTP/127.0.0.1")
        kdc.keytab("HTTP/127.0.0.1", directory / "service.keytab")
        subprocess.run([...], env={**os.environ, **kdc.environment})

`environment` leads a process to this realm and to no other: names are taken as they are written, no DNS is asked, and the
system's own /etc/krb5.conf, keytab and ticket cache are not seen.
"""
import os
import pathlib
import subprocess
import tempfile

from ports import ReservedPort, listens
from waiting import DEADLINE_S, until

REALM = "ROOMCAL.TEST"
SBIN = "/usr/sbin"  # where Debian has the KDC's programs, and few users have it in their PATH

KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
    kdc_timesync = 0
    default_keytab_name = FILE:{directory}/none.keytab
    default_client_keytab_name = FILE:{directory}/none.keytab
    default_ccache_name = FILE:{directory}/none.ccache
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
"""

KDC_CONF = """\
[kdcdefaults]
    kdc_listen = ""
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {directory}/principal
        key_stash_file = {directory}/stash
        acl_file = {directory}/kadm5.acl
        max_life = 10h
        default_principal_flags = +preauth
    }}
[logging]
    kdc = FILE:{directory}/kdc.log
"""


class Kdc:
    def __init__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="kdc-")
        self.directory = pathlib.Path(self._temporary.name)
        self._process = None
        self._port = ReservedPort()
        for name, text in ("krb5.conf", KRB5_CONF), ("kdc.conf", KDC_CONF):
            (self.directory / name).write_text(text.format(realm=REALM, directory=self.directory, port=self._port.number))
        self.environment = {"KRB5_CONFIG": str(self.directory / "krb5.conf"),
                            "KRB5_KDC_PROFILE": str(self.directory / "kdc.conf"),
                            "KRB5RCACHEDIR": str(self.directory)}

    def __enter__(self):
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()
        self._port.close()
        self._temporary.cleanup()

    def start(self):
        """Ends when the KDC answers. Harmless when it does already."""
        if self._process:
            return
        # -n: stays in the foreground, so that it is ours to end.
        self._process = subprocess.Popen([f"{SBIN}/krb5kdc", "-n"], env=self._environment(), stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self._process.poll() is not None or listens(self._port.number), "the KDC answers")
        assert self._process.poll() is None, f"the KDC ended at once:\n{self.log()}"

    def stop(self):
        """From now on the realm is there, and nobody answers for it; start() brings the KDC back on its port."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def log(self):
        """What the KDC wrote: a line with AS_REQ or TGS_REQ for each request."""
        path = self.directory / "kdc.log"
        return path.read_text() if path.exists() else ""

    def add(self, principal, password=None, *options):
        """A principal, which has to prove itself first, as in Active Directory; without a password it has a random key, for a keytab."""
        key = ["-randkey"] if password is None else ["-pw", password]
        self._run("kadmin.local", "-q", " ".join(["addprinc", *options, *key, principal]))

    def change_password(self, principal, password):
        self._run("kadmin.local", "-q", f"cpw -pw {password} {principal}")

    def keytab(self, principal, path):
        """Appends the keys of the principal, which stay as they are, to the keytab `path`."""
        self._run("kadmin.local", "-q", f"ktadd -norandkey -k {path} {principal}")

    def ticket(self, principal, password, path, *options):
        """A ticket cache; options are kinit's, `-l 5m` for one."""
        self._run("kinit", "-c", str(path), *options, principal, input=password + "\n")

    def _environment(self):
        return {**os.environ, **self.environment, "PATH": f"{os.environ['PATH']}:{SBIN}"}

    def _run(self, *command, **options):
        done = subprocess.run(command, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=DEADLINE_S, check=False, **options)
        # kadmin.local ends with 0 whatever happened, but it says what went wrong under its name or another's.
        failed = done.returncode or any(line.startswith(("kadmin.local: ", "add_principal: ", "change_password: "))
                                        for line in done.stdout.splitlines() if "no policy specified" not in line)
        assert not failed, f"{' '.join(command)}: {done.stdout}"


class Realm(Kdc):
    """The stand-in's own realm: its account, and its service under the names that tests call it by."""

    ACCOUNT, PASSWORD = "svc-rooms", "let-the-rooms-be-read"
    SERVICES = ("HTTP/localhost", "HTTP/127.0.0.1")

    def __enter__(self):
        super().__enter__()
        self.add(self.ACCOUNT, self.PASSWORD)
        self.service_keytab = self.directory / "service.keytab"
        for service in self.SERVICES:
            self.add(service)
            self.keytab(service, self.service_keytab)
        return self

    def account_keytab(self):
        """A keytab by which the account gets tickets."""
        path = self.directory / "account.keytab"
        if not path.exists():
            self.keytab(self.ACCOUNT, path)
        return path

    def account_ticket(self, *options, name="account.ccache"):
        """A new ticket cache of the account; options are kinit's."""
        path = self.directory / name
        self.ticket(self.ACCOUNT, self.PASSWORD, path, *options)
        return path
