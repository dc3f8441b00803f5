"""Checking that each filed letter still has the bytes it was filed with.

The log holds the hash of every letter as it was filed, and of every file of a letter that came, and
its lines are chained, so a row that was pointed at another document, or two documents that changed
places, are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from digitalpost.db import Session
from digitalpost.events import EventKind
from digitalpost.models import Document, Event, IncomingFile, Letter


def find_exchanged(session: Session) -> Iterator[tuple[int, str]]:
    """Yield (letter id, Danish sentence) for each letter whose document is not the one filed."""
    filed = session.execute(
        select(Event.letter_id, Event.data, Document.sha256)
        .outerjoin(Letter, Letter.id == Event.letter_id)
        .outerjoin(Document, Document.id == Letter.document_id)
        .where(Event.kind == EventKind.LETTER_FILED.value)
        .order_by(Event.id)
        .execution_options(yield_per=1000)
    )
    for letter_id, data, sha256 in filed:
        if data.get("sha256") not in {None, sha256}:
            yield letter_id, f"Brev {letter_id} har ikke det dokument, det blev lagt på sagen med."
    arrived = session.execute(
        select(Event.letter_id, Event.data)
        .where(Event.kind == EventKind.LETTER_ARRIVED.value)
        .order_by(Event.id)
        .execution_options(yield_per=1000)
    )
    for letter_id, data in arrived:
        if data.get("files") != _hashes(session, letter_id):
            yield letter_id, f"Brev {letter_id} har ikke de filer, det kom med."


def _hashes(session: Session, letter_id: int) -> Sequence[str]:
    """The hashes of the files of a letter that came, in the order of its message."""
    return session.scalars(
        select(Document.sha256)
        .join(IncomingFile, IncomingFile.document_id == Document.id)
        .where(IncomingFile.letter_id == letter_id)
        .order_by(IncomingFile.position)
    ).all()
