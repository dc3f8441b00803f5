"""Which letter an incoming one answers, and the conversation that they are part of.

Only what the message says in ReplyData counts (protocols/memo.md), never its subject; and only the
people whom a letter went to, or came from, can answer it: case numbers can be guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from digitalpost.channels.base import ReplyTo
from digitalpost.db import Session, lock
from digitalpost.identifiers import Identifier
from digitalpost.incoming.unpack import Answers
from digitalpost.models import (
    Case,
    Delivery,
    IncomingLetter,
    Letter,
    LetterStatus,
    Recipient,
    User,
)
from digitalpost.registers.recipients import find_recipients

_NEVER_LEFT = (LetterStatus.DRAFT, LetterStatus.CANCELLED)


def find_answered(session: Session, said: Sequence[Answers], sender: Identifier) -> Letter | None:
    """The letter that ``sender`` answers: by message id, else by reply id, else by case number."""
    known = find_recipients(session, [sender]).get(sender)
    if known is None:
        return None  # we never wrote to them
    for uuid in [*(one.message_uuid for one in said), *(one.reply_uuid for one in said)]:
        letter = _of_message(session, uuid) if uuid else None
        if letter is not None and _took_part(session, letter, known):
            return letter
    for one in said:
        letter = _newest_in_case(session, one.case_id, known) if one.case_id else None
        if letter is not None:
            return letter
    return None


def join(session: Session, letter: Letter, answered: Letter) -> None:
    """Make ``letter`` an answer to ``answered``: both are in one conversation from now on."""
    lock(session, answered)
    if answered.thread_id is None:
        answered.thread_id = answered.id
    letter.answers_id, letter.thread_id = answered.id, answered.thread_id


def who_wrote(session: Session, letter: Letter) -> User | None:
    """Whom answers to a letter go to: who sent it or has it, when they still work here."""
    owner_id = letter.owner_id or (letter.mailing.owner_id if letter.mailing else None)
    owner = session.get(User, owner_id) if owner_id is not None else None
    works_here = owner is not None and owner.is_active
    if owner is None or not works_here:
        return None
    return owner if letter.unit_id in {unit.id for unit in owner.units} else None


def conversation(session: Session, letter: Letter) -> Sequence[Letter]:
    """All letters of the conversation that this session may see, the oldest first."""
    if letter.thread_id is None:
        return [letter]
    return session.scalars(
        select(Letter)
        .where(Letter.thread_id == letter.thread_id, Letter.status != LetterStatus.DRAFT)
        .order_by(Letter.created_at, Letter.id)
    ).all()


def message_answered(session: Session, letter: Letter) -> ReplyTo | None:
    """The message that came in and that one of our letters answers, as the channel names it."""
    if letter.answers_id is None:
        return None
    said = select(IncomingLetter.message_uuid, IncomingLetter.reply_uuid)
    found = session.execute(said.where(IncomingLetter.letter_id == letter.answers_id)).one_or_none()
    return ReplyTo(found.message_uuid, found.reply_uuid or "") if found is not None else None


def _of_message(session: Session, uuid: str) -> Letter | None:
    """The letter that went out, or came in, as the message with this id."""
    sent = select(Delivery.letter_id).where(Delivery.message_id == uuid)
    came = select(IncomingLetter.letter_id).where(IncomingLetter.message_uuid == uuid)
    letter_id = session.scalar(sent) or session.scalar(came)
    return session.get(Letter, letter_id) if letter_id is not None else None


def _took_part(session: Session, letter: Letter, person: Recipient) -> bool:
    return bool(session.scalar(select(exists().where(Letter.id == letter.id, _with(person)))))


def _with(person: Recipient) -> ColumnElement[bool]:
    """Letters to or from a recipient, also as the copy that a guardian got."""
    got_it = exists().where(Delivery.letter_id == Letter.id, Delivery.recipient_id == person.id)
    return or_(Letter.recipient_id == person.id, got_it.correlate(Letter))


def _newest_in_case(session: Session, number: str, person: Recipient) -> Letter | None:
    return session.scalars(
        select(Letter)
        .join(Case, Case.id == Letter.case_id)
        .where(Case.number == number, Letter.status.not_in(_NEVER_LEFT), _with(person))
        .order_by(Letter.id.desc())
        .limit(1)
    ).one_or_none()
