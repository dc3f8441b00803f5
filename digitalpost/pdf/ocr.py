"""Pages that can't be read as text are read as pictures, and their readings say so.

What is recognised feeds the same search for numbers as text does, but nobody is green on the
strength of it, and a page that is not read with certainty stops its letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from digitalpost.pdf.clues import MARGIN, clues_of
from digitalpost.pdf.loose import Loose, find_loose
from digitalpost.pdf.marker import Marker
from digitalpost.pdf.near import with_digits
from digitalpost.pdf.numbers import Hit, find_numbers
from digitalpost.pdf.read import PageProblem, PageReading, Spot
from digitalpost.pdf.scan import Scan, has_no_ink, read_scan
from digitalpost.pdf.source import PDF_ERRORS, Source
from digitalpost.pdf.tesseract import Tesseract

_HELPED = frozenset({PageProblem.NO_TEXT, PageProblem.UNMAPPED, PageProblem.PICTURE})
_CVR_LENGTH = 8


def with_ocr(
    source: Source,
    readings: Iterable[PageReading],
    reader: Tesseract | None,
    marker: Marker | None = None,
) -> Iterator[PageReading]:
    """The readings, those without usable text read as pictures; as they are without a reader."""
    for reading in readings:
        if reader is None or reading.problem not in _HELPED or not reader.is_ready:
            yield reading
            continue
        try:
            yield _recognised(source, reading, reader, marker)
        except PDF_ERRORS:
            yield replace(reading, problem=PageProblem.BROKEN)


def _recognised(
    source: Source, reading: PageReading, reader: Tesseract, marker: Marker | None
) -> PageReading:
    page = source.load(reading.page)
    scan = read_scan(page, reader)
    if not scan.words and reading.problem is PageProblem.NO_TEXT and has_no_ink(page):
        return replace(reading, problem=PageProblem.NONE, blank=True, scan=scan)
    hits = find_numbers(scan.text)
    loose = find_loose(scan.text, hits)
    is_sure = scan.is_sure and _is_sure_of(scan, hits, loose)
    reading = replace(
        reading,
        numbers=(*reading.numbers, *hits),
        loose=(*reading.loose, *loose),
        spots=(*reading.spots, *_spots(scan, [*hits, *loose])),
        problem=PageProblem.NONE if is_sure else PageProblem.UNSURE,
        scan=scan,
    )
    clues = clues_of(scan.text, scan.text, hits)
    top, bottom = _margins(scan, hits, page)
    return replace(
        reading,
        clues=max(reading.clues, clues, key=lambda one: len(one.words)),
        top=reading.top | top,
        bottom=reading.bottom | bottom,
        marked=reading.marked or (marker is not None and marker.stands_in(scan.text)),
    )


def _is_sure_of(scan: Scan, hits: Sequence[Hit], loose: Sequence[Loose]) -> bool:
    """Whether the numbers were read with certainty, and none is hidden by a slip of the reader."""
    certain: list[Hit | Loose] = [*hits, *(one for one in loose if one.plain)]
    for one in certain:
        if not scan.is_sure_of(one.start, one.start + len(one.raw)):
            return False
    read = {hit.number for hit in hits} | {one.number for one in loose}
    return all(hit.number in read for hit in find_numbers(with_digits(scan.text)))


def _spots(scan: Scan, found: Sequence[Hit | Loose]) -> Iterator[Spot]:
    for one in found:
        if len(one.number) != _CVR_LENGTH:  # company numbers are never removed
            words = scan.words_at(one.start, one.start + len(one.raw))
            yield Spot(one.number, one.raw, tuple(word.quad for word in words))


def _margins(scan: Scan, hits: Sequence[Hit], page: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The company numbers all of whose places are in the page's top margin, and in its bottom.

    Top is where the text says it is: a scan may lie on its side.
    """
    x, y = scan.down
    box = page.rect * page.derotation_matrix
    first, last = sorted((box.x0 * x + box.y0 * y, box.x1 * x + box.y1 * y))
    places: dict[str, list[float]] = {}
    for hit in hits:
        if len(hit.number) == _CVR_LENGTH:
            for word in scan.words_at(hit.start, hit.start + len(hit.raw)):
                along = word.middle[0] * x + word.middle[1] * y
                places.setdefault(hit.number, []).append((along - first) / (last - first))
    return (
        frozenset(number for number, found in places.items() if max(found) <= MARGIN),
        frozenset(number for number, found in places.items() if min(found) >= 1 - MARGIN),
    )
