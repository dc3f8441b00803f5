"""Witnesses: a wrong letter is never green, a right one nearly always is."""

from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from benchmarks.planted_faults import GREEN_GOAL, score
from digitalpost.pdf.clues import name_in_address, side_of
from digitalpost.pdf.names import first_name_fits, same_person, stands_in
from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.read import read_source
from digitalpost.pdf.source import Source
from digitalpost.pdf.splits import SplitChoice, SplitMethod, split_letters
from digitalpost.verdict import Verdict
from tests.inputs.faults import FAULTS, plant_faults
from tests.inputs.people import make_people
from tests.inputs.reportlab_merge import write_reportlab_merge
from tests.inputs.table_merge import write_table_merge
from tests.inputs.word import write_word_merge
from tests.inputs.written import write_number

FOOTER = "Skolen · CVR 99000015"


def split_file(path: Path, **options) -> list[PlannedLetter]:
    with Source(path) as source:
        readings = list(read_source(source, range(1, source.document.page_count + 1)))
    return list(split_letters(readings, **options).letters)


@pytest.mark.parametrize("layout", [write_word_merge, write_reportlab_merge, write_table_merge])
def test_no_planted_fault_is_green_and_right_letters_are(tmp_path, layout):
    result = score(plant_faults(tmp_path / "merge.pdf", layout, letters=100, each=1), processes=1)
    assert result.green_but_wrong == []
    missed = {kind for kind in FAULTS if result.found[kind] < result.planted[kind]}
    assert not missed
    assert result.green_share >= GREEN_GOAL - 0.02  # of so few letters one in doubt is 1 %


def test_a_merge_where_every_name_is_one_row_off_has_no_green_letter(tmp_path):
    people = make_people(12)
    names = {person.cpr: people[place - 1].name for place, person in enumerate(people)}
    path = write_word_merge(tmp_path / "merge.pdf", people)
    letters = split_file(path, names=names)
    assert {letter.verdict for letter in letters} == {Verdict.RED}
    assert {reason.code for letter in letters for reason in letter.reasons} >= {"other_name"}


def test_a_new_recipient_gets_the_name_of_the_address_block(tmp_path):
    people = make_people(3)
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", people))
    assert [letter.proposed_name for letter in letters] == [person.name for person in people]


def test_a_single_letter_that_lacks_its_last_page_is_in_doubt(tmp_path):
    path = write_word_merge(tmp_path / "merge.pdf", make_people(1), pages_each=3)
    with pymupdf.open(path) as document:
        document.delete_page(2)
        document.save(tmp_path / "short.pdf")
    [letter] = split_file(tmp_path / "short.pdf")
    assert letter.verdict is Verdict.YELLOW
    assert [reason.code for reason in letter.reasons if reason.code != "no_modulus"] == [
        "page_missing"
    ]


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Side 2 af 3", (2, 3)),
        ("Brev · Side 2\n", (2, 0)),
        ("side 1/2", (1, 2)),
        ("Hej\n1/2", (1, 2)),
        ("Page 3 of 4", (3, 4)),
        ("Læs mere på side 4 i bogen", None),
        ("Lindevang, den 1/6", None),
        ("Indsiden 4 er blå", None),
        ("Side 3 af 2", None),
    ],
)
def test_a_page_says_which_page_it_is(text, side):
    assert side_of(text) == side


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anna Marie Jensen", "Anna Jensen", True),
        ("Jensen, Anna", "Anna Jensen", True),
        ("Bo Aagaard", "Bo Ågård", True),
        ("Søren Kristensen", "Soeren Christensen", True),
        ("Anna M. Jensen", "Anna Marie Jensen", True),
        ("Anna Jensen", "Anna Hansen", False),
        ("Anna Jensen", "Bo Jensen", False),
        ("Anna Lise Jensen", "Anna Marie Jensen", False),
        ("", "Anna Jensen", False),
    ],
)
def test_names_are_compared_as_people_write_them(one, other, same):
    assert same_person(one, other) is same
    assert same_person(other, one) is same


def test_a_name_is_found_in_a_text_and_a_greeting():
    assert stands_in("Anna Marie Jensen", "Elev: Anna Jensen, 2.b")
    assert not stands_in("Anna Marie Jensen", "Elev: Anna Hansen, 2.b")
    assert first_name_fits("Anna og familie", "Anna Marie Jensen")
    assert not first_name_fits("Bo", "Anna Marie Jensen")


def test_the_name_in_an_address_is_above_the_street():
    assert name_in_address(("Skolen", "Bo Lyng Ås", "Ørnevej 3", "9991 Lindevang")) == "Bo Lyng Ås"
    assert name_in_address(("Bo Lyng Ås", "c/o Eva Ås", "Ørnevej 3", "9991 X")) == "Bo Lyng Ås"
    assert name_in_address(("9991 Lindevang",)) == ""


def verdicts(letters: list[PlannedLetter]) -> dict[str, set[str]]:
    """Codes of the reasons of each letter that is not green, by number."""
    return {
        letter.number or "": {reason.code for reason in letter.reasons} - {"no_modulus"}
        for letter in letters
        if letter.verdict is not Verdict.GREEN
    }


def test_a_number_that_stands_elsewhere_than_in_the_other_letters_is_in_doubt(tmp_path):
    people = make_people(30)
    parent = make_people(1, seed=9)[0]
    path = write_word_merge(tmp_path / "merge.pdf", people)
    with pymupdf.open(path) as document:
        page = document[14]
        for quad in page.search_for(write_number(people[7].cpr), quads=True):
            page.add_redact_annot(quad, cross_out=False)
        page.apply_redactions(images=0, graphics=0)
        page.insert_text((60, 140), f"Kopi til {parent.name}, CPR-nr. {write_number(parent.cpr)}")
        document.save(tmp_path / "wrong.pdf")
    for names in ({}, {person.cpr: person.name for person in people}):
        found = verdicts(split_file(tmp_path / "wrong.pdf", names=names))
        assert "other_place" in found.pop(parent.cpr)
        assert not found


def test_one_unknown_number_where_all_the_others_are_known_is_in_doubt(tmp_path):
    people = make_people(30)
    names = {person.cpr: person.name for person in people[1:]}
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", people), names=names)
    assert verdicts(letters) == {people[0].cpr: {"unknown_number"}}


def test_new_recipients_are_no_reason_for_doubt_where_there_are_some_of_them(tmp_path):
    people = make_people(30)
    names = {person.cpr: person.name for person in people[3:]}
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", people), names=names)
    assert verdicts(letters) == {}


def test_one_name_and_address_under_two_numbers_is_in_doubt_with_an_empty_register(tmp_path):
    people = make_people(40)
    people[20] = replace(people[3], cpr=people[20].cpr)
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", people))
    wrong = (people[3].cpr, people[20].cpr)
    assert verdicts(letters) == {number: {"same_address"} for number in wrong}


def test_letters_about_several_children_to_the_same_parents_are_fine(tmp_path):
    people = make_people(40)
    for child in range(0, 20, 2):
        people[child + 1] = replace(people[child], cpr=people[child + 1].cpr)
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", people))
    assert verdicts(letters) == {}


def test_one_number_under_two_names_is_in_doubt_even_where_many_get_several_letters(tmp_path):
    people = make_people(40)
    people[20] = replace(people[20], cpr=people[3].cpr)
    moved = [replace(person, address=people[at - 1].address) for at, person in enumerate(people)]
    several = [one for both in zip(people, moved, strict=True) for one in both][:60] + people[30:]
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", several), choice=two_pages())
    found = [letter for letter in letters if letter.verdict is not Verdict.GREEN]
    assert {letter.number for letter in found} == {people[3].cpr}
    assert all("two_names" in {one.code for one in letter.reasons} for letter in found)


def test_letters_about_a_child_to_each_of_its_parents_are_fine(tmp_path):
    people = make_people(40)
    both = [replace(one, cpr=people[at - at % 2].cpr) for at, one in enumerate(people)]
    letters = split_file(write_word_merge(tmp_path / "merge.pdf", both), choice=two_pages())
    assert verdicts(letters) == {}


def test_pages_that_strayed_do_not_hide_that_a_number_stands_elsewhere(tmp_path):
    people = make_people(30)
    parent = make_people(1, seed=9)[0]
    path = write_word_merge(tmp_path / "merge.pdf", people, number_on="every")
    with pymupdf.open(path) as document:
        for page in (document[14], document[15]):
            for quad in page.search_for(write_number(people[7].cpr), quads=True):
                page.add_redact_annot(quad, cross_out=False)
            page.apply_redactions(images=0, graphics=0)
        words = f"Kopi til {parent.name}, CPR-nr. {write_number(parent.cpr)}"
        document[14].insert_text((60, 140), words)
        for strayed in (21, 31, 41):
            document.move_page(strayed, 2)
        document.save(tmp_path / "wrong.pdf")
    found = verdicts(split_file(tmp_path / "wrong.pdf"))
    assert "other_place" in found[parent.cpr]


def two_pages() -> SplitChoice:
    return SplitChoice(SplitMethod.PAGES, pages_each=2)
