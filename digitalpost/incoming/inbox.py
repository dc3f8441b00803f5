"""The inbox: queues of incoming letters, their counts, and what is narrowed down in them.

A queue is walked in the order in which letters came, by an index of its own that holds nothing but
the letters of such queues: how many letters are sent and done does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from digitalpost.access import Actor, require
from digitalpost.archive.search import match_letters
from digitalpost.db import Session, now
from digitalpost.incoming.words import match_words
from digitalpost.models import (
    OPEN_INCOMING,
    IncomingLetter,
    IncomingWord,
    Letter,
    LetterFollower,
    LetterStatus,
    Unit,
)
from digitalpost.paging import Count, Order, Page, keyed_by, page

PAGE_SIZE = 40
COUNTED = 1000  # letters of a queue that are counted


class Queue(StrEnum):
    """A heap of letters that somebody looks after."""

    UNOWNED = "unowned"
    MINE = "mine"
    UNIT = "unit"
    FOLLOWED = "followed"
    DONE = "done"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            Queue.UNOWNED: "Uden ejer",
            Queue.MINE: "Mine",
            Queue.UNIT: "Afdelingens",
            Queue.FOLLOWED: "Fulgte",
            Queue.DONE: "Færdige",
        }[self]


@dataclass(frozen=True)
class Asked:
    """A queue and what it is narrowed down to."""

    queue: Queue = Queue.UNOWNED
    unit_id: int | None = None  # of UNIT and DONE; the others are across all of one's units
    words: str = ""
    deep: bool = False  # the words stand in the letter itself, in whatever form
    sender_id: int | None = None
    owner_id: int | None = None
    rule_id: int | None = None
    tag: str = ""
    status: LetterStatus | None = None
    days: int = 0  # came at least so many days ago
    late: bool = False  # past its deadline

    @property
    def is_narrowed(self) -> bool:
        """Whether anything of the queue is left out."""
        return self != Asked(self.queue, self.unit_id)

    @property
    def order(self) -> Order:
        """The oldest first, since it has waited longest; of those done, the newest."""
        return [(Letter.id, self.queue is Queue.DONE)]


@dataclass(frozen=True)
class QueueCount:
    """How many letters stand in a queue, and how many of those counted are past their deadline."""

    queue: Queue
    unit: Unit | None
    count: Count
    late: int


def matching(session: Session, actor: Actor, asked: Asked) -> Select[Any]:
    """The letters that are asked for. Page them in ``asked.order``."""
    require(actor, "incoming.read")
    stmt = _queue(actor, asked)
    for condition in _conditions(asked):
        stmt = stmt.where(condition)
    if asked.rule_id is not None or asked.tag:
        stmt = stmt.join(IncomingLetter, IncomingLetter.letter_id == Letter.id)
        if asked.rule_id is not None:
            stmt = stmt.where(IncomingLetter.rule_id == asked.rule_id)
        if asked.tag:
            stored = sa.cast(IncomingLetter.tags, sa.Text)
            stmt = stmt.where(stored.contains(json.dumps(asked.tag), autoescape=True))
    if asked.deep:
        return match_words(stmt, session, asked.words)
    return match_letters(stmt, session, asked.words)


def letters_page(
    session: Session,
    actor: Actor,
    asked: Asked,
    *,
    after: str | None = None,
    before: str | None = None,
) -> Page[Letter]:
    """A page of the list, each letter with what its line shows."""
    stmt = matching(session, actor, asked).options(
        selectinload(Letter.unit), selectinload(Letter.recipient)
    )
    return page(session, stmt, order=asked.order, after=after, before=before, size=PAGE_SIZE)


def neighbours(
    session: Session, actor: Actor, asked: Asked, letter_id: int
) -> tuple[int | None, int | None]:
    """The letters before and after this place in the list, whether it is still there or not."""
    stmt = matching(session, actor, asked).with_only_columns(Letter.id).limit(1)
    key: ColumnElement[int] | InstrumentedAttribute[int] = Letter.id
    if asked.deep and asked.words:
        key = IncomingWord.letter_id
    elif asked.queue is Queue.FOLLOWED:
        key = LetterFollower.letter_id
    smaller = session.scalar(stmt.where(key < letter_id).order_by(None).order_by(key.desc()))
    greater = session.scalar(stmt.where(key > letter_id).order_by(None).order_by(key))
    return (greater, smaller) if asked.queue is Queue.DONE else (smaller, greater)


def ids_of(session: Session, actor: Actor, asked: Asked, *, upto: int, most: int) -> Sequence[int]:
    """Who all is meant by "all that match", at most ``most``, in the order of the list.

    ``upto`` is the newest letter when somebody looked: what has come since is not meant.
    """
    stmt = matching(session, actor, asked).with_only_columns(Letter.id).where(Letter.id <= upto)
    return session.scalars(stmt.order_by(None).order_by(Letter.id).limit(most)).all()


def counts(session: Session, actor: Actor, units: Sequence[Unit]) -> list[QueueCount]:
    """Every queue of the actor with its count; that of letters done is not counted."""
    require(actor, "incoming.read")
    found = [
        _count(session, actor, Asked(queue), None)
        for queue in (Queue.MINE, Queue.UNOWNED, Queue.FOLLOWED)
    ]
    for unit in units:
        found.append(_count(session, actor, Asked(Queue.UNIT, unit.id), unit))
    return found


def count_of(session: Session, actor: Actor, asked: Asked) -> Count:
    """How many letters are asked for, counted no further than `COUNTED`."""
    stmt = matching(session, actor, asked).with_only_columns(Letter.id)
    some = stmt.order_by(None).limit(COUNTED + 1).subquery()
    found = session.scalar(select(sa.func.count()).select_from(some)) or 0
    return Count(min(found, COUNTED), found > COUNTED)


@dataclass(frozen=True)
class WaitingMail:
    """What of the inbox waits for one person: the first letters of theirs, and the counts."""

    letters: Sequence[Letter]
    mine: QueueCount
    unowned: QueueCount


def waiting_mail(session: Session, actor: Actor, *, shown: int = 5) -> WaitingMail | None:
    """For the front page; None when nothing waits, or the actor has no inbox."""
    if not actor.may("incoming.read"):
        return None
    mine = _count(session, actor, Asked(Queue.MINE), None)
    unowned = _count(session, actor, Asked(Queue.UNOWNED), None)
    if not mine.count.value and not unowned.count.value:
        return None
    first = matching(session, actor, Asked(Queue.MINE)).order_by(Letter.id).limit(shown)
    return WaitingMail(session.scalars(first).all(), mine, unowned)


def newest_id(session: Session) -> int:
    """The newest letter there is: see `ids_of`."""
    return session.scalar(select(sa.func.max(Letter.id))) or 0


def home_of(asked: Asked, units: Sequence[Unit]) -> Asked:
    """``asked`` with a unit where its queue needs one: the actor's first."""
    if asked.queue not in (Queue.UNIT, Queue.DONE):
        return replace(asked, unit_id=None)
    mine = [unit.id for unit in units]
    return asked if asked.unit_id in mine else replace(asked, unit_id=mine[0] if mine else 0)


def is_open() -> ColumnElement[bool]:
    """Incoming and not done, said with the very words of the indexes that hold such letters."""
    return _is_one_of(OPEN_INCOMING)


def _is_one_of(statuses: Sequence[LetterStatus]) -> ColumnElement[bool]:
    # A bound value would hide from SQLite that a partial index answers this.
    values: sa.BindParameter[Any] = sa.bindparam(
        "statuses", list(statuses), expanding=True, literal_execute=True, unique=True
    )
    return Letter.status.in_(values)


def _queue(actor: Actor, asked: Asked) -> Select[Any]:
    stmt = select(Letter)
    if asked.queue is Queue.UNOWNED:
        return stmt.where(is_open(), Letter.owner_id.is_(None))
    if asked.queue is Queue.MINE:
        return stmt.where(is_open(), Letter.owner_id == actor.user_id)
    if asked.queue is Queue.UNIT:
        return stmt.where(is_open(), Letter.unit_id == asked.unit_id)
    if asked.queue is Queue.DONE:
        return stmt.where(_is_one_of([LetterStatus.DONE]), Letter.unit_id == asked.unit_id)
    followed = stmt.join(LetterFollower, LetterFollower.letter_id == Letter.id).where(
        LetterFollower.user_id == actor.user_id
    )
    return keyed_by(followed, Letter.id, LetterFollower.letter_id)


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.sender_id is not None:
        found.append(Letter.recipient_id == asked.sender_id)
    if asked.owner_id is not None:
        found.append(Letter.owner_id == asked.owner_id)
    if asked.status is not None:
        found.append(Letter.status == asked.status)
    if asked.days:
        found.append(Letter.created_at <= now() - timedelta(days=asked.days))
    if asked.late:
        found.append(Letter.due_at < now())
    return found


def _count(session: Session, actor: Actor, asked: Asked, unit: Unit | None) -> QueueCount:
    stmt = matching(session, actor, asked).with_only_columns(Letter.id, Letter.due_at)
    some = stmt.order_by(None).limit(COUNTED + 1).subquery()
    is_late = sa.case((some.c.due_at < now(), 1), else_=0)
    row = session.execute(select(sa.func.count(), sa.func.sum(is_late)).select_from(some)).one()
    found = row[0] or 0
    return QueueCount(
        asked.queue, unit, Count(min(found, COUNTED), found > COUNTED), int(row[1] or 0)
    )
