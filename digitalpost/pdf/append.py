"""Putting finished attachments behind a letter: one file, a bookmark where each part begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pymupdf

from digitalpost.pdf.clean import CleanPage
from digitalpost.pdf.orders import LetterOrder

# The words stand in the letter itself, which is Danish whatever language the clerk reads.
_LETTER = "Brev"
_ATTACHMENT = "Bilag"


def append_to(letter: Any, order: LetterOrder) -> None:
    """Copy the attachments of ``order`` behind the letter's pages, and set the bookmarks."""
    bookmarks: list[list[Any]] = [[1, _LETTER, 1]]
    for number, appendix in enumerate(order.appendices, start=1):
        bookmarks.append([1, f"{_ATTACHMENT} {number}: {appendix.title}", letter.page_count + 1])
        with pymupdf.open(str(appendix.path), filetype="pdf") as file:
            letter.insert_pdf(file, widgets=0, links=0, annots=0)
    letter.set_toc(bookmarks)


def appended_pages(order: LetterOrder) -> list[CleanPage]:
    """What the pages behind the letter must be; a fault in one is told of the letter's first."""
    first = order.pages[0]
    return [replace(page, page=first) for one in order.appendices for page in one.pages]
