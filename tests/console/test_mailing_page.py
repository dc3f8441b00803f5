"""The permanent page of a mailing: right at every stage, and safe against haste."""

from __future__ import annotations

import re

import pytest

from digitalpost.mailings.prepare import prepare
from digitalpost.models import (
    Event,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
    Role,
    Verdict,
)
from tests.console.mailings import make_mailing, make_school, name_recipients, sign_in
from tests.inputs.letters import write_two_numbers_on_a_page
from tests.inputs.people import make_people
from tests.make import make_unit, make_user


def test_preparing_shows_counts_and_refreshes_without_script(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", prepared=False)
    with school.institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.pages_total, mailing.pages_read = 1628, 814
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "814 af 1.628 sider" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    live = school.get(f"/mailings/{mailing_id}/live")
    assert live.headers["X-Stage"] == "preparing"
    assert "814 af 1.628 sider" in live.text


def test_review_lists_everybody_and_shows_the_finished_pages(tmp_path):
    school = make_school(tmp_path)
    people = make_people(3)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "3 breve er klar" in page
    assert "Skriv antallet af breve for at godkende: 3" in page
    assert "Send 3 breve" in page
    for person in people:
        assert person.name in page
        assert person.cpr not in page
        assert f"{person.cpr[:6]}-••••" in page
    image = re.search(r'src="(/letters/\d+/page/1\.png[^"]*)"', page)
    assert image is not None
    picture = school.get(image[1].replace("&amp;", "&"))
    assert picture.data.startswith(b"\x89PNG")
    assert picture.headers["Cache-Control"] == "private, no-store"


def test_doubt_comes_first_with_its_reason(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    last = school.letters(mailing_id)[-1]
    reason = {"text": "Se efter på side %(page)s.", "values": {"page": 3}, "page": 3,
              "file": None, "code": ""}  # fmt: skip
    with school.institution.transaction() as session:
        letter = session.get_one(Letter, last.id)
        letter.verdict, letter.risk, letter.reasons = Verdict.YELLOW, 1, [reason]
    page = school.get(f"/mailings/{mailing_id}/").text
    ids = [int(one) for one in re.findall(r'id="brev-(\d+)"', page)]
    assert ids[0] == last.id
    assert "Se efter på side 3." in page
    assert "Side 3: Se efter" not in page
    assert "heraf bør du se på 1" in page
    only = school.get(f"/mailings/{mailing_id}/?show=doubtful").text
    assert re.findall(r'id="brev-(\d+)"', only) == [str(last.id)]


def test_a_mailing_without_anything_to_send_offers_no_approval(tmp_path):
    school = make_school(tmp_path)
    path = write_two_numbers_on_a_page(tmp_path / "to.pdf")
    mailing_id = make_mailing(school, path)
    page = school.get(f"/mailings/{mailing_id}/").text
    if school.status(mailing_id) is MailingStatus.REVIEW:
        assert "Der er ingen breve at sende" in page
    else:
        assert "Filen kunne ikke gøres klar" in page
    assert "/approve" not in page


def test_a_recipient_is_taken_out_and_put_back(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    letter = school.letters(mailing_id)[1]
    base = f"/mailings/{mailing_id}/"
    answer = school.post(f"{base}letters/{letter.id}/take-out", {"letter": str(letter.id)})
    assert answer.location == f"{base}?letter={letter.id}"
    page = school.get(base).text
    assert "Send 2 breve" in page
    assert "1 er taget ud" in page
    assert "Læg tilbage" in page
    school.post(f"{base}letters/{letter.id}/put-back")
    assert "Send 3 breve" in school.get(base).text


def test_a_wrong_number_says_so_and_loses_nothing(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    for typed in ("2", "tre", "", "-3", "9" * 40):
        answer = school.post(f"/mailings/{mailing_id}/approve", {"count": typed})
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
        assert 'role="alert"' in answer.text
    assert "Der er 3 breve at sende, men du skrev 2." in (
        school.post(f"/mailings/{mailing_id}/approve", {"count": "2"}).text
    )
    assert school.status(mailing_id) is MailingStatus.REVIEW
    assert school.post(f"/mailings/{mailing_id}/approve", {"count": " 3 "}).status_code == 303
    assert school.status(mailing_id) is MailingStatus.HOLDING


def test_the_second_of_two_approvals_is_told_calmly_who_was_first(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    make_user(
        school.institution, units=(school.unit_id,), email="bo@egely.example", name="Bo Ibsen"
    )
    address = f"/mailings/{mailing_id}/approve"
    assert school.post(address, {"count": "3"}).status_code == 303
    school.client = school.client.application.test_client()
    sign_in(school.client, "bo@egely.example")
    for typed in ("3", "2"):
        second = school.post(address, {"count": typed}, follow_redirects=True)
        assert second.status_code == 200
        assert "Forsendelsen er allerede godkendt af Mette Kirk." in second.text
        assert "bliver sendt om" in second.text
    assert len(school.letters(mailing_id)) == 3


def test_the_hold_counts_down_and_can_be_stopped(tmp_path):
    school = make_school(tmp_path, DIGITALPOST_HOLD_SECONDS="90")
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    school.post(f"/mailings/{mailing_id}/approve", {"count": "3"})
    page = school.get(f"/mailings/{mailing_id}/").text
    left = re.search(r'data-left="(\d+)" data-whole="90"', page)
    assert left is not None
    assert 0 < int(left[1]) <= 90
    assert "Fortryd: stop alle 3 breve" in page
    stopped = school.post(f"/mailings/{mailing_id}/cancel", follow_redirects=True).text
    assert "Ingen breve er sendt" in stopped
    assert school.status(mailing_id) is MailingStatus.CANCELLED
    again = school.post(f"/mailings/{mailing_id}/cancel", follow_redirects=True).text
    assert "allerede stoppet" in again


def test_the_result_adds_up_and_can_be_narrowed_to_what_needs_action(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    school.post(f"/mailings/{mailing_id}/approve", {"count": "3"})
    first, *rest = school.letters(mailing_id)
    why = {"text": "Modtageren er fritaget.", "values": {}, "page": None, "file": None, "code": ""}
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.SENT
        for letter in rest:
            session.get_one(Letter, letter.id).status = LetterStatus.DELIVERED
        problem = session.get_one(Letter, first.id)
        problem.status, problem.status_reason = LetterStatus.ACTION, why
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "1 brev kræver handling" in page
    counts = [int(one) for one in re.findall(r'<span class="count">(\d+)</span>', page)]
    assert counts[0] == sum(counts[1:]) == 3
    narrowed = school.get(f"/mailings/{mailing_id}/?show=action").text
    assert "Modtageren er fritaget." in narrowed
    assert narrowed.count('class="main-cell"') == 1


def test_choosing_to_keep_numbers_prepares_anew(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    school.post(f"/mailings/{mailing_id}/numbers", {"keep": "1"})
    assert school.status(mailing_id) is MailingStatus.PREPARING
    assert school.woken == [("prepare_mailing", mailing_id)]
    prepare(school.institution, mailing_id)
    assert "CPR-numre står stadig i brevene" in school.get(f"/mailings/{mailing_id}/").text


def test_the_title_can_be_changed_but_never_to_hold_a_number(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    address = f"/mailings/{mailing_id}/title"
    school.post(address, {"title": "Ny titel"})
    assert school.mailing(mailing_id).title == "Ny titel"
    refused = school.post(address, {"title": "Til 010190-1234"}, follow_redirects=True)
    assert "må ikke indeholde et CPR-nummer" in refused.text
    assert school.mailing(mailing_id).title == "Ny titel"


def test_the_same_file_sent_before_is_told_on_top(tmp_path):
    school = make_school(tmp_path)
    first = make_mailing(school, tmp_path / "a.pdf")
    school.post(f"/mailings/{first}/approve", {"count": "3"})
    second = make_mailing(school, tmp_path / "a.pdf")
    page = school.get(f"/mailings/{second}/").text
    assert "Præcis denne fil er sendt før" in page
    assert f'href="/mailings/{first}/"' in page


def test_seeing_a_letter_in_review_is_logged_once(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    letter = school.letters(mailing_id)[0]
    for _ in range(3):
        school.get(f"/mailings/{mailing_id}/viewer?letter={letter.id}")
    with school.institution.reading() as session:
        opened = [
            event
            for event in session.query(Event).filter(Event.kind == "letter:opened")
            if event.letter_id == letter.id
        ]
    assert len(opened) == 1


@pytest.mark.parametrize("path", ["", "live", "viewer?letter=1"])
def test_a_mailing_of_another_unit_is_not_there(tmp_path, path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(school, tmp_path / "a.pdf")
    other = make_unit(school.institution, "En anden")
    make_user(school.institution, units=(other,), email="bo@egely.example", role=Role.ADMINISTRATOR)
    school.client = school.client.application.test_client()
    sign_in(school.client, "bo@egely.example")
    assert school.get(f"/mailings/{mailing_id}/{path}").status_code == 404
    assert "Velkommen til skolen" not in school.get("/mailings/").text
    for act in ("approve", "cancel", "title", "numbers"):
        answer = school.post(f"/mailings/{mailing_id}/{act}", {"count": "3"})
        assert answer.status_code == 404
    assert school.status(mailing_id) is MailingStatus.REVIEW
