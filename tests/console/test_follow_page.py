"""The follow-up of a mailing: who, why, what now; the list as a file; sending again."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.danish_time import today
from digitalpost.deliveries.dispatch import dispatch_due
from digitalpost.deliveries.follow_list import safe_cell
from digitalpost.errors import Sentence
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    Event,
    Letter,
    LetterStatus,
    LetterWay,
    Mailing,
    Role,
)
from tests.console.mailings import School, make_mailing, make_school, name_recipients, sign_in
from tests.inputs.people import make_people
from tests.make import make_unit, make_user
from tests.make_addressees import set_address
from tests.make_mailings import let_time_pass

_EXEMPT = Sentence("Modtageren er fritaget for digital post. Send brevet på papir.").as_json()


@pytest.fixture
def school(tmp_path: Any) -> School:
    return make_school(tmp_path, DIGITALPOST_HOLD_SECONDS="0")


def make_sent(school: School, tmp_path: Any) -> tuple[int, list[Any]]:
    """Five letters: delivered, turned down, in doubt, to be printed here, held back."""
    people = make_people(5)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    with school.institution.transaction() as session:
        for letter in session.scalars(sa.select(Letter)):
            ways = {4: LetterWay.LOCAL_PRINT, 5: LetterWay.HOLD}
            letter.way = ways.get(letter.position, LetterWay.DIGITAL)
    assert school.post(f"/mailings/{mailing_id}/approve", {"count": "4"}).status_code == 303
    let_time_pass(school.institution)
    dispatch_due(school.institution, ChannelName.LOCAL_PRINT)
    with school.institution.transaction() as session:
        for one in session.scalars(sa.select(Delivery)):
            at = one.letter.position
            if at == 4:
                continue
            failed = at in (2, 3)
            one.status = DeliveryStatus.FAILED if failed else DeliveryStatus.DELIVERED
            one.settled_at, one.due_at = one.created_at, None
            one.attempts = 1
            one.is_doubtful = at == 3
            one.problem = _EXEMPT if at == 2 else None
            one.letter.status = LetterStatus.ACTION if failed else LetterStatus.DELIVERED
            one.letter.status_reason = one.problem
            one.letter.due_at = one.created_at if failed else None
        session.get_one(Mailing, mailing_id).status = "sent"
    return mailing_id, people


def test_the_list_names_who_why_and_what_to_do_and_nobody_who_got_theirs(school, tmp_path):
    mailing_id, people = make_sent(school, tmp_path)
    assert (
        "Følg op på breve, der ikke er nået frem digitalt"
        in school.get(f"/mailings/{mailing_id}/").text
    )
    page = school.get(f"/mailings/{mailing_id}/follow-up/").text
    assert "4 breve er ikke nået frem digitalt" in page
    assert people[0].name not in page
    for person in people[1:]:
        assert person.name in page
        assert person.cpr not in page
    assert "Modtageren er fritaget for digital post" in page
    assert "Send brevet på en anden måde." in page
    assert "Kan være nået frem." in page
    assert "Print brevet, og læg det i posten." in page
    assert "Vælg brevet her, og hvordan det skal sendes." in page
    failed = school.get(f"/mailings/{mailing_id}/follow-up/?show=failed").text
    assert people[1].name in failed and people[3].name not in failed
    key = re.search(r"reason=([0-9a-f]{12})[^>]*>Modtageren er fritaget", page)
    assert key is not None
    one_reason = school.get(f"/mailings/{mailing_id}/follow-up/?reason={key[1]}").text
    assert people[1].name in one_reason and people[2].name not in one_reason
    odd = school.get(f"/mailings/{mailing_id}/follow-up/?reason=%27&show=x&after=x").text
    assert people[1].name in odd


def test_the_file_is_safe_for_spreadsheets_masked_and_logged(school, tmp_path):
    mailing_id, people = make_sent(school, tmp_path)
    with school.institution.transaction() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == 2)).one()
        assert letter.recipient is not None
        letter.recipient.name = '=HYPERLINK("http://ond.example";"klik")'
    answer = school.get(f"/mailings/{mailing_id}/follow-up/opfoelgning.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    text = answer.data.decode("utf-8-sig")
    assert not any(person.cpr in text or person.cpr[6:] in text for person in people)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["Brev"] for row in rows] == ["2", "3", "4", "5"]
    assert rows[0]["Modtager"].startswith("'=HYPERLINK")
    assert rows[0]["Nummer"].endswith("-••••")
    assert "fritaget" in rows[0]["Hvorfor"]
    with school.institution.reading() as session:
        [event] = session.scalars(sa.select(Event).where(Event.kind == "mailing:listed"))
        assert event.data == {"letters": 4}


@pytest.mark.parametrize("text", ["=1+1", "+45 1", "-1", "@x", "\t=1", "\r=1", " =1", "\n@x"])
def test_a_cell_is_never_a_formula(text: str) -> None:
    assert safe_cell(text)[0] == "'"
    assert safe_cell("Anna = Bo") == "Anna = Bo"


def test_sending_again_lists_first_and_sends_what_was_listed(school, tmp_path):
    mailing_id, people = make_sent(school, tmp_path)
    set_address(school.institution, people[1].cpr, "Åløkken 12", "8850 Bjerringbro")
    ids = [letter.id for letter in school.letters(mailing_id)]
    query = "&".join(f"letter={one}" for one in ids)
    page = school.get(f"/mailings/{mailing_id}/follow-up/again?how=local_print&{query}").text
    assert "2 breve bliver sendt igen. Intet er sendt endnu." in page
    assert "Egen print: 2" in page
    assert "kan være nået frem gennem e-Boks" in page
    wrong = {"how": "local_print", "letter": ids, "count": "5"}
    answer = school.post(f"/mailings/{mailing_id}/follow-up/again", wrong)
    assert answer.status_code == 422
    assert "Der er nu 2 breve at sende igen, men du skrev 5." in answer.text
    assert (
        school.post(f"/mailings/{mailing_id}/follow-up/again", wrong | {"count": "to"}).status_code
        == 422
    )
    done = school.post(
        f"/mailings/{mailing_id}/follow-up/again", wrong | {"count": "2"}, follow_redirects=True
    )
    assert "2 breve er sat til at blive sendt igen." in done.text
    twice = school.post(f"/mailings/{mailing_id}/follow-up/again", wrong | {"count": "2"})
    assert twice.status_code == 422
    with school.institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Delivery.id))) == 6
    assert ("dispatch", "local_print") in school.woken


def test_all_of_one_reason_are_chosen_at_once(school, tmp_path):
    mailing_id, people = make_sent(school, tmp_path)
    page = school.get(f"/mailings/{mailing_id}/follow-up/").text
    key = re.search(r"reason=([0-9a-f]{12})[^>]*>Modtageren er fritaget", page)
    assert key is not None
    url = f"/mailings/{mailing_id}/follow-up/again?how=local_print&reason={key[1]}"
    page = school.get(url).text
    assert people[1].name in page and people[2].name not in page
    nothing = school.get(f"/mailings/{mailing_id}/follow-up/again?how=next", follow_redirects=True)
    assert "Sæt hak ved de breve" in nothing.text
    assert school.get(f"/mailings/{mailing_id}/follow-up/again?how=x&letter=1").status_code == 303


def test_while_they_can_be_undone_the_page_says_what_they_are(tmp_path):
    school = make_school(tmp_path, DIGITALPOST_HOLD_SECONDS="0")
    mailing_id, _ = make_sent(school, tmp_path)
    with school.institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.finished_at = mailing.hold_until
    object.__setattr__(school.institution.settings, "hold_seconds", 600)
    letter = school.letters(mailing_id)[1]
    form = {"how": "local_print", "letter": [letter.id], "count": "1"}
    school.post(f"/mailings/{mailing_id}/follow-up/again", form)
    page = school.get(f"/mailings/{mailing_id}/").text
    assert "Det er breve, der sendes igen. Resten af forsendelsen er sendt." in page
    assert "Intet er sendt endnu" not in page
    stopped = school.post(f"/mailings/{mailing_id}/cancel", follow_redirects=True)
    assert "1 breve blev stoppet" in stopped.text
    assert (
        "Vælg brevet her, hvis det alligevel"
        in school.get(f"/mailings/{mailing_id}/follow-up/?show=cancelled").text
    )


def test_as_the_day_comes_near_the_pages_say_what_is_missing(school, tmp_path):
    mailing_id, _ = make_sent(school, tmp_path)
    assert "De skulle være fremme" not in school.get(f"/mailings/{mailing_id}/").text
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).arrive_by = today() + timedelta(days=1)
    for path in ("", "follow-up/"):
        page = school.get(f"/mailings/{mailing_id}/{path}").text
        assert "4 breve er ikke nået frem. De skulle være fremme senest" in page
        assert "Det er for sent at nå" in page
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).arrive_by = today() + timedelta(days=90)
    assert "De skulle være fremme" not in school.get(f"/mailings/{mailing_id}/").text
    page = school.get(f"/mailings/{mailing_id}/follow-up/").text
    assert "Print senest" in page


def test_the_review_warns_when_paper_comes_too_late(school, tmp_path):
    people = make_people(2)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "b.pdf", people=people)
    with school.institution.transaction() as session:
        first = session.scalars(sa.select(Letter).where(Letter.position == 1)).one()
        first.way = LetterWay.LOCAL_PRINT
    day = today() + timedelta(days=2)
    saved = school.post(f"/mailings/{mailing_id}/options", {"arrive_by": day.isoformat()})
    assert saved.status_code == 303
    page = school.get(f"/mailings/{mailing_id}/").text
    assert (
        page.count("Breve på papir: 1. De når frem") == 2
    )  # in the summary, and where one approves
    early = {"arrive_by": (today() - timedelta(days=1)).isoformat()}
    answer = school.post(f"/mailings/{mailing_id}/options", early)
    assert answer.status_code == 422
    assert "ligger før den dag, de bliver sendt" in answer.text


@pytest.mark.parametrize(
    "path", ["follow-up/", "follow-up/opfoelgning.csv", "follow-up/again?how=next&letter=1"]
)
def test_the_pages_of_another_unit_are_not_there(school, tmp_path, path):
    mailing_id, _ = make_sent(school, tmp_path)
    other = make_unit(school.institution, "Naboskolen")
    make_user(school.institution, role=Role.STAFF, units=(other,), email="nabo@egely.example")
    school.client = school.client.application.test_client()
    sign_in(school.client, "nabo@egely.example")
    assert school.get(f"/mailings/{mailing_id}/{path}").status_code == 404
    again = school.post(f"/mailings/{mailing_id}/follow-up/again", {"how": "next", "letter": "1"})
    assert again.status_code == 404


def test_before_approval_there_is_nothing_to_follow_up(school, tmp_path):
    mailing_id = make_mailing(school, tmp_path / "c.pdf")
    assert school.get(f"/mailings/{mailing_id}/follow-up/").status_code == 303
    answer = school.get(f"/mailings/{mailing_id}/follow-up/opfoelgning.csv", follow_redirects=True)
    assert "ikke noget at følge op på" in answer.text
