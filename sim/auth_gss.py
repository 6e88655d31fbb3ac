# SPDX-License-Identifier: MIT
"""NTLM, and Negotiate with Kerberos or NTLM in it: GSS-API's acceptors check, as Windows does for IIS.

Imported only when one of them is asked for: it needs python3-gssapi, and gss-ntlmssp for NTLM.
"""
import os
import pathlib
import tempfile
import threading

import gssapi
import ntlm_message
from gssapi import raw

_oid = gssapi.OID.from_int_seq
SPNEGO = _oid("1.3.6.1.5.5.2")
KRB5 = _oid("1.2.840.113554.1.2.2")
NTLM = _oid("1.3.6.1.4.1.311.2.2.10")

# Name in --auth -> the mechanisms of its tokens. Clients without SPNEGO send bare NTLM under Negotiate, which Windows takes.
MECHANISMS = {"ntlm": (NTLM,), "negotiate": (SPNEGO, KRB5, NTLM), "kerberos": (SPNEGO, KRB5)}


class Refused(Exception):
    """The login is refused. What the mechanism would tell the client about it is dropped, as IIS does."""


class Home:
    """What the acceptors share: the account as gss-ntlmssp wants it, the keytab, and their credentials.

    Both mechanisms find their secrets by the environment, of this process only.
    """

    def __init__(self, credentials, keytab):
        if ":" in credentials.password:
            raise ValueError("a password with a ':' cannot be written into gss-ntlmssp's user file")
        self._account = credentials
        self._holder = tempfile.TemporaryDirectory(prefix="ews-stand-in-")
        directory = pathlib.Path(self._holder.name)
        self._user_file = directory / "users"
        self._lock = threading.Lock()
        os.environ["NTLM_USER_FILE"] = str(self._user_file)
        os.environ["KRB5_KTNAME"] = keytab or str(directory / "no-keytab")
        os.environ["KRB5RCACHENAME"] = f"file2:{directory / 'replays'}"
        self._made = {}

    def close(self):
        self._holder.cleanup()

    def credentials(self, scheme):
        """What a handshake of the scheme accepts with; ValueError when nobody can."""
        if scheme not in self._made:
            mechanisms = MECHANISMS[scheme]
            try:
                made = raw.acquire_cred(None, mechs=list(mechanisms), usage="accept").creds
                if SPNEGO in mechanisms:
                    raw.set_neg_mechs(made, [one for one in mechanisms if one != SPNEGO])
            except raw.GSSError as error:
                raise ValueError(f"{scheme} cannot be accepted (is gss-ntlmssp installed, a --keytab given?): {error}") from None
            self._made[scheme] = made
        return self._made[scheme]

    def accept(self, token, message, **state):
        """One step of an acceptor. The account is known there under the very name and domain that the message has: a domain
        controller takes any spelling, the user file only one."""
        with self._lock:
            known = message and self._account.is_account(message.user) and not set(message.domain + message.user) & set(":\n")
            names = (message.domain, message.user) if known else ("", self._account.name)
            self._user_file.write_text(":".join((*names, self._account.password)) + "\n")
            return raw.accept_sec_context(token, **state)

    def is_account(self, name):
        return self._account.is_account(name)


class Handshake:
    """One login of one connection. `protection` is none, allow or require; `binding` the application data it goes by."""

    def __init__(self, home, scheme, protection, binding):
        self._home = home
        self._credentials = home.credentials(scheme)
        self._must_be_bound = protection == "require"
        self._binding = None if protection == "none" else binding
        self._context = None
        self.done = False
        self.is_kerberos = False

    def step(self, token):
        """The answer to the client's token, perhaps None; Refused when that is no login. `done` says whether it is one."""
        message = ntlm_message.read(token)
        self._check_zeros(message)
        bindings = self._binding and raw.ChannelBindings(application_data=self._binding)
        try:
            result = self._home.accept(ntlm_message.with_version(token), message, acceptor_creds=self._credentials, context=self._context,
                                       channel_bindings=bindings)
        except raw.GSSError as error:
            raise Refused(str(error)) from None
        self._context = result.context
        if not result.more_steps:
            self._finish(result)
        return result.token

    def _check_zeros(self, message):
        if self._binding and message and message.binding is not None and not any(message.binding):
            raise Refused("a binding of zeros is a wrong one")

    def _finish(self, result):
        if self._must_be_bound and raw.RequirementFlag.channel_bound not in result.flags:
            raise Refused("no channel binding")
        if not self._home.is_account(str(gssapi.Name(result.initiator_name)).rstrip("\0")):
            raise Refused("another account")
        self.is_kerberos = result.mech == KRB5
        self.done = True
