"""Tokens of the stand-in for the Serviceplatform: given out, and checked with the certificate.

Written only from protocols/sf1601.md section 1. A token belongs to the certificate that fetched it.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
import time
import uuid
from datetime import UTC, datetime

from sandbox.database import Database

SAML_SECONDS = 8 * 3600
_ASSERTION = (
    '<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{id}" Version="2.0"'
    ' IssueInstant="{now}"><saml2:Issuer>https://sandbox.invalid/sts</saml2:Issuer>'
    '<saml2:Conditions NotBefore="{now}" NotOnOrAfter="{end}"><saml2:AudienceRestriction>'
    "<saml2:Audience>{entity}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>"
    "</saml2:Assertion>"
)


def certificate_of(connection: ssl.SSLSocket) -> bytes:
    """The client's certificate, DER; the handshake insists on one."""
    found = connection.getpeercert(binary_form=True)
    assert found is not None
    return found


def issue_assertion(
    database: Database, *, entity: str, cvr: str, certificate: bytes, seconds: float = SAML_SECONDS
) -> tuple[str, str]:
    """A SAML token for one service: the base64 of the assertion, and when it ends."""
    ends_at = time.time() + seconds
    end = datetime.fromtimestamp(ends_at, UTC)
    xml = _ASSERTION.format(
        id=uuid.uuid4(),
        now=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        end=end.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        entity=entity,
    )
    assertion = base64.b64encode(xml.encode()).decode()
    _keep(database, assertion, "saml", entity, cvr, certificate, ends_at)
    return assertion, f"{end:%m/%d/%Y %H:%M:%S}"


def issue_access(
    database: Database, assertion: str, *, certificate: bytes, seconds: float
) -> str | None:
    """An access token for a SAML token that holds; None for any other."""
    found = _find(database, assertion, "saml", certificate)
    if found is None:
        return None
    entity, cvr = found
    token = str(uuid.uuid4())
    _keep(database, token, "access", entity, cvr, certificate, time.time() + seconds)
    return token


def who_calls(database: Database, header: str, *, entity: str, certificate: bytes) -> str | None:
    """The authority behind an ``Authorization`` header; None when the token does not hold."""
    kind, _, token = header.partition(" ")
    found = _find(database, token, "access", certificate)
    if kind != "Holder-of-key" or found is None or found[0] != entity:
        return None
    return found[1]


def expire(database: Database) -> None:
    """Let every access token end now."""
    with database.write() as connection:
        connection.execute("UPDATE sf1601_tokens SET ends_at = 0 WHERE kind = 'access'")


def _keep(
    database: Database, token: str, kind: str, entity: str, cvr: str, cert: bytes, ends_at: float
) -> None:
    row = (_hash(token.encode()), kind, entity, cvr, _hash(cert), ends_at)
    with database.write() as connection:
        connection.execute("INSERT INTO sf1601_tokens VALUES (?, ?, ?, ?, ?, ?)", row)


def _find(database: Database, token: str, kind: str, cert: bytes) -> tuple[str, str] | None:
    row = (
        database.read()
        .execute(
            "SELECT entity, cvr FROM sf1601_tokens"
            " WHERE token = ? AND kind = ? AND certificate = ? AND ends_at > ?",
            (_hash(token.encode()), kind, _hash(cert), time.time()),
        )
        .fetchone()
    )
    return None if row is None else (row["entity"], row["cvr"])


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
