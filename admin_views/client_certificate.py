"""Who is at the other end of a call from another program: the certificate that it showed.

The reverse proxy in front does the TLS and hands the certificate on in a header. It must overwrite
that header in every request, or anybody could claim to be anybody (README).
"""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from hashlib import sha256
from urllib.parse import unquote

_MOST = 20_000  # characters of a header with a certificate
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def fingerprint_of(header: str) -> str | None:
    """SHA-256 of the certificate in the header, in hex; None when there is none to be read.

    Known forms: PEM, escaped as in an address (nginx) or with spaces for line breaks; base64 of
    DER, bare or between colons (RFC 9440, Caddy); the SHA-256 itself, with or without colons.
    """
    text = header.strip()
    if not text or len(text) > _MOST:
        return None
    plain = _FINGERPRINT.fullmatch(text.lower().removeprefix("sha256=").replace(":", ""))
    if plain is not None:
        return plain.group()
    der = _der_of(unquote(text) if "%" in text else text)
    return sha256(der).hexdigest() if der else None


def _der_of(text: str) -> bytes | None:
    try:
        if _BEGIN in text:
            inside = text.partition(_BEGIN)[2].partition(_END)[0]
            lines = "\n".join(inside.split())
            return ssl.PEM_cert_to_DER_cert(f"{_BEGIN}\n{lines}\n{_END}")
        bare = text.removeprefix(":").removesuffix(":")
        return base64.b64decode(bare, validate=True)
    except (ValueError, binascii.Error):
        return None
