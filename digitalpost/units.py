"""Units (afdelinger): making and naming them."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import CaseType, Unit

FIRST_CASE_TYPE = "Korrespondance"
NAME_LENGTH = 100
ESCALATE_AFTER = 2  # working days that incoming letters may be without owner
_LONGEST_WAIT = 30


def create_unit(
    session: Session, actor: Actor, *, name: str, escalate_after: int | None = ESCALATE_AFTER
) -> Unit:
    """A new unit, with one case type so that letters can be filed from the first day.

    ``escalate_after``: working days after which supervisors are told of incoming letters without
    owner; 0 or None: never. Raises `Refused` when it or the name makes no sense.
    """
    require(actor, "unit.manage")
    unit = Unit(name=_free_name(session, name), escalate_after=_days(escalate_after))
    session.add(unit)
    session.flush()
    session.add(CaseType(unit_id=unit.id, name=FIRST_CASE_TYPE))
    events.record(session, actor, EventKind.UNIT_CREATED, unit)
    return unit


def change_unit(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    name: str,
    escalate_after: int | None = ESCALATE_AFTER,
) -> Unit:
    """Give a unit another name or patience. Raises `Refused` when the name is taken."""
    require(actor, "unit.manage")
    wanted = {"name": _free_name(session, name, but=unit), "escalate_after": _days(escalate_after)}
    changed = [field for field, value in wanted.items() if getattr(unit, field) != value]
    for field in changed:
        setattr(unit, field, wanted[field])
    if changed:
        events.record(session, actor, EventKind.UNIT_CHANGED, unit, data={"changed": changed})
    return unit


def _days(escalate_after: int | None) -> int:
    days = escalate_after or 0
    if not 0 <= days <= _LONGEST_WAIT:
        raise Refused(
            [
                Sentence(
                    "Skriv et antal arbejdsdage fra 0 til %(most)s.",
                    {"most": _LONGEST_WAIT},
                    code="escalate_after",
                )
            ]
        )
    return days


def _free_name(session: Session, name: str, but: Unit | None = None) -> str:
    tidy = re.sub(r"\s+", " ", name).strip()
    if not tidy or len(tidy) > NAME_LENGTH:
        raise Refused([Sentence("Skriv afdelingens navn, højst 100 tegn.", code="name")])
    same = session.scalar(select(Unit.id).where(func.lower(Unit.name) == tidy.lower()))
    if same is not None and (but is None or same != but.id):
        raise Refused([Sentence("Der er allerede en afdeling med det navn.", code="name")])
    return tidy
