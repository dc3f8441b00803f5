"""Handing incoming letters over: take, assign, pass on, finish and take up again.

Every act leaves a row for each letter that says what was before (`Assignment`), so any act, on one
letter or thousands, can be undone (`undo`). Acts done together share a batch.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, now
from digitalpost.errors import Forbidden, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.absence import deputy_of
from digitalpost.incoming.move import move_to_unit
from digitalpost.models import (
    INCOMING_STATUSES,
    Assignment,
    Case,
    IncomingLetter,
    Letter,
    LetterStatus,
    RoutedBy,
    RoutingRule,
    Unit,
    User,
)

MANY = 20  # letters in one act, above which it takes a supervisor
_BATCH = 500
_KINDS = {
    LetterStatus.NEW: EventKind.LETTER_ASSIGNED,
    LetterStatus.ASSIGNED: EventKind.LETTER_ASSIGNED,
    LetterStatus.DONE: EventKind.LETTER_FINISHED,
}


@dataclass(frozen=True)
class Stand:
    """Where an incoming letter stands: all that an act of handing over changes."""

    status: LetterStatus
    owner_id: int | None
    unit_id: int
    due_at: datetime | None


@dataclass(frozen=True)
class _Why:
    """What put the letters where they are."""

    how: RoutedBy
    rule: RoutingRule | None = None
    reason: Sentence | None = None


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
    held = _hold(session, actor, letters)
    done = [letter for letter in held if letter.status is LetterStatus.DONE]
    if done:
        raise Refused(
            "%(count)s af brevene er meldt færdige. Tag dem op igen, før de fordeles.",
            count=len(done),
        )
    why = _Why(how, rule, reason)
    deputy = deputy_of(session, owner) if owner is not None else None
    if owner is not None and deputy is not None:
        said = Sentence("%(name)s er fraværende.", {"name": owner.name})
        owner, why = deputy, _Why(RoutedBy.ABSENCE, rule, said)
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
    return _record(session, actor, held, before, why, batch)


def release(
    session: Session, actor: Actor, letters: Sequence[Letter], *, batch: str | None = None
) -> str:
    """Lay letters back among those without owner. Returns the batch."""
    held = _hold(session, actor, letters)
    before = {letter.id: stand_of(letter) for letter in held}
    for letter in held:
        if letter.status is LetterStatus.DONE:
            raise Refused("Brevet er meldt færdigt. Tag det op igen først.")
        letter.owner_id, letter.status = None, LetterStatus.NEW
    return _record(session, actor, held, before, _Why(RoutedBy.NOTHING), batch)


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
    held = [one for one in _hold(session, actor, letters) if one.status is not LetterStatus.DONE]
    before = {letter.id: stand_of(letter) for letter in held}
    for letter in held:
        letter.status, letter.due_at = LetterStatus.DONE, None
        letter.owner_id = letter.owner_id or actor.user_id
    return _record(session, actor, held, before, _Why(how, rule, reason), batch, routes=False)


def reopen(
    session: Session, actor: Actor, letters: Sequence[Letter], *, batch: str | None = None
) -> str:
    """Take letters up again that were done, with the deadline that they had. Returns the batch."""
    held = [one for one in _hold(session, actor, letters) if one.status is LetterStatus.DONE]
    before = {letter.id: stand_of(letter) for letter in held}
    due = _due_before_done(session, [letter.id for letter in held])
    for letter in held:
        owned = letter.owner_id is not None
        letter.status = LetterStatus.ASSIGNED if owned else LetterStatus.NEW
        letter.due_at = due.get(letter.id)
    why = _Why(RoutedBy.PERSON)
    return _record(session, actor, held, before, why, batch, EventKind.LETTER_REOPENED, False)


def stand_of(letter: Letter) -> Stand:
    """Where a letter stands now."""
    return Stand(letter.status, letter.owner_id, letter.unit_id, letter.due_at)


def hold_incoming(session: Session, ids: Sequence[int]) -> list[Letter]:
    """Lock these letters in the order of their ids, and read them anew."""
    wanted = sorted(set(ids))
    found: list[Letter] = []
    for start in range(0, len(wanted), _BATCH):
        found += session.scalars(
            select(Letter)
            .where(Letter.id.in_(wanted[start : start + _BATCH]))
            .order_by(Letter.id)
            .options(
                selectinload(Letter.case).selectinload(Case.case_type),
                selectinload(Letter.recipient),
                selectinload(Letter.document),
            )
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    return found


def _hold(session: Session, actor: Actor, letters: Sequence[Letter]) -> list[Letter]:
    """The letters, held, when the actor may hand all of them over."""
    for letter in letters:
        require(actor, "incoming.assign", letter)
    if len(letters) > MANY and not actor.may("incoming.bulk"):
        raise Forbidden(
            "Du kan højst fordele %(most)s breve på én gang. Bed en supervisor om resten.",
            most=MANY,
        )
    session.flush()
    held = hold_incoming(session, [letter.id for letter in letters])
    if len(held) < len({letter.id for letter in letters}):
        raise Refused(
            "En kollega har netop flyttet et af brevene til en anden afdeling. "
            "Genindlæs listen, og prøv igen."
        )
    if any(letter.status not in INCOMING_STATUSES for letter in held):
        raise Refused("Kun breve, der er kommet ind, kan fordeles.")
    return held


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
    for start in range(0, len(ids), _BATCH):
        for row in session.execute(
            select(Assignment.letter_id, Assignment.from_due_at)
            .where(
                Assignment.letter_id.in_(ids[start : start + _BATCH]),
                Assignment.to_status == LetterStatus.DONE,
                Assignment.undone_at.is_(None),
            )
            .order_by(Assignment.id)
        ):
            found[row.letter_id] = row.from_due_at
    return found


def _record(
    session: Session,
    actor: Actor,
    letters: Sequence[Letter],
    before: dict[int, Stand],
    why: _Why,
    batch: str | None,
    kind: EventKind | None = None,
    routes: bool = True,
) -> str:
    """Write what each act was, in rows that undo it and in the log."""
    batch, at = batch or uuid.uuid4().hex, now()
    reason = why.reason.as_json() if why.reason is not None else None
    rule_id = why.rule.id if why.rule is not None else None
    if routes:
        _say_why(session, letters, why.how, rule_id, reason)
    for letter in letters:
        was, stands = before[letter.id], stand_of(letter)
        session.add(
            Assignment(
                unit_id=letter.unit_id, letter_id=letter.id, batch=batch, by_id=actor.user_id,
                how=why.how, rule_id=rule_id, reason=reason, at=at,
                from_status=was.status, from_owner_id=was.owner_id, from_unit_id=was.unit_id,
                from_due_at=was.due_at, to_status=stands.status, to_owner_id=stands.owner_id,
                to_unit_id=stands.unit_id, to_due_at=stands.due_at,
            )
        )  # fmt: skip
        data: dict[str, Any] = {"how": why.how.value, "batch": batch}
        for name in ("owner_id", "unit_id"):
            if getattr(was, name) != getattr(stands, name):
                data[name] = [getattr(was, name), getattr(stands, name)]
        if rule_id is not None:
            data["rule_id"] = rule_id
        events.record(session, actor, kind or _KINDS[letter.status], letter, data=data)
    session.flush()
    return batch


def _say_why(
    session: Session,
    letters: Sequence[Letter],
    how: RoutedBy,
    rule_id: int | None,
    reason: dict[str, Any] | None,
) -> None:
    ids = [letter.id for letter in letters]
    for start in range(0, len(ids), _BATCH):
        for about in session.scalars(
            select(IncomingLetter).where(IncomingLetter.letter_id.in_(ids[start : start + _BATCH]))
        ):
            about.routed_by, about.rule_id, about.routed_reason = how, rule_id, reason
