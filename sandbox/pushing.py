"""Pushing to the school, round after round: how it is kept up, and by what it is known.

To an ``https`` address the sandbox shows its certificate *broker.crt*. To a plain ``http`` address
on this machine it speaks as the reverse proxy behind which the receiver stands: the certificate
goes along in a header.
"""

from __future__ import annotations

import sqlite3
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from sandbox.certificates import Certificates, certificate_paths

ROUND_SECONDS = 0.2
_HEADER = "X-Client-Certificate"


def keep_pushing(home: Path, one_round: Callable[[httpx.Client, Certificates], None]) -> None:
    """Make rounds in the background for as long as this process lives."""
    certificates = certificate_paths(home / "certificates")

    def go_on() -> None:
        client = _broker_client(certificates)
        while True:
            with suppress(OSError, sqlite3.Error):
                one_round(client, certificates)
            time.sleep(ROUND_SECONDS)

    threading.Thread(target=go_on, daemon=True).start()


def proxy_header(url: str, certificates: Certificates) -> dict[str, str]:
    """What the reverse proxy in front of the receiver would add; nothing for ``https``."""
    if url.startswith("https://"):
        return {}
    return {_HEADER: urllib.parse.quote(certificates.broker_cert.read_text())}


def _broker_client(certificates: Certificates) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.load_cert_chain(certificates.broker_cert, certificates.broker_key)
    return httpx.Client(verify=context, timeout=10.0, trust_env=False)
