"""Many letters of the inbox at once: what the button says, what is meant, and saved views."""

from __future__ import annotations

import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import (
    Assignment,
    LetterStatus,
    RoutingRule,
    SavedView,
)
from tests.console.browser import Browser
from tests.console.school import School
from tests.make_incoming import letter_of, make_incoming


def test_a_button_says_how_many_before_anything_happens(
    institution: Institution, school: School, boss: Browser
) -> None:
    for _ in range(3):
        make_incoming(institution, unit_id=school.own.unit)
    fields = {"view": "q=unowned", "all": "1", "upto": "9999", "act": "assign", "to": "vejl"}
    page = boss.post("/inbox/many/", **fields).text
    assert "Fordel 4 breve til Vejledningen" in page
    with institution.reading() as session:
        assert session.scalars(sa.select(Assignment)).all() == []
    answer = boss.post("/inbox/many/", **{**fields, "to": "Vejledningen", "count": "3"})
    page = boss.get(answer.headers["Location"]).text
    assert "Der er nu 4 breve, men der stod 3 på knappen" in page
    answer = boss.post("/inbox/many/", **{**fields, "to": "Vejledningen", "count": "4"})
    assert "4 breve er fordelt til Vejledningen." in boss.get(answer.headers["Location"]).text


def test_all_that_match_are_those_that_were_there_when_one_looked(
    institution: Institution, school: School, boss: Browser
) -> None:
    seen = make_incoming(institution, unit_id=school.own.unit)
    later = make_incoming(institution, unit_id=school.own.unit)
    boss.post("/inbox/many/", view="q=unowned", all="1", upto=str(seen), act="finish", count="2")
    assert letter_of(institution, seen).status is LetterStatus.DONE
    assert letter_of(institution, later).status is LetterStatus.NEW


def test_letters_of_others_are_not_picked_by_number(
    institution: Institution, school: School, boss: Browser
) -> None:
    foreign = school.foreign.ids["inbox"]
    answer = boss.post("/inbox/many/", view="q=unowned", row=str(foreign), act="finish", count="1")
    assert "Vælg først nogle breve." in boss.get(answer.headers["Location"]).text
    assert letter_of(institution, foreign).status is LetterStatus.NEW


def test_a_view_is_kept_under_a_name_and_forgotten(
    institution: Institution, school: School, clerk: Browser, boss: Browser
) -> None:
    clerk.post("/inbox/many/views", view="q=unowned&days=3", name="Gamle")
    page = clerk.get("/inbox/?q=unowned&days=3").text
    assert ">Gamle</a>" in page
    assert ">Gamle</a>" not in boss.get("/inbox/").text
    with institution.reading() as session:
        view_id = session.scalars(sa.select(SavedView.id)).one()
    boss.post(f"/inbox/many/views/{view_id}/delete", view="q=unowned")
    assert ">Gamle</a>" in clerk.get("/inbox/").text
    clerk.post(f"/inbox/many/views/{view_id}/delete", view="q=unowned")
    assert ">Gamle</a>" not in clerk.get("/inbox/").text


def test_letters_are_handed_to_a_rule(
    institution: Institution, school: School, boss: Browser
) -> None:
    with institution.transaction() as session:
        session.add(
            RoutingRule(
                unit_id=school.own.unit, name="Fakturaer", position=1,
                condition={"field": "title", "test": "contains", "value": "faktura"},
                actions=[{"do": "finish", "value": 1}, {"do": "tag", "value": "faktura"}],
                created_at=now(), changed_at=now(),
            )
        )  # fmt: skip
    letter_id = school.own.ids["inbox"]
    fields = {"view": "q=unowned", "row": str(letter_id), "act": "assign", "count": "1"}
    answer = boss.post("/inbox/many/", **fields, to="fak")
    assert "1 brev er meldt færdigt." in boss.get(answer.headers["Location"]).text
    assert letter_of(institution, letter_id).status is LetterStatus.DONE
