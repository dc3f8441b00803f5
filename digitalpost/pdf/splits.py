"""The ways to divide a file into letters, behind one call. Numbers always decide who owns a part.

``number`` lets the numbers divide as well (owners.py); all other ways cut by something else, and
a part with two owners, or none, is red. ``auto`` leaves the choice to propose.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.marker import MARKER, Marker, make_marker
from digitalpost.pdf.owners import Draft, Plan, judge_page, plan_letters
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.recipients import WeighedPage, weigh
from digitalpost.pdf.source import text_mark
from digitalpost.pdf.witnesses import hear_witnesses
from digitalpost.verdict import Verdict

_MOST_PAGES_EACH = 500


class SplitMethod(StrEnum):
    """How a file is divided into letters."""

    AUTO = "auto"
    NUMBER = "number"
    PAGES = "pages"
    MARKER = "marker"
    BOOKMARKS = "bookmarks"
    BLANK = "blank"
    FILE = "file"
    WHOLE = "whole"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            SplitMethod.AUTO: "Find selv den bedste måde",
            SplitMethod.NUMBER: "Et nyt nummer begynder et brev",
            SplitMethod.PAGES: "Et fast antal sider i hvert brev",
            SplitMethod.MARKER: "En tekst begynder et brev",
            SplitMethod.BOOKMARKS: "Et bogmærke begynder et brev",
            SplitMethod.BLANK: "En tom side skiller brevene",
            SplitMethod.FILE: "Hver fil er ét brev",
            SplitMethod.WHOLE: "Hele filen til dem, der skrives",
        }[self]


@dataclass(frozen=True)
class SplitChoice:
    """A way to divide, with what it needs: pages in each letter, or a text that starts one.

    Without a text, ``marker`` goes by the invisible mark (marker.py).
    """

    method: SplitMethod = SplitMethod.NUMBER
    pages_each: int = 0
    text: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """What a mailing stores beside the method's name."""
        kept: dict[str, Any] = {"pages_each": self.pages_each, "text": self.text}
        return {name: value for name, value in kept.items() if value}

    @property
    def written(self) -> str:
        """The choice as `parse_split` reads it."""
        detail = str(self.pages_each) if self.pages_each else self.text
        return f"{self.method.value}:{detail}" if detail else self.method.value

    @property
    def marker(self) -> Marker | None:
        """The text to look for while reading; None when there is none."""
        wanted = self.method is SplitMethod.MARKER and self.text
        return make_marker(self.text) if wanted else None


def parse_split(words: str) -> SplitChoice:
    """A choice as it is written: ``auto``, ``number``, ``pages:2``, ``marker:Kære`` and so on.

    Raises `Refused` with what to write instead.
    """
    name, _, detail = words.strip().partition(":")
    if name not in list(SplitMethod):
        raise Refused("Den måde at dele filen på findes ikke.")
    method = SplitMethod(name)
    if method is SplitMethod.MARKER:
        return SplitChoice(method, text=make_marker(detail).text if detail else "")
    if method is not SplitMethod.PAGES:
        return SplitChoice(method)
    if not (detail.isascii() and detail.isdigit() and 1 <= int(detail) <= _MOST_PAGES_EACH):
        raise Refused(
            "Skriv, hvor mange sider hvert brev har: et tal fra 1 til %(most)s.",
            most=_MOST_PAGES_EACH,
        )
    return SplitChoice(method, pages_each=int(detail))


def choice_of(method: str, options: Mapping[str, Any]) -> SplitChoice:
    """The choice that a mailing stored."""
    return SplitChoice(
        SplitMethod(method), int(options.get("pages_each", 0)), str(options.get("text", ""))
    )


def _nobody(kind: str, number: str) -> bool:
    return False


def split_letters(
    readings: Sequence[PageReading],
    choice: SplitChoice | None = None,
    *,
    bookmarks: Sequence[int] = (),
    own_cvr: frozenset[str] = frozenset(),
    known: Callable[[str, str], bool] = _nobody,
    names: Mapping[str, str] | None = None,
) -> Plan:
    """The letters of a file, judged by every witness.

    ``bookmarks`` are the pages that the file's outermost bookmarks lead to; ``names`` is what the
    register calls the owners of numbers. Every page is in one letter or left out with a reason.
    Not for ``auto``: `propose.choose_best` says which way that is.
    """
    choice = choice or SplitChoice()
    if choice.method is SplitMethod.NUMBER:
        plan = plan_letters(readings, own_cvr=own_cvr, known=known)
    else:
        plan = _by_parts(readings, choice, bookmarks, own_cvr, known)
    return hear_witnesses(plan, readings, names=names)


def _by_parts(
    readings: Sequence[PageReading],
    choice: SplitChoice,
    bookmarks: Sequence[int],
    own_cvr: frozenset[str],
    known: Callable[[str, str], bool],
) -> Plan:
    by_page = {page.reading.page: page for page in weigh(readings, own_cvr, known)}
    parts, left_out = _PARTS[choice.method](readings, choice, frozenset(bookmarks))
    letters = tuple(_owned([by_page[one.page] for one in part]).done() for part in parts)
    plan = Plan(letters, tuple(left_out))
    if any(letter.number for letter in letters):
        return plan
    error = Sentence(
        "Der er ikke fundet noget CPR- eller CVR-nummer i filen. "
        "Tjek, at det er den rigtige fil, eller skriv modtageren.",
        code="no_number",
    )
    return replace(plan, errors=(error,))


def _owned(part: Sequence[WeighedPage]) -> Draft:
    """A part with its owner, if just one number says who that is."""
    owners = tuple(dict.fromkeys(one for page in part for one in page.recipients))
    first = part[0].reading.page
    draft = Draft(owners[0] if len(owners) == 1 else None, owners)
    if not owners:
        draft.say(
            Verdict.RED,
            "no_recipient",
            "Brevet fra side %(page)s har intet CPR- eller CVR-nummer. "
            "Skriv modtageren, eller tag siderne ud.",
            first,
        )
    elif len(owners) > 1:
        draft.say(
            Verdict.RED,
            "two_owners",
            "Brevet fra side %(page)s har flere forskellige numre. "
            "Skriv, hvem det er til, eller del det op.",
            first,
        )
    for page in part:
        draft.pages.append(page.reading.page)
        judge_page(draft, page)
    return draft


Parts = tuple[list[list[PageReading]], list[tuple[int, Sentence]]]


def _every_n(readings: Sequence[PageReading], choice: SplitChoice, _: frozenset[int]) -> Parts:
    size = choice.pages_each
    return [list(readings[at : at + size]) for at in range(0, len(readings), size)], []


def _one_part(readings: Sequence[PageReading], _: SplitChoice, __: frozenset[int]) -> Parts:
    return ([list(readings)] if readings else []), []


def _at_bookmarks(
    readings: Sequence[PageReading], _: SplitChoice, bookmarks: frozenset[int]
) -> Parts:
    return _cut(readings, starts=lambda page: page.page in bookmarks, separates=_never)


def _at_markers(readings: Sequence[PageReading], _: SplitChoice, __: frozenset[int]) -> Parts:
    return _cut(readings, starts=lambda page: page.marked, separates=is_separator)


def _at_blanks(readings: Sequence[PageReading], _: SplitChoice, __: frozenset[int]) -> Parts:
    return _cut(readings, starts=_never, separates=lambda page: page.blank or is_separator(page))


_PARTS: dict[SplitMethod, Callable[[Sequence[PageReading], SplitChoice, frozenset[int]], Parts]] = {
    SplitMethod.PAGES: _every_n,
    SplitMethod.MARKER: _at_markers,
    SplitMethod.BOOKMARKS: _at_bookmarks,
    SplitMethod.BLANK: _at_blanks,
    SplitMethod.FILE: _one_part,
    SplitMethod.WHOLE: _one_part,
}


def is_separator(page: PageReading) -> bool:
    """Whether a page holds the invisible mark and no other text."""
    only_marks = page.marks * text_mark(MARKER) % (1 << 64)
    return bool(page.marks) and page.readable and page.mark == only_marks


def _never(_: PageReading) -> bool:
    return False


def _cut(
    readings: Sequence[PageReading],
    *,
    starts: Callable[[PageReading], bool],
    separates: Callable[[PageReading], bool],
) -> Parts:
    parts: list[list[PageReading]] = []
    left_out: list[tuple[int, Sentence]] = []
    begun = False
    for page in readings:
        if separates(page):
            text = "Side %(page)s skiller to breve ad og er udeladt."
            reason = Sentence(text, {"page": page.page}, page=page.page, code="separator")
            left_out.append((page.page, reason))
            begun = False
        elif begun and not starts(page):
            parts[-1].append(page)
        else:
            parts.append([page])
            begun = True
    return parts, left_out
