"""Asking the registers once more right before approval: who has a mailbox, who has custody.

Called first by whoever approves, with no transaction open. A register that is away blocks nobody:
its last answers stand, with their age.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import Mailbox, Mailing, MailingStatus, RegisterName
from digitalpost.registers.copies import suggest_guardians
from digitalpost.registers.mailboxes import Round, refresh_mailbox_status
from digitalpost.registers.rounds import recipients_of
from digitalpost.registers.state import is_set_up

# Who corrects a typing mistake in the count does not wait for all registers again.
MAX_AGE = timedelta(minutes=10)
_BATCH = 500


def recheck(
    institution: Institution, mailing_id: int, *, max_age: timedelta = MAX_AGE
) -> list[Round]:
    """Ask about everybody whom the mailing may go to and whose answer is older than ``max_age``.

    A suggestion of copies that says something new must be decided anew, and `approve` says so.
    Never raises for what a register does: the `Round` says it. Does nothing unless the mailing is
    under review.
    """
    with institution.reading() as session:
        mailing = session.get(Mailing, mailing_id)
        if mailing is None or mailing.status is not MailingStatus.REVIEW:
            return []
    registers = institution.settings.registers
    rounds = []
    if is_set_up(registers, RegisterName.CONTACTS):
        due = _older_than(institution, recipients_of(institution, mailing_id), max_age)
        rounds.append(refresh_mailbox_status(institution, due, anew=True))
    if is_set_up(registers, RegisterName.CPR):
        rounds.append(suggest_guardians(institution, mailing_id, max_age=max_age))
    return rounds


def _older_than(
    institution: Institution, recipient_ids: list[int], max_age: timedelta
) -> list[int]:
    since = now() - max_age
    fresh: set[int] = set()
    with institution.reading() as session:
        for start in range(0, len(recipient_ids), _BATCH):
            fresh.update(
                session.scalars(
                    select(Mailbox.recipient_id).where(
                        Mailbox.recipient_id.in_(recipient_ids[start : start + _BATCH]),
                        Mailbox.asked_at > since,
                    )
                )
            )
    return [one for one in recipient_ids if one not in fresh]
