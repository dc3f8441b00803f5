"""Lays plain text out on A4 pages: monospaced, with margins, page breaks and all of Unicode."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pymupdf

from digitalpost.conversion.kinds import (
    FileKind,
    refuse_pages,
    refuse_slow,
    refuse_unknown,
    refused,
)

_WIDTH, _HEIGHT = 595, 842  # A4 in points
_MARGIN = 57  # 2 cm
_SIZE = 10  # points; a character of Courier is 0.6 of that
_LEADING = 12
_COLUMNS = (_WIDTH - 2 * _MARGIN) * 10 // (_SIZE * 6)
_LINES = (_HEIGHT - 2 * _MARGIN) // _LEADING
_TAB = 8
_LARGEST = 5_000_000  # bytes: about a thousand pages
_MOST_STACKED = 8  # marks on one letter; more is made to draw over the page
_FORM_FEED = "\f"
# Line ends, tab and form feed, and the ^Z with which DOS ended a file.
_ALLOWED_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1a")
_CONTROL_BYTES = bytes(byte for byte in range(32) if byte not in _ALLOWED_CONTROLS)
_WIDE_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A line may break after blanks, but not between two digits: that could be a number of a person.
_BREAK = re.compile(r"(?<!\d) +|(?<=\d) +(?!\d)")


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes of a file are those of plain text."""
    if any(head.startswith(bom) for bom, _ in _WIDE_BOMS):
        return True
    return len(head.translate(None, _CONTROL_BYTES)) == len(head)


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Windows-1252 or Latin-1.

    Raises `Refused` (``unknown``) when it is no text.
    """
    for bom, encoding in _WIDE_BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise refuse_unknown() from error
    if not looks_like_text(data):
        raise refuse_unknown()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def text_to_pdf(path: Path, target: Path, *, max_pages: int) -> int:
    """Write the text file as an A4 PDF; the number of pages.

    Raises `Refused`: ``unknown`` (no text after all), ``empty``, ``too_slow`` (too long) or
    ``too_many_pages``.
    """
    if path.stat().st_size > _LARGEST:
        raise refuse_slow(FileKind.TEXT)
    text = unicodedata.normalize("NFC", decode(path.read_bytes()))
    if not text.strip(" \t\r\n\v\f\x1a\ufeff\xa0"):
        raise refused("empty", "Der står ikke noget i filen. Tjek, at det er den rigtige fil.")
    font = pymupdf.Font("cour")
    with pymupdf.open() as document:
        for number, lines in enumerate(_pages(text), start=1):
            if number > max_pages:
                raise refuse_pages(max_pages)
            page = document.new_page(width=_WIDTH, height=_HEIGHT)
            writer = pymupdf.TextWriter(page.rect)
            for row, line in enumerate(lines, start=1):
                if line:
                    writer.append((_MARGIN, _MARGIN + row * _LEADING), line, font, _SIZE)
            writer.write_text(page)
        document.subset_fonts()
        document.save(str(target), garbage=3, deflate=True)
        return int(document.page_count)


def _pages(text: str) -> Iterator[list[str]]:
    """The lines of each page."""
    for part in text.rstrip("\x1a\f\r\n ").split(_FORM_FEED):
        lines = [row for line in re.split(r"\r\n|[\n\r\v\x85\u2028]", part) for row in _rows(line)]
        while lines and not lines[-1]:
            lines.pop()
        for start in range(0, max(len(lines), 1), _LINES):
            yield lines[start : start + _LINES]


def _rows(line: str) -> Iterator[str]:
    """One line of the file as the rows that it fills on the page."""
    line = _plain(line.expandtabs(_TAB)).rstrip()
    while _columns(line) > _COLUMNS:
        at = _fits(line)
        breaks = [hit.end() for hit in _BREAK.finditer(line, 0, at + 1) if hit.start() > 0]
        cut = min(breaks[-1], at) if breaks else at
        yield line[:cut].rstrip()
        line = line[cut:].lstrip(" ") if breaks else line[cut:]
    yield line


def _plain(line: str) -> str:
    """Without what has no place on paper: controls, and marks stacked without end."""
    kept: list[str] = []
    stacked = 0
    for one in line:
        category = unicodedata.category(one)
        stacked = stacked + 1 if category == "Mn" else 0
        if category not in {"Cc", "Cf", "Cs", "Co", "Cn"} and stacked <= _MOST_STACKED:
            kept.append(one)
    return "".join(kept)


def _columns(text: str) -> int:
    return sum(map(_width, text))


def _fits(line: str) -> int:
    used = 0
    for at, one in enumerate(line):
        used += _width(one)
        if used > _COLUMNS:
            return at
    return len(line)


def _width(one: str) -> int:
    """Columns of one character: Chinese letters take two, marks above a letter none."""
    if one < "\u0300":
        return 1
    if unicodedata.combining(one):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1
