"""Who may do what, where: actor, permissions, row scope.

Three layers. `require` inside each use case is the wall. The row scope on the session is the
floor: whatever a query asks for, rows of other units are not there. What views show is courtesy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, and_, exists, or_
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, with_loader_criteria
from sqlalchemy.sql.visitors import iterate

from digitalpost.db import Session, UnitScoped
from digitalpost.errors import Forbidden
from digitalpost.models import Event, Recipient, RecipientUnit, Role, User

_STAFF = frozenset(
    {
        "mailing.prepare",
        "mailing.read",
        "mailing.change",
        "mailing.approve",
        "mailing.cancel",
        "letter.read",
        "letter.cancel",
        "case.read",
        "case.change",
        "recipient.read",
        "recipient.change",
        "recipient.reveal",
        "incoming.read",
        "incoming.assign",
    }
)
_SUPERVISOR = _STAFF | {
    "mailing.approve_doubtful",
    "retention.read",
    "log.read",
    "channel.read",
    "cost.read",
    "board.read",
    "alarm.see",
    "incoming.bulk",
    "routing.read",
    "routing.manage",
}
_ADMINISTRATOR = _SUPERVISOR | {
    "user.manage",
    "unit.manage",
    "retention.manage",
    "channel.manage",
    "incoming.manage",
}
PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.STAFF: _STAFF,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
}


@dataclass(frozen=True)
class Scope:
    """Whose rows a session sees. ``unit_ids`` None is everything: jobs and operators."""

    unit_ids: frozenset[int] | None

    def holds(self, unit_id: int | None) -> bool:
        """Whether rows of this unit are visible."""
        return self.unit_ids is None or (unit_id is not None and unit_id in self.unit_ids)


EVERYTHING = Scope(None)


@dataclass(frozen=True)
class Actor:
    """Who acts. ``role`` None is the program itself or its operator and may do everything."""

    user_id: int | None
    name: str
    role: Role | None
    scope: Scope

    def may(self, permission: str) -> bool:
        """Whether the role has this permission anywhere."""
        return self.role is None or permission in PERMISSIONS[self.role]


SYSTEM = Actor(None, "Systemet", None, EVERYTHING)
OPERATOR = Actor(None, "Operatør ved kommandolinjen", None, EVERYTHING)


def actor_of(user: User) -> Actor:
    """The actor that a signed-in user is: role, and the units as row scope."""
    return Actor(user.id, user.name, user.role, Scope(frozenset(unit.id for unit in user.units)))


def require(actor: Actor, permission: str, subject: Any = None) -> None:
    """Let pass, or raise `Forbidden` with the reason.

    ``subject`` is the row acted on; when it belongs to a unit, the actor must have that unit.
    Permission names are the names of the use cases they guard.
    """
    if not actor.may(permission):
        raise Forbidden("Din rolle giver ikke adgang til det. Spørg en administrator.")
    unit_id = getattr(subject, "unit_id", None)
    if unit_id is not None and not actor.scope.holds(unit_id):
        raise Forbidden("Du har ikke adgang til den afdeling. Spørg en administrator.")


@contextmanager
def across_units(session: Session) -> Iterator[None]:
    """Let a use case find its way in another unit while it hands something over to it.

    Whoever hands a letter to a unit need not see what else is there: nothing that is read inside
    may be shown to the actor but the thing itself.
    """
    scope = session.info["scope"]
    session.info["scope"] = EVERYTHING
    try:
        yield
    finally:
        session.info["scope"] = scope


def _known(recipient_id: InstrumentedAttribute[Any], units: frozenset[int]) -> ColumnElement[bool]:
    """Whether one of the units has dealt with the recipient.

    EXISTS asks for the rows at hand; IN would first gather every recipient of the units.
    """
    dealt_with = RecipientUnit.unit_id.in_(units)
    found = exists().where(RecipientUnit.recipient_id == recipient_id, dealt_with)
    return found.correlate_except(RecipientUnit)


def _events_of(units: frozenset[int]) -> ColumnElement[bool]:
    """Lines of the units, and lines of no unit unless they are about a recipient of others."""
    about_others = and_(Event.subject == "recipient", ~_known(Event.subject_id, units))
    return or_(Event.unit_id.in_(units), and_(Event.unit_id.is_(None), ~about_others))


def apply_scope(state: ORMExecuteState) -> None:
    """Add the session's row scope to every select. Listens to ``do_orm_execute``.

    A session without a scope refuses scoped models: forgetting is found at once. Core statements
    and bulk updates pass by; they live in the domain only, where a test lists them.
    """
    if not state.is_select or state.is_column_load or state.is_relationship_load:
        return
    session = state.session
    scope = session.info.get("scope") if isinstance(session, Session) else None
    if scope is None:
        for asked_for in _entities_in(state):
            if issubclass(asked_for, (UnitScoped, Recipient, Event)):
                raise RuntimeError(f"a session without a scope asked for {asked_for.__name__}")
        return
    if scope.unit_ids is None:
        return
    units = scope.unit_ids
    state.statement = state.statement.options(
        with_loader_criteria(UnitScoped, lambda cls: cls.unit_id.in_(units), include_aliases=True),
        with_loader_criteria(Recipient, _known(Recipient.id, units), include_aliases=True),
        with_loader_criteria(Event, _events_of(units), include_aliases=True),
    )


def _entities_in(state: ORMExecuteState) -> set[type[Any]]:
    """Every entity a statement reads, also deep inside: a count reads them in a subquery."""
    inside = iterate(cast("ClauseElement", state.statement))
    mappers = {element._annotations.get("parentmapper") for element in inside}
    return {mapper.class_ for mapper in {*mappers, *state.all_mappers} if mapper is not None}
