"""Second engines that prove what the product claims: what anyone can read in a finished file.

Knows nothing of digitalpost.pdf, on purpose: a mistake in there must not hide in here.
"""

from __future__ import annotations

import io
import re
import subprocess
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pymupdf
import pypdf
import pypdfium2

# Whatever may stand between two digits of one number: blanks, every kind of hyphen, dots, nothing.
_BETWEEN = r"[\s\u00a0\u00ad\u2000-\u2015\u202f\u2212\ufeff\x00.\-]{0,4}"
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)

# pdftotext needs many minutes for a page of a million words.
_PATIENCE = 60  # seconds

# Without the flags that PyMuPDF sets by itself: they leave out what is clipped away.
_ALL_SIGNS = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE


def find_number(number: str, text: str) -> bool:
    """Whether ``number`` stands in ``text`` in any written form, even inside a longer number."""
    text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    return re.search(_BETWEEN.join(number), text) is not None


def find_words(words: str, text: str) -> bool:
    """Whether ``words`` stand in ``text`` with any blanks between them, whatever the case."""
    return re.search(r"\s+".join(map(re.escape, words.split())), text, re.IGNORECASE) is not None


def texts_by_engine(file: Path | str | bytes) -> dict[str, str]:
    """All text of a file as PyMuPDF, pypdf, pdfium and pdftotext read it, pages apart by \\f.

    PyMuPDF reads each page twice, with and without the replacement text of marked content.
    """
    data = _bytes_of(file)
    return {name: read(data) for name, read in READERS.items()}


def everything_in(file: Path | str | bytes) -> str:
    """The text of all four engines and every string and stream: where nothing may be left."""
    return "\n".join([*texts_by_engine(file).values(), raw_strings(file)])


def raw_strings(file: Path | str | bytes) -> str:
    """Every string, name and decoded stream of a file, and the strings that its pages show.

    Also unpacks what no object refers to any more, such as the pages of an older revision.
    """
    data = _bytes_of(file)
    found = [data.decode("latin-1"), *_unpacked(data)]
    with pikepdf.open(io.BytesIO(data)) as document:
        for thing in [*document.objects, document.trailer]:
            found += _strings_in(thing)
            if isinstance(thing, pikepdf.Stream):
                found += _shown_in(thing)
        for page in document.pages:
            found += _shown_in(page)
    return "\n".join(found)


def who_finds(number: str, file: Path | str | bytes) -> list[str]:
    """The engines that read ``number`` in a file; "strings" if it is anywhere in its objects."""
    found = [name for name, text in texts_by_engine(file).items() if find_number(number, text)]
    return found + (["strings"] if find_number(number, raw_strings(file)) else [])


def _bytes_of(file: Path | str | bytes) -> bytes:
    return file if isinstance(file, bytes) else Path(file).read_bytes()


def _by_pymupdf(data: bytes) -> str:
    with pymupdf.open(stream=data, filetype="pdf") as document:
        return "\f".join(
            page.get_text(flags=flags, clip=pymupdf.INFINITE_RECT())
            for page in document
            for flags in (_ALL_SIGNS, _ALL_SIGNS | pymupdf.TEXT_IGNORE_ACTUALTEXT)
        )


def _by_pypdf(data: bytes) -> str:
    return "\f".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def _by_pdfium(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "\f".join(page.get_textpage().get_text_range() for page in document)


def _by_pdftotext(data: bytes) -> str:
    command = ["pdftotext", "-", "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=True, timeout=_PATIENCE)
    return done.stdout.decode("utf-8")


READERS: dict[str, Callable[[bytes], str]] = {
    "PyMuPDF": _by_pymupdf,
    "pypdf": _by_pypdf,
    "pdfium": _by_pdfium,
    "pdftotext": _by_pdftotext,
}


def _strings_in(thing: pikepdf.Object, depth: int = 0) -> Iterator[str]:
    """Strings and names directly in an object; what it refers to is visited on its own."""
    if depth > 20 or (depth and thing.is_indirect):
        return
    if isinstance(thing, pikepdf.String):
        yield str(thing)
        yield bytes(thing).decode("latin-1")
    elif isinstance(thing, pikepdf.Name):
        yield str(thing)
    elif isinstance(thing, pikepdf.Array):
        for part in _parts(thing):
            yield from _strings_in(part, depth + 1)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for name in thing.keys():  # noqa: SIM118 - a PDF dictionary, not a Python one
            yield name
            value = thing.get(name)
            if isinstance(value, pikepdf.Object):
                yield from _strings_in(value, depth + 1)


def _parts(thing: pikepdf.Array) -> list[pikepdf.Object]:
    return [part for part in thing if isinstance(part, pikepdf.Object)]


def _shown_in(thing: pikepdf.Stream | pikepdf.Page) -> Iterator[str]:
    """The decoded stream, and the strings of its text operators joined as a reader sees them."""
    if isinstance(thing, pikepdf.Stream):
        try:
            yield thing.read_bytes().decode("latin-1")
        except pikepdf.PdfError:  # a picture: nothing to unpack
            yield thing.read_raw_bytes().decode("latin-1")
        if thing.get("/Subtype") != "/Form":
            return
    shown: list[bytes] = []
    for operands, operator in pikepdf.parse_content_stream(thing):
        for operand in operands:
            if isinstance(operand, pikepdf.Object):
                yield from _strings_in(operand)
        if str(operator) in {"Tj", "'", '"', "TJ"}:
            last = operands[-1]
            strings = last if isinstance(last, pikepdf.Array) else [last]
            shown += [bytes(part) for part in strings if isinstance(part, pikepdf.String)]
    yield b"".join(shown).decode("latin-1")


def _unpacked(data: bytes) -> Iterator[str]:
    for found in _STREAM.finditer(data):
        unpack = zlib.decompressobj()
        try:
            yield unpack.decompress(found[1]).decode("latin-1")
        except zlib.error:  # not deflated, so its bytes were read as they are
            continue
