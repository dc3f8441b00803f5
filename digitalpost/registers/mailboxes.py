"""Who has a mailbox: asking the contact register, keeping the answers, showing them with their age.

A register that is away blocks nobody: what was known stays, and its age is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from digitalpost.db import Session, now
from digitalpost.errors import Refused, Sentence
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.models import (
    Letter,
    LetterStatus,
    Mailbox,
    MailboxSource,
    MailboxStatus,
    Recipient,
    RegisterName,
)
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.contacts import AT_ONCE, Contacts
from digitalpost.registers.guardians import danish_date
from digitalpost.registers.line import RegisterSilent
from digitalpost.registers.recipients import number_of
from digitalpost.registers.state import note_answer, note_silence, open_contacts, pause_of

OpenContacts = Callable[[RegisterSettings], AbstractContextManager[Contacts]]
_BATCH = 500


@dataclass(frozen=True)
class Round:
    """What came of asking a register. ``sentence`` says why some were not asked about."""

    asked: int
    sentence: Sentence | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everybody who should be asked about was."""
        return self.sentence is None


@dataclass(frozen=True)
class MailboxAnswer:
    """What is known about one recipient's mailbox."""

    status: MailboxStatus
    asked_at: datetime
    source: MailboxSource


def refresh_mailbox_status(
    institution: Institution,
    recipient_ids: Collection[int],
    *,
    anew: bool = False,
    newer_than: datetime | None = None,
    open_with: OpenContacts = open_contacts,
) -> Round:
    """Ask about recipients whose answer is missing or too old (``anew``: about all of them).

    ``newer_than``: an answer from before then is too old, whatever its age.
    Asks in batches with no transaction open, and stores each batch when it comes. Never raises for
    what the network or the register does: the `Round` says it, and the register is left alone for
    a while. May run any number of times at once.
    """
    wanted = sorted(set(recipient_ids))
    with institution.reading() as session:
        why_not = pause_of(session, RegisterName.CONTACTS, now())
        if why_not is not None:
            return Round(0, why_not)
        due = wanted if anew else _due(institution, session, wanted, newer_than)
    asked = 0
    if not due:
        return Round(0)
    try:
        with open_with(institution.settings.registers) as contacts:
            for start in range(0, len(due), AT_ONCE):
                numbers = _numbers(institution, due[start : start + AT_ONCE])
                at = now()
                found = contacts.look_up(numbers.values(), on=danish_date(at))
                with institution.transaction() as session:
                    _store(session, numbers, found, at)
                    note_answer(session, RegisterName.CONTACTS, at)
                asked += len(numbers)
    except Refused as refused:
        return Round(asked, refused.sentences[0])
    except RegisterSilent as silent:
        with institution.transaction() as session:
            note_silence(session, silent, now())
        return Round(asked, silent.sentence)
    return Round(asked)


def mailboxes_of(session: Session, recipient_ids: Collection[int]) -> dict[int, MailboxAnswer]:
    """The last answers, in the session's row scope; who was never asked about is left out."""
    wanted = list(recipient_ids)
    answers: dict[int, MailboxAnswer] = {}
    for start in range(0, len(wanted), _BATCH):
        rows = session.execute(
            select(Recipient.id, Mailbox.status, Mailbox.asked_at, Mailbox.source)
            .join(Mailbox, Mailbox.recipient_id == Recipient.id)
            .where(Recipient.id.in_(wanted[start : start + _BATCH]))
        )
        answers |= {
            one: MailboxAnswer(status, asked_at, source) for one, status, asked_at, source in rows
        }
    return answers


def count_by_mailbox(session: Session, mailing_id: int) -> dict[MailboxStatus | None, int]:
    """How many letters of a mailing have a recipient of each status; None: not asked about yet."""
    rows = session.execute(
        select(Mailbox.status, func.count(Letter.id))
        .select_from(Letter)
        .outerjoin(Mailbox, Mailbox.recipient_id == Letter.recipient_id)
        .where(
            Letter.mailing_id == mailing_id,
            Letter.recipient_id.is_not(None),
            Letter.status != LetterStatus.CANCELLED,
        )
        .group_by(Mailbox.status)
    )
    return {status: count for status, count in rows}  # noqa: C416 - rows are no pairs to mypy


def letters_by_mailbox(mailing_id: int, status: MailboxStatus | None) -> Select[Letter]:
    """The letters of a mailing whose recipient has this status; None: not asked about yet."""
    is_it = Mailbox.status.is_(None) if status is None else Mailbox.status == status
    return (
        select(Letter)
        .outerjoin(Mailbox, Mailbox.recipient_id == Letter.recipient_id)
        .where(
            Letter.mailing_id == mailing_id,
            Letter.recipient_id.is_not(None),
            Letter.status != LetterStatus.CANCELLED,
            is_it,
        )
    )


def _due(
    institution: Institution,
    session: Session,
    recipient_ids: Sequence[int],
    newer_than: datetime | None,
) -> list[int]:
    too_old = now() - institution.settings.registers.contacts.max_age
    if newer_than is not None:
        too_old = max(too_old, newer_than)
    due: list[int] = []
    for start in range(0, len(recipient_ids), _BATCH):
        due += session.scalars(
            select(Recipient.id)
            .outerjoin(Mailbox, Mailbox.recipient_id == Recipient.id)
            .where(
                Recipient.id.in_(recipient_ids[start : start + _BATCH]),
                or_(Mailbox.asked_at.is_(None), Mailbox.asked_at < too_old),
            )
            .order_by(Recipient.id)
        )
    return due


def _numbers(institution: Institution, recipient_ids: Sequence[int]) -> dict[int, Identifier]:
    with institution.reading() as session:
        recipients = session.scalars(select(Recipient).where(Recipient.id.in_(recipient_ids)))
        return {one.id: number_of(session.vault, one) for one in recipients}


def _store(
    session: Session,
    numbers: Mapping[int, Identifier],
    found: Mapping[Identifier, MailboxStatus],
    at: datetime,
) -> None:
    # Two who ask about the same recipients take turns, in one order.
    session.scalars(
        select(Recipient.id)
        .where(Recipient.id.in_(numbers))
        .order_by(Recipient.id)
        .with_for_update()
    ).all()
    known = {
        row.recipient_id: row
        for row in session.scalars(select(Mailbox).where(Mailbox.recipient_id.in_(numbers)))
    }
    for recipient_id, identifier in numbers.items():
        source = MailboxSource.NUMBER if identifier.is_replacement else MailboxSource.CONTACTS
        status = found.get(identifier, MailboxStatus.UNKNOWN)
        row = known.get(recipient_id)
        if row is None:
            session.add(
                Mailbox(recipient_id=recipient_id, status=status, asked_at=at, source=source)
            )
        elif row.asked_at <= at:
            row.status, row.asked_at, row.source = status, at, source
