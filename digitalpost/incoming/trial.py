"""A rule tried on last year's mail: which letters it would have taken, before it may act (L6).

Counted are the letters that came to the rule's unit, also those that have gone on to others since:
that is the mail the rule will meet. Shown are only those that the asker may see today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, exists, func, or_, select

from digitalpost import events
from digitalpost.access import Actor, across_units, require
from digitalpost.db import Session, now
from digitalpost.events import EventKind
from digitalpost.incoming.conditions import Field, asks_about
from digitalpost.incoming.facts import Facts, texts_between
from digitalpost.incoming.rule_rows import as_rules, rules_of
from digitalpost.incoming.rules import Rule, Ruling, evaluate
from digitalpost.models import (
    Assignment,
    FileRole,
    IncomingFile,
    IncomingLetter,
    Letter,
    Recipient,
    RoutingRule,
)

A_YEAR = timedelta(days=365)
PAGE = 25  # letters shown at once
_BATCH = 1_000
_COLUMNS: tuple[Any, ...] = (
    Letter.id, Letter.unit_id, Letter.title, Letter.recipient_name, Letter.answers_id,
    Recipient.kind, Recipient.number_index, IncomingLetter.contact_point,
    IncomingLetter.contact_point_id, IncomingLetter.attention, IncomingLetter.sent_at,
    IncomingLetter.arrived_at, IncomingLetter.reply_message_uuid,
)  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """One letter that the rule would have taken, for a list."""

    letter_id: int
    title: str
    sender: str
    arrived_at: datetime


@dataclass(frozen=True)
class Trial:
    """What a rule would have done with the letters that came since a day."""

    since: datetime
    asked: int  # letters that came to the unit
    count: int  # that the rule would have taken
    hidden: int  # of these, now with units whose letters the asker may not see
    examples: tuple[Taken, ...]  # the page asked for, newest first
    # Rules that are on and asked before this one, and how many of the count they take first.
    also_taken_by: tuple[tuple[str, int], ...] = field(default=())

    @property
    def left(self) -> int:
        """How many of the count come to this rule, when the rules before it have been asked."""
        return self.count - sum(count for _, count in self.also_taken_by)


def try_rule(
    session: Session,
    actor: Actor,
    rule: RoutingRule,
    since: datetime | None = None,
    *,
    page: int = 1,
) -> Trial:
    """Ask the rule about every letter since ``since`` (a year ago), and note that it was tried.

    Nothing is done to the letters. ``page`` counts from 1.
    """
    require(actor, "routing.manage", rule)
    trial = look_back(session, actor, rule, since, page=page)
    if rule.tried_at is None or rule.tried_at < rule.changed_at:
        events.record(
            session, actor, EventKind.ROUTING_RULE_TRIED, rule,
            data={"asked": trial.asked, "count": trial.count},
        )  # fmt: skip
    rule.tried_at = now()
    return trial


def look_back(
    session: Session,
    actor: Actor,
    rule: RoutingRule,
    since: datetime | None = None,
    *,
    page: int = 1,
) -> Trial:
    """As `try_rule`, without noting anything."""
    require(actor, "routing.read", rule)
    since = since or now() - A_YEAR
    with across_units(session):
        [asked_rule] = as_rules(session, [rule])
        # As if its target were there: what is tried is the condition.
        this = replace(asked_rule, problem=None, stops=True)
        before = [one for one in rules_of(session, rule.unit_id) if _is_before(one, this)]
        asked, shown, hidden = 0, [], 0
        taken_by: dict[int, int] = {}
        for letter, facts in facts_since(session, rule.unit_id, since, [this, *before]):
            asked += 1
            if not evaluate([this], facts).rules:
                continue
            if actor.scope.holds(letter.unit_id):
                shown.append(letter)
            else:
                hidden += 1
            first = _stopper(evaluate(before, facts))
            if first is not None:
                taken_by[first.id] = taken_by.get(first.id, 0) + 1
    newest = sorted(shown, key=lambda one: (one.arrived_at, one.id), reverse=True)
    part = newest[(page - 1) * PAGE : page * PAGE]
    return Trial(
        since=since,
        asked=asked,
        count=len(shown) + hidden,
        hidden=hidden,
        examples=tuple(
            Taken(one.id, one.title, one.recipient_name, one.arrived_at) for one in part
        ),
        also_taken_by=tuple((one.name, taken_by[one.id]) for one in before if one.id in taken_by),
    )


def facts_since(
    session: Session, unit_id: int, since: datetime, rules: Sequence[Rule]
) -> Iterator[tuple[Row[Any], Facts]]:
    """Every letter that came to a unit since then, with the facts that the rules ask for.

    Columns and not rows, and no text is opened that nobody asks for: this is done for tens of
    thousands of letters while somebody waits.
    """
    conditions = [rule.condition for rule in rules]
    opens_text = any(asks_about(one, Field.TEXT) for one in conditions)
    reads_names = any(asks_about(one, Field.ATTACHMENTS) for one in conditions)
    last = 0
    while True:
        rows = session.execute(_letters_after(unit_id, since, last)).all()
        if not rows:
            return
        first, last = rows[0].id, rows[-1].id
        texts = texts_between(session, first, last) if opens_text else {}
        names = _names(session, first, last) if reads_names else {}
        for row in rows:
            yield row, _facts(row, texts.get(row.id, ""), names.get(row.id, ()))


def _is_before(one: Rule, this: Rule) -> bool:
    return one.id != this.id and (one.position, one.id) < (this.position, this.id)


def _stopper(ruling: Ruling) -> Rule | None:
    """The rule after which no other is asked."""
    return next((rule for rule in ruling.rules if rule.stops), None)


def _letters_after(unit_id: int, since: datetime, last: int) -> Select[Any]:
    first_stand = (
        select(Assignment.from_unit_id)
        .where(Assignment.letter_id == Letter.id)
        .order_by(Assignment.id)
        .limit(1)
        .correlate(Letter)
        .scalar_subquery()
    )
    went_on = exists().where(Assignment.letter_id == Letter.id, Assignment.from_unit_id == unit_id)
    return (
        select(*_COLUMNS)
        .join(IncomingLetter, IncomingLetter.letter_id == Letter.id)
        .outerjoin(Recipient, Recipient.id == Letter.recipient_id)
        .where(
            Letter.id > last,
            IncomingLetter.arrived_at >= since,
            or_(Letter.unit_id == unit_id, went_on),
            func.coalesce(first_stand, Letter.unit_id) == unit_id,
        )
        .order_by(Letter.id)
        .limit(_BATCH)
    )


def _names(session: Session, first: int, last: int) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for row in session.execute(
        select(IncomingFile.letter_id, IncomingFile.file_name)
        .where(
            IncomingFile.letter_id.between(first, last),
            IncomingFile.role == FileRole.ATTACHMENT,
        )
        .order_by(IncomingFile.letter_id, IncomingFile.position)
    ):
        found[row.letter_id] = (*found.get(row.letter_id, ()), row.file_name)
    return found


def _facts(row: Row[Any], text: str, names: tuple[str, ...]) -> Facts:
    return Facts(
        sender_kind=row.kind,
        sender_index=row.number_index.hex() if row.number_index else "",
        sender_name=row.recipient_name,
        contact_point=row.contact_point or row.contact_point_id,
        contact_point_id=row.contact_point_id,
        attention=row.attention,
        title=row.title,
        text=text,
        attachment_names=names,
        is_answer=row.answers_id is not None or row.reply_message_uuid is not None,
        sent_at=row.sent_at,
        arrived_at=row.arrived_at,
    )
