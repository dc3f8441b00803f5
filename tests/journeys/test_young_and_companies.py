"""Letters to a 14- and a 16-year-old, and to a company's P-number, clicked through in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from digitalpost.models import Attention, CopyDecision, GuardianSuggestion
from digitalpost.registers.rounds import check_mailboxes
from sandbox.sample import write_sample_merge
from tests.console.mailings import close, make_school, name_recipients
from tests.console.young import EIGHTEEN, FOURTEEN, SIXTEEN
from tests.inputs.letters import write_pages
from tests.inputs.people import make_people
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, at_work, complaints, open_page, upload
from tests.sandbox_server import start_sandbox


@dataclass(frozen=True)
class Pupil:
    """Somebody whom a letter in the file goes to, by the name that CPR has."""

    name: str
    number: str
    address: tuple[str, ...] = ("Åløkken 12", "8850 Bjerringbro")


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """A site whose registers are the sandbox's, with what search by name needs."""
    with start_sandbox(tmp_path, postprocessing_seconds=0) as sandbox:
        home = tmp_path / "home"
        home.mkdir()
        (home / "sandbox").symlink_to(sandbox.home)
        shutil.copy(sqlite_template, home / "digitalpost.db")
        school = make_school(home, EBOKS_URL="")
        with at_work(school, sandbox) as site:
            yield site
        close(school)


@pytest.mark.parametrize("script", [True, False])
def test_letters_about_the_young_go_to_the_parents_whom_the_clerk_said_yes_to(
    browser: Browser,
    site: Site,
    tmp_path: Path,
    script: bool,
) -> None:
    numbers = (FOURTEEN, SIXTEEN, EIGHTEEN)
    people = [Pupil(site.sandbox.person(one)["facts"]["name"], one) for one in numbers]
    everybody = [*people, *make_people(5, seed=4)]
    name_recipients(site.school, everybody)  # type: ignore[arg-type]
    merge = write_sample_merge(tmp_path / "breve.pdf", everybody)
    page = open_page(browser, site, java_script_enabled=script)
    heard = complaints(page)
    upload(page, merge)
    page.wait_for_selector("[data-stage=review]")
    expect(page.get_by_text("Vi spørger CPR-registret om 3 modtagere")).to_be_visible()
    check_mailboxes(site.school.institution, 1)
    page.get_by_role("link", name="Se, om svaret er kommet").click()
    young = page.get_by_role("region", name="Breve til unge under 18")
    expect(young.get_by_text("3 breve venter på dit valg")).to_be_visible()
    expect(young.get_by_role("heading", name=re.compile("Skal afklares"))).to_be_visible()
    expect(young.get_by_text("Kun papir")).to_be_visible()
    if script:
        look(page, "young")
    button = young.get_by_role("button", name="Godkend alle 2 forslag")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 forslag er godkendt.")).to_be_visible()
    alone = young.get_by_role("button", name=f"Kun til {people[2].name}")
    alone.focus()
    page.keyboard.press("Enter")
    expect(young.get_by_text("Alt er besluttet")).to_be_visible()
    expect(page.get_by_text(re.compile("^Til forælder: "))).to_be_visible()
    young.locator("summary").filter(has_text="Besluttet").first.click()
    expect(young.get_by_text("Valgt fra: Mette Kirk")).to_be_visible()
    page.locator("#people .person-link").filter(has_text=people[0].name).click()
    expect(page.get_by_role("heading", name="Brevet går til forældrene")).to_be_visible()
    if script:
        look(page, "young-decided")
        page.goto("/mailings/1/young/?heap=decided")
        look(page, "young-list")
    with site.school.institution.reading() as session:
        decisions = [
            one.decision
            for one in session.query(GuardianSuggestion).order_by(GuardianSuggestion.letter_id)
        ]
    assert decisions == [CopyDecision.ACCEPTED, CopyDecision.ACCEPTED, CopyDecision.DECLINED]
    assert not heard


def test_a_company_letter_is_typed_named_and_given_to_a_p_number(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    (known,) = make_people(1, seed=11)
    name_recipients(site.school, [known])
    text = ["Kære samarbejdspartner", "", "Tak for jeres besøg på skolen i sidste uge."]
    path = write_pages(tmp_path / "brev.pdf", [text])
    page = open_page(browser, site)
    heard = complaints(page)
    page.get_by_role("link", name="Send brev").first.click()
    page.set_input_files("#files", path)
    page.get_by_text("Står modtagerens nummer ikke i filen?").click()
    field = page.get_by_role("textbox", name=re.compile("^Modtager"))
    field.fill("99000023")
    field.press("Enter")
    chosen = page.get_by_role("list", name="Valgte modtagere")
    expect(chosen.get_by_text("Eksempel Maskinfabrik A/S").first).to_be_visible()
    field.fill(f"6102124234; {FOURTEEN}; 99 00 00 23; 12")
    page.get_by_role("button", name="Tilføj").click()
    expect(chosen.get_by_role("listitem")).to_have_count(3)
    expect(chosen.get_by_text("erstatnings-CPR-nummer")).to_be_visible()
    expect(chosen.get_by_text("under 15 år")).to_be_visible()
    expect(field).to_have_value("12")
    page.get_by_label("Eller find en, I har skrevet til før").fill(known.name.split()[0])
    page.get_by_role("checkbox", name=re.compile(known.name)).click()
    expect(chosen.get_by_role("listitem")).to_have_count(4)
    look(page, "send-to")
    for name in ("610212", "020212", known.name):
        chosen.get_by_role("button", name=re.compile(f"Fjern.*{re.escape(name)}")).or_(
            chosen.get_by_role("listitem").filter(has_text=name).get_by_role("button")
        ).first.focus()
        page.keyboard.press("Enter")
    expect(chosen.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text("Hele filen bliver sendt til 1 modtager.")).to_be_visible()
    field.fill("")
    page.get_by_role("button", name="Upload og find modtagere").click()
    page.wait_for_selector("[data-stage=review]")
    check_mailboxes(site.school.institution, 1)
    page.reload()
    expect(page.get_by_text("Til hvem i virksomheden?")).to_be_visible()
    page.get_by_text("Vælg P-nummer eller sagsbehandler").click()
    expect(page.get_by_text("P-nummer 1990000232")).to_be_visible()
    look(page, "company-units")
    page.get_by_role("radio", name=re.compile("1990000232")).check()
    page.get_by_role("button", name="Gem valget").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Valget er gemt")).to_be_visible()
    expect(page.get_by_text("P-nummer 1990000232").first).to_be_visible()
    look(page, "company-chosen")
    with site.school.institution.reading() as session:
        assert session.query(Attention).one().p_number == "1990000232"
    remaining = site.sandbox.person("99000023")["facts"]["units"][:1]
    site.sandbox.set_person("99000023", units=remaining)
    page.reload()
    expect(page.get_by_text("hører ikke længere til virksomheden")).to_be_visible()
    look(page, "company-gone")
    assert not heard
