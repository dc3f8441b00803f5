"""Scanned letters on their way to review: a person looks at each, or they stop with their page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from digitalpost.documents import read_document
from digitalpost.institution import Institution
from digitalpost.mailings import mend
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import Letter, Mailing, MailingStatus, Verdict
from tests.inputs.letters import write_merge
from tests.inputs.people import make_people
from tests.inputs.scans import write_scan
from tests.mailings.mending import assert_balanced, do, letters_of, make_review
from tests.pdf.engines import assert_gone

ANNA, BO = make_people(2)


def test_scanned_letters_are_yellow_and_clean_also_when_they_are_made_again(
    institution: Institution, tmp_path: Path
) -> None:
    base = write_merge(tmp_path / "base.pdf", [ANNA, BO], pages_each=1)
    mailing_id = make_review(institution, write_scan(tmp_path / "a.pdf", base))
    letters = letters_of(institution, mailing_id)
    assert [letter.verdict for letter in letters] == [Verdict.YELLOW] * 2
    for letter, person in zip(letters, (ANNA, BO), strict=True):
        assert [reason["code"] for reason in letter.reasons] == ["ocr"]
        assert letter.removed_numbers == 1
        assert letter.proof is not None and "tesseract" in letter.proof["engines"]
        assert_gone(stored(institution, letter), person.cpr)

    do(institution, mend.choose_recipient, letters[0], ANNA.cpr)
    finish_letters(institution, mailing_id)
    again = letters_of(institution, mailing_id)[0]
    assert again.verdict is Verdict.YELLOW
    assert [reason["code"] for reason in again.reasons] == ["ocr"]
    assert_gone(stored(institution, again), ANNA.cpr)
    assert_balanced(institution, mailing_id)


def test_with_recognition_switched_off_a_scan_stops_with_its_pages_named(
    institution: Institution, tmp_path: Path
) -> None:
    off = replace(institution, settings=replace(institution.settings, ocr="off"))
    base = write_merge(tmp_path / "base.pdf", [ANNA, BO], pages_each=1)
    mailing_id = make_review(off, write_scan(tmp_path / "a.pdf", base))
    with off.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        told = [problem for problem in mailing.problems if problem["code"] == "unreadable"]
    assert mailing.status is MailingStatus.FAILED
    assert [problem["page"] for problem in told] == [1, 2]
    assert all("tekstgenkendelse (OCR)" in problem["text"] for problem in told)


def stored(institution: Institution, letter: Letter) -> bytes:
    with institution.reading() as session:
        document = session.get_one(Letter, letter.id).document
        assert document is not None
        return read_document(session, document)
