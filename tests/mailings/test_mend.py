"""Mending in review: the right owner, the right pages, made again, and the books always balance."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.archive.proofs import proof_of
from digitalpost.errors import Forbidden, Refused
from digitalpost.institution import Institution
from digitalpost.mailings import mend
from digitalpost.mailings.change import keep_numbers, put_back_letter, take_out_letter
from digitalpost.mailings.mendable import neighbours
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import (
    LeftOutPage,
    Letter,
    LetterStatus,
    Mailing,
    Verdict,
)
from digitalpost.models.event_kind import MENDS, EventKind
from digitalpost.sweep import due_work
from tests.inputs.letters import lines_of, write_merge, write_pages
from tests.inputs.people import Person, make_people
from tests.inputs.word import write_word_merge
from tests.mailings.mending import assert_balanced, do, letters_of, make_review, text_of
from tests.mailings.test_intake import take
from tests.mailings.test_prepare_killed import assert_nothing_over
from tests.make import make_actor, make_unit, make_user
from tests.make_mailings import approve_mailing


def write_two_owners(path: Path, first: Person, second: Person) -> Path:
    """A page with two people's numbers, and a letter that is as it should be."""
    return write_pages(
        path, [[*lines_of(first), "", *lines_of(second)], lines_of(make_people(3)[2])]
    )


def test_a_chosen_owner_resolves_two_numbers_and_only_theirs_is_taken_out(
    institution: Institution, tmp_path: Path
) -> None:
    one, two, _ = make_people(3)
    mailing_id = make_review(institution, write_two_owners(tmp_path / "to.pdf", one, two))
    letter = letters_of(institution, mailing_id)[0]
    assert letter.verdict is Verdict.RED
    do(institution, mend.choose_recipient, letter, f"{one.cpr[:6]}-{one.cpr[6:]}")
    assert finish_letters(institution, mailing_id)
    letter = letters_of(institution, mailing_id)[0]
    assert letter.verdict is Verdict.YELLOW
    assert [reason["code"] for reason in letter.reasons] == ["other_number"]
    assert letter.mended_at is None
    assert letter.removed_numbers == 1
    text = text_of(institution, letter)
    assert one.cpr[6:] not in text
    assert two.cpr[6:] in text
    assert_nothing_over(institution)
    approve_mailing(institution, mailing_id)


def test_what_is_mended_stops_approval_until_it_is_made_again(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    first = letters_of(institution, mailing_id)[0]
    do(institution, mend.confirm_letter, first)
    assert ("finish_letters", mailing_id) in due_work(institution)
    with pytest.raises(Refused, match="lavet igen"):
        approve_mailing(institution, mailing_id)
    assert finish_letters(institution, mailing_id)
    assert not finish_letters(institution, mailing_id)
    assert due_work(institution) == []
    assert letters_of(institution, mailing_id)[0].verdict is Verdict.GREEN
    assert_nothing_over(institution)
    approve_mailing(institution, mailing_id, confirm=4)


def test_a_part_that_is_split_off_finds_its_own_owner_or_says_that_nobody_is_named(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    first, second, *_ = letters_of(institution, mailing_id)
    do(institution, mend.join_letters, first, second)
    assert finish_letters(institution, mailing_id)
    joined = letters_of(institution, mailing_id)[0]
    assert (joined.pages, joined.recipient_id) == ([1, 2, 3, 4], first.recipient_id)
    assert joined.verdict is Verdict.YELLOW
    do(institution, mend.split_letter, joined, 3)
    do(institution, mend.split_letter, joined, 2)
    assert finish_letters(institution, mailing_id)
    by_pages = {tuple(one.pages): one for one in letters_of(institution, mailing_id)}
    assert by_pages[1,].recipient_id == first.recipient_id
    assert by_pages[1,].verdict is Verdict.GREEN
    assert by_pages[3, 4].recipient_id == second.recipient_id
    assert by_pages[3, 4].verdict is Verdict.GREEN
    assert by_pages[2,].recipient_id is None
    assert by_pages[2,].verdict is Verdict.RED
    assert by_pages[2,].reasons[0]["code"] == "no_recipient"
    assert_balanced(institution, mailing_id)


def test_a_letter_that_kept_its_owner_but_lost_the_page_that_names_them_is_doubtful(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    first, second, *_ = letters_of(institution, mailing_id)
    do(institution, mend.move_pages, first, [1], to=second)
    assert finish_letters(institution, mailing_id)
    first = letters_of(institution, mailing_id)[0]
    assert first.verdict is Verdict.YELLOW
    assert {reason["code"] for reason in first.reasons} >= {"not_named", "not_first"}
    do(institution, mend.confirm_letter, first)
    finish_letters(institution, mailing_id)
    assert letters_of(institution, mailing_id)[0].verdict is Verdict.GREEN


def test_pages_that_came_the_wrong_way_are_put_right_and_stay_so(
    institution: Institution, tmp_path: Path
) -> None:
    people = make_people(9)
    write_word_merge(tmp_path / "right.pdf", people)
    with pymupdf.open(tmp_path / "right.pdf") as document:
        document.move_page(9, 8)  # the fifth letter's last page comes first
        document.save(tmp_path / "a.pdf")
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    by_page = {page: one for one in letters_of(institution, mailing_id) for page in one.pages}
    do(institution, mend.move_pages, by_page[9], [9], to=by_page[10])
    assert finish_letters(institution, mailing_id)
    wrong = next(one for one in letters_of(institution, mailing_id) if 10 in one.pages)
    assert (wrong.pages, wrong.verdict) == ([9, 10], Verdict.YELLOW)
    assert "not_first" in {reason["code"] for reason in wrong.reasons}
    with pytest.raises(Refused, match="første"):
        do(institution, mend.move_page_up, by_page[10], 9)
    with pytest.raises(Refused, match="hører ikke længere"):
        do(institution, mend.move_page_up, by_page[10], 11)
    do(institution, mend.move_page_up, by_page[10], 10)
    assert finish_letters(institution, mailing_id)
    letter = next(one for one in letters_of(institution, mailing_id) if 10 in one.pages)
    assert (letter.pages, letter.verdict) == ([10, 9], Verdict.GREEN)
    text = text_of(institution, letter)
    assert 0 < text.index("Side 1 af 2") < text.index("Side 2 af 2")
    assert people[4].cpr[6:] not in text
    with institution.reading() as session:
        proof = proof_of(session.get_one(Letter, letter.id))
    assert proof is not None
    assert [(one.page, one.source_page) for one in proof.removals] == [(1, 10)]
    do(institution, mend.split_letter, letter, 9)
    assert_balanced(institution, mailing_id)


def test_a_page_left_out_has_its_reason_and_can_come_back(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    first = letters_of(institution, mailing_id)[0]
    for why in ("", "   ", "Hører til 010190-1234"):
        with pytest.raises(Refused):
            do(institution, mend.leave_out_pages, first, [2], why)
    do(institution, mend.leave_out_pages, first, [2], "En forside\nfra printeren")
    assert_balanced(institution, mailing_id)
    with institution.reading() as session:
        left_out = session.scalars(sa.select(LeftOutPage)).one()
        session.expunge_all()
    assert left_out.reason["values"] == {"page": 2, "why": "En forside fra printeren"}
    do(institution, mend.take_back_page, left_out, to=first)
    assert_balanced(institution, mailing_id)
    finish_letters(institution, mailing_id)
    assert letters_of(institution, mailing_id)[0].pages == [1, 2]
    assert_nothing_over(institution)


def test_a_letter_taken_out_is_not_mended_and_one_being_made_comes_back_whole(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    first, second, *_ = letters_of(institution, mailing_id)
    do(institution, mend.confirm_letter, first)
    do(institution, take_out_letter, first)
    for act in (mend.confirm_letter, mend.split_letter):
        with pytest.raises(Refused, match="taget ud"):
            do(institution, act, first, *([2] if act is mend.split_letter else []))
    with pytest.raises(Refused, match="taget ud"):
        do(institution, mend.move_pages, second, [3], to=first)
    finish_letters(institution, mailing_id)
    do(institution, put_back_letter, first)
    first = letters_of(institution, mailing_id)[0]
    assert first.status is LetterStatus.DRAFT
    assert first.document_id is not None


def test_pages_of_two_files_never_meet(institution: Institution, tmp_path: Path) -> None:
    one, two = make_people(2)
    for name, person in (("a", one), ("b", two)):
        write_merge(tmp_path / f"{name}.pdf", [person])
    mailing_id = take(institution, tmp_path / "a.pdf", tmp_path / "b.pdf")
    prepare(institution, mailing_id)
    first, second = letters_of(institution, mailing_id)
    with pytest.raises(Refused, match="flere filer"):
        do(institution, mend.join_letters, first, second)
    with pytest.raises(Refused, match="flere filer"):
        do(institution, mend.move_pages, first, [1], to=second)
    assert_balanced(institution, mailing_id)


def test_mends_are_not_lost_to_a_change_of_mind_about_numbers(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf")
    do(institution, mend.confirm_letter, letters_of(institution, mailing_id)[0])
    with institution.transaction() as session, pytest.raises(Refused, match="gå tabt"):
        keep_numbers(session, OPERATOR, session.get_one(Mailing, mailing_id), True)


def test_somebody_of_another_unit_mends_nothing_and_learns_no_name(
    institution: Institution, tmp_path: Path
) -> None:
    people = make_people(2)
    mailing_id = make_review(institution, tmp_path / "a.pdf", people)
    other = make_actor(institution, make_user(institution, units=(make_unit(institution),)))
    letter_id = letters_of(institution, mailing_id)[0].id
    with institution.reading(other.scope) as session:
        assert mend.who_is(session, other, people[0].cpr).name == ""
        assert session.get(Letter, letter_id) is None
    with institution.transaction() as session, pytest.raises(Forbidden):
        mend.choose_recipient(session, other, session.get_one(Letter, letter_id), people[1].cpr)


def test_every_mend_has_words_for_the_log() -> None:
    assert {EventKind(kind).label for kind in MENDS}
    assert len({kind.label for kind in MENDS}) == len(MENDS)


def test_the_neighbours_of_a_letter_are_found_without_reading_the_others(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf", make_people(40))
    letters = letters_of(institution, mailing_id)
    with institution.reading() as session:
        rows: list[object] = []
        sa.event.listen(session, "loaded_as_persistent", lambda _session, row: rows.append(row))
        letter = session.get_one(Letter, letters[20].id)
        before, after = neighbours(session, letter)
        assert before and after
        assert (before.id, after.id) == (letters[19].id, letters[21].id)
        assert len(rows) == 3
        first, last = (session.get_one(Letter, letters[at].id) for at in (0, -1))
        assert neighbours(session, first)[0] is None
        assert neighbours(session, last)[1] is None


def test_a_letter_taken_out_has_no_neighbours_and_is_nobodys(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_review(institution, tmp_path / "a.pdf", make_people(3))
    first, second, third = letters_of(institution, mailing_id)
    do(institution, take_out_letter, second)
    with institution.reading() as session:
        left = session.get_one(Letter, first.id)
        assert [one and one.id for one in neighbours(session, left)] == [None, third.id]
        assert neighbours(session, session.get_one(Letter, second.id)) == (None, None)
