"""Mending in the console: the pages beside the reasons, and every act as a plain form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import Event, LeftOutPage, Letter, Mailing, MailingStatus, Role, Verdict
from tests.console.mailings import School, make_mailing, make_school, name_recipients, sign_in
from tests.inputs.letters import lines_of, write_merge, write_pages
from tests.inputs.people import make_people
from tests.make import make_unit, make_user

PEOPLE = make_people(3)


def make_doubtful(home: Path, **options: Any) -> tuple[School, int, str]:
    """A school with a mailing whose first page names two people; the address of its mend page."""
    school = make_school(home, **options)
    name_recipients(school, PEOPLE)
    one, two, three = PEOPLE
    path = write_pages(home / "to.pdf", [[*lines_of(one), "", *lines_of(two)], lines_of(three)])
    mailing_id = make_mailing(school, path)
    letter = school.letters(mailing_id)[0]
    return school, mailing_id, f"/mailings/{mailing_id}/mend/{letter.id}/"


def make_merge(home: Path) -> tuple[School, int, list[Letter]]:
    """Three letters of two pages each, in review."""
    school = make_school(home)
    mailing_id = make_mailing(school, home / "a.pdf", people=PEOPLE, pages_each=2)
    return school, mailing_id, school.letters(mailing_id)


def test_the_list_leads_to_the_page_with_reasons_and_the_pages_as_they_came(tmp_path):
    school, mailing_id, address = make_doubtful(tmp_path)
    review = school.get(f"/mailings/{mailing_id}/").text
    assert f'href="{address}"' in review
    assert review.count("/mend/") == 1
    page = school.get(address)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "to forskellige numre" in page.text
    image = re.search(r'src="(/mailings/\d+/source/\d+/1\.png)"', page.text)
    assert image is not None
    picture = school.get(image[1])
    assert picture.data.startswith(b"\x89PNG")
    assert picture.headers["Cache-Control"] == "private, no-store"
    for wrong in ("0", "3", "99999"):
        assert school.get(image[1].replace("/1.png", f"/{wrong}.png")).status_code == 404


def test_the_name_is_shown_before_it_counts_and_then_the_letter_is_made_again(tmp_path):
    school, mailing_id, address = make_doubtful(tmp_path)
    asked = school.post(f"{address}recipient", {"number": PEOPLE[0].cpr})
    assert asked.status_code == 200
    assert f"Ja, brevet er til {PEOPLE[0].name}" in asked.text
    assert school.letters(mailing_id)[0].recipient_id is None
    done = school.post(f"{address}recipient", {"number": PEOPLE[0].cpr, "sure": "1"})
    assert done.location == address
    assert ("finish_letters", mailing_id) in school.woken
    assert "bliver lavet igen nu" in school.get(address).text
    refused = school.post(f"/mailings/{mailing_id}/approve", {"count": "1"})
    assert refused.status_code == 422
    assert "lavet igen lige nu" in refused.text
    assert school.get(f"/mailings/{mailing_id}/live").headers["X-Stage"] == "review-mending"
    finish_letters(school.institution, mailing_id)
    assert school.get(f"/mailings/{mailing_id}/live").headers["X-Stage"] == "review"
    review = school.get(f"/mailings/{mailing_id}/").text
    assert "2 breve er klar" in review
    assert PEOPLE[0].name in review
    assert "Modtageren af et brev blev valgt" in review


@pytest.mark.parametrize("typed", ["", "tolv", "3002991234", "12345678", "9" * 60])
def test_a_number_that_is_none_says_so_and_stays_in_the_field(tmp_path, typed):
    school, mailing_id, address = make_doubtful(tmp_path)
    for sure in ("", "1"):
        answer = school.post(
            f"{address}recipient", {"number": typed, "sure": sure}, follow_redirects=True
        )
        assert answer.status_code == (200 if sure else 422)
        assert "nummer" in answer.text
        assert sure or f'value="{typed}"' in answer.text
    assert school.letters(mailing_id)[0].recipient_id is None


def test_letters_are_split_joined_and_moved_by_plain_forms(tmp_path):
    school, mailing_id, (first, second, third) = make_merge(tmp_path)
    base = f"/mailings/{mailing_id}/mend/"
    page = school.get(f"{base}{second.id}/").text
    assert f'name="other" value="{first.id}"' in page
    assert f'name="other" value="{third.id}"' in page
    assert 'name="before" value="4"' in page
    school.post(f"{base}{second.id}/split", {"before": "4"})
    new = school.letters(mailing_id)[-1]
    assert (new.position, new.pages) == (4, [4])
    answer = school.post(f"{base}{new.id}/join", {"other": str(second.id)})
    assert answer.location == f"{base}{second.id}/"
    assert school.letters(mailing_id)[1].pages == [3, 4]
    school.post(f"{base}{second.id}/move", {"pages": ["4"], "to": "number", "position": "3"})
    assert school.letters(mailing_id)[2].pages == [4, 5, 6]
    answer = school.post(f"{base}{second.id}/move", {"pages": ["3"], "to": str(first.id)})
    assert answer.location == f"/mailings/{mailing_id}/"
    assert [one.pages for one in school.letters(mailing_id)] == [[1, 2, 3], [4, 5, 6]]
    assert school.woken == [("finish_letters", mailing_id)] * 4


def test_what_can_not_be_done_says_why_and_changes_nothing(tmp_path):
    school, mailing_id, (first, *_) = make_merge(tmp_path)
    address = f"/mailings/{mailing_id}/mend/{first.id}/"
    for act, fields, why in (
        ("split", {"before": "1"}, "ikke før den første"),
        ("split", {}, "ikke før den første"),
        ("move", {"to": "new"}, "Vælg mindst én side"),
        ("move", {"to": "new", "pages": ["1", "2"]}, "alle brevets sider"),
        ("move", {"to": "number", "position": "77", "pages": ["1"]}, "ikke noget brev"),
        ("move", {"to": "new", "pages": ["5"]}, "ikke længere til brevet"),
        ("leave-out", {"pages": ["1"], "why": " "}, "hvorfor siden skal udelades"),
    ):
        answer = school.post(f"{address}{act}", fields, follow_redirects=True)
        assert why in answer.text, act
    assert school.post(f"{address}join", {"other": "99999"}).status_code == 404
    assert [one.pages for one in school.letters(mailing_id)] == [[1, 2], [3, 4], [5, 6]]
    assert school.woken == []


def test_a_page_is_left_out_with_a_reason_and_taken_back_from_the_review(tmp_path):
    school, mailing_id, (first, *_) = make_merge(tmp_path)
    address = f"/mailings/{mailing_id}/mend/{first.id}/"
    school.post(f"{address}leave-out", {"pages": ["2"], "why": "Kun en bagside"})
    review = school.get(f"/mailings/{mailing_id}/").text
    assert "Side 2 er udeladt: Kun en bagside" in review
    form = re.search(rf'action="(/mailings/{mailing_id}/left-out/\d+/take-back)"', review)
    assert form is not None
    answer = school.post(form[1])
    new = school.letters(mailing_id)[-1]
    assert new.pages == [2]
    assert answer.location == f"/mailings/{mailing_id}/mend/{new.id}/"
    with school.institution.reading() as session:
        assert session.query(LeftOutPage).count() == 0


def test_a_long_letter_shows_some_pages_at_a_time(tmp_path):
    school = make_school(tmp_path)
    path = write_merge(tmp_path / "lang.pdf", PEOPLE[:1], pages_each=30)
    mailing_id = make_mailing(school, path)
    letter = school.letters(mailing_id)[0]
    address = f"/mailings/{mailing_id}/mend/{letter.id}/"
    page = school.get(address).text
    assert page.count("<img ") == 12
    assert len(page.encode()) < 60_000
    assert 'value="25"' in school.get(f"{address}?from=24").text
    assert school.get(f"{address}?from=99999999999").status_code == 200


def test_the_page_is_only_there_while_the_mailing_is_in_review(tmp_path):
    school, mailing_id, (first, *_) = make_merge(tmp_path)
    address = f"/mailings/{mailing_id}/mend/{first.id}/"
    assert school.get(address).status_code == 200
    school.post(f"/mailings/{mailing_id}/approve", {"count": "3"})
    assert school.get(address).location == f"/mailings/{mailing_id}/"
    refused = school.post(f"{address}split", {"before": "2"}, follow_redirects=True)
    assert "kan ikke rettes nu" in refused.text
    source = school.mailing(mailing_id)
    with school.institution.reading() as session:
        source_id = session.get_one(Mailing, source.id).sources[0].id
    assert school.get(f"/mailings/{mailing_id}/source/{source_id}/1.png").status_code == 404


def test_a_letter_of_another_unit_is_not_there(tmp_path):
    school, mailing_id, (first, *_) = make_merge(tmp_path)
    with school.institution.reading() as session:
        source_id = session.get_one(Mailing, mailing_id).sources[0].id
    other = make_unit(school.institution, "En anden")
    make_user(school.institution, units=(other,), email="bo@egely.example", role=Role.ADMINISTRATOR)
    school.client = school.client.application.test_client()
    sign_in(school.client, "bo@egely.example")
    address = f"/mailings/{mailing_id}/mend/{first.id}/"
    assert school.get(address).status_code == 404
    assert school.get(f"/mailings/{mailing_id}/source/{source_id}/1.png").status_code == 404
    for act in ("recipient", "confirm", "split", "join", "move", "leave-out"):
        fields = {"number": PEOPLE[0].cpr, "sure": "1", "before": "2", "pages": ["1"], "to": "new"}
        assert school.post(f"{address}{act}", fields).status_code == 404, act
    assert school.letters(mailing_id)[0].mended_at is None


def test_opening_the_page_is_logged(tmp_path):
    school, mailing_id, (_, second, _) = make_merge(tmp_path)
    school.get(f"/mailings/{mailing_id}/mend/{second.id}/")
    with school.institution.reading() as session:
        opened = session.query(Event).filter(Event.letter_id == second.id)
        assert [event.kind for event in opened] == ["letter:opened"]


def test_the_review_tells_what_differs_from_the_last_mailing_like_it(tmp_path):
    school = make_school(tmp_path)
    people = make_people(5)
    name_recipients(school, people)
    before = make_mailing(school, tmp_path / "a.pdf", people=people[:4], title="Eksamen juni 2026")
    with school.institution.transaction() as session:
        session.get_one(Mailing, before).status = MailingStatus.SENT
    write_merge(tmp_path / "b.pdf", people[2:], pages_each=2)
    after = make_mailing(school, tmp_path / "b.pdf", title="Eksamen maj 2027")
    page = school.get(f"/mailings/{after}/").text
    assert "Sidst var der 4 breve, nu er der 3." in page
    assert "Antal sider i de fleste breve er nu 2. Sidst var det 1." in page
    assert f"1 modtager er ny i forhold til sidst: {people[4].name}" in page
    assert f"2 modtagere fra sidst er ikke med: {people[0].name}, {people[1].name}" in page
    other = make_mailing(school, tmp_path / "c.pdf", title="Velkommen til skolen")
    assert "Sammenlignet med sidst" not in school.get(f"/mailings/{other}/").text


@pytest.mark.parametrize("role", [Role.STAFF, Role.SUPERVISOR])
def test_very_many_red_letters_need_a_supervisor(tmp_path, role):
    school = make_school(tmp_path, role=role)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=make_people(12))
    with school.institution.transaction() as session:
        for letter in session.query(Letter).filter(Letter.position <= 6):
            letter.verdict, letter.risk = Verdict.RED, 2
    assert "6 af 12 breve kan ikke sendes" in school.get(f"/mailings/{mailing_id}/").text
    answer = school.post(f"/mailings/{mailing_id}/approve", {"count": "6"})
    if role is Role.STAFF:
        assert answer.status_code == 422
        assert "bed en leder om at godkende" in answer.text
        assert school.status(mailing_id) is MailingStatus.REVIEW
    else:
        assert school.status(mailing_id) is MailingStatus.HOLDING


def test_a_mailing_to_typed_recipients_says_that_its_pages_belong_to_all(tmp_path):
    school = make_school(tmp_path)
    mailing_id = make_mailing(
        school, tmp_path / "a.pdf", prepared=False, to=[one.cpr for one in PEOPLE[:2]]
    )
    prepare(school.institution, mailing_id)
    letter = school.letters(mailing_id)[0]
    answer = school.post(
        f"/mailings/{mailing_id}/mend/{letter.id}/split", {"before": "2"}, follow_redirects=True
    )
    assert "Hele filen går til hver modtager" in answer.text
