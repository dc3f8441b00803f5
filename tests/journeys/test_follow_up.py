"""After sending, in a browser: who did not get it, sent again another way, and proved."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from digitalpost.danish_time import today
from digitalpost.db import now
from digitalpost.deliveries.dispatch import dispatch_due, poll_receipts
from digitalpost.models import ChannelName, Delivery, Letter, LetterWay, Mailing
from tests.console.mailings import School, make_mailing, make_school, name_recipients
from tests.inputs.people import make_people, make_person
from tests.journeys.browsing import chromium_at, look, picture
from tests.make import PASSWORD
from tests.make_addressees import set_address
from tests.make_mailings import let_time_pass, line_of
from tests.sandbox_server import RunningSandbox, start_sandbox
from tests.serving import served

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify_evidence.py"


def send_what_is_due(school: School, *, rounds: int = 2) -> None:
    for _ in range(rounds):
        let_time_pass(school.institution)
        for channel in (ChannelName.EBOKS, ChannelName.LOCAL_PRINT):
            dispatch_due(school.institution, channel, seconds=5)
        let_time_pass(school.institution)
        poll_receipts(school.institution, ChannelName.EBOKS)


def make_reviewed(school: School, folder: Path) -> int:
    """Seven letters: turned down, in doubt, on paper by e-Boks, dead, to print, held, delivered."""
    people = make_people(7)
    people[2:4] = [make_person(8, magic="exempt"), make_person(9, magic="dead")]
    name_recipients(school, people)
    mailing_id = make_mailing(school, folder / "a.pdf", people=people, title="Indkaldelse")
    ways = {5: LetterWay.LOCAL_PRINT, 6: LetterWay.HOLD}
    with school.institution.transaction() as session:
        session.get_one(Mailing, mailing_id).arrive_by = today() + timedelta(days=9)
        for letter in session.scalars(sa.select(Letter)):
            letter.way = ways.get(letter.position, LetterWay.DIGITAL)
    set_address(school.institution, people[0].cpr, "Åløkken 12", "8850 Bjerringbro")
    return mailing_id


def sign_in(page: Page) -> None:
    page.goto("/account/sign-in")
    page.fill("#email", "mette@egely.example")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_letters_that_got_nowhere_are_followed_up_sent_again_and_proved(
    tmp_path: Path, chromium: str
) -> None:
    with start_sandbox(tmp_path / "sandbox", postprocessing_seconds=0) as sandbox:
        school = make_school(tmp_path / "home", **(line_of(sandbox) | {"EBOKS_CONNECTIONS": "1"}))
        mailing_id = make_reviewed(school, tmp_path)
        with (
            closing(school.institution),
            served(school.client.application) as url,
            chromium_at(chromium) as browser,
        ):
            page = browser.new_page(base_url=url, reduced_motion="reduce")
            walk(page, school, sandbox, mailing_id, tmp_path)


def walk(
    page: Page, school: School, sandbox: RunningSandbox, mailing_id: int, folder: Path
) -> None:
    sign_in(page)
    page.goto(f"/mailings/{mailing_id}/")
    page.get_by_text("Valg for forsendelsen").click()
    expect(page.get_by_label("Skal være fremme senest")).not_to_have_value("")
    look(page, "follow-review")
    page.get_by_label("Skriv antallet").fill("6")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-stage=holding]")
    page.goto("about:blank")  # the page would load itself anew at any moment
    sandbox.fault("answer_400", count=1)
    sandbox.fault("answer_500_after_storing", count=1)
    send_what_is_due(school, rounds=1)
    with school.institution.transaction() as session:  # once more, and we give up
        session.execute(sa.update(Delivery).values(give_up_at=now()))
    sandbox.fault("answer_503", count=1)
    send_what_is_due(school)
    page.goto(f"/mailings/{mailing_id}/")
    look(page, "follow-mailing")
    page.get_by_role("link", name="Følg op på").click()
    expect(page.get_by_role("heading", name="Opfølgning")).to_be_visible()
    for said in ("Print senest", "Skriv ikke til modtageren", "Kan være nået frem"):
        expect(page.get_by_text(said).first).to_be_visible()
    look(page, "follow-list")
    page.emulate_media(media="print")
    expect(page.locator("table.follow")).to_be_visible()
    expect(page.locator(".pick").first).to_be_hidden()
    expect(page.locator("nav").first).to_be_hidden()
    picture(page, "follow-list-print")
    page.emulate_media(media="screen")
    with page.expect_download() as download:
        page.get_by_role("link", name="Hent som regneark").click()
    assert download.value.suggested_filename == f"opfoelgning-{mailing_id}.csv"
    page.locator("[data-pick-all]").check()
    page.locator("#how").select_option("local_print")
    look(page, "follow-chosen")
    page.locator(".bulk").get_by_role("button", name="Se, hvad der bliver sendt").click()
    expect(page.get_by_role("heading", name="Bliver ikke sendt")).to_be_visible()
    look(page, "follow-again")
    count = page.locator("tbody").first.locator("tr").count()
    page.get_by_label("Skriv antallet").fill(str(count + 1))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ingen breve er sendt.").first).to_be_visible()
    look(page, "follow-again-wrong")
    page.get_by_label("Skriv antallet").fill(str(count))
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-stage=holding]")
    expect(page.get_by_text("Det er breve, der sendes igen.").first).to_be_visible()
    look(page, "follow-holding")
    page.goto("about:blank")
    send_what_is_due(school)
    sent = {one["message_id"] for one in sandbox.dispatches()}
    assert len(sent) == len(sandbox.dispatches())
    letter = school.letters(mailing_id)[6]
    page.goto(f"/letters/{letter.id}/")
    page.get_by_role("link", name="Bevis").click()
    expect(page.get_by_role("heading", name="Bevis for brevet")).to_be_visible()
    look(page, "follow-evidence")
    with page.expect_download() as download:
        page.get_by_role("button", name="Hent bevis").click()
    download.value.save_as(folder / "bevis.zip")
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(folder / "bevis.zip")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
