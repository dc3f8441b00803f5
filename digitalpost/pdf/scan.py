"""What text recognition read on a page that has no text of its own, and where each word stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pymupdf

from digitalpost.pdf.near import find_near
from digitalpost.pdf.render import MAX_PIXELS
from digitalpost.pdf.tesseract import DPI, SeenWord, Tesseract

Quad = tuple[float, float, float, float, float, float, float, float]

_FEW_WORDS = 3
# Measured on 120 blurred, turned, noisy pages of 72 to 150 dpi: 13 of 81 numbers were read wrong,
# all with less than 67; on fair scans numbers come with 90. Under 60 most of a page is guesswork.
_UNSURE_PAGE = 60.0
_UNSURE_WORD = 80.0
# Ink is so much darker than the paper; specks are no more of the page than that.
_INK_DPI = 50
_INK = 40
_SPECKS = 0.0003


@dataclass(frozen=True)
class ScanWord:
    """A word in `Scan.text` from ``start`` to ``end``; ``quad`` in page coordinates of PyMuPDF."""

    start: int
    end: int
    quad: Quad
    confidence: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return sum(self.quad[0::2]) / 4, sum(self.quad[1::2]) / 4

    def __repr__(self) -> str:
        return f"ScanWord(confidence={self.confidence:.0f})"


@dataclass(frozen=True)
class Scan:
    """The text of a page as ``reader`` recognised it. Personal data, so it has no ``repr``."""

    reader: Tesseract
    text: str
    words: tuple[ScanWord, ...]

    def __repr__(self) -> str:
        return f"Scan({len(self.words)} words)"

    @property
    def is_sure(self) -> bool:
        """Whether the page as a whole was read: not handwriting, not a blur, not upside down."""
        letters = sum(word.end - word.start for word in self.words)
        if len(self.words) < _FEW_WORDS:
            return False
        weighed = sum(word.confidence * (word.end - word.start) for word in self.words)
        return weighed / letters >= _UNSURE_PAGE

    def is_sure_of(self, start: int, end: int) -> bool:
        """Whether every word of ``text[start:end]`` was read with great confidence."""
        return all(word.confidence >= _UNSURE_WORD for word in self.words_at(start, end))

    @property
    def down(self) -> tuple[int, int]:
        """Which way the next line is, as (x, y): (0, 1), or another on a page that lies askew."""
        right = below = 0.0
        for word, after in pairwise(self.words):
            if self.text[word.end : after.start] == " ":
                right += after.middle[0] - word.middle[0]
                below += after.middle[1] - word.middle[1]
        if abs(right) >= abs(below):
            return 0, (1 if right >= 0 else -1)
        return (-1 if below > 0 else 1), 0

    def words_at(self, start: int, end: int) -> Sequence[ScanWord]:
        """The words that ``text[start:end]`` touches."""
        first = max(0, bisect_right(self.words, start, key=lambda word: word.start) - 1)
        return [word for word in self.words[first:] if word.start < end and word.end > start]

    def places_of(self, number: str) -> list[Sequence[ScanWord]]:
        """The words of each place where ``number`` can nearly be read."""
        return [self.words_at(start, end) for start, end in find_near(self.text, number)]


def read_scan(page: Any, reader: Tesseract) -> Scan:
    """Draw a page and have it read. Without words when nothing could be read."""
    wide, tall = max(page.rect.width, 1.0), max(page.rect.height, 1.0)
    scale = min(DPI / 72, (MAX_PIXELS / (wide * tall)) ** 0.5)
    drawing = pymupdf.Matrix(scale, scale)
    picture = page.get_pixmap(matrix=drawing, colorspace=pymupdf.csGRAY, alpha=False)
    to_page = pymupdf.Matrix(1, 0, 0, 1, picture.x, picture.y) * ~drawing * page.derotation_matrix
    return _put_together(reader, reader.read(picture), to_page)


def has_no_ink(page: Any) -> bool:
    """Whether a page is bare paper: the back of a sheet that went through the scanner.

    A line of writing, even in pencil, is far more than the specks that this passes over.
    """
    scale = _INK_DPI / 72
    picture = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False
    )
    shades = sorted(picture.samples)
    paper = shades[len(shades) // 2]
    return bool(bisect_right(shades, paper - _INK) <= _SPECKS * len(shades))


def _put_together(reader: Tesseract, seen: Sequence[SeenWord], to_page: Any) -> Scan:
    parts: list[str] = []
    words: list[ScanWord] = []
    length, line = 0, None
    for word in seen:
        if line is not None:
            parts.append(" " if word.line == line else "\n")
            length += 1
        line = word.line
        quad = pymupdf.Rect(word.box).quad * to_page
        corners: Quad = (*quad.ul, *quad.ur, *quad.ll, *quad.lr)
        words.append(ScanWord(length, length + len(word.text), corners, word.confidence))
        parts.append(word.text)
        length += len(word.text)
    return Scan(reader, "".join(parts), tuple(words))
