"""Tokens of the Serviceplatform: SAML token, then access token, kept per service in the process.

Source: protocols/sf1601.md section 1. Both calls show the same certificate as the service itself.
A token is renewed some minutes before it runs out, and once more when a service does not take it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
import threading
import time
import uuid
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from lxml import etree

from digitalpost.channels.answers import read_json
from digitalpost.environment import TlsSettings
from digitalpost.sf1601_settings import Sf1601Settings

SEND = "http://entityid.kombit.dk/service/kombipostafsend/1"
LOOK_UP = "http://entityid.kombit.dk/service/postforespoerg/1"

_EARLY = 600.0  # seconds before its end that a token is renewed
_SHORTEST = 0.5  # share of a short token's life that it is used
_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_WS_TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_TOKEN_TYPE = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0"  # noqa: S105


class NoToken(Exception):  # noqa: N818 - a state, found while asking
    """The answer held no token. ``answer`` says why; there is no secret in it to log."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        super().__init__(f"no token, answer {answer.status_code}")


@dataclass(frozen=True)
class _Token:
    value: str
    until: float  # by the monotonic clock: a clock that is put right does not matter

    @property
    def holds(self) -> bool:
        return time.monotonic() < self.until


# Kept between the jobs of a process; which certificate and service is part of the key.
_tokens: dict[tuple[str, ...], _Token] = {}
_locks: dict[tuple[str, ...], threading.Lock] = {}
_guard = threading.Lock()


class TokenAuth(httpx.Auth):
    """Gives each request its token and its number, and tries once more after a 401."""

    requires_response_body = True

    def __init__(self, settings: Sf1601Settings, entity_id: str, client: httpx.Client) -> None:
        """``client`` is one with our certificate, for the calls that fetch tokens."""
        self._settings = settings
        self._entity_id = entity_id
        self._client = client
        certificate = one_line_certificate(settings.tls)
        self._certificate = certificate
        self._key = (
            settings.url or "",
            settings.sts_url,
            settings.sender_cvr,
            entity_id,
            hashlib.sha256(certificate.encode()).hexdigest(),
        )

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx. Raises `NoToken`, and whatever a call without an answer raises."""
        token = self._token()
        answer = yield _with(request, token)
        if answer.status_code == 401:
            answer.read()
            self._drop(token)
            yield _with(request, self._token())

    def _token(self) -> _Token:
        """The access token, fetched by one thread while the others wait for it."""
        with _guard:
            lock = _locks.setdefault(self._key, threading.Lock())
        with lock:
            token = _tokens.get(self._key)
            if token is None or not token.holds:
                token = self._access_token(self._assertion())
                _tokens[self._key] = token
            return token

    def _drop(self, token: _Token) -> None:
        """Forget the tokens that a service did not take, unless somebody renewed them already."""
        with _guard:
            if _tokens.get(self._key) is token:
                del _tokens[self._key]
                _tokens.pop((*self._key, "saml"), None)

    def _assertion(self) -> str:
        """The SAML token; it lives longer than access tokens, so several are made from it."""
        kept = _tokens.get((*self._key, "saml"))
        if kept is not None and kept.holds:
            return kept.value
        answer = self._client.post(
            self._settings.sts_url,
            json={
                "TokenType": _TOKEN_TYPE,
                "RequestType": f"{_WS_TRUST}/Issue",
                "KeyType": f"{_WS_TRUST}/PublicKey",
                "AnvenderKontekst": {"Cvr": self._settings.sender_cvr},
                "UseKey": self._certificate,
                "AppliesTo": {"EndpointReference": {"Address": self._entity_id}},
                "OnBehalfOf": None,
            },
            headers={"Accept": "application/json"},
        )
        said = _object(answer)
        wrapped = said.get("RequestedSecurityToken")
        assertion = wrapped.get("Assertion") if isinstance(wrapped, dict) else None
        if not isinstance(assertion, str) or not assertion:
            raise NoToken(answer)
        ends = _ends(str(said.get("Lifetime") or ""), assertion)
        seconds = (ends - datetime.now(UTC)).total_seconds() if ends else 0.0
        if seconds > 0:  # else it is used for this once
            _tokens[(*self._key, "saml")] = _Token(assertion, _until(seconds))
        return assertion

    def _access_token(self, assertion: str) -> _Token:
        answer = self._client.post(
            f"{self._settings.url}/service/AccessTokenService_1/token",
            data={"saml-token": assertion},
            headers={"Accept": "application/json"},
        )
        said = _object(answer)
        value = said.get("access_token")
        if not isinstance(value, str) or not value:
            # The SAML token may be what is wrong: the next attempt begins with a new one.
            _tokens.pop((*self._key, "saml"), None)
            raise NoToken(answer)
        kind = str(said.get("token_type") or "Holder-of-key")
        seconds = said.get("expires_in")
        lives = float(seconds) if isinstance(seconds, int | float) else 0.0
        return _Token(f"{kind} {value}", _until(lives))


def forget_tokens() -> None:
    """Begin anew, as a fresh process does."""
    with _guard:
        _tokens.clear()


def one_line_certificate(tls: TlsSettings) -> str:
    """Our public certificate as base64 on one line. Raises `OSError` without a readable one."""
    if tls.certificate is None:
        raise OSError("no certificate")
    pem = tls.certificate.read_text(encoding="ascii", errors="replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    inside = pem.partition(begin)[2].partition(end)[0]
    try:
        return base64.b64encode(ssl.PEM_cert_to_DER_cert(f"{begin}{inside}{end}")).decode()
    except ValueError as error:
        raise OSError("not a certificate") from error


def _object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of a 2xx answer; empty for anything else."""
    said = read_json(answer) if answer.is_success else None
    return said if isinstance(said, dict) else {}


def _with(request: httpx.Request, token: _Token) -> httpx.Request:
    request.headers["Authorization"] = token.value
    request.headers["x-TransaktionsId"] = str(uuid.uuid4())
    request.headers["x-TransaktionsTid"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return request


def _until(seconds: float) -> float:
    return time.monotonic() + max(seconds - _EARLY, seconds * _SHORTEST)


def _ends(lifetime: str, assertion: str) -> datetime | None:
    """When the SAML token ends, as the answer or the token itself says: the first of the two."""
    said = []
    with suppress(ValueError):
        said.append(datetime.strptime(lifetime, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC))
    inside = _not_on_or_after(assertion)
    if inside is not None:
        said.append(inside)
    return min(said, default=None)


def _not_on_or_after(assertion: str) -> datetime | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(base64.b64decode(assertion, validate=True), parser)
        found = root.find(f".//{_SAML}Conditions")
        text = found.get("NotOnOrAfter", "") if found is not None else ""
        ends = datetime.fromisoformat(text)
    except (binascii.Error, ValueError, etree.XMLSyntaxError):
        return None
    return ends.astimezone(UTC) if ends.tzinfo else ends.replace(tzinfo=UTC)
