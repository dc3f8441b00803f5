"""Own print: the letters that somebody here prints and posts, and the word that it was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, lock, now
from digitalpost.deliveries.envelope import Envelope, envelope_of
from digitalpost.deliveries.standing import hold_letters, restate
from digitalpost.documents import read_document
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import ChannelName, Delivery, DeliveryStatus, Letter, Mailing

_SHOWN = 100
_AT_ONCE = 100


@dataclass(frozen=True)
class ToPrint:
    """What of a mailing waits for the printer."""

    letters: int
    without_address: int
    nameless: Sequence[Delivery] = field(default_factory=tuple)  # the first of those, for a list


@dataclass(frozen=True)
class Printout:
    """One letter to print: what stands on its address page, and its PDF."""

    envelope: Envelope
    content: bytes = field(repr=False)


def count_to_print(session: Session, mailing: Mailing) -> int:
    """How many deliveries of a mailing wait for the printer. One look at an index."""
    return session.scalar(select(func.count(Delivery.id)).where(_waits(mailing))) or 0


def to_print(session: Session, mailing: Mailing) -> ToPrint:
    """How many deliveries of a mailing are to be printed, and which of them lack an address."""
    count = count_to_print(session, mailing)
    if not count:
        return ToPrint(0, 0)
    missing: list[Delivery] = []
    lacking = 0
    for deliveries in _batches(session, mailing):
        for one in deliveries:
            if not envelope_of(one).address:
                lacking += 1
                if len(missing) < _SHOWN:
                    missing.append(one)
    return ToPrint(count, lacking, missing)


def printouts(session: Session, actor: Actor, mailing: Mailing) -> Iterator[Printout]:
    """Every letter to print, in the order of the file; read one by one as they are asked for.

    Call `note_printout` first, in a transaction. Raises `Damaged` for bytes that are not right.
    """
    require(actor, "mailing.approve", mailing)
    for deliveries in _batches(session, mailing):
        for one in deliveries:
            yield Printout(envelope_of(one), read_document(session, one.document))


def note_printout(session: Session, actor: Actor, mailing: Mailing) -> int:
    """Write in the log that the letters are taken out to be printed. Returns how many they are.

    Raises `Refused` when there are none.
    """
    require(actor, "mailing.approve", mailing)
    count = count_to_print(session, mailing)
    if not count:
        raise Refused("Der er ingen breve, der skal printes.")
    data = {"letters": count, "what": "print"}
    events.record(session, actor, EventKind.MAILING_EXPORTED, mailing, data=data)
    return count


def mark_printed(session: Session, actor: Actor, mailing: Mailing, *, confirm_count: int) -> int:
    """The letters of a mailing were printed and posted: they are *Sendt på papir*.

    ``confirm_count`` is how many somebody saw and printed; with another number to print by now
    nothing is marked. Who and when is logged with each letter. Returns how many it was.
    """
    require(actor, "mailing.approve", mailing)
    lock(session, mailing)
    deliveries = session.scalars(
        select(Delivery)
        .where(_waits(mailing))
        .order_by(Delivery.id)
        .options(selectinload(Delivery.letter))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if not deliveries:
        raise Refused("Der er ingen breve, der skal printes.")
    if len(deliveries) != confirm_count:
        raise Refused(
            "Der er nu %(letters)s breve at printe, ikke %(seen)s. Hent filen igen, og se, hvad "
            "der er kommet til.",
            letters=len(deliveries),
            seen=confirm_count,
        )
    at = now()
    posted = Sentence("Printet og lagt i posten af %(who)s.", {"who": actor.name}).as_json()
    for delivery in deliveries:
        delivery.status = DeliveryStatus.PAPER
        delivery.due_at = None
        delivery.settled_at = at
        delivery.problem = posted
        data = {"channel": delivery.channel.value, "message_id": delivery.message_id}
        events.record(session, actor, EventKind.LETTER_PRINTED, delivery.letter, data=data)
    session.flush()
    letter_ids = {one.letter_id for one in deliveries}
    hold_letters(session, letter_ids)
    restate(session, letter_ids, at)
    return len(deliveries)


def _waits(mailing: Mailing) -> ColumnElement[bool]:
    return and_(
        Delivery.mailing_id == mailing.id,
        Delivery.channel == ChannelName.LOCAL_PRINT,
        Delivery.status == DeliveryStatus.ACCEPTED,
    )


def _batches(session: Session, mailing: Mailing) -> Iterator[Sequence[Delivery]]:
    """The deliveries to print in the order of their letters, some at a time."""
    waiting = select(Delivery).join(Letter, Letter.id == Delivery.letter_id).where(_waits(mailing))
    last = (0, 0)
    while True:
        part = session.scalars(
            waiting.where(
                (Letter.position > last[0])
                | ((Letter.position == last[0]) & (Delivery.id > last[1]))
            )
            .order_by(Letter.position, Delivery.id)
            .limit(_AT_ONCE)
            .options(
                selectinload(Delivery.letter),
                selectinload(Delivery.recipient),
                selectinload(Delivery.document),
            )
        ).all()
        if not part:
            return
        yield part
        last = (part[-1].letter.position, part[-1].id)
