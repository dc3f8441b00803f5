"""Reading a letter: what is shown, the finished bytes, and the line in the log that says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, now
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import Delivery, Document, Event, Letter, SigningTask

READ_AGAIN = timedelta(minutes=15)  # looking twice within so long is one look


@dataclass(frozen=True)
class Receipt:
    """What a channel answered, as filed, and how it reads."""

    document: Document
    content: dict[str, Any]


@dataclass(frozen=True)
class OpenedLetter:
    """A letter as its page shows it."""

    letter: Letter
    deliveries: Sequence[Delivery]
    receipts: Sequence[Receipt]


@dataclass(frozen=True)
class Download:
    """A file for the user. Its name says nothing about a person."""

    name: str
    content: bytes
    media_type: str


def note_opened(session: Session, actor: Actor, letter: Letter) -> None:
    """Write that the actor has seen the letter; once in `READ_AGAIN` for each actor."""
    require(actor, "letter.read", letter)
    _note_once(session, actor, EventKind.LETTER_OPENED, letter)


def open_letter(session: Session, actor: Actor, letter: Letter) -> OpenedLetter:
    """Everything that the letter's page shows, read only: call `note_opened` before it.

    Raises `Damaged` when a receipt in the store is not what was stored.
    """
    require(actor, "letter.read", letter)
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.letter_id == letter.id)
        .order_by(Delivery.id)
        .options(selectinload(Delivery.receipt))
    ).all()
    receipts = [
        Receipt(delivery.receipt, json.loads(read_document(session, delivery.receipt)))
        for delivery in deliveries
        if delivery.receipt is not None
    ]
    return OpenedLetter(letter, deliveries, receipts)


def read_finished(session: Session, actor: Actor, letter: Letter) -> bytes:
    """The exact bytes that are or will be sent, for the viewer; the look itself is not logged here.

    Raises `Refused` when no file could be made, and `Damaged` when it is not what was stored.
    """
    require(actor, "letter.read", letter)
    if letter.document is None:
        raise Refused("Der er ingen færdig fil til brevet.")
    return read_document(session, letter.document)


def download_letter(session: Session, actor: Actor, letter: Letter) -> Download:
    """The finished PDF to take away. Every time is logged."""
    content = read_finished(session, actor, letter)
    events.record(session, actor, EventKind.LETTER_DOWNLOADED, letter, data={"what": "letter"})
    return Download(f"brev-{letter.id}.pdf", content, "application/pdf")


def download_receipt(session: Session, actor: Actor, letter: Letter) -> Download:
    """The newest receipt as it was filed. Every time is logged. Raises `Refused` without one."""
    require(actor, "letter.read", letter)
    receipt = session.scalars(
        select(Document)
        .join(Delivery, Delivery.receipt_id == Document.id)
        .where(Delivery.letter_id == letter.id)
        .order_by(Delivery.id.desc())
        .limit(1)
    ).one_or_none()
    if receipt is None:
        raise Refused("Der er ingen kvittering endnu.")
    content = read_document(session, receipt)
    events.record(session, actor, EventKind.LETTER_DOWNLOADED, letter, data={"what": "receipt"})
    return Download(f"kvittering-{letter.id}.json", content, receipt.media_type)


def download_signed(session: Session, actor: Actor, task: SigningTask) -> Download:
    """The letter as an addressee signed it. Every time is logged. Raises `Refused` without one."""
    require(actor, "letter.read", task)
    if task.document is None:
        raise Refused("Brevet er ikke underskrevet.")
    content = read_document(session, task.document)
    letter = task.letter
    events.record(session, actor, EventKind.LETTER_DOWNLOADED, letter, data={"what": "signed"})
    return Download(f"underskrevet-{letter.id}.pdf", content, task.document.media_type)


def _note_once(session: Session, actor: Actor, kind: EventKind, letter: Letter) -> None:
    lately = session.scalar(
        select(Event.id)
        .where(
            Event.letter_id == letter.id,
            Event.kind == kind.value,
            Event.actor_id == actor.user_id,
            Event.at > now() - READ_AGAIN,
        )
        .limit(1)
    )
    if lately is None:
        events.record(session, actor, kind, letter)
