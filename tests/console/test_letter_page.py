"""Brev, Sag and Forside: what is shown, what is logged, what can be done."""

from __future__ import annotations

import json

import pymupdf
import pytest

from digitalpost.db import now
from digitalpost.documents import JSON, add_document
from digitalpost.errors import Sentence
from digitalpost.models import (
    Case,
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    DocumentKind,
    Event,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from tests.console.mailings import School, make_mailing, make_school, name_recipients, sign_in
from tests.inputs.people import make_people
from tests.make import damage, make_unit, make_user

PEOPLE = make_people(2)


@pytest.fixture
def school(tmp_path):
    school = make_school(tmp_path)
    name_recipients(school, PEOPLE)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=PEOPLE, pages_each=2)
    school.post(f"/mailings/{mailing_id}/approve", {"count": "2"})
    return school


def deliver(school: School, letter_id: int = 1) -> None:
    """As if the channel had answered, with a receipt in the case."""
    with school.institution.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        delivery = session.query(Delivery).filter(Delivery.letter_id == letter_id).one()
        body = json.dumps({"channel": "eboks", "status": "DISTRIBUTED"}).encode()
        receipt = add_document(
            session,
            session.store.put("receipts", body),
            kind=DocumentKind.RECEIPT,
            media_type=JSON,
            unit_id=letter.unit_id,
            key_id=letter.case.key_id,
        )
        session.flush()
        delivery.receipt_id = receipt.id
        delivery.status, delivery.settled_at = DeliveryStatus.DELIVERED, now()
        letter.status, letter.due_at = LetterStatus.DELIVERED, None


def kinds(school: School) -> list[str]:
    with school.institution.reading() as session:
        return [event.kind for event in session.query(Event).order_by(Event.id)]


def test_a_letter_shows_recipient_case_pages_and_receipt(school):
    deliver(school)
    letter = school.letters(1)[0]
    page = school.get(f"/letters/{letter.id}/").text
    assert PEOPLE[0].name in page
    assert PEOPLE[0].cpr not in page
    assert f'href="/cases/{letter.case_id}/"' in page
    assert f"/letters/{letter.id}/page/2.png" in page
    assert "Leveret" in page
    assert "DISTRIBUTED" in page
    assert "Godkendt: 2 breve" in page


def test_reading_a_letter_is_logged_once_in_a_while_and_each_download_is_logged(school):
    for _ in range(3):
        school.get("/letters/1/")
    assert kinds(school).count("letter:opened") == 1
    for _ in range(2):
        answer = school.get("/letters/1/brev.pdf")
    assert kinds(school).count("letter:downloaded") == 2
    assert answer.headers["Content-Disposition"] == 'attachment; filename="brev-1.pdf"'
    with pymupdf.open(stream=answer.data, filetype="pdf") as document:
        assert document.page_count == 2


def test_the_receipt_is_handed_out_as_filed(school):
    assert school.get("/letters/1/kvittering.json").status_code == 303
    deliver(school)
    assert school.get("/letters/1/kvittering.json").json["status"] == "DISTRIBUTED"


def test_a_waiting_letter_can_be_stopped_and_the_rest_goes_on(school):
    page = school.post("/letters/1/cancel", follow_redirects=True).text
    assert "Brevet er annulleret." in page
    statuses = [letter.status for letter in school.letters(1)]
    assert statuses == [LetterStatus.CANCELLED, LetterStatus.WAITING]
    assert "Stop brevet" not in page


@pytest.mark.parametrize(
    "path",
    ["/letters/1/", "/letters/1/page/1.png", "/letters/1/brev.pdf", "/letters/1/kvittering.json",
     "/cases/1/"],
)  # fmt: skip
def test_what_belongs_to_another_unit_is_not_there(school, path):
    other = make_unit(school.institution, "En anden")
    make_user(school.institution, units=(other,), email="bo@egely.example")
    before = kinds(school)
    school.client = school.client.application.test_client()
    sign_in(school.client, "bo@egely.example")
    assert school.get(path).status_code == 404
    assert school.post("/letters/1/cancel").status_code == 404
    assert [kind for kind in kinds(school) if not kind.startswith("user:")] == [
        kind for kind in before if not kind.startswith("user:")
    ]


@pytest.mark.parametrize("page", ["0", "3", "99999999999"])
def test_a_page_that_is_not_in_the_letter_is_not_there(school, page):
    assert school.get(f"/letters/1/page/{page}.png").status_code == 404


@pytest.mark.parametrize("width", ["1", "900", "99999", "x", "-1", "\u0663"])
def test_any_width_gets_a_picture_of_a_sensible_size(school, width):
    picture = school.get(f"/letters/1/page/1.png?w={width}")
    assert picture.status_code == 200
    drawn = pymupdf.Pixmap(picture.data)
    assert 300 <= drawn.width <= 1400


def test_a_damaged_file_gives_no_picture_but_the_page_still_opens(school, tmp_path):
    with school.institution.reading() as session:
        letter = session.get_one(Letter, 1)
        path = tmp_path / "documents" / letter.document.path
    damage(path)
    assert school.get("/letters/1/page/1.png").status_code == 404
    assert school.get("/letters/1/").status_code == 200


def test_a_case_shows_its_letters_documents_and_log_and_its_reading_is_logged(school):
    deliver(school)
    letter = school.letters(1)[0]
    page = school.get(f"/cases/{letter.case_id}/").text
    school.get(f"/cases/{letter.case_id}/")
    assert PEOPLE[0].name in page
    assert PEOPLE[0].cpr not in page
    assert "Velkommen til skolen" in page
    assert "Kvittering" in page
    assert "Sagen blev oprettet" in page
    assert kinds(school).count("case:read") == 1


def test_a_case_is_renamed_closed_and_opened_again(school):
    deliver(school)
    with school.institution.reading() as session:
        case_id = session.get_one(Letter, 1).case_id
    school.post(f"/cases/{case_id}/rename", {"title": "Optagelse 2026"})
    page = school.post(f"/cases/{case_id}/close", follow_redirects=True).text
    assert "Optagelse 2026" in page
    assert "Åbn sagen igen" in page
    school.post(f"/cases/{case_id}/reopen")
    with school.institution.reading() as session:
        assert session.get_one(Case, case_id).closed_at is None


def test_a_case_with_letters_on_their_way_is_not_closed(school):
    page = school.post("/cases/1/close", follow_redirects=True).text
    assert "kan ikke lukkes endnu" in page


def test_the_front_page_shows_what_can_be_stopped_and_what_needs_action(school, tmp_path):
    make_mailing(school, tmp_path / "b.pdf", title="Skal ses")
    with school.institution.transaction() as session:
        letter = session.get_one(Letter, 2)
        letter.status = LetterStatus.ACTION
        letter.status_reason = Sentence("Modtageren er fritaget.").as_json()
    page = school.get("/").text
    assert "Kan stadig stoppes" in page
    assert "Modtageren er fritaget." in page
    assert "Skal ses" in page
    assert "Virker" in page


def test_the_front_page_says_when_a_channel_is_paused(school):
    with school.institution.transaction() as session:
        session.add(ChannelState(channel=ChannelName.EBOKS, paused_since=now()))
    assert "På pause" in school.get("/").text


def test_the_front_page_is_calm_when_nothing_waits(tmp_path):
    assert "Der er ikke noget, der venter på dig" in make_school(tmp_path).get("/").text


def test_the_front_page_shows_only_ones_own(school):
    make_user(school.institution, units=(school.unit_id,), email="bo@egely.example", name="Bo")
    with school.institution.transaction() as session:
        session.get_one(Mailing, 1).status = MailingStatus.HOLDING
    school.client = school.client.application.test_client()
    sign_in(school.client, "bo@egely.example")
    assert "Der er ikke noget, der venter på dig" in school.get("/").text
