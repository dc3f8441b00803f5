"""Where letters go, in a browser: told in review, rehearsed, printed here and marked as posted."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import expect

from digitalpost.deliveries.dispatch import dispatch_due
from digitalpost.mailings.rehearse import rehearse
from digitalpost.models import ChannelName, Letter, LetterWay
from tests.console.mailings import make_mailing, make_school, name_recipients
from tests.inputs.people import make_people
from tests.journeys.browsing import chromium_at, look
from tests.make import PASSWORD
from tests.make_addressees import add_copy
from tests.make_mailings import let_time_pass
from tests.serving import served


def test_a_letter_for_our_own_printer_is_followed_to_the_post_by_keyboard(
    tmp_path: Path, chromium: str
) -> None:
    school = make_school(tmp_path)
    people = make_people(4)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    add_copy(school.institution, mailing_id, people[3].cpr)
    ways = {1: LetterWay.LOCAL_PRINT, 2: LetterWay.LOCAL_PRINT, 3: LetterWay.HOLD}
    with school.institution.transaction() as session:
        for letter in session.scalars(sa.select(Letter)):
            letter.way = ways.get(letter.position, LetterWay.DIGITAL)
    rehearse(school.institution, school.actor, mailing_id)
    with (
        closing(school.institution),
        served(school.client.application) as url,
        chromium_at(chromium) as browser,
    ):
        page = browser.new_page(base_url=url, reduced_motion="reduce")
        page.goto("/account/sign-in")
        page.fill("#email", "mette@egely.example")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/")
        page.goto(f"/mailings/{mailing_id}/")
        expect(page.get_by_text("1 brev bliver holdt tilbage:").first).to_be_visible()
        look(page, "ways-review")
        page.get_by_label("Skriv antallet").fill("3")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-stage=holding]")
        page.goto("about:blank")  # the page would load itself anew at any moment
        let_time_pass(school.institution)
        for channel in (ChannelName.LOCAL_PRINT, ChannelName.EBOKS):
            dispatch_due(school.institution, channel, seconds=5)
        page.goto(f"/mailings/{mailing_id}/")
        look(page, "ways-sending")
        page.get_by_role("link", name="2 breve skal printes").click()
        look(page, "ways-print")
        with page.expect_download() as download:
            page.get_by_role("button", name="Hent 2 breve til print").press("Enter")
        assert download.value.suggested_filename == f"print-{mailing_id}.pdf"
        page.get_by_role("button", name="Markér 2 breve").press("Enter")
        expect(page.get_by_text("2 breve er markeret som printet")).to_be_visible()
        [first, *_] = school.letters(mailing_id)
        page.goto(f"/letters/{first.id}/")
        look(page, "ways-letter")
