"""Looking a file over before anything is done with it: is it a PDF, is it whole, may we read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pymupdf

from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.source import PDF_ERRORS

# Readers accept junk before the header within the first kilobyte (ISO 32000-1 annex H, note 13).
_HEADER_WITHIN = 1024
_KINDS = (
    (b"PK\x03\x04", "et Word-dokument eller en zip-fil"),
    (b"\xd0\xcf\x11\xe0", "et ældre Office-dokument"),
    (b"\x89PNG", "et billede"),
    (b"\xff\xd8\xff", "et billede"),
    (b"GIF8", "et billede"),
    (b"{\\rtf", "et RTF-dokument"),
)


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What a file is. ``repaired``: it was damaged but could be put in order.

    ``encrypted``: it opens freely but forbids something; ``hidden_layers``: it has layers that
    are switched off here and will be seen in the finished letters; ``signed``: it holds a
    signature, which does not survive a split. ``bookmarks`` are the pages (from 1) that the
    outermost bookmarks lead to.
    """

    pages: int
    encrypted: bool
    repaired: bool
    hidden_layers: bool
    signed: bool
    title: str
    bookmarks: tuple[int, ...] = ()


def refused(code: str, text: str, **values: object) -> Refused:
    """A refusal with one sentence that has a code."""
    return Refused([Sentence(text, values, code=code)])


def refuse_slow() -> Refused:
    """The file uses so much time or memory that it is stopped."""
    return refused(
        "too_slow",
        "Filen tog for lang tid at læse og er måske beskadiget. "
        "Lav PDF-filen igen fra det oprindelige dokument.",
    )


def sniff(path: Path) -> None:
    """Refuse what is no PDF by its first bytes, whatever its name is. Opens nothing in MuPDF."""
    with path.open("rb") as file:
        head = file.read(_HEADER_WITHIN + 5)
    if not head:
        raise refused("empty", "Filen er tom. Gem PDF-filen igen, og vælg den på ny.")
    if b"%PDF-" in head:
        return
    for start, kind in _KINDS:
        if head.startswith(start):
            raise refused(
                "not_pdf",
                "Filen er ikke en PDF, men %(kind)s. Gem dokumentet som PDF, og vælg den fil.",
                kind=kind,
            )
    raise refused("not_pdf", "Filen er ikke en PDF. Gem dokumentet som PDF, og vælg den fil.")


def examine(path: Path, *, max_pages: int) -> PdfFacts:
    """Look a file over in this process; `pool.inspect_pdf` does it in a child under limits.

    Raises `Refused` with one sentence: ``not_pdf``, ``empty``, ``damaged``, ``password``,
    ``no_pages`` or ``too_many_pages``.
    """
    sniff(path)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(str(path), filetype="pdf") as document:
            return _facts(document, max_pages)
    except PDF_ERRORS as error:
        raise _damaged() from error


def _facts(document: pymupdf.Document, max_pages: int) -> PdfFacts:
    if document.needs_pass:
        raise refused(
            "password",
            "Filen er låst med en adgangskode. Gem den uden adgangskode, og vælg den igen.",
        )
    pages = document.page_count
    if pages == 0:
        if _claims_pages(document):
            raise _damaged()
        raise refused("no_pages", "Filen har ingen sider. Tjek, at det er den rigtige fil.")
    if pages > max_pages:
        raise refused(
            "too_many_pages",
            "Filen har %(pages)s sider. Der må højst være %(limit)s. Del filen i flere.",
            pages=pages,
            limit=max_pages,
        )
    document.load_page(0)
    document.load_page(pages - 1)
    return PdfFacts(
        pages=pages,
        encrypted=bool(document.metadata.get("encryption")),
        repaired=bool(document.is_repaired),
        hidden_layers=any(not layer["on"] for layer in document.get_ocgs().values()),
        signed=document.get_sigflags() > 0,
        title=document.metadata.get("title") or "",
        bookmarks=_bookmarks(document),
    )


def _bookmarks(document: pymupdf.Document) -> tuple[int, ...]:
    pages = {page for level, _, page in document.get_toc(simple=True) if level == 1}
    return tuple(sorted(page for page in pages if 1 <= page <= document.page_count))


def _claims_pages(document: pymupdf.Document) -> bool:
    return document.xref_get_key(document.pdf_catalog(), "Pages/Kids")[1] not in ("[]", "null")


def _damaged() -> Refused:
    return refused(
        "damaged",
        "Filen er beskadiget og kan ikke læses. Lav PDF-filen igen fra det oprindelige dokument.",
    )
