"""Sending again what got nowhere: first a list of exactly what would be sent, then the sending.

A delivery that failed stays as it is and a new one, with a message id of its own, takes its place;
only one whose fate is unknown is tried again itself, with the id that its channel knows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.filing import file_letters
from digitalpost.channels.base import WayOut
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.deliveries.add import add_delivery
from digitalpost.deliveries.proposal import GOT_NOWHERE, Step, propose
from digitalpost.deliveries.replan import Again
from digitalpost.deliveries.standing import hold_letters, restate
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import (
    Delivery,
    DeliveryPurpose,
    DeliveryStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.signing.tasks import drop_tasks


def send_again(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    how: Again,
    *,
    letter_ids: Collection[int],
    confirm_count: int,
    ways: Sequence[WayOut],
    hold_seconds: int,
    give_up_hours: int,
) -> int:
    """Send these letters again, as `propose` says now. Returns how many deliveries that is.

    ``confirm_count`` is how many somebody saw and typed; are there more or fewer by now, nothing is
    sent. Safe against a second click and a second clerk: whoever comes late finds nothing to send.
    The time to undo is the same as after approval.
    """
    require(actor, "mailing.approve", mailing)
    _hold(session, mailing, letter_ids)
    proposal = propose(session, mailing, how, letter_ids=letter_ids, ways=ways)
    if not proposal.steps:
        raise Refused("Ingen af brevene kan sendes igen nu. Se, hvor de står.")
    if len(proposal.steps) != confirm_count:
        raise Refused(
            "Der er nu %(letters)s breve at sende igen, men du skrev %(typed)s. Ingen breve er "
            "sendt.",
            letters=len(proposal.steps),
            typed=confirm_count,
        )
    at = now()
    due_at = at + timedelta(seconds=hold_seconds)
    if mailing.status is MailingStatus.HOLDING and mailing.hold_until is not None:
        due_at = max(due_at, mailing.hold_until)
    held = {step.letter.id: step.letter for step in proposal.steps if step.failed is None}
    file_letters(session, actor, list(held.values()), mailing.case_type)
    give_up_at = due_at + timedelta(hours=give_up_hours)
    by_name = {way.name: way for way in ways}
    made: list[tuple[Step, Delivery]] = []
    for step in proposal.steps:
        if step.failed is not None and step.same_id:
            made.append((step, _retry(step.failed, due_at, give_up_at)))
        else:
            delivery = _in_its_place(step, at, due_at, give_up_at)
            add_delivery(session, delivery, mailing, by_name[delivery.channel])
            made.append((step, delivery))
    session.flush()
    for step, delivery in made:
        if step.failed is not None and not step.same_id:
            _replace(session, step.failed, delivery)
        data = _data(step, delivery)
        events.record(session, actor, EventKind.LETTER_SENT_AGAIN, step.letter, data=data)
    if mailing.status is not MailingStatus.SENDING:
        mailing.status = MailingStatus.HOLDING
        mailing.hold_until = due_at
    session.flush()
    restate(session, {step.letter.id for step in proposal.steps}, at)
    channels = {name.value: count for name, count in proposal.channels.items()}
    summary = {"letters": len(proposal.steps), "how": how.value, "deliveries": channels}
    events.record(session, actor, EventKind.MAILING_SENT_AGAIN, mailing, data=summary)
    return len(proposal.steps)


def _hold(session: Session, mailing: Mailing, letter_ids: Collection[int]) -> None:
    """Lock the mailing, then the letters, and forget what was read before.

    Deliveries that failed or were stopped are changed by nobody who does not hold their mailing.
    """
    lock(session, mailing)
    hold_letters(session, letter_ids)
    session.expire_all()


def _retry(delivery: Delivery, due_at: datetime, give_up_at: datetime) -> Delivery:
    """The same delivery once more, with the same message id."""
    delivery.status = DeliveryStatus.WAITING
    delivery.due_at, delivery.give_up_at = due_at, give_up_at
    delivery.accepted_at = delivery.settled_at = None
    delivery.is_doubtful = False
    return delivery


def _in_its_place(step: Step, at: datetime, due_at: datetime, give_up_at: datetime) -> Delivery:
    letter, failed = step.letter, step.failed
    return Delivery(
        letter_id=letter.id,
        mailing_id=letter.mailing_id,
        unit_id=letter.unit_id,
        recipient_id=step.recipient_id,
        document_id=failed.document_id if failed is not None else letter.document_id,
        purpose=step.purpose,
        attention=step.attention,
        channel=step.choice.channel,
        on_paper=step.choice.on_paper,
        due_at=due_at,
        give_up_at=give_up_at,
        created_at=at,
    )


def _replace(session: Session, failed: Delivery, delivery: Delivery) -> None:
    """Only one can take the place of a delivery that got nowhere."""
    won = change_rows(
        session,
        update(Delivery)
        .where(
            Delivery.id == failed.id,
            Delivery.status.in_(GOT_NOWHERE),
            Delivery.replaced_by_id.is_(None),
        )
        .values(replaced_by_id=delivery.id),
    )
    if won:
        drop_tasks(session, failed)
    else:
        raise Refused("Et af brevene bliver allerede sendt igen. Ingen breve er sendt.")


def _data(step: Step, delivery: Delivery) -> dict[str, Any]:
    data: dict[str, Any] = {"channel": delivery.channel.value, "message_id": delivery.message_id}
    if step.same_id:
        data["same_id"] = True
    elif step.failed is not None:
        data["instead_of"] = step.failed.message_id
    if step.purpose is not DeliveryPurpose.MAIN:
        data["purpose"] = step.purpose.value
    return data
