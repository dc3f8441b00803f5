"""Moving incoming letters: to another unit, or under another case type of the same one.

Everything that belongs to a letter goes with it: what its message said, its files, its notes and
the raw message. All are guarded by the key of the case that the letter lies in, so that destroying
that key still erases all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from digitalpost.access import Actor, across_units, require
from digitalpost.archive.filing import file_letters
from digitalpost.db import Session
from digitalpost.documents import move_to_key
from digitalpost.errors import Refused
from digitalpost.incoming.facts import move_text
from digitalpost.incoming.notes import seal_anew
from digitalpost.models import (
    Case,
    CaseType,
    DataKey,
    Document,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    IncomingText,
    Letter,
    LetterNote,
    Unit,
)
from digitalpost.registers.recipients import make_visible

_BATCH = 500


def move_to_unit(session: Session, actor: Actor, letters: Sequence[Letter], unit: Unit) -> None:
    """Let letters belong to another unit, filed in its cases under the type they had, by name.

    A unit without a type of that name files them under its first. The caller holds the letters
    and has asked whether the actor may hand them over. Raises `Refused` for a unit without types.
    """
    with across_units(session):
        types = session.scalars(
            select(CaseType).where(CaseType.unit_id == unit.id).order_by(CaseType.id)
        ).all()
        if not types:
            raise Refused(
                "%(unit)s har ingen sagstyper, så brevet kan ikke lægges på en sag der. "
                "Bed en administrator om at oprette en.",
                unit=unit.name,
            )
        by_name = {one.name: one for one in reversed(types)}
        for start in range(0, len(letters), _BATCH):
            part = letters[start : start + _BATCH]
            make_visible(session, _senders(part), unit.id)
            wanted: dict[int, list[Letter]] = {}
            for letter in part:
                had = letter.case.case_type.name if letter.case is not None else ""
                wanted.setdefault(by_name.get(had, types[0]).id, []).append(letter)
                letter.unit_id = unit.id
            for case_type in types:
                if case_type.id in wanted:
                    _file(session, actor, wanted[case_type.id], case_type)


def file_under(
    session: Session, actor: Actor, letters: Sequence[Letter], case_type: CaseType
) -> None:
    """File incoming letters of a unit under one of its case types. Other units' are `Refused`."""
    for letter in letters:
        require(actor, "incoming.assign", letter)
        if letter.unit_id != case_type.unit_id:
            raise Refused("Sagstypen hører til en anden afdeling. Flyt først brevet dertil.")
    _file(session, actor, letters, case_type)


def _senders(letters: Sequence[Letter]) -> list[int]:
    return sorted({one.recipient_id for one in letters if one.recipient_id is not None})


def _file(session: Session, actor: Actor, letters: Sequence[Letter], case_type: CaseType) -> None:
    """Into the senders' cases, with all that belongs to the letters.

    Nothing is written before the end: opening each key would write what came before it.
    """
    session.flush()
    known = [letter for letter in letters if letter.recipient_id is not None]
    with session.no_autoflush:
        before = _open_keys(session, known)  # held: the session itself would let go of them
        file_letters(session, actor, known, case_type)
        session.flush()
        after = _open_keys(session, known)
        keys = _keys(session, known)
        _take_along(session, [letter.id for letter in letters], case_type.unit_id, keys)
    session.flush()
    for letter in known:
        session.expire(letter, ["case"])  # it is another one now
    del before, after


def _take_along(session: Session, ids: Sequence[int], unit_id: int, keys: dict[int, int]) -> None:
    """Let what belongs to these letters belong to a unit, guarded by ``keys`` by letter."""
    for about in session.scalars(select(IncomingLetter).where(IncomingLetter.letter_id.in_(ids))):
        about.unit_id = unit_id
    for file in session.scalars(select(IncomingFile).where(IncomingFile.letter_id.in_(ids))):
        file.unit_id = unit_id
    for letter_id, document in _documents(session, ids):
        document.unit_id = unit_id
        if letter_id in keys and document.key_id != keys[letter_id]:
            move_to_key(session, document, keys[letter_id])
    for note in session.scalars(select(LetterNote).where(LetterNote.letter_id.in_(ids))):
        note.unit_id = unit_id
        if note.letter_id in keys:
            seal_anew(session, note, keys[note.letter_id])
    for text in session.scalars(select(IncomingText).where(IncomingText.letter_id.in_(ids))):
        text.unit_id = unit_id
        if text.letter_id in keys:
            move_text(session, text, keys[text.letter_id])


def _open_keys(session: Session, letters: Sequence[Letter]) -> Sequence[DataKey]:
    """The data keys of the cases that the letters lie in, read at once."""
    cases = {letter.case_id for letter in letters if letter.case_id is not None}
    return session.scalars(
        select(DataKey).join(Case, Case.key_id == DataKey.id).where(Case.id.in_(cases))
    ).all()


def _keys(session: Session, letters: Sequence[Letter]) -> dict[int, int]:
    """The data key of each letter's case, by the letter's id."""
    cases = {letter.case_id for letter in letters}
    rows = session.execute(select(Case.id, Case.key_id).where(Case.id.in_(cases)))
    key_of = {row.id: row.key_id for row in rows}
    return {letter.id: key_of[letter.case_id] for letter in letters if letter.case_id is not None}


def _documents(session: Session, ids: Sequence[int]) -> list[tuple[int, Document]]:
    """Every document of these letters with the letter's id: its own, its files, the raw message."""
    main = select(Letter.id, Document).join(Letter.document).where(Letter.id.in_(ids))
    files = select(IncomingFile.letter_id, Document).join(IncomingFile.document)
    raw = select(IncomingMessage.letter_id, Document).join(
        Document, Document.id == IncomingMessage.document_id
    )
    return [
        (letter_id, document)
        for query in (
            main,
            files.where(IncomingFile.letter_id.in_(ids)),
            raw.where(IncomingMessage.letter_id.in_(ids)),
        )
        for letter_id, document in session.execute(query)
        if letter_id is not None
    ]
