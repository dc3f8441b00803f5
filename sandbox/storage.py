"""What the stand-ins have received: dispatches by message id, and every request that came in."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import dataclass

from sandbox.database import Database

# `post_processing_status` as it is now: nobody has to be awake when the time comes.
_NOW = """*, CASE WHEN post_processing_due IS NOT NULL AND post_processing_due <= :now
    THEN post_processing_result ELSE post_processing_status END AS post_processing_now"""


@dataclass(frozen=True)
class Outcome:
    """What becomes of a letter to one recipient (protocols/eboks-dispatch.md section 3)."""

    status: str = ""
    reject_reason: str = ""
    post_processing_status: str = ""
    post_processing_result: str = ""


@dataclass(frozen=True)
class NewDispatch:
    """A dispatch as it was received."""

    message_id: str
    recipient: str
    recipient_type: str
    nationality: str
    title: str
    content: bytes
    extension: str
    body_sha256: str
    mode: str
    outcome: Outcome


@dataclass(frozen=True)
class Dispatch:
    """A stored dispatch without its content. Times are Unix seconds.

    ``received`` counts how often the id was sent, ``other_bodies`` how often with another body.
    """

    message_id: str
    received_at: float
    modified_at: float
    mode: str
    recipient: str
    recipient_type: str
    nationality: str
    mailbox: str
    title: str
    extension: str
    body_sha256: str
    content_sha256: str
    content_bytes: int
    status: str
    reject_reason: str
    post_processing_status: str
    received: int
    other_bodies: int


@dataclass(frozen=True)
class Mailbox:
    """A recipient who got at least one letter. ``address`` says nothing about the number."""

    address: str
    recipient: str
    letters: int
    newest_title: str
    newest_at: float


def store_dispatch(
    database: Database, new: NewDispatch, *, salt: str, postprocessing_seconds: float
) -> bool:
    """Store a dispatch; False when its id was used before, and then nothing but counts changes."""
    now = time.time()
    due = now + postprocessing_seconds if new.outcome.post_processing_result else None
    row = {
        "message_id": new.message_id,
        "received_at": now,
        "mode": new.mode,
        "recipient": new.recipient,
        "recipient_type": new.recipient_type,
        "nationality": new.nationality,
        "mailbox": mailbox_address(new.recipient, salt),
        "title": new.title,
        "extension": new.extension,
        "body_sha256": new.body_sha256,
        "content_sha256": hashlib.sha256(new.content).hexdigest(),
        "content_bytes": len(new.content),
        "status": new.outcome.status,
        "reject_reason": new.outcome.reject_reason,
        "post_processing_status": new.outcome.post_processing_status,
        "post_processing_result": new.outcome.post_processing_result,
        "post_processing_due": due,
    }
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with database.write() as connection:
        stored = connection.execute(
            f"INSERT INTO dispatches ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING",  # noqa: S608
            row,
        ).rowcount
        if stored:
            connection.execute(
                "INSERT INTO contents (message_id, content) VALUES (?, ?)",
                (new.message_id, new.content),
            )
        else:
            connection.execute(
                "UPDATE dispatches SET received = received + 1,"
                " other_bodies = other_bodies + (body_sha256 <> :body_sha256)"
                " WHERE message_id = :message_id",
                row,
            )
    return bool(stored)


def mailbox_address(recipient: str, salt: str) -> str:
    """The opaque name of a recipient's mailbox, so that no number stands in a URL."""
    return hashlib.blake2b(recipient.encode(), key=salt.encode(), digest_size=10).hexdigest()


def find_dispatch(database: Database, message_id: str) -> Dispatch | None:
    """The dispatch with this id."""
    return next(iter(find_dispatches(database, [message_id])), None)


def find_dispatches(database: Database, message_ids: list[str]) -> list[Dispatch]:
    """The dispatches with these ids, in that order; unknown ids are left out."""
    found = []
    for message_id in dict.fromkeys(message_ids):
        found += _select(database, "WHERE message_id = :message_id", message_id=message_id)
    return found


def all_dispatches(database: Database) -> list[Dispatch]:
    """Every dispatch, oldest first."""
    return _select(database, "ORDER BY received_at, rowid")


def letters_in(database: Database, mailbox: str) -> list[Dispatch]:
    """All that was sent to one recipient, newest first, also what never reached the mailbox."""
    return _select(
        database, "WHERE mailbox = :mailbox ORDER BY received_at DESC, rowid DESC", mailbox=mailbox
    )


def letters_outside_mailboxes(database: Database, *, limit: int) -> list[Dispatch]:
    """The newest letters whose recipient has no mailbox to put them in."""
    return _select(
        database, "WHERE status <> '' ORDER BY received_at DESC, rowid DESC LIMIT :limit",
        limit=limit,
    )  # fmt: skip


def mailboxes(database: Database, *, limit: int) -> list[Mailbox]:
    """The recipients who got a letter in their mailbox, latest first."""
    rows = database.read().execute(
        # With a bare MAX() SQLite takes the other columns from the row that has the maximum.
        "SELECT mailbox, recipient, title, COUNT(*) AS letters, MAX(received_at) AS newest_at"
        " FROM dispatches WHERE status = '' GROUP BY mailbox ORDER BY newest_at DESC LIMIT ?",
        (limit,),
    )
    return [
        Mailbox(row["mailbox"], row["recipient"], row["letters"], row["title"], row["newest_at"])
        for row in rows
    ]


def count_mailboxes(database: Database) -> int:
    """How many recipients got a letter in their mailbox."""
    row = database.read().execute(
        "SELECT COUNT(DISTINCT mailbox) FROM dispatches WHERE status = ''"
    )
    return int(row.fetchone()[0])


def read_content(database: Database, message_id: str) -> bytes | None:
    """The file that was sent with this id."""
    row = (
        database.read()
        .execute("SELECT content FROM contents WHERE message_id = ?", (message_id,))
        .fetchone()
    )
    return None if row is None else bytes(row["content"])


def begin_request(database: Database, method: str, path: str, message_id: str) -> int:
    """Note that a request came in, before anything is done about it; its number."""
    with database.write() as connection:
        number = connection.execute(
            "INSERT INTO requests (at, method, path, message_id, answer) VALUES (?, ?, ?, ?, '')",
            (time.time(), method, path, message_id),
        ).lastrowid
    assert number is not None
    return number


def end_request(database: Database, number: int, answer: str) -> None:
    """Note what a request was answered: a status, or ``dropped``."""
    with database.write() as connection:
        connection.execute("UPDATE requests SET answer = ? WHERE number = ?", (answer, number))


def latest_requests(database: Database, *, limit: int) -> list[dict[str, object]]:
    """The newest requests, oldest of them first."""
    rows = database.read().execute("SELECT * FROM requests ORDER BY number DESC LIMIT ?", (limit,))
    return [dict(row) for row in rows][::-1]


def counts(database: Database) -> dict[str, int]:
    """How many dispatches and requests there are, and the most that one recipient got."""
    row = (
        database.read()
        .execute(
            "SELECT (SELECT COUNT(*) FROM dispatches) AS dispatches,"
            " (SELECT COUNT(*) FROM requests) AS requests,"
            " (SELECT COALESCE(MAX(n), 0) FROM"
            " (SELECT COUNT(*) AS n FROM dispatches GROUP BY recipient)) AS by_recipient_max"
        )
        .fetchone()
    )
    return dict(row)


def empty(database: Database) -> None:
    """Forget every dispatch and every request; settings and faults stay."""
    with database.write() as connection:
        for table in (
            "pushes",
            "outbox",
            "receipts",
            "memo_files",
            "memos",
            "contents",
            "dispatches",
            "requests",
        ):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608


def _select(database: Database, rest: str, **values: object) -> list[Dispatch]:
    rows = database.read().execute(
        f"SELECT {_NOW} FROM dispatches {rest}",  # noqa: S608
        {"now": time.time(), **values},
    )
    return [_dispatch(row) for row in rows]


def _dispatch(row: sqlite3.Row) -> Dispatch:
    done = row["post_processing_now"] != row["post_processing_status"]
    same = {
        name: row[name]
        for name in Dispatch.__dataclass_fields__
        if name not in ("modified_at", "post_processing_status")
    }
    return Dispatch(
        **same,
        modified_at=row["post_processing_due"] if done else row["received_at"],
        post_processing_status=row["post_processing_now"],
    )
