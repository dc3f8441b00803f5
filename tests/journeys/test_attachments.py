"""A letter typed by hand with two attachments and a copy, ordered by keyboard, sent as one file."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from digitalpost.documents import read_document
from digitalpost.models import Letter
from tests.console.mailings import name_recipients
from tests.inputs.engines import who_finds
from tests.inputs.letters import write_pages
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, complaints, open_page

ANNA, BO = make_people(2, seed=12)


def settled(page: Page) -> None:
    """The page loads itself anew when the letters are made."""
    page.wait_for_selector("[data-stage=review]")


def type_recipient(page: Page, number: str, script: bool) -> None:
    field = page.locator("#to-new" if script else "#to")
    field.fill(number)
    if script:
        field.press("Enter")
        expect(page.locator("#to-list > *")).to_have_count(1)


def add_copy(page: Page, number: str, name: str) -> None:
    page.get_by_text("Digitalt · ingen kopier").click()
    page.get_by_label("CPR- eller CVR-nummer").fill(number)
    page.get_by_role("button", name="Vis, hvem der får kopien").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Kopien går til {name}")).to_be_visible()
    page.get_by_role("button", name="Ja, send kopi af dette brev").focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("script", [True, False])
def test_one_letter_typed_by_hand_with_two_attachments_and_a_copy(
    browser: Browser,
    site: Site,
    tmp_path: Path,
    script: bool,
) -> None:
    name_recipients(site.school, [ANNA, BO])
    letter = write_pages(tmp_path / "brev.pdf", [["Kære Anna", "", "Her er din nye studieplan."]])
    number = f"{ANNA.cpr[:6]}-{ANNA.cpr[6:]}"
    plan = write_pages(tmp_path / "Studieplan.pdf", [[f"CPR {number}", "Dansk, historie, idræt."]])
    rules = tmp_path / "Ordensregler.txt"
    rules.write_text("Vi møder til tiden, og vi taler pænt til hinanden. " * 5)
    page = open_page(browser, site, java_script_enabled=script)
    heard = complaints(page)

    page.get_by_role("link", name="Send brev").first.click()
    page.set_input_files("#files", letter)
    page.get_by_text("Står modtagerens nummer ikke i filen?").click()
    type_recipient(page, ANNA.cpr, script)
    page.get_by_text("Skal der bilag med?").click()
    page.get_by_label("Bilag", exact=True).set_input_files([plan, rules])
    if script:
        look(page, "send-attachments")
    page.get_by_role("button", name="Upload og find modtagere").click()
    settled(page)
    expect(page.get_by_role("heading", name="Bilag 1: Studieplan")).to_be_visible()
    expect(page.get_by_role("heading", name="Bilag 2: Ordensregler")).to_be_visible()
    if script:
        look(page, "review-attachments")

    page.get_by_role("button", name="Flyt op: Ordensregler").focus()
    page.keyboard.press("Enter")
    settled(page)
    expect(page.get_by_role("heading", name="Bilag 1: Ordensregler")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Ret.*Studieplan")).click()
    page.get_by_label("Titel, som modtageren ser").fill("Din studieplan")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Titlen er gemt.")).to_be_visible()
    if script:
        look(page, "attachments-page")
    page.get_by_role("link", name="Tilbage til gennemsyn").click()
    settled(page)
    expect(page.get_by_role("heading", name="Bilag 2: Din studieplan")).to_be_visible()

    # One that nobody knows whose it is stops the approval until it is settled.
    odd = write_pages(tmp_path / "Karakterer.pdf", [["Karakterer", "Dansk 10", "Historie 7"]])
    page.get_by_text("Læg flere bilag ved").click()
    page.get_by_label("Filer").set_input_files(odd)
    page.get_by_label(re.compile("^Hver fil hører til ét brev")).check()
    page.get_by_role("button", name="Læg ved").click()
    settled(page)
    expect(page.get_by_text("1 bilag skal afklares, før du kan godkende.")).to_be_visible()
    if script:
        look(page, "review-attachment-in-doubt")
    page.fill("#count", "1")
    page.get_by_role("button", name="Send 1 brev").click()
    expect(page.get_by_role("alert")).to_contain_text("1 bilag hører ikke til noget brev")
    page.get_by_label("Hører til brev nr.").fill("1")
    page.get_by_role("button", name=re.compile("^Vælg brev.*Karakterer")).click()
    settled(page)
    expect(page.get_by_role("heading", name="Bilag 3: Karakterer")).to_be_visible()
    add_copy(page, BO.cpr, BO.name)
    settled(page)
    if script:
        look(page, "review-attachments-and-copy")
    page.fill("#count", "1")
    page.get_by_role("button", name="Send 1 brev og 1 kopi").click()
    page.wait_for_selector("[data-stage=holding]")
    assert not heard

    with site.school.institution.reading() as session:
        sent = session.query(Letter).order_by(Letter.id.desc()).first()
        assert sent is not None
        assert sent.document is not None
        data = read_document(session, sent.document)
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert len(reader.pages) == 4
    assert [one.title for one in reader.outline] == [
        "Brev", "Bilag 1: Ordensregler", "Bilag 2: Din studieplan", "Bilag 3: Karakterer",
    ]  # fmt: skip
    assert who_finds(ANNA.cpr, data) == []


def test_attachments_are_dragged_into_order(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    files = [
        write_pages(tmp_path / f"{name}.pdf", [[name, "Noget at læse for alle, der er med."]])
        for name in ("Et", "To", "Tre")
    ]
    letter = write_pages(tmp_path / "brev.pdf", [["Kære Bo", "", "Her er tre ting til dig."]])
    page = open_page(browser, site)
    heard = complaints(page)
    page.get_by_role("link", name="Send brev").first.click()
    page.set_input_files("#files", letter)
    page.get_by_text("Står modtagerens nummer ikke i filen?").click()
    type_recipient(page, BO.cpr, script=True)
    page.get_by_text("Skal der bilag med?").click()
    page.get_by_label("Bilag", exact=True).set_input_files(files)
    page.get_by_role("button", name="Upload og find modtagere").click()
    settled(page)
    expect(page.get_by_role("heading", name="Bilag 3: Tre")).to_be_visible()
    rows = page.locator("table.attached tbody tr")
    rows.nth(2).drag_to(rows.nth(0))
    expect(page.get_by_text("Rækkefølgen er ændret.")).to_be_visible()
    settled(page)
    expect(page.get_by_role("heading", name="Bilag 1: Tre")).to_be_visible()
    assert not heard
