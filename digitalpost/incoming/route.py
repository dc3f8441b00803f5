"""Routes one letter when it is filed: the sender of the original, the rules, a named person.

In that order; the first that knows decides. What nobody knows waits in the unit's queue for a
person, with a suggestion (`learn`) beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from digitalpost.access import SYSTEM, Actor, across_units
from digitalpost.danish_time import end_of, today
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.assign import assign, finish
from digitalpost.incoming.facts import Facts, facts_of
from digitalpost.incoming.move import file_under
from digitalpost.incoming.named import named_person
from digitalpost.incoming.rule_rows import as_rules, ruling_of
from digitalpost.incoming.rules import Do, Ruling
from digitalpost.incoming_settings import Naming
from digitalpost.models import (
    CaseType,
    IncomingLetter,
    Letter,
    RoutedBy,
    RoutingRule,
    Unit,
    User,
)

_HANDS_OVER = frozenset({Do.PERSON, Do.UNIT, Do.FINISH})


def route(
    session: Session,
    letter: Letter,
    incoming: IncomingLetter,
    *,
    naming: Naming = Naming.SUGGEST,
) -> bool:
    """Hand a letter that was just filed to whoever it is for; whether anybody was found.

    Call it in the transaction that files the letter, after its text was kept. An answer that
    filing has given to the sender of the original stays there. A rule that matches but can't act
    leaves its reason on the letter.
    """
    if incoming.routed_by is RoutedBy.REPLY:
        return True
    facts = facts_of(session, letter, incoming)
    ruling = ruling_of(session, letter.unit_id, facts)
    why = ruling.why
    try:
        if ruling.rules:
            with session.begin_nested():
                carry_out(session, SYSTEM, [letter], ruling)
            if {action.do for action in ruling.actions} & _HANDS_OVER:
                return True
        elif naming is Naming.ROUTE:
            with session.begin_nested():
                if _to_named(session, letter, facts):
                    return True
    except Refused as refused:  # a person or unit that can't take it must not stop the filing
        why = refused.sentences[0]
    if why is not None:
        incoming.routed_reason = why.as_json()
    return False


def dry_run(session: Session, letter: Letter, incoming: IncomingLetter) -> Ruling:
    """What the rules of its unit say of a letter, without doing it."""
    return ruling_of(session, letter.unit_id, facts_of(session, letter, incoming))


def apply_rule(session: Session, actor: Actor, letters: Sequence[Letter], rule: RoutingRule) -> str:
    """Do with these letters what a rule says, whether it would have taken them or not.

    For letters that a person chose. Returns the batch, which can be undone. Raises `Refused`.
    """
    [as_asked] = as_rules(session, [rule])
    why = Sentence("Reglen «%(rule)s», valgt af en kollega.", {"rule": rule.name})
    ruling = Ruling((as_asked,), (), as_asked.actions, why)
    return carry_out(session, actor, letters, ruling)


def carry_out(session: Session, actor: Actor, letters: Sequence[Letter], ruling: Ruling) -> str:
    """Do what a ruling says, as one batch. Raises `Refused` when whom it names can't take them."""
    rule = session.get(RoutingRule, ruling.rule.id) if ruling.rule is not None else None
    said: dict[str, Any] = {"how": RoutedBy.RULE, "rule": rule, "reason": ruling.why}
    owner = unit = None
    if (user_id := ruling.value(Do.PERSON)) is not None:
        owner = session.get_one(User, user_id)
    if (unit_id := ruling.value(Do.UNIT)) is not None:
        unit = session.get_one(Unit, unit_id)
    due_at = None
    if (days := ruling.value(Do.DEADLINE)) is not None:
        due_at = end_of(today() + timedelta(days=int(days)))
    _tag(session, letters, ruling.tags)
    batch = assign(session, actor, letters, owner=owner, unit=unit, due_at=due_at, **said)
    # Whoever chose the rule may have sent the letters to where they can't follow them.
    by = actor if all(actor.scope.holds(letter.unit_id) for letter in letters) else SYSTEM
    with across_units(session):
        if (case_type_id := ruling.value(Do.CASE_TYPE)) is not None:
            file_under(session, by, letters, session.get_one(CaseType, case_type_id))
        if ruling.value(Do.FINISH) is not None:
            finish(session, by, letters, batch=batch, **said)
    return batch


def _to_named(session: Session, letter: Letter, facts: Facts) -> bool:
    found = named_person(session, facts)
    if found is None:
        return False
    how, reason = RoutedBy.NAMED, found.reason
    assign(session, SYSTEM, [letter], owner=found.user, how=how, reason=reason)
    return True


def _tag(session: Session, letters: Sequence[Letter], tags: Sequence[str]) -> None:
    ids = [letter.id for letter in letters] if tags else []
    for about in session.scalars(select(IncomingLetter).where(IncomingLetter.letter_id.in_(ids))):
        about.tags = list(dict.fromkeys([*about.tags, *tags]))
