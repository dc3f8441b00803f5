"""A served console whose letters go through the sandbox, can be answered, and can be signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from digitalpost.incoming.due import file_due
from digitalpost.incoming.fetch import fetch_due
from tests.console.mailings import School, close, make_school, name_recipients
from tests.inputs.people import Person
from tests.make import PASSWORD
from tests.sandbox_server import RunningSandbox, start_sandbox
from tests.services import free_port
from tests.serving import served
from tests.signing.asking import signing_line


@dataclass
class Site:
    """The console at ``url``, and the sandbox behind it."""

    school: School
    sandbox: RunningSandbox
    url: str

    def fetch(self) -> int:
        """Fetch and file now; the number of the newest letter."""
        fetch_due(self.school.institution, at_once=True)
        return file_due(self.school.institution).letters[-1]


@contextmanager
def serve(folder: Path, people: Sequence[Person]) -> Iterator[Site]:
    """Serve it with these people among its recipients."""
    port = free_port()
    with start_sandbox(folder, postprocessing_seconds=0) as sandbox:
        line = signing_line(sandbox, url=f"https://127.0.0.1:{port}")
        school = make_school(folder / "home", **line)
        name_recipients(school, people)
        with served(school.client.application, port=port) as url:
            yield Site(school, sandbox, url)
        close(school)


def clerk(browser: Browser, site: Site) -> Page:
    """The clerk, signed in, at the first page."""
    page = browser.new_context(base_url=site.url, reduced_motion="reduce").new_page()
    page.goto("/account/sign-in")
    page.fill("#email", "mette@egely.example")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    return page
