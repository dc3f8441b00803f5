"""The inbox page: what it shows, what its forms do, and what never stands in an address."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import (
    Event,
    IncomingLetter,
    LetterNote,
    LetterStatus,
    Role,
    RoutedBy,
)
from tests.console.browser import Browser
from tests.console.school import School
from tests.make import make_user
from tests.make_incoming import letter_of, make_incoming


def test_the_list_shows_ones_own_units_letters_and_no_others(clerk: Browser) -> None:
    page = clerk.get("/inbox/?q=unowned").text
    assert "Brev fra Karla Egen" in page
    assert "Fie Fremmed" not in page


def test_a_queue_of_another_unit_is_ones_own_instead(school: School, clerk: Browser) -> None:
    page = clerk.get(f"/inbox/?q=unit&unit={school.foreign.unit}").text
    assert "Brev fra Karla Egen" in page
    assert "Fie Fremmed" not in page


def test_opening_a_letter_is_logged_and_shows_it(
    institution: Institution, school: School, clerk: Browser
) -> None:
    letter_id = school.own.ids["inbox"]
    page = clerk.get(f"/inbox/{letter_id}?q=unowned").text
    assert f"/incoming/{letter_id}/files/1/page/1.png" in page
    assert re.search(r"\d{6}-••••", page)
    with institution.reading() as session:
        kinds = session.scalars(sa.select(Event.kind).where(Event.letter_id == letter_id)).all()
    assert "letter:opened" in kinds


def test_an_outgoing_letter_is_shown_on_its_own_page(school: School, clerk: Browser) -> None:
    answer = clerk.get(f"/inbox/{school.own.ids['letter']}")
    assert answer.headers["Location"].endswith(f"/letters/{school.own.ids['letter']}/")


def test_what_was_searched_for_stands_in_no_address(school: School, clerk: Browser) -> None:
    answer = clerk.post("/inbox/search", q="unowned", words="Karla", days="0")
    address = answer.headers["Location"]
    assert "Karla" not in address
    page = clerk.get(address).text
    assert "Brev fra Karla Egen" in page
    assert "Søgning: Karla" in page
    assert "Karla" not in "".join(re.findall(r'href="([^"]*)"', page))
    said = clerk.post("/inbox/search", q="unowned", words="svarene", deep="1").headers["Location"]
    assert "Brev fra Karla Egen" in clerk.get(said).text  # "Hvornår får jeg svar?"
    other = clerk.post("/inbox/search", q="unowned", words="Findes ikke").headers["Location"]
    assert "Der er ikke noget, der passer" in clerk.get(other).text


@pytest.mark.parametrize(
    ("narrowed", "shown"),
    [
        ("status=new", True), ("status=assigned", False), ("status=delivered", True),
        ("days=3", False), ("late=1", False), ("owner=1", False), ("rule=1", False),
        ("from=999", False), ("tag=vrøvl&s=vrøvl&unit=x&days=x", True),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_down_by_what_makes_sense(
    clerk: Browser, narrowed: str, shown: bool
) -> None:
    page = clerk.get(f"/inbox/?q=unowned&{narrowed}").text
    assert ("Brev fra Karla Egen" in page) is shown


def test_a_letter_is_handed_over_by_the_first_letters_of_a_name(
    institution: Institution, school: School, clerk: Browser
) -> None:
    letter_id = school.own.ids["inbox"]
    answer = clerk.post(
        f"/inbox/letter/{letter_id}/assign", to="skol", view=f"q=unit&unit={school.own.unit}"
    )
    page = clerk.get(answer.headers["Location"]).text
    assert "1 brev er ændret." in page  # it is in that unit already: only its status changed
    assert letter_of(institution, letter_id).status is LetterStatus.ASSIGNED
    answer = clerk.post(f"/inbox/letter/{letter_id}/assign", to="zzz", view="q=unowned")
    assert "Ingen kollega og ingen afdeling" in clerk.get(answer.headers["Location"]).text


def test_a_letter_that_went_to_another_unit_is_gone_and_can_be_called_back(
    institution: Institution, school: School, clerk: Browser
) -> None:
    letter_id = school.own.ids["inbox"]
    answer = clerk.post(f"/inbox/letter/{letter_id}/assign", to="vejl", view="q=unowned")
    page = clerk.get(answer.headers["Location"]).text
    assert "1 brev er fordelt til Vejledningen." in page
    assert clerk.get(f"/inbox/{letter_id}").status_code == 404
    batch = re.search(r'name="batch" value="(\w+)"', page)
    assert batch is not None
    answer = clerk.post("/inbox/many/undo", batch=batch[1], view="q=unowned")
    assert answer.headers["Location"].startswith(f"/inbox/{letter_id}?")
    assert "Fortrudt: 1 brev er tilbage" in clerk.get(answer.headers["Location"]).text
    assert letter_of(institution, letter_id).unit_id == school.own.unit
    answer = clerk.post("/inbox/many/undo", batch=batch[1], view="q=unowned")
    assert "Der er intet at fortryde" in clerk.get(answer.headers["Location"]).text


def test_deadline_tags_note_and_following(
    institution: Institution, school: School, clerk: Browser
) -> None:
    letter_id = school.own.ids["inbox"]
    for act, fields in (
        ("deadline", {"due": "2026-12-24"}),
        ("tags", {"tags": "Optagelse,  haster ,optagelse"}),
        ("note", {"note": "Ring til mor på 010203-1234"}),
        ("follow", {"on": "1"}),
    ):
        answer = clerk.post(f"/inbox/letter/{letter_id}/{act}", view="q=unowned", **fields)
        assert answer.status_code == 303
    page = clerk.get(f"/inbox/{letter_id}?q=followed").text
    assert 'value="2026-12-24"' in page
    assert 'value="optagelse, haster"' in page
    assert "Ring til mor på 010203-••••" in page
    assert "Følg ikke mere" in page
    tagged = re.search(r'class="chip tag" href="([^"]+)"', page)
    assert tagged is not None and "optagelse" not in tagged[1]
    assert "Brev fra Karla Egen" in clerk.get(tagged[1].replace("&amp;", "&")).text
    with institution.reading() as session:
        assert b"Ring til mor" not in session.scalars(sa.select(LetterNote.sealed)).one()
        assert session.scalars(
            sa.select(IncomingLetter.tags).where(IncomingLetter.letter_id == letter_id)
        ).one() == ["optagelse", "haster"]
    clerk.post(f"/inbox/letter/{letter_id}/follow", view="q=unowned", on="0")
    assert "Der er intet i denne kø" in clerk.get("/inbox/?q=followed").text


@pytest.mark.parametrize(
    ("act", "fields", "sentence"),
    [
        ("deadline", {"due": "i morgen"}, "Vælg en dag"),
        ("tags", {"tags": "010203-1234"}, "CPR-nummer"),
        ("tags", {"tags": "x" * 31}, "højst 10 mærker"),
        ("note", {"note": "  "}, "Skriv noten"),
        ("assign", {"to": ""}, "Ingen kollega"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    school: School, clerk: Browser, act: str, fields: dict[str, str], sentence: str
) -> None:
    letter_id = school.own.ids["inbox"]
    answer = clerk.post(f"/inbox/letter/{letter_id}/{act}", view="q=unowned", **fields)
    page = clerk.get(answer.headers["Location"]).text
    assert sentence.replace("højst 10 mærker", "have 10 mærker") in page


def test_taking_finishing_and_taking_up_again(
    institution: Institution, school: School, clerk: Browser
) -> None:
    letter_id = school.own.ids["inbox"]
    clerk.post(f"/inbox/letter/{letter_id}/take", view="q=unowned")
    assert letter_of(institution, letter_id).owner_id == school.users[Role.STAFF]
    assert "Brev fra Karla Egen" in clerk.get("/inbox/?q=mine").text
    clerk.post(f"/inbox/letter/{letter_id}/release", view="q=mine")
    assert letter_of(institution, letter_id).status is LetterStatus.NEW
    answer = clerk.post(f"/inbox/letter/{letter_id}/finish", view="q=unowned")
    assert "Det var det sidste brev i listen." in clerk.get(answer.headers["Location"]).text
    assert "Brev fra Karla Egen" in clerk.get(f"/inbox/?q=done&unit={school.own.unit}").text
    assert "Tag op igen" in clerk.get(f"/inbox/{letter_id}?q=done").text
    clerk.post(f"/inbox/letter/{letter_id}/reopen", view="q=done")
    assert letter_of(institution, letter_id).status is LetterStatus.ASSIGNED


def test_who_else_has_a_letter_open_is_told(school: School, clerk: Browser, boss: Browser) -> None:
    letter_id = school.own.ids["inbox"]
    clerk.get(f"/inbox/{letter_id}")
    assert "Mette Kirk har brevet åbent" in boss.get(f"/inbox/{letter_id}").text
    answer = clerk.post(f"/inbox/{letter_id}/here")
    assert answer.json == {"others": ["Mette Kirk"]}


def test_a_full_inbox_weighs_under_sixty_kilobytes(
    institution: Institution, school: School, clerk: Browser
) -> None:
    for number in range(45):
        make_incoming(
            institution,
            unit_id=school.own.unit,
            title="Ansøgning om dispensation fra reglerne om optagelse på andet år 2027",
            sender=f"030303{4000 + number}",
            due_at=now(),
        )
    answer = clerk.get(f"/inbox/{school.own.ids['inbox']}?q=unowned")
    assert answer.text.count('class="pick"') == 40
    assert len(answer.data) < 60_000


def test_a_suggestion_is_taken_with_its_reason_or_never_made_again(
    institution: Institution, school: School, clerk: Browser
) -> None:
    make_user(institution, units=(school.own.unit,), name="Per Lind Skov")
    named = {"unit_id": school.own.unit, "attention": "Per Lind Skov"}
    first, second = make_incoming(institution, **named), make_incoming(institution, **named)
    page = clerk.get(f"/inbox/{first}?q=unowned").text
    assert "Fordel til Per Lind Skov" in page
    assert "Brevet er stilet til Per Lind Skov." in page
    target = re.search(r'name="target" value="([^"]+)"', page)
    assert target is not None
    fields = {"view": "q=unowned", "target": target[1]}
    clerk.post(f"/inbox/letter/{first}/accept", **fields)
    with institution.reading() as session:
        about = session.scalars(
            sa.select(IncomingLetter).where(IncomingLetter.letter_id == first)
        ).one()
        assert about.routed_by is RoutedBy.LEARNED
    clerk.post(f"/inbox/letter/{second}/accept", **fields, never="0")
    assert letter_of(institution, second).owner_id is None
    assert "Fordel til Per Lind Skov" not in clerk.get(f"/inbox/{second}?q=unowned").text
    answer = clerk.post(f"/inbox/letter/{second}/accept", **fields)
    assert "Forslaget er et andet nu." in clerk.get(answer.headers["Location"]).text
