"""Stopping a mailing, or one letter of it, while that is still possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select, update

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import (
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)


@dataclass(frozen=True)
class Stopped:
    """The truth about a cancellation: how many were stopped, how many had already left."""

    stopped: int
    already_left: int


def cancel(session: Session, actor: Actor, mailing: Mailing) -> Stopped:
    """Stop everything of the mailing that has not left yet.

    A letter is stopped by the same conditional update that sending it would need, so each letter
    is either stopped or sent, never both. Raises `Refused` when nothing is left to stop.
    """
    require(actor, "mailing.cancel", mailing)
    lock(session, mailing)
    if mailing.status in {MailingStatus.CANCELLED, MailingStatus.FAILED}:
        raise Refused("Forsendelsen er allerede stoppet.")
    if mailing.status in {MailingStatus.PREPARING, MailingStatus.REVIEW}:
        stopped = _set_letters(session, Letter.mailing_id == mailing.id)
        result = Stopped(stopped, 0)
    else:
        stopped = _stop_deliveries(session, Delivery.mailing_id == mailing.id)
        _set_letters(session, Letter.id.in_(_stopped_letters(mailing)))
        left = session.scalar(
            select(func.count(Delivery.id)).where(
                Delivery.mailing_id == mailing.id, Delivery.status != DeliveryStatus.CANCELLED
            )
        )
        result = Stopped(stopped, left or 0)
        if not stopped:
            raise Refused("Alle breve er allerede sendt. De kan ikke kaldes tilbage.")
    if not result.already_left:
        # Nothing left, so nothing is left to do: letters that needed action are closed as well.
        _set_letters(session, Letter.mailing_id == mailing.id, LetterStatus.ACTION)
        mailing.status = MailingStatus.CANCELLED
        mailing.lease_owner = mailing.lease_until = None
        mailing.finished_at = now()
    else:
        finish_mailing_if_done(session, mailing.id)
        session.refresh(mailing)
    events.record(
        session,
        actor,
        EventKind.MAILING_CANCELLED,
        mailing,
        data={"stopped": result.stopped, "already_left": result.already_left},
    )
    return result


def cancel_letter(session: Session, actor: Actor, letter: Letter) -> None:
    """Stop one letter that waits, or close one that needs action. Raises `Refused` if it left."""
    require(actor, "letter.cancel", letter)
    lock(session, letter)
    if letter.status is LetterStatus.WAITING:
        if not _stop_deliveries(session, Delivery.letter_id == letter.id):
            raise Refused("Brevet er lige blevet sendt og kan ikke stoppes.")
    elif letter.status is not LetterStatus.ACTION:
        raise Refused(
            "Brevet kan ikke annulleres. Det står som «%(status)s».", status=letter.status.label
        )
    letter.status = LetterStatus.CANCELLED
    letter.due_at = None
    events.record(session, actor, EventKind.LETTER_CANCELLED, letter)
    session.flush()
    finish_mailing_if_done(session, letter.mailing_id)


def finish_mailing_if_done(session: Session, mailing_id: int | None) -> bool:
    """Close the books of a mailing once none of its deliveries waits or is being sent.

    True when this call closed them: *Sendt* if something left, else *Annulleret*.
    """
    if mailing_id is None:
        return False
    busy = (
        select(Delivery.id)
        .where(
            Delivery.mailing_id == mailing_id,
            Delivery.status.in_([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED]),
        )
        .exists()
    )
    some_left = (
        select(Delivery.id)
        .where(Delivery.mailing_id == mailing_id, Delivery.status != DeliveryStatus.CANCELLED)
        .exists()
    )
    moving = (
        update(Mailing)
        .where(Mailing.id == mailing_id, ~busy)
        .where(Mailing.status.in_([MailingStatus.HOLDING, MailingStatus.SENDING]))
    )
    sent = moving.where(some_left).values(status=MailingStatus.SENT, finished_at=now())
    stopped = moving.where(~some_left).values(status=MailingStatus.CANCELLED, finished_at=now())
    if change_rows(session, sent):
        return True
    return bool(change_rows(session, stopped))


def _stop_deliveries(session: Session, which: Any) -> int:
    """Stop what waits. What somebody is claiming at this very moment has left: no waiting for it,

    because whoever claims waits for the mailing and the letters that we hold.
    """
    waiting = and_(which, Delivery.status == DeliveryStatus.WAITING)
    ids = session.scalars(
        select(Delivery.id).where(waiting).with_for_update(skip_locked=True)
    ).all()
    return sum(
        change_rows(
            session,
            update(Delivery)
            .where(Delivery.id.in_(ids[start : start + 500]), waiting)
            .values(status=DeliveryStatus.CANCELLED, due_at=None, settled_at=now()),
        )
        for start in range(0, len(ids), 500)
    )


def _stopped_letters(mailing: Mailing) -> Any:
    return select(Delivery.letter_id).where(
        Delivery.mailing_id == mailing.id, Delivery.status == DeliveryStatus.CANCELLED
    )


def _set_letters(session: Session, which: Any, *also: LetterStatus) -> int:
    return change_rows(
        session,
        update(Letter)
        .where(which, Letter.status.in_([LetterStatus.DRAFT, LetterStatus.WAITING, *also]))
        .values(status=LetterStatus.CANCELLED, due_at=None),
    )
