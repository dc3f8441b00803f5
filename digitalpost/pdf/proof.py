"""Proving a finished letter: open it anew and look for what must not be there.

Each page must be byte for byte the page whose text was read after the number was taken out; any
other page is read again here. Extraction proves only what one reader sees, so the objects and
streams of the file are searched as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pymupdf
import pypdfium2
from pymupdf import mupdf

from digitalpost.errors import Sentence
from digitalpost.pdf.clean import CleanPage
from digitalpost.pdf.marker import MARKER, is_left
from digitalpost.pdf.signs import ascii_digits
from digitalpost.pdf.source import (
    LOOK,
    SECOND_LOOK,
    content_mark,
    content_of,
    open_letter,
    plain_text,
    resources_in,
    text_mark,
    text_page,
)
from digitalpost.pdf.stored import DIVIDERS, TEN, Stored, numbers_stored
from digitalpost.pdf.traces import Traces, traces_in

_PICTURE_OR_FONT = re.compile(rb"/Subtype\s*/(?:Image|Type1C|CIDFontType0C|OpenType)|/Length1\b")


def find_fault(
    data: bytes, pages: Sequence[CleanPage], wanted: tuple[str, ...], known: Stored
) -> Sentence | None:
    """The first thing that is wrong with a finished letter, or None when it is proved.

    ``wanted`` is what must be gone: numbers, and the invisible mark. ``known`` is what the pictures
    and fonts of earlier letters were found to hold.
    """
    first = pages[0].page
    letter = open_letter(data)
    if mupdf.pdf_count_pages(letter) != len(pages):
        return _fault(first, "page_count", _WRONG_PAGES)
    drawn = []
    for at, clean in enumerate(pages):
        page = mupdf.pdf_lookup_page_obj(letter, at)
        content = content_of(page)
        traces = traces_in(resources_in(page), content, {})
        fault = _page_fault(data, at, clean, wanted, content, traces)
        if fault:
            return fault
        drawn.append((page, content))
    numbers = [one for one in wanted if one != MARKER]
    if numbers and _hidden(letter, drawn, numbers, known):
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
    data: bytes, at: int, clean: CleanPage, wanted: tuple[str, ...], content: bytes, traces: Traces
) -> Sentence | None:
    if traces.untidy:
        return _fault(clean.page, "carries", _CARRIES)
    if clean.content == content_mark(content) and not traces.replaced and not traces.forms:
        return None  # byte for byte the page whose text was read and found right
    with pymupdf.open(stream=data, filetype="pdf") as letter:
        page = letter[at]
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


def _hidden(
    letter: Any, drawn: Sequence[tuple[Any, bytes]], numbers: Sequence[str], known: Stored
) -> bool:
    """Whether the digits stand anywhere in the file's objects, strings or streams.

    ``drawn`` are the pages with their drawing orders, which need not be unpacked once more.
    """
    digits = {number.encode() for number in numbers}
    objects = _objects(letter)
    # One look at all objects together: a letter between them keeps two apart.
    places = [b" n ".join(objects), *(content for _, content in drawn)]
    looked_at = {mupdf.pdf_to_num(mupdf.pdf_dict_gets(page, "Contents")) for page, _ in drawn}
    for xref, words in enumerate(objects, start=1):
        if xref in looked_at or not mupdf.pdf_obj_num_is_stream(letter, xref):
            continue
        if not _PICTURE_OR_FONT.search(words):
            places.append(_stream(letter, xref, words))
        elif digits & numbers_stored(letter, xref, words, known):
            return True
    # Letters drawn on top of each other are one letter to some readers and all of them to others.
    places += [joined for one in places[1:] if (joined := _PUSHED.sub(b"", one)) != one]
    return any(_stands_in(place, number) for place in places for number in numbers)


def _objects(letter: Any) -> list[bytes]:
    """Every object of the file, written on one line each; the first has number 1."""
    buffer = mupdf.FzBuffer(8192)
    output = mupdf.FzOutput(buffer)
    count = mupdf.pdf_xref_len(letter)
    for xref in range(1, count):
        mupdf.pdf_print_obj(output, mupdf.pdf_load_object(letter, xref), 1, 0)
        output.fz_write_string("\n")
    output.fz_close_output()
    lines = bytes(buffer.fz_buffer_extract_copy()).split(b"\n")
    if len(lines) != count:
        raise ValueError("an object was not written on one line")
    return lines[:-1]


# Marks of packed streams that hold no ten digits: fonts' tables, the same in each letter of a file.
_numberless: set[bytes] = set()
_MOST_REMEMBERED = 10_000


def _stream(letter: Any, xref: int, words: bytes) -> bytes:
    """An object's unpacked stream; empty where it is known to hold no number at all."""
    packed = bytes(mupdf.pdf_load_raw_stream_number(letter, xref).fz_buffer_extract_copy())
    mark = hashlib.blake2b(words + b"\n" + packed, digest_size=16).digest()
    if mark in _numberless:
        return b""
    stream = bytes(mupdf.pdf_load_stream_number(letter, xref).fz_buffer_extract_copy())
    if not TEN.search(stream) and not _TWENTY_HEX.search(stream):
        if len(_numberless) >= _MOST_REMEMBERED:
            _numberless.clear()
        _numberless.add(mark)
    return stream


_PUSHED = re.compile(rb"[)>][-+.0-9\s]{1,24}[(<]")  # between the strings of one shown line
_TWENTY_HEX = re.compile(rb"[0-9A-Fa-f]{20}")  # the shortest form of `_hexadecimal`


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
