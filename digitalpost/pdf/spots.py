"""The box around a few letters of a text layer, found by walking to their line.

A search of the layer asks every letter of the page; where the text tells which line a number is in,
only that line needs to be looked at.
"""

from __future__ import annotations

from typing import Any

from pymupdf import mupdf

from digitalpost.pdf.scan import Quad

_LEVEL = 0.9999  # cosine: letters on such a line stand upright
_HEIGHTS = (0.3, 1.6)  # of the size of the letters: another height is a font's mistake


def quad_in_line(layer: Any, lined: str, start: int, raw: str) -> Quad | None:
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
