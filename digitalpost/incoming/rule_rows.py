"""Reads the routing rules of a unit from their rows, each with what keeps it from acting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import select

from digitalpost.access import across_units
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.conditions import Some, read_condition
from digitalpost.incoming.facts import Facts
from digitalpost.incoming.rules import Action, Do, Rule, Ruling, evaluate, read_actions
from digitalpost.models import CaseType, RoutingRule, Unit, User

_UNREADABLE = Sentence("Reglen kan ikke læses. Ret den, eller slet den.")


def ruling_of(session: Session, unit_id: int, facts: Facts) -> Ruling:
    """What the rules of a unit that are on say of a letter that came there.

    Whether whom they name is still there is asked only of rules that take the letter: this is
    done for every letter that comes.
    """
    rules = {row.id: _as_rule(row) for row in _rows(session, unit_id)}
    checked: set[int] = set()
    while True:
        ruling = evaluate(rules.values(), facts)
        new = [rule for rule in ruling.rules if rule.id not in checked]
        for rule in new:
            problem = next(problems_of(session, unit_id, rule.actions), None)
            rules[rule.id] = replace(rule, problem=problem)
        checked |= {rule.id for rule in new}
        if not any(rules[rule.id].problem for rule in new):
            return ruling


def rules_of(session: Session, unit_id: int) -> list[Rule]:
    """The rules that are on for mail that comes to a unit, in their order."""
    return as_rules(session, _rows(session, unit_id))


def as_rules(session: Session, rows: Iterable[RoutingRule]) -> list[Rule]:
    """Rules as they are asked, each with what keeps it from acting."""
    found = []
    for row in rows:
        rule = _as_rule(row)
        problem = rule.problem or next(problems_of(session, row.unit_id, rule.actions), None)
        found.append(replace(rule, problem=problem))
    return found


def _rows(session: Session, unit_id: int) -> Iterable[RoutingRule]:
    return session.scalars(
        select(RoutingRule)
        .where(RoutingRule.unit_id == unit_id, RoutingRule.is_on)
        .order_by(RoutingRule.position, RoutingRule.id)
    )


def _as_rule(row: RoutingRule) -> Rule:
    """A rule without a look at whom it names. A row that can't be read takes nothing."""
    try:
        condition, actions = read_condition(row.condition), read_actions(row.actions)
    except Refused:
        return Rule(row.id, row.name, row.position, Some(()), (), problem=_UNREADABLE)
    return Rule(row.id, row.name, row.position, condition, actions, row.stops)


def problems_of(session: Session, unit_id: int, actions: Iterable[Action]) -> Iterator[Sentence]:
    """Why a rule of the unit can't do what it says: whom or what it names is gone."""
    actions = tuple(actions)
    landing = landing_unit(session, unit_id, actions)
    for action in actions:
        if action.do is Do.PERSON:
            user = session.get(User, action.value)
            if user is None or not user.is_active:
                name = user.name if user is not None else Sentence("Kollegaen")
                yield Sentence(
                    "%(name)s har ikke adgang længere. Vælg en anden i reglen.", {"name": name}
                )
            elif not user.units:
                yield Sentence(
                    "%(name)s har ingen afdeling. Vælg en anden i reglen.", {"name": user.name}
                )
        elif action.do is Do.UNIT and session.get(Unit, action.value) is None:
            yield Sentence("Afdelingen findes ikke længere. Vælg en anden i reglen.")
        elif action.do is Do.CASE_TYPE:
            with across_units(session):
                case_type = session.get(CaseType, action.value)
            if case_type is None or case_type.unit_id != landing:
                yield Sentence(
                    "Sagstypen findes ikke i den afdeling, brevet kommer til. Vælg en anden."
                )


def landing_unit(session: Session, unit_id: int, actions: Iterable[Action]) -> int:
    """The unit that a letter of ``unit_id`` belongs to after the actions, as `assign` moves it."""
    for action in actions:
        if action.do is Do.UNIT:
            return int(action.value)
        if action.do is Do.PERSON:
            user = session.get(User, action.value)
            theirs = [unit.id for unit in user.units] if user is not None else []
            return unit_id if unit_id in theirs or not theirs else min(theirs)
    return unit_id
