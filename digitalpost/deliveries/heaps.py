"""The heaps of letters that a follow-up looks at, as conditions, and the reasons that they give."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from digitalpost.db import Session
from digitalpost.errors import Sentence, sentence_of, word
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
)

_MOST_REASONS = 12
_ON_THEIR_WAY = (LetterStatus.WAITING, LetterStatus.SENDING, LetterStatus.AWAITING_RECEIPT)

# The heaps that the list can be narrowed to, in the words that staff see.
HEAPS = {
    "failed": word("Nåede ikke frem"),
    "print": word("Skal printes"),
    "paper": word("Sendt på papir"),
    "cancelled": word("Stoppet"),
    "late": word("Ikke nået frem endnu"),
}


@dataclass(frozen=True)
class Reason:
    """Why letters did not arrive, with how many there are; ``key`` stands for it in an address."""

    key: str
    why: Sentence
    letters: int


def reasons(session: Session, mailing: Mailing) -> list[Reason]:
    """Why letters of the mailing did not arrive, the most frequent first."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    for text, letters, example in _grouped(session, mailing):
        before = found.get(text, (0, example))
        found[text] = (before[0] + letters, before[1])
    shown = [
        Reason(_key(text), _of_nobody(example), count) for text, (count, example) in found.items()
    ]
    return sorted(shown, key=lambda one: -one.letters)[:_MOST_REASONS]


def in_heap(mailing: Mailing, heap: str) -> ColumnElement[bool]:
    """Whether a letter lies in one of `HEAPS`."""
    match heap:
        case "failed":
            return or_(
                has_delivery(mailing, Delivery.status == DeliveryStatus.FAILED), is_held(mailing)
            )
        case "print":
            local = Delivery.channel == ChannelName.LOCAL_PRINT
            return has_delivery(mailing, local, Delivery.status == DeliveryStatus.ACCEPTED)
        case "paper":
            return has_delivery(mailing, Delivery.status == DeliveryStatus.PAPER)
        case "cancelled":
            whole = and_(Letter.status == LetterStatus.CANCELLED, ~has_delivery(mailing))
            return or_(has_delivery(mailing, Delivery.status == DeliveryStatus.CANCELLED), whole)
    return Letter.status.in_(_ON_THEIR_WAY)


def has_delivery(mailing: Mailing, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the letter has a delivery like this that nothing was made in place of.

    Asked of the mailing's deliveries as a whole, by their index: few of thousands are like that.
    """
    mine = and_(Delivery.mailing_id == mailing.id, Delivery.replaced_by_id.is_(None), *which)
    return Letter.id.in_(select(Delivery.letter_id).where(mine))


def is_held(mailing: Mailing) -> ColumnElement[bool]:
    """Whether approval left the letter to its owner."""
    return and_(Letter.status == LetterStatus.ACTION, ~has_delivery(mailing))


def text_in(column: Any) -> ColumnElement[str]:
    """The text of the sentence that a column holds, places and all."""
    found: ColumnElement[str] = column["text"].as_string()
    return found


def _grouped(session: Session, mailing: Mailing) -> list[tuple[str, int, dict[str, Any]]]:
    """(the text of a stored sentence, how many letters say so, one of those sentences)."""
    failed = and_(
        Delivery.mailing_id == mailing.id,
        Delivery.status == DeliveryStatus.FAILED,
        Delivery.replaced_by_id.is_(None),
        Delivery.problem.is_not(None),
    )
    held = and_(
        Letter.mailing_id == mailing.id, is_held(mailing), Letter.status_reason.is_not(None)
    )
    found: list[tuple[str, int, dict[str, Any]]] = []
    for model, column, which, counted in (
        (Delivery, Delivery.problem, failed, Delivery.letter_id),
        (Letter, Letter.status_reason, held, Letter.id),
    ):
        said = (
            select(text_in(column).label("text"), counted.label("letter"), model.id)
            .where(which)
            .subquery()
            .c
        )
        rows = session.execute(
            select(said.text, func.count(said.letter.distinct()), func.min(said.id)).group_by(
                said.text
            )
        )
        for text, letters, example_id in rows.all():
            if text:
                stored = session.scalar(select(column).where(model.id == example_id))
                found.append((text, letters, stored or {}))
    return found


def text_of(session: Session, mailing: Mailing, key: str) -> str:
    """The text that a key stands for; nothing for one that stands for none."""
    if not key:
        return ""
    return next((text for text, _, _ in _grouped(session, mailing) if _key(text) == key), "")


def _key(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _of_nobody(stored: dict[str, Any]) -> Sentence:
    """A reason without the one whom it was said of."""
    sentence = sentence_of(stored)
    why = sentence.values.get("why")
    if "name" in sentence.values and isinstance(why, Sentence):
        return why
    return Sentence(sentence.text, sentence.values)
