# SPDX-License-Identifier: MIT
"""Who may ask: the account, the ways to log in that are offered, and what a connection has of a login.

As IIS does: NTLM and Negotiate log in a connection, in legs; Basic and Bearer one request. Knows headers; the mechanisms
are in auth_gss.py, the tokens in bearer.py.
"""
import base64
import binascii
import importlib
import typing

# Name in --auth -> what it is called in headers; in the order in which IIS offers them.
SCHEMES = {"kerberos": "Negotiate", "negotiate": "Negotiate", "ntlm": "NTLM", "basic": "Basic", "bearer": "Bearer"}
BY_GSS = ("kerberos", "negotiate", "ntlm")
PROTECTION = ("none", "allow", "require")
# What the schemes have to say with their names, when they ask for a login.
_REALMS = {"basic": ' realm="{host}"',
           "bearer": ' client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*"'}

# What comes of looking at the login of a request.
PASSED, ANONYMOUS, LEG, REFUSED = "passed", "anonymous", "leg", "refused"


class Outcome(typing.NamedTuple):
    kind: str
    offers: tuple = ()          # of WWW-Authenticate
    app_only: bool = False      # by the token of an application, which is nobody's
    logged_in: bool = False     # by this request, for the connection


class Credentials:
    """Who may ask.  The account's name counts and its domain does not: name, DOMAIN\\name and name@domain are one."""

    def __init__(self, user, password):
        self.user = user
        self.password = password

    @property
    def name(self):
        return self.user.rpartition("\\")[2].partition("@")[0]

    def is_account(self, user):
        return user.rpartition("\\")[2].partition("@")[0].lower() == self.name.lower()

    def accept(self, encoded):
        """By the Base64 of Basic."""
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self.is_account(user) and password == self.password


class Guard:
    """What all connections have in common.  `certificate`: a PEM file, whose binding is asked for; None without TLS."""

    def __init__(self, credentials, settings, tokens, keytab=None, certificate=None):
        self.credentials = credentials
        self.tokens = tokens
        self.times_forgotten = 0
        self.certificate = certificate
        self._settings = settings
        self._keytab = keytab
        self._home = None
        self._binding = None

    def prepare(self, auth=None, protection=None):
        """Makes ready for settings that are to come; ValueError with a sentence when they cannot be."""
        schemes = _schemes(self._settings.auth if auth is None else auth)
        if (protection or self._settings.extended_protection) != "none":
            if self.certificate is None:
                raise ValueError("Extended Protection needs TLS, or the certificate that others speak it with")
            self._binding = self._binding or _module("binding").of_file(self.certificate)
        for scheme in schemes:
            if scheme in BY_GSS:
                self._home = self._home or _module("auth_gss").Home(self.credentials, self._keytab)
                self._home.credentials(scheme)

    def close(self):
        if self._home:
            self._home.close()

    def forget(self):
        """From now on nobody is logged in: every connection, and every token, has to be had anew."""
        self.times_forgotten += 1
        self.tokens.forget()

    @property
    def schemes(self):
        return _schemes(self._settings.auth)

    def offers(self, host):
        """The lines of WWW-Authenticate, one for each scheme."""
        lines = {SCHEMES[name]: SCHEMES[name] + _REALMS.get(name, "").format(host=host) for name in SCHEMES if name in self.schemes}
        return tuple(lines.values())

    def handshake(self, scheme):
        return _module("auth_gss").Handshake(self._home, scheme, self._settings.extended_protection, self._binding)

    @property
    def kerberos_each_request(self):
        return self._settings.kerberos_each_request


def _module(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"a Python library is missing: {error}") from None


def _schemes(text):
    names = text.split(",")
    unknown = set(names) - set(SCHEMES)
    if unknown:
        raise ValueError(f"auth is one or more of {', '.join(SCHEMES)}, with commas between")
    return names


class Login:
    """The login of one connection."""

    def __init__(self, guard, host):
        self._guard = guard
        self._host = host
        self._handshake = None
        self._logged_in = None  # guard.times_forgotten at that time

    def check(self, authorization):
        """The Outcome of a request with this Authorization header, which may be None."""
        if not authorization:
            stands = self._logged_in == self._guard.times_forgotten
            return Outcome(PASSED) if stands else Outcome(ANONYMOUS, self._guard.offers(self._host))
        scheme, _, value = authorization.partition(" ")
        offered = [name for name in self._guard.schemes if SCHEMES[name].lower() == scheme.lower()]
        return self._WAYS[offered[0]](self, offered[0], value.strip()) if offered else self._refused()

    def _refused(self):
        return Outcome(REFUSED, self._guard.offers(self._host))

    def _basic(self, _name, value):
        return Outcome(PASSED) if self._guard.credentials.accept(value) else self._refused()

    def _bearer(self, _name, value):
        return Outcome(PASSED, app_only=True) if self._guard.tokens.is_live(value) else self._refused()

    def _leg(self, name, value):
        gss = _module("auth_gss")
        try:
            token = base64.b64decode(value, validate=True)
        except binascii.Error:
            return self._refused()
        self._logged_in = None
        handshake, self._handshake = self._handshake, None
        if handshake is None or _begins(token):
            handshake = self._guard.handshake(name)
        line = f"{SCHEMES[name]} {{}}".format
        try:
            answer = handshake.step(token)
        except gss.Refused:
            return self._refused()
        if not handshake.done:
            self._handshake = handshake
            return Outcome(LEG, (line(_text(answer)),))
        if not (handshake.is_kerberos and self._guard.kerberos_each_request):
            self._logged_in = self._guard.times_forgotten
        return Outcome(PASSED, (line(_text(answer)),) if answer else (), logged_in=True)

    _WAYS = {"basic": _basic, "bearer": _bearer, **dict.fromkeys(BY_GSS, _leg)}


def _text(token):
    return base64.b64encode(token).decode()


def _begins(token):
    """Whether a handshake begins with this token: NTLM's first message, or SPNEGO's or Kerberos' initial one."""
    return token[:1] == b"\x60" or token[:12] == b"NTLMSSP\0\1\0\0\0"
