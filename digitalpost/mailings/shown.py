"""What the list of a mailing's letters can be narrowed to, by a word in its address."""

from __future__ import annotations

from sqlalchemy import Select, select

from digitalpost.models import (
    Letter,
    LetterCopy,
    LetterStatus,
    LetterWay,
    Mailbox,
    MailboxStatus,
    Mailing,
)

DOUBTFUL = "doubtful"
COPIES = "copies"  # letters that somebody else gets a copy of
MAILBOX = "mailbox-"  # and a `MailboxStatus`, or `UNASKED`
UNASKED = "unasked"
WAY = "way-"  # and a `LetterWay`


def shown(mailing: Mailing, show: str) -> Select[Letter]:
    """The letters of the mailing that ``show`` stands for; all of them when it stands for nothing.

    Besides the words above, the value of a `LetterStatus`.
    """
    letters = select(Letter).where(Letter.mailing_id == mailing.id)
    if show == DOUBTFUL:
        return letters.where(Letter.risk > 0, Letter.status != LetterStatus.CANCELLED)
    if show == COPIES:
        copied = select(LetterCopy.id).where(LetterCopy.letter_id == Letter.id).exists()
        return letters.where(copied)
    if show in set(LetterStatus):
        return letters.where(Letter.status == LetterStatus(show))
    if show.startswith(WAY) and show.removeprefix(WAY) in set(LetterWay):
        drafts = letters.where(Letter.status == LetterStatus.DRAFT)
        return drafts.where(Letter.way == LetterWay(show.removeprefix(WAY)))
    if show.startswith(MAILBOX):
        return _by_mailbox(letters, show.removeprefix(MAILBOX))
    return letters


def _by_mailbox(letters: Select[Letter], status: str) -> Select[Letter]:
    if status != UNASKED and status not in set(MailboxStatus):
        return letters
    answered = letters.outerjoin(Mailbox, Mailbox.recipient_id == Letter.recipient_id).where(
        Letter.recipient_id.is_not(None)
    )
    if status == UNASKED:
        return answered.where(Mailbox.status.is_(None))
    return answered.where(Mailbox.status == MailboxStatus(status))
