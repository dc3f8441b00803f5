"""Taking a number out of a source page, and telling what the page must be from then on.

Done in the source, where fonts are loaded already; the finished letter must then hold exactly
these drawing orders (proof.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymupdf
from pymupdf import mupdf

from digitalpost.pdf.loose import Loose, holds, places_of_number
from digitalpost.pdf.read import PageReading, Quad, places_of
from digitalpost.pdf.source import (
    LOOK,
    SECOND_LOOK,
    Source,
    content_mark,
    plain_text,
    text_mark,
    text_page,
)
from digitalpost.pdf.traces import strip_replacement_text, tidy


@dataclass(frozen=True, slots=True)
class CleanPage:
    """A source page as it is to be cut.

    ``removed`` is how many times the number was taken out. ``content`` is the hash of the drawing
    orders whose text was read and found right; None if it was not, so that the finished page has
    to be read. ``mark`` is the sum of the characters that must be left; None where removing
    replacement text may change what is read.
    """

    page: int
    removed: int
    content: int | None
    mark: int | None


def clean_page(source: Source, page: Any, reading: PageReading, number: str | None) -> CleanPage:
    """Take ``number`` out of a page, with what stands in for it or is never drawn.

    Raises what MuPDF raises on a damaged page.
    """
    taken = _taken_out(reading, number) if number else []
    stripped = number is not None and reading.traces.replaced
    left = (reading.mark - sum(text_mark(raw) for raw in taken)) % (1 << 64)
    mark = None if stripped else left
    rewritten = reading.traces.untidy and tidy(source.document, page)
    if number and (taken or stripped):
        _remove(source, page, reading, number, stripped)
    elif not rewritten:
        return CleanPage(reading.page, 0, reading.content, mark)
    return CleanPage(reading.page, len(taken), _proved(page, number, mark), mark)


def _proved(page: Any, number: str | None, mark: int | None) -> int | None:
    """The hash of the page's drawing orders, if its text is what it must be."""
    text = plain_text(text_page(page, LOOK))
    if mark is None or text_mark(text) != mark or (number and holds(text, number)):
        return None
    return content_mark(page.read_contents() or b"")


def _remove(source: Source, page: Any, reading: PageReading, number: str, stripped: bool) -> None:
    quads: list[Quad] = []
    if stripped:
        strip_replacement_text(source.document, page)
        quads += _look_again(page, number)
    quads += [quad for spot in reading.spots if spot.number == number for quad in spot.quads]
    if not quads:
        return
    for quad in dict.fromkeys(quads):
        corners = [pymupdf.Point(quad[at : at + 2]) for at in (0, 2, 4, 6)]
        page.add_redact_annot(pymupdf.Quad(*corners), cross_out=False)
    _take_out(source.document, page)


def _take_out(document: Any, page: Any) -> None:
    """What Page.apply_redactions does, without its drawing of replacement texts (0.6 ms a page).

    Pictures are neither decoded nor altered, and lines stay: only letters are taken out.
    """
    options = mupdf.PdfRedactOptions()
    options.black_boxes = 0
    options.text = mupdf.PDF_REDACT_TEXT_REMOVE
    options.image_method = mupdf.PDF_REDACT_IMAGE_NONE
    options.line_art = mupdf.PDF_REDACT_LINE_ART_NONE
    mupdf.pdf_redact_page(
        mupdf.pdf_document_from_fz_document(document.this),
        mupdf.pdf_page_from_fz_page(page.this),
        options,
    )


def _look_again(page: Any, number: str) -> list[Quad]:
    quads: list[Quad] = []
    for flags in (LOOK, SECOND_LOOK):
        layer = text_page(page, flags)
        text = layer.extractText()
        found = [
            Loose(number, raw, start, plain=False) for start, raw in places_of_number(text, number)
        ]
        for spot in places_of(page, layer, text, [*found]):
            quads += spot.quads
    return quads


def _taken_out(reading: PageReading, number: str) -> list[str]:
    places = {(item.start, item.raw) for item in reading.numbers if item.number == number}
    places |= {(item.start, item.raw) for item in reading.loose if item.number == number}
    return [raw for _, raw in sorted(places)]
