"""Finds incoming letters by what stands in them, in whatever form of the word.

Of each letter its different words are kept without their Danish endings (`features.stem`) and as
blind indexes: without the institution's key they say nothing, and they have no order and no
numbers. They are forgotten with the letter (`lessons.forget_letters`), since the key of its case
does not guard them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import aliased

from digitalpost.db import Session, change_rows
from digitalpost.incoming.features import stem
from digitalpost.incoming.folding import parts_of
from digitalpost.models import IncomingWord, Letter
from digitalpost.models.triage import WORD_BYTES
from digitalpost.paging import keyed_by

MOST = 600  # different words of one letter
MOST_SOUGHT = 8
_SHORTEST = 2


def index_words(session: Session, letter: Letter, text: str) -> None:
    """Let a letter be found by its title, its sender's name and ``text``, instead of before."""
    forget_words(session, [letter.id])
    found = _indexes(session, f"{letter.title} {letter.recipient_name} {text}")[:MOST]
    if found:
        rows = [{"word": word, "letter_id": letter.id} for word in found]
        session.execute(insert(IncomingWord), rows)


def match_words(stmt: Select[Any], session: Session, query: str) -> Select[Any]:
    """Only the letters of ``stmt`` that hold every word of ``query``; all when it is blank.

    Page the answer by ``Letter.id``: the rarest word first would be quicker, but not in order.
    """
    if not query.strip():
        return stmt
    sought = _indexes(session, query)[:MOST_SOUGHT]
    if not sought:
        return stmt.where(sa.false())
    first, *others = sought
    stmt = stmt.join(IncomingWord, IncomingWord.letter_id == Letter.id).where(
        IncomingWord.word == first
    )
    for word in others:
        too = aliased(IncomingWord)
        here = (too.word == word, too.letter_id == Letter.id)
        stmt = stmt.where(select(too.letter_id).where(*here).exists())
    return keyed_by(stmt, Letter.id, IncomingWord.letter_id)


def forget_words(session: Session, letter_ids: Iterable[int]) -> None:
    """Let these letters be found by nothing that stands in them."""
    ids = list(letter_ids)
    if ids:
        change_rows(session, delete(IncomingWord).where(IncomingWord.letter_id.in_(ids)))


def _indexes(session: Session, text: str) -> list[bytes]:
    """The words of a text as they are stored, each once; no numbers, which are nobody's words."""
    words = (part for part in parts_of(text) if len(part) >= _SHORTEST and part.isalpha())
    different = dict.fromkeys(stem(word) for word in words)
    vault = session.vault
    return [vault.blind_index("word of a letter", word)[:WORD_BYTES] for word in different]
