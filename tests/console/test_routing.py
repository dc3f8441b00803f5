"""Fordelingsregler: a rule is typed in plain Danish, tried on last year's mail and switched on."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from digitalpost.incoming.lessons import never_suggest
from digitalpost.institution import Institution
from digitalpost.models import Letter, Role, RoutingRule, User
from tests.console.browser import Browser, signed_in
from tests.console.school import EMAILS
from tests.incoming.routing_school import make_routing_rule
from tests.incoming.school import School
from tests.incoming.test_lessons import teach
from tests.make import make_user

RULE: dict[str, object] = {
    "name": "Fakturaer",
    "all-field": ["title", "sender_kind", "title"],
    "all-test": ["contains", "is", "contains"],
    "all-value": ["faktura*, rykker", "virksomhed", ""],
    "any-field": ["text"],
    "any-test": ["not:contains"],
    "any-value": ["tilbud"],
    "tags": "Økonomi, Regning",
    "days": "5",
    "stops": "1",
}


@pytest.fixture
def school(institution: Institution) -> School:
    made = School(institution)
    make_user(
        institution, role=Role.SUPERVISOR, email=EMAILS[Role.SUPERVISOR],
        units=(made.mail_room,), name="Bo Chef",
    )  # fmt: skip
    return made


@pytest.fixture
def browser(console: Flask, school: School) -> Browser:
    return signed_in(console, EMAILS[Role.SUPERVISOR])


def rule(school: School) -> RoutingRule:
    with school.institution.reading() as session:
        return session.query(RoutingRule).one()


def follow(browser: Browser, answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"]).text


def test_a_rule_is_typed_tried_and_switched_on(browser: Browser, school: School) -> None:
    hit = school.letter(title="Rykker", sender="99000023", sender_name="Eksempel A/S")
    school.letter(title="Rykker")
    page = follow(browser, browser.post("/routing/new", **RULE, whom=f"user:{school.clerk_id}"))
    assert "Prøv den nu" in page
    assert "emnet indeholder «faktura*» eller «rykker»" in page
    assert "afsenderen er en virksomhed" in page
    assert "teksten i brevet indeholder ikke «tilbud»" in page
    assert "Fordel til Ida Holm" in page
    assert "Slå reglen til" not in page
    number = rule(school).id
    # It can't be switched on before somebody has seen what it takes.
    refused = follow(browser, browser.post(f"/routing/{number}/switch", on="1"))
    assert "Prøv først reglen" in refused
    page = follow(browser, browser.post(f"/routing/{number}/trial"))
    assert "Reglen ville have taget 1 brev" in page
    assert f"/letters/{hit}" in page
    assert "Af 2 breve" in page
    page = follow(browser, browser.post(f"/routing/{number}/switch", on="1"))
    assert "Reglen er slået til." in page
    assert rule(school).is_on


def test_the_form_comes_back_as_it_was_typed_and_changes_switch_the_rule_off(
    browser: Browser, school: School
) -> None:
    browser.post("/routing/new", **RULE, whom=f"user:{school.clerk_id}")
    number = rule(school).id
    browser.post(f"/routing/{number}/trial")
    browser.post(f"/routing/{number}/switch", on="1")
    page = browser.get(f"/routing/{number}/edit").text
    for typed in ("faktura*, rykker", "virksomhed", "tilbud", "Økonomi, Regning", "Fakturaer"):
        assert f'value="{typed}"' in page
    unchanged = {**RULE, "whom": f"user:{school.clerk_id}"}
    browser.post(f"/routing/{number}/edit", **unchanged)
    assert rule(school).is_on
    browser.post(f"/routing/{number}/edit", **{**unchanged, "days": "7"})
    assert not rule(school).is_on


def test_a_number_is_kept_as_a_fingerprint_and_shown_masked(
    browser: Browser, school: School
) -> None:
    typed = {
        "name": "Anna", "all-field": "sender_number", "all-test": "is",
        "all-value": "010108-4321", "tags": "Anna", "stops": "1",
    }  # fmt: skip
    page = follow(browser, browser.post("/routing/new", **typed))
    assert "«010108-••••»" in page
    number = rule(school).id
    before = rule(school).condition
    assert "4321" not in str(before)
    page = browser.get(f"/routing/{number}/edit").text
    assert "4321" not in page
    # Sent back as it is shown, it is the same number.
    browser.post(f"/routing/{number}/edit", **{**typed, "all-value": "010108-••••", "days": "3"})
    assert rule(school).condition == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Skriv et navn til reglen"),
        ({"all-value": "", "any-value": ""}, "Skriv mindst én linje"),
        ({"all-field": "weekday", "all-value": "i går"}, "Skriv mandag eller tirsdag"),
        ({"all-field": "clock", "all-value": "sent"}, "Skriv klokkeslæt som 16.00-8.00"),
        ({"all-field": "clock", "all-value": "25-26"}, "Skriv klokkeslæt som 16.00-8.00"),
        ({"all-field": "day", "all-value": "31.2.2026-1.3.2026"}, "Skriv to datoer"),
        ({"all-field": "sender_number", "all-value": "12"}, "Skriv et CPR- eller CVR-nummer"),
        ({"tags": "", "days": ""}, "Vælg, hvad der skal ske med brevet"),
        ({"days": "snart"}, "Skriv fristen som et helt antal dage"),
        ({"all-value": "***"}, "En linje i reglen kan ikke bruges"),
        ({"all-field": "vejret"}, "Vælg noget fra listen"),
    ],
)
def test_what_can_not_be_used_is_said_in_danish_and_nothing_typed_is_lost(
    browser: Browser, school: School, changes: dict[str, str], said: str
) -> None:
    typed = {
        "name": "Regel", "all-field": "title", "all-test": "contains", "all-value": "faktura",
        "any-field": "title", "any-test": "contains", "any-value": "", "tags": "x",
        "days": "4", "stops": "1",
    } | changes  # fmt: skip
    answer = browser.post("/routing/new", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    for value in (typed["all-value"], typed["days"], typed["tags"]):
        assert f'value="{value}"' in answer.text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("clock", "16-8.30", "er fra 16.00 til 08.30"),
        ("weekday", "Lørdag, søndag", "er lørdag eller søndag"),
        ("day", "1.6.2026 - 30.6.2026", "er fra 01.06.2026 til 30.06.2026"),
        ("is_answer", "nej", "brevet er ikke et svar"),
        ("text", "åben skole", "teksten i brevet indeholder «åben skole»"),
    ],
)
def test_every_kind_of_line_can_be_typed_and_comes_back(
    browser: Browser, school: School, field: str, value: str, said: str
) -> None:
    typed = {"name": "R", "all-field": field, "all-test": "is", "all-value": value, "tags": "x"}
    assert said in follow(browser, browser.post("/routing/new", **typed))
    number = rule(school).id
    page = browser.get(f"/routing/{number}/edit").text
    [shown] = re.findall(r'name="all-value" value="([^"]+)"', page)
    before = rule(school).condition
    browser.post(f"/routing/{number}/edit", **{**typed, "all-value": shown, "tags": "y"})
    assert rule(school).condition == before
    assert rule(school).actions == [{"do": "tag", "value": "y"}]


def test_rules_are_moved_switched_off_and_deleted(browser: Browser, school: School) -> None:
    first = make_routing_rule(school.institution, school.mail_room, name="Den første")
    second = make_routing_rule(school.institution, school.mail_room, name="Den anden")
    page = follow(browser, browser.post(f"/routing/{second}/move", by="up"))
    assert page.index("Den anden") < page.index("Den første")
    assert "Reglen er slået fra." in follow(
        browser, browser.post(f"/routing/{second}/switch", on="0")
    )
    assert "Slet Den første?" in browser.get(f"/routing/{first}/delete").text
    assert "Den første" not in follow(browser, browser.post(f"/routing/{first}/delete"))


def test_a_rule_to_somebody_who_left_is_shown_as_one_that_can_not_be_followed(
    browser: Browser, school: School
) -> None:
    make_routing_rule(
        school.institution, school.mail_room,
        actions=[{"do": "person", "value": school.clerk_id}],
    )  # fmt: skip
    with school.institution.transaction() as session:
        session.get_one(User, school.clerk_id).is_active = False
    page = browser.get("/routing/").text
    assert "Kan ikke følges" in page
    assert "Ida Holm har ikke adgang længere" in page


def test_staff_do_not_see_the_rules(console: Flask, school: School) -> None:
    make_user(school.institution, email=EMAILS[Role.STAFF], units=(school.mail_room,))
    assert signed_in(console, EMAILS[Role.STAFF]).get("/routing/").status_code == 403


def test_the_supervisor_sees_how_good_suggestions_are_and_takes_a_never_back(
    browser: Browser, school: School
) -> None:
    teach(school)
    letter_id = school.letter(title="Om SU")
    with school.institution.transaction() as session:
        never_suggest(
            session, school.clerk, session.get_one(Letter, letter_id),
            target=f"user:{school.counsellor_id}",
        )  # fmt: skip
    page = browser.get("/routing/suggestions").text
    assert "38 %" in page  # 3 of 8: the first five were learned from
    assert "Modtager: Per Lind" in page
    page = follow(browser, browser.post("/routing/suggestions/1/again"))
    assert "Ingen har valgt noget fra." in page
