"""Pushes the school's mail to it (REST_PUSH), when an address for it is set.

Written from protocols/digital-post-rest.md section 4: multipart, part ``file``, the file's name is
the messageUUID. What is not answered with 200 is pushed again.
"""

from __future__ import annotations

from pathlib import Path

import httpx

from sandbox import faults, outbox
from sandbox.certificates import Certificates
from sandbox.database import Database
from sandbox.pushing import ROUND_SECONDS, keep_pushing, proxy_header

_AT_ONCE = 20


def start(database: Database, home: Path) -> None:
    """Push in the background for as long as this process lives."""
    keep_pushing(home, lambda client, certificates: _one_round(database, client, certificates))


def _one_round(database: Database, client: httpx.Client, certificates: Certificates) -> None:
    url = faults.read_settings(database).memo_push_url
    for row in outbox.to_push(database, _AT_ONCE) if url else ():
        answer = _push(client, url, row["message_uuid"], bytes(row["xml"]), certificates)
        again_in = None if answer == "200" else min(row["pushes"] + 1, 10) * ROUND_SECONDS
        outbox.note_push(database, row["message_uuid"], answer, again_in=again_in)


def _push(
    client: httpx.Client, url: str, message_uuid: str, xml: bytes, certificates: Certificates
) -> str:
    """The status that was answered, or that there was no answer."""
    try:
        answer = client.post(
            url,
            files={"file": (message_uuid, xml, "application/xml")},
            headers=proxy_header(url, certificates),
        )
    except httpx.HTTPError:
        return "no answer"
    return str(answer.status_code)
