"""Settling: what an answer from a channel does to the delivery, the letter, the mailing, the case.

Only the holder of the claim may settle it; an answer that comes after a lease ran out is dropped,
because whoever took over will ask with the same message id and be told that it was used.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.channels.base import Channel, Outcome, OutcomeKind
from digitalpost.db import Session, now
from digitalpost.deliveries.channel_state import (
    hold_state,
    note_retry,
    note_success,
    pause,
    was_paused,
)
from digitalpost.deliveries.marks import released_at, stop_for_used_id
from digitalpost.deliveries.standing import (
    ACTION_DAYS,
    hold_deliveries,
    is_to_print,
    restate,
)
from digitalpost.documents import JSON, add_document
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.mailings.cancel import finish_mailing_if_done
from digitalpost.models import (
    Case,
    Delivery,
    DeliveryPurpose,
    DeliveryStatus,
    DocumentKind,
    Mailing,
    MailingStatus,
)
from digitalpost.storage import ObjectStore, StoredObject

RETRY_FIRST = 10.0  # seconds; the public e-Boks clients wait 10, 20, 40 (protocol section 4)
RETRY_MOST = 3600.0
RETRY_AFTER_MOST = 4 * 3600.0
AFTER_PAUSE = timedelta(hours=1)  # a letter that met a paused channel gets at least so long more
RECEIPT_FIRST = 10.0  # seconds between status calls, as public clients do; grows with age
RECEIPT_MOST = 3600.0
RECEIPT_DAYS = 10  # a letter that got no final answer for so long needs a person

_FINAL = {
    OutcomeKind.DELIVERED: (DeliveryStatus.DELIVERED, EventKind.LETTER_DELIVERED),
    OutcomeKind.PAPER: (DeliveryStatus.PAPER, EventKind.LETTER_PAPER),
    OutcomeKind.FIX_LETTER: (DeliveryStatus.FAILED, EventKind.LETTER_ACTION),
}


@dataclass(frozen=True)
class Answer:
    """An outcome for one message id, with its receipt in the store already."""

    message_id: str
    outcome: Outcome
    stored: StoredObject | None = None


def store_receipt(
    store: ObjectStore, message_id: str, outcome: Outcome, *, channel: str, content_sha256: str = ""
) -> Answer:
    """Put what the channel said into the store, outside any transaction."""
    if not outcome.receipt or outcome.kind in {OutcomeKind.RETRY, OutcomeKind.FIX_SETUP}:
        return Answer(message_id, outcome)
    receipt = {
        "channel": channel,
        "message_id": message_id,
        "outcome": outcome.kind.value,
        "received_at": now().isoformat(),
        "content_sha256": content_sha256,
        **_without_recipient(outcome.receipt),
    }
    body = json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True).encode()
    return Answer(message_id, outcome, store.put("receipts", body))


def settle(session: Session, owner: str, answers: Sequence[Answer], channel: Channel) -> int:
    """Write down what became of deliveries that ``owner`` holds. Returns how many were its own."""
    found = {answer.message_id: answer for answer in answers}
    hold_state(session, channel.name)
    is_held = and_(
        Delivery.lease_owner == owner,
        Delivery.message_id.in_(found),
        Delivery.status.in_([DeliveryStatus.CLAIMED, DeliveryStatus.ACCEPTED]),
    )
    deliveries = hold_deliveries(session, is_held)
    at = now()
    for delivery in deliveries:
        answer = found[delivery.message_id]
        delivery.lease_owner = delivery.lease_until = None
        _settle_one(session, delivery, answer, at)
    restate_letters(session, deliveries, at)
    return len(deliveries)


def restate_letters(session: Session, deliveries: Sequence[Delivery], at: datetime) -> None:
    """Let letters and mailings stand where these deliveries do now.

    The caller holds them all.
    """
    session.flush()
    restate(session, {one.letter_id for one in deliveries}, at)
    session.flush()
    for mailing_id in sorted({one.mailing_id for one in deliveries if one.mailing_id}):
        close_mailing(session, mailing_id)


def close_mailing(session: Session, mailing_id: int | None) -> None:
    """Let a mailing be *Sendt* once nothing of it waits or is being sent; logged once."""
    if finish_mailing_if_done(session, mailing_id):
        mailing = session.get_one(Mailing, mailing_id, populate_existing=True)
        if mailing.status is MailingStatus.SENT:
            events.record(session, SYSTEM, EventKind.MAILING_SENT, mailing)


def _settle_one(session: Session, delivery: Delivery, answer: Answer, at: datetime) -> None:
    outcome = answer.outcome
    case = delivery.letter.case
    if answer.stored is not None and case is not None:
        file_receipt(session, delivery, case, answer.stored)
    if outcome.kind in _FINAL:
        finish(session, delivery, outcome, at)
    elif outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN}:
        await_receipt(session, delivery, outcome, at)
    elif outcome.kind is OutcomeKind.ALREADY_USED:
        if delivery.attempts == 1 and not _is_from_before_a_restore(session, delivery):
            # Nobody hits on one of our ids by chance: we sent this letter, and the attempt is gone
            # from the database. A new id would send it twice, so all waits for a person.
            stop_for_used_id(session, delivery.channel)
            _back_in_line(session, delivery, outcome, at)
            return
        # Our own earlier attempt came through; the status call (or direct mode) tells the rest.
        await_receipt(session, delivery, outcome, at)
        delivery.due_at = at
    elif outcome.kind is OutcomeKind.FIX_SETUP:
        # The letter is not to blame, so its time does not run out while the channel is paused.
        until = pause(session, delivery.channel, outcome.sentence, at)
        delivery.give_up_at = max(delivery.give_up_at, until + AFTER_PAUSE)
        _back_in_line(session, delivery, outcome, until)
    else:
        _try_again(session, delivery, outcome, at)
    if outcome.kind is OutcomeKind.RETRY and not outcome.is_ours:
        asked_for = min(outcome.retry_after or 0, RETRY_AFTER_MOST)
        note_retry(session, delivery.channel, outcome.sentence, asked_for, at)
    elif outcome.receipt and outcome.kind not in {OutcomeKind.FIX_SETUP, OutcomeKind.RETRY}:
        note_success(session, delivery.channel, at)


def _is_from_before_a_restore(session: Session, delivery: Delivery) -> bool:
    """Whether somebody knows that the letter may have been sent already (marks.release)."""
    since = released_at(session)
    return since is not None and delivery.created_at <= since


def finish(
    session: Session, delivery: Delivery, outcome: Outcome, at: datetime, *, in_doubt: bool = False
) -> None:
    """Write down the last word about a delivery. ``in_doubt``: it may have arrived after all."""
    may_have_arrived = in_doubt or _may_have_arrived(delivery, outcome)
    delivery.status, event = _FINAL[outcome.kind]
    delivery.is_doubtful = may_have_arrived and delivery.status is DeliveryStatus.FAILED
    delivery.due_at = None
    delivery.settled_at = at
    if delivery.status is not DeliveryStatus.FAILED:
        delivery.accepted_at = delivery.accepted_at or at
    delivery.problem = outcome.sentence.as_json() if outcome.sentence else None
    events.record(session, SYSTEM, event, delivery.letter, data=_data(delivery))


def _may_have_arrived(delivery: Delivery, outcome: Outcome) -> bool:
    """Whether an attempt before the one that was turned down may have come through.

    Not when there was none; nor when the channel took this one in with its id, or told what became
    of it: an id that came through before would have been refused as used.
    """
    if delivery.attempts < 2 or delivery.status is DeliveryStatus.ACCEPTED:
        return False
    http_status = outcome.receipt.get("http_status")
    return not (isinstance(http_status, int) and 200 <= http_status < 300)


def await_receipt(session: Session, delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    """The channel has the letter; what became of it is to be told later."""
    first_time = delivery.status is not DeliveryStatus.ACCEPTED
    delivery.status = DeliveryStatus.ACCEPTED
    delivery.accepted_at = delivery.accepted_at or at
    if not first_time and at - delivery.accepted_at > timedelta(days=RECEIPT_DAYS):
        late = Sentence("Der er ikke kommet kvittering i %(days)s dage.", {"days": RECEIPT_DAYS})
        finish(session, delivery, Outcome(OutcomeKind.FIX_LETTER, late), at, in_doubt=True)
        return
    age = (at - delivery.accepted_at).total_seconds()
    wait = timedelta(seconds=min(max(RECEIPT_FIRST, age / 4), RECEIPT_MOST))
    delivery.due_at = at + (timedelta(days=ACTION_DAYS) if is_to_print(delivery) else wait)
    delivery.problem = None
    if first_time:
        letter = delivery.letter
        events.record(session, SYSTEM, EventKind.LETTER_ACCEPTED, letter, data=_data(delivery))


def _try_again(session: Session, delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    """Back into the line with a growing pause, or to a person when the time is up."""
    sentence = outcome.sentence
    if at >= delivery.give_up_at and not was_paused(session, delivery.channel):
        finish(session, delivery, gave_up(sentence), at, in_doubt=True)
        return
    pause_before = timedelta(seconds=_pause_before(delivery.attempts, outcome))
    _back_in_line(session, delivery, outcome, at + pause_before)


def gave_up(why: Sentence | None) -> Outcome:
    """The time of a letter is up; ``why`` is what the channel said last."""
    text = "Brevet kunne ikke afleveres inden for fristen. Sidste svar: %(why)s"
    return Outcome(OutcomeKind.FIX_LETTER, Sentence(text, {"why": why or "intet"}))


def _back_in_line(session: Session, delivery: Delivery, outcome: Outcome, due_at: datetime) -> None:
    delivery.status = DeliveryStatus.WAITING
    delivery.problem = outcome.sentence.as_json() if outcome.sentence else None
    delivery.due_at = due_at
    events.record(
        session,
        SYSTEM,
        EventKind.LETTER_ATTEMPTED,
        delivery.letter,
        data={"attempt": delivery.attempts, "outcome": outcome.kind.value},
    )


def _data(delivery: Delivery) -> dict[str, Any]:
    """What the log says of a delivery: which one it was when a letter has several."""
    data = {"channel": delivery.channel.value, "message_id": delivery.message_id}
    if delivery.purpose is not DeliveryPurpose.MAIN:
        data["purpose"] = delivery.purpose.value
    return data


def _pause_before(attempts: int, outcome: Outcome) -> float:
    """Seconds until the next attempt: doubling, with jitter so that letters don't march in step."""
    wait: float = min(RETRY_FIRST * 2 ** min(attempts - 1, 10), RETRY_MOST)
    wait *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
    # The channel may ask for patience, but not for ever.
    return max(wait, min(outcome.retry_after or 0, RETRY_AFTER_MOST))


def file_receipt(session: Session, delivery: Delivery, case: Case, stored: StoredObject) -> None:
    """Lay what the channel said with the delivery, sealed with the key of the case."""
    document = add_document(
        session,
        stored,
        kind=DocumentKind.RECEIPT,
        media_type=JSON,
        unit_id=delivery.unit_id,
        key_id=case.key_id,
    )
    session.flush()
    delivery.receipt_id = document.id


def _without_recipient(receipt: Any) -> Any:
    """A receipt without the recipient's number: the letter it lies with says who that is."""
    if isinstance(receipt, dict):
        return {key: _without_recipient(value) for key, value in receipt.items() if key != "nr"}
    if isinstance(receipt, list):
        return [_without_recipient(value) for value in receipt]
    return receipt
