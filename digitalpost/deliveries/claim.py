"""Claiming deliveries: a conditional update with a lease, so that one worker holds each.

A claim whose lease ran out is taken over by whoever comes next, with the same message id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.channels.base import Outgoing, ReplyTo
from digitalpost.db import Session, change_rows, now
from digitalpost.deliveries.channel_state import hold_state, is_paused, is_shut, needs_a_try
from digitalpost.deliveries.envelope import Envelope, envelope_of
from digitalpost.deliveries.limits import room_of
from digitalpost.deliveries.marks import Mark, count_claim, stop_of
from digitalpost.deliveries.standing import hold_letters_of
from digitalpost.documents import content_key
from digitalpost.environment import NO_LIMITS, Limits
from digitalpost.errors import Damaged
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier
from digitalpost.incoming.thread import message_answered
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    Document,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.registers.recipients import number_of
from digitalpost.signing.links import token_of
from digitalpost.storage import ObjectStore

# A letter whose first try came late, because of a limit or a stop, gets at least so long for more.
AFTER_FIRST_TRY = timedelta(hours=1)


@dataclass(frozen=True)
class Claimed:
    """A delivery that we hold, with all that sending needs and no open transaction."""

    delivery_id: int
    owner: str
    message_id: str
    attempt: int  # from 1
    title: str
    path: str
    sha256: str
    # None when what they are sealed in is damaged: that letter stops, the others go.
    opened: tuple[Identifier, bytes] | None = field(repr=False)  # recipient, content key
    envelope: Envelope = field(repr=False)
    attention_to: Mapping[str, str] = field(repr=False)
    reply: bool
    reply_by: date | None
    case_number: str
    sign_token: str = field(repr=False)
    sign_by: date | None
    answers: ReplyTo | None
    on_paper: bool

    def outgoing(self, store: ObjectStore) -> Outgoing:
        """The letter with its bytes, read and verified. Raises `Damaged`."""
        if self.opened is None:
            raise Damaged("Brevets nøgle eller modtagerens nummer kan ikke læses.")
        recipient, key = self.opened
        return Outgoing(
            message_id=self.message_id,
            recipient=recipient,
            title=self.title,
            content=store.get(self.path, key, self.sha256),
            is_retry=self.attempt > 1,
            name=self.envelope.name,
            attention=self.envelope.attention,
            address=self.envelope.address,
            pages=self.envelope.pages,
            reply=self.reply,
            reply_by=self.reply_by,
            attention_to=self.attention_to,
            case_number=self.case_number,
            sign_token=self.sign_token,
            sign_by=self.sign_by,
            answers=self.answers,
            on_paper=self.on_paper,
        )


def may_be_claimed(channel: ChannelName, at: datetime) -> ColumnElement[bool]:
    """Deliveries of a channel that are due to be sent, or whose holder's lease ran out.

    Nothing of a postponed mailing before its recipients were looked at again (on_the_day.py).
    """
    is_due = or_(
        and_(Delivery.status == DeliveryStatus.WAITING, Delivery.due_at <= at),
        and_(Delivery.status == DeliveryStatus.CLAIMED, Delivery.lease_until < at),
    )
    to_recheck = select(Mailing.id).where(Mailing.recheck_due_at.is_not(None))
    is_ready = or_(Delivery.mailing_id.is_(None), Delivery.mailing_id.not_in(to_recheck))
    return and_(Delivery.channel == channel, is_due, is_ready)


def claim_due(
    session: Session,
    channel: ChannelName,
    *,
    owner: str,
    limit: int,
    lease_seconds: int,
    limits: Limits = NO_LIMITS,
    mark: Mark = Mark(),  # noqa: B008 - frozen
) -> list[Claimed]:
    """Take up to ``limit`` deliveries that are due, or whose holder's lease ran out.

    ``owner`` must be new for each call; ``mark`` was read before the transaction. Commit before
    anything is sent: from then on the attempt is counted, whatever happens to us. Raises
    `DatabaseIsOld` when letters went out that the database does not know of.
    """
    at = now()
    if is_paused(session, channel, at) or stop_of(session) is not None:
        return []
    is_due = may_be_claimed(channel, at)
    if session.scalar(select(Delivery.id).where(is_due).limit(1)) is None:
        return []
    state = hold_state(session, channel)
    if is_paused(session, channel, at):
        return []  # since we looked
    if needs_a_try(session, channel):
        limit = 1  # one letter tries the line; the rest wait until it comes through
    room = room_of(session, channel, limits, at)
    most = limit if room is None else min(limit, room.letters)
    if not most:
        return []
    count_claim(state, mark)
    first = session.scalars(
        select(Delivery.id).where(is_due).order_by(Delivery.due_at, Delivery.id).limit(most)
    ).all()
    hold_letters_of(session, Delivery.id.in_(first))
    ids = session.scalars(
        select(Delivery.id)
        .where(Delivery.id.in_(first), is_due)
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    change_rows(
        session,
        update(Delivery)
        .where(Delivery.id.in_(ids), is_due)
        .values(
            status=DeliveryStatus.CLAIMED,
            lease_owner=owner,
            lease_until=at + timedelta(seconds=lease_seconds),
            attempts=Delivery.attempts + 1,
            tried_at=at,
            give_up_at=_no_sooner_than(at + AFTER_FIRST_TRY),
        ),
    )
    return _claimed_by(session, owner)


def _no_sooner_than(end: datetime) -> ColumnElement[datetime]:
    """When to give up: of a first attempt not before ``end``."""
    is_too_soon = and_(Delivery.attempts == 0, Delivery.give_up_at < end)
    return case((is_too_soon, end), else_=Delivery.give_up_at)


def renew(session: Session, owner: str, *, lease_seconds: int) -> int:
    """Hold on to what ``owner`` still has claimed. Returns how many deliveries that is."""
    return change_rows(
        session,
        update(Delivery)
        .where(Delivery.lease_owner == owner)
        .values(lease_until=now() + timedelta(seconds=lease_seconds)),
    )


def claim_receipts(
    session: Session, channel: ChannelName, *, owner: str, limit: int, lease_seconds: int
) -> dict[str, str]:
    """Take accepted deliveries whose receipt is to be asked for now.

    Returns message id and, as evidence, the SHA-256 of the content that was sent.
    """
    at = now()
    if is_shut(session, channel, at):
        return {}
    is_due = and_(
        Delivery.channel == channel,
        Delivery.status == DeliveryStatus.ACCEPTED,
        Delivery.due_at <= at,
        or_(Delivery.lease_until.is_(None), Delivery.lease_until < at),
    )
    ids = session.scalars(
        select(Delivery.id)
        .where(is_due)
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    change_rows(
        session,
        update(Delivery)
        .where(Delivery.id.in_(ids), is_due)
        .values(lease_owner=owner, lease_until=at + timedelta(seconds=lease_seconds)),
    )
    claimed = session.execute(
        select(Delivery.message_id, Document.sha256)
        .join(Document, Document.id == Delivery.document_id)
        .where(Delivery.lease_owner == owner)
    )
    return {row.message_id: row.sha256 for row in claimed}


def _claimed_by(session: Session, owner: str) -> list[Claimed]:
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.lease_owner == owner)
        .order_by(Delivery.id)
        .options(
            selectinload(Delivery.letter).selectinload(Letter.mailing),
            selectinload(Delivery.letter).selectinload(Letter.case),
            selectinload(Delivery.recipient),
            selectinload(Delivery.document),
            selectinload(Delivery.signing),
        )
        .execution_options(populate_existing=True)
    ).all()
    letter_ids = {delivery.letter_id for delivery in deliveries}
    change_rows(
        session,
        update(Letter)
        .where(Letter.id.in_(letter_ids))
        .values(status=LetterStatus.SENDING, due_at=deliveries[0].lease_until),
    )
    _note_dispatching(session, {delivery.mailing_id for delivery in deliveries})
    return [parcel(session, delivery, owner) for delivery in deliveries]


def parcel(session: Session, delivery: Delivery, owner: str) -> Claimed:
    """All that sending a delivery needs, for whoever holds it."""
    mailing = delivery.letter.mailing
    return Claimed(
        delivery_id=delivery.id,
        owner=owner,
        message_id=delivery.message_id,
        attempt=delivery.attempts,
        title=delivery.letter.title,
        path=delivery.document.path,
        sha256=delivery.document.sha256,
        opened=_open(session, delivery),
        envelope=envelope_of(delivery),
        attention_to=delivery.attention or {},
        reply=mailing is not None and mailing.can_reply,
        reply_by=mailing.reply_by if mailing is not None else None,
        case_number=delivery.letter.case.number if delivery.letter.case else "",
        sign_token=token_of(session.vault, delivery.signing.seed) if delivery.signing else "",
        sign_by=mailing.sign_by if mailing is not None else None,
        answers=message_answered(session, delivery.letter),
        on_paper=delivery.on_paper,
    )


def _open(session: Session, delivery: Delivery) -> tuple[Identifier, bytes] | None:
    try:
        recipient = number_of(session.vault, delivery.recipient)
        return recipient, content_key(session, delivery.document)
    except Damaged:
        return None


def _note_dispatching(session: Session, mailing_ids: set[int | None]) -> None:
    """Mailings whose hold is over now are *Sender*; the one who gets there first logs it."""
    waiting: Sequence[Mailing] = session.scalars(
        select(Mailing)
        .where(
            Mailing.id.in_([one for one in mailing_ids if one is not None]),
            Mailing.status == MailingStatus.HOLDING,
        )
        .order_by(Mailing.id)
    ).all()
    for mailing in waiting:
        if change_rows(
            session,
            update(Mailing)
            .where(Mailing.id == mailing.id, Mailing.status == MailingStatus.HOLDING)
            .values(status=MailingStatus.SENDING),
        ):
            events.record(session, SYSTEM, EventKind.MAILING_DISPATCHING, mailing)
