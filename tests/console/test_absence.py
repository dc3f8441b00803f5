"""Absence is told on one's own account, and by administrators for others."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from digitalpost.danish_time import today
from digitalpost.institution import Institution
from digitalpost.models import Absence, Role
from tests.console.browser import signed_in
from tests.console.school import EMAILS, make_school


def test_one_tells_when_one_is_away_and_when_one_is_back(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    me, boss = school.users[Role.STAFF], school.users[Role.SUPERVISOR]
    browser = signed_in(console, EMAILS[Role.STAFF])
    address = f"/absence/{me}"
    assert address in browser.get("/account/").text
    answer = browser.post(address, first_day="", last_day="i morgen", deputy="")
    assert answer.status_code == 422
    for sentence in ("Vælg den første dag.", "Vælg den sidste dag.", "hvem der får posten"):
        assert sentence in answer.text
    last = today() + timedelta(days=4)
    answer = browser.post(
        address, first_day=today().isoformat(), last_day=last.isoformat(), deputy=str(boss)
    )
    assert "Fraværet er gemt." in browser.get(answer.headers["Location"]).text
    with institution.reading() as session:
        assert session.get_one(Absence, me).deputy_id == boss
    browser.post(f"{address}/end")
    with institution.reading() as session:
        assert session.get(Absence, me) is None


def test_only_an_administrator_tells_that_another_is_away(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    other = school.users[Role.STAFF]
    assert signed_in(console, EMAILS[Role.SUPERVISOR]).get(f"/absence/{other}").status_code == 403
    page = signed_in(console, EMAILS[Role.ADMINISTRATOR]).get(f"/absence/{other}")
    assert page.status_code == 200
    assert "Fravær: Mette Kirk" in page.text


def test_the_front_page_says_what_mail_waits(console: Flask, institution: Institution) -> None:
    school = make_school(institution)
    browser = signed_in(console, EMAILS[Role.STAFF])
    page = browser.get("/").text
    assert "1 brev har ingen ejer" in page
    browser.post(f"/inbox/letter/{school.own.ids['inbox']}/take", view="q=unowned")
    page = browser.get("/").text
    assert "1 brev til dig" in page
    assert "har ingen ejer" not in page
