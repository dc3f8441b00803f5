"""Merge letters with tables: the name and number in a table, no page numbers, no greeting.

As grade sheets and invoices come out of a study system: nothing but table cells tells whose it is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from tests.inputs.people import Company, Person
from tests.inputs.written import write_number

_SUBJECTS = ("Dansk", "Engelsk", "Fysik", "Historie", "Idræt", "Kemi", "Matematik", "Musik")
_STYLE = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("FONTSIZE", (0, 0), (-1, -1), 9)]


def write_table_merge(
    path: Path | str,
    people: Sequence[Person | Company],
    *,
    pages_each: int = 2,
    number_on: str = "first",
    written: str = "hyphen",
) -> Path:
    """One letter of ``pages_each`` pages to each of ``people``; options as `write_word_merge`."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1, pageCompression=1)
    for person in people:
        number = write_number(person.number, written)
        grades = random.Random(person.name)
        for page in range(pages_each):
            shown = number if page == 0 or number_on == "every" else ""
            if page == 0:
                _first(canvas, person, shown)
            _grades(canvas, grades, page, person if page else None, shown)
            canvas.setFont("Helvetica", 7)
            canvas.drawString(56, 30, "Lindevang Gymnasium, CVR 99000015")
            canvas.showPage()
    canvas.save()
    return Path(path)


def _first(canvas: Canvas, person: Person | Company, number: str) -> None:
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(56, 770, "Karakterudskrift")
    rows = [["Elev", person.name], ["CPR-nr.", number], ["Klasse", "2.b"]]
    _draw(canvas, rows, (90, 250), 740)
    canvas.setFont("Helvetica", 10)
    for at, line in enumerate((person.name, *person.address)):
        canvas.drawString(56, 650 - 13 * at, line)


def _grades(
    canvas: Canvas, grades: random.Random, page: int, person: Person | Company | None, number: str
) -> None:
    if person is not None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(56, 790, f"{person.name} {number}".strip())
    rows = [["Fag", "Standpunkt", "Eksamen", "Fravær i procent"]]
    rows += [
        [
            subject,
            *(grades.choice(("02", "4", "7", "10", "12")) for _ in range(2)),
            grades.choice("0123"),
        ]
        for subject in _SUBJECTS[page % 2 :]
    ]
    _draw(canvas, rows, (120, 80, 80, 110), 560)
    if person is not None:
        canvas.drawString(56, 300, "Underskrift: Studiekontoret")


def _draw(canvas: Canvas, rows: list[list[str]], widths: Sequence[float], top: float) -> None:
    table = Table(rows, colWidths=list(widths), style=_STYLE)
    _, height = table.wrapOn(canvas, 500, 700)
    table.drawOn(canvas, 56, top - height)
