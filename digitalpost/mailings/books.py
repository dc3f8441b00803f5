"""The books of a mailing: how many letters stand where, and that pages and letters add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from digitalpost.db import Session
from digitalpost.models import (
    LeftOutPage,
    Letter,
    LetterStatus,
    Mailing,
    MailingSource,
    Verdict,
)

# The five heaps that every created letter is in exactly one of (design.md invariant 4).
HEAPS: dict[str, frozenset[LetterStatus]] = {
    "delivered": frozenset({LetterStatus.DELIVERED}),
    "paper": frozenset({LetterStatus.PAPER}),
    "failed": frozenset({LetterStatus.ACTION}),
    "cancelled": frozenset({LetterStatus.CANCELLED}),
    "open": frozenset(
        {
            LetterStatus.DRAFT,
            LetterStatus.WAITING,
            LetterStatus.SENDING,
            LetterStatus.AWAITING_RECEIPT,
        }
    ),
}


@dataclass(frozen=True)
class Balance:
    """Letters of a mailing by heap and by status."""

    created: int
    heaps: dict[str, int]
    by_status: dict[LetterStatus, int]

    @property
    def adds_up(self) -> bool:
        """created = delivered + on paper + failed + cancelled + open."""
        return self.created == sum(self.heaps.values())


def sendable(mailing_id: int) -> Select[Letter]:
    """The letters that approval would send: drafts with a recipient, and no doubt that stops."""
    return select(Letter).where(
        Letter.mailing_id == mailing_id,
        Letter.status == LetterStatus.DRAFT,
        Letter.verdict != Verdict.RED,
        Letter.recipient_id.is_not(None),
        Letter.document_id.is_not(None),
    )


def balance(session: Session, mailing: Mailing) -> Balance:
    """Count the letters of a mailing where they stand now.

    ``created`` is the count of rows in all, asked for by itself, so that a status that no heap
    knows shows as books that don't add up.
    """
    rows = session.execute(
        select(Letter.status, func.count())
        .where(Letter.mailing_id == mailing.id)
        .group_by(Letter.status)
    )
    by_status = {row.status: row[1] for row in rows}
    created = session.scalar(select(func.count(Letter.id)).where(Letter.mailing_id == mailing.id))
    heaps = {
        heap: sum(by_status.get(status, 0) for status in statuses)
        for heap, statuses in HEAPS.items()
    }
    return Balance(created or 0, heaps, by_status)


def pages_unaccounted(session: Session, mailing: Mailing) -> list[tuple[int, int]]:
    """(source id, page) of every page that is neither in a letter nor left out with a reason.

    Also names pages that stand twice, unless the whole file goes to each recipient. Empty when
    the books balance (design.md invariant 3).
    """
    seen: dict[tuple[int, int], int] = {}
    letters: Sequence[tuple[int | None, list[int]]] = session.execute(
        select(Letter.source_id, Letter.pages).where(Letter.mailing_id == mailing.id)
    ).all()
    for source_id, pages in letters:
        for page in pages:
            assert source_id is not None
            seen[source_id, page] = seen.get((source_id, page), 0) + 1
    for source_id, page in session.execute(
        select(LeftOutPage.source_id, LeftOutPage.page).where(LeftOutPage.mailing_id == mailing.id)
    ):
        seen[source_id, page] = seen.get((source_id, page), 0) + 1
    wrong: list[tuple[int, int]] = []
    sources = session.scalars(select(MailingSource).where(MailingSource.mailing_id == mailing.id))
    for source in sources:
        for page in range(1, source.pages + 1):
            times = seen.pop((source.id, page), 0)
            if times == 0 or (times > 1 and mailing.split_method != "whole"):
                wrong.append((source.id, page))
    return wrong + list(seen)
