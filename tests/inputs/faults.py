"""Merge letters with planted faults, and the truth about them.

A layout writes the letters; the pages are then put together with one fault in every so many
letters. What is drawn upon a page is drawn by PyMuPDF, so that the layouts need not know of faults.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pymupdf

from tests.inputs.letters import DECOYS
from tests.inputs.miswritten import letters_written_otherwise, make_parent
from tests.inputs.people import Person, make_people
from tests.inputs.written import write_number

Layout = Callable[..., Path]

# What is planted, and in the words of the issue.
FAULTS = (
    "wrong page order",
    "missing last page",
    "missing first page",
    "swapped names",
    "swapped numbers",
    "page of another letter",
    "page swapped for another's",
    "two numbers on a page",
    "another person in the text",
    "unreadable page",
    "duplicated beside",
    "duplicated far away",
    "missing number",
    "impossible number",
    "names exchanged",
    "one digit wrong",
    "a parent's number only",
    "next one's number on last page",
    "interleaved with the next",
    "sibling's last page",
    "stray page behind",
)
# Nothing on the pages tells: only a register that knows whose a number is can.
ONLY_BY_REGISTER = frozenset({"names exchanged", "one digit wrong"})
LOOK_ALIKES = "look-alike numbers"  # not a fault: such a letter is right, and must not go wrong


@dataclass
class Planted:
    """One fault: its kind and the pages of the merge that it touches, from 1."""

    kind: str
    pages: tuple[int, ...]


# These make the letter before doubtful as well: a page too many follows it, or its number returns.
_TOUCHES_BEFORE = {
    "wrong page order": 1,
    "missing first page": 1,
    "missing number": 1,
    "impossible number": 1,
    "swapped numbers": 2,
    "swapped names": 2,
    "interleaved with the next": 1,
}
# These make the letter after doubtful: it was given a page, or its number stands before it.
_TOUCHES_AFTER = frozenset({"next one's number on last page", "stray page behind"})


@dataclass
class FaultyMerge:
    """A merge, the faults in it, and the letters that are right: (number, pages).

    ``touched`` are those of the right letters that a fault beside them makes doubtful.
    """

    path: Path
    planted: list[Planted] = field(default_factory=list)
    right: set[tuple[str, tuple[int, ...]]] = field(default_factory=set)
    look_alikes: set[tuple[str, tuple[int, ...]]] = field(default_factory=set)
    touched: set[tuple[str, tuple[int, ...]]] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    pages: int = 0


def plant_faults(
    path: Path | str,
    layout: Layout,
    *,
    letters: int = 300,
    each: int = 3,
    kinds: Sequence[str] = FAULTS,
    seed: int = 1,
    **options: object,
) -> FaultyMerge:
    """A merge of ``letters`` with every fault of ``kinds`` planted ``each`` times, far apart.

    As many letters again get look-alike numbers. The register knows everybody's right name.
    """
    chance = random.Random(seed)
    people = make_people(letters, seed)
    planted = [kind for kind in (*kinds, LOOK_ALIKES) for _ in range(each)]
    if 4 * len(planted) > letters:
        raise ValueError("too many faults for so few letters")
    chance.shuffle(planted)
    gap = letters // len(planted)
    where = {2 + gap * at: kind for at, kind in enumerate(planted)}
    changed = letters_written_otherwise(people, where)
    base_path, own_path = (Path(path).with_suffix(end) for end in (".base.pdf", ".own.pdf"))
    # The letters without faults are the same for all seeds and faults: layouts may keep them.
    layout(base_path, people, **options)
    layout(own_path, list(changed.values()), **options)
    with pymupdf.open(base_path) as base, pymupdf.open(own_path) as own, pymupdf.open() as merge:
        maker = _Maker(merge, base, len(base) // letters, people)
        maker.own, maker.place = own, {key: place for place, key in enumerate(changed)}
        for at in range(letters):
            maker.add(at, where.get(at, ""))
        merge.save(str(path), garbage=1, no_new_id=True)
        made = replace(maker.made, path=Path(path), pages=len(merge))
    base_path.unlink()
    own_path.unlink()
    made.names = {person.cpr: person.name for person in people}
    return made


class _Maker:
    def __init__(
        self, merge: pymupdf.Document, base: pymupdf.Document, size: int, people: list[Person]
    ) -> None:
        self.merge, self.base, self.size, self.people = merge, base, size, people
        self.made = FaultyMerge(Path())
        self.letters: list[tuple[str, tuple[int, ...]]] = []
        self.own: pymupdf.Document = base
        self.place: dict[tuple[int, str], int] = {}
        self.held_back: list[int] = []
        self.touch_next = False

    def add(self, at: int, kind: str) -> None:
        """Letter ``at`` with its fault, if it has one."""
        own = [at * self.size + page for page in range(self.size)]
        before = (at - 1) * self.size
        pages = {
            "wrong page order": own[::-1],
            "missing last page": own[:-1],
            "missing first page": own[1:],
            "page of another letter": [*own, before + self.size - 1],
            "page swapped for another's": [*own[:-1], before + self.size - 1],
            "duplicated beside": own + own,
            "interleaved with the next": own[:1],
            "sibling's last page": own[:-1],
        }.get(kind, own)
        start = len(self.merge) + 1
        if (at, "letter") in self.place:
            self._copy_own(at, "letter", range(self.size))
        elif self.held_back:  # the rest of the letter before comes behind this one's first page
            self._copy([own[0], *self.held_back, *own[1:]])
            self.made.planted[-1].pages = (*self.made.planted[-1].pages, *self._pages_from(start))
            self.held_back = []
            self.letters.append((self.people[at].cpr, ()))
            return
        else:
            self._copy(pages)
        number = self.people[at].cpr
        if kind == "interleaved with the next":
            self.held_back = own[1:]
        if kind == "sibling's last page":
            self._copy_own(at, "sibling", [self.size - 1])
        last = len(self.merge) - 1
        borrowed = kind in ("page swapped for another's", "sibling's last page")
        if borrowed and self._same_text(last, own[-1]):
            kind = ""  # nothing on the page is anybody's: the letter is as right as it was
        letter = (number, tuple(range(start, start + self.size)))
        self.letters.append(letter)
        if self.touch_next:
            self.made.touched.add(letter)
            self.touch_next = False
        self.touch_next = kind in _TOUCHES_AFTER
        if kind in _TOUCHES_BEFORE:
            self.made.touched.add(self.letters[at - _TOUCHES_BEFORE[kind]])
        if not kind and (at, "letter") in self.place:
            kind = "names exchanged"  # the second of the two
        if kind == "duplicated beside":
            self._plant(kind, self._pages_from(start))
        elif kind == "duplicated far away":
            self.made.right.add(letter)
            again = len(self.merge) + 1
            self._copy(range(self.size))
            self._plant(kind, self._pages_from(again))
        elif kind == LOOK_ALIKES:
            self._write(start, DECOYS)
            self.made.right.add(letter)
            self.made.look_alikes.add(letter)
        elif kind:
            if kind in ("page of another letter", "stray page behind"):  # without it it is right
                self.made.right.add(letter)
                self.made.touched.add(letter)
            self._spoil(start, at, kind)
            self._plant(kind, self._pages_from(start))
        else:
            self.made.right.add(letter)

    def _pages_from(self, start: int) -> range:
        return range(start, len(self.merge) + 1)

    def _copy_own(self, at: int, what: str, pages: Sequence[int] | range) -> None:
        first = self.place[at, what] * self.size
        for page in pages:
            self.merge.insert_pdf(
                self.own,
                from_page=first + page,
                to_page=first + page,
                links=0,
                annots=0,
                widgets=0,
            )

    def _copy(self, pages: Sequence[int] | range) -> None:
        for page in pages:
            self.merge.insert_pdf(
                self.base, from_page=page, to_page=page, links=0, annots=0, widgets=0
            )

    def _same_text(self, page: int, source_page: int) -> bool:
        return bool(self.merge[page].get_text() == self.base[source_page].get_text())

    def _plant(self, kind: str, pages: range) -> None:
        self.made.planted.append(Planted(kind, tuple(pages)))

    def _spoil(self, start: int, at: int, kind: str) -> None:
        person, other = self.people[at], self.people[at - 2]
        last = len(self.merge)
        if kind == "two numbers on a page":
            self._write(start, [f"CPR-nr.: {write_number(other.cpr)}"])
        elif kind == "another person in the text":
            self._write(last, [f"Kontakt {other.name}, CPR-nr. {write_number(other.cpr)}"])
        elif kind == "a parent's number only":
            for number in range(start, last + 1):
                self._wipe(number, person.cpr)
            parent = make_parent(person)
            words = f"Kopi til din forælder {parent.name}, CPR-nr. {write_number(parent.cpr)}"
            self._write(start, [words])
        elif kind == "next one's number on last page":
            after = self.people[at + 1]
            self._write(last, [f"CPR-nr.: {write_number(after.cpr)}"])
        elif kind == "stray page behind":
            self.merge.new_page(width=595, height=842)
            self._write(last + 1, ["Internt notat", "Husk at bestille lokale til eksamen."])
        elif kind == "unreadable page":
            self._photograph(last)
        elif kind == "missing number":
            for number in range(start, last + 1):
                self._wipe(number, person.cpr)

    def _write(self, page: int, lines: Sequence[str]) -> None:
        for place, line in enumerate(lines):
            self.merge[page - 1].insert_text((60, 130 + 9 * place), line, fontsize=7)

    def _wipe(self, page: int, cpr: str) -> None:
        drawn = self.merge[page - 1]
        for quad in drawn.search_for(write_number(cpr), quads=True):
            drawn.add_redact_annot(quad, cross_out=False)
        drawn.apply_redactions(images=0, graphics=0)

    def _photograph(self, page: int) -> None:
        picture = self.merge[page - 1].get_pixmap(dpi=40, colorspace=pymupdf.csGRAY)
        box = self.merge[page - 1].rect
        self.merge.delete_page(page - 1)
        new = self.merge.new_page(page - 1, width=box.width, height=box.height)
        new.insert_image(new.rect, stream=picture.tobytes("jpeg"))
