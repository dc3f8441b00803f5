"""Incoming mail that nobody has: supervisors of its unit are told when it has waited too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from digitalpost.danish_time import end_of, local
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.incoming.inbox import is_open
from digitalpost.models import AlarmKind, Letter, Unit
from digitalpost.oversight.conditions import Condition
from digitalpost.post_days import is_post_day

_SUBJECT = "without_owner"
_TO_DO = Sentence("Åbn Indbakke og køen Uden ejer, og fordel dem.")


def without_owner(session: Session, at: datetime) -> Iterator[Condition]:
    """A condition for each unit with letters that nobody has had for its number of working days.

    The number is the unit's own (Afdelinger); 0 is never. A letter counts from the day it came:
    one that came on a Monday has waited two working days when Wednesday is over.
    """
    units: dict[int, list[int]] = defaultdict(list)
    days = {}
    for unit_id, number in session.execute(
        select(Unit.id, Unit.escalate_after).where(Unit.escalate_after > 0)
    ):
        units[number].append(unit_id)
        days[unit_id] = number
    for number, ids in sorted(units.items()):
        rows = session.execute(
            select(Letter.unit_id, func.count(Letter.id))
            .where(
                is_open(),
                Letter.owner_id.is_(None),
                Letter.unit_id.in_(ids),
                Letter.created_at < end_of(came_by(local(at).date(), number)),
            )
            .group_by(Letter.unit_id)
            .order_by(Letter.unit_id)
        )
        for unit_id, count in rows:
            what = Sentence(
                "Breve, som ingen har taget sig af i %(days)s arbejdsdage: %(count)s.",
                {"days": days[unit_id], "count": count},
            )
            yield Condition(AlarmKind.INCOMING, _SUBJECT, what, _TO_DO, unit_id=unit_id)


def came_by(today: date, days: int) -> date:
    """The last day on which a letter must have come to have waited so many working days now."""
    day = today
    while days > 0:
        day -= timedelta(days=1)
        if is_post_day(day):
            days -= 1
    return day - timedelta(days=1)
