# SPDX-License-Identifier: MIT
"""Tokens of applications: a token server like Entra ID's for one tenant and one application, and what EWS thinks of its tokens.

    POST /TENANT/oauth2/v2.0/token    grant_type=client_credentials, with client_secret or client_assertion
"""
import importlib
import json
import re
import secrets
import threading
import typing
import urllib.parse

from reply import Reply

SCOPE = "https://outlook.office365.com/.default"
_JSON = "application/json; charset=utf-8"
_PATH = re.compile(r"/([^/]+)/oauth2/v2\.0/token")
_SECRET = ("client_secret", "client_assertion")
_TOKEN_BYTES = 1100  # real ones are about so long


class Application(typing.NamedTuple):
    tenant: str
    client_id: str
    secret: str
    certificate: str | None  # a PEM file


class Refusal(Exception):
    """No token is given."""

    def __init__(self, error, description, status=400):
        super().__init__(description)
        self.reply = error_reply(error, description, status)


def error_reply(error, description, status):
    """As RFC 6749, 5.2 wants it, with Entra ID's way to begin a description."""
    return Reply(status, json.dumps({"error": error, "error_description": description}).encode(), _JSON)


def is_token_path(path):
    return _PATH.fullmatch(path) is not None


def without_secrets(body):
    """A token request as it may be kept."""
    fields = urllib.parse.parse_qsl(body.decode(errors="replace"))
    return urllib.parse.urlencode([(name, "-" if name in _SECRET else value) for name, value in fields]).encode()


class Tokens:
    """The tokens that were given, while they live."""

    def __init__(self, application, settings, clock, counters):
        self.application = application
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._lock = threading.Lock()
        self._live = {}
        self._checker = None

    def is_live(self, token):
        with self._lock:
            return self._live.get(token, 0) > self._now()

    def forget(self):
        with self._lock:
            self._live.clear()

    def _now(self):
        return self._clock.now().timestamp()

    def answer(self, url, body):
        """The reply to a token request that came to this URL."""
        try:
            fields = _fields(body)
            self._check_tenant(url)
            _check(fields, "grant_type", "client_credentials", "unsupported_grant_type", "AADSTS70003: Unsupported grant type.")
            _check(fields, "client_id", self.application.client_id, "unauthorized_client",
                   "AADSTS700016: The application was not found in the directory.")
            _check(fields, "scope", SCOPE, "invalid_scope", "AADSTS70011: The scope is not valid.")
            self._check_client(fields, url)
        except Refusal as refusal:
            return refusal.reply
        return self._give()

    def _give(self):
        token = f"eyJ0eXAiOiJKV1QifQ.{secrets.token_urlsafe(_TOKEN_BYTES)}.{secrets.token_urlsafe(256)}"
        lasts = self._settings.expires_in_s
        with self._lock:
            self._live[token] = self._now() + lasts
        self._counters.count("tokens")
        return Reply(200, json.dumps({"token_type": "Bearer", "expires_in": lasts, "ext_expires_in": lasts,
                                      "access_token": token}).encode(), _JSON, {"Cache-Control": "no-store, no-cache"})

    def _check_tenant(self, url):
        tenant = _PATH.fullmatch(urllib.parse.urlsplit(url).path)[1]
        if tenant != self.application.tenant:
            raise Refusal("invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")

    def _check_client(self, fields, url):
        if "client_assertion" in fields:
            self._check_assertion(fields, url)
        elif "client_secret" not in fields:
            raise Refusal("invalid_client", "AADSTS7000218: The request body must contain: 'client_assertion' or 'client_secret'.",
                          401)
        else:
            _check(fields, "client_secret", self.application.secret, "invalid_client",
                   "AADSTS7000215: Invalid client secret provided.", 401)

    def _check_assertion(self, fields, url):
        assertion = importlib.import_module("assertion")
        if self.application.certificate is None:
            raise Refusal("invalid_client", "AADSTS700027: The application has no certificate.", 401)
        _check(fields, "client_assertion_type", assertion.TYPE, "invalid_request", "AADSTS900144: client_assertion_type is wrong.")
        with self._lock:
            self._checker = self._checker or assertion.Checker(self.application.certificate, self.application.client_id)
            try:
                self._checker.check(fields["client_assertion"], url, self._now())
            except assertion.Wrong as wrong:
                raise Refusal("invalid_client", f"AADSTS700027: The client assertion is not valid: {wrong}.", 401) from None


def _fields(body):
    try:
        pairs = urllib.parse.parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise Refusal("invalid_request", "AADSTS900144: The request body must be form fields.") from None
    if len(dict(pairs)) != len(pairs):
        raise Refusal("invalid_request", "AADSTS9002313: A field is repeated.")
    return dict(pairs)


def _check(fields, name, wanted, error, description, status=400):
    if fields.get(name) != wanted:
        raise Refusal(error, description, status)
