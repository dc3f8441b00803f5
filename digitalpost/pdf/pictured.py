"""Telling whether a page that has text is a picture all the same.

Scanners put the text that they recognised, unseen, behind or before the picture of the page, and
record offices stamp a line of text upon it. Reading or taking out such text leaves what the picture
shows for everybody to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pymupdf
from pymupdf import mupdf

from digitalpost.pdf.scan import Quad
from digitalpost.pdf.source import Source, resources_of

# Pictures smaller than this, all together, are logos and signatures: in pixels, and of the page.
_LOGO_PIXELS = 40_000
_LOGO_SHARE = 0.1
# A page is covered by its pictures from this share on, and so few signs upon them are a stamp.
_PAGE_SHARE = 0.5
_STAMP = 200
_INLINE = re.compile(rb"\bBI\s.{1,400}?\bID\s", re.DOTALL)
_UNSEEN = 0.05  # opacity
_INVISIBLE = 3  # text rendering mode
_MAX_DEPTH = 8


def is_picture(source: Source, page: Any, content: bytes, text: str, quads: Sequence[Quad]) -> bool:
    """Whether a page with readable ``text`` is a scan, or has a number at ``quads`` in a picture.

    A letter on paper with a printed background is none: its text is drawn to be seen, and much.
    """
    pictures, pixels = _pictures_of(resources_of(page))
    inline = b"BI" in content and _INLINE.search(content) is not None
    if not inline and (pixels < _LOGO_PIXELS or pictures in source.logos):
        return False
    boxes = [
        (at, pymupdf.Rect(box))
        for at, (kind, box) in enumerate(page.get_bboxlog())
        if kind.startswith("fill-im")
    ]
    whole = abs(page.cropbox.get_area()) or 1.0
    share = sum(abs(box.get_area()) for _, box in boxes) / whole
    if share < _LOGO_SHARE:
        source.logos.add(pictures)
        return False
    spans = page.get_texttrace()
    if share >= _PAGE_SHARE:
        signs = "".join(text.split())
        unseen = sum(len(span["chars"]) for span in spans if _is_transparent(span))
        if len(signs) < _STAMP or 2 * unseen > len(signs):
            return True
    return any(_is_unseen(_middle(quad), boxes, spans) for quad in quads)


def _is_transparent(span: dict[str, Any]) -> bool:
    return bool(span["type"] == _INVISIBLE or span["opacity"] < _UNSEEN)


def _is_unseen(
    point: Any, boxes: Sequence[tuple[int, Any]], spans: Sequence[dict[str, Any]]
) -> bool:
    over = [at for at, box in boxes if point in box]
    if not over:
        return False
    here = [span for span in spans if point in pymupdf.Rect(span["bbox"])]
    return all(_is_transparent(span) or span["seqno"] < max(over) for span in here)


def _middle(quad: Quad) -> Any:
    return pymupdf.Point(sum(quad[0::2]) / 4, sum(quad[1::2]) / 4)


def _pictures_of(resources: Any, depth: int = 0) -> tuple[frozenset[int], int]:
    """The numbers of all picture objects that a page may draw, and how many pixels they have."""
    found: set[int] = set()
    pixels = 0
    for entry in _entries(mupdf.pdf_dict_gets(resources, "XObject")):
        kind = mupdf.pdf_to_name(mupdf.pdf_dict_gets(entry, "Subtype"))
        if kind == "Image":
            found.add(mupdf.pdf_to_num(entry))
            pixels += _number(entry, "Width") * _number(entry, "Height")
        elif kind == "Form" and depth < _MAX_DEPTH:
            inner, more = _pictures_of(mupdf.pdf_dict_gets(entry, "Resources"), depth + 1)
            found |= inner
            pixels += more
    return frozenset(found), pixels


def _entries(dictionary: Any) -> Iterable[Any]:
    for index in range(mupdf.pdf_dict_len(dictionary)):
        yield mupdf.pdf_dict_get_val(dictionary, index)


def _number(entry: Any, key: str) -> int:
    return int(mupdf.pdf_to_int(mupdf.pdf_dict_gets(entry, key)))
