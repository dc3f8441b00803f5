"""A CVR number in the letterhead is the sender's; in the body it is somebody who gets a letter."""

from pathlib import Path

import pymupdf

from digitalpost.pdf.owners import Plan, plan_letters
from digitalpost.pdf.read import read_source
from digitalpost.pdf.source import Source

OURS = "Skolen · CVR-nr. 99000015"
FIRM = "Firma CVR-nr. 99000023"
ANNA, BO = "CPR-nr. 010203-1234", "CPR-nr. 040506-2345"
TOP, BODY, FOOT = 40, 400, 820


def make_plan(tmp_path: Path, *pages: dict[int, str]) -> Plan:
    path = tmp_path / "letter.pdf"
    with pymupdf.open() as document:
        for lines in pages:
            page = document.new_page(width=595, height=842)
            page.insert_text((60, 200), "Kære modtager, her er et brev, som er langt nok til at "
                             "blive læst som tekst.", fontsize=10)  # fmt: skip
            for height, line in lines.items():
                page.insert_text((60, height), line, fontsize=9)
        document.save(path)
    with Source(path) as source:
        return plan_letters(list(read_source(source, range(1, len(pages) + 1))))


def shape(plan: Plan) -> list[tuple]:
    return [(letter.pages, letter.number, letter.verdict.value) for letter in plan.letters]


def test_our_own_paper_does_not_stop_a_single_letter(tmp_path):
    plan = make_plan(tmp_path, {BODY: ANNA, FOOT: OURS}, {FOOT: OURS})
    assert shape(plan) == [((1, 2), "0102031234", "green")]
    plan = make_plan(tmp_path, {BODY: ANNA, TOP: OURS}, {TOP: OURS})
    assert shape(plan) == [((1, 2), "0102031234", "green")]


def test_a_company_in_the_body_beside_a_person_is_a_conflict(tmp_path):
    assert shape(make_plan(tmp_path, {BODY: ANNA, BODY + 20: FIRM})) == [((1,), None, "red")]


def test_a_letter_to_a_company_on_our_own_paper_is_the_companys(tmp_path):
    plan = make_plan(tmp_path, {BODY: FIRM, FOOT: OURS}, {FOOT: OURS})
    assert shape(plan) == [((1, 2), "99000023", "green")]


def test_a_number_that_is_only_at_the_foot_is_nobodys(tmp_path):
    plan = make_plan(tmp_path, {FOOT: OURS}, {FOOT: OURS})
    assert shape(plan) == [((1, 2), None, "red")]
    assert [error.code for error in plan.errors] == ["no_number"]


def test_two_letters_on_our_own_paper_stay_two(tmp_path):
    plan = make_plan(tmp_path, {BODY: ANNA, FOOT: OURS}, {BODY: BO, FOOT: OURS}, {FOOT: OURS})
    assert shape(plan) == [((1,), "0102031234", "green"), ((2, 3), "0405062345", "green")]
