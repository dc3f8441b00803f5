"""What the command line says of the attachments of a mailing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.db import Session
from digitalpost.errors import sentence_of
from digitalpost.models import Mailing, MailingAttachment


def attached_data(session: Session, mailing: Mailing) -> list[dict[str, Any]]:
    """One entry for each attachment, in order: whose it is and by what, or why nobody knows.

    ``matched`` is "common", "file_name", "content", "hand" or None; ``letter`` is the id of the one
    letter that it goes with.
    """
    rows = session.scalars(
        select(MailingAttachment)
        .where(MailingAttachment.mailing_id == mailing.id)
        .order_by(MailingAttachment.position, MailingAttachment.id)
        .options(selectinload(MailingAttachment.letter))
    )
    return [
        {
            "file": row.file_name,
            "title": row.title,
            "matched": "common" if row.is_common else row.matched_by,
            "letter": row.letter_id,
            "why": str(sentence_of(row.why)) if row.why else None,
        }
        for row in rows
    ]
