"""What can go wrong on the line: faults that are switched on, and the settings of the stand-ins.

A fault has a target (which call of which stand-in) and lasts for a number of calls or a time.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from dataclasses import dataclass
from enum import StrEnum

from sandbox.database import Database
from sandbox.fault_kinds import EBOKS_DISPATCH, KINDS, TARGETS, FaultKind, kinds_of


class Mode(StrEnum):
    """Which kind of e-Boks answers (protocols/eboks-dispatch.md section 5)."""

    PROXY = "proxy"
    DIRECT = "direct"


DEFAULT_SECONDS = 5.0
LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class Fault:
    """A fault that is switched on. ``seconds``: how slow, or the Retry-After of a 429 or 503."""

    target: str
    kind: FaultKind
    remaining: int | None
    until: float | None
    seconds: float


@dataclass(frozen=True)
class Settings:
    """How the stand-ins behave when nothing is wrong."""

    mode: Mode = Mode.PROXY
    duplicate_status: int = 409
    duplicate_memo: str = "receipt"
    postprocessing_seconds: float = 5.0
    latency_ms: int = 0
    token_seconds: int = 3600  # how long an access token of the Serviceplatform holds
    push_url: str = ""  # where its statuses are pushed to; empty: nowhere yet
    memo_push_url: str = ""  # where Digital Post pushes the school's mail to; empty: it is fetched
    receipt_removes: int = 0  # 1: the receipt alone takes a message off the list


class InvalidSetting(ValueError):  # noqa: N818
    """A fault or a setting that makes no sense; the text says which."""


class NotTogether(InvalidSetting):
    """A fault that can't happen at that place."""


def switch_on(
    database: Database,
    kind: str,
    *,
    target: str = EBOKS_DISPATCH,
    count: int | None = None,
    for_seconds: float | None = None,
    seconds: float = DEFAULT_SECONDS,
) -> None:
    """Switch a fault on for ``count`` calls or ``for_seconds``; the same fault is replaced."""
    if target not in TARGETS:
        raise InvalidSetting(f"target must be one of {', '.join(TARGETS)}")
    if kind not in list(FaultKind):
        raise InvalidSetting(f"kind must be one of {', '.join(FaultKind)}")
    if kind not in kinds_of(target):
        fitting = [one for one, kinds in KINDS.items() if kind in kinds]
        raise NotTogether(f"{kind} goes with {' or '.join(fitting) or 'the other targets'}")
    if (count is None) == (for_seconds is None):
        raise InvalidSetting("give either count or for_seconds")
    if count is not None:
        _check_number("count", count, 1, 1_000_000, whole=True)
    if for_seconds is not None:
        _check_number("for_seconds", for_seconds, 0.001, 86_400)
    _check_number("seconds", seconds, 0, LONGEST_SECONDS)
    until = None if for_seconds is None else time.time() + for_seconds
    with database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO faults (target, kind, remaining, until, seconds)"
            " VALUES (?, ?, ?, ?, ?)",
            (target, kind, count, until, seconds),
        )


def switch_off(database: Database, *, target: str | None = None, kind: str | None = None) -> None:
    """Switch off the faults of a target, of a kind, or all of them."""
    with database.write() as connection:
        connection.execute(
            "DELETE FROM faults WHERE (?1 IS NULL OR target = ?1) AND (?2 IS NULL OR kind = ?2)",
            (target, kind),
        )


def active_faults(database: Database) -> list[Fault]:
    """The faults that the next calls will meet."""
    rows = database.read().execute(
        "SELECT * FROM faults WHERE (remaining IS NULL OR remaining > 0)"
        " AND (until IS NULL OR until > ?) ORDER BY target, kind",
        (time.time(),),
    )
    return [
        Fault(row["target"], FaultKind(row["kind"]), row["remaining"], row["until"], row["seconds"])
        for row in rows
    ]


def take_fault(database: Database, target: str, kinds: tuple[FaultKind, ...]) -> Fault | None:
    """Use up one call of the first of ``kinds`` that is switched on for ``target``."""
    waiting = {fault.kind: fault for fault in active_faults(database) if fault.target == target}
    for kind in kinds:
        fault = waiting.get(kind)
        if fault is None:
            continue
        with database.write() as connection:
            taken = connection.execute(
                "UPDATE faults SET remaining = remaining - 1 WHERE target = ? AND kind = ?"
                " AND (remaining IS NULL OR remaining > 0) AND (until IS NULL OR until > ?)",
                (target, kind, time.time()),
            ).rowcount
        if taken:
            return fault
    return None


def read_settings(database: Database) -> Settings:
    """The settings in force."""
    stored = {
        row["name"]: row["value"] for row in database.read().execute("SELECT * FROM settings")
    }
    default = Settings()
    return Settings(
        mode=Mode(stored.get("mode", default.mode)),
        duplicate_status=int(stored.get("duplicate_status", default.duplicate_status)),
        duplicate_memo=stored.get("duplicate_memo", default.duplicate_memo),
        postprocessing_seconds=float(
            stored.get("postprocessing_seconds", default.postprocessing_seconds)
        ),
        latency_ms=int(stored.get("latency_ms", default.latency_ms)),
        token_seconds=int(stored.get("token_seconds", default.token_seconds)),
        push_url=stored.get("push_url", default.push_url),
        memo_push_url=stored.get("memo_push_url", default.memo_push_url),
        receipt_removes=int(stored.get("receipt_removes", default.receipt_removes)),
    )


def change_settings(database: Database, **changes: object) -> None:
    """Change the named settings. Letters still in post-processing get their new time too.

    Raises `InvalidSetting` and changes nothing when one of them makes no sense.
    """
    for name, value in changes.items():
        _check_setting(name, value)
    with database.write() as connection:
        for name, value in changes.items():
            _store(connection, name, str(value))
        if "postprocessing_seconds" in changes:
            connection.execute(
                "UPDATE dispatches SET post_processing_due = received_at + ?"
                " WHERE post_processing_due > ?",
                (changes["postprocessing_seconds"], time.time()),
            )


def mailbox_salt(database: Database) -> str:
    """What mailbox addresses are derived with, made once: no number can be read from a URL."""
    with database.write() as connection:
        row = connection.execute(
            "SELECT value FROM settings WHERE name = 'mailbox_salt'"
        ).fetchone()
        if row is not None:
            return str(row["value"])
        salt = secrets.token_hex(16)
        _store(connection, "mailbox_salt", salt)
        return salt


def _store(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))


def _check_setting(name: str, value: object) -> None:
    if name == "mode":
        if value not in list(Mode):
            raise InvalidSetting("mode must be proxy or direct")
    elif name == "duplicate_status":
        if value not in (409, 419):
            raise InvalidSetting("duplicate_status must be 409 or 419")
    elif name == "duplicate_memo":
        if value not in ("receipt", "error"):
            raise InvalidSetting("duplicate_memo must be receipt or error")
    elif name == "postprocessing_seconds":
        _check_number(name, value, 0, 86_400)
    elif name == "token_seconds":
        _check_number(name, value, 1, 86_400, whole=True)
    elif name == "receipt_removes":
        _check_number(name, value, 0, 1, whole=True)
    elif name in ("push_url", "memo_push_url"):
        if not isinstance(value, str) or not _is_address(value):
            raise InvalidSetting(f"{name} must be https://..., or http:// on this machine")
    elif name == "latency_ms":
        _check_number(name, value, 0, 60_000, whole=True)
    else:
        raise InvalidSetting(
            "settings are mode, duplicate_status, duplicate_memo, postprocessing_seconds,"
            " latency_ms, token_seconds, push_url, memo_push_url, receipt_removes"
        )


def _is_address(url: str) -> bool:
    here = ("http://127.0.0.1:", "http://localhost:")
    return url == "" or url.startswith(("https://", *here))


def _check_number(
    name: str, value: object, least: float, most: float, *, whole: bool = False
) -> None:
    kinds = int if whole else int | float
    if isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most:
        return
    word = "a whole number" if whole else "a number"
    raise InvalidSetting(f"{name} must be {word} from {least} to {most}")
