"""Handing incoming letters over: take, assign, pass on, finish and take up again.

Every act leaves a row for each letter that says what was before (`Assignment`), so any act, on one
letter or thousands, can be undone (`undo`). Acts done together share a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from digitalpost.access import Actor
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.absence import deputy_of
from digitalpost.incoming.acts import BATCH, Why, hold_for, record_acts, stand_of
from digitalpost.incoming.move import move_to_unit
from digitalpost.incoming.undo import undo as undo
from digitalpost.models import (
    Assignment,
    Letter,
    LetterStatus,
    RoutedBy,
    RoutingRule,
    Unit,
    User,
)


def assign(
    session: Session,
    actor: Actor,
    letters: Sequence[Letter],
    *,
    owner: User | None = None,
    unit: Unit | None = None,
    due_at: datetime | None = None,
    how: RoutedBy = RoutedBy.PERSON,
    rule: RoutingRule | None = None,
    reason: Sentence | None = None,
    batch: str | None = None,
) -> str:
    """Hand letters to a person, to a unit's queue, or give them a deadline. Returns the batch.

    ``owner`` alone: a letter of a unit that is not theirs moves to their first unit. ``unit``
    alone: the letter loses its owner when it moves, and keeps them when it is there already.
    Neither: only the deadline changes. Whoever is away gets nothing: the deputy does, and the
    reason says so. Raises `Refused` for letters that are done, or not incoming.
    """
    held = hold_for(session, actor, letters)
    done = [letter for letter in held if letter.status is LetterStatus.DONE]
    if done:
        raise Refused(
            "%(count)s af brevene er meldt færdige. Tag dem op igen, før de fordeles.",
            count=len(done),
        )
    why = Why(how, rule, reason)
    deputy = deputy_of(session, owner) if owner is not None else None
    if owner is not None and deputy is not None:
        said = Sentence("%(name)s er fraværende.", {"name": owner.name})
        owner, why = deputy, Why(RoutedBy.ABSENCE, rule, said)
    _check_owner(owner, unit)
    before = {letter.id: stand_of(letter) for letter in held}
    for destination, part in _by_unit(held, owner, unit):
        if destination is not None:
            move_to_unit(session, actor, part, destination)
            for letter in part:
                letter.owner_id = None
    for letter in held:
        if owner is not None:
            letter.owner_id = owner.id
        if owner is not None or unit is not None:
            letter.status = LetterStatus.ASSIGNED
        letter.due_at = due_at or letter.due_at
    return record_acts(session, actor, held, before, why, batch)


def release(
    session: Session, actor: Actor, letters: Sequence[Letter], *, batch: str | None = None
) -> str:
    """Lay letters back among those without owner. Returns the batch."""
    held = hold_for(session, actor, letters)
    before = {letter.id: stand_of(letter) for letter in held}
    for letter in held:
        if letter.status is LetterStatus.DONE:
            raise Refused("Brevet er meldt færdigt. Tag det op igen først.")
        letter.owner_id, letter.status = None, LetterStatus.NEW
    return record_acts(session, actor, held, before, Why(RoutedBy.NOTHING), batch)


def finish(
    session: Session,
    actor: Actor,
    letters: Sequence[Letter],
    *,
    how: RoutedBy = RoutedBy.PERSON,
    rule: RoutingRule | None = None,
    reason: Sentence | None = None,
    batch: str | None = None,
) -> str:
    """Say that nothing more is to be done. Returns the batch.

    A letter without owner is then whoever's who said so. Those that are done already stay.
    """
    held = [one for one in hold_for(session, actor, letters) if one.status is not LetterStatus.DONE]
    before = {letter.id: stand_of(letter) for letter in held}
    for letter in held:
        letter.status, letter.due_at = LetterStatus.DONE, None
        letter.owner_id = letter.owner_id or actor.user_id
    return record_acts(session, actor, held, before, Why(how, rule, reason), batch, routes=False)


def reopen(
    session: Session, actor: Actor, letters: Sequence[Letter], *, batch: str | None = None
) -> str:
    """Take letters up again that were done, with the deadline that they had. Returns the batch."""
    held = [one for one in hold_for(session, actor, letters) if one.status is LetterStatus.DONE]
    before = {letter.id: stand_of(letter) for letter in held}
    due = _due_before_done(session, [letter.id for letter in held])
    for letter in held:
        owned = letter.owner_id is not None
        letter.status = LetterStatus.ASSIGNED if owned else LetterStatus.NEW
        letter.due_at = due.get(letter.id)
    why = Why(RoutedBy.PERSON)
    return record_acts(session, actor, held, before, why, batch, EventKind.LETTER_REOPENED, False)


def _check_owner(owner: User | None, unit: Unit | None) -> None:
    if owner is None:
        return
    if not owner.is_active:
        raise Refused("%(name)s har ikke adgang længere. Vælg en anden.", name=owner.name)
    if not owner.units:
        raise Refused("%(name)s har ingen afdeling endnu. Vælg en anden.", name=owner.name)
    if unit is not None and unit.id not in {one.id for one in owner.units}:
        raise Refused(
            "%(name)s hører ikke til %(unit)s. Vælg en anden, eller fordel til afdelingen.",
            name=owner.name,
            unit=unit.name,
        )


def _by_unit(
    letters: Sequence[Letter], owner: User | None, unit: Unit | None
) -> list[tuple[Unit | None, list[Letter]]]:
    """The letters by the unit that they must move to; None for those that stay."""
    if unit is None and owner is None:
        return []
    theirs = {one.id for one in owner.units} if owner is not None else set()
    target = unit or (min(owner.units, key=lambda one: one.id) if owner is not None else None)
    away = [
        letter
        for letter in letters
        if (unit is not None and letter.unit_id != unit.id)
        or (unit is None and letter.unit_id not in theirs)
    ]
    return [(target, away)] if away else []


def _due_before_done(session: Session, ids: Sequence[int]) -> dict[int, datetime | None]:
    found: dict[int, datetime | None] = {}
    for start in range(0, len(ids), BATCH):
        for row in session.execute(
            select(Assignment.letter_id, Assignment.from_due_at)
            .where(
                Assignment.letter_id.in_(ids[start : start + BATCH]),
                Assignment.to_status == LetterStatus.DONE,
                Assignment.undone_at.is_(None),
            )
            .order_by(Assignment.id)
        ):
            found[row.letter_id] = row.from_due_at
    return found
