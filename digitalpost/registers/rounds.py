"""Asking all registers about the recipients of one mailing, while it is reviewed.

Nothing waits for it: a page shows what is known, with its age. The rows say when it is due: a
mailing under review whose ``registers_due_at`` is not set, or has passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update

from digitalpost.access import Actor, require
from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.models import (
    CopyDecision,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterCopy,
    LetterStatus,
    Mailing,
    MailingStatus,
    RegisterName,
)
from digitalpost.registers.copies import FRESH, suggest_guardians
from digitalpost.registers.mailboxes import Round, refresh_mailbox_status
from digitalpost.registers.names import name_recipients
from digitalpost.registers.state import PAUSE, is_set_up

# While one worker asks; a worker that died is replaced after so long.
_HELD = timedelta(minutes=15)


def check_mailboxes(institution: Institution, mailing_id: int) -> list[Round]:
    """Ask who can be reached, what the nameless are called, and who has guardians.

    Does nothing when the mailing is not under review or somebody is at it. What is fresh is not
    asked about again, so it may be called any number of times. Registers that are not set up are
    passed by; one that does not answer is tried again after a minute or more.
    """
    due_at = _take(institution, mailing_id)
    if due_at is None:
        return []
    registers = institution.settings.registers
    recipient_ids = recipients_of(institution, mailing_id)
    with institution.reading() as session:
        newer_than = session.get_one(Mailing, mailing_id).answers_from
    rounds = []
    if is_set_up(registers, RegisterName.CONTACTS):
        rounds.append(refresh_mailbox_status(institution, recipient_ids, newer_than=newer_than))
    rounds.append(name_recipients(institution, recipient_ids))
    if is_set_up(registers, RegisterName.CPR):
        rounds.append(suggest_guardians(institution, mailing_id))
    is_complete = all(one.is_complete for one in rounds)
    wait = min(registers.contacts.max_age, FRESH) if is_complete else PAUSE
    with institution.transaction() as session:
        change_rows(
            session,
            update(Mailing)
            # Somebody may have asked for another round in the meantime.
            .where(Mailing.id == mailing_id, Mailing.registers_due_at == due_at)
            .values(registers_due_at=now() + max(wait, PAUSE)),
        )
    return rounds


def ask_registers_again(session: Session, mailing_id: int) -> None:
    """Make a round due now: recipients were added or changed. The caller commits."""
    change_rows(
        session, update(Mailing).where(Mailing.id == mailing_id).values(registers_due_at=None)
    )


def ask_anew(session: Session, actor: Actor, mailing: Mailing) -> None:
    """A person wants fresh answers about everybody in the mailing, however new the last ones are.

    The caller wakes ``check_mailboxes`` after the commit. A register that is left alone because it
    did not answer is still left alone. Raises `Refused` when the mailing is not reviewed.
    """
    require(actor, "mailing.change", mailing)
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused("Registrene kan kun spørges, mens forsendelsen er til gennemsyn.")
    mailing.answers_from = now()
    session.flush()
    ask_registers_again(session, mailing.id)


def mailings_to_ask_about(at: datetime) -> Select[int]:
    """The mailings whose recipients the registers should be asked about now, by id."""
    return (
        select(Mailing.id)
        .where(Mailing.status == MailingStatus.REVIEW, _is_due(at))
        .order_by(Mailing.id)
    )


def _is_due(at: datetime) -> ColumnElement[bool]:
    return or_(Mailing.registers_due_at.is_(None), Mailing.registers_due_at <= at)


def _take(institution: Institution, mailing_id: int) -> datetime | None:
    """Claim the round; until when, or None when it is not due."""
    at = now()
    until = at + _HELD
    with institution.transaction() as session:
        taken = change_rows(
            session,
            update(Mailing)
            .where(Mailing.id == mailing_id, Mailing.status == MailingStatus.REVIEW, _is_due(at))
            .values(registers_due_at=until),
        )
    return until if taken else None


def recipients_of(institution: Institution, mailing_id: int) -> list[int]:
    """Everybody whom the mailing may go to: recipients, accepted guardians, copies by hand."""
    letters = select(Letter.id).where(
        Letter.mailing_id == mailing_id, Letter.status != LetterStatus.CANCELLED
    )
    to = select(Letter.recipient_id).where(Letter.id.in_(letters), Letter.recipient_id.is_not(None))
    guardians = (
        select(GuardianCopy.recipient_id)
        .join(GuardianSuggestion)
        .where(
            GuardianSuggestion.mailing_id == mailing_id,
            GuardianSuggestion.decision == CopyDecision.ACCEPTED,
            GuardianCopy.recipient_id.is_not(None),
        )
    )
    by_hand = select(LetterCopy.recipient_id).where(LetterCopy.letter_id.in_(letters))
    with institution.reading() as session:
        found = {one for query in (to, guardians, by_hand) for one in session.scalars(query)}
    return sorted(one for one in found if one is not None)
