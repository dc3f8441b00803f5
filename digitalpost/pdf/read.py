"""Reading the pages of a source file: which numbers stand on each, and whether all of it is read.

The text of every page is extracted once; the places of the numbers are looked up in the same text
layer, so pages without numbers cost nothing more (notes/pdf.md section 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pymupdf

from digitalpost.pdf.clues import NO_CLUES, Clues, clues_of, in_margins
from digitalpost.pdf.laidout import may_be_scattered, numbers_by_place
from digitalpost.pdf.loose import Loose, find_loose
from digitalpost.pdf.marker import MARKER, Marker
from digitalpost.pdf.numbers import Hit, find_numbers
from digitalpost.pdf.pictured import is_picture
from digitalpost.pdf.scan import Scan
from digitalpost.pdf.signs import may_hold_cpr
from digitalpost.pdf.source import (
    LOOK,
    PDF_ERRORS,
    SECOND_LOOK,
    Source,
    content_mark,
    content_of,
    drawing_of,
    page_object,
    plain_text,
    text_mark,
    text_page,
    whole_text,
)
from digitalpost.pdf.spots import Spot, places_of, plain_quad
from digitalpost.pdf.traces import MOST_POINTS, NO_TRACES, Traces, traces_of

# What a font without a character table comes out as: U+FFFD, or a private sign.
_UNMAPPED = re.compile("[\ufffd\ue000-\uf8ff]")
_UNMAPPED_RUN = re.compile("[\ufffd\ue000-\uf8ff](?:[\\s-]{0,2}[\ufffd\ue000-\uf8ff]){7}")
_UNMAPPED_SHARE = 0.1
# A page with less text than this (a page number, a stamp) may still be a scan.
_LITTLE_TEXT = 60
_SURELY_ENOUGH = 300  # signs with blanks among them, to be looked at first
_REMEMBERED = 200  # pages
_SCAN_SHARE = 0.5
_SMALL = 0.5  # of the page's size, for a look at whether anything is drawn
_SMALL_PIXELS = 4_000_000
# A page that has more is no letter: bytes of drawing orders, numbers of any kind.
_MOST_CONTENT = 20_000_000
_MOST_NUMBERS = 5_000
_MOST_SIGNS = 300_000  # a sheet filled with the smallest print has some 60,000


class PageProblem(StrEnum):
    """Why a page could not be read, or "" when it could."""

    NONE = ""
    NO_TEXT = "no_text"
    UNMAPPED = "unmapped"
    BROKEN = "broken"
    TOO_SLOW = "too_slow"
    PICTURE = "picture"  # text was read, but what is seen is a picture
    UNSURE = "unsure"  # read as a picture, but not with certainty
    HEAVY = "heavy"  # more orders, text, numbers or points than a page has room for


@dataclass(frozen=True)
class PageReading:
    """What one page says. ``page`` counts from 1.

    ``numbers`` are found numbers, ``loose`` stretches of ten digits that decide nothing alone,
    ``spots`` the places of both. ``blank`` means that nothing visible is drawn. ``mark`` is the
    sum of the characters (`source.text_mark`), ``content`` a hash of
    the drawing orders, ``traces`` what must be cleaned before a cut. ``top`` and ``bottom`` are
    CVR numbers that stand in the letterhead only, ``clues`` what else tells of the owner.
    ``marks`` counts the invisible marks, ``marked`` tells that the page starts a letter by a mark.
    ``scan`` is what text recognition read, where the page has no usable text (ocr.py).
    """

    page: int
    numbers: tuple[Hit, ...] = ()
    loose: tuple[Loose, ...] = ()
    spots: tuple[Spot, ...] = ()
    problem: PageProblem = PageProblem.NONE
    blank: bool = False
    mark: int = 0
    content: int = 0
    traces: Traces = NO_TRACES
    clues: Clues = NO_CLUES
    top: frozenset[str] = frozenset()
    bottom: frozenset[str] = frozenset()
    marks: int = 0
    marked: bool = False
    scan: Scan | None = None

    @property
    def readable(self) -> bool:
        """False where a number may stand that nothing here can see."""
        return self.problem is PageProblem.NONE


def read_source(
    source: Source, pages: Iterable[int], marker: Marker | None = None
) -> Iterator[PageReading]:
    """Read the given pages (from 1). A page that can't be read says so; it never raises.

    A page that is drawn exactly as an earlier one is not read anew: in a merge the pages after the
    first are often the same in every letter.
    """
    seen: dict[int, Traces] = {}
    alike: dict[tuple[int, bytes], PageReading] = {}
    for number in pages:
        try:
            page = source.load(number)
            content = content_of(page_object(page))
            drawing = drawing_of(page, content)
            earlier = alike.pop(drawing, None)
            if earlier is None:
                reading = read_page(source, page, number, content, seen, marker)
            else:
                reading = replace(earlier, page=number)
            alike[drawing] = reading
            if len(alike) > _REMEMBERED:
                del alike[next(iter(alike))]  # the one that was not met for longest
            yield reading
        except PDF_ERRORS:
            yield PageReading(number, problem=PageProblem.BROKEN)


def read_page(
    source: Source,
    page: Any,
    number: int,
    content: bytes,
    seen: dict[int, Traces],
    marker: Marker | None = None,
) -> PageReading:
    """Read one page. Raises what MuPDF raises on a damaged one."""
    if len(content) > _MOST_CONTENT:
        return PageReading(number, problem=PageProblem.HEAVY)
    traces = traces_of(page, content, seen)
    if traces.heavy or traces.points > MOST_POINTS:
        return PageReading(number, problem=PageProblem.HEAVY)
    layer = text_page(page, LOOK)
    text = plain = plain_text(layer)
    if len(plain) > _MOST_SIGNS:
        return PageReading(number, problem=PageProblem.HEAVY)
    if may_hold_cpr(text):
        text = whole_text(layer)  # line ends and places matter now
    hits = find_numbers(text)
    loose = find_loose(text, hits)
    if len(hits) + len(loose) > _MOST_NUMBERS:
        return PageReading(number, problem=PageProblem.HEAVY)
    spots = places_of(page, layer, text, [*hits, *loose])
    if traces.replaced:
        layer = text_page(page, SECOND_LOOK)
        under = whole_text(layer)
        if under != text:
            more = find_numbers(under)
            more_loose = find_loose(under, more)
            spots += places_of(page, layer, under, [*more, *more_loose])
            hits, loose = [*hits, *more], [*loose, *more_loose]
    if may_be_scattered(plain, [*hits, *loose]):
        for scattered, signs in numbers_by_place(layer, [*hits, *loose]):
            loose.append(scattered)
            spots.append(Spot(scattered.number, scattered.raw, signs))
    problem, blank = _judge(page, text)
    if problem is PageProblem.NONE and not blank:
        quads = [quad for spot in spots for quad in spot.quads]
        if is_picture(source, page, content, text, quads):
            problem = PageProblem.PICTURE
    marks = plain.count(MARKER)
    if marks:
        found = page.search_for(MARKER, quads=True, textpage=layer)
        spots.append(Spot(MARKER, MARKER, tuple(map(plain_quad, found))))
    top, bottom = in_margins(page, layer, plain, hits)
    return PageReading(
        number,
        tuple(hits),
        tuple(loose),
        tuple(spots),
        problem,
        blank,
        text_mark(text),
        content_mark(content),
        traces,
        clues_of(plain, text, hits),
        top,
        bottom,
        marks,
        bool(marks) or (marker is not None and marker.stands_in(plain)),
    )


def _judge(page: Any, text: str) -> tuple[PageProblem, bool]:
    bare = "".join(text[:_SURELY_ENOUGH].split())
    if len(bare) < _LITTLE_TEXT:
        bare = "".join(text.split())
    if len(bare) < _LITTLE_TEXT:
        if not bare and _nothing_drawn(page):
            return PageProblem.NONE, True
        if not bare or _is_scan(page):
            return PageProblem.NO_TEXT, False
    unmapped = len(_UNMAPPED.findall(text))
    if unmapped and (
        unmapped > _UNMAPPED_SHARE * len("".join(text.split())) or _UNMAPPED_RUN.search(text)
    ):
        return PageProblem.UNMAPPED, False
    return PageProblem.NONE, False


def _nothing_drawn(page: Any) -> bool:
    if not page.get_bboxlog():
        return True
    area = max(abs(page.rect.get_area()), 1.0)
    scale = min(_SMALL, (_SMALL_PIXELS / area) ** 0.5)
    small = pymupdf.Matrix(scale, scale)
    picture = page.get_pixmap(matrix=small, colorspace=pymupdf.csGRAY, alpha=False, annots=True)
    return bool(picture.is_unicolor and picture.samples[:1] == b"\xff")


def _is_scan(page: Any) -> bool:
    whole = abs(page.rect.get_area())
    return any(
        kind.startswith("fill-im") and abs(pymupdf.Rect(box).get_area()) > _SCAN_SHARE * whole
        for kind, box in page.get_bboxlog()
    )
