"""From the pages of a source file to the letters it holds, by the method that staff chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from digitalpost.errors import Sentence
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.mailings.parts import Behind
from digitalpost.pdf import orders
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.orders import LetterOrder, make_order
from digitalpost.pdf.owners import Plan, describe_ocr, describe_unreadable
from digitalpost.pdf.read import PageReading
from digitalpost.verdict import Verdict


@dataclass(frozen=True)
class SplitLetter:
    """One letter as it will be made, and who it is for; ``recipient`` None when nobody is sure."""

    order: LetterOrder
    recipient: Identifier | None
    verdict: Verdict
    reasons: tuple[Sentence, ...]
    agreed: tuple[str, ...] = ()
    proposed_name: str = ""
    behind: tuple[Behind, ...] = ()


def split_by_plan(
    plan: Plan,
    readings: Sequence[PageReading],
    *,
    title: str,
    keep_numbers: bool,
    every_number: bool = False,
) -> list[SplitLetter]:
    """The letters of a plan. ``every_number`` removes all CPR numbers, not the recipient's only."""
    by_page = {reading.page: reading for reading in readings}
    letters = []
    for index, planned in enumerate(plan.letters):
        recipient = identifier_of(planned.kind, planned.number)
        pages = tuple(by_page[page] for page in planned.pages)
        letters.append(
            SplitLetter(
                make_order(
                    index,
                    pages,
                    to_remove(recipient, keep_numbers),
                    title,
                    every_number=every_number and not keep_numbers,
                ),
                recipient,
                planned.verdict,
                planned.reasons,
                planned.agreed,
                planned.proposed_name,
            )
        )
    return with_second_looks(letters)


def with_second_looks(letters: Iterable[SplitLetter]) -> list[SplitLetter]:
    """The letters, with a second look at all of them or at some (`pdf.orders`)."""
    letters = list(letters)
    looked = orders.with_second_looks([letter.order for letter in letters])
    return [replace(letter, order=order) for letter, order in zip(letters, looked, strict=True)]


def whole_to_each(
    recipients: Sequence[Identifier],
    readings: Sequence[PageReading],
    *,
    title: str,
    keep_numbers: bool,
    every_number: bool = False,
) -> list[SplitLetter]:
    """The whole file to each typed recipient.

    A page without readable text stops the letters unless numbers are kept: nobody can say that the
    number is not on it. Somebody else's number on a page is a reason to look.
    """
    return with_second_looks(
        [
            SplitLetter(
                make_order(
                    index,
                    tuple(readings),
                    to_remove(recipient, keep_numbers),
                    title,
                    every_number=every_number and not keep_numbers,
                ),
                recipient,
                *judge_pages(recipient, readings, keep_numbers),
            )
            for index, recipient in enumerate(recipients)
        ]
    )


def judge_pages(
    recipient: Identifier, readings: Sequence[PageReading], keep_numbers: bool
) -> tuple[Verdict, tuple[Sentence, ...]]:
    """What the pages say about a letter whose recipient a person named."""
    verdict = Verdict.GREEN
    reasons: list[Sentence] = []
    if recipient.is_replacement:
        verdict = Verdict.RED
        reasons.append(
            Sentence(
                "Modtageren har et erstatnings-CPR og kan ikke få digital post. "
                "Send brevet på papir.",
                code="replacement",
            )
        )
    for reading in readings:
        others = {
            hit.number
            for hit in reading.numbers
            if hit.kind is NumberKind.CPR and hit.number != recipient.number
        }
        if others:
            verdict = max(verdict, Verdict.YELLOW, key=lambda one: one.risk)
            reasons.append(
                Sentence(
                    "På side %(page)s står en anden persons CPR-nummer. Tjek, at brevet er til "
                    "den rette.",
                    {"page": reading.page},
                    page=reading.page,
                    code="other_number",
                )
            )
        unreadable = describe_unreadable(reading)
        if unreadable is not None:
            reasons.append(unreadable)
            stops = Verdict.YELLOW if keep_numbers else Verdict.RED
            verdict = max(verdict, stops, key=lambda one: one.risk)
    recognised = describe_ocr(readings)
    if recognised is not None:
        reasons.append(recognised)
        verdict = max(verdict, Verdict.YELLOW, key=lambda one: one.risk)
    return verdict, tuple(reasons)


def recipients_of(letters: Sequence[SplitLetter]) -> list[Identifier]:
    """Everybody who gets a letter, once each, in order."""
    return list(dict.fromkeys(letter.recipient for letter in letters if letter.recipient))


def proposed_names(letters: Sequence[SplitLetter]) -> dict[Identifier, str]:
    """Names that the letters themselves propose for recipients whom the register does not name."""
    return {
        letter.recipient: letter.proposed_name
        for letter in letters
        if letter.recipient and letter.proposed_name
    }


def to_remove(recipient: Identifier | None, keep_numbers: bool) -> str | None:
    """The number that is taken out of a letter to this recipient; None when nothing is."""
    if keep_numbers or recipient is None or recipient.kind is not IdentifierKind.CPR:
        return None
    return recipient.number


def identifier_of(kind: NumberKind | None, number: str | None) -> Identifier | None:
    """The recipient that a plan named; None when it named nobody."""
    if kind is None or number is None:
        return None
    is_company = kind is NumberKind.CVR
    return Identifier(IdentifierKind.CVR if is_company else IdentifierKind.CPR, number)
