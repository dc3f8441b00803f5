"""Several files in a browser: put in order by hand, and divided in another way than first."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.console.mailings import name_recipients
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, complaints, open_page
from tests.pdf.making import make_source

MORE = "Her er mere tekst, som ikke siger noget om, hvem brevet er til, men som fylder en side."


def names(page: Page) -> list[str]:
    """The chosen files as the page lists them, which is the order in which they are sent."""
    listed = page.locator("#chosen strong").all_inner_texts()
    held = page.evaluate("[...document.getElementById('files').files].map((file) => file.name)")
    assert held == listed
    return listed


def test_files_are_put_in_order_and_divided_in_another_way(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    people = make_people(4, seed=11)
    name_recipients(site.school, people)
    written = [f"CPR-nr. {person.cpr[:6]}-{person.cpr[6:]}" for person in people]
    first = make_source(tmp_path / "a.pdf", MORE, written[0], MORE, written[1])
    second = make_source(tmp_path / "b.pdf", MORE, written[2], MORE, written[3])
    page = open_page(browser, site)
    heard = complaints(page)
    page.get_by_role("link", name="Send brev").first.click()
    page.set_input_files("#files", [second, first])
    assert names(page) == ["b.pdf", "a.pdf"]
    look(page, "send-files")
    page.get_by_role("button", name=re.compile("Flyt op.*a[.]pdf")).focus()
    page.keyboard.press("Enter")
    assert names(page) == ["a.pdf", "b.pdf"]
    expect(page.locator("#moved")).to_have_text("a.pdf er nu nr. 1 af 2")
    expect(page.get_by_role("button", name=re.compile("Flyt ned.*a[.]pdf"))).to_be_focused()
    rows = page.locator("#chosen li")
    rows.nth(1).drag_to(rows.nth(0))
    assert names(page) == ["b.pdf", "a.pdf"]
    page.get_by_role("button", name=re.compile("Flyt ned.*b[.]pdf")).click()
    page.get_by_role("button", name="Upload og find modtagere").click()
    page.wait_for_selector("[data-stage=review]")

    # Numbers stand on second pages: another way is better, so it is shown open.
    card = page.locator("#split")
    expect(card.get_by_text("2 sider i hvert brev", exact=True)).to_be_visible()
    look(page, "review-split")
    card.get_by_role("button", name=re.compile("Del sådan i stedet.*2 sider")).click()
    expect(page.locator(".person strong")).to_have_text([person.name for person in people])
    expect(page.get_by_text("4 breve er klar")).to_be_visible()
    assert not heard
