"""Draws pages as pictures for the screen, small, made on demand.

Always in a child process: a finished letter is our own file, but what is drawn in it came from
somebody else's (see previews.py and pool.py).
"""

from __future__ import annotations

from typing import Any

import pymupdf

# A picture of A4 at 300 dpi; nobody needs more on a screen, and a page may claim to be a mile wide.
MAX_PIXELS = 2480 * 3508
MAX_WIDTH = 2480


def page_count(data: bytes, filetype: str = "pdf") -> int:
    """How many pages a file has. Raises `ValueError` when it can't be opened."""
    with _open(data, filetype) as document:
        return int(document.page_count)


def render_page(
    data: bytes, page: int, *, width: int, colour: bool = False, filetype: str = "pdf"
) -> bytes:
    """Page ``page`` (from 1) as a PNG that is ``width`` pixels wide, gray unless ``colour``.

    Gray PNG is the quickest to encode of those that browsers show (notes/pdf.md section 9).
    ``filetype`` is MuPDF's name of what the file is: a picture has one page.
    Raises `IndexError` for a page that is not there, `ValueError` for a width out of 1 to 2480 or
    a file that can't be opened. Very tall pages come out narrower, within `MAX_PIXELS`.
    """
    if not 1 <= width <= MAX_WIDTH:
        raise ValueError(f"width must be 1 to {MAX_WIDTH}")
    with _open(data, filetype) as document:
        if not 1 <= page <= document.page_count:
            raise IndexError("no such page")
        return draw(document.load_page(page - 1), width=width, colour=colour)


def draw(page: Any, *, width: int, colour: bool) -> bytes:
    """An opened page as a PNG; pages of files that are not ours are drawn in a child process."""
    wide, tall = max(page.rect.width, 1.0), max(page.rect.height, 1.0)
    scale = min(width / wide, (MAX_PIXELS / (wide * tall)) ** 0.5)
    picture = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale),
        colorspace=pymupdf.csRGB if colour else pymupdf.csGRAY,
        alpha=False,
    )
    return bytes(picture.tobytes("png"))


def _open(data: bytes, filetype: str) -> pymupdf.Document:
    try:
        document = pymupdf.open(stream=data, filetype=filetype)
    except RuntimeError as error:
        raise ValueError("not a finished letter") from error
    if document.needs_pass:
        raise ValueError("not a finished letter")
    return document
