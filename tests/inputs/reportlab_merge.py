"""Merge letters as a business system writes them: reportlab, standard fonts, forms if asked for."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.inputs import wording
from tests.inputs.people import Company, Person
from tests.inputs.written import label_of, write_number


def write_reportlab_merge(
    path: Path | str,
    people: Sequence[Person | Company],
    *,
    pages_each: int = 2,
    number_on: str = "first",
    written: str = "hyphen",
    form: bool = False,
) -> Path:
    """One letter of ``pages_each`` pages to each of ``people``; options as `write_word_merge`.

    ``form`` adds a filled field with the number and an empty one for an answer to each first page.
    """
    canvas = Canvas(str(path), pagesize=A4, invariant=1, pageCompression=1)
    logo = ImageReader(io.BytesIO(wording.make_logo()))
    for place, person in enumerate(people):
        number = write_number(person.number, written)
        for page in range(pages_each):
            shown = number if page == 0 or number_on == "every" else ""
            _draw(canvas, logo, person, shown, page)
            if form and page == 0:
                _add_fields(canvas, place, number)
            canvas.showPage()
    canvas.save()
    return Path(path)


def _draw(
    canvas: Canvas, logo: ImageReader, person: Person | Company, number: str, page: int
) -> None:
    lines = [f"{label_of(person.number)} {number}"] if number else []
    if page == 0:
        canvas.drawImage(logo, 56, 750, 212, 72)
        lines = [person.name, *person.address, "", *lines, ""]
    lines += [wording.TITLE, ""]
    for paragraph in wording.PAGES[min(page, 1)]:
        lines += [*textwrap.wrap(paragraph, 96), ""]
    text = canvas.beginText(56, 720 if page == 0 else 790)
    text.setFont("Helvetica", 10, 13)
    text.textLines(lines)
    canvas.drawText(text)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(56, 30, f"{wording.FOOTER} · Side {page + 1}")


def _add_fields(canvas: Canvas, place: int, number: str) -> None:
    field = {"width": 140, "height": 16, "fontSize": 9, "borderWidth": 0, "forceBorder": False}
    canvas.acroForm.textfield(name=f"nummer{place}", x=400, y=690, value=number, **field)
    canvas.acroForm.textfield(name=f"svar{place}", x=400, y=668, value="", **field)
