"""Messages that came to the stand-in for Digital Post, and the receipts that wait for the sender.

The letter itself lies with those of e-Boks, so that one mailbox page shows both.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import storage
from sandbox.database import Database
from sandbox.memo_xml import ReceivedMemo
from sandbox.storage import NewDispatch, Outcome

MODE = "digital_post"


@dataclass(frozen=True)
class Receipt:
    """One receipt as the sender reads it. ``id`` is its own, for reading and deleting."""

    id: str
    body: dict[str, Any]


def store_memo(
    database: Database, memo: ReceivedMemo, body_sha256: str, *, status: str, salt: str
) -> bool:
    """Keep a message once; False when its id was used before. ``status`` as in e-Boks's answer."""
    main = next(file for file in memo.files if file.kind == "main")
    is_new = storage.store_dispatch(
        database,
        NewDispatch(
            message_id=memo.message_uuid,
            recipient=memo.recipient,
            recipient_type="P" if memo.id_type == "CPR" else "V",
            nationality="DK",
            title=memo.label,
            content=main.content,
            extension=main.filename.rpartition(".")[2].lower()[:10],
            body_sha256=body_sha256,
            mode=MODE,
            outcome=Outcome(status),
        ),
        salt=salt,
        postprocessing_seconds=0,
    )
    if not is_new:
        return False
    facts = asdict(memo)
    for file in facts["files"]:
        del file["content"]
    with database.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO memos (message_uuid, facts) VALUES (?, ?)",
            (memo.message_uuid, json.dumps(facts)),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO memo_files VALUES (?, ?, ?)",
            [(memo.message_uuid, at, file.content) for at, file in enumerate(memo.files)],
        )
    return True


def facts_of(database: Database, message_uuid: str) -> dict[str, Any] | None:
    """What a message said, without the files' bytes."""
    row = (
        database.read()
        .execute("SELECT facts FROM memos WHERE message_uuid = ?", (message_uuid,))
        .fetchone()
    )
    return None if row is None else dict(json.loads(row["facts"]))


def read_file(database: Database, message_uuid: str, position: int) -> bytes | None:
    """One file of a message, from 0, in the order of the message."""
    row = (
        database.read()
        .execute(
            "SELECT content FROM memo_files WHERE message_uuid = ? AND position = ?",
            (message_uuid, position),
        )
        .fetchone()
    )
    return None if row is None else bytes(row["content"])


def make_receipt(
    message_uuid: str, message_id: str, status: str, error_code: str | None = None
) -> dict[str, Any]:
    """A receipt in the form of the protocol page (digital-post-rest.md section 2)."""
    return {
        "transmissionId": str(uuid.uuid4()),
        "messageUUID": message_uuid,
        "messageId": message_id or None,
        "errorCode": error_code,
        "errorMessage": None if error_code is None else "The recipient cannot receive Digital Post",
        "timeStamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "receiptStatus": status,
    }


def keep_receipt(database: Database, body: dict[str, Any], *, after_seconds: float) -> None:
    """Let a receipt wait for the sender from some time on."""
    with database.write() as connection:
        connection.execute(
            "INSERT INTO receipts (id, due_at, body) VALUES (?, ?, ?)",
            (str(uuid.uuid4()), time.time() + after_seconds, json.dumps(body)),
        )


def waiting_receipts(database: Database) -> list[Receipt]:
    """The receipts that are there now, oldest first."""
    rows = database.read().execute(
        "SELECT id, body FROM receipts WHERE due_at <= ? ORDER BY due_at, rowid", (time.time(),)
    )
    return [_receipt(row) for row in rows]


def take_receipt(database: Database, receipt_id: str, *, delete: bool) -> Receipt | None:
    """One receipt; with ``delete`` it is gone afterwards."""
    with database.write() as connection:
        row = connection.execute(
            "SELECT id, body FROM receipts WHERE id = ? AND due_at <= ?", (receipt_id, time.time())
        ).fetchone()
        if row is not None and delete:
            connection.execute("DELETE FROM receipts WHERE id = ?", (receipt_id,))
    return None if row is None else _receipt(row)


def _receipt(row: sqlite3.Row) -> Receipt:
    return Receipt(row["id"], json.loads(row["body"]))
