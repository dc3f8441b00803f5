"""What all witnesses are asked about, and the form that they answer in."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from digitalpost.errors import Sentence
from digitalpost.pdf.clues import words_of
from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.read import PageReading
from digitalpost.verdict import Verdict


class Answer(StrEnum):
    """What a witness says of a letter: it is its owner's, can't say, or it is not right."""

    OWNER = "owner"
    NOBODY = "nobody"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Testimony:
    """One answer. A conflict has a reason, and says how bad it is."""

    witness: str
    answer: Answer
    verdict: Verdict = Verdict.GREEN
    reason: Sentence | None = None


def doubt(
    witness: str, code: str, text: str, page: int, *, verdict: Verdict = Verdict.YELLOW, **more: int
) -> Testimony:
    """A conflict on a page, with a sentence that names the page."""
    reason = Sentence(text, {"page": page, **more}, page=page, code=code)
    return Testimony(witness, Answer.CONFLICT, verdict, reason)


@dataclass(frozen=True)
class Hearing:
    """One file: its letters with an owner, its pages, and the names that the register has."""

    letters: tuple[PlannedLetter, ...]
    pages: Mapping[int, PageReading]
    words: Mapping[int, array[int]]
    names: Mapping[str, str]

    @classmethod
    def of(
        cls,
        letters: Sequence[PlannedLetter],
        readings: Sequence[PageReading],
        names: Mapping[str, str],
    ) -> Hearing:
        """The hearing of the letters that have an owner."""
        return cls(
            tuple(letter for letter in letters if letter.number),
            {reading.page: reading for reading in readings},
            {reading.page: words_of(reading.clues) for reading in readings},
            names,
        )

    def readings_of(self, letter: PlannedLetter) -> list[PageReading]:
        """The pages of a letter that are not blank, in their order."""
        return [self.pages[page] for page in letter.pages if not self.pages[page].blank]
