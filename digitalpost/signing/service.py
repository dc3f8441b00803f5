"""The signing service: it gets a letter and who is to sign it, and says where the signer is to go.

The port is one call. Behind `HttpSigningService` stands an adapter for NemLog-in, or a broker; in
the sandbox a stand-in. What goes there is a signed parameter token (JWT) and the document; what
comes back is a PAdES PDF, posted to our address with the word that only this attempt knows
(protocols/guardian-and-signing.md part B).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import jwt

from digitalpost.channels.answers import read_json
from digitalpost.db import now
from digitalpost.identifiers import Identifier
from digitalpost.signing_settings import SigningSettings
from digitalpost.tls import client_tls

_TOKEN_MINUTES = 10  # for the call itself; how long one may take to sign is said in the token


class ServiceUnavailable(Exception):  # noqa: N818 - a state, found while asking
    """The signing service gave no answer that could be used; only the kind of fault is told."""


@dataclass(frozen=True)
class SigningRequest:
    """One letter that one person or company is to sign."""

    state: str = field(repr=False)  # comes back with the answer
    title: str
    sender: str
    document: bytes = field(repr=False)
    signer: Identifier = field(repr=False)  # nobody else may see or sign it
    answer_url: str  # where the answer is posted to
    return_url: str = field(repr=False)  # where the signer goes afterwards
    until: datetime  # the last moment for an answer


class SigningService(Protocol):
    """Somebody who lets people sign."""

    def begin(self, request: SigningRequest) -> str:
        """The address that the signer's browser goes to. Raises `ServiceUnavailable`."""


class HttpSigningService:
    """A service that is asked over HTTP, and knows us by our key."""

    def __init__(self, settings: SigningSettings) -> None:
        self._settings = settings

    def begin(self, request: SigningRequest) -> str:
        """See `SigningService.begin`."""
        settings = self._settings
        url = settings.service_url or ""
        try:
            with httpx.Client(
                verify=client_tls(settings.tls), timeout=settings.timeout, trust_env=False
            ) as client:
                answer = client.post(
                    f"{url}/sessions",
                    data={"token": make_token(settings, request)},
                    files={"document": ("brev.pdf", request.document, "application/pdf")},
                )
        except (httpx.RequestError, OSError) as error:
            raise ServiceUnavailable(type(error).__name__) from error
        said = read_json(answer)
        address = said.get("url") if isinstance(said, dict) else None
        if not answer.is_success or not isinstance(address, str):
            raise ServiceUnavailable(str(answer.status_code))
        if urlsplit(address)[:2] != urlsplit(url)[:2]:
            raise ServiceUnavailable("the answer leads elsewhere")
        return address


def make_token(settings: SigningSettings, request: SigningRequest) -> str:
    """The parameters under our signature. Raises `OSError` when the key can't be read."""
    assert settings.key is not None
    at = now()
    claims = {
        "iss": settings.url,
        "aud": settings.service_url,
        "iat": at,
        "exp": at + timedelta(minutes=_TOKEN_MINUTES),
        "jti": str(uuid.uuid4()),
        "title": request.title,
        "sender": request.sender,
        "format": "PAdES",
        "document_sha256": sha256(request.document).hexdigest(),
        "signer": {"type": request.signer.kind.value.upper(), "id": request.signer.number},
        "state": request.state,
        "answer_url": request.answer_url,
        "return_url": request.return_url,
        "sign_until": int(request.until.timestamp()),
    }
    return jwt.encode(claims, settings.key.read_bytes(), algorithm="ES256")
