"""What staff see of a mailing's attachments: whose each is, what is in doubt, who gets none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import selectinload

from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.mailings.attachment_match import Doubt
from digitalpost.mailings.quiet import quiet_folder
from digitalpost.models import (
    AttachmentStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingAttachment,
    MailingStatus,
)
from digitalpost.paging import Page, page
from digitalpost.pdf.pool import Workers, draw_pages

PAGE_SIZE = 20
DOUBTFUL = "doubtful"  # what a list can be narrowed to

_IN_DOUBT: ColumnElement[bool] = or_(
    MailingAttachment.status == AttachmentStatus.FAILED,
    and_(
        MailingAttachment.status == AttachmentStatus.READY,
        MailingAttachment.is_common.is_(False),
        MailingAttachment.letter_id.is_(None),
    ),
)


@dataclass(frozen=True)
class AttachmentCounts:
    """How many attachments of a mailing stand where; ``letters_without`` have none of their own."""

    common: int
    individual: int
    matched: int
    waiting: int
    in_doubt: int
    several: int  # of those in doubt: only because their letter has more than one
    letters_without: int

    @property
    def found(self) -> int:
        """All of them."""
        return self.common + self.individual


def attachment_counts(session: Session, mailing: Mailing) -> AttachmentCounts:
    """Count the attachments of a mailing by what can become of them."""
    row = MailingAttachment
    of_mailing = row.mailing_id == mailing.id

    def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    common, individual, matched, waiting, in_doubt = session.execute(
        select(
            counted(row.is_common.is_(True)),
            counted(row.is_common.is_(False)),
            counted(row.letter_id.is_not(None)),
            counted(row.status == AttachmentStatus.WAITING),
            counted(_IN_DOUBT),
        ).where(of_mailing)
    ).one()
    several = without = 0
    if in_doubt:
        reasons = session.scalars(select(row.why).where(of_mailing, _IN_DOUBT))
        several = sum(1 for why in reasons if why and why["code"] == Doubt.SEVERAL_FILES.value)
    if individual:
        without = (
            session.scalar(select(func.count()).select_from(_without(mailing).subquery())) or 0
        )
    return AttachmentCounts(common, individual, matched, waiting, in_doubt, several, without)


def attachments_page(
    session: Session,
    mailing: Mailing,
    *,
    show: str = "",
    since: int = 0,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[MailingAttachment]:
    """Attachments in the order in which they follow the letters, from the position ``since`` on.

    ``show`` may be `DOUBTFUL`.
    """
    statement = select(MailingAttachment).where(MailingAttachment.mailing_id == mailing.id)
    if since:
        statement = statement.where(MailingAttachment.position >= since)
    if show == DOUBTFUL:
        statement = statement.where(_IN_DOUBT)
    return page(
        session,
        statement.options(selectinload(MailingAttachment.letter).selectinload(Letter.recipient)),
        order=[(MailingAttachment.position, False), (MailingAttachment.id, False)],
        after=after,
        before=before,
        size=size,
    )


def letters_without(
    session: Session,
    mailing: Mailing,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[Letter]:
    """The letters that are to be sent and have no attachment of their own."""
    return page(
        session,
        _without(mailing).options(selectinload(Letter.recipient)),
        order=[(Letter.position, False), (Letter.id, False)],
        after=after,
        before=before,
        size=size,
    )


def draw_attachment_pages(
    session: Session,
    actor: Actor,
    attachment: MailingAttachment,
    pages: Sequence[int],
    *,
    width: int,
) -> dict[int, bytes]:
    """Pictures (PNG) of pages as they came, numbers and all, for whoever may say whose they are.

    Drawn in a child process. Pages that can't be drawn are left out. Raises `Refused` when the
    mailing is not in review or the file not ready, `Damaged` when the file has changed.
    """
    require(actor, "mailing.change", attachment)
    if attachment.mailing.status is not MailingStatus.REVIEW or attachment.document is None:
        raise Refused("Bilaget kan ikke vises nu.")
    wanted = [number for number in pages if 1 <= number <= attachment.pages]
    with quiet_folder() as folder, Workers(1) as workers:
        path = folder / "bilag.pdf"
        path.write_bytes(read_document(session, attachment.document))
        return draw_pages(path, wanted, width=width, workers=workers)


def _without(mailing: Mailing) -> Select[Letter]:
    has_one = select(MailingAttachment.id).where(MailingAttachment.letter_id == Letter.id).exists()
    return select(Letter).where(
        Letter.mailing_id == mailing.id, Letter.status == LetterStatus.DRAFT, ~has_one
    )
