"""Routing on a held-back month of the sandbox's year: are dry runs right, are suggestions good?

The letters of a year are put into rows as filing would (their bytes are not: no rule reads them).
Then a rule is tried on all of them, every letter of the last month is routed by rules and compared
with its dry run, and people's routing of the 200 letters before it is learned from.

``--letters=20000`` is a whole year; ``--corrections=200``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from benchmarks.measure import number, timed, work_folder
from benchmarks.routing_rows import House, make_house, put_in
from digitalpost.access import SYSTEM
from digitalpost.db import Session, now
from digitalpost.incoming.assign import assign
from digitalpost.incoming.facts import facts_of
from digitalpost.incoming.learn import scores
from digitalpost.incoming.lessons import learn_due
from digitalpost.incoming.route import dry_run, route
from digitalpost.incoming.routing_rules import create_routing_rule, switch_routing_rule
from digitalpost.incoming.rules import Do
from digitalpost.incoming.trial import try_rule
from digitalpost.models import (
    IncomingLetter,
    Letter,
    LetterStatus,
    RoutingRule,
    Unit,
    User,
)
from sandbox.generate import YEAR, planned
from sandbox.mail_plan import ATTENTION, CONTACT_POINT, HISTORY, NOTHING, SENDER, Planned

GOAL = 0.90
_BATCH = 500


def main(arguments: Sequence[str]) -> None:
    """Print what was found. Exits with 1 when a prediction was wrong or the goal is missed."""
    count = number(arguments, "--letters", 20_000)
    corrections = number(arguments, "--corrections", 200)
    with work_folder() as folder:
        house = make_house(Path(folder))
        plans = list(planned(YEAR, today=datetime.now(UTC).date(), count=count))
        letters = put_in(house, plans)
        last = plans[-1].sent_at - timedelta(days=30)
        split = next(at for at, plan in enumerate(plans) if plan.sent_at > last)
        print(f"\nrouting: {count} letters of a year, {count - split} in the held-back month")
        _trial(house)
        taught = range(max(0, split - corrections), split)
        _teach(house, plans, letters, taught)
        share = _examine(house, plans, letters, taught, range(split, count))
        wrong = _predictions(house, plans, letters, range(split, count))
        house.institution.close()
    if wrong or share < GOAL:
        raise SystemExit(1)


def _rule(session: Session, house: House, name: str, condition: Any, actions: Any) -> RoutingRule:
    return create_routing_rule(
        session, SYSTEM, session.get_one(Unit, house.unit_id), name=name, condition=condition,
        actions=actions, stops=name != "Haster",
    )  # fmt: skip


def _ask(field: str, *values: str, test: str = "contains") -> dict[str, Any]:
    return {"field": field, "test": test, "value": list(values)}


def _trial(house: House) -> None:
    """How long somebody waits for a rule to be tried on the year, with and without texts."""
    for name, condition in (
        ("emne", _ask("title", "faktura", "rykker")),
        ("tekst", {"any": [_ask("text", "faktura"), _ask("text", "su*", "lån")]}),
    ):
        with house.institution.transaction() as session:
            rule = _rule(session, house, name, condition, [{"do": "tag", "value": "x"}])
            found: list[Any] = []

            def run(session: Session = session, rule: RoutingRule = rule) -> None:
                found.append(try_rule(session, SYSTEM, rule))  # noqa: B023

            seconds = timed(run)
            trial = found[0]
            session.delete(rule)
        print(f"  trial on {name}: {trial.count} of {trial.asked} letters, {seconds:.1f} s")


def _teach(house: House, plans: Sequence[Planned], letters: Sequence[int], which: range) -> None:
    with house.institution.transaction() as session:
        person = session.scalars(select(User)).first()
        assert person is not None
        actor = SYSTEM.__class__(person.id, person.name, None, SYSTEM.scope)
        for at in which:
            owner = session.get_one(User, house.users[plans[at].target])
            assign(session, actor, [session.get_one(Letter, letters[at])], owner=owner)
    seconds = timed(lambda: learn_due(house.institution))
    print(f"  learned from {len(which)} corrections, {1000 * seconds / len(which):.0f} ms each")


def _examine(
    house: House, plans: Sequence[Planned], letters: Sequence[int], taught: range, held: range
) -> float:
    """Top-1 on the held-back month: where the reason was seen in the corrections, and in all."""
    seen = {(kind, _clue(plans[at], kind), plans[at].target)
            for at in taught for kind in (SENDER, CONTACT_POINT, ATTENTION)}  # fmt: skip
    targets = {plans[at].target for at in taught}
    right: dict[str, list[int]] = {}
    learnable = [0, 0]
    reasoned = [0, 0]
    with house.institution.reading() as session:
        for at in held:
            plan = plans[at]
            letter = session.get_one(Letter, letters[at])
            incoming = _about(session, letter.id)
            best = next(
                iter(scores(session, house.unit_id, facts_of(session, letter, incoming))), None
            )
            hit = best is not None and best.target == f"user:{house.users[plan.target]}"
            tally = right.setdefault(plan.reason, [0, 0])
            kind = SENDER if plan.reason == HISTORY else plan.reason
            is_seen = plan.target in targets and (
                kind not in (SENDER, CONTACT_POINT, ATTENTION)
                or (kind, _clue(plan, kind), plan.target) in seen
            )
            for counts, counted in (
                (tally, True),
                (reasoned, plan.reason != NOTHING),
                (learnable, plan.reason != NOTHING and is_seen),
            ):
                counts[0] += hit and counted
                counts[1] += counted
            session.expire_all()
    share = learnable[0] / learnable[1]
    verdict = "ok" if share >= GOAL else "MISSED"
    print(f"  top-1 where the reason was among the corrections: {share:.1%} of {learnable[1]}"
          f" (goal {GOAL:.0%}: {verdict})")  # fmt: skip
    every = reasoned[0] / reasoned[1]
    print(f"  top-1 of all that have a reason, met before or not: {every:.1%} of {reasoned[1]}")
    for reason, (hits, whole) in sorted(right.items()):
        print(f"    {reason}: {hits / whole:.1%} of {whole}")
    return share


def _clue(plan: Planned, kind: str) -> object:
    return {SENDER: plan.number, CONTACT_POINT: plan.contact_point, ATTENTION: plan.attention}[kind]


def _predictions(
    house: House, plans: Sequence[Planned], letters: Sequence[int], held: range
) -> int:
    """Route the month by rules; how many letters were not where their dry run said."""
    with house.institution.transaction() as session:
        for name, condition, actions in _RULES:
            does = [
                {**one, "value": house.users[one["value"]]} if one["do"] == "person" else one
                for one in actions
            ]
            rule = _rule(session, house, name, condition, does)
            rule.tried_at = now()
            switch_routing_rule(session, SYSTEM, rule, on=True)
    wrong = routed = 0
    seconds = 0.0
    for start in range(held.start, held.stop, _BATCH):
        part = letters[start : min(start + _BATCH, held.stop)]
        with house.institution.transaction() as session:
            session.execute(
                update(Letter).where(Letter.id.in_(part)).values(status=LetterStatus.NEW)
            )
            for letter_id in part:
                letter = session.get_one(Letter, letter_id)
                incoming = _about(session, letter_id)
                expected = dry_run(session, letter, incoming)

                def run(letter: Letter = letter, incoming: IncomingLetter = incoming) -> None:
                    route(session, letter, incoming)

                seconds += timed(run)
                session.refresh(incoming)
                as_said = (
                    letter.owner_id == expected.value(Do.PERSON)
                    and (letter.status is LetterStatus.DONE) == bool(expected.value(Do.FINISH))
                    and tuple(incoming.tags) == expected.tags
                    and incoming.rule_id == (expected.rule.id if expected.rule else None)
                )
                wrong += not as_said
                routed += bool(expected.rules)
    count = len(held)
    print(f"  rules: {routed} of {count} taken, {wrong} not as the dry run said,"
          f" {1000 * seconds / count:.1f} ms each")  # fmt: skip
    return wrong


def _about(session: Session, letter_id: int) -> IncomingLetter:
    return session.scalars(
        select(IncomingLetter).where(IncomingLetter.letter_id == letter_id)
    ).one()


_RULES: tuple[tuple[str, Any, Any], ...] = (
    ("Haster", _ask("text", "haster"), [{"do": "tag", "value": "Haster"}]),
    (
        "Faktura",
        {"all": [_ask("sender_kind", "cvr", test="is"), _ask("text", "faktura*", "rykker")]},
        [{"do": "person", "value": "faktura"}, {"do": "deadline", "value": 8}],
    ),
    ("SU", {"any": [_ask("title", "su*"), _ask("text", "su", "fribeløb*")]},
     [{"do": "person", "value": "su"}]),
    ("Kontaktpunkt", _ask("contact_point", "it-support", test="is"),
     [{"do": "person", "value": "it"}]),
    ("Syge", {"all": [_ask("text", "syg", "syge*"), {"not": _ask("text", "eksamen*", "prøve*")}]},
     [{"do": "person", "value": "fravær"}, {"do": "tag", "value": "Syg"}]),
    ("Tak", _ask("title", "tak for sidst", test="is"), [{"do": "finish", "value": 1}]),
)  # fmt: skip


if __name__ == "__main__":
    main(())
