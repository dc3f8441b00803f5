"""Proposing how to divide a file: every plausible way is tried, the best explains every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
# What in a file shows where its letters begin, besides numbers and marks, and how many letters it
# takes before that is no accident.
_LEAST_LETTERS = {SplitMethod.BLANK: 2, SplitMethod.BOOKMARKS: 2, SplitMethod.PAGES: 3}


@dataclass(frozen=True)
class Proposal:
    """A way to divide and what it comes to. ``unexplained`` are pages without a sure owner."""

    choice: SplitChoice
    letters: int
    unexplained: tuple[int, ...]
    doubtful: int
    plan: Plan = field(repr=False)


def _nobody(kind: str, number: str) -> bool:
    return False


def propose(
    readings: Sequence[PageReading],
    facts: PdfFacts,
    *,
    asked: SplitChoice | None = None,
    own_cvr: frozenset[str] = frozenset(),
    known: Callable[[str, str], bool] = _nobody,
    names: Mapping[str, str] | None = None,
) -> list[Proposal]:
    """The plausible ways to divide a file, best first; empty for a file without pages.

    ``asked`` is tried as well, plausible or not; the pages were read with its marker.
    """
    found = []
    for choice in _with_asked(asked, _plausible(readings, facts)):
        plan = split_letters(
            readings,
            choice,
            bookmarks=facts.bookmarks,
            own_cvr=own_cvr,
            known=known,
            names=names,
        )
        found.append(_proposal(choice, plan))
    return sorted(found, key=_order)


def choose_best(proposals: Sequence[Proposal]) -> tuple[Proposal, Sentence]:
    """The way that the program may take by itself, and why.

    Numbers say whose a page is, so they divide too unless they leave pages without an owner. Only
    then does something else, and only if the file itself shows it and every page gets an owner;
    that a whole file is one letter is never taken for granted.
    """
    by_method = {one.choice.method: one for one in reversed(proposals)}
    numbers = by_method[SplitMethod.NUMBER]
    marked = by_method.get(SplitMethod.MARKER)
    if marked is not None and len(marked.unexplained) <= len(numbers.unexplained):
        return marked, Sentence("Filen har mærker, der viser, hvor hvert brev begynder.")
    if not numbers.unexplained:
        return numbers, Sentence("Modtagernes numre forklarer alle sider.")
    for one in proposals:
        least = _LEAST_LETTERS.get(one.choice.method)
        if least is not None and one.letters >= least and not one.unexplained:
            text = (
                "Ved numrene alene er der sider uden modtager (%(left)s). "
                "Deles filen sådan, får alle sider en."
            )
            return one, Sentence(text, {"left": len(numbers.unexplained)})
    if len(proposals[0].unexplained) < len(numbers.unexplained):
        text = (
            "Ved numrene er der sider uden modtager (%(left)s). En anden måde er måske bedre, men "
            "filen viser det ikke tydeligt nok til, at programmet vælger den selv."
        )
        return numbers, Sentence(text, {"left": len(numbers.unexplained)})
    text = "Ingen måde giver alle sider en sikker modtager. Ved numrene er der mindst at gætte på."
    return numbers, Sentence(text)


def _order(proposal: Proposal) -> tuple[int, int, int]:
    return (
        len(proposal.unexplained),
        proposal.doubtful,
        _RANK.index(proposal.choice.method),
    )


def _with_asked(
    asked: SplitChoice | None, plausible: Iterable[SplitChoice]
) -> Iterable[SplitChoice]:
    """Each way once. Only the marker that the pages were read with can be told from no marker."""
    if asked is not None:
        yield asked
    for choice in plausible:
        is_other_marker = asked is not None and choice.method is asked.method is SplitMethod.MARKER
        if choice != asked and not is_other_marker:
            yield choice


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


def _proposal(choice: SplitChoice, plan: Plan) -> Proposal:
    unexplained = tuple(
        page for letter in plan.letters if letter.number is None for page in letter.pages
    )
    doubtful = sum(letter.verdict is not Verdict.GREEN for letter in plan.letters)
    return Proposal(
        choice,
        len(plan.letters),
        unexplained,
        doubtful,
        plan,
    )
