"""Who gets a letter about a young person: the rules by age, around every birthday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitalpost.identifiers import Identifier
from digitalpost.models import AgeRule
from digitalpost.registers.guardians import (
    Copy,
    custody_holders,
    danish_date,
    suggest_copies,
    unknown_to_the_register,
)
from digitalpost.registers.person import Custody, Guardian, Person, Relative
from digitalpost.wording import holds_cpr
from tests.registers.making import cpr

CHILD, MOTHER, FATHER, OTHER = (
    cpr("0102124234"),
    cpr("0503851232"),
    cpr("0611831235"),
    cpr("0907801230"),
)
BOTH = (Custody(3), Custody(4))
HER, HIM = Relative(MOTHER), Relative(FATHER)
births = st.dates(date(1990, 1, 1), date(2026, 12, 31))


def make_person(
    *,
    born: date | None = date(2012, 2, 1),
    identifier: Identifier = CHILD,
    status: int | None = 1,
    custody: tuple[Custody, ...] = BOTH,
    mother: Relative | None = HER,
    father: Relative | None = HIM,
    guardian: Guardian | None = None,
) -> Person:
    return Person(
        identifier=identifier,
        name="Emma Eksempel",
        birth_date=born,
        status=status,
        mother=mother,
        father=father,
        custody=custody,
        guardian=guardian,
    )


def birthday(born: date, years: int) -> date:
    """The birthday; 1 March for a 29 February in common years."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


@given(births, st.integers(-400, 400))
def test_who_gets_the_letter_changes_on_the_fifteenth_and_on_the_eighteenth_birthday(
    born: date, days: int
) -> None:
    for years in (15, 18):
        on = birthday(born, years) + timedelta(days=days)
        suggestion = suggest_copies(make_person(born=born), on)
        turned_15, turned_18 = on >= birthday(born, 15), on >= birthday(born, 18)
        assert suggestion.main_to_child is turned_15
        assert [one.identifier for one in suggestion.copies_to] == (
            [] if turned_18 else [MOTHER, FATHER]
        )
        expected = (
            AgeRule.FROM_18
            if turned_18
            else AgeRule.FROM_15_TO_17
            if turned_15
            else AgeRule.UNDER_15
        )
        assert suggestion.rule is expected


@pytest.mark.parametrize(
    ("on", "rule"),
    [
        (date(2027, 2, 28), AgeRule.UNDER_15),
        (date(2027, 3, 1), AgeRule.FROM_15_TO_17),
        (date(2030, 2, 28), AgeRule.FROM_15_TO_17),
        (date(2030, 3, 1), AgeRule.FROM_18),
    ],
)
def test_somebody_born_on_29_february_turns_on_1_march_in_common_years(
    on: date, rule: AgeRule
) -> None:
    assert suggest_copies(make_person(born=date(2012, 2, 29)), on).rule is rule


def test_the_birth_date_of_the_register_wins_over_the_number() -> None:
    assert suggest_copies(make_person(born=date(2008, 1, 1)), date(2026, 1, 1)).rule is (
        AgeRule.FROM_18
    )
    assert suggest_copies(make_person(born=None), date(2026, 11, 23)).rule is AgeRule.UNDER_15


def test_the_date_is_the_danish_one() -> None:
    assert danish_date(datetime(2026, 1, 31, 23, 30, tzinfo=UTC)) == date(2026, 2, 1)
    assert danish_date(datetime(2026, 6, 30, 21, 59, tzinfo=UTC)) == date(2026, 6, 30)


def test_a_parent_without_a_custody_entry_is_no_guardian() -> None:
    person = make_person(custody=(Custody(3),))
    assert custody_holders(person, date(2026, 1, 1)) == (Copy("mor", MOTHER),)
    assert custody_holders(make_person(custody=()), date(2026, 1, 1)) == ()


def test_custody_that_is_deleted_or_has_not_begun_does_not_count() -> None:
    person = make_person(
        custody=(Custody(3, end=date(2026, 5, 1)), Custody(4, start=date(2026, 5, 1)))
    )
    assert [one.relation for one in custody_holders(person, date(2026, 4, 30))] == ["mor"]
    assert [one.relation for one in custody_holders(person, date(2026, 5, 1))] == ["far"]


def test_the_number_in_the_entry_goes_before_that_of_the_parent() -> None:
    person = make_person(custody=(Custody(4, identifier=OTHER),))
    assert [one.identifier for one in custody_holders(person, date(2026, 1, 1))] == [OTHER]


def test_somebody_who_has_custody_in_two_ways_gets_one_copy() -> None:
    person = make_person(custody=(Custody(3), Custody(5, identifier=MOTHER)))
    assert [one.relation for one in custody_holders(person, date(2026, 1, 1))] == ["mor"]


def test_a_guardian_without_a_number_is_named_and_cannot_be_reached_digitally() -> None:
    father = Relative(None, "Jens Udland", date(1980, 1, 1))
    person = make_person(custody=(Custody(4),), father=father)
    assert custody_holders(person, date(2026, 1, 1)) == (Copy("far", None, "Jens Udland"),)


def test_the_basis_says_age_and_date_and_who_has_custody_and_no_number() -> None:
    person = make_person(custody=(Custody(3), Custody(5, identifier=OTHER)))
    assert str(suggest_copies(person, date(2026, 11, 23)).basis) == (
        "Modtageren er 14 år den 23. november 2026 (født 1. februar 2012) og har ikke egen "
        "postkasse. Brevet går til den, der har forældremyndigheden ifølge CPR: mor og anden "
        "indehaver af forældremyndigheden."
    )


def test_a_child_whom_nobody_has_custody_of_is_said_so() -> None:
    suggestion = suggest_copies(make_person(custody=()), date(2026, 11, 23))
    assert (suggestion.main_to_child, suggestion.copies_to) == (False, ())
    assert suggestion.basis.code == "no_custody"


def test_an_adult_under_guardianship_is_left_to_the_clerk() -> None:
    guardian = Guardian(1, OTHER, start=date(2024, 5, 1))
    adult = make_person(born=date(1990, 1, 1), custody=(), guardian=guardian)
    suggestion = suggest_copies(adult, date(2026, 11, 23))
    assert (suggestion.main_to_child, suggestion.copies_to) == (True, (Copy("værge", OTHER),))
    assert suggestion.basis.code == "guardian"
    before = suggest_copies(adult, date(2024, 4, 30))
    assert (before.basis.code, before.copies_to) == ("", ())


@pytest.mark.parametrize("status", [20, 30, 50, 60, 70, 80, 90, None])
@pytest.mark.parametrize("born", [date(2015, 1, 1), date(2010, 1, 1), date(1990, 1, 1)])
def test_nobody_gets_a_copy_about_somebody_who_is_not_to_be_written_to(
    status: int | None, born: date
) -> None:
    suggestion = suggest_copies(make_person(status=status, born=born), date(2026, 11, 23))
    assert suggestion.copies_to == ()
    assert suggestion.basis.code == "status"


@given(births, st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from([1, 3, 5, 7, 50, 90]))
def test_no_basis_ever_holds_a_number(born: date, on: date, status: int) -> None:
    assert not holds_cpr(str(suggest_copies(make_person(born=born, status=status), on).basis))
    assert not holds_cpr(str(unknown_to_the_register(CHILD, on).basis))
