"""What the page for mending shows: the neighbours of a letter, and the source pages as pictures."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.mailings.quiet import quiet_folder
from digitalpost.models import Letter, LetterStatus, Mailing, MailingSource, MailingStatus
from digitalpost.pdf.pool import Workers, draw_pages


def neighbours(session: Session, letter: Letter) -> tuple[Letter | None, Letter | None]:
    """The drafts of the same file whose pages come right before and right after this letter's."""
    if not letter.pages or letter.status is not LetterStatus.DRAFT:
        return None, None
    first = Letter.pages[0].as_integer()
    drafts = select(Letter).where(
        Letter.mailing_id == letter.mailing_id,
        Letter.source_id == letter.source_id,
        Letter.status == LetterStatus.DRAFT,
    )
    here = letter.pages[0]
    before = drafts.where(first < here).order_by(first.desc(), Letter.id.desc()).limit(1)
    after = drafts.where(first > here).order_by(first, Letter.id).limit(1)
    return session.scalars(before).first(), session.scalars(after).first()


def letter_at(session: Session, letter: Letter, position: int) -> Letter | None:
    """The letter with this number in the same mailing."""
    return session.scalars(
        select(Letter).where(Letter.mailing_id == letter.mailing_id, Letter.position == position)
    ).first()


def next_doubtful(session: Session, mailing: Mailing, letter: Letter) -> Letter | None:
    """The next letter to look at, most doubtful first; not one that is being made just now."""
    return session.scalars(
        select(Letter)
        .where(
            Letter.mailing_id == mailing.id,
            Letter.risk > 0,
            Letter.status == LetterStatus.DRAFT,
            Letter.mended_at.is_(None),
            Letter.id != letter.id,
        )
        .order_by(Letter.risk.desc(), Letter.position, Letter.id)
        .limit(1)
    ).first()


def draw_source_pages(
    session: Session, actor: Actor, source: MailingSource, pages: Sequence[int], *, width: int
) -> dict[int, bytes]:
    """Pictures (PNG) of pages as they came, numbers and all, for whoever may mend the mailing.

    Drawn in a child process: the file is somebody else's. Pages that can't be drawn are left out.
    Raises `Refused` when the mailing is not in review, `Damaged` when the file has changed.
    """
    require(actor, "mailing.change", source)
    if source.mailing.status is not MailingStatus.REVIEW:
        raise Refused("Forsendelsen er ikke til gennemsyn mere.")
    wanted = [page for page in pages if 1 <= page <= source.pages]
    with quiet_folder() as folder, Workers(1) as workers:
        path = folder / "source.pdf"
        path.write_bytes(read_document(session, source.document))
        return draw_pages(path, wanted, width=width, workers=workers)
