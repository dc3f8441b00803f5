"""Mail that the postman brought back: the print provider says so, and the letter becomes a task."""

from __future__ import annotations

from sqlalchemy import and_

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.channels import remote_print
from digitalpost.db import Session, now
from digitalpost.deliveries.standing import hold_deliveries, restate
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, DeliveryStatus

_BACK = Sentence(
    "Brevet er kommet retur med posten. Find den rigtige adresse, og send det på en anden måde."
)
_AT_ONCE = 200


def note_returned(institution: Institution) -> int:
    """Take in what the provider got back. Returns how many letters became tasks.

    A note is taken away only after the commit, and one that is met again changes nothing. Notes
    about letters that are not ours are put aside.
    """
    settings = institution.settings.channels.remote_print
    noted = 0
    while True:
        ids = remote_print.returned(settings)[:_AT_ONCE]
        if not ids:
            return noted
        with institution.transaction() as session:
            known, changed = _note(session, ids)
        noted += changed
        remote_print.forget_returned(settings, ids, known)


def _note(session: Session, message_ids: list[str]) -> tuple[set[str], int]:
    is_ours = and_(
        Delivery.channel == ChannelName.REMOTE_PRINT, Delivery.message_id.in_(message_ids)
    )
    deliveries = hold_deliveries(session, is_ours)
    at = now()
    back = [
        one
        for one in deliveries
        if one.status in (DeliveryStatus.PAPER, DeliveryStatus.ACCEPTED, DeliveryStatus.CLAIMED)
    ]
    for one in back:
        one.status = DeliveryStatus.FAILED
        one.problem = _BACK.as_json()
        one.due_at = one.lease_owner = one.lease_until = None
        one.settled_at = at
        data = {"channel": one.channel.value, "message_id": one.message_id}
        events.record(session, SYSTEM, EventKind.LETTER_RETURNED, one.letter, data=data)
    session.flush()
    restate(session, {one.letter_id for one in back}, at)
    return {one.message_id for one in deliveries}, len(back)
