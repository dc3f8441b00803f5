"""The main job in a browser: from a dropped file to a receipt, with script and without."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from sandbox.sample import write_sample_merge
from tests.journeys.browsing import look
from tests.journeys.main_site import PEOPLE, Site, approve, complaints, open_page, upload


def test_from_a_dropped_file_to_a_receipt(browser: Browser, site: Site, tmp_path: Path) -> None:
    merge = write_sample_merge(tmp_path / "velkomstbreve.pdf", PEOPLE)
    page = open_page(browser, site)
    heard = complaints(page)
    look(page, "front-empty")

    # First run: looked at, approved, and stopped in time.
    page.get_by_role("link", name="Send brev").first.click()
    look(page, "send")
    upload(page, merge)
    page.wait_for_selector("[data-stage=preparing], [data-stage=review]")
    page.wait_for_selector("[data-stage=review]")
    expect(page.get_by_text("6 breve er klar")).to_be_visible()
    look(page, "review")
    first = page.locator("#viewer-title").inner_text()
    assert first == PEOPLE[0].name
    page.keyboard.press("j")
    expect(page.locator("#viewer-title")).to_have_text(PEOPLE[1].name)
    page.keyboard.press("k")
    expect(page.locator("#viewer-title")).to_have_text(PEOPLE[0].name)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    address = page.url.split("?")[0]
    page.fill("#count", "5")
    page.get_by_role("button", name="Send 6 breve").click()
    expect(page.get_by_role("alert")).to_contain_text("du skrev 5")
    look(page, "review-wrong")
    approve(page, 6)
    page.wait_for_selector("[data-stage=holding]")
    page.get_by_role("button", name=re.compile("Fortryd")).click()
    expect(page.get_by_text("Ingen breve er sendt").first).to_be_visible()
    look(page, "cancelled")
    assert site.sandbox.counts()["dispatches"] == 0

    # Second run: the same file goes out.
    upload(page, merge)
    page.wait_for_selector("[data-stage=review]")
    assert page.url.split("?")[0] != address
    approve(page, 6)
    page.wait_for_selector("[data-stage=holding]")
    look(page, "holding")
    page.goto("/")
    look(page, "front-holding")
    page.go_back()
    site.may_send.set()
    page.wait_for_selector("[data-stage=sent]")
    expect(page.get_by_text("Alle breve er nået frem")).to_be_visible()
    look(page, "sent")
    assert site.sandbox.counts()["dispatches"] == 6

    page.get_by_role("link", name=PEOPLE[0].name).click()
    expect(page.get_by_text("Leveret", exact=True).first).to_be_visible()
    expect(page.get_by_role("heading", name="Kvittering")).to_be_visible()
    look(page, "letter")
    page.get_by_role("link", name=re.compile(r"^20\d\d-\d{6}$")).click()
    expect(page.get_by_role("link", name="Kvittering")).to_be_visible()
    look(page, "case")
    page.goto("/mailings/")
    look(page, "mailings")
    assert not heard


def test_the_same_without_script(browser: Browser, site: Site, tmp_path: Path) -> None:
    merge = write_sample_merge(tmp_path / "velkomstbreve.pdf", PEOPLE)
    site.may_send.set()
    page = open_page(browser, site, java_script_enabled=False)
    upload(page, merge)
    page.wait_for_selector("[data-stage=review]")  # the page asks again by itself
    page.get_by_role("link", name=PEOPLE[2].name).click()
    expect(page.locator("#viewer-title")).to_have_text(PEOPLE[2].name)
    page.locator(".person", has_text=PEOPLE[2].name).get_by_role("button").click()
    expect(page.get_by_text("Brevet er taget ud og bliver ikke sendt.")).to_be_visible()
    approve(page, 5)
    page.wait_for_selector("[data-stage=holding]")
    page.wait_for_selector("[data-stage=sent]")
    assert site.sandbox.counts()["dispatches"] == 5
