"""Matching: an attachment goes to the one letter that its numbers name, or to nobody."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digitalpost.mailings.attachment_match import Doubt, File, Match, match_files
from digitalpost.models import MatchedBy

NUMBERS = [f"cpr:{n}" for n in range(6)] + ["cvr:1", "cvr:2"]
numbers = st.frozensets(st.sampled_from(NUMBERS), max_size=3)
letters = st.dictionaries(
    st.sampled_from(NUMBERS), st.lists(st.integers(1, 9), min_size=1, max_size=2, unique=True)
)
files = st.lists(
    st.tuples(numbers, numbers, st.one_of(st.none(), st.integers(1, 9))), max_size=8
).map(lambda rows: [File(id_, *row) for id_, row in enumerate(rows, start=1)])


@given(files, letters)
def test_every_match_is_named_by_its_file_or_said_by_a_person(
    given_files: list[File], by_number: dict[str, list[int]]
) -> None:
    found = match_files(given_files, by_number)
    assert set(found) == {file.id for file in given_files}
    for file in given_files:
        match = found[file.id]
        match match.by:
            case MatchedBy.HAND:
                assert match.letter == file.chosen
            case MatchedBy.FILE_NAME:
                assert {by for one in file.in_name for by in by_number.get(one, ())} == {
                    match.letter
                }
            case MatchedBy.CONTENT:
                assert {by for one in file.in_content for by in by_number.get(one, ())} == {
                    match.letter
                }
                assert not any(one.startswith("cpr:") for one in file.in_name)
            case None:
                assert match.letter is None
                assert match.doubt is not None


@given(files, letters)
def test_no_letter_gets_two_files_unless_a_person_said_so(
    given_files: list[File], by_number: dict[str, list[int]]
) -> None:
    found = match_files(given_files, by_number)
    times = Counter(match.letter for match in found.values() if match.letter is not None)
    for match in found.values():
        if match.letter is not None and times[match.letter] > 1:
            assert match.by is MatchedBy.HAND


@given(files, letters, st.randoms())
def test_the_order_of_the_files_changes_nothing(
    given_files: list[File], by_number: dict[str, list[int]], chance: object
) -> None:
    mixed = list(given_files)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert match_files(mixed, by_number) == match_files(given_files, by_number)


@given(files, letters)
def test_numbers_of_people_without_a_letter_match_nobody(
    given_files: list[File], by_number: dict[str, list[int]]
) -> None:
    strangers = {number: ids for number, ids in by_number.items() if number.startswith("cvr:")}
    for file in given_files:
        if file.chosen is None and not any(one.startswith("cvr:") for one in file.in_name):
            alone = match_files([file], strangers)[file.id]
            assert alone.by is not MatchedBy.FILE_NAME


def one(in_name: str = "", in_content: str = "", chosen: int | None = None) -> Match:
    file = File(1, frozenset(in_name.split()), frozenset(in_content.split()), chosen)
    return match_files([file], {"cpr:anna": [1], "cpr:bo": [2], "cpr:twice": [3, 4], "cvr:a": [5]})[
        1
    ]


def test_the_name_goes_before_the_content() -> None:
    assert one("cpr:anna") == Match(1, MatchedBy.FILE_NAME)
    assert one("", "cpr:anna cpr:teacher") == Match(1, MatchedBy.CONTENT)
    assert one("cpr:anna", "cpr:anna cpr:bo") == Match(1, MatchedBy.FILE_NAME)
    assert one("cvr:a") == Match(5, MatchedBy.FILE_NAME)
    assert one("cvr:other", "cpr:bo") == Match(2, MatchedBy.CONTENT)


def test_what_is_not_certain_is_a_doubt() -> None:
    assert one().doubt is Doubt.NOBODY
    assert one("", "cpr:teacher").doubt is Doubt.NOBODY
    assert one("cpr:teacher", "cpr:anna").doubt is Doubt.UNKNOWN_NAME
    assert one("cpr:anna cpr:bo").doubt is Doubt.SEVERAL_LETTERS
    assert one("", "cpr:anna cpr:bo").doubt is Doubt.SEVERAL_LETTERS
    assert one("", "cpr:twice").doubt is Doubt.SEVERAL_LETTERS
    assert one("cpr:anna", "cpr:bo").doubt is Doubt.CONTRADICTION


def test_two_files_for_one_letter_are_both_in_doubt() -> None:
    letters_to = {"cpr:anna": [1], "cpr:bo": [2]}
    anna, bo = frozenset({"cpr:anna"}), frozenset({"cpr:bo"})
    nothing: frozenset[str] = frozenset()
    found = match_files(
        [File(1, anna, nothing), File(2, nothing, anna), File(3, bo, bo)], letters_to
    )
    assert [found[at].doubt for at in (1, 2, 3)] == [Doubt.SEVERAL_FILES, Doubt.SEVERAL_FILES, None]
    chosen = match_files([File(1, anna, nothing, 1), File(2, nothing, anna)], letters_to)
    assert (chosen[1].letter, chosen[2].doubt) == (1, Doubt.SEVERAL_FILES)
    both = match_files([File(1, anna, nothing, 1), File(2, nothing, anna, 1)], letters_to)
    assert {both[1].letter, both[2].letter} == {1}
