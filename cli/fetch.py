"""The command that fetches mail now, and files and routes it at once."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from cli.answers import DONE, REFUSED, Answer, error_data
from digitalpost.db import Session
from digitalpost.incoming.due import file_due
from digitalpost.incoming.fetch import Fetched, fetch_due
from digitalpost.institution import Institution, open_institution
from digitalpost.migrate import upgrade
from digitalpost.models import IncomingMessage, IncomingStatus, Letter, LetterStatus
from digitalpost.settings import Settings

WAIT_SECONDS = 0.5  # between looks at what a worker of the running site is fetching or filing
PATIENCE = 600.0  # seconds; what is not filed then is counted as not routed
_AT_ONCE = 500


def fetch(_arguments: Namespace, settings: Settings) -> Answer:
    """Fetch all that waits, file it, and say what became of it; exit 1 when not all came."""
    institution = open_institution(settings)
    try:
        upgrade(institution.engine)
        end = time.monotonic() + PATIENCE
        found = fetch_due(institution, at_once=True)
        while found.is_busy and time.monotonic() < end:  # a worker fetches: take over after it
            time.sleep(WAIT_SECONDS)
            found = fetch_due(institution, at_once=True)
        _file(institution, found, end)
        with institution.reading() as session:
            counts = _counts(session, found)
    finally:
        institution.close()
    problems = [] if found.problem is None else [found.problem]
    data: dict[str, Any] = dict(counts)
    if problems:
        data["errors"] = [error_data(one) for one in problems]
    lines = [
        f"{counts['fetched']} nye meddelelser er hentet, "
        f"{counts['duplicates']} havde vi i forvejen.",
        f"{counts['routed']} er fordelt, {counts['unrouted']} venter på at blive fordelt.",
    ]
    if counts["unreadable"]:
        lines.append(
            f"{counts['unreadable']} kan ikke læses. En administrator skal se på dem i portalen."
        )
    return Answer(data, [*lines, *map(str, problems)], REFUSED if problems else DONE)


def _file(institution: Institution, found: Fetched, end: float) -> None:
    """File here, and wait for what a worker of the running site is filing."""
    file_due(institution, longest=PATIENCE)
    while time.monotonic() < end:
        held = select(IncomingMessage.id).where(
            IncomingMessage.status == IncomingStatus.STORED,
            IncomingMessage.lease_until.is_not(None),
        )
        with institution.reading() as session:
            if not set(session.scalars(held)) & set(found.stored):
                return
        time.sleep(WAIT_SECONDS)


def _counts(session: Session, found: Fetched) -> dict[str, int]:
    """What became of the messages of this fetch."""
    statuses = _statuses(session, found.stored)
    unreadable = sum(status is IncomingStatus.UNREADABLE for status, _ in statuses)
    routed = sum(of is not None and of is not LetterStatus.NEW for _, of in statuses)
    return {
        "fetched": len(found.stored),
        "duplicates": found.duplicates,
        "unreadable": unreadable,
        "routed": routed,
        "unrouted": len(statuses) - unreadable - routed,
    }


def _statuses(
    session: Session, ids: Sequence[int]
) -> list[tuple[IncomingStatus, LetterStatus | None]]:
    """The status of each message, and of its letter where there is one."""
    found: list[tuple[IncomingStatus, LetterStatus | None]] = []
    for at in range(0, len(ids), _AT_ONCE):
        rows = session.execute(
            select(IncomingMessage.status, Letter.status)
            .outerjoin(Letter, Letter.id == IncomingMessage.letter_id)
            .where(IncomingMessage.id.in_(ids[at : at + _AT_ONCE]))
        )
        found += [(row[0], row[1]) for row in rows]
    return found
