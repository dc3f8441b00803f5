"""Attachments: each letter gets its own and the common ones, clean, in one file, and no other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pymupdf
import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings import attachments, change
from digitalpost.mailings.attachments import attach, unsettled
from digitalpost.mailings.books import pages_unaccounted
from digitalpost.mailings.files import UploadedFile
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import Event, Letter, Mailing, MailingAttachment, MatchedBy, Verdict
from tests.inputs.engines import everything_in, find_number, who_finds
from tests.inputs.letters import write_pages, write_zip_named_pdf
from tests.inputs.people import make_people
from tests.mailings.attaching import (
    act,
    attach_file,
    attachments_of,
    common,
    file_for,
    finished,
    make_attached,
    own,
    parts_by_letter,
)
from tests.mailings.mending import assert_balanced, letters_of
from tests.mailings.test_prepare_killed import assert_nothing_over
from tests.make_mailings import approve_mailing

ANNA, BO, CARL = make_people(3, seed=31)
PEOPLE = [ANNA, BO, CARL]


def hyphenated(number: str) -> str:
    return f"{number[:6]}-{number[6:]}"


def toc(data: bytes) -> list[tuple[str, int]]:
    with pymupdf.open(stream=data, filetype="pdf") as pdf:
        return [(title, page) for _, title, page in pdf.get_toc()]


def reasons(institution: Institution, mailing_id: int) -> list[str]:
    with institution.reading() as session:
        return [str(one) for one in unsettled(session, session.get_one(Mailing, mailing_id))]


def test_each_letter_has_the_common_ones_and_its_own_and_nobody_elses(
    institution: Institution, tmp_path: Path
) -> None:
    """A common file that names two people, one matched by its name, one by what it says."""
    plan = file_for(
        tmp_path, "Plan.pdf", f"CPR {hyphenated(ANNA.cpr)}", f"og {hyphenated(BO.cpr)}", "FAELLES"
    )
    by_name = file_for(tmp_path, f"Studieplan_{ANNA.cpr}.pdf", "KUN-ANNA", pages=2)
    by_content = file_for(tmp_path, "Karakterer.pdf", "KUN-BO", f"CPR-nr. {hyphenated(BO.cpr)}")
    mailing_id = make_attached(
        institution, tmp_path, PEOPLE, common(plan), own(by_name), own(by_content), pages_each=2
    )
    found = attachments_of(institution, mailing_id)
    assert [one.matched_by for one in found] == [None, MatchedBy.FILE_NAME, MatchedBy.CONTENT]
    assert found[0].remarks[0]["code"] == "common_numbers"
    assert not any(ANNA.cpr in f"{one.file_name} {one.title} {one.name_numbers}" for one in found)
    assert parts_by_letter(institution, mailing_id) == [
        ["Plan", "Studieplan"],
        ["Plan", "Karakterer"],
        ["Plan"],
    ]
    files = finished(institution, mailing_id)
    assert toc(files[0]) == [("Brev", 1), ("Bilag 1: Plan", 3), ("Bilag 2: Studieplan", 4)]
    texts = [everything_in(data) for data in files]
    assert ["KUN-ANNA" in text for text in texts] == [True, False, False]
    assert ["KUN-BO" in text for text in texts] == [False, True, False]
    assert all("FAELLES" in text for text in texts)
    for person in PEOPLE:
        assert [who_finds(person.cpr, data) for data in files] == [[], [], []]
    for data in files:
        checked = tmp_path / "one.pdf"
        checked.write_bytes(data)
        done = subprocess.run(["qpdf", "--check", str(checked)], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout
    letters = letters_of(institution, mailing_id)
    assert {letter.verdict for letter in letters} == {Verdict.GREEN}
    assert [letter.page_count for letter in letters] == [2, 2, 2]
    assert_balanced(institution, mailing_id)
    assert_nothing_over(institution)
    approve_mailing(institution, mailing_id)


def test_attached_and_removed_in_review_only_touched_letters_are_made_again(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_attached(institution, tmp_path, PEOPLE)
    before = finished(institution, mailing_id)
    one = attach_file(institution, mailing_id, file_for(tmp_path, f"x {BO.cpr}.pdf", "KUN-BO"))
    after = finished(institution, mailing_id)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]
    two = attach_file(institution, mailing_id, file_for(tmp_path, "alle.pdf"), is_common=True)
    assert parts_by_letter(institution, mailing_id) == [["Alle"], ["X", "Alle"], ["Alle"]]
    act(institution, attachments.move, two, -1)
    assert parts_by_letter(institution, mailing_id) == [["Alle"], ["Alle", "X"], ["Alle"]]
    act(institution, attachments.rename, one, "Studieplan")
    assert toc(finished(institution, mailing_id)[1])[2] == ("Bilag 2: Studieplan", 3)
    act(institution, attachments.remove, two)
    act(institution, attachments.remove, one)
    assert parts_by_letter(institution, mailing_id) == [[], [], []]
    assert "KUN-BO" not in everything_in(finished(institution, mailing_id)[1])
    assert_balanced(institution, mailing_id)
    assert_nothing_over(institution)


def test_a_file_that_cannot_be_used_says_why_and_the_others_go_on(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_attached(institution, tmp_path, PEOPLE)
    broken = tmp_path / "gåde.pdf"
    broken.write_bytes(b"%PDF-1.7\nikke mere end det")
    good = file_for(tmp_path, "god.pdf")
    text = tmp_path / "note.txt"
    text.write_text("Husk madpakke og skiftetøj til turen på fredag. " * 4)
    files = [UploadedFile(one.name, one) for one in (broken, good, text)]
    attach(institution, OPERATOR, mailing_id, files, is_common=True)
    assert "gjort klar" in reasons(institution, mailing_id)[0]
    finish_letters(institution, mailing_id)
    bad = attachments_of(institution, mailing_id)[0]
    assert bad.why is not None
    assert parts_by_letter(institution, mailing_id) == [["God", "Note"]] * 3
    with pytest.raises(Refused, match="kan ikke bruges"):
        approve_mailing(institution, mailing_id)
    act(institution, attachments.remove, bad.id)
    assert_nothing_over(institution)
    approve_mailing(institution, mailing_id)


def test_what_is_no_file_for_a_letter_is_refused_at_once_and_nothing_is_kept(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_attached(institution, tmp_path, PEOPLE)
    write_zip_named_pdf(tmp_path / "skrald.pdf")
    file = UploadedFile("skrald.pdf", tmp_path / "skrald.pdf")
    good = UploadedFile("god.pdf", file_for(tmp_path, "god.pdf"))
    with pytest.raises(Refused) as refused:
        attach(institution, OPERATOR, mailing_id, [good, file], is_common=True)
    assert [one.file for one in refused.value.sentences] == ["skrald.pdf"]
    assert attachments_of(institution, mailing_id) == []
    assert_nothing_over(institution)
    approve_mailing(institution, mailing_id)
    with pytest.raises(Refused, match="kan ikke ændres nu"):
        attach(institution, OPERATOR, mailing_id, [good], is_common=True)
    assert_nothing_over(institution)


def test_prepared_anew_the_letters_are_matched_anew(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_attached(
        institution,
        tmp_path,
        PEOPLE,
        common(file_for(tmp_path, "plan.pdf", f"CPR {hyphenated(CARL.cpr)}")),
        own(file_for(tmp_path, "bo.pdf", f"CPR {hyphenated(BO.cpr)}")),
    )
    with institution.transaction() as session:
        change.keep_numbers(session, OPERATOR, session.get_one(Mailing, mailing_id), True)
    prepare(institution, mailing_id)
    with pytest.raises(Refused, match="bliver lavet igen"):
        approve_mailing(institution, mailing_id)
    finish_letters(institution, mailing_id)
    assert parts_by_letter(institution, mailing_id) == [["Plan"], ["Plan", "Bo"], ["Plan"]]
    texts = [everything_in(one) for one in finished(institution, mailing_id)]
    assert find_number(BO.cpr, texts[1])
    assert find_number(CARL.cpr, texts[0])  # it was asked for: numbers stay
    assert_nothing_over(institution)


def test_a_whole_file_to_typed_recipients_takes_attachments_along(
    institution: Institution, tmp_path: Path
) -> None:
    write_pages(tmp_path / "breve.pdf", [["Kære forældre", "Vi ses på fredag i aulaen."]])
    mailing_id = make_attached(
        institution,
        tmp_path,
        [],
        own(file_for(tmp_path, f"{ANNA.cpr}.pdf", "KUN-ANNA", f"CPR {hyphenated(ANNA.cpr)}")),
        common(file_for(tmp_path, "alle.pdf")),
        to=[ANNA.cpr, BO.cpr],
    )
    assert parts_by_letter(institution, mailing_id) == [["Bilag", "Alle"], ["Alle"]]
    files = finished(institution, mailing_id)
    assert ["KUN-ANNA" in everything_in(one) for one in files] == [True, False]
    assert [who_finds(ANNA.cpr, one) for one in files] == [[], []]
    with institution.reading() as session:
        assert pages_unaccounted(session, session.get_one(Mailing, mailing_id)) == []
    approve_mailing(institution, mailing_id)


def test_too_big_together_makes_the_letter_red(
    institution: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = type(institution.settings.eboks)
    small = {**vars(institution.settings.eboks), "max_bytes": 1_700}
    monkeypatch.setitem(vars(institution.settings), "eboks", most(**small))
    mailing_id = make_attached(institution, tmp_path, [ANNA])
    assert letters_of(institution, mailing_id)[0].verdict is Verdict.GREEN
    attach_file(institution, mailing_id, file_for(tmp_path, "stor.pdf", pages=30), is_common=True)
    [letter] = letters_of(institution, mailing_id)
    assert letter.verdict is Verdict.RED
    assert "med sine bilag" in letter.reasons[0]["text"]


def test_what_was_done_stands_in_the_log(institution: Institution, tmp_path: Path) -> None:
    mailing_id = make_attached(institution, tmp_path, PEOPLE)
    one = attach_file(institution, mailing_id, file_for(tmp_path, "x.pdf"))
    act(institution, attachments.match_by_hand, one, 2)
    act(institution, attachments.remove, one)
    with institution.reading() as session:
        kinds = list(session.scalars(sa.select(Event.kind).order_by(Event.id)))
        assert session.scalar(sa.select(sa.func.count(MailingAttachment.id))) == 0
        assert session.scalar(sa.select(Letter.id).limit(1)) is not None
    assert kinds[-3:] == ["mailing:attached", "mailing:changed", "mailing:detached"]
