"""The main job in a browser: from a dropped file to a receipt, with script and without."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from digitalpost.deliveries.dispatch import dispatch_due, poll_receipts
from digitalpost.institution import Institution
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import ChannelName
from digitalpost.registers.rounds import check_mailboxes
from sandbox.sample import write_sample_merge
from tests.console.mailings import School, make_school, name_recipients
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.make import PASSWORD
from tests.sandbox_server import RunningSandbox, start_sandbox

PEOPLE = make_people(6, seed=4)
WAIT = 60_000


class Site:
    """A served console with somebody who does the work that it wakes, as the queue would."""

    def __init__(self, school: School, sandbox: RunningSandbox) -> None:
        self.school = school
        self.sandbox = sandbox
        self.may_send = threading.Event()
        self.errors: list[BaseException] = []
        self._ended = threading.Event()
        self._server = make_server("127.0.0.1", 0, school.client.application, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever),
            threading.Thread(target=self._work, args=(school.institution,)),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        assert not self.errors, self.errors

    def _work(self, institution: Institution) -> None:
        woken = self.school.woken
        try:
            while not self._ended.wait(0.3):
                while woken:
                    task, subject = woken.pop(0)
                    if task == "prepare_mailing":
                        prepare(institution, int(subject))
                    if task in ("prepare_mailing", "finish_letters"):
                        finish_letters(institution, int(subject))
                    if task == "check_mailboxes":
                        check_mailboxes(institution, int(subject))
                if self.may_send.is_set():
                    dispatch_due(institution, ChannelName.EBOKS, seconds=5)
                    poll_receipts(institution, ChannelName.EBOKS)
        except BaseException as error:
            self.errors.append(error)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with start_sandbox(tmp_path, postprocessing_seconds=0) as sandbox:
        school = make_school(
            tmp_path / "home",
            DIGITALPOST_HOLD_SECONDS="8",
            EBOKS_URL=sandbox.eboks_url,
            EBOKS_SYSTEM_ID=sandbox.system_id,
            EBOKS_CLIENT_ID=sandbox.client_id,
            EBOKS_CA=str(sandbox.certificates.ca),
            EBOKS_CERTIFICATE=str(sandbox.certificates.client_cert),
            EBOKS_KEY=str(sandbox.certificates.client_key),
        )
        name_recipients(school, PEOPLE)
        site = Site(school, sandbox)
        yield site
        site.close()


def open_page(browser: Browser, site: Site, **options: Any) -> Page:
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": 1440, "height": 900},
        locale="da-DK",
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto("/account/sign-in")
    page.fill("#email", "mette@egely.example")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    return page


def upload(page: Page, path: Path) -> None:
    page.get_by_role("link", name="Send brev").first.click()
    page.set_input_files("#files", path)
    page.get_by_role("button", name="Upload og find modtagere").click()


def approve(page: Page, count: int) -> None:
    page.get_by_label(f"Skriv antallet af breve for at godkende: {count}").fill(str(count))
    page.get_by_role("button", name=f"Send {count} breve").click()


def complaints(page: Page) -> list[str]:
    """What the browser complains about, refused scripts and styles among it."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda message: (
            heard.append(message.text)
            if message.type == "error" and "422" not in message.text
            else None
        ),
    )
    return heard


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
