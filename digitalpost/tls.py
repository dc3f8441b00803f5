"""Mutual TLS towards the outside world: our certificate shown, theirs checked."""

from __future__ import annotations

import ssl

from digitalpost.environment import TlsSettings


def client_tls(settings: TlsSettings) -> ssl.SSLContext:
    """TLS 1.2 or newer with our client certificate. Raises `OSError` when a file is no good."""
    context = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.certificate is not None:
        context.load_cert_chain(settings.certificate, settings.key)
    return context


def is_about_certificates(error: BaseException) -> bool:
    """Whether a failed call failed over a certificate, theirs or ours: waiting does not help."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or (
            isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or "")
        ):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
