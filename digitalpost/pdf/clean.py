"""Taking numbers out of a source page, and telling what the page must be from then on.

Done in the source, where fonts are loaded already; the finished letter must then hold exactly
these drawing orders (proof.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymupdf
from pymupdf import mupdf

from digitalpost.pdf.loose import Loose, places_of_number
from digitalpost.pdf.marker import MARKER, is_left
from digitalpost.pdf.read import PageReading, Quad, places_of
from digitalpost.pdf.repaint import Box as Box
from digitalpost.pdf.repaint import paint_over
from digitalpost.pdf.source import (
    LOOK,
    SECOND_LOOK,
    Source,
    content_mark,
    content_of,
    full_text,
    page_object,
    plain_text,
    text_mark,
    text_page,
)
from digitalpost.pdf.traces import strip_replacement_text, tidy


@dataclass(frozen=True)
class CleanPage:
    """A source page as it is to be cut.

    ``removed`` is how many times something was taken out, ``boxes`` where (x0, y0, x1, y1).
    ``content`` is the hash of the drawing orders whose text was read and found right; None if it
    was not, so that the finished page has to be read. ``mark`` is the sum of the characters that
    must be left; None where removing replacement text may change what is read.
    """

    page: int
    removed: int
    content: int | None
    mark: int | None
    boxes: tuple[Box, ...] = ()


def clean_page(
    source: Source, page: Any, reading: PageReading, wanted: tuple[str, ...]
) -> CleanPage:
    """Take the ``wanted`` numbers (and the mark) out of a page, with what stands in for them.

    Raises what MuPDF raises on a damaged page.
    """
    if reading.scan is not None:
        numbers = [one for one in wanted if one != MARKER]
        painted = paint_over(source.document, page, reading, reading.scan, numbers)
        if painted:
            return CleanPage(reading.page, len(painted), None, text_mark(""), painted)
    taken = [raw for one in wanted for raw in _taken_out(reading, one)]
    stripped = bool(wanted) and reading.traces.replaced
    left = (reading.mark - sum(text_mark(raw) for raw in taken)) % (1 << 64)
    mark = None if stripped else left
    rewritten = reading.traces.untidy and tidy(source.document, page)
    boxes: tuple[Box, ...] = ()
    if taken or stripped:
        boxes = _remove(source, page, reading, wanted, stripped)
    elif not rewritten:
        return CleanPage(reading.page, 0, reading.content, mark)
    return CleanPage(reading.page, len(taken), _proved(page, wanted, mark), mark, boxes)


def _proved(page: Any, wanted: tuple[str, ...], mark: int | None) -> int | None:
    """The hash of the page's drawing orders, if its text is what it must be."""
    text = plain_text(text_page(page, LOOK))
    if mark is None or text_mark(text) != mark or any(is_left(one, text) for one in wanted):
        return None
    return content_mark(content_of(page_object(page)))


def _remove(
    source: Source, page: Any, reading: PageReading, wanted: tuple[str, ...], stripped: bool
) -> tuple[Box, ...]:
    quads: list[Quad] = []
    if stripped:
        strip_replacement_text(source.document, page)
        for one in wanted:
            quads += _look_again(page, one)
    quads += [quad for spot in reading.spots if spot.number in wanted for quad in spot.quads]
    if not quads:
        return ()
    different = tuple(dict.fromkeys(quads))
    for quad in different:
        _mark_out(page, quad)
    _take_out(source.document, page)
    return tuple(_box(quad, page) for quad in different)


def _mark_out(page: Any, quad: Quad) -> None:
    """Note a place that `_take_out` is to empty: as Page.add_redact_annot, without its drawing."""
    if page.rotation:
        corners = [pymupdf.Point(quad[at : at + 2]) for at in (0, 2, 4, 6)]
        page.add_redact_annot(pymupdf.Quad(*corners), cross_out=False)
        return
    xs, ys = quad[0::2], quad[1::2]
    place = mupdf.FzRect(min(xs), min(ys), max(xs), max(ys))
    held = mupdf.pdf_page_from_fz_page(page.this)
    mupdf.pdf_set_annot_rect(mupdf.pdf_create_annot(held, mupdf.PDF_ANNOT_REDACT), place)


def _box(quad: Quad, page: Any) -> Box:
    """Around a quad on the page as it is seen: text is measured on the page as it was unturned."""
    box = pymupdf.Quad(*(quad[at : at + 2] for at in (0, 2, 4, 6))).rect
    if page.rotation:
        box = box * page.rotation_matrix
    return round(box.x0, 1), round(box.y0, 1), round(box.x1, 1), round(box.y1, 1)


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
    if number == MARKER:
        return []  # it was found in the text itself, and nobody writes it as replacement text
    quads: list[Quad] = []
    for flags in (LOOK, SECOND_LOOK):
        layer = text_page(page, flags)
        text = full_text(layer)
        found = [
            Loose(number, raw, start, plain=False) for start, raw in places_of_number(text, number)
        ]
        for spot in places_of(page, layer, text, [*found]):
            quads += spot.quads
    return quads


def _taken_out(reading: PageReading, number: str) -> list[str]:
    if number == MARKER:
        return [MARKER] * reading.marks
    places = {(item.start, item.raw) for item in reading.numbers if item.number == number}
    places |= {(item.start, item.raw) for item in reading.loose if item.number == number}
    return [raw for _, raw in sorted(places)]
