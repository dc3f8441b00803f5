"""Any invented number is somebody, the same one every time, and relatives fit together."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from digitalpost.identifiers import birth_date, cpr_checks, cvr_checks
from sandbox.companies import company_with, owner_of_unit
from sandbox.people import Mailbox, Person, person_with

TODAY = date(2026, 11, 23)


def make_numbers(count: int, *, first_year: int, last_year: int) -> list[str]:
    chance = random.Random(first_year)
    numbers = []
    for _ in range(count):
        year = chance.randint(first_year, last_year)
        serial = chance.randint(1000, 3999) if year < 2000 else chance.randint(4000, 4999)
        day, month = chance.randint(1, 28), chance.randint(1, 12)
        numbers.append(f"{day:02}{month:02}{year % 100:02}{serial}")
    return numbers


def make_person(number: str, **changes: object) -> Person:
    person = person_with(number, changes, today=TODAY)
    assert person is not None
    return person


CHILDREN = make_numbers(300, first_year=2012, last_year=2025)


def test_the_same_number_is_the_same_person_every_time() -> None:
    for number in CHILDREN[:20]:
        assert make_person(number) == make_person(number)
    assert len({make_person(number).name for number in CHILDREN}) > 100


def test_every_parent_and_guardian_is_somebody_of_age_with_a_mailbox() -> None:
    for number in CHILDREN:
        child = make_person(number)
        others = [one.number for one in child.custody if one.number]
        parents = [one.number for one in (child.mother, child.father) if one and one.number]
        for relative in [*parents, *others]:
            person = make_person(relative)
            assert person.born.year <= child.born.year - 18
            assert person.mailbox is Mailbox.REGISTERED


def test_a_child_is_named_after_a_parent() -> None:
    for number in CHILDREN:
        child = make_person(number)
        parents = [
            make_person(one.number).name if one.number else one.name
            for one in (child.mother, child.father)
            if one is not None
        ]
        assert child.name.split()[-1] in {name.split()[-1] for name in parents}


def test_a_mother_is_a_woman_and_a_father_a_man() -> None:
    for number in CHILDREN:
        child = make_person(number)
        assert child.mother is not None
        assert int(child.mother.number[-1]) % 2 == 0
        assert child.father is not None
        assert not child.father.number or int(child.father.number[-1]) % 2 == 1


def test_no_invented_relative_has_the_number_of_a_living_person() -> None:
    for number in CHILDREN:
        child = make_person(number)
        for parent in (child.mother, child.father):
            if parent is not None and parent.number:
                assert birth_date(parent.number) is not None
                assert not cpr_checks(parent.number)


def test_every_way_of_custody_occurs() -> None:
    ways = {
        tuple((one.type, bool(one.number), bool(one.ended)) for one in make_person(n).custody)
        for n in CHILDREN
    }
    mother, father = (3, False, False), (4, False, False)
    assert ways >= {
        (mother, father),
        (mother, (4, False, True)),
        (father,),
        (mother, (5, True, False)),
        (mother,),
    }
    without_number = [one for n in CHILDREN if (one := make_person(n).father) and not one.number]
    assert without_number
    assert all(father.name and father.born for father in without_number)


@pytest.mark.parametrize(
    ("days_after_turning_15", "mailbox"),
    [(-22, Mailbox.NONE), (-21, Mailbox.MADE), (-1, Mailbox.MADE), (0, Mailbox.REGISTERED)],
)
def test_the_mailbox_comes_with_the_fifteenth_birthday(
    days_after_turning_15: int, mailbox: Mailbox
) -> None:
    birthday = TODAY - timedelta(days=days_after_turning_15)
    number = f"{birthday:%d%m}{birthday.year - 15 - 2000:02}4321"
    assert make_person(number).mailbox is mailbox


def test_custody_ends_at_eighteen() -> None:
    assert make_person("2411084321").custody
    assert make_person("2311084321").custody == ()


def test_a_minor_is_twelve_whatever_the_number_says() -> None:
    for number in ("0101900004", "2411900004", "2902960004"):
        person = make_person(number)
        assert (person.age, person.mailbox) == (12, Mailbox.NONE)
        assert person.custody


@pytest.mark.parametrize("written", ["010112", "241112", "290212"])
def test_the_last_digits_make_a_fourteen_a_sixteen_and_an_eighteen_year_old(written: str) -> None:
    child, pupil, adult = (make_person(f"{written}{last}") for last in ("4014", "4016", "4018"))
    assert (child.age, pupil.age, adult.age) == (14, 16, 18)
    assert child.mailbox in {Mailbox.NONE, Mailbox.MADE}
    assert pupil.mailbox is Mailbox.REGISTERED
    assert [one.type for one in child.custody] == [one.type for one in pupil.custody] == [3, 4]
    assert child.father is not None
    assert child.father.number
    assert pupil.father is not None
    assert (bool(pupil.father.number), bool(pupil.father.name)) == (False, True)
    assert adult.custody == ()
    assert adult.guardian is not None
    assert adult.guardian.number


@pytest.mark.parametrize(
    "number", ["6102124234", "3002124321", "0101900002", "2411264321", "12", "010190123x"]
)
def test_some_numbers_are_nobody(number: str) -> None:
    assert person_with(number, today=TODAY) is None


def test_what_is_set_by_hand_decides_what_follows_from_it() -> None:
    assert make_person("0101901234", status=90).mailbox is Mailbox.CLOSED
    assert make_person("0101901234", status=80).mailbox is Mailbox.EXEMPT
    assert make_person("0101901234", status=70).mailbox is Mailbox.NONE
    assert make_person("0101901234", born=date(2014, 1, 1)).custody
    assert make_person("0101900002", known=True).mailbox is Mailbox.REGISTERED
    assert person_with("0101901234", {"known": False}, today=TODAY) is None


def test_every_company_has_units_that_lead_back_to_it() -> None:
    some = [f"{number:08}" for number in range(20_000_000, 20_002_000)]
    valid = [number for number in some if cvr_checks(number)]
    counts = set()
    for number in valid:
        company = company_with(number)
        assert company is not None
        counts.add(len(company.units))
        for unit in company.units:
            assert owner_of_unit(unit.number) == number
    assert counts == {1, 3, 4}  # the last of more than one has closed
    assert company_with("12345678") is None
    assert owner_of_unit("1123456781") == ""
