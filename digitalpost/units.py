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


def create_unit(session: Session, actor: Actor, *, name: str) -> Unit:
    """A new unit, with one case type so that letters can be filed from the first day."""
    require(actor, "unit.manage")
    unit = Unit(name=_free_name(session, name))
    session.add(unit)
    session.flush()
    session.add(CaseType(unit_id=unit.id, name=FIRST_CASE_TYPE))
    events.record(session, actor, EventKind.UNIT_CREATED, unit)
    return unit


def change_unit(session: Session, actor: Actor, unit: Unit, *, name: str) -> Unit:
    """Give a unit another name. Raises `Refused` when it is taken."""
    require(actor, "unit.manage")
    new = _free_name(session, name, but=unit)
    if new != unit.name:
        unit.name = new
        events.record(session, actor, EventKind.UNIT_CHANGED, unit, data={"changed": ["name"]})
    return unit


def _free_name(session: Session, name: str, but: Unit | None = None) -> str:
    tidy = re.sub(r"\s+", " ", name).strip()
    if not tidy or len(tidy) > NAME_LENGTH:
        raise Refused([Sentence("Skriv afdelingens navn, højst 100 tegn.", code="name")])
    same = session.scalar(select(Unit.id).where(func.lower(Unit.name) == tidy.lower()))
    if same is not None and (but is None or same != but.id):
        raise Refused([Sentence("Der er allerede en afdeling med det navn.", code="name")])
    return tidy
