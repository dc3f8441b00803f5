"""Danish for everyone; English, whole pages of it, for who chooses it."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from admin_views import create_console
from admin_views.texts import say, say_stored
from digitalpost.errors import Sentence, sentence_of
from digitalpost.institution import Institution
from digitalpost.models import MailingStatus, Role
from tests.console.browser import Browser, signed_in
from tests.console.school import EMAILS, STAFF, make_school
from tests.console.test_pages import pages_of
from tests.make import make_case_type, make_mailing
from translations.catalogue import all_texts, compile_catalogue, read_catalogue

SPOKEN = re.compile(r'\b(?:alt|title|aria-label|placeholder|data-label)="([^"]*)"')

CALLED = re.compile(r"(Breve? (til|fra)|Til) Karla Egen")  # what people called letters, rules


@pytest.fixture
def console(institution: Institution, tmp_path: Path) -> Flask:
    """The console with the English catalogue, compiled as `make install` does."""
    compile_catalogue("en", tmp_path / "translations")
    return create_console(institution, translations=tmp_path / "translations")


def language_of(page: str) -> str:
    """What the page says that it is written in."""
    found = re.search(r'<html lang="(\w+)">', page)
    assert found is not None
    return found[1]


def in_english(browser: Browser) -> Browser:
    """The browser after a click on *English*."""
    assert browser.post("/account/language", language="en", next="/").status_code == 303
    return browser


def shown(page: str) -> list[str]:
    """Each piece of text that people see or hear, without the switch to Danish."""
    page = re.sub(r'<footer class="languages">.*?</footer>', "", page, flags=re.S)
    pieces = [*re.split(r"<[^>]*>", page), *SPOKEN.findall(page)]
    return [text for piece in pieces if (text := " ".join(unescape(piece).split()))]


@cache
def danish_patterns() -> list[re.Pattern[str]]:
    """The Danish texts whose English differs, with anything in their places."""
    catalogue = read_catalogue("en")
    found = []
    for text in all_texts():
        message = catalogue.get(text if isinstance(text, str) else text[0])
        pairs = (
            [(text, message.string)]
            if isinstance(text, str)
            else zip(text, message.string, strict=True)
        )
        for danish, english in pairs:
            words = re.sub(r"%\(\w+\)[sd]", "", danish)
            if danish != english and re.search(r"\w{3}", words):
                parts = re.split(r"%\(\w+\)[sd]", danish)
                found.append(re.compile(".+".join(map(re.escape, parts))))
    return found


def assert_english(pages: dict[str, str]) -> None:
    """No Danish text of ours, whole or as a sentence among others, on any page."""
    patterns = danish_patterns()
    pieces = {piece: address for address, page in pages.items() for piece in shown(page)}
    left = [
        (pieces[piece], piece)
        for piece in sorted(pieces)
        for pattern in patterns
        if not CALLED.match(piece)
        and (pattern.fullmatch(piece) or (len(pattern.pattern) > 25 and pattern.search(piece)))
    ]
    assert not left


@pytest.mark.parametrize("role", list(Role))
def test_every_page_is_english_for_who_chose_it(
    console: Flask, institution: Institution, role: Role
) -> None:
    school = make_school(institution)
    browser = in_english(signed_in(console, EMAILS[role]))
    pages = {}
    for address in pages_of(console, school):
        answer = browser.get(address)
        if answer.status_code in {302, 303}:
            continue
        assert language_of(answer.text) == "en", address
        assert len(answer.data) < 60_000, address
        pages[address] = answer.text
    assert len(pages) > 8
    assert_english(pages)


def test_a_mailing_is_english_at_every_stage(console: Flask, institution: Institution) -> None:
    school = make_school(institution)
    case_type = make_case_type(institution, school.own.unit, name="Type")
    browser = in_english(signed_in(console, STAFF))
    pages = {}
    for status in MailingStatus:
        mailing_id = make_mailing(institution, case_type_id=case_type, title="x", status=status)
        answer = browser.get(f"/mailings/{mailing_id}/")
        assert answer.status_code == 200, status
        pages[status.value] = answer.text
    assert_english(pages)


def test_pages_that_say_no_are_english_too(console: Flask, institution: Institution) -> None:
    make_school(institution)
    stranger, staff = in_english(Browser(console)), in_english(signed_in(console, STAFF))
    pages = {
        "wrong password": stranger.post("/account/sign-in", email=STAFF, password="x").text,
        "missing": staff.get("/nowhere").text,
        "forbidden": staff.get("/users/").text,
        "old form": staff.client.post("/account/password").text,
        "no file": staff.post("/send/").text,
        "wrong number": staff.post("/recipients/new", number="12", name="", address="").text,
        "weak": staff.post("/account/password", current_password="x", new_password="y").text,
    }
    for name, page in pages.items():
        assert language_of(page) == "en", name
    assert_english(pages)


def test_an_english_browser_gets_danish_until_somebody_chooses(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    page = signed_in(console, STAFF).get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert language_of(page) == "da"
    assert 'value="en" lang="en">English</button>' in page


def test_the_choice_holds_over_signing_in_and_out_and_can_be_taken_back(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    browser = Browser(console)
    answer = browser.post(
        "/account/language", language="en", next="/account/sign-in?next=%2Fcases%2F"
    )
    assert answer.headers["Location"] == "/account/sign-in?next=%2Fcases%2F"
    assert "Sign in" in browser.get("/account/sign-in").text
    browser.sign_in(STAFF)
    assert language_of(browser.get("/cases/").text) == "en"
    browser.post("/account/sign-out")
    assert language_of(browser.get("/account/sign-in").text) == "en"
    browser.sign_in(STAFF)
    page = browser.get("/cases/?sort=opened_at").text
    assert 'name="next" value="/cases/?sort=opened_at"' in page
    assert 'value="da" lang="da">Dansk</button>' in page
    browser.post("/account/language", language="da", next="/cases/")
    assert language_of(browser.get("/cases/").text) == "da"


def test_after_a_refused_form_the_switch_leads_to_the_page_of_the_form(
    console: Flask, institution: Institution
) -> None:
    make_school(institution)
    browser = signed_in(console, STAFF)
    data = {"csrf_token": browser.token()}
    for came_from, back in (
        ("http://localhost/recipients/new?x=1", "/recipients/new?x=1"),
        ("https://evil.example/recipients/new", "/"),
    ):
        headers = {"Referer": came_from}
        answer = browser.client.post("/recipients/new", data=data, headers=headers)
        assert answer.status_code == 422
        assert f'name="next" value="{back}"' in answer.text


@pytest.mark.parametrize("language", ["fr", "", "../../etc", "da\r\nSet-Cookie: x=1"])
def test_a_language_that_is_not_there_changes_nothing(
    console: Flask, institution: Institution, language: str
) -> None:
    make_school(institution)
    browser = in_english(signed_in(console, STAFF))
    answer = browser.post("/account/language", language=language, next="//evil.example")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Set-Cookie" not in answer.headers or "language=" not in answer.headers["Set-Cookie"]
    assert language_of(browser.get("/").text) == "en"


def test_without_a_catalogue_the_console_is_danish_and_offers_nothing_else(
    institution: Institution, tmp_path: Path
) -> None:
    console = create_console(institution, translations=tmp_path / "none")
    browser = Browser(console)
    browser.client.set_cookie("language", "en")
    page = browser.get("/account/sign-in").text
    assert language_of(page) == "da"
    assert 'class="languages"' not in page


def test_a_sentence_is_english_to_its_last_word(console: Flask) -> None:
    why = Sentence("%(channel)s svarer ikke lige nu (%(answer)s). Vi prøver igen af os selv.",
                   {"channel": "e-Boks", "answer": "intet svar i tide"})  # fmt: skip
    gave_up = Sentence(
        "Brevet kunne ikke afleveres inden for fristen. Sidste svar: %(why)s", {"why": why}
    )
    stopped = Sentence("Der er ikke kommet kvittering i %(days)s dage.", {"days": 1200})
    again = Sentence(
        "Præcis denne fil er sendt før, som forsendelse %(mailing)s den %(day)s. "
        "Godkend kun, hvis den skal sendes igen.",
        {"mailing": 1200, "day": "09.06.2026"},
        file="a.pdf",
    )
    assert str(gave_up).endswith("(intet svar i tide). Vi prøver igen af os selv.")
    assert sentence_of(gave_up.as_json()) == gave_up
    with console.test_request_context(headers={"Cookie": "language=en"}):
        assert say_stored(gave_up.as_json()) == (
            "The letter could not be delivered in time. Last answer: e-Boks does not answer "
            "right now (no answer in time). We will try again by ourselves."
        )
        assert say(Sentence("%(day)s", {"day": "23. november 2026"})) == "23 Nov 2026"
        assert say(stopped) == "No receipt has arrived in 1,200 days."
        assert say(again).startswith(
            "a.pdf: This exact file has been sent before, as mailing 1200 on 9 Jun 2026."
        )
    with console.test_request_context():
        assert say(stopped) == "Der er ikke kommet kvittering i 1.200 dage."
        assert "den 09.06.2026." in say(again)
