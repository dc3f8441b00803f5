"""Signing tasks: made with the delivery, reminded of, late, stopped, and closed by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import SYSTEM, Actor, require
from digitalpost.danish_time import COPENHAGEN, end_of, local
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import (
    OPEN_SIGNING,
    Delivery,
    DeliveryStatus,
    Letter,
    Mailing,
    SigningStatus,
    SigningTask,
)
from digitalpost.signing.links import hash_of, new_seed, token_of

_FIRST_LOOK = timedelta(hours=1)  # after the letters went out
_NOT_SENT_YET = timedelta(hours=6)  # until the next look at a letter that has not gone out
_REMIND_AT = time(8)  # on a Danish clock: when people are at work
_BATCH = 200
_MISSED = (SigningStatus.LATE, SigningStatus.DECLINED)


def ask_to_sign(session: Session, delivery: Delivery, mailing: Mailing) -> SigningTask:
    """The task of one addressee whose letter must be signed; the delivery need not be flushed."""
    seed = new_seed()
    assert delivery.due_at is not None
    deadline = end_of(mailing.sign_by) if mailing.sign_by is not None else None
    task = SigningTask(
        delivery=delivery,
        letter_id=delivery.letter_id,
        mailing_id=mailing.id,
        unit_id=delivery.unit_id,
        seed=seed,
        token_hash=hash_of(token_of(session.vault, seed)),
        status=SigningStatus.WAITING,
        deadline=deadline,
        due_at=_first(delivery.due_at + _FIRST_LOOK, deadline),
        created_at=now(),
    )
    session.add(task)
    return task


def stop_with_deliveries(session: Session, which: ColumnElement[bool]) -> int:
    """Cancel the tasks of deliveries that were stopped; ``which`` picks the tasks to look at."""
    stopped = select(Delivery.id).where(Delivery.status == DeliveryStatus.CANCELLED)
    return _cancel(session, and_(which, SigningTask.delivery_id.in_(stopped)))


def drop_tasks(session: Session, failed: Delivery) -> None:
    """Stop asking by the link of a delivery that got nowhere: another took its place."""
    _cancel(session, SigningTask.delivery_id == failed.id)


def _cancel(session: Session, which: ColumnElement[bool]) -> int:
    return change_rows(
        session,
        update(SigningTask)
        .where(which, SigningTask.status.in_(OPEN_SIGNING))
        .values(status=SigningStatus.CANCELLED, due_at=None, settled_at=now(), state_hash=None),
    )


def close_task(session: Session, actor: Actor, task: SigningTask) -> None:
    """Stop asking, or put aside that the signature is missing. A signature that came stays.

    Raises `Refused` when there is nothing left to close.
    """
    require(actor, "letter.cancel", task)
    lock(session, task)
    if task.status in OPEN_SIGNING:
        task.status = SigningStatus.CANCELLED
        task.settled_at = now()
    elif task.status not in _MISSED or task.handled_at is not None:
        raise Refused(
            "Der er ikke noget at lukke. Underskriften står som «%(status)s».",
            status=task.status.label,
        )
    task.due_at = task.state_hash = None
    task.handled_at = now()
    events.record(session, actor, EventKind.LETTER_SIGNING_CLOSED, task.letter)


def signings_due(at: datetime) -> ColumnElement[bool]:
    """Tasks that are to be looked at by themselves."""
    return and_(SigningTask.status.in_(OPEN_SIGNING), SigningTask.due_at <= at)


def watch_signatures(institution: Institution) -> int:
    """Look at every task that is due: remind of it, or let it be late. Returns how many.

    Safe at any time, twice, and by several at once: each row is held while it is changed, and says
    afterwards when it is due again.
    """
    days = institution.settings.signing.remind_days
    looked_at = 0
    while True:
        with institution.transaction() as session:
            tasks = session.scalars(
                select(SigningTask)
                .where(signings_due(now()))
                .order_by(SigningTask.due_at, SigningTask.id)
                .limit(_BATCH)
                .options(selectinload(SigningTask.delivery), selectinload(SigningTask.letter))
                .with_for_update(skip_locked=True, of=SigningTask)
            ).all()
            for task in tasks:
                _look_at(session, task, now(), days)
        looked_at += len(tasks)
        if len(tasks) < _BATCH:
            return looked_at


def reminder_at(sent_at: datetime, days: int) -> datetime:
    """When a signature counts as missing: in the morning, so many days after the letter went."""
    day = local(sent_at).date() + timedelta(days=days)
    return datetime.combine(day, _REMIND_AT, COPENHAGEN).astimezone(UTC)


def _look_at(session: Session, task: SigningTask, at: datetime, days: int) -> None:
    delivery = task.delivery
    if delivery.status in {DeliveryStatus.CANCELLED, DeliveryStatus.FAILED}:
        # Nobody got the letter, so nobody can sign it; what to do about it, the letter says.
        task.status, task.settled_at, task.due_at = SigningStatus.CANCELLED, at, None
        return
    if task.deadline is not None and at >= task.deadline:
        task.status, task.settled_at, task.due_at = SigningStatus.LATE, at, None
        events.record(session, SYSTEM, EventKind.LETTER_SIGNING_LATE, task.letter)
        return
    if delivery.accepted_at is None:
        task.due_at = _first(at + _NOT_SENT_YET, task.deadline)
        return
    remind_at = reminder_at(delivery.accepted_at, days)
    if task.reminded_at is None and at >= remind_at:
        task.reminded_at = at
        events.record(session, SYSTEM, EventKind.LETTER_SIGNATURE_MISSING, task.letter)
    task.due_at = _first(remind_at if task.reminded_at is None else None, task.deadline)


def _first(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def is_missing() -> ColumnElement[bool]:
    """Tasks that a person should see to: reminded of, late or declined, and not yet put aside."""
    return and_(
        SigningTask.handled_at.is_(None),
        or_(
            SigningTask.status.in_(_MISSED),
            and_(SigningTask.status.in_(OPEN_SIGNING), SigningTask.reminded_at.is_not(None)),
        ),
    )


def missing_of(actor: Actor) -> Select[SigningTask]:
    """What is missing of the actor's own letters."""
    own = Letter.owner_id == actor.user_id
    return _shown().join(Letter, Letter.id == SigningTask.letter_id).where(is_missing(), own)


def unsigned_of(mailing: Mailing) -> Select[SigningTask]:
    """What of one mailing is not signed, whether or not it is time to do something about it."""
    over = [SigningStatus.SIGNED, SigningStatus.CANCELLED]
    return _shown().where(SigningTask.mailing_id == mailing.id, SigningTask.status.not_in(over))


def _shown() -> Select[SigningTask]:
    return select(SigningTask).options(
        selectinload(SigningTask.letter),
        selectinload(SigningTask.delivery).selectinload(Delivery.recipient),
    )


def tasks_of_letters(session: Session, letter_ids: Sequence[int]) -> Sequence[SigningTask]:
    """What was asked of the addressees of these letters, with the deliveries and what came back."""
    return session.scalars(
        select(SigningTask)
        .where(SigningTask.letter_id.in_(letter_ids))
        .order_by(SigningTask.id)
        .options(
            selectinload(SigningTask.document),
            selectinload(SigningTask.delivery).selectinload(Delivery.recipient),
        )
    ).all()


def count_by_status(session: Session, mailing: Mailing) -> dict[SigningStatus, int]:
    """How many of a mailing's signatures stand where; empty when none were asked for."""
    rows = session.execute(
        select(SigningTask.status, func.count())
        .where(SigningTask.mailing_id == mailing.id)
        .group_by(SigningTask.status)
    ).all()
    found: dict[SigningStatus, int] = {row[0]: row[1] for row in rows}
    return {status: found[status] for status in SigningStatus if status in found}
