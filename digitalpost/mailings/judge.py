"""Whose a mended letter is, and what its pages say against that. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from digitalpost.errors import Sentence
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.mailings.split import judge_pages
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.owners import Plan, PlannedLetter
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.splits import SplitChoice, split_letters
from digitalpost.pdf.witnesses import hear_witnesses
from digitalpost.verdict import Verdict, worst

_NO_OWNER = (
    "Programmet kan ikke se, hvem brevet fra side %(page)s er til. "
    "Skriv modtageren, eller læg siderne i et andet brev."
)
_NOT_NAMED = (
    "Modtagerens nummer står ikke på brevets sider. Tjek, at brevet fra side %(page)s er til "
    "den rette."
)
_OTHER_COMPANY = (
    "På side %(page)s står en anden virksomheds CVR-nummer. Tjek, at brevet er til den rette."
)
_MAYBE_NUMBER = "Side %(page)s har ti cifre, der måske er et CPR-nummer. Se siden igennem."
# What the pages themselves say against a recipient that the program would find.
_STILL_TOLD = frozenset({"two_numbers", "impossible", "replacement", "unreadable"})


def find_owner(
    readings: Sequence[PageReading],
    own_cvr: frozenset[str],
    known: Callable[[str, str], bool],
    names: Mapping[str, str],
) -> PlannedLetter:
    """The letter as its pages tell it, with the one recipient whom all of them name, or nobody."""
    plan = split_letters(readings, SplitChoice(), own_cvr=own_cvr, known=known, names=names)
    if len(plan.letters) == 1 and plan.letters[0].number:
        return plan.letters[0]
    told = [
        reason
        for planned in plan.letters
        for reason in planned.reasons
        if reason.code in _STILL_TOLD
    ]
    page = readings[0].page
    nobody = Sentence(_NO_OWNER, {"page": page}, page=page, code="no_recipient")
    pages = tuple(reading.page for reading in readings)
    return PlannedLetter(pages, None, None, Verdict.RED, (nobody, *told))


def judge_owner(
    recipient: Identifier,
    readings: Sequence[PageReading],
    keep_numbers: bool,
    own_cvr: frozenset[str],
    *,
    is_chosen: bool,
    names: Mapping[str, str],
) -> tuple[Verdict, tuple[Sentence, ...], tuple[str, ...]]:
    """What the pages say against a recipient who is set already, and the witnesses for them.

    ``is_chosen``: a person has said so of these pages; then no witness is asked.
    """
    verdict, told = judge_pages(recipient, readings, keep_numbers)
    reasons = list(told)
    doubts: list[tuple[str, str, int]] = []
    numbers = {hit.number for reading in readings for hit in reading.numbers}
    numbers |= {loose.number for reading in readings for loose in reading.loose}
    if not is_chosen and recipient.number not in numbers:
        doubts.append(("not_named", _NOT_NAMED, readings[0].page))
    for reading in readings:
        others = own_cvr | {recipient.number}
        if recipient.kind is IdentifierKind.CVR and any(
            hit.kind is NumberKind.CVR and hit.number not in others for hit in reading.numbers
        ):
            doubts.append(("other_number", _OTHER_COMPANY, reading.page))
        if any(loose.suspicious and loose.number not in others for loose in reading.loose):
            doubts.append(("maybe_number", _MAYBE_NUMBER, reading.page))
    for code, text, page in doubts:
        reasons.append(Sentence(text, {"page": page}, page=page, code=code))
        verdict = worst(verdict, Verdict.YELLOW)
    agreed: tuple[str, ...] = ()
    if not is_chosen:
        heard = _hear(recipient, readings, names)
        reasons += [one for one in heard.reasons if one not in reasons]
        verdict, agreed = worst(verdict, heard.verdict), heard.agreed
    return verdict, tuple(reasons), agreed


def _hear(
    recipient: Identifier, readings: Sequence[PageReading], names: Mapping[str, str]
) -> PlannedLetter:
    """What the witnesses say of one letter alone: page numbers, names, pages that it has twice."""
    pages = tuple(reading.page for reading in readings)
    kind = NumberKind(recipient.kind.value)
    alone = PlannedLetter(pages, recipient.number, kind, Verdict.GREEN)
    return hear_witnesses(Plan((alone,)), readings, names=names).letters[0]
