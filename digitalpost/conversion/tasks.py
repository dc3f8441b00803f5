"""Sniffing and converting as work for a child process under limits (see pdf/child.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitalpost.conversion.images import image_to_pdf
from digitalpost.conversion.kinds import FileKind
from digitalpost.conversion.sniff import kind_of
from digitalpost.conversion.text import text_to_pdf


@dataclass(frozen=True)
class SniffTask:
    """Find the kind of a file."""

    path: Path
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> SniffTask:
        return SniffTask(self.path, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        yield 0, kind_of(self.path)


@dataclass(frozen=True)
class ConvertTask:
    """Make a picture or a text into a PDF at ``target``; the result is its number of pages."""

    path: Path
    target: Path
    kind: FileKind
    max_pages: int
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> ConvertTask:
        return ConvertTask(self.path, self.target, self.kind, self.max_pages, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        if self.kind.is_image:
            yield (
                0,
                image_to_pdf(
                    self.path,
                    self.target,
                    kind=self.kind,
                    max_pages=self.max_pages,
                    at_page=lambda: at(0),
                ),
            )
        else:
            yield 0, text_to_pdf(self.path, self.target, max_pages=self.max_pages)
