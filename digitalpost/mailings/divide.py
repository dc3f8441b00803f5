"""Divides a read file into letters as the mailing says, with what the register knows of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitalpost.errors import Sentence
from digitalpost.institution import Institution
from digitalpost.mailings.addressees import known_numbers, names_in
from digitalpost.mailings.split import SplitLetter, split_by_plan, whole_to_each
from digitalpost.mailings.work import Source, Work
from digitalpost.pdf.inspect import PdfFacts
from digitalpost.pdf.owners import Plan, describe_unreadable
from digitalpost.pdf.pool import Workers, inspect_pdf
from digitalpost.pdf.propose import propose
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.splits import SplitMethod, split_letters


@dataclass(frozen=True)
class Divided:
    """The letters of one source, the pages left out, and what staff must know of the file."""

    letters: list[SplitLetter]
    left_out: Sequence[tuple[int, Sentence]] = ()
    problems: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Divider:
    """Divides the sources of one mailing."""

    institution: Institution
    work: Work
    workers: Workers

    def divide(self, source: Source, path: Path, readings: Sequence[PageReading]) -> Divided:
        """The letters of one source, by the numbers unless the mailing says otherwise.

        Where pages are left without a sure owner and another way would do better, says so.
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
        facts = self._facts(path) if work.choice.method is SplitMethod.BOOKMARKS else None
        plan = split_letters(
            readings,
            work.choice,
            bookmarks=facts.bookmarks if facts else (),
            own_cvr=self.institution.settings.own_cvr,
            known=known_numbers(self.institution),
            names=names_in(self.institution, readings),
        )
        letters = split_by_plan(
            plan,
            readings,
            title=work.title,
            keep_numbers=work.keep_numbers,
            every_number=work.every_number,
        )
        problems = [*self._about(plan, readings), *self._better_way(plan, path, readings)]
        named = (Sentence(p.text, p.values, p.page, source.name, p.code) for p in problems)
        return Divided(letters, plan.left_out, tuple(named))

    def _facts(self, path: Path) -> PdfFacts:
        most = self.institution.settings.max_pages
        return inspect_pdf(path, max_pages=most, workers=self.workers)

    def _about(self, plan: Plan, readings: Sequence[PageReading]) -> list[Sentence]:
        if not plan.errors:
            return []
        unreadable = (describe_unreadable(reading) for reading in readings)
        return [*plan.errors, *(one for one in unreadable if one is not None)]

    def _better_way(
        self, plan: Plan, path: Path, readings: Sequence[PageReading]
    ) -> list[Sentence]:
        unexplained = sum(len(letter.pages) for letter in plan.letters if not letter.number)
        if not unexplained or not any(letter.number for letter in plan.letters):
            return []
        best = propose(
            readings,
            self._facts(path),
            own_cvr=self.institution.settings.own_cvr,
            known=known_numbers(self.institution),
        )[0]
        if best.choice.method is self.work.choice.method or len(best.unexplained) >= unexplained:
            return []
        text = (
            "%(pages)s sider har ingen sikker modtager. Filen kan også deles på en anden måde: "
            "%(way)s. Så er der %(left)s sider uden modtager."
        )
        values = {
            "pages": unexplained,
            "way": best.choice.method.label,
            "left": len(best.unexplained),
        }
        return [Sentence(text, values, code="better_split")]
