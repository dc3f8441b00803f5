"""Rules and people for tests of routing, on top of the school of `tests.incoming.school`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.db import Session
from digitalpost.incoming.route import dry_run, route
from digitalpost.incoming.routing_rules import create_routing_rule, switch_routing_rule
from digitalpost.incoming.rules import Ruling
from digitalpost.incoming.trial import try_rule
from digitalpost.incoming_settings import Naming
from digitalpost.institution import Institution
from digitalpost.models import IncomingLetter, Letter, RoutingRule, Unit
from tests.incoming.school import School


def ask(field: str, test: str, *values: str) -> dict[str, Any]:
    return {"field": field, "test": test, "value": list(values)}


def make_routing_rule(
    institution: Institution,
    unit_id: int,
    *,
    name: str = "Faktura",
    condition: dict[str, Any] | None = None,
    actions: list[dict[str, Any]] | None = None,
    stops: bool = True,
    on: bool = True,
) -> int:
    """A rule of a unit, tried and on unless ``on`` says no; its id."""
    with institution.transaction() as session:
        rule = create_routing_rule(
            session,
            SYSTEM,
            session.get_one(Unit, unit_id),
            name=name,
            condition=condition or ask("title", "contains", "faktura"),
            actions=actions or [{"do": "tag", "value": "Faktura"}],
            stops=stops,
        )
        if on:
            try_rule(session, SYSTEM, rule)
            switch_routing_rule(session, SYSTEM, rule, on=True)
        return rule.id


def rule_row(session: Session, rule_id: int) -> RoutingRule:
    return session.get_one(RoutingRule, rule_id)


def about(session: Session, letter_id: int) -> IncomingLetter:
    return session.scalars(
        sa.select(IncomingLetter).where(IncomingLetter.letter_id == letter_id)
    ).one()


def run_route(school: School, letter_id: int, naming: Naming = Naming.SUGGEST) -> bool:
    """Route a letter as filing does."""
    with school.institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        return route(session, letter, about(session, letter_id), naming=naming)


def run_dry(school: School, letter_id: int) -> Ruling:
    with school.institution.reading() as session:
        return dry_run(session, session.get_one(Letter, letter_id), about(session, letter_id))
