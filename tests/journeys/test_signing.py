"""A letter that must be signed, in a browser: from the tick in review to the file on the case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from digitalpost.signing.tasks import watch_signatures
from tests.console.mailings import make_mailing
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.signing_site import Site, clerk, serve
from tests.signing.asking import NEW_YEARS_DAY, send_to_sign

PEOPLE = make_people(3, seed=4)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, PEOPLE) as site:
        yield site


def addressee(browser: Browser, site: Site, number: str, **how: bool) -> Page:
    """The addressee's own browser, at the mailbox in which the letter lies."""
    context = browser.new_context(reduced_motion="reduce", **how)
    page = context.new_page()
    page.goto(site.sandbox.mailbox_url)
    page.get_by_label("Find en modtager").fill(number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/postkasse/**")
    return page


def ask_for_signatures(page: Page, mailing_id: int) -> None:
    page.goto(f"/mailings/{mailing_id}/")
    page.locator("summary", has_text=re.compile("Valg|svar|Svar")).first.press("Enter")
    page.get_by_label("Skal signeres").check()
    page.get_by_label("Sidste dag for underskrift").fill(NEW_YEARS_DAY.isoformat())
    page.get_by_role("button", name=re.compile("Gem")).first.click()
    page.get_by_label("Skriv antallet").fill("3")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-stage=holding]")
    page.goto("about:blank")  # the page would load itself anew at any moment


def test_from_the_tick_in_review_to_the_signed_file_on_the_case(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    mailing_id = make_mailing(site.school, tmp_path / "a.pdf", people=PEOPLE)
    staff = clerk(browser, site)
    ask_for_signatures(staff, mailing_id)
    send_to_sign(site.school.institution)

    signer = addressee(browser, site, PEOPLE[0].cpr)
    signer.get_by_role("link", name="Underskriv brevet").press("Enter")
    expect(signer.get_by_role("heading", name="Du skal underskrive et brev")).to_be_visible()
    address = signer.url
    look(signer, "signing-ask")
    signer.get_by_role("button", name="Gå til underskrift med MitID").press("Enter")
    signer.wait_for_url(f"{site.sandbox.address['signing']}/**")
    look(signer, "signing-mitid")
    signer.get_by_role("button", name="Log ind som en anden").press("Enter")
    expect(signer.get_by_role("alert")).to_contain_text("en anden end den, brevet er til")
    signer.goto(address)
    expect(signer.get_by_text("vi har ikke fået din underskrift endnu")).to_be_visible()
    look(signer, "signing-opened")
    signer.get_by_role("button", name="Underskriv med MitID").press("Enter")
    signer.get_by_role("button", name=re.compile("^Underskriv som")).press("Enter")
    expect(signer.get_by_role("heading", name="Tak, brevet er underskrevet")).to_be_visible()
    assert signer.url == address
    look(signer, "signing-signed")

    # The second one says no; the third one's signature is on another document.
    other = addressee(browser, site, PEOPLE[1].cpr, java_script_enabled=False)
    other.get_by_role("link", name="Underskriv brevet").click()
    other.get_by_role("button", name="Gå til underskrift").click()
    other.get_by_role("button", name="Afvis at underskrive").click()
    expect(other.get_by_role("heading", name="Du har afvist at underskrive")).to_be_visible()
    third = addressee(browser, site, PEOPLE[2].cpr)
    third.get_by_role("link", name="Underskriv brevet").click()
    for fault, button in (
        ("sign_other_document", "Gå til underskrift med MitID"),
        ("sign_untrusted", "Prøv igen med MitID"),
    ):
        site.sandbox.fault(fault, target="signing.answer")
        third.get_by_role("button", name=button).click()
        third.get_by_role("button", name=re.compile("^Underskriv som")).click()
        expect(third.get_by_role("alert")).to_contain_text("kunne ikke godkendes")
    look(third, "signing-refused")

    staff.goto(f"/mailings/{mailing_id}/")
    expect(staff.get_by_role("heading", name="Underskrifter")).to_be_visible()
    look(staff, "signing-mailing")
    staff.get_by_role("link", name="Se, hvem der mangler").press("Enter")
    expect(staff.locator(".rows li")).to_have_count(2)
    look(staff, "signing-missing")
    staff.goto("/")
    expect(staff.get_by_role("heading", name="Mangler underskrift")).to_be_visible()
    look(staff, "signing-front")
    first, _, last = site.school.letters(mailing_id)
    staff.goto(f"/letters/{last.id}/")
    expect(staff.get_by_text("udsteder, som vi ikke kender").first).to_be_visible()
    staff.goto(f"/letters/{first.id}/")
    expect(staff.get_by_text("Underskriften er gyldig.").first).to_be_visible()
    look(staff, "signing-letter")
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Hent det underskrevne brev").press("Enter")
    assert download.value.suggested_filename == f"underskrevet-{first.id}.pdf"
    staff.goto(f"/cases/{first.case_id}/")
    expect(staff.get_by_role("link", name="Underskrevet brev, PDF")).to_be_visible()


@pytest.mark.parametrize("fault", ["sign_no_answer", "sign_twice"])
def test_an_answer_that_never_comes_is_asked_for_again_and_one_that_comes_twice_is_one(
    browser: Browser, site: Site, tmp_path: Path, fault: str
) -> None:
    mailing_id = make_mailing(site.school, tmp_path / "a.pdf", people=PEOPLE)
    ask_for_signatures(clerk(browser, site), mailing_id)
    send_to_sign(site.school.institution)
    signer = addressee(browser, site, PEOPLE[0].cpr)
    signer.get_by_role("link", name="Underskriv brevet").click()
    site.sandbox.fault(fault, target="signing.answer")
    signer.get_by_role("button", name="Gå til underskrift med MitID").click()
    signer.get_by_role("button", name=re.compile("^Underskriv som")).click()
    if fault == "sign_no_answer":
        expect(signer.get_by_text("vi har ikke fået din underskrift endnu")).to_be_visible()
        signer.get_by_role("button", name="Underskriv med MitID").click()
        signer.get_by_role("button", name=re.compile("^Underskriv som")).click()
    expect(signer.get_by_role("heading", name="Tak, brevet er underskrevet")).to_be_visible()
    watch_signatures(site.school.institution)
    [letter, *_] = site.school.letters(mailing_id)
    assert site.school.get(f"/letters/{letter.id}/").text.count("underskrevet.pdf") == 1
