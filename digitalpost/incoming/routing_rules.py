"""Routing rules (fordelingsregler): made, changed, put in order, tried, switched on and off.

A rule is switched on only after somebody has seen which of last year's letters it would have taken
(`trial`), and a rule that is changed is off until that was seen again.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select, update

from digitalpost import events
from digitalpost.access import Actor, across_units, require
from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.conditions import read_condition, write_condition
from digitalpost.incoming.rule_rows import as_rules, problems_of
from digitalpost.incoming.rules import read_actions, write_actions
from digitalpost.models import Assignment, IncomingLetter, RoutingRule, Unit

NAME_LENGTH = 100
MOST_RULES = 200  # in one unit


def create_routing_rule(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    name: str,
    condition: dict[str, Any],
    actions: list[dict[str, Any]],
    stops: bool = True,
) -> RoutingRule:
    """A new rule for the mail that comes to a unit, last in line and off. Raises `Refused`."""
    require(actor, "routing.manage")
    if not actor.scope.holds(unit.id):
        raise Refused("Vælg en af dine egne afdelinger.")
    count, last = session.execute(
        select(func.count(), func.max(RoutingRule.position)).where(RoutingRule.unit_id == unit.id)
    ).one()
    if count >= MOST_RULES:
        raise Refused("Der kan højst være %(most)s regler i en afdeling.", most=MOST_RULES)
    at = now()
    rule = RoutingRule(
        unit_id=unit.id, position=(last or 0) + 1, is_on=False, created_at=at, changed_at=at,
        **_checked(session, unit.id, name, condition, actions, stops),
    )  # fmt: skip
    session.add(rule)
    session.flush()
    events.record(session, actor, EventKind.ROUTING_RULE_CREATED, rule)
    return rule


def change_routing_rule(
    session: Session,
    actor: Actor,
    rule: RoutingRule,
    *,
    name: str,
    condition: dict[str, Any],
    actions: list[dict[str, Any]],
    stops: bool = True,
) -> RoutingRule:
    """Change a rule. Unless only its name is new, it is off until it has been tried again."""
    require(actor, "routing.manage", rule)
    values = _checked(session, rule.unit_id, name, condition, actions, stops)
    changed = [field for field, value in values.items() if getattr(rule, field) != value]
    if not changed:
        return rule
    for field, value in values.items():
        setattr(rule, field, value)
    if changed != ["name"]:
        rule.changed_at, rule.tried_at, rule.is_on = now(), None, False
    data = {"changed": changed, "is_on": rule.is_on}
    events.record(session, actor, EventKind.ROUTING_RULE_CHANGED, rule, data=data)
    return rule


def switch_routing_rule(session: Session, actor: Actor, rule: RoutingRule, *, on: bool) -> None:
    """Let a rule act on mail from now on, or no more. Raises `Refused` for one not tried."""
    require(actor, "routing.manage", rule)
    if on:
        if rule.tried_at is None or rule.tried_at < rule.changed_at:
            raise Refused("Prøv først reglen på det sidste års breve, og se, hvilke den tager.")
        [as_asked] = as_rules(session, [rule])
        if as_asked.problem is not None:
            raise Refused([as_asked.problem])
    if rule.is_on != on:
        rule.is_on = on
        events.record(session, actor, EventKind.ROUTING_RULE_SWITCHED, rule, data={"is_on": on})


def move_routing_rule(session: Session, actor: Actor, rule: RoutingRule, *, by: int) -> None:
    """Ask a rule ``by`` places later, or earlier when negative; the ends stop it."""
    require(actor, "routing.manage", rule)
    with across_units(session):  # for a rule's own unit only, which the actor has
        rows = list(
            session.scalars(
                select(RoutingRule)
                .where(RoutingRule.unit_id == rule.unit_id)
                .order_by(RoutingRule.position, RoutingRule.id)
                .with_for_update()
            )
        )
    was = rows.index(rule)
    rows.insert(max(0, was + by), rows.pop(was))
    for position, row in enumerate(rows, start=1):
        row.position = position
    if rows.index(rule) != was:
        data = {"position": rule.position}
        events.record(session, actor, EventKind.ROUTING_RULE_CHANGED, rule, data=data)


def delete_routing_rule(session: Session, actor: Actor, rule: RoutingRule) -> None:
    """Remove a rule. Letters that it routed stay where they are, and keep the reason in words."""
    require(actor, "routing.manage", rule)
    for model in (Assignment, IncomingLetter):
        change_rows(session, update(model).where(model.rule_id == rule.id).values(rule_id=None))
    events.record(session, actor, EventKind.ROUTING_RULE_DELETED, rule)
    session.delete(rule)


def _checked(
    session: Session,
    unit_id: int,
    name: str,
    condition: dict[str, Any],
    actions: list[dict[str, Any]],
    stops: bool,
) -> dict[str, Any]:
    """The columns of a rule that can act. Raises `Refused` with every reason."""
    tidy = re.sub(r"\s+", " ", name).strip()
    problems: list[Sentence] = []
    if not tidy or len(tidy) > NAME_LENGTH:
        problems.append(Sentence("Skriv et navn til reglen, højst 100 tegn.", code="name"))
    try:
        condition = write_condition(read_condition(condition))
    except Refused as refused:
        problems += refused.sentences
    try:
        read = read_actions(actions)
        actions = write_actions(read)
        problems += problems_of(session, unit_id, read)
    except Refused as refused:
        problems += refused.sentences
    if problems:
        raise Refused(problems)
    return {"name": tidy, "condition": condition, "actions": actions, "stops": stops}
