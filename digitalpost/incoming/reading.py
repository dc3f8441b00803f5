"""Reads what stands in the main document of an incoming message, for rules and suggestions.

Call `read_text` with no transaction open: a PDF is opened in a child process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html

from digitalpost.conversion.text import decode
from digitalpost.documents import PDF
from digitalpost.errors import Refused
from digitalpost.incoming.files import HTML, LookedAt
from digitalpost.incoming.files import TEXT as PLAIN
from digitalpost.models import FileRole
from digitalpost.pdf.pool import Workers

# A letter says what it is about at its start, and who wrote it at its end.
KEPT_FIRST, KEPT_LAST = 8_000, 1_000
_MOST_BYTES = 2_000_000  # of text or html; more is no letter
_MOST_PDF_BYTES = 20_000_000
_PDF_PAGES = 5
_UNSEEN = ("script", "style", "head", "template", "noscript")


@dataclass(frozen=True)
class _TextTask:
    """Take the text layer of a PDF's first pages."""

    content: bytes = field(repr=False)
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> _TextTask:
        return _TextTask(self.content, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        import pymupdf

        at(0)
        with pymupdf.open(stream=self.content, filetype="pdf") as document:
            count = min(_PDF_PAGES, document.page_count)
            yield 0, "\n".join(document[number].get_text() for number in range(count))


def main_text(looked: Iterable[LookedAt], workers: Workers) -> str:
    """The words of a message's letter: of its html, else its text, else its PDF file.

    What is in attachments is not read, and nothing that is larger than a letter.
    """
    mains = [one for one in looked if one.file.role is FileRole.MAIN and one.problem is None]
    for media_type in (HTML, PLAIN, PDF):
        for one in mains:
            if one.media_type != media_type:
                continue
            if media_type == PDF and one.size > _MOST_PDF_BYTES:
                continue
            with one.file.path.open("rb") as file:
                content = file.read(_MOST_PDF_BYTES if media_type == PDF else _MOST_BYTES)
            if text := read_text(content, media_type, workers=workers):
                return text
    return ""


def read_text(content: bytes, media_type: str, *, workers: Workers | None) -> str:
    """The words of a text, html or PDF file; empty for anything else and for what can't be read.

    Without ``workers`` no PDF is read.
    """
    if media_type == PDF:
        return _of_pdf(content, workers) if workers is not None else ""
    if media_type not in (HTML, PLAIN):
        return ""
    try:
        text = decode(content[:_MOST_BYTES])
    except Refused:
        return ""
    return shortened(_of_html(text) if media_type == HTML else text)


def shortened(text: str) -> str:
    """As much as is kept: the beginning, and the end with its signature line."""
    bare = text.replace("\0", "").strip()
    if len(bare) <= KEPT_FIRST + KEPT_LAST:
        return bare
    return f"{bare[:KEPT_FIRST]}\n{bare[-KEPT_LAST:]}"


def _of_html(text: str) -> str:
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(no_network=True))
    except (etree.LxmlError, ValueError):
        # An encoding declared in a text that is decoded already, or no element at all.
        try:
            root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
        except (etree.LxmlError, ValueError):
            return ""
    for node in list(root.iter(*_UNSEEN, etree.Comment)):
        if node.getparent() is not None:
            node.drop_tree()
    return "\n".join(piece.strip() for piece in root.itertext() if piece.strip())


def _of_pdf(content: bytes, workers: Workers) -> str:
    try:
        found = dict(workers.run([_TextTask(content)])).get(0)
    except Exception:  # what PyMuPDF meets in a wreck has no common name
        return ""
    return shortened(found) if isinstance(found, str) else ""
