"""Where on a page the numbers stand that its text holds.

A search of the layer asks every letter of the page; where the text tells which line a number is in,
only that line needs to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pymupdf
from pymupdf import mupdf

from digitalpost.pdf.loose import Loose
from digitalpost.pdf.numbers import Hit
from digitalpost.pdf.signs import ascii_digits
from digitalpost.pdf.source import lined_text

Quad = tuple[float, float, float, float, float, float, float, float]

_LEVEL = 0.9999  # cosine: letters on such a line stand upright
_HEIGHTS = (0.3, 1.6)  # of the size of the letters: another height is a font's mistake
_CPR_LENGTH = 10


@dataclass(frozen=True)
class Spot:
    """Where one number stands on a page: ``quads`` in page coordinates of PyMuPDF."""

    number: str
    raw: str
    quads: tuple[Quad, ...]

    def __repr__(self) -> str:
        return f"Spot({len(self.quads)} quads)"


def places_of(page: Any, layer: Any, text: str, found: list[Hit | Loose]) -> list[Spot]:
    """Where each found number stands. Exact: never a part of a longer number on the same page."""
    lined = lined_text(layer) if found else ""
    in_line: dict[tuple[str, str], list[Quad]] = {}
    by_raw: dict[str, list[Hit | Loose]] = {}
    for item in found:
        if len(item.number) != _CPR_LENGTH:
            continue  # CVR numbers are never removed
        quad = _quad_in_line(layer, lined, item.start, item.raw)
        if quad:
            in_line.setdefault((item.number, item.raw), []).append(quad)
        else:
            by_raw.setdefault(re.sub(r"\s", " ", item.raw), []).append(item)
    spots = [Spot(number, raw, tuple(quads)) for (number, raw), quads in in_line.items()]
    return spots + (_searched(page, layer, text, by_raw) if by_raw else [])


def _searched(page: Any, layer: Any, text: str, by_raw: dict[str, list[Hit | Loose]]) -> list[Spot]:
    """The places of numbers that go over a line end, lie aslant, or are hard to tell otherwise."""
    flat = re.sub(r"\s", " ", text)
    spots = []
    chars: list[Quad | None] | None = None
    for raw, items in by_raw.items():
        if flat.count(raw) == len(items):
            quads = page.search_for(items[0].raw, quads=True, textpage=layer)
            if len(quads) >= len(items):
                spots.append(Spot(items[0].number, items[0].raw, tuple(map(plain_quad, quads))))
                continue
        chars = _character_quads(layer, text) if chars is None else chars
        for item in items:
            span = chars[item.start : item.start + len(item.raw)]
            spots.append(Spot(item.number, item.raw, tuple(quad for quad in span if quad)))
    return spots


def plain_quad(quad: Any) -> Quad:
    """PyMuPDF's quad as plain numbers."""
    return (*quad.ul, *quad.ur, *quad.ll, *quad.lr)


def _character_quads(layer: Any, text: str) -> list[Quad | None]:
    """One quad for each character of ``text``; None for those that no glyph stands behind."""
    quads: list[Quad | None] = []
    for quad, sign in _characters(layer):
        if text[len(quads) : len(quads) + 1] == ascii_digits(sign):
            quads.append(quad)
        elif sign != "\n":
            raise ValueError("the text layer gave two different texts")
    return quads


def _characters(layer: Any) -> Iterator[tuple[Quad | None, str]]:
    for block in layer.extractRAWDICT()["blocks"]:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                for char in span["chars"]:
                    yield plain_quad(pymupdf.Rect(char["bbox"]).quad), char["c"]
            yield None, "\n"


def _quad_in_line(layer: Any, lined: str, start: int, raw: str) -> Quad | None:
    """The quad of ``raw``, which begins at ``start`` of `source.lined_text` without empty lines.

    None when it can't be told so simply: a line that is not level, a box of no likely height, or
    letters that are not where the text says.
    """
    found = _line_at(layer, lined, start)
    if found is None:
        return None
    line, skipped = found
    if line.wmode or line.dir.x < _LEVEL:
        return None
    char = line.first_char
    while char and skipped:
        char, skipped = char.next, skipped - 1
    boxes, sizes = [], []
    for sign in raw:
        if not char or char.c != ord(sign):
            return None
        quad = char.quad
        boxes.append((quad.ul.x, quad.ul.y, quad.lr.x, quad.lr.y))
        sizes.append(char.size)
        char = char.next
    left, top, right, bottom = (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
    least, most = _HEIGHTS[0] * max(sizes), _HEIGHTS[1] * max(sizes)
    if not least <= bottom - top <= most or right <= left:
        return None
    return left, top, right, top, left, bottom, right, bottom


def _line_at(layer: Any, lined: str, start: int) -> tuple[Any, int] | None:
    """The line of the layer that text[start] is in, and how many letters of it come before."""
    number, begins = 0, 0
    for block in lined.split("\n\n"):
        if start <= begins + len(block):
            break
        number, begins = number + 1, begins + len(block) + 1
    else:
        return None
    place = start - begins
    before = block.count("\n", 0, place)
    held = layer.this.m_internal.first_block
    while held and (held.type != mupdf.FZ_STEXT_BLOCK_TEXT or number):
        number -= held.type == mupdf.FZ_STEXT_BLOCK_TEXT
        held = held.next
    if not held:
        return None
    line = mupdf.FzStextBlock(held).begin().__ref__().m_internal
    while line and before:
        line, before = line.next, before - 1
    return (line, place - block.rfind("\n", 0, place) - 1) if line else None
