"""Finds letters, cases and recipients by words, word starts and numbers.

Every word that was typed must be there, whole or as the start of a word. A whole CPR or CVR number
finds its recipient, and what belongs to it, by blind index. What is found passes the row scope of
the session like any other query.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from digitalpost.db import Session
from digitalpost.identifiers import InvalidIdentifier, parse
from digitalpost.models import Case, Letter, Recipient
from digitalpost.paging import keyed_by

MAX_QUERY = 500  # characters that are looked at
MAX_WORDS = 12
MAX_WORD = 60
_SAMPLE, _OFTEN = 1_000, 50  # on PostgreSQL: among so many newest rows, so many hits
_FEW = 1_000  # hits that PostgreSQL is given one by one
_PREFIX_FROM = 2  # a single letter stands for itself: half of all words start with it
_WORD = re.compile(r"[^\W_]+")
# Not in the metadata of the models: create_all can't make them, migration 0002 does.
_SQLITE_INDEXES = {
    name: sa.Table(f"{name}_fts", sa.MetaData(), sa.Column("rowid", sa.Integer, primary_key=True))
    for name in (Letter.__tablename__, Case.__tablename__, Recipient.__tablename__)
}


def match_letters(stmt: Select[Any], session: Session, query: str) -> Select[Any]:
    """Only the letters of ``stmt`` that ``query`` finds; all of them when it is blank.

    By title, the recipient's name as sent, and case number; or by the recipient's whole number.
    Page the answer by ``Letter.id``, newest first: that is the order in which it is found.
    """
    return _match(stmt, session, query, Letter.id, Letter.recipient_id)


def match_cases(stmt: Select[Any], session: Session, query: str) -> Select[Any]:
    """Only the cases of ``stmt`` that ``query`` finds: by number, title or recipient's number."""
    return _match(stmt, session, query, Case.id, Case.recipient_id)


def match_recipients(stmt: Select[Any], session: Session, query: str) -> Select[Any]:
    """Only the recipients of ``stmt`` that ``query`` finds: by name or whole number."""
    return _match(stmt, session, query, Recipient.id, Recipient.id)


def words_of(query: str) -> list[str]:
    """The words in what a person typed, at most `MAX_WORDS`, lower case, without any sign."""
    plain = unicodedata.normalize("NFC", query[:MAX_QUERY]).lower()
    return [word[:MAX_WORD] for word in _WORD.findall(plain)][:MAX_WORDS]


def _match(
    stmt: Select[Any],
    session: Session,
    query: str,
    key: InstrumentedAttribute[int],
    recipient_key: InstrumentedAttribute[Any],
) -> Select[Any]:
    if not query.strip():
        return stmt
    recipient_id = _recipient_with_number(session, query)
    if recipient_id is not None:
        return stmt.where(recipient_key == recipient_id)
    words = words_of(query)
    if not words:  # nothing but signs
        return stmt.where(sa.false())
    table = key.class_.__tablename__
    if session.get_bind().dialect.name == "sqlite":
        return _match_on_sqlite(stmt, key, table, words)
    return _match_on_postgresql(stmt, session, key, table, words)


def _match_on_postgresql(
    stmt: Select[Any],
    session: Session,
    key: InstrumentedAttribute[int],
    table: str,
    words: list[str],
) -> Select[Any]:
    """Walk the list where hits are met often, else name them one by one, else leave it to it.

    PostgreSQL can't tell these apart: to it, every unknown word start is in one row of 200. It
    would walk a whole list in order to find that a rare word is not there, and gather a million
    hits of a common one to show the first 50.
    """
    vector: sa.ColumnElement[Any] = sa.literal_column(f"{table}.search_vector")
    terms = " & ".join(f"'{word}':*" if _is_start(word) else f"'{word}'" for word in words)
    sought = sa.func.to_tsquery(sa.literal_column("'simple'"), terms)
    newest = sa.select(key, vector.label("vector")).order_by(key.desc()).limit(_SAMPLE).subquery()
    met = sa.select(sa.func.count()).select_from(newest)
    often = session.scalar(met.where(sa.func.ts_match_vq(newest.c.vector, sought))) or 0
    if often >= _OFTEN:
        # What the operator @@ calls; under this name no index is used for it.
        return stmt.where(sa.func.ts_match_vq(vector, sought))
    matches = vector.op("@@")(sought)
    hits = session.scalars(sa.select(key).where(matches).limit(_FEW + 1)).all()
    if len(hits) > _FEW:
        return stmt.where(matches)
    return stmt.where(key == sa.any_(sa.literal(hits, sa.ARRAY(sa.Integer))))


def _match_on_sqlite(
    stmt: Select[Any], key: InstrumentedAttribute[int], table: str, words: list[str]
) -> Select[Any]:
    """Walk the full text index in the order of its row ids and fetch each row from there."""
    index = _SQLITE_INDEXES[table]
    terms = " AND ".join(f'"{word}"*' if _is_start(word) else f'"{word}"' for word in words)
    found = stmt.join(index, index.c.rowid == key).where(
        sa.literal_column(index.name).op("MATCH")(terms)
    )
    return keyed_by(found, key, index.c.rowid)


def _is_start(word: str) -> bool:
    return len(word) >= _PREFIX_FROM


def _recipient_with_number(session: Session, query: str) -> int | None:
    """The recipient whose whole number was typed, when this session may know them."""
    try:
        identifier = parse(query)
    except InvalidIdentifier:
        return None
    return session.scalar(
        sa.select(Recipient.id).where(
            Recipient.kind == identifier.kind,
            Recipient.number_index == session.vault.blind_index(identifier.kind, identifier.number),
        )
    )
