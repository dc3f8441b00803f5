"""A stand-in for the MitID signing service: it takes a letter for its addressee to sign.

Source: protocols/guardian-and-signing.md part B. The caller posts a parameter token (JWT, ES256
under its own key) and the document; the signer's browser comes to the address that it gets back.
After that the signed PDF (PAdES) is posted to the caller's ``answer_url`` with the caller's
``state``, and the browser goes to ``return_url``. Only the one whom the token names may sign.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
from cryptography import x509
from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from digitalpost.identifiers import birth_date, cvr_checks
from sandbox.fault_kinds import (
    SIGNING_BEGIN,
)
from sandbox.line import let_look_ups_fail, the_database

PATH = "/underskriv"
LOOPBACK = ("127.0.0.1", "localhost")
LARGEST = 80_000_000
_CLAIMS = ("title", "sender", "document_sha256", "signer", "state", "answer_url", "return_url")

blueprint = Blueprint("signing", __name__, url_prefix=PATH)
let_look_ups_fail(blueprint, SIGNING_BEGIN)


@dataclass(frozen=True)
class SigningSession:
    """One letter that waits for one signer."""

    id: str
    claims: dict[str, Any]
    document: bytes = field(repr=False)
    status: str  # waiting, signed or declined


class InvalidToken(ValueError):  # noqa: N818
    """The parameters are not what the page says; the text quotes nothing of them."""


@blueprint.post("/sessions")
def begin() -> ResponseReturnValue:
    """Take a letter; the answer says where its signer is to go."""
    request.max_content_length = LARGEST
    document = request.files.get("document")
    content = document.read() if document is not None else b""
    try:
        claims = read_token(request.form.get("token", ""), content)
    except InvalidToken as invalid:
        return jsonify({"error": str(invalid)}), 400
    name = secrets.token_urlsafe(16)
    with the_database().write() as connection:
        connection.execute(
            "INSERT INTO signings (id, at, claims, document, status) VALUES (?, ?, ?, ?, ?)",
            (name, time.time(), json.dumps(claims), content, "waiting"),
        )
    return jsonify({"url": f"{request.host_url.rstrip('/')}{PATH}/{name}"}), 201


def read_token(token: str, document: bytes) -> dict[str, Any]:
    """The parameters, checked: the caller's signature, the time, and that the document belongs."""
    certificate = x509.load_pem_x509_certificate(_client_certificate().read_bytes())
    audience = request.host_url.rstrip("/") + PATH
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            certificate.public_key(),  # type: ignore[arg-type]
            algorithms=["ES256"],
            audience=audience,
            options={"require": ["exp", "iat", "iss", "jti", *_CLAIMS]},
        )
    except jwt.InvalidTokenError as error:
        raise InvalidToken(f"the token does not hold: {type(error).__name__}") from None
    if claims["document_sha256"] != sha256(document).hexdigest():
        raise InvalidToken("the document is not the one that the token names")
    signer = claims["signer"]
    number = str(signer.get("id", "")) if isinstance(signer, dict) else ""
    fits = {"CPR": lambda: birth_date(number) is not None, "CVR": lambda: cvr_checks(number)}
    if not isinstance(signer, dict) or not fits.get(signer.get("type", ""), lambda: False)():
        raise InvalidToken("the signer has no number")
    for name in ("answer_url", "return_url"):
        if urlsplit(str(claims[name])).hostname not in LOOPBACK:
            raise InvalidToken(f"{name} leads out of this machine")
        claims[name] = on_this_machine(str(claims[name]))
    return claims


def on_this_machine(url: str) -> str:
    """An address of a console that runs here: it speaks plain HTTP, whatever a MeMo must say."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK or parts.port is None:
        return url
    return urlunsplit(parts._replace(scheme="http"))


def find_session(name: str) -> SigningSession | None:
    """What a signer's address leads to."""
    row = the_database().read().execute("SELECT * FROM signings WHERE id = ?", (name,)).fetchone()
    if row is None:
        return None
    claims = json.loads(row["claims"])
    return SigningSession(row["id"], claims, bytes(row["document"]), row["status"])


def settle(name: str, status: str) -> None:
    """Remember how it ended."""
    with the_database().write() as connection:
        connection.execute("UPDATE signings SET status = ? WHERE id = ?", (status, name))


def _client_certificate() -> Path:
    path: Path = current_app.config["CLIENT_CERTIFICATE"]
    return path
