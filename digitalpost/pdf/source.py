"""Opening somebody's PDF so that everything in it is seen: all layers on, annotations as text.

Only child processes open files that came from outside (see pool.py); MuPDF runs without locks,
so a document never leaves the process and the thread that opened it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pymupdf
from pymupdf import mupdf

from digitalpost.identifiers import HYPHENS
from digitalpost.pdf.signs import ascii_digits

LOOK = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE
SECOND_LOOK = LOOK | pymupdf.TEXT_IGNORE_ACTUALTEXT

# What MuPDF raises on a file that is not what it says; also what pymupdf itself adds on top.
PDF_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    mupdf.FzErrorBase,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    UnicodeError,
)


_NO_WIDTH = "\u200b\u2060\ufeff"


class Source:
    """An open source file. Holds its pages, because loading one after a change is slow."""

    def __init__(self, path: Path) -> None:
        pymupdf.TOOLS.mupdf_display_errors(False)
        pymupdf.TOOLS.mupdf_display_warnings(False)
        self.document: Any = pymupdf.open(str(path), filetype="pdf")
        self.baked = False
        self.forms: dict[int, bytes] = {}
        self.stored: dict[bytes, frozenset[bytes]] = {}  # see stored.py
        # A finished letter has no layers: what is switched off here would be visible there.
        if not self.document.needs_pass:
            self.document.xref_set_key(self.document.pdf_catalog(), "OCProperties", "null")
            # Nor tags: what they say in place of the glyphs is not read there.
            self.document.xref_set_key(self.document.pdf_catalog(), "StructTreeRoot", "null")

    def close(self) -> None:
        """Let the file go."""
        self.document.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self, number: int) -> Any:
        """Page ``number`` (from 1), with annotations and form fields made part of the page."""
        page = self.document.load_page(number - 1)
        if not self.baked and _has_annotations(page):
            del page  # a page in use would keep its annotations
            self.document.bake()
            self.baked = True
            page = self.document.load_page(number - 1)
        return page

    def load_all(self, numbers: Iterable[int]) -> dict[int, Any]:
        """Several pages at once; needed before any of them is changed."""
        wanted, baked = list(numbers), self.baked
        pages: dict[int, Any] = {}
        for number in wanted:
            pages[number] = self.load(number)
            if self.baked != baked:
                pages.clear()
                return self.load_all(wanted)
        return pages


def text_page(page: Any, flags: int = LOOK) -> Any:
    """The text layer of a page, also what lies outside its visible box."""
    return page.get_textpage(flags=flags, clip=pymupdf.INFINITE_RECT())


def plain_text(layer: Any) -> str:
    """The text of a layer, seven times as quick as `extractText`.

    Some line ends are blanks in it, and soft hyphens are gone.
    """
    buffer = mupdf.fz_new_buffer_from_stext_page(layer.this)
    data = bytes(mupdf.fz_buffer_extract_copy(buffer))
    return ascii_digits(data.decode("utf-8", "replace"), data)


def whole_text(layer: Any) -> str:
    """The text of a layer with true line ends; each sign has its place in `extractRAWDICT`."""
    return ascii_digits(layer.extractText())


def resources_of(page: Any) -> Any:
    """The page's own or inherited resource dictionary."""
    return mupdf.pdf_dict_get_inheritable(page_object(page), pymupdf.PDF_NAME("Resources"))


def page_object(page: Any) -> Any:
    """The page's dictionary."""
    return mupdf.pdf_page_from_fz_page(page.this).obj()


def _has_annotations(page: Any) -> bool:
    annotations = mupdf.pdf_dict_gets(page_object(page), "Annots")
    for index in range(mupdf.pdf_array_len(annotations)):
        subtype = mupdf.pdf_dict_gets(mupdf.pdf_array_get(annotations, index), "Subtype")
        if mupdf.pdf_to_name(subtype) not in ("Link", "Popup"):
            return True
    return False


def text_mark(text: str) -> int:
    """A sum over the characters of ``text`` but blanks and hyphens: equal for the same ones.

    Sums add up: mark(whole) - mark(removed) = mark(rest), whatever order a reader gives them in.
    """
    counts = Counter(text)
    return sum(_weight(char) * count for char, count in counts.items()) % (1 << 64)


def content_mark(content: bytes) -> int:
    """A short hash of a page's drawing orders."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


@lru_cache(maxsize=4096)
def _weight(char: str) -> int:
    # Readers disagree about blanks, and about hyphens where a line ends.
    if char.isspace() or char in HYPHENS or char in _NO_WIDTH:
        return 0
    return int.from_bytes(
        hashlib.blake2b(char.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    )
