"""Rows for tests: an institution on a given database, and the things in it, with full defaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digitalpost.access import Scope
from digitalpost.db import Session
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.institution import Institution, open_institution
from digitalpost.models import (
    Case,
    CaseType,
    DataKey,
    Event,
    Letter,
    LetterStatus,
    Recipient,
    RecipientUnit,
    Unit,
)
from digitalpost.registers.recipients import seal_number
from digitalpost.settings import Settings

MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
_numbers = count(1)


@contextmanager
def make_institution(database_url: str, home: Path) -> Iterator[Institution]:
    """An institution with keys and a document store, on a database that has its tables."""
    environment = {
        "DIGITALPOST_HOME": str(home),
        "DATABASE_URL": database_url,
        "DIGITALPOST_MASTER_KEY": MASTER_KEY,
    }
    institution = open_institution(Settings.from_env(environment))
    try:
        yield institution
    finally:
        institution.close()


def scope_of(*units: Unit) -> Scope:
    """The row scope of somebody who has these units."""
    return Scope(frozenset(unit.id for unit in units))


def make_unit(session: Session, name: str | None = None) -> Unit:
    """A unit."""
    unit = Unit(name=name or f"Afdeling {next(_numbers)}")
    session.add(unit)
    session.flush()
    return unit


def make_recipient(
    session: Session,
    unit: Unit,
    *,
    name: str = "Anna Ærø Lund",
    number: str = "0101081234",
    kind: IdentifierKind = IdentifierKind.CPR,
) -> Recipient:
    """A recipient whom the unit knows."""
    identifier = Identifier(kind, number)
    sealed, index = seal_number(session.vault, identifier)
    recipient = Recipient(
        kind=kind,
        number_sealed=sealed,
        number_index=index,
        number_masked=identifier.masked,
        name=name,
        created_at=NOON,
    )
    session.add(recipient)
    session.flush()
    session.add(RecipientUnit(recipient_id=recipient.id, unit_id=unit.id))
    session.flush()
    return recipient


def make_case(
    session: Session,
    unit: Unit,
    recipient: Recipient,
    *,
    number: str = "2026-000123",
    title: str = "Elevsag",
) -> Case:
    """An open case of a new case type."""
    key = DataKey(wrapped=b"", created_at=NOON)
    case_type = CaseType(name=f"Elevsag {next(_numbers)}", unit_id=unit.id)
    session.add_all([key, case_type])
    session.flush()
    case = Case(
        number=number,
        title=title,
        recipient_id=recipient.id,
        case_type_id=case_type.id,
        unit_id=unit.id,
        key_id=key.id,
        opened_at=NOON,
    )
    session.add(case)
    session.flush()
    return case


def make_letter(session: Session, unit: Unit, **columns: Any) -> Letter:
    """A letter that was delivered, found by its title and the recipient's name."""
    columns = {
        "title": "Brev om optagelse",
        "status": LetterStatus.DELIVERED,
        "recipient_name": "Anna Ærø Lund",
        "created_at": NOON,
        **columns,
    }
    columns.setdefault("search_text", f"{columns['title']} {columns['recipient_name']}")
    letter = Letter(unit_id=unit.id, **columns)
    session.add(letter)
    session.flush()
    return letter


def make_many_letters(session: Session, unit: Unit, number: int) -> None:
    """Letters in bulk: every one says "brev", every tenth "karakter", no two have one number."""
    statuses = list(LetterStatus)
    session.execute(
        sa.insert(Letter),
        [
            {
                "unit_id": unit.id,
                "title": f"Brev {i}" + (" om karakter" if i % 10 == 0 else ""),
                "status": statuses[i % len(statuses)],
                "recipient_name": f"Navn {i % 97}",
                "created_at": NOON + timedelta(minutes=i),
                "position": 1,
                "verdict": "green",
                "risk": 0,
                "reasons": [],
                "pages": [],
                "page_count": 2,
                "removed_numbers": 0,
                "search_text": f"Brev {i}" + (" om karakter" if i % 10 == 0 else ""),
            }
            for i in range(number)
        ],
    )
    session.flush()


def make_lines(session: Session, number: int) -> None:
    """Lines of the log, not chained, each about a letter, a case and a mailing."""
    line = {
        "at": NOON,
        "kind": "letter:filed",
        "actor_name": "Systemet",
        "subject": "letter",
        "letter_id": 1,
        "case_id": 1,
        "mailing_id": 1,
        "data": {},
        "chain": b"0",
    }
    session.execute(sa.insert(Event), [{"id": i, **line} for i in range(1, number + 1)])
