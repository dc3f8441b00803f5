"""The stand-ins' own SQLite file: connections for many threads, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS dispatches (
    message_id TEXT PRIMARY KEY,
    received_at REAL NOT NULL,
    mode TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_type TEXT NOT NULL,
    nationality TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    title TEXT NOT NULL,
    extension TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    content_bytes INTEGER NOT NULL,
    status TEXT NOT NULL,
    reject_reason TEXT NOT NULL,
    post_processing_status TEXT NOT NULL,
    post_processing_result TEXT NOT NULL,
    post_processing_due REAL,
    received INTEGER NOT NULL DEFAULT 1,
    other_bodies INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS dispatches_by_mailbox ON dispatches (mailbox, received_at);
CREATE INDEX IF NOT EXISTS dispatches_by_recipient ON dispatches (recipient);
CREATE TABLE IF NOT EXISTS contents (
    message_id TEXT PRIMARY KEY REFERENCES dispatches ON DELETE CASCADE,
    content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS memos (
    message_uuid TEXT PRIMARY KEY REFERENCES dispatches ON DELETE CASCADE,
    facts TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS memo_files (
    message_uuid TEXT NOT NULL REFERENCES memos ON DELETE CASCADE,
    position INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (message_uuid, position)
);
CREATE TABLE IF NOT EXISTS receipts (id TEXT PRIMARY KEY, due_at REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY,
    message_uuid TEXT NOT NULL UNIQUE,
    put_at REAL NOT NULL,
    xml BLOB NOT NULL,
    reads INTEGER NOT NULL DEFAULT 0,
    receipts INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT '',
    error_code TEXT NOT NULL DEFAULT '',
    acknowledged_at REAL,
    deleted_at REAL,
    pushes INTEGER NOT NULL DEFAULT 0,
    push_due REAL,
    push_answer TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS sf1601_tokens (
    token TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    cvr TEXT NOT NULL,
    certificate TEXT NOT NULL,
    ends_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS pushes (
    id INTEGER PRIMARY KEY,
    due_at REAL NOT NULL,
    body BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    answer TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    message_id TEXT NOT NULL,
    answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS people (
    name TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    changes TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS prints (
    message_id TEXT PRIMARY KEY,
    received_at REAL NOT NULL,
    due_at REAL NOT NULL,
    lines TEXT NOT NULL,
    pages INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    result TEXT NOT NULL,
    content BLOB NOT NULL,
    times INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS left_lying (message_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS returned (message_id TEXT PRIMARY KEY, due_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS signings (
    id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    claims TEXT NOT NULL,
    document BLOB NOT NULL,
    status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS generated (
    message_uuid TEXT PRIMARY KEY,
    at REAL NOT NULL,
    truth TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    remaining INTEGER,
    until REAL,
    seconds REAL NOT NULL,
    PRIMARY KEY (target, kind)
);
"""


class Database:
    """One SQLite file in WAL mode; a connection per thread, writes one after the other."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self._path = path
        self._threads = threading.local()
        self._writing = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.write() as connection:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)

    def read(self) -> sqlite3.Connection:
        """This thread's connection; each statement outside `write` stands alone."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.row_factory = sqlite3.Row
            # Letters are large: big pages mean fewer writes. Counts only for a new file.
            connection.execute("PRAGMA page_size = 16384")
            connection.execute("PRAGMA journal_mode = WAL")
            # Survives a killed process; a power cut may take the newest letters of an exercise.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._threads.connection = connection
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        self.read().close()
        del self._threads.connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: kept when the block ends well, undone when it raises."""
        connection = self.read()
        # Threads wait for the lock in turn; SQLite's own waiting sleeps and would starve some.
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
