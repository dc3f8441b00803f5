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

LOOK = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE
SECOND_LOOK = LOOK | pymupdf.TEXT_IGNORE_ACTUALTEXT

_DRAWN_WITH = tuple(
    pymupdf.PDF_NAME(name) for name in ("Resources", "MediaBox", "CropBox", "Rotate", "UserUnit")
)

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


def open_letter(data: bytes) -> Any:
    """A finished letter as MuPDF's own document: opened without what `pymupdf.open` looks up.

    ``data`` must be held for as long as the letter is.
    """
    held = mupdf.python_buffer_data(data)
    return mupdf.pdf_open_document_with_stream(mupdf.fz_open_memory(held, len(data)))


class Source:
    """An open source file. Holds its pages, because loading one after a change is slow."""

    def __init__(self, path: Path) -> None:
        pymupdf.TOOLS.mupdf_display_errors(False)
        pymupdf.TOOLS.mupdf_display_warnings(False)
        self.document: Any = pymupdf.open(str(path), filetype="pdf")
        self.baked = False
        self.forms: dict[int, bytes] = {}
        self.logos: set[frozenset[int]] = set()  # pictures that are too small to be a page
        # A finished letter has no layers: what is switched off here would be visible there.
        if not self.document.needs_pass:
            self.document.xref_set_key(self.document.pdf_catalog(), "OCProperties", "null")

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
    return bytes(mupdf.fz_buffer_extract_copy(buffer)).decode("utf-8", "replace")


def lined_text(layer: Any) -> str:
    """The text of a layer with its true line ends, and an empty line after each block."""
    buffer = mupdf.FzBuffer(4096)
    output = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_text(output, layer.this)
    output.fz_close_output()
    return bytes(buffer.fz_buffer_extract_copy()).decode("utf-8", "replace")


def full_text(layer: Any) -> str:
    """The text of a layer with its true line ends: what `extractText` gives, ten times as quick."""
    return lined_text(layer).replace("\n\n", "\n")


def content_of(page: Any) -> bytes:
    """The drawing orders of a page's dictionary, all streams of them together."""
    contents = mupdf.pdf_dict_gets(page, "Contents")
    streams = [contents]
    if mupdf.pdf_is_array(contents):
        places = range(mupdf.pdf_array_len(contents))
        streams = [mupdf.pdf_array_get(contents, at) for at in places]
    return b" ".join(map(stream_of, streams))


def stream_of(thing: Any) -> bytes:
    """The unpacked stream of an object; empty for what is no stream."""
    if not mupdf.pdf_is_stream(thing):
        return b""
    return bytes(mupdf.pdf_load_stream(thing).fz_buffer_extract_copy())


def resources_of(page: Any) -> Any:
    """The page's own or inherited resource dictionary."""
    return resources_in(page_object(page))


def resources_in(page: Any) -> Any:
    """The own or inherited resource dictionary of a page's dictionary."""
    return mupdf.pdf_dict_get_inheritable(page, pymupdf.PDF_NAME("Resources"))


def page_object(page: Any) -> Any:
    """The page's dictionary."""
    return mupdf.pdf_page_from_fz_page(page.this).obj()


def drawing_of(page: Any, content: bytes) -> tuple[int, bytes]:
    """What all that can be read on a page comes from: two pages with the same one read the same.

    The drawing orders, what they draw with (by the objects' numbers, so within one open file), and
    the page's boxes and turn. Annotations must be part of the page already (see `Source.load`).
    """
    held = page_object(page)
    buffer = mupdf.FzBuffer(512)
    output = mupdf.FzOutput(buffer)
    for name in _DRAWN_WITH:
        mupdf.pdf_print_obj(output, mupdf.pdf_dict_get_inheritable(held, name), 1, 0)
        output.fz_write_string("\n")
    output.fz_close_output()
    return content_mark(content), bytes(buffer.fz_buffer_extract_copy())


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
    """A hash of a page's drawing orders."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=16).digest())


@lru_cache(maxsize=4096)
def _weight(char: str) -> int:
    # Readers disagree about blanks, and about hyphens where a line ends.
    if char.isspace() or char in HYPHENS:
        return 0
    return int.from_bytes(
        hashlib.blake2b(char.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    )
