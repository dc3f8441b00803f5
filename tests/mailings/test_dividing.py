"""From a file and a way to divide it to the rows: names, proofs and pages left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.division import division_of
from digitalpost.mailings.intake import UploadedFile, take_in
from digitalpost.mailings.prepare import prepare
from digitalpost.models import LeftOutPage, Letter, Mailing, MailingChannel, MailingStatus, Verdict
from tests.inputs.people import make_people
from tests.inputs.word import write_word_merge
from tests.make_mailings import make_case_type
from tests.pdf.making import ANNA_WRITTEN, BO_WRITTEN, make_source

MORE = "Her er mere tekst, som ikke siger noget om, hvem brevet er til, men som fylder en side."


def prepare_file(institution: Institution, path: Path, **how: object) -> int:
    mailing_id = take_in(
        institution,
        OPERATOR,
        [UploadedFile(path.name, path)],
        case_type_id=make_case_type(institution),
        came_by=MailingChannel.UPLOAD,
        **how,  # type: ignore[arg-type]
    )
    assert prepare(institution, mailing_id)
    return mailing_id


def letters_of(institution: Institution, mailing_id: int) -> list[Letter]:
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        return list(session.scalars(query))


def test_a_way_to_divide_goes_from_intake_to_the_letters(
    institution: Institution, tmp_path: Path
) -> None:
    path = make_source(
        tmp_path / "a.pdf", MORE, f"CPR-nr. {ANNA_WRITTEN}", "", MORE, f"CPR-nr. {BO_WRITTEN}"
    )
    mailing_id = prepare_file(institution, path, split="blank")
    assert [letter.pages for letter in letters_of(institution, mailing_id)] == [[1, 2], [4, 5]]
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.split_method, mailing.status) == ("blank", MailingStatus.REVIEW)
        [left_out] = session.scalars(
            sa.select(LeftOutPage).where(LeftOutPage.mailing_id == mailing_id)
        )
        assert (left_out.page, left_out.reason["code"]) == (3, "separator")


def test_each_letter_has_a_proof_and_every_number_can_go(
    institution: Institution, tmp_path: Path
) -> None:
    text = f"CPR-nr. {ANNA_WRITTEN} og forælder CPR-nr. {BO_WRITTEN}"
    path = make_source(tmp_path / "a.pdf", text)
    mailing_id = prepare_file(institution, path, every_number=True)
    [letter] = letters_of(institution, mailing_id)
    assert letter.proof is not None and letter.removed_numbers == 2
    assert letter.proof["engines"] == ["mupdf", "pdfium"]
    assert len(letter.proof["removed"][0]["boxes"]) == 2


def test_new_recipients_are_named_and_the_next_merge_with_other_names_is_stopped(
    institution: Institution, tmp_path: Path
) -> None:
    people = make_people(4)
    first = prepare_file(institution, write_word_merge(tmp_path / "a.pdf", people))
    letters = letters_of(institution, first)
    assert [letter.recipient_name for letter in letters] == [person.name for person in people]
    assert {letter.verdict for letter in letters} == {Verdict.GREEN}
    swapped = [
        type(person)(people[place - 1].name, person.cpr, person.address)
        for place, person in enumerate(people)
    ]
    second = prepare_file(institution, write_word_merge(tmp_path / "b.pdf", swapped))
    assert {letter.verdict for letter in letters_of(institution, second)} == {Verdict.RED}


def test_a_better_way_is_named_when_pages_have_no_owner(
    institution: Institution, tmp_path: Path
) -> None:
    path = make_source(
        tmp_path / "a.pdf", MORE, f"CPR-nr. {ANNA_WRITTEN}", MORE, f"CPR-nr. {BO_WRITTEN}"
    )
    mailing_id = prepare_file(institution, path)
    with institution.reading() as session:
        problems = session.get_one(Mailing, mailing_id).problems
    assert [problem["code"] for problem in problems] == ["better_split"]


def test_the_program_takes_the_way_that_explains_every_page_and_says_why(
    institution: Institution, tmp_path: Path
) -> None:
    numbers = [f"CPR-nr. {person.cpr[:6]}-{person.cpr[6:]}" for person in make_people(3)]
    path = make_source(tmp_path / "a.pdf", *(text for one in numbers for text in (MORE, one)))
    mailing_id = prepare_file(institution, path, split="auto")
    assert [one.pages for one in letters_of(institution, mailing_id)] == [[1, 2], [3, 4], [5, 6]]
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert (mailing.split_method, mailing.problems) == ("auto", [])
        division = division_of(mailing)
    assert division is not None
    [used] = division.used
    assert (used.way.choice.written, used.way.first) == ("pages:2", ((1, 2), (3, 4), (5, 6)))
    assert used.why is not None and "alle sider en" in str(used.why)
    numbers_way = next(way for way in division.others if way.choice.written == "number")
    assert (numbers_way.unexplained, numbers_way.letters, numbers_way.same) == (1, 4, 0)
    assert not division.is_another_better


def test_only_ways_that_fit_every_file_are_offered_and_each_counts_all_of_them(
    institution: Institution, tmp_path: Path
) -> None:
    one, two = make_people(2)
    first = write_word_merge(tmp_path / "a.pdf", [one, two], pages_each=2)
    second = make_source(tmp_path / "b.pdf", f"CPR-nr. {ANNA_WRITTEN}", MORE)
    mailing_id = take_in(
        institution,
        OPERATOR,
        [UploadedFile("a.pdf", first), UploadedFile("b.pdf", second)],
        case_type_id=make_case_type(institution),
        came_by=MailingChannel.UPLOAD,
        split="file",
    )
    assert prepare(institution, mailing_id)
    with institution.reading() as session:
        division = division_of(session.get_one(Mailing, mailing_id))
    assert division is not None
    assert [(used.file, used.way.letters) for used in division.used] == [("a.pdf", 1), ("b.pdf", 1)]
    assert [(way.choice.written, way.letters) for way in division.others] == [("number", 3)]
    assert division.is_another_better


@pytest.mark.parametrize(
    ("split", "code"),
    [
        ("bookmarks", "misfit"),
        ("marker:Kære Rektor", "misfit"),
        ("blank", "misfit"),
        ("pages:2", "uneven"),
    ],
)
def test_a_way_that_does_not_fit_the_file_is_told(
    institution: Institution, tmp_path: Path, split: str, code: str
) -> None:
    path = make_source(tmp_path / "a.pdf", f"CPR-nr. {ANNA_WRITTEN}", MORE, MORE)
    mailing_id = prepare_file(institution, path, split=split)
    with institution.reading() as session:
        problems = session.get_one(Mailing, mailing_id).problems
    assert [problem["code"] for problem in problems if problem["code"] != "better_split"] == [code]


def test_an_unknown_way_to_divide_is_refused(institution: Institution, tmp_path: Path) -> None:
    path = make_source(tmp_path / "a.pdf", MORE)
    with pytest.raises(Refused):
        prepare_file(institution, path, split="pages:none")
