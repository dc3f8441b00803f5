"""The board and an alarm in a browser, by keyboard: red, told, seen, and green again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from playwright.sync_api import expect

from digitalpost.models import Role
from tests.console.mailings import make_school
from tests.journeys.browsing import chromium_at, look
from tests.make import PASSWORD
from tests.oversight import making
from tests.serving import served


def test_an_alarm_leads_to_the_board_is_seen_and_closes_by_itself(
    tmp_path: Path, chromium: str
) -> None:
    school = make_school(tmp_path, role=Role.SUPERVISOR)
    institution = school.institution
    well, _ = making.make_board(
        institution, case_type_id=school.case_type_id, owner_id=school.actor.user_id or 0
    )
    making.look(institution)
    with closing(institution), served(school.client.application) as url:
        with chromium_at(chromium) as browser:
            page = browser.new_page(base_url=url, reduced_motion="reduce")
            page.goto("/account/sign-in")
            page.fill("#email", "mette@egely.example")
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/")
            expect(page.get_by_text("Breve, der skulle være sendt: 2")).to_be_visible()
            look(page, "board-front")
            page.get_by_role("link", name="Se tavlen").press("Enter")
            expect(page.get_by_role("heading", name="Regnskabet går op")).to_be_visible()
            look(page, "board-alarm")
            page.get_by_role("button", name="Set").press("Enter")
            expect(page.get_by_text("Set af Mette Kirk")).to_be_visible()
            making.pause_channel(institution, minutes=10)
            making.look(institution)
            making.lose_letter(institution, well)
            making.look(institution)
            page.goto("/board/")
            expect(page.get_by_role("heading", name="Regnskabet går ikke op")).to_be_visible()
            expect(page.get_by_text("Mangler 1").first).to_be_visible()
            look(page, "board-red")
            for width in (650, 800, 970, 1100, 1300):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.set_viewport_size({"width": 1440, "height": 900})
            row = page.get_by_role("listitem").filter(has_text="hvor regnskabet ikke går op: 1")
            row.get_by_role("button").press("Enter")
            page.get_by_role("link", name=f"Forsendelse {well}").press("Enter")
            page.wait_for_url(f"**/mailings/{well}/")

        with chromium_at(chromium) as browser:
            plain = browser.new_context(java_script_enabled=False, base_url=url).new_page()
            plain.goto("/account/sign-in")
            plain.fill("#email", "mette@egely.example")
            plain.fill("#password", PASSWORD)
            plain.click("main form button")
            plain.goto("/board/")
            plain.get_by_role("button", name="Set e-Boks").click()
            expect(plain.get_by_text("Alarmen er markeret som set.")).to_be_visible()
            making.pause_channel(institution, minutes=None)
            making.look(institution)
            plain.goto("/board/")
            expect(plain.get_by_text("Sidst lukkede alarmer")).to_be_visible()
            expect(plain.get_by_role("button", name="Set e-Boks")).to_have_count(0)
