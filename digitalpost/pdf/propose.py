"""Proposing how to divide a file: every plausible way is tried, the best explains every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from digitalpost.errors import Sentence
from digitalpost.pdf.inspect import PdfFacts
from digitalpost.pdf.owners import Plan
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.splits import SplitChoice, SplitMethod, is_separator, split_letters
from digitalpost.verdict import Verdict

# Of ways that explain a file equally well, the one that staff understand best comes first.
_RANK = (
    SplitMethod.NUMBER,
    SplitMethod.MARKER,
    SplitMethod.BLANK,
    SplitMethod.BOOKMARKS,
    SplitMethod.PAGES,
    SplitMethod.FILE,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way to divide and what it comes to. ``unexplained`` are pages without a sure owner."""

    choice: SplitChoice
    letters: int
    unexplained: tuple[int, ...]
    doubtful: int
    reason: Sentence


def _nobody(kind: str, number: str) -> bool:
    return False


def propose(
    readings: Sequence[PageReading],
    facts: PdfFacts,
    *,
    own_cvr: frozenset[str] = frozenset(),
    known: Callable[[str, str], bool] = _nobody,
    names: Mapping[str, str] | None = None,
) -> list[Proposal]:
    """The plausible ways to divide a file, best first; empty for a file without pages."""
    found = []
    for choice in _plausible(readings, facts):
        plan = split_letters(
            readings,
            choice,
            bookmarks=facts.bookmarks,
            own_cvr=own_cvr,
            known=known,
            names=names,
        )
        found.append(_proposal(choice, plan, len(readings)))
    return sorted(found, key=_order)


def _order(proposal: Proposal) -> tuple[int, int, int]:
    return (
        len(proposal.unexplained),
        proposal.doubtful,
        _RANK.index(proposal.choice.method),
    )


def _plausible(readings: Sequence[PageReading], facts: PdfFacts) -> Iterable[SplitChoice]:
    if not readings:
        return
    yield SplitChoice(SplitMethod.NUMBER)
    if any(page.marked for page in readings):
        yield SplitChoice(SplitMethod.MARKER)
    if len(facts.bookmarks) > 1:
        yield SplitChoice(SplitMethod.BOOKMARKS)
    if any(page.blank or is_separator(page) for page in readings[1:-1]):
        yield SplitChoice(SplitMethod.BLANK)
    if each := _pages_each(readings):
        yield SplitChoice(SplitMethod.PAGES, pages_each=each)
    yield SplitChoice(SplitMethod.FILE)


def _pages_each(readings: Sequence[PageReading]) -> int:
    """The most usual way from one number to the next, if the file divides by it; else 0."""
    seen: set[str] = set()
    firsts = []
    for page in readings:
        new = {hit.number for hit in page.numbers if len(hit.number) == 10} - seen
        if new:
            firsts.append(page.page)
        seen |= new
    steps = Counter(after - before for before, after in pairwise(firsts))
    each = steps.most_common(1)[0][0] if steps else 0
    return each if each and len(readings) % each == 0 else 0


def _proposal(choice: SplitChoice, plan: Plan, pages: int) -> Proposal:
    unexplained = tuple(
        page for letter in plan.letters if letter.number is None for page in letter.pages
    )
    doubtful = sum(letter.verdict is not Verdict.GREEN for letter in plan.letters)
    if unexplained:
        text = "%(way)s: %(letters)s breve; %(left)s af %(pages)s sider har ingen sikker modtager."
    else:
        text = "%(way)s: %(letters)s breve, og alle %(pages)s sider har en modtager."
    values = {
        "way": choice.method.label,
        "letters": len(plan.letters),
        "pages": pages,
        "left": len(unexplained),
    }
    return Proposal(
        choice, len(plan.letters), unexplained, doubtful, Sentence(text, values, code="proposal")
    )
