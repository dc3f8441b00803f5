"""What one letter's file is made of: the letter itself, and the attachments behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digitalpost.errors import Sentence
from digitalpost.pdf.orders import Appendix
from digitalpost.verdict import Verdict


@dataclass(frozen=True)
class Behind:
    """One attachment behind one letter, and what is said of it there.

    ``appendix`` is None where it could not be made clean; ``removed`` is how many numbers were
    taken out of it, ``proof`` where, and who read the result.
    """

    id: int
    title: str
    pages: int
    appendix: Appendix | None
    verdict: Verdict = Verdict.GREEN
    reasons: tuple[Sentence, ...] = ()
    removed: int = 0
    proof: dict[str, Any] | None = None


def parts_of(title: str, pages: int, behind: Sequence[Behind]) -> list[dict[str, Any]] | None:
    """For `Letter.parts`; None for a letter alone."""
    if not behind:
        return None
    letter: dict[str, Any] = {"title": title, "pages": pages}
    return [
        letter,
        *(
            {"title": one.title, "pages": one.pages if one.appendix else 0, "attachment": one.id}
            for one in behind
        ),
    ]


def pages_behind(behind: Sequence[Behind]) -> int:
    """How many pages the attachments add to the letter's file."""
    return sum(one.pages for one in behind if one.appendix is not None)


def judged_with(
    verdict: Verdict, reasons: Sequence[Sentence], behind: Sequence[Behind]
) -> tuple[Verdict, list[Sentence]]:
    """A letter's verdict and reasons together with those of what is behind it."""
    worst = max((verdict, *(one.verdict for one in behind)), key=lambda one: one.risk)
    return worst, [*reasons, *(reason for one in behind for reason in one.reasons)]
