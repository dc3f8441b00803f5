"""The row scope: rows of another unit are not there, whichever way one asks."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload

from digitalpost import events
from digitalpost.access import SYSTEM, Scope
from digitalpost.db import Session, UnitScoped, now
from digitalpost.events import EventKind
from digitalpost.incoming.assign import assign
from digitalpost.incoming.notes import write_note
from digitalpost.institution import Institution
from digitalpost.models import (
    AgeRule,
    Answer,
    Assignment,
    Case,
    CaseType,
    Delivery,
    Event,
    GuardianCopy,
    GuardianSuggestion,
    LearnedCount,
    LearnedLetter,
    LeftOutPage,
    Letter,
    LetterCopy,
    Mailing,
    MailingAttachment,
    MailingSource,
    NeverSuggested,
    Recipient,
    RetentionRule,
    RoutingRule,
)
from digitalpost.signing.tasks import ask_to_sign
from tests.make_incoming import make_incoming
from tests.make_mailings import ANNA, BO, CARL, DORTE, MINOR, make_approved

ROOT = Path(__file__).resolve().parents[2]


def all_below(model: type) -> list[type]:
    return [one for sub in model.__subclasses__() for one in (sub, *all_below(sub))]


SCOPED = sorted(
    {one for one in all_below(UnitScoped) if hasattr(one, "__tablename__")} | {Recipient, Event},
    key=lambda model: model.__name__,
)
WAYS: dict[str, Callable[[Session, Any], Any]] = {
    "select": lambda s, m: len(s.scalars(sa.select(m)).all()),
    "columns": lambda s, m: len(s.execute(sa.select(m.id)).all()),
    "count": lambda s, m: s.scalar(sa.select(sa.func.count()).select_from(m)),
    "count column": lambda s, m: s.scalar(sa.select(sa.func.count(m.id))),
    "count in subquery": lambda s, m: s.scalar(
        sa.select(sa.func.count()).select_from(sa.select(m.id).subquery())
    ),
    "maximum": lambda s, m: s.scalar(sa.select(sa.func.max(m.id) - sa.func.min(m.id) + 1)),
    "alias": lambda s, m: len(s.scalars(sa.select(aliased(m))).all()),
    "alias of subquery": lambda s, m: len(
        s.scalars(sa.select(aliased(m, sa.select(m).subquery()))).all()
    ),
    "cte": lambda s, m: len(s.execute(sa.select(sa.select(m.id).cte())).all()),
    "union": lambda s, m: len(s.execute(sa.union(sa.select(m.id), sa.select(m.id))).all()),
    "query": lambda s, m: s.query(m).count(),
}


def make_suggestion(session: Session, mailing_id: int, unit_id: int) -> GuardianSuggestion:
    """A copy to one guardian, suggested for the mailing's first letter."""
    letter = session.scalars(sa.select(Letter).where(Letter.mailing_id == mailing_id)).first()
    assert letter is not None
    assert letter.recipient_id is not None
    return GuardianSuggestion(
        unit_id=unit_id,
        letter_id=letter.id,
        mailing_id=mailing_id,
        recipient_id=letter.recipient_id,
        rule=AgeRule.UNDER_15,
        basis={},
        main_to_child=False,
        valid_on=date(2026, 6, 9),
        fetched_at=now(),
        copies=[GuardianCopy(unit_id=unit_id, position=1, relation="mor")],
    )


def make_triage(institution: Institution, unit_id: int, *, sender: str) -> None:
    """An incoming letter with a note that was assigned, and a rule."""
    letter_id = make_incoming(institution, unit_id=unit_id, sender=sender)
    with institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        assign(session, SYSTEM, [letter], due_at=now())
        write_note(session, SYSTEM, letter, "Ringer i morgen")
        learned = session.scalars(
            sa.select(Assignment).where(Assignment.letter_id == letter_id)
        ).one()
        lesson: dict[str, Any] = {"unit_id": unit_id, "target": f"unit:{unit_id}"}
        session.add(
            LearnedLetter(
                letter_id=letter_id, assignment_id=learned.id, features=b"", learned_at=now(),
                **lesson,
            )
        )  # fmt: skip
        session.add(LearnedCount(feature=b"", count=1, **lesson))
        session.add(NeverSuggested(created_at=now(), **lesson))
        session.add(
            RoutingRule(
                unit_id=unit_id, name="Optagelse", position=1, condition={"all": []},
                created_at=now(), changed_at=now(),
            )
        )  # fmt: skip


@pytest.fixture
def two_units(institution: Institution) -> tuple[Institution, dict[type, list[int]], list[int]]:
    """One approved mailing in each of two units, of 1 and 2 letters; all rows by model."""
    mailings = [make_approved(institution, [ANNA]), make_approved(institution, [BO, CARL])]
    with institution.transaction() as session:
        units = [session.get_one(Mailing, one).unit_id for one in mailings]
        for mailing_id, unit_id in zip(mailings, units, strict=True):
            source = session.scalars(
                sa.select(MailingSource).where(MailingSource.mailing_id == mailing_id)
            ).one()
            case_type_id = session.get_one(Mailing, mailing_id).case_type_id
            session.add(
                RetentionRule(
                    name="Elevsager", case_type_id=case_type_id, keep_months=60, unit_id=unit_id
                )
            )
            session.add(
                LeftOutPage(
                    mailing_id=mailing_id, unit_id=unit_id, source_id=source.id, page=9, reason={}
                )
            )
            suggestion = make_suggestion(session, mailing_id, unit_id)
            session.add(suggestion)
            session.add(
                Answer(
                    unit_id=unit_id,
                    mailing_id=mailing_id,
                    letter_id=suggestion.letter_id,
                    finishes=False,
                )
            )
            session.add(
                MailingAttachment(
                    mailing_id=mailing_id,
                    unit_id=unit_id,
                    position=1,
                    file_name="plan.pdf",
                    title="Plan",
                    is_common=True,
                    fingerprint=b"0",
                    created_at=now(),
                )
            )
            session.add(
                LetterCopy(
                    letter_id=suggestion.letter_id,
                    recipient_id=suggestion.recipient_id,
                    unit_id=unit_id,
                    added_at=now(),
                )
            )
            delivery = session.scalars(
                sa.select(Delivery).where(Delivery.mailing_id == mailing_id)
            ).first()
            assert delivery is not None
            ask_to_sign(session, delivery, session.get_one(Mailing, mailing_id))
        session.flush()
    for number, unit_id in enumerate(units):
        make_triage(institution, unit_id, sender=(DORTE, MINOR)[number])
    with institution.transaction() as session:
        found = {model: list(session.scalars(sa.select(model.id))) for model in SCOPED}  # type: ignore[attr-defined]
    return institution, found, units


def rows_seen(session: Session, model: Any) -> set[int]:
    return {row.id for row in session.scalars(sa.select(model))}


@pytest.mark.parametrize("way", WAYS)
def test_rows_of_another_unit_are_not_there(two_units: Any, way: str) -> None:
    institution, everything, units = two_units
    for model in SCOPED:
        with institution.session(Scope(frozenset(units))) as session:
            assert WAYS[way](session, model) == len(everything[model])
        seen = []
        for unit in units:  # one after another: no statement may remember the first one's units
            with institution.session(Scope(frozenset({unit}))) as session:
                mine = rows_seen(session, model)
                seen.append(mine)
                expected = len(mine)
                if way == "maximum":
                    expected = max(mine) - min(mine) + 1 if mine else 0
                assert WAYS[way](session, model) == expected
                assert mine < set(everything[model])
        assert seen[0].isdisjoint(seen[1]), model
        assert seen[0] | seen[1] == set(everything[model])
        with institution.session(Scope(frozenset())) as session:
            assert not WAYS[way](session, model)


def test_a_guessed_id_a_join_or_a_relationship_shows_nothing_of_others(two_units: Any) -> None:
    institution, everything, units = two_units
    with institution.session(Scope(frozenset({units[0]}))) as session:
        for model in SCOPED:
            mine = rows_seen(session, model)
            for number in set(everything[model]) - mine:
                assert session.get(model, number) is None
                exists = sa.select(model.id).where(model.id == number).exists()
                assert session.scalar(sa.select(exists)) is False
        joined = sa.select(Letter.id).join(Letter.recipient).join(Delivery)
        assert len(session.execute(joined).all()) == 1
        loose = sa.select(CaseType.id, Letter.id).select_from(CaseType).join(Letter, sa.true())
        pairs = len(rows_seen(session, CaseType)) * len(rows_seen(session, Letter))
        assert len(session.execute(loose).all()) == pairs
    # A row of ours that points to another unit's: what it points to is not there.
    with institution.transaction() as session:
        letters = session.scalars(sa.select(Letter).order_by(Letter.id)).all()
        first = letters[0].id
        letters[0].case_id, letters[0].recipient_id = letters[1].case_id, letters[1].recipient_id
    for option in (None, joinedload, selectinload):
        with institution.session(Scope(frozenset({units[0]}))) as session:
            query = sa.select(Letter).where(Letter.id == first)
            if option:
                query = query.options(option(Letter.case), option(Letter.recipient))
            letter = session.scalars(query).unique().one()
            assert letter.case is None
            assert letter.recipient is None


def test_a_session_without_a_scope_refuses(two_units: Any) -> None:
    institution, _, _ = two_units
    for model in SCOPED:
        for way, ask in WAYS.items():
            with (
                institution.session(None) as session,
                pytest.raises(RuntimeError, match="without a scope"),
            ):
                ask(session, model)
                raise AssertionError(f"{model.__name__} by {way}")


def test_lines_about_a_recipient_of_others_are_not_shown(two_units: Any) -> None:
    institution, everything, units = two_units
    with institution.transaction() as session:
        events.record(session, SYSTEM, EventKind.CHANNEL_OPENED)
    for unit in units:
        with institution.session(Scope(frozenset({unit}))) as session:
            mine = rows_seen(session, Recipient)
            lines = session.scalars(sa.select(Event)).all()
            about = {line.subject_id for line in lines if line.subject == "recipient"}
            assert about == mine < set(everything[Recipient])
            assert [line.subject for line in lines if line.kind == "channel:opened"] == ["channel"]
            assert {line.unit_id for line in lines} == {unit, None}
            assert session.scalar(sa.select(sa.func.count(Case.id))) == len(mine)


def test_only_the_domain_writes_statements_that_the_scope_does_not_reach() -> None:
    """``text()``, Core tables, bulk updates and deletes, and raw connections."""
    wrong = []
    for path in [
        ROOT / "app.py",
        *(ROOT / "admin_views").rglob("*.py"),
        *(ROOT / "jobs").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            name = ""
            if isinstance(node, ast.Attribute):
                name = node.attr if node.attr in {"__table__", "exec_driver_sql"} else ""
            elif isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy":
                forbidden = {"text", "update", "delete", "insert", "table", "Table"}
                name = ", ".join(sorted({one.name for one in node.names} & forbidden))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = getattr(node.func.value, "id", "")
                if owner in {"sa", "sqlalchemy"} and node.func.attr in {
                    "text", "update", "delete", "insert",
                }:  # fmt: skip
                    name = node.func.attr
            if name:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    assert wrong == []
