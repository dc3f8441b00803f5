"""What counts as a number on a page, and what does not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitalpost.identifiers import cpr_checks
from digitalpost.pdf.loose import find_loose, holds, places_of_number
from digitalpost.pdf.numbers import find_numbers

CPR = "0102031234"
CVR = "99000023"


def found(text: str, **options) -> list[tuple[str, str]]:
    return [(hit.kind.value, hit.number) for hit in find_numbers(text, **options)]


@pytest.mark.parametrize(
    "written",
    [
        "010203-1234",
        *(f"010203{hyphen}1234" for hyphen in "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"),
        "010203 - 1234",
        "010203- 1234",
        "010203 \u2013 1234",
        "010203-\n1234",
        "010203 -\n1234",
        "010203\u00a0-\u00a01234",
        "010203 1234",
        "010203\u00a01234",
        "010203\u202f1234",
        "0 1 0 2 0 3 - 1 2 3 4",
        "0 1 0 2 0 3-1 2 3 4",
        "0\u00a01\u00a00\u00a02\u00a00\u00a03\u00a0-\u00a01\u00a02\u00a03\u00a04",
        "01 02 03-1234",
        "010203-12\n34",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "Kære forælder {} Hej", "CPR-nr.: {}\nSkolegade 4", "({})"]
)
def test_a_cpr_number_is_found_however_it_is_written(written, around):
    assert found(around.format(written)) == [("cpr", CPR)]


@pytest.mark.parametrize(
    "label",
    [
        "CPR",
        "CPR-nr.",
        "CPR-nummer:",
        "cpr.nr. ",
        "Cpr nr:",
        "Personnummer",
        "personnr.: ",
        "C.P.R. nr.",
    ],
)
def test_ten_bare_digits_count_after_a_word_that_says_cpr(label):
    assert found(f"{label} 0102031234") == [("cpr", CPR)]
    assert found(f"{label}\n0102031234") == [("cpr", CPR)]


def test_ten_bare_digits_count_before_cpr_in_brackets_and_go_on_through_a_list():
    assert found("0102031234 (CPR)") == [("cpr", CPR)]
    assert found("CPR-numre: 0102031234, 0405061234 og 0708091234") == [
        ("cpr", CPR),
        ("cpr", "0405061234"),
        ("cpr", "0708091234"),
    ]


def test_ten_bare_digits_count_when_the_recipient_is_known():
    assert found("Elev 0102031234") == []
    assert found("Elev 0102031234", known=lambda kind, number: number == CPR) == [("cpr", CPR)]


@pytest.mark.parametrize(
    "text",
    [
        "0102031234",
        "Faktura 20260601123456789012",
        "Fakturanr. 010203-1234",
        "Faktura 0102031234",
        "reg. 1234 konto 0102031234",
        "Kontonr.: 0102031234",
        "Ordre 0102031234",
        "Ordrenummer 010203-1234",
        "tlf. 010203 1234",
        "Telefon 12 34 56 78",
        "EAN 5790000000005",
        "IBAN DK50 0040 0440 1162 43",
        "P-nummer 1010101010",
        "P-nr. 1010101010",
        "Journalnr. 010203-1234",
        "J.nr. 010203-1234",
        "Sagsnr.: 010203-1234",
        "Sag 010203-1234",
        "CPR-nr. ukendt, kontonr. 0102031234",
        "12010203-1234",
        "010203-12345",
        "2024-010203-1234",
        "010203-1234-5678",
        "1.010203-1234",
        "Dato 01-02-2026 kl. 12.34",
        "Beløb 010.203,12",
        "7 0 1 0 2 0 3 - 1 2 3 4",
        "0 1 0 2 0 3 - 1 2 3 4 5",
        "CVR-nr. ikke oplyst",
        "99000023",
        "Ring til os på 99000023",
        "se 99000023",
        "",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert found(text) == []


def test_a_word_that_says_cpr_wins_over_a_word_that_says_something_else():
    assert found("Sag om CPR-nr. 010203-1234") == [("cpr", CPR)]
    assert found("Faktura 0405061234 til CPR 010203-1234") == [("cpr", CPR)]


@pytest.mark.parametrize(
    "text",
    [
        "CVR 99 00 00 23",
        "CVR-nr.: DK99000023",
        "CVR-nr. 99000023",
        "cvr.nr. 99000023",
        "CVR-nummer: 99000023",
        "CVR/SE-nr. 99000023",
        "CVR nr.\n99000023",
        "SE-nr. 99000023",
        "SE 99000023",
        "(CVR: 99000023)",
    ],
)
def test_a_cvr_number_needs_its_word(text):
    assert found(text) == [("cvr", CVR)]


def test_our_own_cvr_number_is_nobody():
    assert found("CVR 99000023, CVR 99000031", own_cvr=frozenset({CVR})) == [("cvr", "99000031")]


@pytest.mark.parametrize(
    ("text", "labelled"),
    [
        ("CPR 320203-1234", True),
        ("320203-1234", False),
        ("CPR-nr. 300299-1234", True),
        ("CPR: 9913991234", True),
        ("CPR-nr. 000000-0000", True),
        ("CVR-nr. 12345678", True),
    ],
)
def test_a_number_that_cannot_exist_is_reported_as_such(text, labelled):
    [hit] = find_numbers(text)
    assert (hit.kind, hit.has_context) == ("impossible", labelled)


@pytest.mark.parametrize(
    "text", ["Faktura 320203-1234", "Ordre 9913991234", "320203 1234", "9913991234"]
)
def test_an_impossible_date_elsewhere_is_no_number_at_all(text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["610203-1234", "CPR 6102031234", "910103-1234"])
def test_a_replacement_number_is_told_apart(text):
    assert [kind for kind, _ in found(text)] == ["replacement"]


def test_a_replacement_number_with_letters_is_told_apart():
    assert found("CPR-nr. 010203-ABC1") == [("replacement", "010203ABC1")]


def test_loose_digits_are_seen_in_every_division_but_not_inside_longer_numbers():
    for text in (
        "010203.1234",
        "01.02.03-1234",
        "01 02 03 12 34",
        "konto 1234 0102031234",
        "1-010203-1234",
    ):
        hits = find_numbers(text)
        assert CPR in {loose.number for loose in find_loose(text, hits)}, text
        assert holds(text, CPR)
    assert not holds("901020312345", CPR)
    assert find_loose("20260601020312345678", []) == []


def test_loose_digits_are_suspicious_only_with_their_check_digit_and_no_other_word():
    number = next(f"070101{last:04d}" for last in range(100) if cpr_checks(f"070101{last:04d}"))
    [good] = find_loose(f"Elev {number}", [])
    [wrong] = find_loose(f"Elev {int(number) + 1:010d}", [])
    [paid] = find_loose(f"Konto {number}", [])
    assert good.suspicious and not wrong.suspicious and not paid.suspicious


def test_hits_do_not_show_the_number_when_printed():
    [hit] = find_numbers("CPR 010203-1234")
    assert "0102" not in repr(hit) and "1234" not in repr(hit)


cprs = st.builds(
    lambda day, last: f"{day:%d%m%y}{last:04d}",
    st.dates(date(1937, 1, 1), date(1999, 12, 31)),
    st.integers(0, 3999),
)


@given(cprs, st.sampled_from("-\u00ad\u2010\u2011\u2212"), st.text("abc æøå.,\n", max_size=40))
def test_any_real_number_is_found_at_its_place(number, hyphen, words):
    raw = f"{number[:6]}{hyphen}{number[6:]}"
    text = f"{words} {raw} {words}"
    [hit] = find_numbers(text)
    assert (hit.kind, hit.number) == ("cpr", number)
    assert text[hit.start : hit.start + len(hit.raw)] == raw == hit.raw
    assert places_of_number(text, number) == [(hit.start, raw)]


@given(st.text(max_size=200))
def test_no_text_at_all_makes_the_finder_fail(text):
    for hit in find_numbers(text):
        assert text[hit.start : hit.start + len(hit.raw)] == hit.raw
    find_loose(text, [])


@given(st.text("0123456789 -.\nCPRnr:", max_size=200))
def test_hits_never_overlap(text):
    end = 0
    for hit in find_numbers(text, known=lambda kind, number: True):
        assert hit.start >= end
        end = hit.start + len(hit.raw)
