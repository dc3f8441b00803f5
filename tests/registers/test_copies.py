"""Copies to guardians: fetched when needed, decided by somebody, and never for the wrong letter."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.errors import Forbidden, Refused
from digitalpost.institution import Institution
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    Event,
    GuardianSuggestion,
    Letter,
    Mailing,
    MailingStatus,
    Recipient,
    RecipientUnit,
)
from digitalpost.registers.copies import is_from_today, suggest_guardians, suggestions_of
from digitalpost.registers.decide_copies import (
    accept_copies,
    accepted_copies,
    decline_copies,
    number_of_copy,
    undecided,
)
from digitalpost.registers.guardians import danish_date
from tests.registers.making import (
    ADULT,
    COMPANY,
    actor_in,
    add_mailing,
    add_recipients,
    never_opened,
    unit_of,
)
from tests.sandbox_server import RunningSandbox

MOTHER, FATHER = "0503851232", "0611831235"


def make_child(sandbox: RunningSandbox, years: int, *custody: int) -> str:
    """The number of somebody who turned so many years this January; custody is with the parents."""
    born = danish_date(now()).replace(month=1, day=2)
    born = born.replace(year=born.year - years)
    number = f"{born:%d%m%y}4234" if born.year % 100 <= 36 else f"{born:%d%m%y}5234"
    sandbox.set_person(
        number,
        mother={"number": MOTHER},
        father={"number": FATHER},
        custody=[{"type": kind, "since": born.isoformat()} for kind in custody or (3, 4)],
    )
    return number


def letters_of(institution: Institution, mailing_id: int) -> list[int]:
    with institution.reading() as session:
        return list(
            session.scalars(
                sa.select(Letter.id)
                .where(Letter.mailing_id == mailing_id)
                .order_by(Letter.position)
            )
        )


def suggestion_of(institution: Institution, letter_id: int) -> GuardianSuggestion:
    with institution.reading() as session:
        return suggestions_of(session, [letter_id])[letter_id]


def accept_all(institution: Institution, mailing_id: int) -> int:
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        return accept_copies(session, actor_in(mailing.unit_id), mailing)


def test_children_get_suggestions_and_adults_are_not_looked_up(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    numbers = [make_child(sandbox, 10), make_child(sandbox, 16), ADULT, COMPANY]
    mailing_id = add_mailing(institution, numbers)
    assert suggest_guardians(institution, mailing_id).asked == 2
    first, second, *rest = letters_of(institution, mailing_id)
    with institution.reading() as session:
        found = suggestions_of(session, [first, second, *rest])
        assert found.keys() == {first, second}
        told = [
            [(one.relation, number_of_copy(session.vault, one)) for one in found[letter].copies]
            for letter in (first, second)
        ]
    assert (found[first].rule, found[first].main_to_child) == (AgeRule.UNDER_15, False)
    assert (found[second].rule, found[second].main_to_child) == (AgeRule.FROM_15_TO_17, True)
    for copies in told:
        assert [relation for relation, _ in copies] == ["mor", "far"]
        assert [number and number.number for _, number in copies] == [MOTHER, FATHER]
    assert all(one.name for one in found[first].copies)
    assert is_from_today(found[first], now())
    assert not is_from_today(found[first], now() + timedelta(days=1))


def test_no_number_stands_in_the_rows_in_clear(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    child = make_child(sandbox, 10)
    mailing_id = add_mailing(institution, [child])
    suggest_guardians(institution, mailing_id)
    accept_all(institution, mailing_id)
    with institution.engine.connect() as connection:
        rows = [
            str(row)
            for table in ("guardian_suggestions", "guardian_copies", "recipients", "events")
            for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        ]
    for number in (child, MOTHER, FATHER):
        assert not [row for row in rows if number in row]


def test_accepting_for_all_makes_the_guardians_recipients_and_says_who_decided(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, 10), make_child(sandbox, 16, 3)])
    suggest_guardians(institution, mailing_id)
    with institution.reading() as session:
        assert len(undecided(session, mailing_id)) == 2
    assert accept_all(institution, mailing_id) == 2
    assert accept_all(institution, mailing_id) == 0
    first, second = letters_of(institution, mailing_id)
    with institution.reading() as session:
        copies = accepted_copies(session, [first, second])
        assert [len(copies[first]), len(copies[second])] == [2, 1]
        mother = session.get_one(Recipient, copies[second][0].recipient_id)
        assert mother.number_masked == "050385-••••"
        assert mother.name == copies[second][0].name
        assert session.get(RecipientUnit, (mother.id, unit_of(institution, mailing_id)))
        assert undecided(session, mailing_id) == []
        kinds = session.scalars(
            sa.select(Event.kind).where(Event.letter_id == first).order_by(Event.id)
        ).all()
    assert kinds == ["letter:copies_accepted"]
    suggestion = suggestion_of(institution, first)
    assert suggestion.decision is CopyDecision.ACCEPTED
    assert suggestion.decided_at is not None


def test_one_letter_can_be_chosen_away(institution: Institution, sandbox: RunningSandbox) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, 10), make_child(sandbox, 16)])
    suggest_guardians(institution, mailing_id)
    accept_all(institution, mailing_id)
    first, second = letters_of(institution, mailing_id)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        actor = actor_in(mailing.unit_id)
        assert decline_copies(session, actor, mailing, letter_ids=[second]) == 1
    with institution.reading() as session:
        assert accepted_copies(session, [first, second]).keys() == {first}


def test_asking_again_keeps_a_decision_about_the_same_and_drops_one_about_another(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    child = make_child(sandbox, 10)
    mailing_id = add_mailing(institution, [child])
    suggest_guardians(institution, mailing_id)
    accept_all(institution, mailing_id)
    (letter,) = letters_of(institution, mailing_id)
    first = suggestion_of(institution, letter)

    suggest_guardians(institution, mailing_id, max_age=timedelta(0))
    same = suggestion_of(institution, letter)
    assert same.decision is CopyDecision.ACCEPTED
    assert same.fetched_at > first.fetched_at

    make_child(sandbox, 10, 3)
    assert suggest_guardians(institution, mailing_id, open_with=never_opened).asked == 0
    suggest_guardians(institution, mailing_id, max_age=timedelta(0))
    other = suggestion_of(institution, letter)
    assert (other.decision, other.decided_at) == (CopyDecision.PROPOSED, None)
    with institution.reading() as session:
        assert accepted_copies(session, [letter]) == {}
        (row,) = undecided(session, mailing_id)
        assert [one.relation for one in row.copies] == ["mor"]


def test_a_letter_that_was_given_to_somebody_else_has_no_copies_any_more(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, 10)])
    suggest_guardians(institution, mailing_id)
    accept_all(institution, mailing_id)
    (adult,) = add_recipients(institution, [ADULT])
    (letter_id,) = letters_of(institution, mailing_id)
    with institution.transaction() as session:
        session.get_one(Letter, letter_id).recipient_id = adult
    suggest_guardians(institution, mailing_id)
    with institution.reading() as session:
        assert accepted_copies(session, [letter_id]) == {}
        assert suggestions_of(session, [letter_id]) == {}


def test_a_child_whom_the_register_does_not_know_waits_for_somebody(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    child = make_child(sandbox, 10)
    sandbox.set_person(child, known=False)
    mailing_id = add_mailing(institution, [child])
    suggest_guardians(institution, mailing_id)
    with institution.reading() as session:
        (row,) = undecided(session, mailing_id)
    assert (row.rule, row.main_to_child) == (AgeRule.UNDER_15, False)
    assert row.basis["code"] == "unknown"


def test_a_register_that_is_away_leaves_what_was_decided(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, 10)])
    suggest_guardians(institution, mailing_id)
    accept_all(institution, mailing_id)
    sandbox.fault("answer_503", target="cpr")
    away = suggest_guardians(institution, mailing_id, max_age=timedelta(0))
    assert "CPR-registret svarer ikke" in str(away.sentence)
    (letter,) = letters_of(institution, mailing_id)
    assert suggestion_of(institution, letter).decision is CopyDecision.ACCEPTED


def test_nothing_is_decided_once_the_mailing_is_approved_or_by_a_stranger(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [make_child(sandbox, 10)])
    suggest_guardians(institution, mailing_id)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        with pytest.raises(Forbidden):
            accept_copies(session, actor_in(mailing.unit_id + 1), mailing)
        mailing.status = MailingStatus.HOLDING
        session.flush()
        with pytest.raises(Refused, match="til gennemsyn"):
            accept_copies(session, actor_in(mailing.unit_id), mailing)
