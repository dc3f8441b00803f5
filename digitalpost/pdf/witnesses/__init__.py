"""Independent witnesses for whose letter it is: a letter is green only when none of them objects.

Each looks at something else: names, the pages' own numbers, the likeness to the other letters,
what stands twice. None of them names an owner; they confirm or doubt the one that the number names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digitalpost.errors import Sentence
from digitalpost.pdf.owners import Plan, PlannedLetter
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.witnesses.hearing import Answer, Hearing, Testimony
from digitalpost.pdf.witnesses.likeness import Likeness
from digitalpost.pdf.witnesses.names import Names
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
    witnesses = (Order(hearing), Likeness(hearing), Names(hearing), Twins(hearing))
    naming = witnesses[2]
    letters = []
    for letter in plan.letters:
        if letter.number is None:
            letters.append(letter)
            continue
        testimonies = [one for witness in witnesses for one in witness.testify(letter)]
        judged = _judged(letter, testimonies)
        if judged.verdict is Verdict.GREEN and letter.number not in hearing.names:
            judged = replace(judged, proposed_name=naming.proposed(letter))
        letters.append(judged)
    return replace(plan, letters=tuple(_doubt_before(letters)))


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
