"""Independent witnesses for whose letter it is: a letter is green only when none of them objects.

Each looks at something else: names, the pages' own numbers, the likeness to the other letters,
what stands twice, where the recipient's number stands. None of them names an owner; they confirm
or doubt the one that the number names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digitalpost.errors import Sentence
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.owners import Plan, PlannedLetter
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.witnesses.hearing import Answer, Hearing, Testimony, doubt
from digitalpost.pdf.witnesses.likeness import Likeness
from digitalpost.pdf.witnesses.names import Names
from digitalpost.pdf.witnesses.number import Number
from digitalpost.pdf.witnesses.order import Order
from digitalpost.pdf.witnesses.twins import Twins
from digitalpost.verdict import Verdict, worst

__all__ = ["Answer", "Testimony", "hear_witnesses"]

# One letter with many faults says the three that matter most; the rest would not be read.
_MOST_REASONS = 4
_NO_BEGINNING = frozenset({"unlike_first", "not_first"})


def hear_witnesses(
    plan: Plan, readings: Sequence[PageReading], *, names: Mapping[str, str] | None = None
) -> Plan:
    """The plan with every letter's verdict as bad as its worst witness makes it.

    ``names`` are the names that the register has, by number. Letters whose names the register does
    not have get ``proposed_name`` from their address block when they are green.
    """
    hearing = Hearing.of(plan.letters, readings, names or {})
    naming = Names(hearing)
    witnesses = (Order(hearing), Likeness(hearing), naming, Twins(hearing, naming), Number(hearing))
    letters = []
    for letter in plan.letters:
        if letter.number is None:
            letters.append(letter)
            continue
        testimonies = [one for witness in witnesses for one in witness.testify(letter)]
        testimonies += _letterhead(letter, hearing)
        judged = _judged(letter, testimonies)
        if judged.verdict is Verdict.GREEN and letter.number not in hearing.names:
            judged = replace(judged, proposed_name=naming.proposed(letter))
        letters.append(judged)
    return replace(plan, letters=tuple(_doubt_before(letters)))


def _letterhead(letter: PlannedLetter, hearing: Hearing) -> list[Testimony]:
    """Doubt about the only company in a file whose number stands only in the head of pages."""
    pages = hearing.readings_of(letter)
    heads = [letter.number in page.top for page in pages if page.numbers]
    if letter.kind is not NumberKind.CVR or not heads or not all(heads):
        return []
    if len({one.number for one in hearing.letters}) > 1:
        return []
    text = (
        "CVR-nummeret står kun i brevhovedet på side %(page)s. "
        "Tjek, at det er modtagerens og ikke jeres eget."
    )
    return [doubt("number", "letterhead", text, letter.pages[0])]


def _doubt_before(letters: Sequence[PlannedLetter]) -> list[PlannedLetter]:
    """Letters in doubt where the next one begins in the middle: that page may be theirs."""
    judged = list(letters)
    for at, after in enumerate(judged[1:]):
        if judged[at].number and any(reason.code in _NO_BEGINNING for reason in after.reasons):
            text = (
                "Det næste brev (side %(page)s) ligner ikke begyndelsen på et brev. "
                "Tjek, om siden hører til her."
            )
            page = after.pages[0]
            reason = Sentence(text, {"page": page}, page=page, code="maybe_more_pages")
            judged[at] = replace(
                judged[at],
                verdict=worst(judged[at].verdict, Verdict.YELLOW),
                reasons=(*judged[at].reasons, reason),
            )
    return judged


def _judged(letter: PlannedLetter, testimonies: Sequence[Testimony]) -> PlannedLetter:
    objections = sorted(
        (one for one in testimonies if one.answer is Answer.CONFLICT and one.reason),
        key=lambda one: -one.verdict.risk,
    )
    reasons: list[Sentence] = [*letter.reasons]
    for one in objections[:_MOST_REASONS]:
        if one.reason and one.reason not in reasons:
            reasons.append(one.reason)
    return replace(
        letter,
        verdict=worst(letter.verdict, *(one.verdict for one in objections)),
        reasons=tuple(reasons),
        agreed=tuple(
            dict.fromkeys(one.witness for one in testimonies if one.answer is Answer.OWNER)
        ),
    )
