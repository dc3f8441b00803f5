"""Pictures of letters for the screen, ours and those that came, drawn in a child under limits.

A finished letter is our file, but the pictures and patterns in it came from somebody else's: to
draw one of them can take a minute, or all memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from digitalpost.pdf.child import Limits
from digitalpost.pdf.pool import Workers
from digitalpost.pdf.render import page_count, render_page
from digitalpost.pdf.source import PDF_ERRORS

# A page of a letter takes a few milliseconds; a scanned page of A3 in colour takes one second.
LIMITS = Limits(cpu_seconds=10, memory=2 << 30)


@dataclass(frozen=True)
class RenderTask:
    """Draw one page of a letter; the result is the PNG, empty if it can't be drawn."""

    data: bytes
    page: int
    width: int
    filetype: str = "pdf"
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> RenderTask:
        return RenderTask(self.data, self.page, self.width, self.filetype, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        try:
            yield (
                0,
                render_page(
                    self.data, self.page, width=self.width, colour=True, filetype=self.filetype
                ),
            )
        except PDF_ERRORS:
            yield 0, b""


@dataclass(frozen=True)
class CountTask:
    """Count the pages of a file that came from outside; 0 if it can't be opened."""

    data: bytes
    filetype: str
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> CountTask:
        return CountTask(self.data, self.filetype, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        try:
            yield 0, page_count(self.data, self.filetype)
        except PDF_ERRORS:
            yield 0, 0


def count_pages(data: bytes, *, filetype: str, workers: Workers) -> int:
    """How many pages a file has that can be drawn; 0 when it can't be opened, or is too much."""
    [(_, pages)] = workers.run([CountTask(data, filetype)])
    return int(pages or 0)


def draw_letter(
    data: bytes, page: int, *, width: int, workers: Workers, filetype: str = "pdf"
) -> bytes:
    """Page ``page`` (from 1) of a letter as a PNG in colour, ``width`` pixels wide.

    Raises `ValueError` when there is no such page, or when it takes more than `workers` may use.
    """
    [(_, picture)] = workers.run([RenderTask(data, page, width, filetype)])
    if not picture:
        raise ValueError("the page can't be drawn")
    return bytes(picture)
