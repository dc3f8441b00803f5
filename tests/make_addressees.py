"""Makes what decides where letters go: copies by hand, addresses, answers about mailboxes."""

from __future__ import annotations

import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.db import now
from digitalpost.identifiers import parse
from digitalpost.institution import Institution
from digitalpost.models import (
    Delivery,
    Letter,
    LetterCopy,
    Mailbox,
    MailboxSource,
    MailboxStatus,
)
from digitalpost.registers.recipients import find_or_make_recipients, find_recipients


def add_copy(institution: Institution, mailing_id: int, number: str, *, position: int = 1) -> None:
    """One more addressee of the letter at ``position``, as staff add it by hand."""
    with institution.transaction() as session:
        letter = session.scalars(
            sa.select(Letter).where(Letter.mailing_id == mailing_id, Letter.position == position)
        ).one()
        who = find_or_make_recipients(session, SYSTEM, [parse(number)], unit_id=letter.unit_id)
        recipient_id = who[parse(number)].id
        session.add(
            LetterCopy(
                letter_id=letter.id, recipient_id=recipient_id, unit_id=letter.unit_id,
                added_at=now(),
            )
        )  # fmt: skip


def set_address(institution: Institution, number: str, *lines: str) -> None:
    """Where the recipient with this number lives."""
    with institution.transaction() as session:
        find_recipients(session, [parse(number)])[parse(number)].address = "\n".join(lines)


def set_mailbox(institution: Institution, number: str, status: MailboxStatus) -> None:
    """What the contact register answered last about a recipient."""
    with institution.transaction() as session:
        recipient_id = find_recipients(session, [parse(number)])[parse(number)].id
        session.merge(
            Mailbox(
                recipient_id=recipient_id, status=status, asked_at=now(),
                source=MailboxSource.CONTACTS,
            )
        )  # fmt: skip


def deliveries_of(institution: Institution, mailing_id: int) -> list[tuple[str, str, str]]:
    """(purpose, channel, status) of every delivery of a mailing, in the order they were made."""
    with institution.reading() as session:
        query = sa.select(Delivery).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)
        return [
            (one.purpose.value, one.channel.value, one.status.value)
            for one in session.scalars(query)
        ]
