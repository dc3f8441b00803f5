"""Numbers: the rules of protocols/identifiers.md, against python-stdnum where the rules agree."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import exceptions
from stdnum.dk import cpr as stdnum_cpr
from stdnum.dk import cvr as stdnum_cvr

from digitalpost import identifiers
from digitalpost.identifiers import IdentifierKind, InvalidIdentifier, parse

ten = st.text("0123456789", min_size=10, max_size=10)
eight = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("0101010000", date(1901, 1, 1)),
        ("0101013999", date(1901, 1, 1)),
        ("0101364000", date(2036, 1, 1)),
        ("0101374000", date(1937, 1, 1)),
        ("0101575000", date(2057, 1, 1)),
        ("0101585000", date(1858, 1, 1)),
        ("0101578999", date(2057, 1, 1)),
        ("0101588999", date(1858, 1, 1)),
        ("0101369000", date(2036, 1, 1)),
        ("0101379000", date(1937, 1, 1)),
        ("2902000000", None),  # 1900 was no leap year
        ("2902004000", date(2000, 2, 29)),
        ("6101010000", date(1901, 1, 1)),
        ("9101010000", date(1901, 1, 31)),
        ("9201010000", None),
        ("6001010000", None),
        ("0001010000", None),
        ("0113010000", None),
        ("010101000", None),
        ("01010100٣0", None),
    ],
)
def test_the_birth_date_of_a_number(number: str, born: date | None) -> None:
    assert identifiers.birth_date(number) == born


@given(ten)
def test_birth_dates_agree_with_stdnum(number: str) -> None:
    if number[0] > "5":
        return  # stdnum knows no replacement numbers
    born = identifiers.birth_date(number)
    try:
        assert born == stdnum_cpr.get_birth_date(number)
    except exceptions.InvalidComponent:  # no such date, or one that is still to come
        assert born is None or born > date.today()
    assert identifiers.cpr_checks(number) == (stdnum_cpr.checksum(number) == 0)


@given(eight)
def test_cvr_numbers_agree_with_stdnum(number: str) -> None:
    assert identifiers.cvr_checks(number) == stdnum_cvr.is_valid(number)


@given(st.text(max_size=24))
def test_whatever_is_typed_is_a_number_or_a_sentence_without_it(text: str) -> None:
    try:
        found = parse(text)
    except InvalidIdentifier as error:
        assert str(error).endswith(".")
        assert not any(sign.isdigit() for sign in text) or text not in str(error) or len(text) < 3
    else:
        assert found.number.isascii() and len(found.number) in (8, 10)
        assert found.kind is IdentifierKind.CVR or found.number not in f"{found} {found!r}"


@given(ten, st.sampled_from(["-", " ", "\u2013", "\u00a0", "\u00ad", " - ", ""]))
def test_a_number_is_the_same_however_it_is_written(number: str, between: str) -> None:
    if identifiers.birth_date(number) is None:
        return
    assert parse(f" {number[:6]}{between}{number[6:]} ").number == number


def test_a_birth_date_to_come_is_refused_only_when_we_know_the_day() -> None:
    assert parse("0101364000").number == "0101364000"
    with pytest.raises(InvalidIdentifier, match="endnu"):
        parse("0101364000", today=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2011, 6, 1), date(2026, 5, 31), 14),
        (date(2011, 6, 1), date(2026, 6, 1), 15),
    ],
)
def test_age_is_whole_years(born: date, on: date, years: int) -> None:
    assert identifiers.age(born, on) == years
