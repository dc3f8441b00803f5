"""Proving a finished letter: open it anew and look for what must not be there.

Each page must be byte for byte the page whose text was read after the number was taken out; any
other page is read again here. Extraction proves only what one reader sees, so the objects and
streams of the file are searched as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pymupdf
import pypdfium2

from digitalpost.errors import Sentence
from digitalpost.pdf.clean import CleanPage
from digitalpost.pdf.marker import MARKER, is_left
from digitalpost.pdf.signs import ascii_digits
from digitalpost.pdf.source import LOOK, SECOND_LOOK, content_mark, plain_text, text_mark, text_page
from digitalpost.pdf.stored import DIVIDERS, TEN, Stored, numbers_stored
from digitalpost.pdf.traces import traces_of

_PICTURE_OR_FONT = re.compile(r"/Subtype\s*/(?:Image|Type1C|CIDFontType0C|OpenType)|/Length1\b")


def find_fault(
    data: bytes, pages: Sequence[CleanPage], wanted: tuple[str, ...], known: Stored
) -> Sentence | None:
    """The first thing that is wrong with a finished letter, or None when it is proved.

    ``wanted`` is what must be gone: numbers, and the invisible mark. ``known`` is what the pictures
    and fonts of earlier letters were found to hold.
    """
    first = pages[0].page
    with pymupdf.open(stream=data, filetype="pdf") as letter:
        if letter.page_count != len(pages):
            return _fault(first, "page_count", _WRONG_PAGES)
        for page, clean in zip(letter, pages, strict=True):
            fault = _page_fault(letter, page, clean, wanted)
            if fault:
                return fault
        if any(_hidden(letter, one, known) for one in wanted if one != MARKER):
            return _fault(first, "not_clean", _NOT_CLEAN)
    return None


_WRONG_PAGES = (
    "Brevet fra side %(page)s fik ikke det rigtige antal sider. Lav PDF-filen igen, og prøv igen."
)
_NOT_CLEAN = (
    "CPR-nummeret på side %(page)s kunne ikke fjernes helt. "
    "Lav PDF-filen igen uden nummeret, eller send brevet på papir."
)
_CHANGED = (
    "Teksten på side %(page)s blev ændret, da CPR-nummeret blev fjernet. "
    "Lav PDF-filen igen, så nummeret står frit, eller send brevet på papir."
)
_CARRIES = (
    "Side %(page)s bærer skjult indhold, som ikke kan fjernes. "
    "Lav PDF-filen igen fra det oprindelige dokument."
)


def not_clean(page: int) -> Sentence:
    """A number is still on a page, by whichever engine found it."""
    return _fault(page, "not_clean", _NOT_CLEAN)


def _fault(page: int, code: str, text: str) -> Sentence:
    return Sentence(text, {"page": page}, page=page, code=code)


def _page_fault(
    letter: Any, page: Any, clean: CleanPage, wanted: tuple[str, ...]
) -> Sentence | None:
    content = page.read_contents() or b""
    traces = traces_of(letter, page, content, {})
    if traces.untidy:
        return _fault(clean.page, "carries", _CARRIES)
    if clean.content == content_mark(content) and not traces.replaced and not traces.forms:
        return None  # byte for byte the page whose text was read and found right
    text = plain_text(text_page(page, LOOK))
    looks = [text]
    if traces.replaced and wanted:
        looks.append(plain_text(text_page(page, SECOND_LOOK)))
    if any(is_left(one, look) for one in wanted for look in looks):
        return _fault(clean.page, "not_clean", _NOT_CLEAN)
    if clean.mark is not None and text_mark(text) != clean.mark:
        return _fault(clean.page, "changed", _CHANGED)
    return None


def second_engine_finds(data: bytes, pages: Sequence[int], wanted: tuple[str, ...]) -> bool:
    """Whether pdfium, which shares no code with MuPDF, reads any of ``wanted``.

    ``pages`` count from 0 in the finished letter. Raises `pypdfium2.PdfiumError` when it can't be
    opened.
    """
    letter = pypdfium2.PdfDocument(data)
    try:
        for at in pages:
            layer = letter[at].get_textpage()
            text = ascii_digits(layer.get_text_range())
            if any(is_left(one, text) for one in wanted):
                return True
    finally:
        letter.close()
    return False


def _hidden(letter: Any, number: str, known: Stored) -> bool:
    """Whether the digits stand anywhere in the file's objects, strings or streams."""
    objects = {
        xref: letter.xref_object(xref, compressed=True) for xref in range(1, letter.xref_length())
    }
    # One look at all objects together: a letter between them keeps two apart.
    together = " n ".join(objects.values()).encode("utf-8", "surrogateescape")
    if _stands_in(together, number):
        return True
    for xref, said in objects.items():
        if "/Length " not in said:
            continue
        if _PICTURE_OR_FONT.search(said):
            if number.encode() in numbers_stored(letter, xref, said, known):
                return True
        elif _stands_in(letter.xref_stream(xref) or b"", number):
            return True
    return False


def _stands_in(data: bytes, number: str) -> bool:
    digits = number.encode()
    # Taking the dividers out is quick and finds too much; only then is it worth a closer look.
    if digits in data.translate(None, DIVIDERS):
        for match in TEN.finditer(data):
            if match[1].translate(None, DIVIDERS) == digits:
                return True
    # A hexadecimal string is written with digits only, or with a hyphen's 2d in either case.
    small = data.lower()
    return any(written in small for written in _hexadecimal(number))


@lru_cache(maxsize=64)
def _hexadecimal(number: str) -> tuple[bytes, ...]:
    """The number as a hexadecimal string would hold it: with and without hyphen, also UTF-16."""
    forms = (number, f"{number[:6]}-{number[6:]}")
    encodings = ("latin-1", "utf-16-be")
    return tuple(form.encode(how).hex().encode() for form in forms for how in encodings)
