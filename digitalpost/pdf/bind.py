"""One PDF of many letters to print: each with an address page first, bound in a child process.

Every letter begins on a sheet of its own, also on a printer that prints on both sides: nobody's
address may stand on the back of somebody else's letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import pymupdf

from digitalpost.errors import Refused
from digitalpost.pdf.pool import Workers

_A4 = (595, 842)  # points
_WINDOW = (57, 130, 330, 300)  # where the address shows through a window envelope
_STYLE = "* {font-family: sans-serif; font-size: 12pt; line-height: 1.4;}"
_EFFORT = 20  # of 100


@dataclass(frozen=True)
class Cover:
    """What stands on the address page of a letter."""

    lines: tuple[str, ...]  # name, attention, address
    note: str = ""  # for whoever packs the letter, not part of the address


@dataclass(frozen=True)
class BindTask:
    """Bind letters that lie in a folder as ``<number>.pdf``; keys are their numbers."""

    folder: Path
    covers: tuple[tuple[int, Cover], ...]
    target: Path

    @property
    def keys(self) -> tuple[int, ...]:
        return tuple(number for number, _ in self.covers)

    def only(self, keys: tuple[int, ...]) -> BindTask:
        wanted = set(keys)
        return replace(self, covers=tuple(one for one in self.covers if one[0] in wanted))

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        with pymupdf.open() as bound:
            for number, cover in self.covers:
                at(number)
                _draw_cover(bound, cover)
                with pymupdf.open(self.folder / f"{number}.pdf") as letter:
                    bound.insert_pdf(letter, annots=True, links=False)
                if len(bound) % 2:
                    bound.new_page(width=_A4[0], height=_A4[1])
            bound.set_language("da")
            bound.save(self.target, garbage=1, deflate=True, compression_effort=_EFFORT)
        for number in self.keys:
            yield number, True


def bind(letters: Iterable[tuple[Cover, bytes]], folder: Path, *, workers: Workers) -> Path:
    """Write all letters into one PDF in ``folder``, in order, and return its path.

    ``folder`` is empty and private; letters are written there one by one, so that only the child
    holds more than one. Raises `Refused` when one of them can't be bound: none may be left out.
    """
    covers: list[tuple[int, Cover]] = []
    for number, (cover, content) in enumerate(letters, start=1):
        (folder / f"{number}.pdf").write_bytes(content)
        covers.append((number, cover))
    target = folder / "print.pdf"
    done = dict(workers.run([BindTask(folder, tuple(covers), target)]))
    if not all(done.values()) or len(done) != len(covers):
        raise Refused("Et af brevene kan ikke samles til print. Kontakt en administrator.")
    for number, _ in covers:
        (folder / f"{number}.pdf").unlink()
    return target


def _draw_cover(bound: pymupdf.Document, cover: Cover) -> None:
    page = bound.new_page(width=_A4[0], height=_A4[1])
    page.insert_htmlbox(
        pymupdf.Rect(_WINDOW), "<br>".join(escape(line) for line in cover.lines), css=_STYLE
    )
    if cover.note:
        below = pymupdf.Rect(_WINDOW[0], 420, _A4[0] - _WINDOW[0], 520)
        page.insert_htmlbox(below, f"<b>{escape(cover.note)}</b>", css=_STYLE)
