"""Copies to others that staff add by hand: one letter, or all of a mailing, to one more addressee.

Each copy is a delivery of its own with its own receipt; nobody's name or number is put in the log.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, insert, select, union
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.danish_time import today
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, InvalidIdentifier, parse
from digitalpost.mailings.books import sendable
from digitalpost.mailings.change import mailing_of, require_review
from digitalpost.models import (
    CopyDecision,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterCopy,
    LetterStatus,
    Mailing,
    Recipient,
)
from digitalpost.registers.recipients import find_or_make_recipients
from digitalpost.registers.rounds import ask_registers_again

_BATCH = 500


def add_copy(session: Session, actor: Actor, letter: Letter, who: str | Identifier) -> LetterCopy:
    """Send a copy of this letter to whoever has the CPR or CVR number ``who``.

    The name was shown before (`mend.who_is`). Needs a session that sees everything: a recipient
    whom another unit knows is the same person. Raises `Refused`.
    """
    mailing = mailing_of(letter)
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    lock(session, letter)
    if letter.status is not LetterStatus.DRAFT:
        raise Refused("Brev %(letter)s er taget ud. Læg det tilbage først.", letter=letter.position)
    if letter.recipient_id is None:
        raise Refused("Brevet har ingen modtager endnu. Vælg først, hvem det er til.")
    recipient = _addressee(session, actor, mailing, who)
    if recipient.id == letter.recipient_id:
        raise Refused("Brevet er til den modtager i forvejen. Vælg en anden til kopien.")
    if recipient.id in _who_get_copies(session, letter.id):
        raise Refused("Den modtager får allerede en kopi af brevet.")
    copy = LetterCopy(
        letter_id=letter.id,
        recipient_id=recipient.id,
        unit_id=letter.unit_id,
        added_at=now(),
        added_by_id=actor.user_id,
    )
    session.add(copy)
    session.flush()
    ask_registers_again(session, mailing.id)
    events.record(session, actor, EventKind.LETTER_COPY_ADDED, letter)
    return copy


def remove_copy(session: Session, actor: Actor, copy: LetterCopy) -> None:
    """Send no copy of the letter to that addressee after all."""
    letter = copy.letter
    mailing = mailing_of(letter)
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    session.delete(copy)
    events.record(session, actor, EventKind.LETTER_COPY_REMOVED, letter)


def add_copy_to_all(session: Session, actor: Actor, mailing: Mailing, who: str | Identifier) -> int:
    """Send a copy of every letter in the mailing to one addressee. How many copies that made.

    The addressee's own letter, and letters of which they get a copy already, are passed by. Needs
    a session that sees everything. Raises `Refused`.
    """
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    recipient = _addressee(session, actor, mailing, who)
    session.flush()
    has_it = (
        select(LetterCopy.id)
        .where(LetterCopy.letter_id == Letter.id, LetterCopy.recipient_id == recipient.id)
        .exists()
    )
    letters = session.execute(
        select(Letter.id, Letter.unit_id).where(
            Letter.mailing_id == mailing.id,
            Letter.status == LetterStatus.DRAFT,
            Letter.recipient_id != recipient.id,
            ~has_it,
        )
    ).all()
    added = len(letters)
    if not added:
        raise Refused("Der er ingen breve, som den modtager ikke allerede får.")
    every = {"recipient_id": recipient.id, "added_at": now(), "added_by_id": actor.user_id}
    session.execute(
        insert(LetterCopy),
        [{"letter_id": one, "unit_id": unit_id, **every} for one, unit_id in letters],
    )
    ask_registers_again(session, mailing.id)
    data = {"what": "copy_added", "copies": added}
    events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data=data)
    return added


def remove_copy_from_all(
    session: Session, actor: Actor, mailing: Mailing, recipient_id: int
) -> int:
    """Send this addressee no copy of any letter in the mailing. How many copies that took away."""
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    letters = select(Letter.id).where(Letter.mailing_id == mailing.id)
    removed = change_rows(
        session,
        delete(LetterCopy).where(
            LetterCopy.recipient_id == recipient_id, LetterCopy.letter_id.in_(letters)
        ),
    )
    if removed:
        data = {"what": "copy_removed", "copies": removed}
        events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data=data)
    return removed


def copies_of(session: Session, letter: Letter) -> Sequence[LetterCopy]:
    """The copies of one letter that were added by hand, in the order they were added."""
    return session.scalars(
        select(LetterCopy)
        .where(LetterCopy.letter_id == letter.id)
        .order_by(LetterCopy.id)
        .options(selectinload(LetterCopy.recipient))
    ).all()


def copies_each(session: Session, letter_ids: Collection[int]) -> dict[int, int]:
    """How many copies by hand each of these letters has; those without any are left out."""
    wanted = list(letter_ids)
    found: dict[int, int] = {}
    for start in range(0, len(wanted), _BATCH):
        rows = session.execute(
            select(LetterCopy.letter_id, func.count(LetterCopy.id))
            .where(LetterCopy.letter_id.in_(wanted[start : start + _BATCH]))
            .group_by(LetterCopy.letter_id)
        )
        found |= {letter_id: count for letter_id, count in rows}  # noqa: C416 - rows to mypy
    return found


def copied_to(session: Session, mailing: Mailing, *, most: int = 20) -> list[tuple[Recipient, int]]:
    """Who gets copies by hand of the mailing's letters, and of how many; most copies first."""
    rows = session.execute(
        select(Recipient, func.count(LetterCopy.id))
        .join(LetterCopy, LetterCopy.recipient_id == Recipient.id)
        .join(Letter, Letter.id == LetterCopy.letter_id)
        .where(Letter.mailing_id == mailing.id, Letter.status == LetterStatus.DRAFT)
        .group_by(Recipient.id)
        .order_by(func.count(LetterCopy.id).desc(), Recipient.id)
        .limit(most)
    )
    return [(recipient, count) for recipient, count in rows]


def count_copies(session: Session, mailing: Mailing) -> int:
    """How many copies approval would send beside the letters: by hand, and to guardians.

    Somebody who gets a copy of a letter for both reasons counts once.
    """
    going = sendable(mailing.id).with_only_columns(Letter.id)
    by_hand = select(LetterCopy.letter_id, LetterCopy.recipient_id).where(
        LetterCopy.letter_id.in_(going)
    )
    to_guardians = (
        select(GuardianSuggestion.letter_id, GuardianCopy.recipient_id)
        .join(GuardianCopy, GuardianCopy.suggestion_id == GuardianSuggestion.id)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.mailing_id == mailing.id,
            GuardianSuggestion.decision == CopyDecision.ACCEPTED,
            GuardianSuggestion.recipient_id == Letter.recipient_id,
            GuardianCopy.recipient_id.is_not(None),
            GuardianSuggestion.letter_id.in_(going),
        )
    )
    both = union(by_hand, to_guardians).subquery()
    return session.scalar(select(func.count()).select_from(both)) or 0


def _addressee(
    session: Session, actor: Actor, mailing: Mailing, who: str | Identifier
) -> Recipient:
    identifier = _typed(who) if isinstance(who, str) else who
    if identifier.is_replacement:
        raise Refused(
            "Det er et erstatnings-CPR-nummer. Det har ingen postkasse, så kopien kan ikke sendes."
        )
    found = find_or_make_recipients(session, actor, [identifier], unit_id=mailing.unit_id)
    return found[identifier]


def _typed(number: str) -> Identifier:
    try:
        return parse(number, today=today())
    except InvalidIdentifier as error:
        raise Refused(str(error)) from None


def _who_get_copies(session: Session, letter_id: int) -> set[int]:
    by_hand = select(LetterCopy.recipient_id).where(LetterCopy.letter_id == letter_id)
    to_guardians = (
        select(GuardianCopy.recipient_id)
        .join(GuardianSuggestion, GuardianSuggestion.id == GuardianCopy.suggestion_id)
        .where(
            GuardianSuggestion.letter_id == letter_id,
            GuardianSuggestion.decision == CopyDecision.ACCEPTED,
            GuardianCopy.recipient_id.is_not(None),
        )
    )
    found = [*session.scalars(by_hand), *session.scalars(to_guardians)]
    return {one for one in found if one is not None}
