"""A served console with somebody who does the work that it wakes, and how it is clicked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from digitalpost.deliveries.dispatch import dispatch_due, poll_receipts
from digitalpost.institution import Institution
from digitalpost.mailings.prepare import prepare
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import ChannelName
from digitalpost.registers.rounds import check_mailboxes
from tests.console.mailings import School, make_school, name_recipients
from tests.inputs.people import make_people
from tests.make import PASSWORD
from tests.sandbox_server import RunningSandbox, start_sandbox
from tests.serving import served

PEOPLE = make_people(6, seed=4)
WAIT = 60_000


class Site:
    """A served console with somebody who does the work that it wakes, as the queue would."""

    def __init__(self, school: School, sandbox: RunningSandbox, url: str) -> None:
        self.school = school
        self.sandbox = sandbox
        self.url = url
        self.may_send = threading.Event()
        self.errors: list[BaseException] = []
        self._ended = threading.Event()
        self._worker = threading.Thread(target=self._work, args=(school.institution,))
        self._worker.start()

    def close(self) -> None:
        self._ended.set()
        self._worker.join()
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


@contextmanager
def at_work(school: School, sandbox: RunningSandbox) -> Iterator[Site]:
    """Serve the school's console, and do its work."""
    with served(school.client.application) as url:
        site = Site(school, sandbox, url)
        yield site
        site.close()


@contextmanager
def serve(folder: Path) -> Iterator[Site]:
    """Serve it with `PEOPLE` among its recipients."""
    with start_sandbox(folder, postprocessing_seconds=0) as sandbox:
        school = make_school(
            folder / "home",
            DIGITALPOST_HOLD_SECONDS="8",
            EBOKS_URL=sandbox.eboks_url,
            EBOKS_SYSTEM_ID=sandbox.system_id,
            EBOKS_CLIENT_ID=sandbox.client_id,
            EBOKS_CA=str(sandbox.certificates.ca),
            EBOKS_CERTIFICATE=str(sandbox.certificates.client_cert),
            EBOKS_KEY=str(sandbox.certificates.client_key),
        )
        name_recipients(school, PEOPLE)
        with at_work(school, sandbox) as site:
            yield site


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
