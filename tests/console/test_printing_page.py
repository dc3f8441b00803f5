"""Pages about where letters go: the review says it, the dry run reports it, print gets it done."""

from __future__ import annotations

import re
from typing import Any

import pymupdf
import pytest
import sqlalchemy as sa

from digitalpost.deliveries.dispatch import dispatch_due
from digitalpost.mailings.rehearse import rehearse_if_asked
from digitalpost.models import ChannelName, Letter, LetterWay, Mailing, Role
from tests.console.mailings import School, make_mailing, make_school, name_recipients, sign_in
from tests.inputs.people import make_people
from tests.make import make_unit, make_user
from tests.make_addressees import add_copy, set_address
from tests.make_mailings import let_time_pass


@pytest.fixture
def school(tmp_path: Any) -> School:
    return make_school(tmp_path)


def make_paper_mailing(school: School, tmp_path: Any) -> tuple[int, list[Any]]:
    """Three letters in review; the first is to be printed here."""
    people = make_people(3)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    with school.institution.transaction() as session:
        query = sa.select(Letter).where(Letter.position == 1)
        session.scalars(query).one().way = LetterWay.LOCAL_PRINT
    return mailing_id, people


def approve_and_hand_over(school: School, mailing_id: int, count: int) -> None:
    answer = school.post(f"/mailings/{mailing_id}/approve", {"count": str(count)})
    assert answer.status_code == 303
    let_time_pass(school.institution)
    dispatch_due(school.institution, ChannelName.LOCAL_PRINT)


def test_the_review_says_which_way_each_letter_goes_and_how_many_go_which(school, tmp_path):
    mailing_id, people = make_paper_mailing(school, tmp_path)
    add_copy(school.institution, mailing_id, people[2].cpr, position=2)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Egen print: 1" in page and "e-Boks: 3" in page
    assert "Heraf 1 kopi." in page
    assert "mangler en adresse" in page
    assert f"Kopi: {people[2].name} (e-Boks)" in page
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).can_reply = True
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Brevene skal kunne besvares, men det kan ingen" in page


def test_a_held_letter_is_told_beforehand_and_not_in_the_number_to_type(school, tmp_path):
    mailing_id, _ = make_paper_mailing(school, tmp_path)
    with school.institution.transaction() as session:
        session.execute(sa.update(Letter).where(Letter.position == 2).values(way=LetterWay.HOLD))
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Send 2 breve" in page
    assert "1 holdes tilbage" in page
    answer = school.post(f"/mailings/{mailing_id}/approve", {"count": "2"})
    assert answer.status_code == 303


def test_a_dry_run_is_asked_for_made_and_shown(school, tmp_path):
    mailing_id, _ = make_paper_mailing(school, tmp_path)
    assert "Prøvekørsel uden at sende" in school.get(f"/mailings/{mailing_id}/").text
    assert school.post(f"/mailings/{mailing_id}/rehearse").status_code == 303
    assert ("rehearse", mailing_id) in school.woken
    assert "Prøvekørslen er i gang" in school.get(f"/mailings/{mailing_id}/").text
    rehearse_if_asked(school.institution, mailing_id)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "3 breve ville blive sendt." in page
    assert "Sidst kørt" in page and "af Mette Kirk" in page
    assert "Prøvekørslen er i gang" not in page
    assert school.status(mailing_id).value == "review"


def test_letters_are_printed_and_marked_as_posted(school, tmp_path):
    mailing_id, people = make_paper_mailing(school, tmp_path)
    assert "Intet at printe" in school.get(f"/mailings/{mailing_id}/print/").text
    approve_and_hand_over(school, mailing_id, 3)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "1 brev skal printes" in page
    assert "3 breve: " in page and "Egen print: 1" in page and "Nye sager" in page
    page = school.get(f"/mailings/{mailing_id}/print/").text
    assert "1 modtager har ingen adresse" in page and people[0].name in page
    set_address(school.institution, people[0].cpr, "Åløkken 12", "8850 Bjerringbro")
    assert "har ingen adresse" not in school.get(f"/mailings/{mailing_id}/print/").text
    answer = school.post(f"/mailings/{mailing_id}/print/breve.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    with pymupdf.open(stream=answer.data, filetype="pdf") as printed:
        assert len(printed) == 2
        cover = printed[0].get_text()
        assert people[0].name in cover and "8850 Bjerringbro" in cover
        assert not any(people[0].cpr in one.get_text() for one in printed)
    again = school.post(f"/mailings/{mailing_id}/print/done", {"count": "7"}, follow_redirects=True)
    assert "Der er nu 1 breve at printe, ikke 7" in again.text
    done = school.post(f"/mailings/{mailing_id}/print/done", {"count": "1"}, follow_redirects=True)
    assert "1 brev er markeret som printet og lagt i posten" in done.text
    [letter, *_] = school.letters(mailing_id)
    page = school.get(f"/letters/{letter.id}/").text
    assert "Printet og lagt i posten af Mette Kirk." in page
    answer = school.post(f"/mailings/{mailing_id}/print/breve.pdf", follow_redirects=True)
    assert "Der er ingen breve, der skal printes" in answer.text


def test_the_letter_page_shows_each_addressee_and_how_it_goes(school, tmp_path):
    mailing_id, people = make_paper_mailing(school, tmp_path)
    add_copy(school.institution, mailing_id, people[1].cpr)
    approve_and_hand_over(school, mailing_id, 3)
    [letter, *_] = school.letters(mailing_id)
    page = school.get(f"/letters/{letter.id}/").text
    assert "Aflevering 1" in page and "Aflevering 2" in page
    assert re.search(rf"<dt>Kopi</dt><dd>{people[1].name}", page)
    stopped = school.post(f"/letters/{letter.id}/cancel", follow_redirects=True)
    assert "Brevet er annulleret." in stopped.text


@pytest.mark.parametrize("path", ["print/", "print/breve.pdf", "print/done", "rehearse"])
def test_the_pages_of_another_unit_are_not_there(school, tmp_path, path):
    mailing_id, _ = make_paper_mailing(school, tmp_path)
    other = make_unit(school.institution, "Naboskolen")
    make_user(school.institution, role=Role.STAFF, units=(other,), email="nabo@egely.example")
    school.client = school.client.application.test_client()
    sign_in(school.client, "nabo@egely.example")
    method = school.get if path == "print/" else school.post
    assert method(f"/mailings/{mailing_id}/{path}").status_code == 404
