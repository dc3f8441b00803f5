"""Retention rules (kassationsregler): how long cases of a type are kept, and on what ground.

A rule only says when cases fall due. Nothing is destroyed by making or changing one.
"""

from __future__ import annotations

import re

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import CaseType, RetentionRule, RetentionStart

LONGEST_MONTHS = 1200


def create_rule(
    session: Session,
    actor: Actor,
    *,
    name: str,
    case_type_id: int,
    keep_months: int,
    counted_from: RetentionStart,
    legal_basis: str,
    is_active: bool,
) -> RetentionRule:
    """A new rule for a case type, in the case type's unit. Raises `Refused` with every reason."""
    case_type = _case_type(session, case_type_id)
    require(actor, "retention.manage", case_type)
    _check(name, keep_months, legal_basis)
    rule = RetentionRule(
        name=_tidy(name),
        case_type_id=case_type.id,
        unit_id=case_type.unit_id,
        keep_months=keep_months,
        counted_from=counted_from,
        legal_basis=_tidy(legal_basis),
        is_active=is_active,
    )
    session.add(rule)
    session.flush()
    data = {"case_type": case_type.id, "keep_months": keep_months, "is_active": is_active}
    events.record(session, actor, EventKind.RULE_CREATED, rule, data=data)
    return rule


def change_rule(
    session: Session,
    actor: Actor,
    rule: RetentionRule,
    *,
    name: str,
    case_type_id: int,
    keep_months: int,
    counted_from: RetentionStart,
    legal_basis: str,
    is_active: bool,
) -> RetentionRule:
    """Change a rule. The log keeps what the time was before."""
    require(actor, "retention.manage", rule)
    case_type = _case_type(session, case_type_id)
    require(actor, "retention.manage", case_type)
    _check(name, keep_months, legal_basis)
    before = {"keep_months": rule.keep_months, "is_active": rule.is_active}
    rule.name = _tidy(name)
    rule.case_type_id, rule.unit_id = case_type.id, case_type.unit_id
    rule.keep_months, rule.counted_from = keep_months, counted_from
    rule.legal_basis, rule.is_active = _tidy(legal_basis), is_active
    data = {"before": before, "keep_months": keep_months, "is_active": is_active}
    events.record(session, actor, EventKind.RULE_CHANGED, rule, data=data)
    return rule


def delete_rule(session: Session, actor: Actor, rule: RetentionRule) -> None:
    """Remove a rule: cases of its type are then kept until another rule says otherwise."""
    require(actor, "retention.manage", rule)
    data = {"case_type": rule.case_type_id, "keep_months": rule.keep_months}
    events.record(session, actor, EventKind.RULE_DELETED, rule, data=data)
    session.delete(rule)


def _case_type(session: Session, case_type_id: int) -> CaseType:
    case_type = session.get(CaseType, case_type_id)
    if case_type is None:
        raise Refused([Sentence("Vælg en sagstype.", code="case_type")])
    return case_type


def _check(name: str, keep_months: int, legal_basis: str) -> None:
    problems = []
    if not _tidy(name) or len(_tidy(name)) > 100:
        problems.append(Sentence("Skriv et navn til reglen, højst 100 tegn.", code="name"))
    if not 1 <= keep_months <= LONGEST_MONTHS:
        problems.append(
            Sentence(
                "Skriv antallet af måneder som et tal fra 1 til %(most)s.",
                {"most": LONGEST_MONTHS},
                code="keep_months",
            )
        )
    if len(_tidy(legal_basis)) > 300:
        problems.append(Sentence("Hjemlen må højst fylde 300 tegn.", code="legal_basis"))
    if problems:
        raise Refused(problems)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
