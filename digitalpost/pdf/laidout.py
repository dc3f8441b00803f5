"""Numbers that stand on a page though its text does not give them: put together by place.

The signs of a number may be drawn in any order, with other words between; who looks at the page,
and some readers, still see one number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pymupdf

from digitalpost.identifiers import HYPHENS
from digitalpost.pdf.loose import Loose, find_loose
from digitalpost.pdf.numbers import Hit, find_numbers
from digitalpost.pdf.signs import ascii_digits
from digitalpost.pdf.spots import Quad

# A page may hold scattered signs when as many digits as a number has stand alone, or in pairs, or
# when half a number or a number the wrong way round is left beside those that were found.
_ALONE = re.compile(r"[\s-]([0-9]{1,2})(?=[\s-])")
_PART = re.compile(r"(?<![0-9])(?:[0-9]{4}[-\s]?[0-9]{6}|[0-3][0-9][01][0-9]{3})(?![0-9])")
# In shares of the size of the letters: what stands on one line, and what stands beside each other.
_ONE_LINE, _BESIDE, _OVER = 0.35, 1.3, -0.6
_CPR_LENGTH = 10
_DIGITS = "0123456789" + HYPHENS


def may_be_scattered(text: str, found: Sequence[Hit | Loose]) -> bool:
    """Whether it is worth looking for numbers by place. ``found`` are those that the text gave."""
    if sum(map(len, _ALONE.findall(text))) >= _CPR_LENGTH:
        return True
    known = {one.raw[:6] for one in found}
    return any(part[0] not in known for part in _PART.finditer(text))


@dataclass(frozen=True)
class _Sign:
    """A digit or hyphen: its place along and across the line it stands on, and in the text."""

    char: str
    at: int
    along: float
    end: float
    across: float
    size: float
    turn: int
    quad: Quad


def numbers_by_place(
    layer: Any, found: Sequence[Hit | Loose]
) -> list[tuple[Loose, tuple[Quad, ...]]]:
    """CPR numbers that only their places show, each with one quad for every sign.

    ``found`` are those that the text gave: they are not given again.
    """
    if not _may_stand_beside(layer.extractWORDS(), {one.raw for one in found}):
        return []
    taken = {at for one in found for at in range(one.start, one.start + len(one.raw))}
    answer = []
    for run in _runs(_signs(layer)):
        text = "".join(sign.char for sign in run)
        hits = [hit for hit in find_numbers(text) if len(hit.number) == _CPR_LENGTH]
        together: list[Hit | Loose] = [*hits, *find_loose(text, hits)]
        for one in together:
            signs = run[one.start : one.start + len(one.raw)]
            if all(sign.at in taken for sign in signs if sign.char.isdigit()):
                continue
            raw = "".join(sign.char for sign in signs)
            start = min(sign.at for sign in signs)
            loose = Loose(one.number, raw, start, plain=False)
            answer.append((loose, tuple(sign.quad for sign in signs)))
    return answer


def _may_stand_beside(words: Sequence[tuple[Any, ...]], known: set[str]) -> bool:
    """Whether words of digits alone, but for ``known`` ones, stand in a row that is long enough.

    Quick, because letters with tables are full of digits that stand alone. In a turned row each
    sign is wider than it is tall, so a column of digits in a table is none.
    """
    bare = [
        (word[:4], len(word[4]))
        for word in words
        if not word[4].strip(_DIGITS) and word[4] not in known
    ]
    turned = [one for one in bare if one[1] == 1 and _wide(one[0]) > _tall(one[0])]
    return _makes_row(bare, 0, _tall) or _makes_row(turned, 1, _wide)


def _wide(box: Sequence[float]) -> float:
    return box[2] - box[0]


def _tall(box: Sequence[float]) -> float:
    return box[3] - box[1]


def _makes_row(
    bare: list[tuple[Any, int]], along: int, size_of: Callable[[Sequence[float]], float]
) -> bool:
    last: Sequence[float] | None = None
    length = 0
    for box, signs in sorted(bare, key=lambda one: (round(one[0][1 - along]), one[0][along])):
        size = max(size_of(box), 1.0)
        beside = (
            last is not None
            and abs(box[1 - along] - last[1 - along]) < size
            and box[along] - last[along + 2] < _BESIDE * size
        )
        length = length + signs if beside else signs
        if length >= _CPR_LENGTH:
            return True
        last = box
    return False


def _signs(layer: Any) -> list[_Sign]:
    signs: list[_Sign] = []
    at = 0
    for block in layer.extractRAWDICT()["blocks"]:
        for line in block.get("lines", ()):
            cos, sin = line["dir"]
            for span in line["spans"]:
                for char in span["chars"]:
                    sign = char["c"]
                    if sign.isdecimal() or sign in HYPHENS:
                        sign = ascii_digits(sign)
                        signs.append(_sign(sign, at, char, span["size"], cos, sin))
                    at += 1
            at += 1  # the end of the line
    return signs


def _sign(sign: str, at: int, char: Any, size: float, cos: float, sin: float) -> _Sign:
    box = pymupdf.Rect(char["bbox"])
    x, y = char["origin"]
    long = [px * cos + py * sin for px in (box.x0, box.x1) for py in (box.y0, box.y1)]
    turn = round(math.degrees(math.atan2(sin, cos)))
    quad = box.quad
    corners: Quad = (*quad.ul, *quad.ur, *quad.ll, *quad.lr)
    start, end = min(long), max(long)
    return _Sign(sign, at, start, end, y * cos - x * sin, max(size, 0.1), turn, corners)


def _runs(signs: list[_Sign]) -> list[list[_Sign]]:
    """Signs that stand beside each other on a line, whatever order they were drawn in."""
    lines: dict[tuple[int, int], list[_Sign]] = {}
    for sign in sorted(signs, key=lambda sign: (sign.turn, sign.across)):
        last = next(reversed(lines.values()), [])
        same = last and last[-1].turn == sign.turn
        if same and sign.across - last[-1].across < _ONE_LINE * sign.size:
            last.append(sign)
        else:
            lines[(sign.turn, len(lines))] = [sign]
    runs: list[list[_Sign]] = []
    for line in lines.values():
        run: list[_Sign] = []
        for sign in sorted(line, key=lambda sign: sign.along):
            gap = (sign.along - run[-1].end) / sign.size if run else 0.0
            if run and not _OVER < gap < _BESIDE:
                runs.append(run)
                run = []
            run.append(sign)
        runs.append(run)
    return [run for run in runs if len(run) >= _CPR_LENGTH]
