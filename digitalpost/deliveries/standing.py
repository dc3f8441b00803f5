"""Where a letter stands: worked out from all its deliveries, by this one function.

Lock order, everywhere: the state of the channel, the mailing, letters by id, deliveries. Who only
prolongs a claim, or takes one to ask for receipts, holds deliveries alone and waits for nobody.
Whoever changes a delivery holds its letter first, so of two who settle deliveries of one letter at
once the second sees what the first did. The locks of mailings and letters leave keys alone (FOR NO
KEY UPDATE): writing a row that points to a locked one waits for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import ORMOption

from digitalpost.db import Session
from digitalpost.errors import Sentence, sentence_of, word
from digitalpost.models import (
    FINAL_STATUSES,
    ChannelName,
    Delivery,
    DeliveryPurpose,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
)

ACTION_DAYS = 5  # a letter that needs a person is asked about again after so many days
_BATCH = 500


def hold_mailings(session: Session, mailing_ids: Collection[int | None]) -> None:
    """Lock these mailings, before their letters and deliveries."""
    ids = sorted({one for one in mailing_ids if one is not None})
    if ids:
        session.execute(
            select(Mailing.id)
            .where(Mailing.id.in_(ids))
            .order_by(Mailing.id)
            .with_for_update(key_share=True)
        )


def hold_letters(session: Session, letter_ids: Collection[int]) -> None:
    """Lock these letters, in the order of their ids, so that nobody waits in a ring."""
    ids = sorted(set(letter_ids))
    for start in range(0, len(ids), _BATCH):
        session.execute(
            select(Letter.id)
            .where(Letter.id.in_(ids[start : start + _BATCH]))
            .order_by(Letter.id)
            .with_for_update(key_share=True)
        )


def hold_letters_of(session: Session, which: ColumnElement[bool]) -> None:
    """Lock the letters of these deliveries, and their mailings, before the deliveries."""
    found = session.execute(select(Delivery.mailing_id, Delivery.letter_id).where(which)).all()
    hold_mailings(session, {mailing_id for mailing_id, _ in found})
    hold_letters(session, {letter_id for _, letter_id in found})


def hold_deliveries(
    session: Session, which: ColumnElement[bool], *load: ORMOption, skip_locked: bool = False
) -> Sequence[Delivery]:
    """Lock these deliveries, after their mailings and letters, and read them anew; by id.

    Their letters and cases are read with them, and what ``load`` names. ``skip_locked`` leaves out
    those that somebody else holds.
    """
    hold_letters_of(session, which)
    return session.scalars(
        select(Delivery)
        .where(which)
        .order_by(Delivery.id)
        .options(selectinload(Delivery.letter).selectinload(Letter.case), *load)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).all()


def restate(session: Session, letter_ids: Collection[int], at: datetime) -> None:
    """Let letters stand where their deliveries say. The caller holds them (`hold_letters`).

    A failed delivery that another was made in place of says nothing any more.
    """
    session.flush()
    ids = sorted(set(letter_ids))
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        letters = session.scalars(
            select(Letter).where(Letter.id.in_(part)).execution_options(populate_existing=True)
        ).all()
        by_letter: dict[int, list[Delivery]] = {}
        for delivery in session.scalars(
            select(Delivery)
            .where(Delivery.letter_id.in_(part), Delivery.replaced_by_id.is_(None))
            .order_by(Delivery.id)
            .execution_options(populate_existing=True)
        ):
            by_letter.setdefault(delivery.letter_id, []).append(delivery)
        for letter in letters:
            if letter.id in by_letter:
                _restate_one(letter, by_letter[letter.id], at)


def status_of(deliveries: Sequence[Delivery]) -> LetterStatus:
    """The one status of a letter with these deliveries (at least one)."""
    found = {one.status for one in deliveries}
    if DeliveryStatus.CLAIMED in found:
        return LetterStatus.SENDING
    if DeliveryStatus.WAITING in found:
        return LetterStatus.WAITING
    if DeliveryStatus.FAILED in found or any(map(is_to_print, deliveries)):
        return LetterStatus.ACTION
    if DeliveryStatus.ACCEPTED in found:
        return LetterStatus.AWAITING_RECEIPT
    if found == {DeliveryStatus.CANCELLED}:
        return LetterStatus.CANCELLED
    if DeliveryStatus.DELIVERED in found:
        return LetterStatus.DELIVERED
    return LetterStatus.PAPER


def is_to_print(delivery: Delivery) -> bool:
    """Whether a person of ours is to print it and post it."""
    return (
        delivery.channel is ChannelName.LOCAL_PRINT and delivery.status is DeliveryStatus.ACCEPTED
    )


def word_of(delivery: Delivery) -> str:
    """Where a delivery stands, in the words that staff see."""
    return word("Skal printes") if is_to_print(delivery) else delivery.status.label


def who_gets(delivery: Delivery) -> str:
    """The name of a delivery's addressee."""
    return str((delivery.attention or {}).get("name") or delivery.recipient.display_name)


def _restate_one(letter: Letter, deliveries: Sequence[Delivery], at: datetime) -> None:
    status = status_of(deliveries)
    reason = _reason(deliveries, status)
    stays = letter.status is status is LetterStatus.ACTION and letter.due_at is not None
    letter.status = status
    letter.status_reason = reason.as_json() if reason is not None else None
    if status in FINAL_STATUSES:
        letter.due_at = None
    elif status is LetterStatus.ACTION:
        letter.due_at = letter.due_at if stays else at + timedelta(days=ACTION_DAYS)
    else:
        letter.due_at = _next(deliveries, status, at)


def _next(deliveries: Sequence[Delivery], status: LetterStatus, at: datetime) -> datetime:
    """When something happens next by itself."""
    if status is LetterStatus.SENDING:
        times = [one.lease_until for one in deliveries if one.status is DeliveryStatus.CLAIMED]
    else:
        waits = {
            LetterStatus.WAITING: DeliveryStatus.WAITING,
            LetterStatus.AWAITING_RECEIPT: DeliveryStatus.ACCEPTED,
        }[status]
        times = [one.due_at for one in deliveries if one.status is waits]
    return min((one for one in times if one is not None), default=at)


def _reason(deliveries: Sequence[Delivery], status: LetterStatus) -> Sentence | None:
    """What a person should know: of the one delivery, or of several and how the others fared."""
    if status is LetterStatus.SENDING:
        return None
    telling = [one for one in deliveries if _tells(one, status, len(deliveries) == 1)]
    if not telling:
        return None
    first = _says(telling[0])
    if len(deliveries) == 1:
        return first
    named = Sentence(
        "%(purpose)s (%(name)s): %(why)s",
        {
            "purpose": telling[0].purpose.label,
            "name": who_gets(telling[0]),
            "why": first or word_of(telling[0]),
        },
    )
    others = [one for one in deliveries if one is not telling[0]]
    return Sentence("%(first)s %(others)s", {"first": named, "others": _others(others)})


def _tells(delivery: Delivery, status: LetterStatus, is_alone: bool) -> bool:
    """Whether the letter's reason is about this delivery."""
    match status:
        case LetterStatus.WAITING:
            return delivery.status is DeliveryStatus.WAITING and delivery.problem is not None
        case LetterStatus.ACTION:
            return delivery.status is DeliveryStatus.FAILED or is_to_print(delivery)
        case LetterStatus.DELIVERED:
            return delivery.status is not DeliveryStatus.DELIVERED
        case LetterStatus.PAPER:
            return is_alone or delivery.status is DeliveryStatus.CANCELLED
        case LetterStatus.CANCELLED:
            return is_alone
    return False


def _says(delivery: Delivery) -> Sentence | None:
    if is_to_print(delivery):
        return Sentence("Skal printes og sendes med posten.")
    return sentence_of(delivery.problem) if delivery.problem else None


def _others(deliveries: Sequence[Delivery]) -> Sentence:
    """How the other addressees fared: «Modtager: Leveret», and so on."""
    *before, last = [
        Sentence(
            "%(purpose)s: %(status)s.",
            {"purpose": _purpose(one), "status": word_of(one)},
        )
        for one in deliveries
    ]
    said = last
    for one in reversed(before):
        said = Sentence("%(first)s %(others)s", {"first": one, "others": said})
    return said


def _purpose(delivery: Delivery) -> str | Sentence:
    if delivery.purpose is DeliveryPurpose.MAIN:
        return delivery.purpose.label
    values = {"purpose": delivery.purpose.label, "name": who_gets(delivery)}
    return Sentence("%(purpose)s (%(name)s)", values)
