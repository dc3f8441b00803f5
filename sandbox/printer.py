"""The stand-in for a print provider: fetches letters from a folder, prints them after a while.

A letter whose address says *Ukendt* is rejected. An id is printed once, however often it comes.
What goes wrong when it is asked to: a letter is never fetched, its receipt comes late, never or
twice, or the letter comes back from the postman (a note in ``returned``).
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.database import Database
from sandbox.fault_kinds import (
    PRINT,
    FaultKind,
)
from sandbox.faults import read_settings, take_fault

ROUND_SECONDS = 0.3
_REJECTED = "ukendt"
_SILENT = "silent"  # printed, and nobody was told


@dataclass(frozen=True)
class Print:
    """One letter on paper. ``times`` counts how often its id came."""

    message_id: str
    received_at: float
    due_at: float
    lines: tuple[str, ...]
    pages: int
    sha256: str
    status: str  # as it is now: received, printed, rejected, silent
    times: int

    @property
    def name(self) -> str:
        """Whom it is for."""
        return self.lines[0] if self.lines else ""


def make_folders(home: Path) -> Path:
    """The folder that is shared with senders, in the sandbox's home."""
    for name in ("outgoing", "receipts", "returned"):
        (home / "print" / name).mkdir(parents=True, exist_ok=True)
    return home / "print"


def start(database: Database, folder: Path) -> None:
    """Print in the background for as long as this process lives."""
    threading.Thread(target=_keep_printing, args=(database, folder), daemon=True).start()


def one_round(database: Database, folder: Path) -> None:
    """Take in what lies in the folder, then write the receipts that are due."""
    for file in sorted((folder / "outgoing").glob("[!.]*.json")):
        if not _is_left_lying(database, file.stem):
            _take_in(database, folder, file)
    for one in prints(database):
        receipt = folder / "receipts" / f"{one.message_id}.json"
        if one.status != _SILENT and _status_in(receipt) != one.status:
            _write_receipt(receipt, one)
    _return_mail(database, folder)


def prints(database: Database) -> list[Print]:
    """Every letter that came, newest first."""
    rows = database.read().execute(
        "SELECT message_id, received_at, due_at, lines, pages, sha256, result, times FROM prints"
        " ORDER BY received_at DESC, rowid DESC"
    )
    return [_print(row) for row in rows]


def content_of(database: Database, message_id: str) -> bytes | None:
    """The PDF that was printed."""
    row = (
        database.read()
        .execute("SELECT content FROM prints WHERE message_id = ?", (message_id,))
        .fetchone()
    )
    return None if row is None else bytes(row["content"])


def empty(database: Database) -> None:
    """Forget every print; receipts in the folder stay, as they would."""
    with database.write() as connection:
        for table in ("prints", "left_lying", "returned"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608


def _keep_printing(database: Database, folder: Path) -> None:
    while True:
        # The folder may be gone for a moment: it is looked into again.
        with suppress(OSError, sqlite3.Error):
            one_round(database, folder)
        time.sleep(ROUND_SECONDS)


def _take_in(database: Database, folder: Path, file: Path) -> None:
    pdf = file.with_suffix(".pdf")
    try:
        manifest = json.loads(file.read_bytes())
        message_id, sha256 = str(manifest["message_id"]), str(manifest["sha256"])
        lines, pages = list(manifest["recipient"]["address"]), int(manifest["pages"])
        content = pdf.read_bytes()
    except (OSError, ValueError, KeyError, TypeError):
        # Half a letter, or one that we stored and were killed while taking away.
        if file.exists() and _is_known(database, file.stem):
            file.unlink()
        return
    is_whole = hashlib.sha256(content).hexdigest() == sha256
    now = time.time()
    rejected = not is_whole or any(_REJECTED in str(line).lower() for line in lines)
    due = now if rejected else now + read_settings(database).postprocessing_seconds
    is_new = not _is_known(database, message_id)
    late = is_new and take_fault(database, PRINT, (FaultKind.RECEIPT_LATE,))
    due += late.seconds if late else 0
    is_silent = is_new and take_fault(database, PRINT, (FaultKind.RECEIPT_LOST,)) is not None
    result = "rejected" if rejected else _SILENT if is_silent else "printed"
    back = is_new and take_fault(database, PRINT, (FaultKind.RETURNED,))
    with database.write() as connection:
        connection.execute(
            "INSERT INTO prints (message_id, received_at, due_at, lines, pages, sha256, result,"
            " content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (message_id) DO UPDATE SET times = times + 1",
            (
                message_id, now, due, json.dumps(lines), pages,
                sha256, result, content,
            ),
        )  # fmt: skip
        if back:
            connection.execute(
                "INSERT INTO returned (message_id, due_at) VALUES (?, ?)",
                (message_id, due + back.seconds),
            )
    one = next(one for one in prints(database) if one.message_id == message_id)
    receipt = folder / "receipts" / f"{message_id}.json"
    if result != _SILENT:
        _write_receipt(receipt, one)
    if is_new and take_fault(database, PRINT, (FaultKind.RECEIPT_TWICE,)):
        _write_receipt(receipt.with_name(f"{message_id}.2.json"), one)
    pdf.unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _is_left_lying(database: Database, message_id: str) -> bool:
    """Whether this letter is one that nobody fetches; the fault meets each letter once."""
    known = database.read().execute("SELECT 1 FROM left_lying WHERE message_id = ?", (message_id,))
    if known.fetchone() is not None:
        return True
    if take_fault(database, PRINT, (FaultKind.NEVER_FETCHED,)) is None:
        return False
    with database.write() as connection:
        connection.execute("INSERT INTO left_lying (message_id) VALUES (?)", (message_id,))
    return True


def _return_mail(database: Database, folder: Path) -> None:
    """Put a note of each letter that the postman brought back; once, when its time has come."""
    rows = database.read().execute(
        "SELECT message_id FROM returned WHERE due_at <= ?", (time.time(),)
    )
    for row in rows.fetchall():
        note = {"message_id": row["message_id"], "reason": "Modtageren er ukendt på adressen"}
        file = folder / "returned" / f"{row['message_id']}.json"
        part = file.with_name(f".{file.name}.{os.getpid()}")
        part.write_text(json.dumps(note))
        part.replace(file)
        with database.write() as connection:
            connection.execute("DELETE FROM returned WHERE message_id = ?", (row["message_id"],))


def _is_known(database: Database, message_id: str) -> bool:
    return content_of(database, message_id) is not None


def _write_receipt(file: Path, one: Print) -> None:
    receipt = {
        "message_id": one.message_id,
        "status": one.status,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "pages": one.pages,
        "sha256": one.sha256,
    }
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(json.dumps(receipt))
    part.replace(file)


def _status_in(file: Path) -> str:
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return ""
    return str(found.get("status", ""))


def _print(row: sqlite3.Row) -> Print:
    is_done = row["due_at"] <= time.time()
    return Print(
        message_id=row["message_id"],
        received_at=row["received_at"],
        due_at=row["due_at"],
        lines=tuple(json.loads(row["lines"])),
        pages=row["pages"],
        sha256=row["sha256"],
        status=row["result"] if is_done or row["result"] == _SILENT else "received",
        times=row["times"],
    )
