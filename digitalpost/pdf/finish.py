"""Making the finished letters: the number removed in the source, each letter cut and proved clean.

Three loops over a batch (load, clean, cut) and never page by page: after a change MuPDF spends
time on every page of the source to load the next one (notes/pdf.md section 5).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pymupdf
from pymupdf import mupdf

from digitalpost.errors import Sentence
from digitalpost.pdf.append import append_to, appended_pages
from digitalpost.pdf.clean import Box, CleanPage, clean_page
from digitalpost.pdf.orders import LetterOrder
from digitalpost.pdf.proof import find_fault, not_clean, second_engine_finds
from digitalpost.pdf.read import PageProblem, PageReading
from digitalpost.pdf.repaint import still_shows
from digitalpost.pdf.source import PDF_ERRORS, Source, open_letter

T = TypeVar("T")


def _empty_letter(*objects: bytes) -> bytes:
    """A PDF without pages, to put a letter into; the objects are numbered from 1."""
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(b"%010d 00000 n \n" % len(data))
        data += b"%d 0 obj%sendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(places)
    trailer = b"trailer<</Root 1 0 R/Info %d 0 R/Size %d>>\n" % (len(objects), len(objects) + 1)
    return data + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(data)


# Language and title are what WCAG and screen readers want; nothing tells who made the source.
_EMPTY = _empty_letter(
    b"<</Type/Catalog/Pages 2 0 R/Lang(da-DK)/ViewerPreferences<</DisplayDocTitle true>>>>",
    b"<</Type/Pages/Kids[]/Count 0>>",
    b"<<>>",
)
# Pages that would use up a limit once more, and again at each of the letter's steps.
_NOT_TRIED = (PageProblem.TOO_SLOW, PageProblem.HEAVY)
_EFFORT = 20  # of 100
_USUAL_SIZE = 150_000  # bytes; grows by itself


@dataclass(frozen=True)
class FinishedLetter(Generic[T]):
    """One made letter. ``stored`` is what the sink answered.

    ``removed`` tells how many times something was taken out, by source page, ``proof`` also where,
    and which engines read the result. With a ``problem`` the file is not proved and must not be
    sent; ``stored`` is then None if none could be made.
    """

    index: int
    pages: tuple[int, ...]
    sha256: str
    size: int
    removed: tuple[tuple[int, int], ...]
    problem: Sentence | None
    stored: T | None
    proof: LetterProof | None = None


@dataclass(frozen=True)
class LetterProof:
    """What was taken out of a letter, where, and which engines then read nothing of it.

    Boxes are in points from the upper left corner of the page. Holds no number and no text.
    """

    removed: tuple[tuple[int, tuple[Box, ...]], ...]
    engines: tuple[str, ...]
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """For a JSON column."""
        return {
            "removed": [
                {"page": page, "boxes": [list(box) for box in boxes]}
                for page, boxes in self.removed
            ],
            "engines": list(self.engines),
            "sha256": self.sha256,
        }


def _nowhere(index: int) -> None:
    return None


def finish_letters(
    source: Source,
    orders: Sequence[LetterOrder],
    sink: Callable[[bytes], T],
    *,
    at: Callable[[int], None] = _nowhere,
) -> Iterator[FinishedLetter[T]]:
    """Make the letters of one batch. The source must be newly opened and not be used after.

    What goes wrong with one letter becomes its ``problem``. Errors of ``sink`` are raised.
    ``at(index)`` is called before each piece of work on a letter.
    """
    held = source.load_all(page for order in orders for page in order.pages)
    cleaned: dict[int, list[CleanPage] | Sentence] = {}
    for order in orders:
        at(order.index)
        cleaned[order.index] = _clean(source, order, held)
    for order in orders:
        at(order.index)
        yield _finish(source, order, cleaned[order.index], sink)


def _clean(source: Source, order: LetterOrder, held: dict[int, Any]) -> list[CleanPage] | Sentence:
    for reading in order.readings:
        if reading.problem in _NOT_TRIED:
            return _too_heavy(reading.page)
    try:
        return [
            clean_page(source, held[reading.page], reading, order.wanted)
            for reading in order.readings
        ]
    except PDF_ERRORS:
        return _could_not(order)


def _finish(
    source: Source,
    order: LetterOrder,
    cleaned: list[CleanPage] | Sentence,
    sink: Callable[[bytes], T],
) -> FinishedLetter[T]:
    data = b""
    sha256 = ""
    removed: tuple[tuple[int, int], ...] = ()
    proof: LetterProof | None = None
    if isinstance(cleaned, Sentence):
        fault: Sentence | None = cleaned
    else:
        if order.wanted:
            removed = tuple((page.page, page.removed) for page in cleaned)
        try:
            data = _cut(source.document, order)
            sha256 = hashlib.sha256(data).hexdigest()
            pages = [*cleaned, *appended_pages(order)]
            fault = find_fault(data, pages, order.wanted, source.stored)
            if fault is None:
                fault, proof = _second_look(data, sha256, cleaned, order)
        except PDF_ERRORS:
            fault = _could_not(order)
    return FinishedLetter(
        order.index,
        order.pages,
        sha256,
        len(data),
        removed,
        fault,
        sink(data) if data else None,
        proof,
    )


def _second_look(
    data: bytes, sha256: str, cleaned: Sequence[CleanPage], order: LetterOrder
) -> tuple[Sentence | None, LetterProof | None]:
    """pdfium reads the pages that something was taken out of; a clean letter gets its proof."""
    altered = [at for at, page in enumerate(cleaned) if page.removed]
    behind = range(len(cleaned), len(cleaned) + len(appended_pages(order)) * bool(order.wanted))
    engines = ["mupdf"]
    if (altered or behind) and (order.second_look or any(map(_is_odd, order.readings))):
        if second_engine_finds(data, [*altered, *behind], order.wanted):
            return not_clean(order.pages[0] if behind else cleaned[altered[0]].page), None
        engines.append("pdfium")
    for at in altered:
        scan = order.readings[at].scan
        if scan is not None and still_shows(data, at, scan, order.wanted):
            return not_clean(cleaned[at].page), None
    if any(order.readings[at].scan for at in altered):
        engines.append("tesseract")
    removed = tuple((page.page, page.boxes) for page in cleaned if page.removed)
    return None, LetterProof(removed, tuple(engines), sha256)


def _is_odd(reading: PageReading) -> bool:
    """Whether a page has text that readers disagree about: replaced, or drawn from elsewhere."""
    return reading.traces.replaced or reading.traces.forms or len(reading.spots) > 2


def _too_heavy(page: int) -> Sentence:
    return Sentence(
        "Brevet er ikke lavet, fordi side %(page)s er for tung eller for langsom at læse. "
        "Lav PDF-filen igen fra det oprindelige dokument.",
        {"page": page},
        page=page,
        code="too_slow",
    )


def _could_not(order: LetterOrder) -> Sentence:
    return Sentence(
        "Brevet fra side %(page)s kunne ikke laves, fordi filen er beskadiget der. "
        "Lav PDF-filen igen fra det oprindelige dokument.",
        {"page": order.pages[0]},
        page=order.pages[0],
        code="cut_failed",
    )


def _cut(source: Any, order: LetterOrder) -> bytes:
    letter = open_letter(_EMPTY)
    about = mupdf.pdf_dict_gets(mupdf.pdf_trailer(letter), "Info")
    mupdf.pdf_dict_put_text_string(about, pymupdf.PDF_NAME("Title"), order.title)
    mupdf.pdf_dict_put_text_string(about, pymupdf.PDF_NAME("Producer"), "DigitalPost")
    whole = mupdf.pdf_document_from_fz_document(source.this)
    # What pages share is copied once. Links, notes and fields are left behind: they tie letters
    # together (section 4).
    copied = mupdf.pdf_new_graft_map(letter)
    for page in order.pages:
        mupdf.pdf_graft_mapped_page(copied, -1, whole, page - 1)
    if not order.appendices:
        return _written(letter)
    with pymupdf.open(stream=_written(letter), filetype="pdf") as longer:
        append_to(longer, order)
        return _written(mupdf.pdf_document_from_fz_document(longer.this))


def _written(letter: Any) -> bytes:
    """The letter as a file: what `Document.tobytes` does, without a call to Python for each piece.

    Only what the letter needs was copied into it, so taking out what nobody refers to (garbage 1)
    is enough. Low effort: only the drawing orders of cleaned pages are compressed anew, and a
    smaller file is not worth the time (measured: 2 % of a letter's size).
    """
    options = mupdf.PdfWriteOptions()
    options.do_garbage = 1
    options.do_compress = 1
    options.do_use_objstms = 1
    options.compression_effort = _EFFORT
    options.dont_regenerate_id = 1
    buffer = mupdf.FzBuffer(_USUAL_SIZE)
    output = mupdf.FzOutput(buffer)
    mupdf.pdf_write_document(letter, output, options)
    output.fz_close_output()
    return bytes(buffer.fz_buffer_extract_copy())
