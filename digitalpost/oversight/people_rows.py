"""Rows that wait for a person who does not come: nobody has them, or their date is long past."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, or_, select

from digitalpost.models import Letter, LetterStatus, Mailing, MailingStatus, User

LATE_AFTER = timedelta(days=1)


def unowned(at: datetime) -> Select[int, int]:
    """Letters that need a person and stand on nobody's front page."""
    return (
        select(Letter.id, Letter.unit_id)
        .outerjoin(User, User.id == Letter.owner_id)
        .where(
            Letter.status == LetterStatus.ACTION,
            or_(Letter.owner_id.is_(None), User.is_active.is_(False)),
        )
    )


def late(at: datetime) -> Select[int, int]:
    """Letters whose date for a person is more than a day ago."""
    in_review = select(Mailing.id).where(Mailing.status == MailingStatus.REVIEW)
    return select(Letter.id, Letter.unit_id).where(
        Letter.due_at < at - LATE_AFTER,
        or_(
            Letter.status == LetterStatus.ACTION,
            and_(Letter.status == LetterStatus.DRAFT, Letter.mailing_id.in_(in_review)),
        ),
    )
