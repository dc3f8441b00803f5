"""A merge letter from an invented school, for `init --demo` and for whoever wants to try the house.

Nobody in it exists: the people are handed in, and the school's CVR number is one kept for tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pymupdf

SCHOOL, CVR = "Lindevang Gymnasium", "99000015"
PAGE = pymupdf.paper_rect("a4")
LEFT, RIGHT = 68.0, 527.0
GREEN, INK, GREY, PALE = (
    (0.09, 0.36, 0.29),
    (0.13, 0.15, 0.17),
    (0.42, 0.45, 0.48),
    (0.94, 0.97, 0.95),
)

OPENING = (
    "Vi glæder os til at se dig efter sommerferien, og her får du de "
    "oplysninger, som du skal bruge for at komme godt i gang.",
    "Første skoledag er onsdag den 12. august 2026 klokken 8.10. Vi mødes i hallen, hvor "
    "rektor byder velkommen, og derefter følger din studievejleder dig til klassens lokale. "
    "Dagen slutter klokken 14.00, og der er frokost til alle i kantinen.",
)
DATES = (
    ("12. august", "Første skoledag, klokken 8.10 i hallen"),
    ("24.-26. august", "Introtur for alle nye klasser"),
    ("12.-16. oktober", "Efterårsferie"),
    ("11. november", "Konsultation og åbent hus, klokken 17-20"),
    ("21. december", "Juleferien begynder"),
)
CLOSING = (
    "Bøgerne udleveres i den første uge. Du skal selv have en computer med, som kan holde "
    "strøm en hel formiddag. Har du ikke mulighed for det, så skriv til kontoret, så finder "
    "vi en løsning.",
    "Har du brug for særlig støtte, for eksempel på grund af ordblindhed, så giv vejledningen "
    "besked senest den 15. juni. Så er hjælpen klar fra den første dag.",
)
SUPPORT = (
    "Du har tidligere fået særlig støtte, og vi vil gerne sikre, at den fortsætter uden "
    "afbrydelse. Derfor har vi reserveret en samtale til dig i vejledningen i den første "
    "skoleuge. Tiden står i dit skema, og du behøver ikke at melde dig til.",
    "Tag gerne de papirer med, som du har fra din tidligere skole. Det kan være en test, en "
    "udtalelse eller en oversigt over de hjælpemidler, du plejer at bruge. Har du dem ikke, "
    "så gør det ikke noget: vi kan indhente dem sammen, hvis du siger ja til det.",
    "Ved samtalen taler vi om, hvad der virker for dig i timerne, ved afleveringer og til "
    "prøver, og vi aftaler, hvem der har brug for at vide det. Du kan tage en forælder eller "
    "en ven med.",
    "Passer tiden ikke, så ring til kontoret på 99 99 00 00 mellem klokken 8 og 14.",
)


class Addressee(Protocol):
    """Whoever a letter goes to: a name, address lines and a CPR or CVR number."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> Sequence[str]: ...
    @property
    def number(self) -> str: ...


def write_sample_merge(path: Path | str, people: Sequence[Addressee]) -> Path:
    """One letter to each of ``people``, every third with a second page. A PDF ready to be sent."""
    with pymupdf.open() as document:
        for place, person in enumerate(people):
            pages = 2 if place % 3 == 1 else 1
            _write_first_page(document, person, pages)
            if pages == 2:
                _write_second_page(document, person)
        document.set_metadata({"title": "Velkommen til skoleåret 2026/27", "author": SCHOOL})
        document.save(str(path), garbage=3, deflate=True, no_new_id=True)
    return Path(path)


def _write_first_page(document: pymupdf.Document, person: Addressee, pages: int) -> None:
    page = document.new_page(width=PAGE.width, height=PAGE.height)
    _draw_letterhead(page)
    for at, line in enumerate((person.name, *person.address)):
        _put(page, LEFT, 168 + 15 * at, line, 11)
    number = person.number
    written = f"CVR-nr.: {number}" if len(number) == 8 else f"CPR-nr.: {number[:6]}-{number[6:]}"
    _put(page, LEFT, 258, written, 9, GREY)
    _put_right(page, 258, "Lindevang, den 1. juni 2026", 9, GREY)
    _put(page, LEFT, 306, "Velkommen til skoleåret 2026/27", 19, GREEN, bold=True)
    y = _put_paragraphs(page, 328, (f"Kære {person.name.split()[0]}", *OPENING))
    y = _draw_dates(page, y + 4)
    y = _put_paragraphs(page, y + 12, CLOSING)
    _sign(page, y) if pages == 1 else _put_right(page, y + 12, "Fortsættes på næste side", 9, GREY)
    _draw_footer(page, 1, pages)


def _write_second_page(document: pymupdf.Document, person: Addressee) -> None:
    page = document.new_page(width=PAGE.width, height=PAGE.height)
    _draw_letterhead(page)
    _put(page, LEFT, 178, "Samtale i vejledningen", 15, GREEN, bold=True)
    _sign(page, _put_paragraphs(page, 196, SUPPORT))
    _draw_footer(page, 2, 2)


def _draw_letterhead(page: pymupdf.Page) -> None:
    """A leaf of the linden, the school's name, and where it lives."""
    shape = page.new_shape()

    def at(right: float, down: float) -> pymupdf.Point:
        return pymupdf.Point(LEFT + 19 + right, 66 + down)

    top, bottom = at(0, -24), at(0, 20)
    shape.draw_bezier(top, at(30, -16), at(20, 18), bottom)
    shape.draw_bezier(bottom, at(-20, 18), at(-30, -16), top)
    shape.finish(fill=GREEN, color=None)
    shape.draw_line(at(0, -16), at(0, 27))
    for rise in (-6, 3, 12):
        width = 13 - abs(rise) * 0.45
        shape.draw_line(at(0, rise), at(width, rise - 8))
        shape.draw_line(at(0, rise), at(-width, rise - 8))
    shape.finish(color=(1, 1, 1), width=1.1)
    shape.draw_line((LEFT, 112), (RIGHT, 112))
    shape.finish(color=GREEN, width=1.2)
    shape.commit()
    _put(page, LEFT + 50, 66, SCHOOL, 20, GREEN, bold=True)
    _put(page, LEFT + 50, 83, "Stx og hf", 9.5, GREY)
    for row, line in enumerate(("Lindevang Allé 1", "9991 Lindevang", "Telefon 99 99 00 00")):
        _put_right(page, 59 + 12 * row, line, 8.5, GREY)


def _draw_dates(page: pymupdf.Page, y: float) -> float:
    """The dates of the autumn in a pale box; gives the y below it."""
    height = 34 + 17 * len(DATES)
    page.draw_rect(pymupdf.Rect(LEFT, y, RIGHT, y + height), fill=PALE, color=None, radius=0.04)
    _put(page, LEFT + 16, y + 21, "Sæt kryds i kalenderen", 10.5, GREEN, bold=True)
    for at, (day, what) in enumerate(DATES):
        _put(page, LEFT + 16, y + 40 + 17 * at, day, 10)
        _put(page, LEFT + 118, y + 40 + 17 * at, what, 10)
    return y + height


def _draw_footer(page: pymupdf.Page, number: int, pages: int) -> None:
    page.draw_line((LEFT, 790), (RIGHT, 790), color=(0.82, 0.85, 0.84), width=0.6)
    _put(page, LEFT, 804, f"{SCHOOL} · kontor@lindevang.example · CVR {CVR}", 8, GREY)
    _put_right(page, 804, f"Side {number} af {pages}", 8, GREY)


def _sign(page: pymupdf.Page, y: float) -> None:
    _put(page, LEFT, y + 14, "Med venlig hilsen", 10.5)
    _put(page, LEFT, y + 46, "Solveig Lindehøj", 10.5, bold=True)
    _put(page, LEFT, y + 60, "Rektor", 9.5, GREY)


def _put_paragraphs(page: pymupdf.Page, y: float, paragraphs: Sequence[str]) -> float:
    """Paragraphs below each other; gives the y below the last."""
    for paragraph in paragraphs:
        box = pymupdf.Rect(LEFT, y, RIGHT, 780)
        left = page.insert_textbox(box, paragraph, fontsize=10.5, lineheight=1.42, color=INK)
        if left < 0:
            raise ValueError("the sample letter's text doesn't fit on its page")
        y = 780 - left + 8
    return y


def _put(
    page: pymupdf.Page,
    x: float,
    y: float,
    text: str,
    size: float,
    color: tuple[float, float, float] = INK,
    *,
    bold: bool = False,
) -> None:
    page.insert_text((x, y), text, fontsize=size, fontname="hebo" if bold else "helv", color=color)


def _put_right(
    page: pymupdf.Page, y: float, text: str, size: float, color: tuple[float, float, float]
) -> None:
    _put(page, RIGHT - pymupdf.Font("helv").text_length(text, fontsize=size), y, text, size, color)
