"""Absence of a colleague: new mail to whoever is away goes to the deputy."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.errors import Forbidden, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import Absence, User

_LONGEST_CHAIN = 5  # deputies who are away themselves


def absence_of(session: Session, user: User) -> Absence | None:
    """The absence that stands for a user and is not over, begun or not."""
    found = session.get(Absence, user.id)
    return found if found is not None and found.last_day >= today() else None


def deputy_of(session: Session, user: User, day: date | None = None) -> User | None:
    """Who gets the mail of a user on a day (today); None when nobody stands in.

    A deputy who is away too passes on to their own, as far as it goes without a ring.
    """
    day = day or today()
    met = {user.id}
    found: User | None = None
    at = user
    for _ in range(_LONGEST_CHAIN):
        away = session.get(Absence, at.id)
        if away is None or not away.first_day <= day <= away.last_day:
            break
        at = away.deputy
        if at.id in met or not at.is_active:
            break
        met.add(at.id)
        found = at
    return found


def set_absence(
    session: Session, actor: Actor, user: User, *, first_day: date, last_day: date, deputy: User
) -> Absence:
    """Let a deputy get a user's new mail from one day to another, both included.

    One's own, or anybody's for an administrator. Raises `Refused` with every reason.
    """
    _may(actor, user)
    problems = []
    if last_day < first_day:
        problems.append(Sentence("Sidste dag ligger før første dag.", code="last_day"))
    elif last_day < today():
        problems.append(Sentence("Fraværet er allerede forbi.", code="last_day"))
    if deputy.id == user.id:
        problems.append(Sentence("Vælg en anden som stedfortræder.", code="deputy"))
    elif not deputy.is_active:
        problems.append(
            Sentence(
                "%(name)s har ikke adgang længere. Vælg en anden.",
                {"name": deputy.name},
                code="deputy",
            )
        )
    elif not {unit.id for unit in user.units} & {unit.id for unit in deputy.units}:
        problems.append(
            Sentence(
                "%(name)s har ingen afdeling til fælles med den fraværende. Vælg en anden.",
                {"name": deputy.name},
                code="deputy",
            )
        )
    if problems:
        raise Refused(problems)
    absence = session.get(Absence, user.id)
    if absence is None:
        absence = Absence(user_id=user.id)
        session.add(absence)
    absence.first_day, absence.last_day = first_day, last_day
    absence.deputy = deputy
    data = {"absent": [first_day.isoformat(), last_day.isoformat()], "deputy": deputy.id}
    events.record(session, actor, EventKind.USER_CHANGED, user, data=data)
    return absence


def end_absence(session: Session, actor: Actor, user: User) -> None:
    """Take an absence away: mail comes to the user again."""
    _may(actor, user)
    absence = session.get(Absence, user.id)
    if absence is not None:
        session.delete(absence)
        events.record(session, actor, EventKind.USER_CHANGED, user, data={"absent": None})


def units_in_common(session: Session, user: User) -> list[User]:
    """Who may stand in for a user: active colleagues of a unit of theirs, by name."""
    units = {unit.id for unit in user.units}
    return [
        one
        for one in session.scalars(select(User).where(User.is_active).order_by(User.name, User.id))
        if one.id != user.id and units & {unit.id for unit in one.units}
    ]


def _may(actor: Actor, user: User) -> None:
    if actor.user_id is not None and actor.user_id == user.id:
        return
    if not actor.may("user.manage"):
        raise Forbidden("Du kan kun melde dit eget fravær. Spørg en administrator.")
    require(actor, "user.manage")
