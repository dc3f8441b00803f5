"""The letters of a mailing that wait to be made again, as `remake` takes them up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.models import Letter
from digitalpost.registers.recipients import number_of


@dataclass(frozen=True)
class Unfinished:
    """A letter that waits to be made; ``mended_at`` tells whether it is still the same."""

    id: int
    mended_at: datetime
    source_id: int
    pages: tuple[int, ...]
    is_chosen: bool
    name: str = field(repr=False)
    recipient_id: int | None
    recipient: Identifier | None
    judged: dict[str, Any] | None = field(repr=False)  # None: to be judged anew


def unfinished_letters(institution: Institution, mailing_id: int) -> list[Unfinished]:
    """Every letter of a mailing that waits now, file by file."""
    with institution.reading() as session:
        letters = session.scalars(
            select(Letter)
            .where(Letter.mailing_id == mailing_id, Letter.mended_at.is_not(None))
            .order_by(Letter.source_id, Letter.id)
            .options(selectinload(Letter.recipient))
        )
        return [
            Unfinished(
                id=letter.id,
                mended_at=letter.mended_at,
                source_id=letter.source_id,
                pages=tuple(letter.pages),
                is_chosen=letter.recipient_chosen_at is not None,
                name=letter.recipient_name,
                recipient_id=letter.recipient_id,
                recipient=number_of(session.vault, letter.recipient) if letter.recipient else None,
                judged=letter.judged,
            )
            for letter in letters
            if letter.mended_at is not None and letter.source_id is not None
        ]
