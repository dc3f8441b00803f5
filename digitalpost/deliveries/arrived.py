"""Receipts that are sent to us: stored first, answered at once, joined to their letters later.

One mechanism for every channel. A receipt may come before we know that the letter left, twice, out
of order, days late, or for a letter that is not ours. Nothing that arrives makes a letter fail
that did not fail, and what is settled stays settled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select, update

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.channels.base import Outcome
from digitalpost.channels.digital_post import receipt_outcome
from digitalpost.channels.digital_post_push import read_receipt
from digitalpost.channels.sf1601.push import read_post_status
from digitalpost.channels.sf1601.status import told_outcome
from digitalpost.channels.told import Told, Unreadable
from digitalpost.db import Session, change_rows, insert_if_missing, now
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.models import ArrivedReceipt, ArrivedStatus, ChannelName

WAITING = (ArrivedStatus.NEW, ArrivedStatus.PARKED)
READERS: dict[ChannelName, Callable[[bytes], Told]] = {
    ChannelName.SF1601: read_post_status,
    ChannelName.DIGITAL_POST: read_receipt,
}


def take_receipt(
    session: Session, channel: ChannelName, body: bytes, *, sent_by: str, own_cvr: str = ""
) -> bool:
    """Store a receipt as it came from ``sent_by``, the SHA-256 of the sender's certificate.

    False when it is refused: it can't be read, or is for another than ``own_cvr``. That is stored
    too, so that somebody sees it. The same receipt again is counted and nothing more. Commit, then
    answer the sender: from then on the sweep finds it.
    """
    at = now()
    try:
        told = READERS[channel](body)
        is_ours = not told.for_cvr or not own_cvr or own_cvr in told.for_cvr
        why = None if is_ours else Sentence("Kvitteringen er til en anden myndighed end os.")
    except Unreadable:
        told = Told("", "", {}, _hash(body))
        why = Sentence("Kvitteringen kan ikke læses. Kontakt leverandøren af programmet.")
    # First the row, then the count: two who bring the same receipt at once take turns over it.
    insert_if_missing(
        session,
        ArrivedReceipt,
        channel=channel,
        message_id=told.message_id,
        transmission_id=told.transmission_id,
        said=dict(told.said),
        sha256=told.sha256,
        sent_by=sent_by,
        times=0,
        arrived_at=at,
        status=ArrivedStatus.NEW if why is None else ArrivedStatus.REFUSED,
        reason=None if why is None else why.as_json(),
        due_at=at if why is None else None,
    )
    known = (ArrivedReceipt.channel == channel) & (ArrivedReceipt.sha256 == told.sha256)
    again = {"times": ArrivedReceipt.times + 1}
    change_rows(session, update(ArrivedReceipt).where(known).values(again))
    row = session.scalars(
        select(ArrivedReceipt).where(known).execution_options(populate_existing=True)
    ).one()
    if why is not None and row.times == 1:
        note_refusal(session, row)
    if why is None and row.status in {ArrivedStatus.ORPHAN, ArrivedStatus.REFUSED}:
        # Sent again after days, or now in the right envelope: the letter is looked for once more.
        row.status, row.due_at, row.arrived_at, row.reason = ArrivedStatus.NEW, at, at, None
    return why is None


def note_refusal(session: Session, row: ArrivedReceipt) -> None:
    """Write in the log that a receipt was not believed."""
    data = {"channel": row.channel.value, "message_id": row.message_id}
    events.record(session, SYSTEM, EventKind.RECEIPT_REFUSED, row, data=data)


def outcome_of(channel: ChannelName, said: Mapping[str, str]) -> Outcome:
    """What a stored receipt means for its letter."""
    if channel is ChannelName.SF1601:
        return told_outcome(said)
    return receipt_outcome(said, {"answer": dict(said)})


def channels_with_receipts(session: Session, at: datetime) -> list[ChannelName]:
    """The channels for which stored receipts are to be looked at now."""
    due = ArrivedReceipt.status.in_(WAITING) & (ArrivedReceipt.due_at <= at)
    return sorted(session.scalars(select(ArrivedReceipt.channel).where(due).distinct()))


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()
