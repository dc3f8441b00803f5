"""Pushes receipts to the sender, as KOMBIT's message broker does, at the address that is set."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
from lxml import etree

from sandbox import faults
from sandbox.certificates import Certificates
from sandbox.database import Database
from sandbox.fault_kinds import (
    SF1601_SEND,
    FaultKind,
)
from sandbox.pushing import ROUND_SECONDS, keep_pushing, proxy_header
from sandbox.sf1601_xml import post_status

MOST_TRIES = 20
_AT_ONCE = 50


def plan(
    database: Database,
    steps: list[tuple[str, str]],
    *,
    channel: str,
    message_uuid: str,
    transmission_id: str,
    cvr: str,
) -> None:
    """Let these statuses (each with its error code) be pushed, one after the other, when due."""
    if faults.take_fault(database, SF1601_SEND, (FaultKind.RECEIPT_LOST,)):
        return
    late = faults.take_fault(database, SF1601_SEND, (FaultKind.RECEIPT_LATE,))
    twice = faults.take_fault(database, SF1601_SEND, (FaultKind.RECEIPT_TWICE,))
    if faults.take_fault(database, SF1601_SEND, (FaultKind.RECEIPT_REVERSED,)):
        steps = steps[::-1]
    due = time.time() + faults.read_settings(database).postprocessing_seconds
    due += late.seconds if late else 0
    with database.write() as connection:
        for at, (status, error) in enumerate(steps):
            body = post_status(
                channel=channel,
                status=status,
                message_uuid=message_uuid,
                transmission_id=transmission_id,
                cvr=cvr,
                error=error,
            )
            for _ in range(2 if twice else 1):
                connection.execute(
                    "INSERT INTO pushes (due_at, body) VALUES (?, ?)", (due + at * 0.01, body)
                )


def push_now(database: Database, body: bytes) -> None:
    """Let a body of one's own be pushed next."""
    with database.write() as connection:
        connection.execute("INSERT INTO pushes (due_at, body) VALUES (?, ?)", (time.time(), body))


def pushes(database: Database) -> list[dict[str, object]]:
    """Every push, oldest first: when it was due, how often it was tried, the last answer."""
    rows = database.read().execute("SELECT id, due_at, tries, answer FROM pushes ORDER BY id")
    return [dict(row) for row in rows]


def start(database: Database, home: Path) -> None:
    """Push in the background for as long as this process lives."""
    keep_pushing(home, lambda client, certificates: _one_round(database, client, certificates))


def _one_round(database: Database, client: httpx.Client, certificates: Certificates) -> None:
    url = faults.read_settings(database).push_url
    if not url:
        return
    due = (
        database.read()
        .execute(
            "SELECT id, body, tries FROM pushes WHERE answer NOT IN ('taken', 'given up')"
            " AND due_at <= ? ORDER BY due_at, id LIMIT ?",
            (time.time(), _AT_ONCE),
        )
        .fetchall()
    )
    for row in due:
        answer = _push(client, url, bytes(row["body"]), certificates)
        tries = row["tries"] + 1
        if answer != "taken" and tries >= MOST_TRIES:
            answer = "given up"
        with database.write() as connection:
            connection.execute(
                "UPDATE pushes SET tries = ?, answer = ?, due_at = ? WHERE id = ?",
                (tries, answer, time.time() + min(tries, 10) * ROUND_SECONDS, row["id"]),
            )


def _push(client: httpx.Client, url: str, body: bytes, certificates: Certificates) -> str:
    """``taken`` for StatusKode 20, else what was answered instead."""
    headers = {"Content-Type": "application/xml"} | proxy_header(url, certificates)
    try:
        answer = client.post(url, content=body, headers=headers)
        root = etree.fromstring(answer.content)
    except httpx.HTTPError:
        return "no answer"
    except (etree.XMLSyntaxError, ValueError):
        return str(answer.status_code)
    code = root.findtext(".//{urn:oio:sagdok:3.0.0}StatusKode")
    return "taken" if answer.status_code == 200 and code == "20" else f"status {code}"
