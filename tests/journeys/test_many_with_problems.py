"""A merge of 400 letters with seven problems, put right with the keyboard alone, and sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pymupdf
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.mailings import name_recipients
from tests.inputs.engines import everything_in, find_number, find_words
from tests.inputs.faults import plant_faults
from tests.inputs.people import Person, make_people
from tests.inputs.word import write_word_merge
from tests.journeys.browsing import look
from tests.journeys.main_site import Site, complaints, open_page, upload

LETTERS = 400
SEVEN = (
    "two numbers on a page",
    "missing number",
    "missing last page",
    "duplicated beside",
    "wrong page order",
    "unreadable page",
    "swapped names",
)


def press(what: Locator) -> None:
    """Go to a button or a link, and press it as one does without a mouse."""
    what.focus()
    expect(what).to_be_focused()
    what.press("Enter")


def row_of(page: Page, first: int, last: int) -> Locator:
    """The letter of these pages in the list."""
    pages = f"side {first}–{last}" if first != last else f"side {first}"
    return page.locator(".person").filter(has_text=re.compile(rf"{pages}(?!\d)"))


def mend(page: Page, first: int, last: int) -> None:
    press(row_of(page, first, last).get_by_role("link", name=re.compile("^Ret")))
    expect(page.get_by_role("heading", name=re.compile("^Ret brev"))).to_be_visible()


def back(page: Page) -> None:
    """To the letters that are to be looked at, when the mended ones are made again."""
    press(page.get_by_role("link", name="Tilbage til gennemsyn"))
    page.wait_for_selector("[data-stage=review]")
    press(page.get_by_role("link", name=re.compile("^Skal ses efter")))
    expect(page.locator("[aria-current=true]", has_text="Skal ses efter")).to_be_visible()


def choose(page: Page, pages: list[int]) -> None:
    for number in pages:
        box = page.get_by_label(f"Vælg side {number}")
        box.focus()
        box.press("Space")
        expect(box).to_be_checked()


def whom(path: Path, page: int, people: Sequence[Person]) -> Person:
    """The person whose name is on a page of the file."""
    with pymupdf.open(path) as document:
        text = document[page - 1].get_text()
    return next(person for person in people if person.name in text)


def test_seven_problems_in_400_letters_are_put_right_by_keyboard_and_the_rest_is_sent(
    browser: Browser,
    site: Site,
    tmp_path: Path,
) -> None:
    people = make_people(LETTERS, 1)
    merge = plant_faults(
        tmp_path / "breve.pdf", write_word_merge, letters=LETTERS, each=1, kinds=SEVEN
    )
    pages = {one.kind: one.pages for one in merge.planted}
    assert set(pages) == set(SEVEN)
    name_recipients(site.school, people)
    page = open_page(browser, site)
    heard = complaints(page)
    upload(page, merge.path)
    page.wait_for_selector("[data-stage=preparing]")
    page.wait_for_selector("[data-stage=review]")
    expect(page.get_by_text("396 breve er klar, heraf bør du se på 6")).to_be_visible()
    expect(page.get_by_text("3 kan ikke sendes", exact=True)).to_be_visible()
    look(page, "many-review")
    press(page.get_by_role("link", name=re.compile("^Skal ses efter 9")))
    expect(page.locator(".person")).to_have_count(9)
    look(page, "many-doubtful")

    # Four can't be put right here: they are taken out, and sent when the list is.
    spoilt = ("two numbers on a page", "unreadable page", "swapped names", "missing last page")
    for kind in spoilt:
        first, last = pages[kind][0], pages[kind][-1]
        press(row_of(page, first, last).get_by_role("button", name=re.compile("^Tag ud")))
        expect(page.get_by_text("Brevet er taget ud og bliver ikke sendt.")).to_be_visible()
        expect(row_of(page, first, last)).to_have_count(0)

    # A letter without its number hangs on the one before: cut off, and given its owner.
    start = pages["missing number"][0]
    mend(page, start - 2, start + 1)
    press(page.get_by_role("button", name=f"Del brevet før side {start}"))
    expect(page.get_by_text("Brevet er delt i to.")).to_be_visible()
    back(page)
    mend(page, start, start + 1)
    owner = whom(merge.path, start, people)
    page.get_by_label("CPR- eller CVR-nummer").focus()
    page.keyboard.type(owner.cpr)
    page.keyboard.press("Enter")
    yes = page.get_by_role("button", name=f"Ja, brevet er til {owner.name}")
    expect(yes).to_be_visible()
    press(yes)
    expect(page.get_by_text("Modtageren er valgt.")).to_be_visible()
    back(page)

    # A letter that came twice: the second half is left out, with the reason.
    twice = pages["duplicated beside"]
    mend(page, twice[0], twice[-1])
    choose(page, list(twice[2:]))
    page.get_by_label("Hvorfor skal siderne udelades?").focus()
    page.keyboard.type("Brevet var med to gange")
    press(page.get_by_role("button", name="Udelad de valgte sider"))
    expect(page.get_by_text("Siderne er udeladt.")).to_be_visible()
    back(page)

    # Pages that came the wrong way: the last one hangs on the letter before.
    strayed, own = pages["wrong page order"]
    mend(page, strayed - 2, strayed)
    choose(page, [strayed])
    page.wait_for_load_state("networkidle")
    look(page, "many-mend-move")
    where = page.get_by_label("Flyt til")
    where.focus()
    page.keyboard.type("Efter")
    press(page.get_by_role("button", name="Flyt de valgte sider"))
    expect(page.get_by_text("Siderne er flyttet.")).to_be_visible()
    back(page)
    mend(page, strayed, own)
    press(page.get_by_role("button", name=f"Flyt side {own} op"))
    expect(page.get_by_text("Siden er flyttet op.")).to_be_visible()
    back(page)

    # What is left was in doubt for its neighbours only.
    while page.get_by_role("link", name=re.compile("^Ret")).count():
        press(page.get_by_role("link", name=re.compile("^Ret")).first)
        press(page.get_by_role("button", name="Brevet er rigtigt, som det er"))
        expect(page.get_by_text("Brevet er set igennem.")).to_be_visible()
        press(page.get_by_role("link", name="Tilbage til gennemsyn"))
        page.wait_for_selector("[data-stage=review]")
    expect(page.get_by_text("396 breve er klar", exact=True)).to_be_visible()
    look(page, "many-ready")
    page.keyboard.press("g")
    expect(page.locator("#count")).to_be_focused()
    page.keyboard.type("396")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-stage=holding]")
    site.may_send.set()
    page.wait_for_selector("[data-stage=sent]", timeout=180_000)
    look(page, "many-sent")
    assert not heard

    sent = site.sandbox.dispatches()
    times = Counter(one["recipient"] for one in sent)
    assert (len(sent), set(times.values())) == (396, {1})
    left = {person.cpr for person in people} - set(times)
    assert len(left) == len(spoilt)
    assert left.isdisjoint(number for number, _ in merge.right)
    names = {person.cpr: person.name for person in people}
    mended = {owner.cpr, *(one["recipient"] for one in sent[::50])}
    for one in sent:
        if one["recipient"] in mended:
            text = everything_in(site.sandbox.content(one["message_id"]))
            assert find_words(names[one["recipient"]], text)
            assert not find_number(one["recipient"], text)
