"""Forms, sessions and strange addresses: nothing is lost, nothing slips through, nothing falls."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from admin_views import create_console
from digitalpost.institution import Institution
from digitalpost.models import Recipient, Role, Unit
from tests.console.browser import Browser, signed_in
from tests.console.school import ADMINISTRATOR, EMAILS, STAFF, make_school
from tests.make import make_institution

STRANGE = (
    "?page=-1", "?s=%00", "?s=%ff%fe", "?s=AAAA", "?s=" + "x" * 5000, "?s=%F0%9F%98%80%00%0A",
    "?q=ord", "?sort=password_hash", "?sort=-", "?sort=name&sort=--name",
    "?after=x", "?after=" + "A" * 9000, "?before=last&after=last", "?before=%00",
    "?since=2026-13-45", "?since=0001-01-01", "?until=9999-12-31", "?since=%00",
    "?status=nonsense", "?status=%00", "?unit=99999999999999999999", "?type=-1", "?unit=1%27",
    "?flt0_12=x", "?page_size=1000000", "?desc=1&sort=17", "?role=%00&active=2&kind=x",
)  # fmt: skip
STRANGE_WORDS = (
    "\0", "\ufffe", "\"';-- * AND", "x" * 5000, "\U0001f600\0\n", "NEAR(a b)", "a AND", "()", "*",
)  # fmt: skip
STRANGE_IDS = (
    "9" * 5000,
    "١",
    "0",
    "-1",
    "99999999999999999999999",
    "1%00",
    "%00",
    "1e3",
    "abc",
    "1;2",
    "new ",
)


@pytest.fixture
def console_on_each_database(tmp_path: Path, database_url: str) -> Iterator[tuple[Flask, str]]:
    """The console on SQLite and on PostgreSQL, with a school in it."""
    institution = make_institution(tmp_path, tables=False, DATABASE_URL=database_url)
    make_school(institution)
    yield create_console(institution), ADMINISTRATOR
    institution.close()


def test_strange_addresses_are_never_a_fault(console_on_each_database: tuple[Flask, str]) -> None:
    console, email = console_on_each_database
    browser = signed_in(console, email)
    for view in (
        "cases", "letters", "mailings", "recipients", "users", "units", "retention", "events",
    ):  # fmt: skip
        for query in STRANGE:
            answer = browser.get(f"/{view}/{query}")
            assert answer.status_code == 200, (view, query, answer.status_code)
    for view in ("cases", "letters", "recipients", "users"):
        for words in STRANGE_WORDS:
            assert browser.search(view, words).status_code == 200, (view, words)
    for view in ("cases", "letters", "mailings", "recipients", "users", "retention"):
        for row_id in STRANGE_IDS:
            for page in ("", "edit", "delete", "number"):
                answer = browser.get(f"/{view}/{row_id}/{page}")
                assert answer.status_code in {308, 404}, (view, row_id, page, answer.status_code)


def test_pages_of_a_list_go_forth_and_back_on_each_database(
    console_on_each_database: tuple[Flask, str],
) -> None:
    console, email = console_on_each_database
    institution: Institution = console.extensions["institution"]
    with institution.transaction() as session:
        session.add_all(Unit(name=f"Hold {number:03d}") for number in range(60))
    browser = signed_in(console, email)
    first = browser.get("/units/").text
    assert "62 i alt" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = browser.get(older[1].replace("&amp;", "&")).text
    assert "Hold 059" in second
    assert "Hold 059" not in first
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer is not None
    assert "Hold 000" in browser.get(newer[1].replace("&amp;", "&")).text


def test_every_address_that_takes_a_form_wants_its_token(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    browser = signed_in(console, ADMINISTRATOR)
    adapter = console.url_map.bind("localhost")
    other = Browser(console).token()
    posts = [
        rule
        for rule in console.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith(("signing.", "push."))
    ]  # what addressees and other programs send: test_signing_page.py and test_push.py have it
    assert len(posts) > 12
    for rule in posts:
        address = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method="POST")
        for data in ({}, {"csrf_token": "x"}, {"csrf_token": other}):
            answer = browser.client.post(address, data=data)
            assert answer.status_code == 400, (address, answer.status_code)
            assert "Send formularen igen" in answer.text
    assert browser.get("/account/").status_code == 200, "nobody was signed out by it"


def test_a_form_from_another_site_is_refused_and_not_offered_again(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    browser = signed_in(console, ADMINISTRATOR)
    data = {"csrf_token": browser.token(), "name": "Fremmed afdeling"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = browser.client.post("/units/new", data=data, headers=headers)
        assert answer.status_code == 400
        assert "Fremmed afdeling" not in answer.text


def test_an_old_form_is_offered_again_with_what_was_typed(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    with time_machine.travel("2026-06-09 06:00Z") as clock:
        browser = signed_in(console, ADMINISTRATOR)
        old = browser.token()
        for _ in range(3):
            clock.shift(5 * 3600)
            assert browser.get("/account/").status_code == 200
        answer = browser.post("/units/new", token=old, name="Musikskolen")
        assert answer.status_code == 400
        assert 'name="name" value="Musikskolen"' in answer.text
        fresh = re.search(r'name="csrf_token" value="([^"]+)"', answer.text.split("<main")[1])
        assert fresh is not None
        assert browser.post("/units/new", token=fresh[1], name="Musikskolen").status_code == 303


def test_work_survives_a_session_that_ran_out_over_lunch(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    with time_machine.travel("2026-06-09 06:00Z") as clock:
        browser = signed_in(console, ADMINISTRATOR)
        token = browser.token()
        clock.shift(11 * 3600)
        answer = browser.post("/units/new", token=token, name="Musikskolen")
        assert answer.status_code == 401
        kept = re.search(r'name="kept" value="([^"]+)"', answer.text)
        assert kept is not None
        assert "Musikskolen" not in answer.text
        stranger = Browser(console).sign_in(STAFF, kept=kept[1])
        assert "Musikskolen" not in stranger.text
        resumed = browser.sign_in(ADMINISTRATOR, kept=kept[1])
        assert 'action="/units/new"' in resumed.text
        assert 'name="name" value="Musikskolen"' in resumed.text
        assert browser.post("/units/new", name="Musikskolen").status_code == 303


def test_a_session_ends_after_hours_without_a_click_and_not_before(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    with time_machine.travel("2026-06-09 06:00Z") as clock:
        browser = signed_in(console, STAFF)
        for _ in range(3):
            clock.shift(9 * 3600)
            assert browser.get("/cases/").status_code == 200
        clock.shift(10 * 3600 + 60)
        answer = browser.get("/cases/?sort=opened_at")
        assert answer.status_code == 302
        assert "next=/cases/?sort%3Dopened_at" in answer.headers["Location"].replace(
            "%2F", "/"
        ).replace("%3F", "?")


@pytest.mark.parametrize("address", ["/nowhere", "/cases/999999/", "/mailings/999999/"])
def test_error_pages_say_what_to_do_and_carry_a_reference(
    console: Flask, institution: Institution, address: str
) -> None:
    make_school(institution)
    for browser in (Browser(console), signed_in(console, STAFF)):
        answer = browser.get(address, follow_redirects=True)
        if answer.status_code == 200:
            continue
        assert answer.status_code == 404
        assert "Siden findes ikke" in answer.text
        assert answer.headers["X-Request-Id"] in answer.text


def test_a_fault_shows_no_inner_thing_and_is_logged_without_what_was_typed(
    console: Flask, institution: Institution, caplog: pytest.LogCaptureFixture
) -> None:
    make_school(institution)

    def broken(**_: object) -> str:
        raise ValueError(" ".join(["Kar" + "la", "010108"]))

    console.view_functions["case.show"] = broken
    console.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        answer = signed_in(console, STAFF).get("/cases/1/")
    assert answer.status_code == 500
    assert "Noget gik galt hos os" in answer.text
    reference = answer.headers["X-Request-Id"]
    assert reference in answer.text
    assert "ValueError" not in answer.text
    assert "Karla" not in answer.text
    assert any(reference in record.getMessage() for record in caplog.records)
    assert not any("Karla" in record.getMessage() for record in caplog.records)


def test_too_big_a_form_from_a_stranger_is_turned_away(console: Flask) -> None:
    browser = Browser(console)
    answer = browser.post("/account/sign-in", email="a@b.example", password="x" * 2_000_000)
    assert answer.status_code == 413
    assert "for stort" in answer.text


def test_a_whole_number_is_shown_once_with_a_reason_and_never_in_lists_or_forms(
    console: Flask, institution: Institution
) -> None:
    school = make_school(institution)
    row_id = school.own.ids["recipients"]
    browser = signed_in(console, STAFF)
    with institution.reading() as session:
        masked = session.get_one(Recipient, row_id).number_masked
    pages = ["/recipients/", f"/recipients/{row_id}/", f"/recipients/{row_id}/edit"]
    whole = re.compile(r"\b010108-?4\d{3}\b")
    for page in pages:
        assert not whole.search(browser.get(page).text), page
    assert masked in browser.get(pages[1]).text
    assert "Vælg, hvorfor" in browser.post(f"/recipients/{row_id}/number").text
    shown = browser.post(f"/recipients/{row_id}/number", reason="check")
    assert whole.search(shown.text)
    assert shown.headers["Cache-Control"] == "no-store"
    log = signed_in(console, EMAILS[Role.SUPERVISOR]).get(f"/recipients/{row_id}/").text
    assert log.count("CPR-nummer vist") == 1
