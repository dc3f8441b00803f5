"""Who a letter can be handed to, found by the first letters of a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.incoming.assign import assign
from digitalpost.incoming.route import apply_rule
from digitalpost.models import Letter, RoutingRule, Unit, User

_SHOWN = 4  # names that a refusal suggests


@dataclass(frozen=True)
class Receiver:
    """A person, a unit or a rule to follow, under a name that no other has."""

    label: str
    user: User | None = None
    unit: Unit | None = None
    rule: RoutingRule | None = None


def receivers(session: Session, actor: Actor) -> list[Receiver]:
    """Everybody who can be given a letter: oneself, one's colleagues, units, the others; rules."""
    require(actor, "incoming.read")
    users = session.scalars(
        select(User)
        .where(User.is_active)
        .order_by(User.name, User.id)
        .options(selectinload(User.units))
    ).all()
    units = session.scalars(select(Unit).order_by(Unit.name)).all()
    names = Counter([user.name for user in users] + [unit.name for unit in units])
    people = [
        (_nearness(actor, user), Receiver(_label(user, names), user=user))
        for user in users
        if user.units
    ]
    found = sorted([*people, *((2, Receiver(unit.name, unit=unit)) for unit in units)],
                   key=lambda one: one[0])  # fmt: skip
    rules = session.scalars(select(RoutingRule).order_by(RoutingRule.name, RoutingRule.id)).all()
    return [receiver for _, receiver in found] + [
        Receiver(_rule_label(rule, rules), rule=rule) for rule in rules
    ]


def hand_to(session: Session, actor: Actor, letters: Sequence[Letter], receiver: Receiver) -> str:
    """Hand letters to a person or unit, or do with them what a rule says. Returns the batch."""
    if receiver.rule is not None:
        return apply_rule(session, actor, letters, receiver.rule)
    return assign(session, actor, letters, owner=receiver.user, unit=receiver.unit)


def find_receiver(among: Sequence[Receiver], text: str) -> Receiver:
    """The one that ``text`` means: a whole name, or word starts that fit nobody else.

    Raises `Refused` when nobody or more than one is meant.
    """
    wanted = " ".join(text.casefold().split())
    exact = [one for one in among if one.label.casefold() == wanted]
    if exact:
        return exact[0]
    found = [one for one in among if wanted and _starts(one.label, wanted)]
    if not found:
        raise Refused("Ingen kollega og ingen afdeling hedder noget med det. Skriv et navn.")
    if len(found) > 1:
        raise Refused(
            "Flere passer: %(names)s. Skriv mere af navnet.",
            names=", ".join(one.label for one in found[:_SHOWN]),
        )
    return found[0]


def _starts(label: str, wanted: str) -> bool:
    words = label.casefold().replace("(", " ").replace("-", " ").split()
    return all(any(word.startswith(start) for word in words) for start in wanted.split())


def _nearness(actor: Actor, user: User) -> int:
    if user.id == actor.user_id:
        return 0
    return 1 if any(actor.scope.holds(unit.id) for unit in user.units) else 3


def _label(user: User, names: Counter[str]) -> str:
    if names[user.name] == 1:
        return user.name
    return f"{user.name} ({user.email.partition('@')[0]})"


def _rule_label(rule: RoutingRule, rules: Sequence[RoutingRule]) -> str:
    """Found by its name, and no person's; two units may have rules of one name."""
    label = f"§ {rule.name}"
    return label if [one.name for one in rules].count(rule.name) == 1 else f"{label} ({rule.id})"
