"""Frames and proof in a browser: seen, switched by hand and by key, and with a scanned letter."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.console.mailings import make_mailing, name_recipients
from tests.inputs.letters import write_merge
from tests.inputs.people import make_people
from tests.inputs.scans import write_scan
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, complaints, open_page

PEOPLE = make_people(2, seed=4)


def frames_on(page: Page) -> int:
    """How many frames cover the picture of their page exactly."""
    return int(
        page.evaluate(
            """() => [...document.querySelectorAll(".sheet-page")].filter((sheet) => {
              const [under, over] = [...sheet.children].map((one) => one.getBoundingClientRect());
              return over.width > 0 && Math.abs(over.width - under.width) < 1
                && Math.abs(over.height - under.height) < 1;
            }).length"""
        )
    )


def test_frames_lie_on_the_pages_and_go_with_a_click_or_a_key(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    name_recipients(site.school, PEOPLE)
    base = write_merge(tmp_path / "base.pdf", PEOPLE, pages_each=1)
    mailing_id = make_mailing(site.school, write_scan(tmp_path / "breve.pdf", base))
    page = open_page(browser, site)
    heard = complaints(page)
    page.goto(f"/mailings/{mailing_id}/")
    page.wait_for_load_state("networkidle")
    assert frames_on(page) == 1
    expect(page.get_by_text("er læst med tekstgenkendelse").first).to_be_visible()
    page.get_by_text("Bevis", exact=True).click()
    expect(page.get_by_text("Siderne er også læst som billeder.")).to_be_visible()
    look(page, "review-proof")

    page.get_by_role("heading", name=PEOPLE[0].name).click()  # away from the fold-out
    page.keyboard.press("f")
    assert frames_on(page) == 0
    page.keyboard.press("j")  # the next letter remembers it
    expect(page.get_by_role("heading", name=PEOPLE[1].name)).to_be_visible()
    assert frames_on(page) == 0
    page.get_by_label("Vis rammer").check()
    page.wait_for_load_state("networkidle")
    assert frames_on(page) == 1

    letter = site.school.letters(mailing_id)[0]
    page.goto(f"/letters/{letter.id}/")
    page.wait_for_load_state("networkidle")
    assert frames_on(page) == 1
    look(page, "letter-proof")
    assert not heard


def test_frames_are_switched_without_script_as_well(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    mailing_id = make_mailing(site.school, tmp_path / "a.pdf", people=PEOPLE)
    page = open_page(browser, site, java_script_enabled=False)
    page.goto(f"/mailings/{mailing_id}/")
    expect(page.locator("img.frames")).to_be_visible()
    page.get_by_label("Vis rammer").uncheck()
    expect(page.locator("img.frames")).to_be_hidden()
