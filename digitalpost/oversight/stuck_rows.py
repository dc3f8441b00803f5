"""Rows that a worker should have moved on long ago. What waits for a paused channel is not here:

the pause has an alarm of its own, and the letters go on when it is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from digitalpost.models import (
    AttachmentStatus,
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    Letter,
    Mailing,
    MailingAttachment,
    MailingStatus,
)

DUE_FOR = timedelta(minutes=15)  # due for so long on a channel where nothing comes through
MOVED = timedelta(minutes=10)  # a channel that something came through since then is moving
BACKLOG = timedelta(hours=6)  # no queue of letters is so long that one waits this long in it
DEAD_FOR = timedelta(minutes=5)  # a lease that ran out, work that is free and not taken
NOT_ASKED_FOR = timedelta(hours=1)
RECEIPT_WITHIN = timedelta(days=1)
PRINT_WITHIN = timedelta(days=4)  # printed and posted on working days: a weekend may lie between


def _paused() -> Select[ChannelName]:
    return select(ChannelState.channel).where(ChannelState.paused_since.is_not(None))


def overdue(at: datetime) -> Select[int, int]:
    """Deliveries whose time came long ago, not merely behind thousands of others."""
    moving = select(ChannelState.channel).where(ChannelState.last_success_at > at - MOVED)
    return select(Delivery.letter_id.label("id"), Delivery.unit_id).where(
        Delivery.status == DeliveryStatus.WAITING,
        Delivery.channel.not_in(_paused()),
        or_(
            and_(Delivery.due_at < at - DUE_FOR, Delivery.channel.not_in(moving)),
            Delivery.due_at < at - BACKLOG,
        ),
    )


def dead_claims(at: datetime) -> Select[int, int]:
    """Deliveries whose holder died and that nobody took over."""
    return select(Delivery.letter_id.label("id"), Delivery.unit_id).where(
        Delivery.status == DeliveryStatus.CLAIMED,
        Delivery.lease_until < at - DEAD_FOR,
        Delivery.channel.not_in(_paused()),
    )


def not_asked(at: datetime) -> Select[int, int]:
    """Deliveries whose receipt should have been asked for long ago."""
    return select(Delivery.letter_id.label("id"), Delivery.unit_id).where(
        Delivery.status == DeliveryStatus.ACCEPTED,
        Delivery.channel != ChannelName.LOCAL_PRINT,
        Delivery.due_at < at - NOT_ASKED_FOR,
        Delivery.channel.not_in(_paused()),
    )


def no_receipt(at: datetime) -> Select[int, int]:
    """Deliveries that a channel has had for long without saying what became of them."""
    digital = Delivery.channel.in_([ChannelName.EBOKS, ChannelName.DIGITAL_POST])
    printed = Delivery.channel == ChannelName.REMOTE_PRINT
    return select(Delivery.letter_id.label("id"), Delivery.unit_id).where(
        Delivery.status == DeliveryStatus.ACCEPTED,
        or_(
            and_(digital, Delivery.accepted_at < at - RECEIPT_WITHIN),
            and_(printed, Delivery.accepted_at < at - PRINT_WITHIN),
        ),
    )


def idle(at: datetime) -> Select[int, int]:
    """Approved mailings with nothing left to send that nobody closed."""
    of_mailing = Delivery.mailing_id == Mailing.id
    busy = select(Delivery.id).where(
        of_mailing,
        or_(
            Delivery.status.in_([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED]),
            Delivery.settled_at > at - DEAD_FOR,
            Delivery.accepted_at > at - DEAD_FOR,
        ),
    )
    return select(Mailing.id, Mailing.unit_id).where(
        Mailing.status.in_([MailingStatus.HOLDING, MailingStatus.SENDING]),
        or_(Mailing.hold_until.is_(None), Mailing.hold_until < at - DEAD_FOR),
        ~busy.exists(),
    )


def not_prepared(at: datetime) -> Select[int, int]:
    """Mailings that nobody makes ready."""
    return select(Mailing.id, Mailing.unit_id).where(
        Mailing.status == MailingStatus.PREPARING,
        Mailing.created_at < at - DEAD_FOR,
        _free(at),
    )


def not_mended(at: datetime) -> Select[int, int]:
    """Reviews with mended letters or files that nobody works on, marked for it or forgotten."""
    files = select(MailingAttachment.id).where(
        MailingAttachment.mailing_id == Mailing.id,
        MailingAttachment.status == AttachmentStatus.WAITING,
        MailingAttachment.created_at < at - DEAD_FOR,
    )
    letters = select(Letter.id).where(
        Letter.mailing_id == Mailing.id, Letter.mended_at < at - DEAD_FOR
    )
    return select(Mailing.id, Mailing.unit_id).where(
        Mailing.status == MailingStatus.REVIEW,
        _free(at),
        or_(
            Mailing.mended_at < at - DEAD_FOR,
            and_(Mailing.mended_at.is_(None), or_(files.exists(), letters.exists())),
        ),
    )


def not_rehearsed(at: datetime) -> Select[int, int]:
    """Dry runs that somebody asked for and nobody makes."""
    return select(Mailing.id, Mailing.unit_id).where(
        Mailing.status == MailingStatus.REVIEW, Mailing.rehearse_due_at < at - DEAD_FOR
    )


def _free(at: datetime) -> ColumnElement[bool]:
    """Whether nobody has held the mailing for a while."""
    return func.coalesce(Mailing.lease_until, Mailing.created_at) < at - DEAD_FOR
