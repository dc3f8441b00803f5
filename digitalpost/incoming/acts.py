"""What every act on incoming letters is made of: hold them, change them, write what was before."""

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
BATCH = 500  # both databases take far more bound values than this
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
class Why:
    """What put the letters where they are."""

    how: RoutedBy
    rule: RoutingRule | None = None
    reason: Sentence | None = None


def stand_of(letter: Letter) -> Stand:
    """Where a letter stands now."""
    return Stand(letter.status, letter.owner_id, letter.unit_id, letter.due_at)


def hold_incoming(session: Session, ids: Sequence[int]) -> list[Letter]:
    """Lock these letters in the order of their ids, and read them anew."""
    wanted = sorted(set(ids))
    found: list[Letter] = []
    for start in range(0, len(wanted), BATCH):
        found += session.scalars(
            select(Letter)
            .where(Letter.id.in_(wanted[start : start + BATCH]))
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


def hold_for(session: Session, actor: Actor, letters: Sequence[Letter]) -> list[Letter]:
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


def record_acts(
    session: Session,
    actor: Actor,
    letters: Sequence[Letter],
    before: dict[int, Stand],
    why: Why,
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
        data["to"] = _who_got_it(session, was, stands)
        if rule_id is not None:
            data["rule_id"] = rule_id
        events.record(session, actor, kind or _KINDS[letter.status], letter, data=data)
    session.flush()
    return batch


def _who_got_it(session: Session, was: Stand, stands: Stand) -> str:
    """The colleague or unit that a letter went to, as the log names them; empty: it stays."""
    if stands.owner_id is not None and stands.owner_id != was.owner_id:
        return session.get_one(User, stands.owner_id).name
    return session.get_one(Unit, stands.unit_id).name if stands.unit_id != was.unit_id else ""


def _say_why(
    session: Session,
    letters: Sequence[Letter],
    how: RoutedBy,
    rule_id: int | None,
    reason: dict[str, Any] | None,
) -> None:
    ids = [letter.id for letter in letters]
    for start in range(0, len(ids), BATCH):
        for about in session.scalars(
            select(IncomingLetter).where(IncomingLetter.letter_id.in_(ids[start : start + BATCH]))
        ):
            about.routed_by, about.rule_id, about.routed_reason = how, rule_id, reason
