"""Where on a finished page the recipient can be read, for the frames of the viewer.

Looked up when somebody looks, in the very bytes that will be sent: making letters costs nothing
more for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymupdf

from digitalpost.pdf.loose import places_of_number
from digitalpost.pdf.numbers import find_numbers
from digitalpost.pdf.source import text_page

Box = tuple[float, float, float, float]

_CPR_LENGTH = 10
_MOST = 20  # frames of one page: more would hide it


@dataclass(frozen=True)
class PageFrames:
    """A page's size and the boxes of its recipient's name and number.

    All in points from the upper left corner of the page as it is seen.
    """

    width: float
    height: float
    recipient: tuple[Box, ...]


def find_frames(data: bytes, page: int, *, name: str, number: str | None) -> PageFrames:
    """The frames of page ``page`` (from 1) of a finished letter.

    ``number`` is the recipient's, where it may still be read. Raises `IndexError` for a page that
    is not there, `RuntimeError` for a file that can't be opened.
    """
    with pymupdf.open(stream=data, filetype="pdf") as document:
        if not 1 <= page <= document.page_count:
            raise IndexError("no such page")
        seen = document.load_page(page - 1)
        layer = text_page(seen)
        found = _places_of_name(seen, layer, name)
        if number:
            for raw in _written(layer.extractText(), number):
                found += seen.search_for(raw, textpage=layer)
        boxes = [_box(rect * seen.rotation_matrix) for rect in found[:_MOST]]
        return PageFrames(seen.rect.width, seen.rect.height, tuple(dict.fromkeys(boxes)))


def _places_of_name(page: Any, layer: Any, name: str) -> list[Any]:
    """The whole name, else the first name and the last: letters often leave out the middle."""
    words = name.split()
    if len(words) < 2:
        return []  # "Bo" is a part of many words
    found = page.search_for(name, textpage=layer)
    return list(found or page.search_for(f"{words[0]} {words[-1]}", textpage=layer))


def _written(text: str, number: str) -> set[str]:
    if len(number) == _CPR_LENGTH:
        return {raw for _, raw in places_of_number(text, number)}
    return {hit.raw for hit in find_numbers(text) if hit.number == number}


def _box(rect: Any) -> Box:
    return round(rect.x0, 1), round(rect.y0, 1), round(rect.x1, 1), round(rect.y1, 1)
