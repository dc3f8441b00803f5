"""Divides a read file into letters as the mailing says, with what the register knows of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitalpost.errors import Sentence
from digitalpost.institution import Institution
from digitalpost.mailings.addressees import known_numbers, names_in
from digitalpost.mailings.division import as_stored
from digitalpost.mailings.split import SplitLetter, split_by_plan, whole_to_each
from digitalpost.mailings.work import Source, Work
from digitalpost.pdf.inspect import PdfFacts
from digitalpost.pdf.owners import Plan, describe_unreadable
from digitalpost.pdf.pool import Workers, inspect_pdf
from digitalpost.pdf.propose import Proposal, choose_best, propose
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.splits import SplitMethod


@dataclass(frozen=True)
class Divided:
    """The letters of one source, the pages left out, and what staff must know of the file.

    ``proposals`` are the ways that were tried, as `division.as_stored` writes them.
    """

    letters: list[SplitLetter]
    left_out: Sequence[tuple[int, Sentence]] = ()
    problems: tuple[Sentence, ...] = ()
    proposals: dict[str, Any] | None = None


@dataclass(frozen=True)
class Divider:
    """Divides the sources of one mailing."""

    institution: Institution
    work: Work
    workers: Workers

    def divide(self, source: Source, path: Path, readings: Sequence[PageReading]) -> Divided:
        """The letters of one source, in the way that was asked for, or else in the best one.

        Where that does not fit the file, or leaves pages without a sure owner that another way
        would not, says so.
        """
        work = self.work
        if work.typed:
            return Divided(
                whole_to_each(
                    work.typed,
                    readings,
                    title=work.title,
                    keep_numbers=work.keep_numbers,
                    every_number=work.every_number,
                )
            )
        asked = None if work.choice.method is SplitMethod.AUTO else work.choice
        ways = propose(
            readings,
            self._facts(path),
            asked=asked,
            own_cvr=self.institution.settings.own_cvr,
            known=known_numbers(self.institution),
            names=names_in(self.institution, readings),
        )
        why: Sentence | None = None
        if asked is None:
            used, why = choose_best(ways)
        else:
            used = next(one for one in ways if one.choice == asked)
        letters = split_by_plan(
            used.plan,
            readings,
            title=work.title,
            keep_numbers=work.keep_numbers,
            every_number=work.every_number,
        )
        problems = [
            *_about(used.plan, readings),
            *_misfit(used, readings),
            *_better_way(used, ways[0]),
        ]
        named = (Sentence(p.text, p.values, p.page, source.name, p.code) for p in problems)
        stored = as_stored(source.name, used, ways, why, len(readings))
        return Divided(letters, used.plan.left_out, tuple(named), stored)

    def _facts(self, path: Path) -> PdfFacts:
        most = self.institution.settings.max_pages
        return inspect_pdf(path, max_pages=most, workers=self.workers)


def _about(plan: Plan, readings: Sequence[PageReading]) -> list[Sentence]:
    if not plan.errors:
        return []
    unreadable = (describe_unreadable(reading) for reading in readings)
    return [*plan.errors, *(one for one in unreadable if one is not None)]


def _misfit(used: Proposal, readings: Sequence[PageReading]) -> list[Sentence]:
    """That the file has nothing of what it was to be divided by."""
    pages = len(readings)
    match used.choice.method:
        case SplitMethod.PAGES if pages % used.choice.pages_each:
            text = (
                "Filen har %(pages)s sider, og det går ikke op med %(each)s sider i hvert brev. "
                "Det sidste brev har færre. Tjek, at brevene er delt rigtigt."
            )
            values = {"pages": pages, "each": used.choice.pages_each}
            return [Sentence(text, values, code="uneven")]
        case SplitMethod.BOOKMARKS if used.letters < 2 <= pages:
            text = (
                "Filen har ingen bogmærker at dele ved, så den er blevet til ét brev. "
                "Vælg en anden måde at dele den på."
            )
        case SplitMethod.MARKER if not any(page.marked for page in readings):
            text = (
                "Den tekst, der skal begynde et brev, står ikke i filen, så den er blevet til ét "
                "brev. Tjek teksten, eller vælg en anden måde at dele den på."
            )
        case SplitMethod.BLANK if used.letters < 2 <= pages:
            text = (
                "Filen har ingen tomme sider at dele ved, så den er blevet til ét brev. "
                "Vælg en anden måde at dele den på."
            )
        case _:
            return []
    return [Sentence(text, code="misfit")]


def _better_way(used: Proposal, best: Proposal) -> list[Sentence]:
    left = len(used.unexplained)
    if not left or len(best.unexplained) >= left or best.choice.method is used.choice.method:
        return []
    if not any(letter.number for letter in used.plan.letters):
        return []
    if best.unexplained:
        text = (
            "Der er sider uden sikker modtager (%(pages)s). Deles filen på en anden måde, er der "
            "færre (%(left)s): %(way)s."
        )
    else:
        text = (
            "Der er sider uden sikker modtager (%(pages)s). Deles filen på en anden måde, får alle "
            "sider en: %(way)s."
        )
    values = {
        "pages": left,
        "way": best.choice.method.label,
        "left": len(best.unexplained),
    }
    return [Sentence(text, values, code="better_split")]
