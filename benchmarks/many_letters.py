"""A database with very many letters, made in one go, for benchmarks to ask."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from digitalpost.db import make_engine
from digitalpost.institution import Institution, open_institution
from digitalpost.migrate import upgrade
from digitalpost.models import Case, CaseType, DataKey, Letter, LetterStatus, Recipient, Unit
from digitalpost.models.recipient import RecipientUnit
from digitalpost.settings import Settings

UNITS = 4
LETTERS_PER_RECIPIENT = 10
_BATCH = 10_000
_START = datetime(2020, 1, 1, tzinfo=UTC)
_STATUSES = [LetterStatus.DELIVERED] * 46 + [LetterStatus.ACTION, *([LetterStatus.PAPER] * 3)]
_SUBJECTS = ("Karakterudskrift", "Indkaldelse til samtale", "Optagelse", "Kvittering", "Fravær")
_FIRST = ("Anna", "Bo", "Carla", "Didrik", "Ellen", "Frida", "Gorm", "Ærø", "Øjvind", "Åse")
_LAST = ("Lund", "Holm", "Kjær", "Sørensen", "Bak", "Dahl", "Friis", "Høj", "Krog", "Vang", "Å")


def make_many_letters(url: str, rows: int, statuses: Sequence[LetterStatus] = _STATUSES) -> Engine:
    """An up-to-date database at ``url`` with so many letters; ten to a recipient and case.

    They have the ``statuses`` in turn.
    """
    engine = make_engine(url)
    upgrade(engine)
    recipients = max(rows // LETTERS_PER_RECIPIENT, 1)
    with engine.begin() as connection:
        _insert_units(connection)
        _insert(connection, DataKey, ({"wrapped": b"", "created_at": _START} for _ in range(1)))
        _insert(connection, Recipient, (_recipient(i) for i in range(1, recipients + 1)))
        known = ({"recipient_id": i, "unit_id": i % UNITS + 1} for i in range(1, recipients + 1))
        _insert(connection, RecipientUnit, known)
        _insert(connection, Case, (_case(i) for i in range(1, recipients + 1)))
        _insert(connection, Letter, (_letter(i, recipients, statuses) for i in range(1, rows + 1)))
        connection.execute(sa.text("ANALYZE"))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    return engine


def _insert_units(connection: Connection) -> None:
    _insert(connection, Unit, ({"name": f"Afdeling {i}"} for i in range(1, UNITS + 1)))
    _insert(connection, CaseType, ({"name": "Elev", "unit_id": i} for i in range(1, UNITS + 1)))


def _insert(connection: Connection, model: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            connection.execute(sa.insert(model), batch)
            batch = []
    if batch:
        connection.execute(sa.insert(model), batch)


def _recipient(number: int) -> dict[str, Any]:
    return {
        "kind": "cpr",
        "number_sealed": b"",
        "number_index": os.urandom(32),
        "number_masked": "010108-••••",
        "name": _name(number),
        "created_at": _START,
    }


def _case(number: int) -> dict[str, Any]:
    return {
        "number": f"2026-{number:06d}",
        "title": f"Elev: {_name(number)}",
        "recipient_id": number,
        "case_type_id": number % UNITS + 1,
        "unit_id": number % UNITS + 1,
        "key_id": 1,
        "opened_at": _START + timedelta(minutes=number),
    }


def _letter(number: int, recipients: int, statuses: Sequence[LetterStatus]) -> dict[str, Any]:
    recipient = (number * 7919) % recipients + 1  # spread over the years, not one after the other
    title = f"{_SUBJECTS[number % len(_SUBJECTS)]} {2020 + number % 7} brev {number}"
    return {
        "unit_id": recipient % UNITS + 1,
        "title": title,
        "status": statuses[number % len(statuses)],
        "recipient_id": recipient,
        "recipient_name": _name(recipient),
        "case_id": recipient,
        "created_at": _START + timedelta(minutes=3 * number),
        "position": 1,
        "verdict": "green",
        "risk": 0,
        "reasons": [],
        "pages": [],
        "page_count": 2,
        "removed_numbers": 1,
        "search_text": f"{title} {_name(recipient)} 2026-{recipient:06d}",
    }


def _name(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[number // 10 % len(_LAST)]}"


def institution_on(engine: Engine, home: Path) -> Institution:
    """The institution whose database this is, with keys made for the benchmark."""
    return open_institution(
        Settings.from_env(
            {
                "DIGITALPOST_HOME": str(home),
                "DIGITALPOST_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
                "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            }
        )
    )
