"""A citizen writes, the school answers, the citizen answers again; and a signed letter comes home.

In two browsers, through the sandbox's Digital Post, by keyboard where the clerk works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digitalpost.mailings.prepare import prepare
from tests.console.mailings import make_mailing
from tests.incoming.messages import AFile, make_xml, new_uuid
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.signing_site import Site, clerk, serve
from tests.signing.asking import send_to_sign

PEOPLE = make_people(1, seed=7)
HTML = """<html><body><h2>Ansøgning</h2><p>Se <b>vedlagte</b> skema.</p>
<img src="http://ond.invalid/spor.png"><script>document.title = "ond"</script>
<table><tr><th>Fag</th><td>Dansk A</td></tr></table></body></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, PEOPLE) as site:
        yield site


def citizen(browser: Browser, site: Site) -> Page:
    page = browser.new_context(
        base_url=site.sandbox.mailbox_url, reduced_motion="reduce", java_script_enabled=False
    ).new_page()
    page.goto("/")
    return page


def open_mailbox(page: Page, number: str) -> None:
    page.goto("/")
    page.get_by_label("Find en modtager").fill(number)
    page.get_by_role("button", name="Find postkasse").click()


def test_a_citizen_writes_is_answered_and_answers_again_in_one_conversation(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    person = PEOPLE[0]
    skema = tmp_path / "skema.html"
    skema.write_text(HTML)
    writer = citizen(browser, site)
    writer.get_by_role("link", name="Skriv til skolen").click()
    writer.get_by_label("Afsenderens").fill(person.cpr)
    writer.get_by_label("Emne").fill("Optagelse på 1.g")
    writer.get_by_label("Besked").fill("Hej\n\nHvornår får vi svar på ansøgningen?")
    writer.get_by_role("button", name="Send til skolen").click()
    expect(writer.get_by_role("status")).to_contain_text("Sendt")

    first = site.fetch()
    staff = clerk(browser, site)
    staff.goto(f"/letters/{first}/")
    assert staff.url.endswith(f"/incoming/{first}/")
    expect(staff.get_by_text("Hvornår får vi svar på ansøgningen?")).to_be_visible()
    look(staff, "incoming-letter")
    staff.get_by_role("link", name="Besvar").press("Enter")
    look(staff, "incoming-answer")
    staff.get_by_role("button", name="Lav svaret").press("Enter")
    expect(staff.get_by_role("alert")).to_contain_text("Skriv et svar, eller vælg en fil")
    staff.get_by_role("textbox", name=re.compile("^Svar")).fill("I får svar inden sommerferien.")
    staff.get_by_role("button", name="Lav svaret").press("Enter")
    staff.wait_for_url("**/mailings/**")
    mailing_id = int(staff.url.rstrip("/").rpartition("/")[2])
    staff.goto("about:blank")
    prepare(site.school.institution, mailing_id)
    staff.goto(f"/mailings/{mailing_id}/")
    staff.get_by_label("Skriv antallet").fill("1")
    staff.keyboard.press("Enter")
    staff.wait_for_selector("[data-stage=holding]")
    staff.goto("about:blank")  # the page would load itself anew at any moment
    send_to_sign(site.school.institution)

    open_mailbox(writer, person.cpr)
    expect(writer.get_by_text("Svar: Optagelse på 1.g").first).to_be_visible()
    writer.get_by_role("link", name=re.compile("^Svar Svar: Optagelse")).click()
    writer.get_by_label("Besked").fill("Tak for svaret. Her er skemaet.")
    writer.get_by_label("Filer").set_input_files(skema)
    writer.get_by_role("button", name="Send til skolen").click()
    expect(writer.get_by_role("status")).to_contain_text("Sendt")

    second = site.fetch()
    staff.goto(f"/incoming/{second}/")
    expect(staff.get_by_role("heading", name="Samtalen")).to_be_visible()
    lines = staff.locator(".conversation li")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_contain_text("Optagelse på 1.g")
    expect(lines.nth(0)).to_contain_text("Færdig")
    expect(lines.nth(1)).to_contain_text("Leveret")
    expect(lines.nth(2)).to_contain_text("vises her")
    expect(staff.get_by_text("Mette Kirk", exact=True).first).to_be_visible()
    look(staff, "incoming-conversation")
    lines.nth(1).get_by_role("link").press("Enter")
    expect(staff.get_by_role("heading", name="Samtalen")).to_be_visible()
    staff.goto(f"/cases/{site.school.letters(mailing_id)[0].case_id}/")
    expect(staff.locator(".letters-in-case > li")).to_have_count(3)
    look(staff, "incoming-case")


def test_a_signed_letter_comes_home_and_what_is_hostile_stays_in_its_frame(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    person = PEOPLE[0]
    mailing_id = make_mailing(site.school, tmp_path / "a.pdf", people=PEOPLE)
    staff = clerk(browser, site)
    staff.goto(f"/mailings/{mailing_id}/")
    staff.locator("summary", has_text=re.compile("Valg|svar|Svar")).first.press("Enter")
    staff.get_by_label("Kan besvares").check()
    staff.get_by_label("Skal signeres").check()
    staff.get_by_role("button", name=re.compile("Gem")).first.click()
    staff.get_by_label("Skriv antallet").fill("1")
    staff.keyboard.press("Enter")
    staff.wait_for_selector("[data-stage=holding]")
    staff.goto("about:blank")  # the page would load itself anew at any moment
    send_to_sign(site.school.institution)

    signer = citizen(browser, site)
    open_mailbox(signer, person.cpr)
    signer.get_by_role("link", name=re.compile("^Svar Velkommen")).click()
    signer.get_by_label("Besked").fill("Her er det underskrevne brev.")
    signer.get_by_role("button", name="Send til skolen").click()

    letter_id = site.fetch()
    staff.goto(f"/incoming/{letter_id}/")
    expect(staff.get_by_text("Underskriften er gyldig.")).to_be_visible()
    staff.get_by_text("Vis filen").press("Enter")
    page = staff.locator(".incoming-files .sheet img").first
    expect(page).to_be_visible()
    look(staff, "incoming-signed")
    [sent] = site.school.letters(mailing_id)
    staff.goto(f"/letters/{sent.id}/")
    expect(staff.get_by_text("Underskrevet", exact=True).first).to_be_visible()

    asked: list[str] = []
    staff.on("request", lambda request: asked.append(request.url))
    uuid = new_uuid()
    xml = make_xml(
        uuid,
        sender=person.cpr,
        name=person.name,
        title="Ansøgning",
        main=[AFile(HTML.encode(), "brev.html", "text/html")],
    )
    site.sandbox.api("POST", "/api/outbox", content=xml)
    staff.goto(f"/incoming/{site.fetch()}/")
    look(staff, "incoming-html")
    frame = staff.frame_locator("iframe.letter-frame")
    expect(frame.get_by_role("heading", name="Ansøgning")).to_be_visible()
    expect(frame.get_by_text("er ikke hentet")).to_be_visible()
    assert not [url for url in asked if "ond.invalid" in url]
    assert staff.title() != "ond"
