"""A rule is written, tried on last year's mail and switched on; then it routes what comes."""

from __future__ import annotations

import re
from pathlib import Path

from admin_views import create_console
from digitalpost.incoming.lessons import never_suggest
from digitalpost.models import Letter, Role
from tests.incoming.routing_school import run_route
from tests.incoming.school import School
from tests.incoming.test_lessons import teach
from tests.journeys.browsing import chromium_at, look
from tests.make import PASSWORD, make_institution, make_user
from tests.serving import served

EMAIL = "lis@egely.example"


def test_a_supervisor_writes_tries_and_switches_on_a_rule(tmp_path: Path, chromium: str) -> None:
    institution = make_institution(tmp_path)
    school = School(institution)
    make_user(
        institution, role=Role.SUPERVISOR, email=EMAIL, name="Lis Lund",
        units=(school.mail_room, school.counsel),
    )  # fmt: skip
    for days in range(30):
        school.letter(title=f"Klage over karakter {days}", age_days=days * 7)
        school.letter(title="Sygemelding", age_days=days * 3)
    teach(school)
    asked = school.letter(title="Om SU")
    with institution.transaction() as session:
        never_suggest(
            session, school.clerk, session.get_one(Letter, asked),
            target=f"user:{school.clerk_id}",
        )  # fmt: skip
    with served(create_console(institution)) as url, chromium_at(chromium) as browser:
        page = browser.new_page(
            base_url=url, reduced_motion="reduce",
            java_script_enabled=True,
        )  # fmt: skip
        page.goto("/account/sign-in")
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Log ind").click()
        page.get_by_role("link", name="Fordelingsregler").click()
        page.get_by_role("link", name=re.compile("Opret regel.*Postrummet")).click()
        # By keyboard alone: name, the first line, whom, and Enter.
        page.locator("#name").focus()
        page.keyboard.type("Klager")
        for _ in range(3):
            page.keyboard.press("Tab")
        page.keyboard.type("karakter, klage*")
        look(page, "routing-form")
        page.locator("#days").focus()
        page.keyboard.type("snart")
        page.keyboard.press("Enter")
        page.get_by_text("Skriv fristen som et helt antal dage").first.wait_for()
        look(page, "routing-form-wrong")
        page.fill("#days", "14")
        page.select_option("#whom", label="Per Lind")
        page.locator("#days").press("Enter")
        page.get_by_role("button", name="Prøv på det sidste års breve").click()
        page.get_by_role("heading", name="Reglen ville have taget 30 breve").wait_for()
        look(page, "routing-trial")
        page.get_by_role("link", name="Ældre").click()
        page.get_by_role("link", name="Klage over karakter 29").wait_for()
        page.get_by_role("button", name="Slå reglen til").click()
        page.get_by_text("Reglen er slået til.").wait_for()
        look(page, "routing-list")
        page.get_by_role("link", name="Forslag og træfsikkerhed").click()
        look(page, "routing-suggestions")
        assert re.search(r"\d+ %", page.inner_text("main"))
    letter_id = school.letter(title="Jeg vil klage")
    assert run_route(school, letter_id)
    with institution.reading() as session:
        assert session.get_one(Letter, letter_id).owner_id == school.counsellor_id
    institution.close()
