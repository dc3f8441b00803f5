"""Pictures of finished letters for the review screen, drawn in a child process under limits.

The file is ours, but the pictures and patterns in it came from somebody else's: to draw one of
them can take a minute, or all memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from digitalpost.pdf.child import Limits
from digitalpost.pdf.pool import Workers
from digitalpost.pdf.render import render_page
from digitalpost.pdf.source import PDF_ERRORS

# A page of a letter takes a few milliseconds; a scanned page of A3 in colour takes one second.
LIMITS = Limits(cpu_seconds=10, memory=2 << 30)


@dataclass(frozen=True)
class RenderTask:
    """Draw one page of a finished letter; the result is the PNG, empty if it can't be drawn."""

    data: bytes
    page: int
    width: int
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> RenderTask:
        return RenderTask(self.data, self.page, self.width, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        try:
            yield 0, render_page(self.data, self.page, width=self.width, colour=True)
        except PDF_ERRORS:
            yield 0, b""


def draw_letter(data: bytes, page: int, *, width: int, workers: Workers) -> bytes:
    """Page ``page`` (from 1) of a finished letter as a PNG in colour, ``width`` pixels wide.

    Raises `ValueError` when there is no such page, or when it takes more than `workers` may use.
    """
    [(_, picture)] = workers.run([RenderTask(data, page, width)])
    if not picture:
        raise ValueError("the page can't be drawn")
    return bytes(picture)
