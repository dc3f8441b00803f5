"""Attachments in doubt: sent to nobody, settled by a person, and never washing a letter clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings import attachments, mend
from digitalpost.mailings.attachments import unsettled
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import Mailing, Verdict
from tests.inputs.engines import everything_in
from tests.inputs.letters import write_pages, write_scan_in_the_middle
from tests.inputs.people import make_people
from tests.mailings.attaching import (
    act,
    act_on_mailing,
    attach_file,
    attachments_of,
    file_for,
    finished,
    make_attached,
    own,
    parts_by_letter,
)
from tests.mailings.mending import do, letters_of
from tests.mailings.test_prepare_killed import assert_nothing_over
from tests.make_mailings import approve_mailing

ANNA, BO, CARL = make_people(3, seed=31)
PEOPLE = [ANNA, BO, CARL]


def hyphenated(number: str) -> str:
    return f"{number[:6]}-{number[6:]}"


def reasons(institution: Institution, mailing_id: int) -> list[str]:
    with institution.reading() as session:
        return [str(one) for one in unsettled(session, session.get_one(Mailing, mailing_id))]


def test_what_nobody_is_sure_of_is_sent_to_nobody_and_stops_the_approval(
    institution: Institution, tmp_path: Path
) -> None:
    stranger = make_people(1, seed=99)[0]
    mailing_id = make_attached(
        institution,
        tmp_path,
        PEOPLE,
        own(file_for(tmp_path, f"{stranger.cpr}.pdf", "FREMMED", f"CPR {hyphenated(BO.cpr)}")),
        own(file_for(tmp_path, f"a {ANNA.cpr}.pdf", "ANNA-1")),
        own(file_for(tmp_path, f"b {ANNA.cpr}.pdf", "ANNA-2")),
    )
    assert parts_by_letter(institution, mailing_id) == [[], [], []]
    assert [one.why["code"] for one in attachments_of(institution, mailing_id) if one.why] == [
        "unknown_name",
        "several_files",
        "several_files",
    ]
    assert reasons(institution, mailing_id) == [
        "3 bilag hører ikke til noget brev. Vælg brevene, eller fjern bilagene."
    ]
    with pytest.raises(Refused, match="hører ikke til noget brev"):
        approve_mailing(institution, mailing_id)
    assert act_on_mailing(institution, attachments.accept_several, mailing_id) == 2
    assert parts_by_letter(institution, mailing_id) == [["A", "B"], [], []]
    act_on_mailing(institution, attachments.remove_unmatched, mailing_id)
    assert reasons(institution, mailing_id) == []
    assert not any("FREMMED" in everything_in(one) for one in finished(institution, mailing_id))
    approve_mailing(institution, mailing_id)


def test_a_person_says_whose_it_is_and_takes_it_back(
    institution: Institution, tmp_path: Path
) -> None:
    mailing_id = make_attached(
        institution, tmp_path, PEOPLE, own(file_for(tmp_path, "Uden nummer.pdf", "UDEN"))
    )
    [one] = attachments_of(institution, mailing_id)
    with pytest.raises(Refused, match="ikke noget brev med det nummer"):
        act(institution, attachments.match_by_hand, one.id, 17)
    act(institution, attachments.match_by_hand, one.id, 3)
    assert parts_by_letter(institution, mailing_id) == [[], [], ["Uden nummer"]]
    act(institution, attachments.match_by_hand, one.id, 1)
    assert parts_by_letter(institution, mailing_id) == [["Uden nummer"], [], []]
    act(institution, attachments.unmatch, one.id)
    assert parts_by_letter(institution, mailing_id) == [[], [], []]
    assert len(reasons(institution, mailing_id)) == 1


def test_somebody_elses_number_makes_the_letter_yellow_and_a_scan_makes_it_red(
    institution: Institution, tmp_path: Path
) -> None:
    other = make_people(1, seed=77)[0]
    scan = write_scan_in_the_middle(tmp_path / f"scan {BO.cpr}.pdf", BO)
    mailing_id = make_attached(
        institution,
        tmp_path,
        PEOPLE,
        own(file_for(tmp_path, f"{ANNA.cpr}.pdf", f"Kontakt CPR {hyphenated(other.cpr)}")),
        own(scan),
    )
    letters = letters_of(institution, mailing_id)
    assert [one.verdict for one in letters] == [Verdict.YELLOW, Verdict.RED, Verdict.GREEN]
    assert [one["code"] for one in letters[0].reasons if one["file"]] == ["other_number"]
    assert [(one["file"], one["page"]) for one in letters[1].reasons if one["file"]] == [
        ("Scan", 2)
    ]
    for one in attachments_of(institution, mailing_id):
        act(institution, attachments.remove, one.id)
    letters = letters_of(institution, mailing_id)
    assert {one.verdict for one in letters} == {Verdict.GREEN}
    assert not any(reason["file"] for one in letters for reason in one.reasons)


def test_what_was_said_of_the_letter_itself_stays_when_its_attachments_change(
    institution: Institution, tmp_path: Path
) -> None:
    """A doubt of the letter is not washed away because it is made again."""
    other = make_people(1, seed=77)[0]
    lines = ["", f"CPR {hyphenated(ANNA.cpr)}", f"Mor: CPR {hyphenated(other.cpr)}", "Kære Anna"]
    write_pages(tmp_path / "breve.pdf", [lines, ["CPR " + hyphenated(BO.cpr), "Kære Bo"]])
    mailing_id = make_attached(institution, tmp_path, [])
    before = [(one.verdict, one.reasons) for one in letters_of(institution, mailing_id)]
    assert before[0][0] is not Verdict.GREEN
    one = attach_file(institution, mailing_id, file_for(tmp_path, "alle.pdf"), is_common=True)
    now = letters_of(institution, mailing_id)
    assert [(one.verdict, one.reasons) for one in now] == before
    act(institution, attachments.remove, one)
    now = letters_of(institution, mailing_id)
    assert [(one.verdict, one.reasons) for one in now] == before


def test_a_letter_that_gets_another_recipient_gets_that_ones_attachment(
    institution: Institution, tmp_path: Path
) -> None:
    new = make_people(1, seed=55)[0]
    mailing_id = make_attached(
        institution,
        tmp_path,
        PEOPLE,
        own(file_for(tmp_path, f"gammel {CARL.cpr}.pdf", "TIL-CARL")),
        own(file_for(tmp_path, f"ny {new.cpr}.pdf", "TIL-NY")),
    )
    assert parts_by_letter(institution, mailing_id) == [[], [], ["Gammel"]]
    do(institution, mend.choose_recipient, letters_of(institution, mailing_id)[2], new.cpr)
    finish_letters(institution, mailing_id)
    assert parts_by_letter(institution, mailing_id) == [[], [], ["Ny"]]
    assert "TIL-CARL" not in everything_in(finished(institution, mailing_id)[2])
    assert_nothing_over(institution)
