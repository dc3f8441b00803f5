"""Stopping a mailing, or one letter of it, while that is still possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.deliveries.standing import hold_mailings, restate
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
    SigningTask,
)
from digitalpost.signing.tasks import stop_with_deliveries


@dataclass(frozen=True)
class Stopped:
    """The truth about a cancellation, in letters.

    ``stopped`` go to nobody, ``already_left`` went to somebody; ``partly`` of those are letters
    that went to one addressee and were stopped before they went to another.
    """

    stopped: int
    already_left: int
    partly: int = 0


def cancel(session: Session, actor: Actor, mailing: Mailing) -> Stopped:
    """Stop everything of the mailing that has not left yet.

    A delivery is stopped by the same conditional update that sending it would need, so each is
    either stopped or sent, never both. Raises `Refused` when nothing is left to stop.
    """
    require(actor, "mailing.cancel", mailing)
    lock(session, mailing)
    if mailing.status in {MailingStatus.CANCELLED, MailingStatus.FAILED}:
        raise Refused("Forsendelsen er allerede stoppet.")
    if mailing.status in {MailingStatus.PREPARING, MailingStatus.REVIEW}:
        stopped = _set_letters(session, Letter.mailing_id == mailing.id)
        result = Stopped(stopped, 0)
    else:
        which = Delivery.mailing_id == mailing.id
        if mailing.status is MailingStatus.HOLDING:
            # Letters of before that wait for our printer are not what is being undone.
            which = and_(which, Delivery.status == DeliveryStatus.WAITING)
        if not _stop_deliveries(session, which):
            raise Refused("Alle breve er allerede sendt. De kan ikke kaldes tilbage.")
        result = _letters_of_the_stopped(session, mailing)
    if not result.already_left:
        # Nothing left, so nothing is left to do: letters that needed action are closed as well.
        _set_letters(session, Letter.mailing_id == mailing.id, LetterStatus.ACTION)
        mailing.status = MailingStatus.CANCELLED
        mailing.lease_owner = mailing.lease_until = None
        mailing.finished_at = now()
    else:
        finish_mailing_if_done(session, mailing.id)
        session.refresh(mailing)
    stop_with_deliveries(session, SigningTask.mailing_id == mailing.id)
    data = {"stopped": result.stopped, "already_left": result.already_left}
    events.record(
        session,
        actor,
        EventKind.MAILING_CANCELLED,
        mailing,
        data=data | ({"partly": result.partly} if result.partly else {}),
    )
    return result


def cancel_letter(session: Session, actor: Actor, letter: Letter) -> Stopped:
    """Stop one letter to everybody whom it has not left for, or close one that needs action.

    Returns how many deliveries were stopped, and how many had left. Raises `Refused` when nothing
    of it can be stopped.
    """
    require(actor, "letter.cancel", letter)
    hold_mailings(session, [letter.mailing_id])
    lock(session, letter)
    mine = and_(Delivery.letter_id == letter.id, Delivery.replaced_by_id.is_(None))
    stopped = 0
    if letter.status in {LetterStatus.WAITING, LetterStatus.SENDING}:
        stopped = _stop_deliveries(session, mine)
        if not stopped:
            raise Refused("Brevet er lige blevet sendt og kan ikke stoppes.")
    elif letter.status is LetterStatus.ACTION:
        stopped = _stop_deliveries(session, mine)
        stopped += _close_failed(session, mine)
    else:
        raise Refused(
            "Brevet kan ikke annulleres. Det står som «%(status)s».", status=letter.status.label
        )
    left = _count(session, mine, Delivery.status != DeliveryStatus.CANCELLED)
    if left:
        restate(session, [letter.id], now())
    else:
        letter.status = LetterStatus.CANCELLED
        letter.due_at = None
    stop_with_deliveries(session, SigningTask.letter_id == letter.id)
    data = {"stopped": stopped, "already_left": left} if left else {}
    events.record(session, actor, EventKind.LETTER_CANCELLED, letter, data=data)
    session.flush()
    finish_mailing_if_done(session, letter.mailing_id)
    return Stopped(stopped, left)


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
    """Stop what waits for its time, or for a person to print it; the caller holds the mailing.

    What somebody claimed before us has left.
    """
    to_print = and_(
        Delivery.status == DeliveryStatus.ACCEPTED, Delivery.channel == ChannelName.LOCAL_PRINT
    )
    waiting = and_(which, or_(Delivery.status == DeliveryStatus.WAITING, to_print))
    ids = session.scalars(
        select(Delivery.id).where(waiting).order_by(Delivery.id).with_for_update()
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


def _close_failed(session: Session, which: Any) -> int:
    """Somebody has seen that these got nothing, and leaves it at that."""
    return change_rows(
        session,
        update(Delivery)
        .where(which, Delivery.status == DeliveryStatus.FAILED)
        .values(status=DeliveryStatus.CANCELLED),
    )


def _letters_of_the_stopped(session: Session, mailing: Mailing) -> Stopped:
    """Let the letters stand where their deliveries do now; thousands of them at once."""
    of_mailing = and_(Delivery.mailing_id == mailing.id, Delivery.replaced_by_id.is_(None))
    went = and_(of_mailing, Delivery.status != DeliveryStatus.CANCELLED)
    stopped = select(Delivery.letter_id).where(
        of_mailing, Delivery.status == DeliveryStatus.CANCELLED
    )
    waiting = and_(Letter.mailing_id == mailing.id, Letter.id.in_(stopped))
    session.execute(
        select(Letter.id).where(waiting).order_by(Letter.id).with_for_update(key_share=True)
    )
    in_part = session.scalars(
        select(Delivery.letter_id).where(went, Delivery.letter_id.in_(stopped)).distinct()
    ).all()
    whole = _set_letters(
        session,
        and_(waiting, Letter.id.not_in(select(Delivery.letter_id).where(went))),
        LetterStatus.SENDING,
        LetterStatus.ACTION,
    )
    restate(session, in_part, now())
    left = _count(session, of_mailing, Delivery.status != DeliveryStatus.CANCELLED, letters=True)
    return Stopped(whole, left, len(in_part))


def _count(session: Session, *which: Any, letters: bool = False) -> int:
    what = Delivery.letter_id.distinct() if letters else Delivery.id
    return session.scalar(select(func.count(what)).where(*which)) or 0


def _set_letters(session: Session, which: Any, *also: LetterStatus) -> int:
    return change_rows(
        session,
        update(Letter)
        .where(which, Letter.status.in_([LetterStatus.DRAFT, LetterStatus.WAITING, *also]))
        .values(status=LetterStatus.CANCELLED, due_at=None),
    )
