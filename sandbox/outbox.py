"""The mail that waits for the school: messages by id, oldest first, and what the school did."""

from __future__ import annotations

import sqlite3
import time
import uuid

from lxml import etree

from sandbox.database import Database

_COLUMNS = (
    "message_uuid, put_at, reads, receipts, status, error_code, acknowledged_at, deleted_at,"
    " pushes, push_answer"
)
# On the list: not deleted, and not taken off by its receipt where that is how it works.
_WAITS = "deleted_at IS NULL AND (acknowledged_at IS NULL OR NOT ?)"


def put_in_outbox(database: Database, message_uuid: str, xml: bytes) -> bool:
    """Let a message wait for the school; False when one with that id was put there before."""
    at = time.time()
    with database.write() as connection:
        added = connection.execute(
            "INSERT OR IGNORE INTO outbox (message_uuid, put_at, xml, push_due)"
            " VALUES (?, ?, ?, ?)",
            (message_uuid.lower(), at, xml, at),
        )
        return bool(added.rowcount)


def uuid_in(xml: bytes) -> str:
    """The messageUUID that a message names, or a new one when it can't be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(xml, parser)
        return str(uuid.UUID((root.findtext(".//{*}messageUUID") or "").strip()))
    except (etree.XMLSyntaxError, ValueError):
        return str(uuid.uuid4())


def waiting(database: Database, page: int, size: int, *, receipt_removes: bool) -> list[str]:
    """One page of the ids on the list, oldest first."""
    rows = database.read().execute(
        f"SELECT message_uuid FROM outbox WHERE {_WAITS} ORDER BY number"  # noqa: S608
        " LIMIT ? OFFSET ?",
        (receipt_removes, size, page * size),
    )
    return [row["message_uuid"] for row in rows]


def count_waiting(database: Database, *, receipt_removes: bool) -> int:
    """How many are on the list."""
    query = f"SELECT count(*) AS n FROM outbox WHERE {_WAITS}"  # noqa: S608
    return int(database.read().execute(query, (receipt_removes,)).fetchone()["n"])


def read(database: Database, message_uuid: str) -> bytes | None:
    """The message, until it is deleted. Reading does not remove it."""
    with database.write() as connection:
        row = connection.execute(
            "UPDATE outbox SET reads = reads + 1"
            " WHERE message_uuid = ? AND deleted_at IS NULL RETURNING xml",
            (message_uuid.lower(),),
        ).fetchone()
    return None if row is None else bytes(row["xml"])


def acknowledge(database: Database, message_uuid: str, status: str, error_code: str) -> str:
    """Take the business receipt: ``taken``, ``again`` for a second one, or ``gone``."""
    with database.write() as connection:
        row = connection.execute(
            "UPDATE outbox SET receipts = receipts + 1"
            " WHERE message_uuid = ? AND deleted_at IS NULL RETURNING receipts",
            (message_uuid.lower(),),
        ).fetchone()
        if row is None:
            return "gone"
        if row["receipts"] > 1:
            return "again"
        connection.execute(
            "UPDATE outbox SET status = ?, error_code = ?, acknowledged_at = ?"
            " WHERE message_uuid = ?",
            (status, error_code, time.time(), message_uuid.lower()),
        )
    return "taken"


def delete(database: Database, message_uuid: str, *, receipt_removes: bool) -> bool:
    """Take a message off the list; False when it is not there any more."""
    with database.write() as connection:
        return bool(
            connection.execute(
                f"UPDATE outbox SET deleted_at = ? WHERE message_uuid = ? AND {_WAITS}",  # noqa: S608
                (time.time(), message_uuid.lower(), receipt_removes),
            ).rowcount
        )


def everything(database: Database) -> list[dict[str, object]]:
    """Every message that was put here, oldest first, without its bytes. Times are Unix seconds."""
    rows = database.read().execute(f"SELECT {_COLUMNS} FROM outbox ORDER BY number")  # noqa: S608
    return [dict(row) for row in rows]


def to_push(database: Database, most: int) -> list[sqlite3.Row]:
    """The messages that are to be pushed now: ``message_uuid``, ``xml``, ``pushes``."""
    found: list[sqlite3.Row] = (
        database.read()
        .execute(
            "SELECT message_uuid, xml, pushes FROM outbox"
            " WHERE deleted_at IS NULL AND acknowledged_at IS NULL AND push_due <= ?"
            " ORDER BY number LIMIT ?",
            (time.time(), most),
        )
        .fetchall()
    )
    return found


def note_push(
    database: Database, message_uuid: str, answer: str, *, again_in: float | None
) -> None:
    """Remember what was answered to a push, and when to push again; None: it was taken."""
    due = None if again_in is None else time.time() + again_in
    with database.write() as connection:
        connection.execute(
            "UPDATE outbox SET pushes = pushes + 1, push_answer = ?, push_due = ?"
            " WHERE message_uuid = ?",
            (answer, due, message_uuid),
        )


def empty(database: Database) -> None:
    """Forget all of it."""
    with database.write() as connection:
        connection.execute("DELETE FROM outbox")
