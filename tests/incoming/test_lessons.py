"""Suggestions are learned from what people do, told with their reasons, and can be forgotten."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from digitalpost.incoming.learn import Suggestion, suggest
from digitalpost.incoming.lessons import (
    accuracy,
    forget_letters,
    learn_due,
    never_suggest,
    shown_never,
    suggest_again,
)
from digitalpost.incoming.lessons_due import lessons_due
from digitalpost.incoming.undo import undo
from digitalpost.institution import Institution
from digitalpost.models import LearnedCount, LearnedLetter, Letter, NeverSuggested, RoutedBy, User
from digitalpost.sweep import due_work
from jobs.tasks import TASKS
from tests.incoming.school import School


@pytest.fixture
def school(institution: Institution) -> School:
    return School(institution)


def teach(school: School, times: int = 4) -> list[str]:
    """SU goes to the counsellor, keys go to the clerk; the batches."""
    batches = []
    for number in range(times):
        su = school.letter(title="Om min SU", text=f"Jeg mangler SU-lån {number}")
        batches.append(school.assign(school.boss, [su], owner_id=school.counsellor_id))
        key = school.letter(title="Nøgler", text="Vaktmesteren har nøglen til salen")
        batches.append(school.assign(school.boss, [key], owner_id=school.clerk_id))
    learn_due(school.institution)
    return batches


def suggestion(school: School, letter_id: int) -> Suggestion | None:
    with school.institution.session(school.clerk.scope) as session:
        return suggest(session, school.clerk, session.get_one(Letter, letter_id))


def counts(school: School) -> int:
    with school.institution.reading() as session:
        return session.scalar(sa.select(sa.func.sum(LearnedCount.count))) or 0


def test_a_suggestion_comes_with_the_counts_behind_it(school: School) -> None:
    asked = school.letter(title="Spørgsmål", text="Hvornår kommer mit SU-lån?")
    assert suggestion(school, asked) is None
    teach(school)
    found = suggestion(school, asked)
    assert found is not None
    assert (found.target, found.name) == (f"user:{school.counsellor_id}", "Per Lind")
    assert found.is_sure
    said = [str(reason.sentence) for reason in found.reasons]
    assert "Ordet «su»: 4 af 4 gik til Per Lind" in said
    assert "Ordet «lån»: 4 af 4 gik til Per Lind" in said
    assert len(said) <= 3
    # Nothing of it can be read in the tables.
    with school.institution.reading() as session:
        row = session.scalars(sa.select(LearnedCount)).first()
        assert row is not None
        assert not lessons_due(session)


def test_a_letter_that_names_a_colleague_is_suggested_to_them(school: School) -> None:
    found = suggestion(school, school.letter(attention="Per Lind"))
    assert found is not None
    assert found.user is not None
    assert found.user.id == school.counsellor_id
    assert str(found.reasons[0].sentence) == "Brevet er stilet til Per Lind."


def test_what_is_undone_or_erased_is_counted_out_again(school: School) -> None:
    before = counts(school)
    batches = teach(school, 1)
    assert counts(school) > before
    with school.institution.transaction() as session:
        undo(session, school.boss, batches[0])
        assert lessons_due(session)
    learn_due(school.institution)
    with school.institution.transaction() as session:
        [lesson] = session.scalars(sa.select(LearnedLetter))
        assert lesson.target == f"user:{school.clerk_id}"
        forget_letters(session, [lesson.letter_id])
    assert counts(school) == before
    with school.institution.reading() as session:
        assert session.scalars(sa.select(LearnedCount)).all() == []


def test_a_letter_given_to_somebody_else_is_learned_anew(school: School) -> None:
    letter_id = school.letter()
    school.assign(school.boss, [letter_id], owner_id=school.clerk_id)
    learn_due(school.institution)
    one = counts(school)
    school.assign(school.boss, [letter_id], owner_id=school.boss_id)
    learn_due(school.institution)
    assert learn_due(school.institution) == 0
    assert counts(school) == one
    with school.institution.reading() as session:
        assert session.scalars(sa.select(LearnedLetter.target)).all() == [f"user:{school.boss_id}"]


def test_the_clock_finds_what_is_to_be_learned_and_a_job_learns_it(school: School) -> None:
    school.assign(school.boss, [school.letter()], owner_id=school.clerk_id)
    assert ("learn_routing", "due") in due_work(school.institution)
    assert "learn_routing" in TASKS
    learn_due(school.institution)
    assert ("learn_routing", "due") not in due_work(school.institution)


def test_only_what_people_did_is_learned_from(school: School) -> None:
    letter_id = school.letter()
    school.assign(school.boss, [letter_id], owner_id=school.clerk_id, how=RoutedBy.RULE)
    assert learn_due(school.institution) == 0


def test_whoever_has_left_is_not_suggested(school: School) -> None:
    teach(school)
    asked = school.letter(title="Om min SU", text="SU-lån")
    with school.institution.transaction() as session:
        session.get_one(User, school.counsellor_id).is_active = False
    found = suggestion(school, asked)
    assert found is None or found.user is None or found.user.id != school.counsellor_id


def test_never_suggest_this_holds_for_a_reason_and_for_a_target(school: School) -> None:
    teach(school)
    asked = school.letter(title="Om min SU", text="SU-lån")
    found = suggestion(school, asked)
    assert found is not None
    feature = next(one.feature for one in found.reasons if one.feature is not None)
    with school.institution.transaction(school.clerk.scope) as session:
        letter = session.get_one(Letter, asked)
        never_suggest(session, school.clerk, letter, feature=feature)
        never_suggest(session, school.clerk, letter, feature=feature)
    found = suggestion(school, asked)
    assert found is not None
    assert feature.index not in [one.feature.index for one in found.reasons if one.feature]
    with school.institution.transaction(school.clerk.scope) as session:
        letter = session.get_one(Letter, asked)
        never_suggest(session, school.clerk, letter, target=found.target)
    again = suggestion(school, asked)
    assert again is None or again.target != found.target
    with school.institution.transaction(school.boss.scope) as session:
        rows = session.scalars(sa.select(NeverSuggested).order_by(NeverSuggested.id)).all()
        assert [shown_never(session, row) for row in rows] == [
            (feature.kind.value, feature.shown), ("", ""),
        ]  # fmt: skip
        assert feature.shown.encode() not in (rows[0].shown or b"")
        for row in rows:
            suggest_again(session, school.boss, row)
    assert suggestion(school, asked) is not None


def test_accuracy_is_that_of_suggestions_made_before_the_answer_was_known(school: School) -> None:
    teach(school)
    with school.institution.reading() as session:
        [month] = accuracy(session, school.boss)
        assert month.month == date.today().replace(day=1)
        assert month.routed == 8
        assert 0 < month.suggested < 8
        assert month.right == month.suggested
        assert month.share == month.right / 8
