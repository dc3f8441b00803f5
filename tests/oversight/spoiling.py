"""Ways in which rows come to stand still or to contradict each other, and what should find each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from digitalpost.db import Session
from digitalpost.models import (
    AttachmentStatus,
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingAttachment,
    MailingStatus,
    User,
)
from digitalpost.oversight.checks import CheckName

Spoil = Callable[[Session, Mailing, datetime], None]


def first_delivery(session: Session) -> Delivery:
    """The delivery that is spoiled."""
    return session.scalars(sa.select(Delivery).order_by(Delivery.id).limit(1)).one()


def first_letter(session: Session) -> Letter:
    """The letter that is spoiled."""
    return session.scalars(sa.select(Letter).order_by(Letter.id).limit(1)).one()


def forget_a_letter(session: Session, mailing: Mailing, at: datetime) -> None:
    letter = first_letter(session)
    session.execute(sa.delete(Delivery).where(Delivery.letter_id == letter.id))
    session.delete(letter)


def unknown_heap(session: Session, mailing: Mailing, at: datetime) -> None:
    letter = first_letter(session)
    session.execute(sa.delete(Delivery).where(Delivery.letter_id == letter.id))
    letter.status = LetterStatus.DONE  # a word for incoming letters


def letter_elsewhere(session: Session, mailing: Mailing, at: datetime) -> None:
    letter = first_letter(session)
    letter.status, letter.due_at = LetterStatus.DELIVERED, None


def no_delivery(session: Session, mailing: Mailing, at: datetime) -> None:
    session.execute(sa.delete(Delivery).where(Delivery.id == first_delivery(session).id))


def no_time_for_letter(session: Session, mailing: Mailing, at: datetime) -> None:
    first_letter(session).due_at = None


def no_time_to_send(session: Session, mailing: Mailing, at: datetime) -> None:
    first_delivery(session).due_at = None


def closed_too_early(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.status = MailingStatus.SENT


def never_sent(session: Session, mailing: Mailing, at: datetime) -> None:
    first_delivery(session).due_at = at - timedelta(minutes=16)


def never_sent_although_others_are(session: Session, mailing: Mailing, at: datetime) -> None:
    session.add(ChannelState(channel=ChannelName.EBOKS, last_success_at=at))
    first_delivery(session).due_at = at - timedelta(hours=7)


def holder_died(session: Session, mailing: Mailing, at: datetime) -> None:
    delivery, letter = first_delivery(session), first_letter(session)
    delivery.status, letter.status = DeliveryStatus.CLAIMED, LetterStatus.SENDING
    delivery.lease_owner, delivery.lease_until = "dead", at - timedelta(minutes=6)


def accept(session: Session, at: datetime, *, channel: ChannelName = ChannelName.EBOKS) -> Delivery:
    delivery, letter = first_delivery(session), first_letter(session)
    delivery.status, letter.status = DeliveryStatus.ACCEPTED, LetterStatus.AWAITING_RECEIPT
    delivery.accepted_at, delivery.channel = at, channel
    delivery.due_at = letter.due_at = at + timedelta(minutes=30)
    return delivery


def receipt_not_asked(session: Session, mailing: Mailing, at: datetime) -> None:
    accept(session, at).due_at = at - timedelta(minutes=61)


def no_receipt(session: Session, mailing: Mailing, at: datetime) -> None:
    accept(session, at).accepted_at = at - timedelta(hours=25)


def never_printed(session: Session, mailing: Mailing, at: datetime) -> None:
    delivery = accept(session, at, channel=ChannelName.REMOTE_PRINT)
    delivery.accepted_at = at - timedelta(days=5)


def not_closed(session: Session, mailing: Mailing, at: datetime) -> None:
    long_ago = at - timedelta(minutes=6)
    for delivery in session.scalars(sa.select(Delivery)):
        delivery.status, delivery.due_at = DeliveryStatus.DELIVERED, None
        delivery.settled_at = delivery.accepted_at = long_ago
    for letter in session.scalars(sa.select(Letter)):
        letter.status, letter.due_at = LetterStatus.DELIVERED, None
    mailing.hold_until = long_ago


def nobody_prepares(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.status = MailingStatus.PREPARING
    mailing.created_at = at - timedelta(minutes=6)


def preparer_died(session: Session, mailing: Mailing, at: datetime) -> None:
    nobody_prepares(session, mailing, at)
    mailing.lease_until = at - timedelta(minutes=6)


def nobody_mends(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.created_at = mailing.mended_at = at - timedelta(minutes=6)


def mend_forgotten(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.created_at = first_letter(session).mended_at = at - timedelta(minutes=6)


def file_forgotten(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.created_at = at - timedelta(minutes=6)
    session.add(
        MailingAttachment(
            mailing_id=mailing.id, unit_id=mailing.unit_id, position=1, file_name="a.pdf",
            title="A", is_common=True, status=AttachmentStatus.WAITING, fingerprint=b"a",
            created_at=mailing.created_at,
        )
    )  # fmt: skip


def nobody_rehearses(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.rehearse_due_at = at - timedelta(minutes=6)


def fails(session: Session, at: datetime) -> Letter:
    delivery, letter = first_delivery(session), first_letter(session)
    delivery.status, letter.status = DeliveryStatus.FAILED, LetterStatus.ACTION
    delivery.due_at, letter.due_at = None, at + timedelta(days=5)
    return letter


def nobodys(session: Session, mailing: Mailing, at: datetime) -> None:
    fails(session, at).owner_id = None


def owner_left(session: Session, mailing: Mailing, at: datetime) -> None:
    fails(session, at)
    session.execute(sa.update(User).values(is_active=False))


def forgotten_by_owner(session: Session, mailing: Mailing, at: datetime) -> None:
    fails(session, at).due_at = at - timedelta(hours=25)


def forgotten_in_review(session: Session, mailing: Mailing, at: datetime) -> None:
    first_letter(session).due_at = at - timedelta(hours=25)


# Approved or in review; what is done to the rows; what finds it.
CASES: list[tuple[bool, Spoil, set[CheckName]]] = [
    (True, forget_a_letter, {CheckName.UNBALANCED}),
    (True, unknown_heap, {CheckName.UNBALANCED}),
    (False, forget_a_letter, {CheckName.UNBALANCED}),
    (True, letter_elsewhere, {CheckName.DISAGREE}),
    (True, no_delivery, {CheckName.DISAGREE}),
    (True, no_time_for_letter, {CheckName.NO_TIME}),
    (False, no_time_for_letter, {CheckName.NO_TIME}),
    (True, no_time_to_send, {CheckName.NO_TIME}),
    (True, closed_too_early, {CheckName.LEFT_BEHIND}),
    (True, never_sent, {CheckName.OVERDUE}),
    (True, never_sent_although_others_are, {CheckName.OVERDUE}),
    (True, holder_died, {CheckName.DEAD_CLAIM}),
    (True, receipt_not_asked, {CheckName.NOT_ASKED}),
    (True, no_receipt, {CheckName.NO_RECEIPT}),
    (True, never_printed, {CheckName.NO_RECEIPT}),
    (True, not_closed, {CheckName.IDLE}),
    (False, nobody_prepares, {CheckName.NOT_PREPARED}),
    (False, preparer_died, {CheckName.NOT_PREPARED}),
    (False, nobody_mends, {CheckName.NOT_MENDED}),
    (False, mend_forgotten, {CheckName.NOT_MENDED}),
    (False, file_forgotten, {CheckName.NOT_MENDED}),
    (False, nobody_rehearses, {CheckName.NOT_REHEARSED}),
    (True, nobodys, {CheckName.UNOWNED}),
    (True, owner_left, {CheckName.UNOWNED}),
    (True, forgotten_by_owner, {CheckName.LATE}),
    (False, forgotten_in_review, {CheckName.LATE}),
]
