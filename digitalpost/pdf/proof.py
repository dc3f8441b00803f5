"""Proving a finished letter: open it anew and look for what must not be there.

Extraction alone proves only what one reader sees, so the objects and streams of the file are
searched as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pymupdf

from digitalpost.errors import Sentence
from digitalpost.pdf.numbers import holds
from digitalpost.pdf.source import LOOK, SECOND_LOOK, text_mark, text_page
from digitalpost.pdf.traces import traces_of

_PICTURE_OR_FONT = re.compile(r"/Subtype\s*/(?:Image|Type1C|CIDFontType0C|OpenType)|/Length1\b")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a finished letter must be: these source pages, without ``number``, with these marks.

    A mark (`source.text_mark`) is None where removing replacement text may change what is read.
    """

    pages: tuple[int, ...]
    number: str | None
    marks: tuple[int | None, ...]


def find_fault(data: bytes, expected: Expected) -> Sentence | None:
    """The first thing that is wrong with a finished letter, or None when it is proved."""
    with pymupdf.open(stream=data, filetype="pdf") as letter:
        if letter.page_count != len(expected.pages):
            return _fault(expected.pages[0], "page_count", _WRONG_PAGES)
        for page, number, mark in zip(letter, expected.pages, expected.marks, strict=True):
            fault = _page_fault(letter, page, number, mark, expected.number)
            if fault:
                return fault
        if expected.number and _hidden(letter, expected.number):
            return _fault(expected.pages[0], "not_clean", _NOT_CLEAN)
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


def _fault(page: int, code: str, text: str) -> Sentence:
    return Sentence(text, {"page": page}, page=page, code=code)


def _page_fault(
    letter: Any, page: Any, source_page: int, mark: int | None, number: str | None
) -> Sentence | None:
    text = text_page(page, LOOK).extractText()
    traces = traces_of(letter, page, {})
    if number:
        if holds(text, number):
            return _fault(source_page, "not_clean", _NOT_CLEAN)
        if traces.replaced and holds(text_page(page, SECOND_LOOK).extractText(), number):
            return _fault(source_page, "not_clean", _NOT_CLEAN)
    if mark is not None and text_mark(text) != mark:
        return _fault(source_page, "changed", _CHANGED)
    if traces.untidy:
        return _fault(source_page, "carries", _CARRIES)
    return None


def _hidden(letter: Any, number: str) -> bool:
    """Whether the digits stand anywhere in the file's objects, strings or streams."""
    for xref in range(1, letter.xref_length()):
        words = letter.xref_object(xref, compressed=True)
        if _stands_in(words.encode("utf-8", "surrogateescape"), number):
            return True
        if _PICTURE_OR_FONT.search(words) or not letter.xref_is_stream(xref):
            continue
        if _stands_in(letter.xref_stream(xref) or b"", number):
            return True
    return False


# Ten digits as bytes: plain or UTF-16 with whatever divides them, or hexadecimal of either.
_PLAIN = re.compile(rb"(?<![0-9])(?=([0-9](?:\x00?[\x00\s.\-/\xad]{0,4}[0-9]){9})(?![0-9]))")
_HEX = re.compile(rb"(?:(?:00)?3[0-9](?:00)?(?:2[0dDfF]|[aA][0dD])?){10,}")
_HEX_DIGIT = re.compile(rb"(?:00)?3([0-9])(?:00)?(?:2[0dDfF]|[aA][0dD])?")
_NOT_DIGITS = re.compile(rb"[^0-9]+")


def _stands_in(data: bytes, number: str) -> bool:
    digits = number.encode()
    for match in _PLAIN.finditer(data):
        if _NOT_DIGITS.sub(b"", match[1]) == digits:
            return True
    return any(digits in b"".join(_HEX_DIGIT.findall(match[0])) for match in _HEX.finditer(data))
