"""Notes on incoming letters: what colleagues tell each other, erased with the sender's case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.keys import open_data_key
from digitalpost.models import Letter, LetterNote
from digitalpost.vault import seal, unseal
from digitalpost.wording import without_numbers

NOTE_LENGTH = 2000
_PURPOSE = b"letter note"


@dataclass(frozen=True)
class Note:
    """A note as it is shown."""

    by: str
    at: datetime
    text: str


def write_note(session: Session, actor: Actor, letter: Letter, text: str) -> LetterNote:
    """Write a note on a letter. Raises `Refused` when it is empty or too long.

    Whatever reads as a CPR number is masked: the number is in the register, and nowhere else.
    """
    require(actor, "incoming.assign", letter)
    tidy = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not tidy or len(tidy) > NOTE_LENGTH:
        raise Refused("Skriv noten, højst %(most)s tegn.", most=NOTE_LENGTH)
    if letter.case is None:
        raise Refused("Brevet ligger ikke på en sag endnu. Prøv igen om lidt.")
    key_id = letter.case.key_id
    note = LetterNote(
        unit_id=letter.unit_id,
        letter_id=letter.id,
        by_id=actor.user_id,
        at=now(),
        sealed=seal(open_data_key(session, key_id), without_numbers(tidy).encode(), _PURPOSE),
        key_id=key_id,
    )
    session.add(note)
    events.record(session, actor, EventKind.LETTER_NOTED, letter)
    return note


def notes_on(session: Session, actor: Actor, letter: Letter) -> Sequence[Note]:
    """The notes on a letter, oldest first."""
    require(actor, "incoming.read", letter)
    found = session.scalars(
        select(LetterNote)
        .where(LetterNote.letter_id == letter.id)
        .order_by(LetterNote.id)
        .options(joinedload(LetterNote.by))
    )
    return [Note(note.by.name if note.by else "", note.at, _open(session, note)) for note in found]


def seal_anew(session: Session, note: LetterNote, key_id: int) -> None:
    """Let another data key (of the case that the letter was moved to) guard a note."""
    if note.key_id != key_id:
        text = _open(session, note).encode()
        note.sealed, note.key_id = seal(open_data_key(session, key_id), text, _PURPOSE), key_id


def _open(session: Session, note: LetterNote) -> str:
    return unseal(open_data_key(session, note.key_id), note.sealed, _PURPOSE).decode()
