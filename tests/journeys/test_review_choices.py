"""The choices of a review in a browser: who can get it, another way, a copy, and a later day."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digitalpost.danish_time import today
from digitalpost.models import LetterWay
from tests.console.mailings import make_mailing, make_school, name_recipients
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, at_work, complaints, open_page
from tests.sandbox_server import start_sandbox

ADULT, EXEMPT, NOBODY, DEAD = "0101901234", "0101900001", "0101900002", "0101900003"
PEOPLE = [
    replace(person, cpr=number)
    for person, number in zip(
        make_people(5, seed=11), (ADULT, EXEMPT, NOBODY, DEAD, "0202801235"), strict=True
    )
]


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """A school whose contact register is the sandbox's, and a mailing of five letters in review."""
    with start_sandbox(tmp_path, postprocessing_seconds=0) as sandbox:
        home = tmp_path / "home"
        home.mkdir()
        shutil.copy(sqlite_template, home / "digitalpost.db")
        address = sandbox.address
        school = make_school(
            home,
            EBOKS_URL=sandbox.eboks_url,
            CONTACTS_URL=address["contacts"],
            CONTACTS_TOKEN=address["contacts_token"],
            CONTACTS_CA=address["ca"],
            CONTACTS_CERTIFICATE=address["client_certificate"],
            CONTACTS_KEY=address["client_key"],
        )
        name_recipients(school, PEOPLE)
        make_mailing(school, tmp_path / "breve.pdf", people=PEOPLE)
        with at_work(school, sandbox) as site:
            yield site


def open_review(page: Page) -> None:
    page.goto("/mailings/1/")
    expect(page.get_by_text("5 breve er klar")).to_be_visible()


def test_who_cannot_get_it_is_chosen_for_by_keyboard_and_undone(
    browser: Browser,
    site: Site,
) -> None:
    page = open_page(browser, site)
    heard = complaints(page)
    open_review(page)
    page.get_by_text("Hvem kan få brevet digitalt?").click()
    page.get_by_role("button", name="Spørg igen nu").click()
    expect(page.get_by_text("3 kan ikke og mangler et valg")).to_be_visible()  # by itself
    look(page, "review-mailboxes")
    dead, exempt, unknown = (
        page.get_by_role("form", name=name)
        for name in ("Død eller ophørt", "Fritaget for digital post", "Ingen digital postkasse")
    )
    exempt.get_by_role("button", name="Send 1 til fjernprint").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="1 bliver sendt til fjernprint")).to_be_visible()
    dead.get_by_role("button", name="Tag 1 ud").click()
    expect(page.get_by_text("1 er taget ud").first).to_be_visible()
    unknown.get_by_role("button", name="Print 1 selv").click()
    expect(page.get_by_role("link", name="1 skal I selv printe")).to_be_visible()
    expect(page.get_by_text("Der er ingen forbindelse til Fjernprint").first).to_be_visible()
    expect(page.get_by_role("button", name="Send 3 breve")).to_be_visible()
    page.get_by_text("Hvem kan få brevet digitalt?").click()
    look(page, "review-mailboxes-chosen")
    assert [one.way for one in site.school.letters(1)].count(LetterWay.DIGITAL) == 3
    page.get_by_role("button", name="Læg 1 tilbage").click()
    page.get_by_text("Hvem kan få brevet digitalt?").wait_for()
    expect(page.get_by_text("1 kan ikke og mangler et valg")).to_be_visible()
    assert not heard


@pytest.mark.parametrize("script", [True, False])
def test_a_copy_is_picked_by_name_and_the_mailing_put_off_to_another_day(
    browser: Browser,
    site: Site,
    script: bool,
) -> None:
    page = open_page(browser, site, java_script_enabled=script)
    heard = complaints(page)
    open_review(page)
    if script:
        page.keyboard.press("j")  # the second letter
        expect(page.locator("#viewer-title")).to_have_text(PEOPLE[1].name)
    page.get_by_text("Digitalt · ingen kopier").click()
    page.get_by_label("eller find modtageren på navn").fill(PEOPLE[4].name)
    if not script:
        page.get_by_role("button", name="Søg").click()
    page.get_by_role("radio", name=PEOPLE[4].name).check()
    if script:
        look(page, "review-copy-found")
    page.get_by_role("button", name="Vis, hvem der får kopien").click()
    expect(page.get_by_text("Kopien går til")).to_be_visible()
    if script:
        look(page, "review-copy-who")
    page.get_by_role("button", name="Ja, send kopi af dette brev").click()
    expect(page.get_by_role("button", name="Send 5 breve og 1 kopi")).to_be_visible()
    page.get_by_text("Valg for forsendelsen").first.click()
    page.get_by_label("Kan besvares").check()
    page.get_by_label("Sidste dag for svar").fill((today() + timedelta(days=3)).isoformat())
    page.get_by_label("Dag", exact=True).fill((today() + timedelta(days=9)).isoformat())
    page.get_by_label("Klokken").fill("07:30")
    page.get_by_role("button", name="Gem valg").click()
    expect(page.get_by_text("ligger før den dag, brevene bliver sendt").first).to_be_visible()
    if script:
        look(page, "review-options-wrong")
    page.get_by_label("Sidste dag for svar").fill((today() + timedelta(days=20)).isoformat())
    page.get_by_role("button", name="Gem valg").click()
    expect(page.get_by_text("Valgene er gemt.")).to_be_visible()
    expect(page.get_by_text("kan besvares til")).to_be_visible()
    if script:
        look(page, "review-options")
    assert not heard


def test_the_send_page_has_the_same_choices_in_a_compact_part(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    page = open_page(browser, site)
    heard = complaints(page)
    page.goto("/send/")
    page.get_by_text("Skal brevene besvares, signeres eller sendes senere?").click()
    page.get_by_label("Skal signeres").check()
    look(page, "send-options")
    page.set_input_files("#files", tmp_path / "breve.pdf")
    page.get_by_role("button", name="Upload og find modtagere").click()
    page.wait_for_selector("[data-stage=review]")
    expect(page.get_by_text("Brevene skal underskrives, men").first).to_be_visible()
    assert site.school.mailing(2).must_sign
    assert not heard
