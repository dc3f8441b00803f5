"""The inbox in a browser: by keyboard alone, many at a time, on a phone, without script."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from digitalpost.models import Letter, LetterStatus
from tests.journeys.browsing import chromium_at, look
from tests.journeys.inbox_school import BOSS, CLERK, Mail, serve_mail, sign_in

MOST_KEYS = 4.5  # a letter, on average: A, two letters of a name and Enter


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1


def stand(mail: Mail) -> Counter[tuple[LetterStatus, int | None, int]]:
    with mail.institution.reading() as session:
        rows = session.execute(sa.select(Letter.status, Letter.owner_id, Letter.unit_id))
        return Counter((row.status, row.owner_id, row.unit_id) for row in rows)


def title_of(page: Page) -> str:
    return page.locator("#incoming-title").inner_text()


def test_a_monday_of_twelve_letters_is_handed_out_by_keyboard_alone(
    tmp_path: Path, chromium: str
) -> None:
    with serve_mail(tmp_path, 12) as mail, chromium_at(chromium) as browser:
        page = browser.new_page(base_url=mail.url, reduced_motion="reduce")
        sign_in(page, CLERK)
        page.goto("/inbox/?q=unowned")
        keys = Keyboard(page)
        expect(page.get_by_role("heading", name="Indbakke")).to_be_visible()
        keys.press("j")
        expect(page.locator("#incoming-title")).to_have_text("Spørgsmål om optagelse")
        first = page.url
        loads = page.evaluate("performance.timeOrigin")
        for number in range(12):
            expect(page.locator(".mail .open")).to_have_count(1)
            before = page.url
            if number % 3 == 2:
                keys.press("e")
            elif number % 3 == 1:
                keys.press("a", "v", "e", "Enter")
            else:
                keys.press("a", "p", "e", "r", "Enter")
            page.wait_for_url(lambda url, before=before: url != before)
        expect(page.get_by_text("Det var det sidste brev i listen.")).to_be_visible()
        assert page.evaluate("performance.timeOrigin") == loads  # never loaded anew
        assert stand(mail) == {
            (LetterStatus.ASSIGNED, mail.counsellor, mail.counsel): 4,
            (LetterStatus.ASSIGNED, None, mail.counsel): 4,
            (LetterStatus.DONE, 1, mail.mail_room): 4,
        }
        print(f"12 letters with {keys.count} keystrokes")
        assert keys.count <= 12 * MOST_KEYS
        keys.press("u")
        expect(page.get_by_text("Fortrudt: 1 brev er tilbage")).to_be_visible()
        expect(page.locator("#incoming-title")).to_be_visible()
        assert stand(mail)[LetterStatus.NEW, None, mail.mail_room] == 1
        keys.press("n")
        page.keyboard.type("Ringer i morgen")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Ringer i morgen")).to_be_visible()
        keys.press("?")
        expect(page.get_by_role("heading", name="Taster i indbakken")).to_be_visible()
        page.keyboard.press("Escape")
        assert "/inbox/" in first and "Anna" not in page.url


def test_a_supervisor_hands_forty_letters_out_at_once_and_undoes_it(
    tmp_path: Path, chromium: str
) -> None:
    with serve_mail(tmp_path, 46) as mail, chromium_at(chromium) as browser:
        page = browser.new_page(base_url=mail.url, reduced_motion="reduce")
        sign_in(page, BOSS)
        page.goto("/inbox/?q=unowned")
        expect(page.locator(".mail li")).to_have_count(40)
        picks = page.locator(".mail .pick")
        picks.nth(0).click()
        picks.nth(39).click(modifiers=["Shift"])
        page.fill(".many-acts input[name=to]", "vej")
        page.keyboard.press("ArrowDown")
        look(page, "inbox-many")
        page.locator(".mail li a").nth(4).click()
        expect(page.locator("#incoming-title")).to_be_visible()
        page.go_back()
        expect(page.locator("#incoming-title")).to_have_count(0)
        expect(page.locator(".mail .pick:checked")).to_have_count(40)
        page.fill(".many-acts input[name=to]", "Vejledningen")
        page.get_by_role("button", name="Fordel 40 breve til Vejledningen").click()
        expect(page.get_by_text("40 breve er fordelt til Vejledningen.")).to_be_visible()
        assert stand(mail)[LetterStatus.ASSIGNED, None, mail.counsel] == 40
        expect(page.get_by_role("link", name="Vejledningen 40")).to_be_visible()
        page.get_by_role("button", name="Fortryd").click()
        expect(page.get_by_text("Fortrudt: 40 breve er tilbage")).to_be_visible()
        assert stand(mail) == {(LetterStatus.NEW, None, mail.mail_room): 46}
        page.keyboard.press("*")
        page.get_by_role("button", name="Meld 46 breve færdige").click()
        expect(page.get_by_text("46 breve er meldt færdige.")).to_be_visible()
        assert stand(mail)[LetterStatus.DONE, 2, mail.mail_room] == 46


def test_one_letter_at_a_time_on_a_phone_and_in_the_dark(tmp_path: Path, chromium: str) -> None:
    with serve_mail(tmp_path, 5) as mail, chromium_at(chromium) as browser:
        page = browser.new_page(
            base_url=mail.url, reduced_motion="reduce", viewport={"width": 390, "height": 844}
        )
        sign_in(page, CLERK)
        page.goto("/inbox/?q=unowned")
        page.locator(".mail a").first.click()
        expect(page.locator("#incoming-title")).to_be_visible()
        expect(page.locator(".mail")).to_be_hidden()
        page.get_by_role("button", name="Tag brevet").click()
        expect(page.get_by_text("1 brev er fordelt til Ida Holm.")).to_be_visible()
        other = browser.new_page(base_url=mail.url)
        sign_in(other, BOSS)
        other.goto(page.url)
        expect(other.get_by_text("Ida Holm har brevet åbent")).to_be_visible()
        other.close()
        look(page, "inbox-letter")
        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("link", name="Tilbage til listen").click()
        expect(page.locator(".mail")).to_be_visible()


def test_the_inbox_works_without_script(tmp_path: Path, chromium: str) -> None:
    with serve_mail(tmp_path, 4) as mail, chromium_at(chromium) as browser:
        page = browser.new_context(java_script_enabled=False, base_url=mail.url).new_page()
        sign_in(page, CLERK)
        page.goto("/inbox/?q=unowned")
        page.locator(".mail a").first.click()
        page.fill("#give-to", "pe li")
        page.get_by_role("button", name="Fordel", exact=True).click()
        page.get_by_text("1 brev er fordelt til Per Lind.").wait_for()
        page.fill("#give-to", "pe")
        page.get_by_role("button", name="Fordel", exact=True).click()
        page.get_by_text("Flere passer: Per Lind, Peter Skov.").wait_for()
        page.goto("/inbox/?q=unowned")
        for box in page.locator(".mail .pick").all()[:2]:
            box.check()
        page.fill(".many-acts input[name=to]", "vejl")
        page.get_by_role("button", name="Fordel de valgte").click()
        page.get_by_role("button", name="Fordel 2 breve til Vejledningen").click()
        page.get_by_text("2 breve er fordelt til Vejledningen.").wait_for()
        page.get_by_role("button", name="Fortryd").click()
        page.get_by_text("Fortrudt: 2 breve er tilbage").wait_for()
        assert stand(mail)[LetterStatus.NEW, None, mail.mail_room] == 3
