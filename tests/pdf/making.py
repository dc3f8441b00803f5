"""Small source files and the whole way from file to finished letters, in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from digitalpost.pdf.finish import FinishedLetter, finish_letters
from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.owners import Plan, plan_letters
from digitalpost.pdf.read import PageReading, read_source
from digitalpost.pdf.source import Source

ANNA, BO = "0102031234", "0405062345"
ANNA_WRITTEN, BO_WRITTEN = "010203-1234", "040506-2345"


@dataclass
class Made:
    """What came out of one source file."""

    readings: list[PageReading]
    plan: Plan
    letters: list[FinishedLetter[bytes]]

    @property
    def files(self) -> list[bytes]:
        return [letter.stored for letter in self.letters]


def make_letters(path: Path, *, keep_numbers: bool = False, title: str = "Indkaldelse") -> Made:
    """Read, plan and finish a file."""
    with Source(path) as source:
        pages = range(1, source.document.page_count + 1)
        readings = list(read_source(source, pages))
    plan = plan_letters(readings)
    orders = letter_orders(plan, readings, title=title, keep_numbers=keep_numbers)
    with Source(path) as source:
        letters = list(finish_letters(source, orders, bytes))
    return Made(readings, plan, letters)


def make_source(path: Path, *pages: str, **save) -> Path:
    """One page for each text, in Helvetica."""
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_text((72, 72), text, fontsize=11)
        document.save(str(path), **save)
    return path


def make_drawn(path: Path, *draws: Callable[[pymupdf.Document, pymupdf.Page], None]) -> Path:
    """One page for each function that draws one."""
    with pymupdf.open() as document:
        for draw in draws:
            draw(document, document.new_page())
        document.save(str(path))
    return path


def make_raw(path: Path, *contents: bytes, resources: str = "", catalog: str = "") -> Path:
    """Pages from content streams written by hand, with one Helvetica called F1."""
    with pymupdf.open() as document:
        for content in contents:
            page = document.new_page()
            font = document.get_new_xref()
            document.update_object(
                font, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
            )
            document.xref_set_key(page.xref, "Resources", f"<</Font<</F1 {font} 0 R>>{resources}>>")
            stream = document.get_new_xref()
            document.update_object(stream, "<<>>")
            document.update_stream(stream, content)
            page.set_contents(stream)
        if catalog:
            key, value = catalog.split(" ", 1)
            document.xref_set_key(document.pdf_catalog(), key, value)
        document.save(str(path))
    return path
