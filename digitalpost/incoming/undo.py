"""Undoing an act on incoming letters: each stands again where it stood, unless it has moved on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from digitalpost import events
from digitalpost.access import Actor, across_units, require
from digitalpost.db import Session, now
from digitalpost.errors import Forbidden, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.acts import BATCH, Stand, hold_incoming, stand_of
from digitalpost.incoming.move import move_to_unit
from digitalpost.models import (
    Assignment,
    IncomingLetter,
    Letter,
    LetterStatus,
    RoutedBy,
    Unit,
    User,
)


@dataclass(frozen=True)
class Undone:
    """How many letters stand again where they stood, and what to tell of the others."""

    letters: int
    changed: int
    problems: list[Sentence]
    only: int | None  # the letter when it was one


@dataclass(frozen=True)
class Did:
    """An act of one's own that can still be undone: how many letters, and what became of them."""

    batch: str
    letters: int
    status: LetterStatus
    to: str  # the person or unit that they went to; empty when they went nowhere


def own_act(session: Session, actor: Actor, batch: str) -> Did | None:
    """What the actor did in this batch; None when it was not theirs or is undone."""
    if not batch or actor.user_id is None:
        return None
    mine = (
        Assignment.batch == batch,
        Assignment.by_id == actor.user_id,
        Assignment.undone_at.is_(None),
    )
    with across_units(session):
        count = session.scalar(select(func.count(func.distinct(Assignment.letter_id))).where(*mine))
        row = session.scalars(
            select(Assignment).where(*mine).order_by(Assignment.id.desc()).limit(1)
        ).one_or_none()
        if row is None:
            return None
        to: User | Unit | None = None
        if row.to_owner_id not in (None, row.from_owner_id):
            to = session.get(User, row.to_owner_id)
        elif row.to_unit_id != row.from_unit_id:
            to = session.get(Unit, row.to_unit_id)
        return Did(batch, count or 0, row.to_status, to.name if to else "")


def undo(session: Session, actor: Actor, batch: str) -> Undone:
    """Undo a whole batch. Letters that somebody has changed since are left, and that is said.

    One's own act may be undone wherever the letters went; another's only in one's own units, and
    by whoever may act on many. Raises `Refused` when there is nothing left to undo.
    """
    with across_units(session):
        live = (Assignment.batch == batch, Assignment.undone_at.is_(None))
        ids = session.scalars(select(Assignment.letter_id).where(*live)).all()
        letters = {one.id: one for one in hold_incoming(session, ids)}
        rows = session.scalars(
            select(Assignment)
            .where(*live)
            .order_by(Assignment.id)
            .execution_options(populate_existing=True)
        ).all()
        _may_undo(actor, rows)
        acts: dict[int, list[Assignment]] = defaultdict(list)
        for row in rows:
            acts[row.letter_id].append(row)
        last = _last_acts(session, list(acts))
        back = {
            letter_id: mine
            for letter_id, mine in acts.items()
            if last[letter_id] == mine[-1].id
            and stand_of(letters[letter_id]) == _stands_after(mine[-1])
        }
        _put_back(session, actor, letters, back)
    changed = len(acts) - len(back)
    if not back:
        raise Refused("Der er intet at fortryde: brevene er ændret siden, eller det er fortrudt.")
    problems = [Sentence(_CHANGED, {"count": changed})] if changed else []
    return Undone(len(back), changed, problems, next(iter(back)) if len(back) == 1 else None)


_CHANGED = (
    "Breve, som nogen har ændret siden, og som derfor står, hvor de er: %(count)s. "
    "Fordel dem igen, hvis de ligger forkert."
)


def _may_undo(actor: Actor, rows: Sequence[Assignment]) -> None:
    require(actor, "incoming.assign")
    for row in rows:
        if actor.user_id is None or row.by_id == actor.user_id:
            continue
        if not actor.may("incoming.bulk"):
            raise Forbidden("Du kan kun fortryde, hvad du selv har gjort. Spørg en supervisor.")
        if not (actor.scope.holds(row.from_unit_id) and actor.scope.holds(row.to_unit_id)):
            raise Forbidden("Du har ikke adgang til den afdeling. Spørg en administrator.")


def _stands_after(row: Assignment) -> Stand:
    return Stand(row.to_status, row.to_owner_id, row.to_unit_id, row.to_due_at)


def _last_acts(session: Session, ids: list[int]) -> dict[int, int]:
    """The last act on each letter that was not undone."""
    found: dict[int, int] = {}
    for start in range(0, len(ids), BATCH):
        rows = session.execute(
            select(Assignment.letter_id, func.max(Assignment.id).label("last"))
            .where(
                Assignment.letter_id.in_(ids[start : start + BATCH]),
                Assignment.undone_at.is_(None),
            )
            .group_by(Assignment.letter_id)
        )
        found |= {row.letter_id: row.last for row in rows}
    return found


def _put_back(
    session: Session, actor: Actor, letters: dict[int, Letter], back: dict[int, list[Assignment]]
) -> None:
    homes: dict[int, list[Letter]] = defaultdict(list)
    for letter_id, acts in back.items():
        if letters[letter_id].unit_id != acts[0].from_unit_id:
            homes[acts[0].from_unit_id].append(letters[letter_id])
    for unit_id, part in homes.items():
        move_to_unit(session, actor, part, session.get_one(Unit, unit_id))
    at = now()
    for letter_id, acts in back.items():
        letter, first = letters[letter_id], acts[0]
        letter.status, letter.due_at = first.from_status, first.from_due_at
        letter.owner_id = first.from_owner_id
        for act in acts:
            act.undone_at = at
        data = {"batch": first.batch}
        events.record(session, actor, EventKind.LETTER_ACT_UNDONE, letter, data=data)
    session.flush()
    _say_why_again(session, list(back))


def _say_why_again(session: Session, ids: list[int]) -> None:
    """What put the letters where they are, is again what did so before the act."""
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        acts = session.scalars(
            select(Assignment)
            .where(Assignment.letter_id.in_(part), Assignment.undone_at.is_(None))
            .order_by(Assignment.id)
        )
        before = {act.letter_id: act for act in acts}
        for about in session.scalars(
            select(IncomingLetter).where(IncomingLetter.letter_id.in_(part))
        ):
            act = before.get(about.letter_id)
            about.routed_by = act.how if act else RoutedBy.NOTHING
            about.rule_id = act.rule_id if act else None
            about.routed_reason = act.reason if act else None
