"""Sets text of our own as an A4 PDF with a footer and page numbers, in a child process."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pymupdf

from digitalpost.pdf.pool import Workers

_PAPER = "a4"
_MARGIN = 57  # 2 cm, in points
_STYLE = """
* {font-family: sans-serif; font-size: 9.5pt; line-height: 1.35;}
h1 {font-size: 18pt; margin: 0 0 4pt 0;}
h2 {font-size: 12pt; margin: 14pt 0 4pt 0;}
p {margin: 0 0 4pt 0;}
.what {color: #444; font-size: 8.5pt; margin: 5pt 0 0 0;}
.mono {font-family: monospace; font-size: 8pt;}
"""


@dataclass(frozen=True)
class SheetTask:
    """One text; the result is the PDF. ``footer`` has room for the page and the number of pages."""

    html: str
    title: str
    footer: str
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> SheetTask:
        return SheetTask(self.html, self.title, self.footer, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        yield 0, _set(self.html, self.title, self.footer)


def set_sheet(html: str, *, title: str, footer: str) -> bytes:
    """The text as a PDF. ``html`` is ours: what stems from people is escaped in it.

    ``footer`` is written on each page with ``%(page)s`` and ``%(pages)s`` filled in. Raises
    `ValueError` when it can't be set.
    """
    with Workers(1) as workers:
        [(_, content)] = workers.run([SheetTask(html, title, footer)])
    if not content:
        raise ValueError("the sheet can't be set")
    return bytes(content)


def _set(html: str, title: str, footer: str) -> bytes:
    box = pymupdf.paper_rect(_PAPER)
    where = pymupdf.Rect(_MARGIN, _MARGIN, box.x1 - _MARGIN, box.y1 - _MARGIN)
    written = io.BytesIO()
    story = pymupdf.Story(html, user_css=_STYLE)
    writer = pymupdf.DocumentWriter(written)
    more = 1
    while more:
        device = writer.begin_page(box)
        more, _ = story.place(where)
        story.draw(device)
        writer.end_page()
    writer.close()
    with pymupdf.open(stream=written.getvalue(), filetype="pdf") as sheet:
        pages = len(sheet)
        for number, page in enumerate(sheet, start=1):
            said = footer % {"page": number, "pages": pages}
            below = pymupdf.Rect(_MARGIN, box.y1 - 45, box.x1 - _MARGIN, box.y1 - 25)
            page.insert_htmlbox(below, f'<p class="what">{said}</p>', css=_STYLE)
        sheet.set_metadata({"title": title, "producer": "DigitalPost"})
        sheet.set_language("da")
        sheet.subset_fonts()
        found: bytes = sheet.tobytes(garbage=3, deflate=True)
        return found
