"""Joining receipts that arrived to their letters, as often as it takes.

A receipt whose letter is not there yet (we are about to note that it left, or it is not ours) is
parked and tried again, for days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.channels.base import Outcome, OutcomeKind
from digitalpost.db import Session, now
from digitalpost.deliveries.arrived import WAITING, note_refusal, outcome_of
from digitalpost.deliveries.settle import (
    Answer,
    await_receipt,
    file_receipt,
    finish,
    restate_letters,
    store_receipt,
)
from digitalpost.deliveries.standing import hold_deliveries
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import (
    ArrivedReceipt,
    ArrivedStatus,
    ChannelName,
    Delivery,
    DeliveryStatus,
    Document,
)

BATCH = 200
PARKED_FIRST = 5.0  # seconds until a letter is looked for again; grows with the receipt's age
PARKED_MOST = 3600.0
PARKED_DAYS = 10  # as long as a letter waits for its receipt (`settle.RECEIPT_DAYS`)

_ARRIVED = {DeliveryStatus.DELIVERED, DeliveryStatus.PAPER}
_GOOD = {OutcomeKind.DELIVERED, OutcomeKind.PAPER}
_LAST = {*_GOOD, OutcomeKind.FIX_LETTER}


def join_receipts(institution: Institution, channel: ChannelName) -> int:
    """Do what the receipts of one channel say that are due. Returns how many found their letter."""
    joined = 0
    seen: set[int] = set()
    while True:
        with institution.reading() as session:
            due = _due(session, channel, seen)
            sent = _content_of(session, [one.message_id for one in due])
        if not due:
            return joined
        seen |= {one.id for one in due}
        answers = {
            one.id: store_receipt(
                institution.store,
                one.message_id,
                outcome_of(channel, one.said),
                channel=channel.value,
                content_sha256=sent[one.message_id],
            )
            for one in due
            if one.message_id in sent
        }
        with institution.transaction() as session:
            joined += _join(session, channel, [one.id for one in due], answers)


def _due(session: Session, channel: ChannelName, seen: set[int]) -> Sequence[ArrivedReceipt]:
    return session.scalars(
        select(ArrivedReceipt)
        .where(
            ArrivedReceipt.channel == channel,
            ArrivedReceipt.status.in_(WAITING),
            ArrivedReceipt.due_at <= now(),
            ArrivedReceipt.id.not_in(seen),
        )
        .order_by(ArrivedReceipt.id)
        .limit(BATCH)
    ).all()


def _content_of(session: Session, message_ids: Sequence[str]) -> dict[str, str]:
    """The hash of what was sent under each id that is ours."""
    rows = session.execute(
        select(Delivery.message_id, Document.sha256)
        .join(Document, Document.id == Delivery.document_id)
        .where(Delivery.message_id.in_(message_ids))
    )
    return {row.message_id: row.sha256 for row in rows}


def _join(
    session: Session, channel: ChannelName, ids: Sequence[int], answers: Mapping[int, Answer]
) -> int:
    rows = session.scalars(
        select(ArrivedReceipt)
        .where(ArrivedReceipt.id.in_(ids), ArrivedReceipt.status.in_(WAITING))
        .order_by(ArrivedReceipt.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    is_told_of = Delivery.message_id.in_({row.message_id for row in rows})
    held = hold_deliveries(session, is_told_of, skip_locked=True)
    deliveries = {one.message_id: one for one in held}
    at = now()
    changed: dict[int, Delivery] = {}
    joined = 0
    for row in rows:
        delivery, answer = deliveries.get(row.message_id), answers.get(row.id)
        if delivery is None or answer is None:
            _park(session, row, at)
        elif delivery.channel is not channel:
            row.status, row.due_at = ArrivedStatus.REFUSED, None
            why = "Brevet er ikke sendt den vej, som kvitteringen kom fra."
            row.reason = Sentence(why).as_json()
            note_refusal(session, row)
        elif _is_not_sent(delivery):
            _park(session, row, at)
        else:
            row.reason = _apply(session, delivery, answer, at)
            row.status, row.due_at, row.joined_at = ArrivedStatus.JOINED, None, at
            row.delivery_id = delivery.id
            session.flush()
            changed[delivery.id] = delivery
            joined += 1
    restate_letters(session, list(changed.values()), at)
    return joined


def _is_not_sent(delivery: Delivery) -> bool:
    """Whether we are sending it now, or never did: what we know ourselves comes first."""
    waiting = delivery.status is DeliveryStatus.WAITING
    return delivery.status is DeliveryStatus.CLAIMED or (waiting and delivery.attempts == 0)


def _park(session: Session, row: ArrivedReceipt, at: datetime) -> None:
    age = (at - row.arrived_at).total_seconds()
    if age > PARKED_DAYS * 86_400:
        row.status, row.due_at = ArrivedStatus.ORPHAN, None
        row.reason = Sentence(
            "Der er ikke sendt noget brev med det id. Kvitteringen er gemt, og der er ikke gjort "
            "mere ved den."
        ).as_json()
        data = {"channel": row.channel.value, "message_id": row.message_id}
        events.record(session, SYSTEM, EventKind.RECEIPT_ORPHAN, row, data=data)
        return
    row.status = ArrivedStatus.PARKED
    row.due_at = at + timedelta(seconds=min(max(PARKED_FIRST, age / 4), PARKED_MOST))


def _apply(
    session: Session, delivery: Delivery, answer: Answer, at: datetime
) -> dict[str, object] | None:
    """Let the delivery stand where the receipt says. Returns why not, as a stored sentence."""
    outcome = answer.outcome
    why = _no_effect(session, delivery, outcome)
    if why is not None:
        return why.as_json()
    if outcome.kind in _LAST:
        _file(session, delivery, answer)
        delivery.lease_owner = delivery.lease_until = None
        finish(session, delivery, outcome, at)
    elif delivery.status is DeliveryStatus.WAITING and outcome.kind is not OutcomeKind.UNKNOWN:
        # We had no answer to an earlier attempt; this is one.
        _file(session, delivery, answer)
        await_receipt(session, delivery, outcome, at)
    return None


def _no_effect(session: Session, delivery: Delivery, outcome: Outcome) -> Sentence | None:
    """Why a receipt changes nothing about a delivery that is settled; None when it may."""
    if delivery.status in _ARRIVED:
        if outcome.kind is OutcomeKind.FIX_LETTER:
            return Sentence("Brevet var nået frem, da beskeden kom. Det står, som det stod.")
        return Sentence("Brevet var allerede kvitteret for.")
    if delivery.status is DeliveryStatus.CANCELLED:
        if outcome.kind in _GOOD:
            return Sentence("Brevet er annulleret hos os, men er nået frem. Tal med modtageren.")
        return Sentence("Brevet er annulleret hos os.")
    if delivery.status is not DeliveryStatus.FAILED:
        return None
    if outcome.kind in _GOOD and not _told_failed(session, delivery):
        return None  # we gave up too early: the letter did arrive
    return Sentence("Brevet stod allerede til at kræve handling. Det bliver det ved med.")


def _told_failed(session: Session, delivery: Delivery) -> bool:
    """Whether it was the channel that said that the letter failed, and not we who gave up."""
    earlier = session.scalars(
        select(ArrivedReceipt).where(
            ArrivedReceipt.delivery_id == delivery.id,
            ArrivedReceipt.status == ArrivedStatus.JOINED,
        )
    )
    return any(outcome_of(one.channel, one.said).kind is OutcomeKind.FIX_LETTER for one in earlier)


def _file(session: Session, delivery: Delivery, answer: Answer) -> None:
    case = delivery.letter.case
    if answer.stored is not None and case is not None:
        file_receipt(session, delivery, case, answer.stored)
