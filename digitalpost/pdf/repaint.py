"""Taking numbers out of pages that are pictures: drawn anew without them, and read again as proof.

A scan, a page whose font tells nothing, letters drawn as lines: whatever the page was made of, what
stands in the finished letter is one picture of it with the numbers painted over. So nothing can be
left behind, under or beside what is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymupdf
from pymupdf import mupdf

from digitalpost.pdf.read import PageReading, Quad
from digitalpost.pdf.render import MAX_PIXELS
from digitalpost.pdf.scan import Scan, read_scan
from digitalpost.pdf.source import page_object

Box = tuple[float, float, float, float]

_DPI = 200  # of the finished picture: as sharp as an office scanner makes it
_QUALITY = 80
_MARGIN = 2.5  # points around a word; recognition draws its boxes close, and pages stand askew


def paint_over(
    document: Any, page: Any, reading: PageReading, scan: Scan, numbers: Sequence[str]
) -> tuple[Box, ...]:
    """Make the page a picture of itself without ``numbers``; the boxes are where each place was.

    Also takes what is nearly one of them, and changes nothing when none is there.
    """
    quads = [quad for spot in reading.spots if spot.number in numbers for quad in spot.quads]
    quads += [word.quad for number in numbers for place in scan.places_of(number) for word in place]
    if not quads:
        return ()
    boxes = _joined([_box(quad, page) for quad in dict.fromkeys(quads)])
    wide, tall = page.rect.width, page.rect.height
    scale = min(_DPI / 72, (MAX_PIXELS / (wide * tall)) ** 0.5)
    picture = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
    for box in boxes:
        picture.set_rect((pymupdf.Rect(box) * scale).round(), (255, 255, 255))
    _replace(document, page, picture.tobytes("jpeg", jpg_quality=_QUALITY), wide, tall)
    return boxes


def still_shows(data: bytes, page: int, scan: Scan, numbers: Sequence[str]) -> bool:
    """Whether any of ``numbers`` can nearly be read on a page (from 0) of a finished letter."""
    with pymupdf.open(stream=data, filetype="pdf") as letter:
        again = read_scan(letter.load_page(page), scan.reader)
    # Where nothing at all is read any more, nothing is proved, unless little was there to read.
    if len(again.words) * 2 < len(scan.words) - 2:
        return True
    return any(again.places_of(number) for number in numbers)


def _box(quad: Quad, page: Any) -> Box:
    """Around a quad on the page as it is seen, with a margin."""
    corners = [pymupdf.Point(quad[at : at + 2]) * page.rotation_matrix for at in (0, 2, 4, 6)]
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    return min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN


def _joined(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes that touch made one: the same number is often found as text and as a picture."""
    joined: list[Any] = []
    for box in sorted(boxes):
        new = pymupdf.Rect(box)
        for old in [one for one in joined if one.intersects(new)]:
            joined.remove(old)
            new |= old
        joined.append(new)
    return tuple(
        (round(one.x0, 1), round(one.y0, 1), round(one.x1, 1), round(one.y1, 1)) for one in joined
    )


def _replace(document: Any, page: Any, jpeg: bytes, wide: float, tall: float) -> None:
    """Make a page draw one picture that fills it, and carry nothing else."""
    buffer = mupdf.fz_new_buffer_from_copied_data(jpeg)
    image = mupdf.fz_new_image_from_buffer(buffer)
    pdf = mupdf.pdf_document_from_fz_document(document.this)
    xref = mupdf.pdf_to_num(mupdf.pdf_add_image(pdf, image))
    content = document.get_new_xref()
    document.update_object(content, "<<>>")
    document.update_stream(content, f"q {wide:g} 0 0 {tall:g} 0 0 cm /Im0 Do Q".encode())
    own = page_object(page)
    for index in reversed(range(mupdf.pdf_dict_len(own))):
        key = mupdf.pdf_to_name(mupdf.pdf_dict_get_key(own, index))
        if key not in ("Type", "Parent"):
            mupdf.pdf_dict_dels(own, key)
    for key, value in {
        "MediaBox": f"[0 0 {wide:g} {tall:g}]",
        "CropBox": f"[0 0 {wide:g} {tall:g}]",  # said here, or an inherited one would count
        "Rotate": "0",
        "Resources": f"<</XObject<</Im0 {xref} 0 R>>>>",
        "Contents": f"{content} 0 R",
    }.items():
        document.xref_set_key(page.xref, key, value)
