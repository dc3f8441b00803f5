"""Rows that contradict each other: books that do not balance, letters that no delivery explains."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union

from digitalpost.mailings.books import HEAPS
from digitalpost.models import (
    FINAL_STATUSES,
    ChannelName,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)

LOOKED_BACK = timedelta(days=35)  # how far back mailings are counted again every minute
_MOVING = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.ACCEPTED)
_SENT_FROM = (
    LetterStatus.WAITING,
    LetterStatus.SENDING,
    LetterStatus.AWAITING_RECEIPT,
    LetterStatus.DELIVERED,
    LetterStatus.PAPER,
)
_OVER = (MailingStatus.SENT, MailingStatus.CANCELLED, MailingStatus.FAILED)


def counted_when(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group fulfil the condition."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def in_heap(heap: str) -> ColumnElement[int]:
    """How many letters of a group are in one of the five heaps."""
    return counted_when(Letter.status.in_(HEAPS[heap]))


def created() -> ColumnElement[int]:
    """How many letters of a mailing (joined to its letters) were made.

    The mailing itself says it, so that a row which is gone shows; while it is prepared, and when
    it was given up before there was anything to approve, the rows are all there is.
    """
    says_itself = or_(Mailing.approved_at.is_not(None), Mailing.status == MailingStatus.REVIEW)
    return case((says_itself, Mailing.letters_total), else_=func.count(Letter.id))


def unbalanced(at: datetime) -> Select[int, int]:
    """Mailings whose letters are not as many as were made, or are in no heap that we know."""
    known = in_heap("delivered")
    for heap in ("paper", "failed", "cancelled", "open"):
        known = known + in_heap(heap)
    return (
        select(Mailing.id, Mailing.unit_id)
        .outerjoin(Letter, Letter.mailing_id == Mailing.id)
        .where(or_(Mailing.approved_at >= at - LOOKED_BACK, Mailing.status.not_in(_OVER)))
        .group_by(Mailing.id)
        .having(created() != known)
    )


def disagreeing(at: datetime) -> Select[int, int]:
    """Letters that stand elsewhere than their deliveries say (`standing.status_of`, in SQL).

    Looked at are letters that are under way, or have a delivery that is, or went out lately.
    """
    recent = select(Mailing.id).where(Mailing.approved_at >= at - LOOKED_BACK)
    under_way = Letter.status.in_([*_SENT_FROM[:3], LetterStatus.ACTION])
    looked_at = union(
        select(Letter.id).where(under_way),
        select(Delivery.letter_id).where(Delivery.status.in_(_MOVING)),
        select(Letter.id).where(Letter.mailing_id.in_(recent)),
    ).subquery()
    return (
        select(Letter.id, Letter.unit_id)
        .outerjoin(Delivery, Delivery.letter_id == Letter.id)
        .where(Letter.id.in_(select(looked_at.c[0])), Letter.mailing_id.is_not(None))
        .group_by(Letter.id)
        .having(_disagrees())
    )


def _disagrees() -> ColumnElement[bool]:
    """Whether a group of one letter and its deliveries contradict each other."""

    def some(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return counted_when(condition) > 0

    def is_in(status: DeliveryStatus) -> ColumnElement[bool]:
        return some(Delivery.status == status)

    to_print = and_(
        Delivery.channel == ChannelName.LOCAL_PRINT, Delivery.status == DeliveryStatus.ACCEPTED
    )
    in_order = [
        (is_in(DeliveryStatus.CLAIMED), LetterStatus.SENDING),
        (is_in(DeliveryStatus.WAITING), LetterStatus.WAITING),
        (or_(is_in(DeliveryStatus.FAILED), some(to_print)), LetterStatus.ACTION),
        (is_in(DeliveryStatus.ACCEPTED), LetterStatus.AWAITING_RECEIPT),
        (is_in(DeliveryStatus.DELIVERED), LetterStatus.DELIVERED),
        (is_in(DeliveryStatus.PAPER), LetterStatus.PAPER),
    ]
    none = func.count(Delivery.id) == 0
    return case(
        (none, Letter.status.in_(_SENT_FROM)),
        *((when, Letter.status != status) for when, status in in_order),
        else_=Letter.status != LetterStatus.CANCELLED,
    ) == literal(True)


def without_time(at: datetime) -> Select[int, int]:
    """Letters that are not at their end, and deliveries under way, without a next time."""
    letters = select(Letter.id, Letter.unit_id).where(
        Letter.due_at.is_(None),
        Letter.status.not_in(FINAL_STATUSES),
        Letter.status.in_([status for heap in HEAPS.values() for status in heap]),
        Letter.mailing_id.is_not(None),
    )
    deliveries = select(Delivery.letter_id, Delivery.unit_id).where(
        or_(
            and_(
                Delivery.status.in_([DeliveryStatus.WAITING, DeliveryStatus.ACCEPTED]),
                Delivery.due_at.is_(None),
            ),
            and_(Delivery.status == DeliveryStatus.CLAIMED, Delivery.lease_until.is_(None)),
        )
    )
    found = union(letters, deliveries).subquery()
    return select(found.c.id, found.c.unit_id)


def left_behind(at: datetime) -> Select[int, int]:
    """Letters that nobody sends because their mailing is over."""
    to_send = (LetterStatus.DRAFT, LetterStatus.WAITING, LetterStatus.SENDING)
    return (
        select(Letter.id, Letter.unit_id)
        .join(Mailing, Mailing.id == Letter.mailing_id)
        .where(Letter.status.in_(to_send), Mailing.status.in_(_OVER))
    )
