"""Conditions in plain Danish: what stands on the pages, and in the reason on a letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from digitalpost.deadlines import danish
from digitalpost.errors import Sentence, word
from digitalpost.incoming.conditions import All, Ask, Condition, Field, Not, Test

FIELDS = {
    Field.TITLE: word("emnet"),
    Field.TEXT: word("teksten i brevet"),
    Field.ATTACHMENTS: word("navnet på et bilag"),
    Field.SENDER_NAME: word("afsenderens navn"),
    Field.SENDER_NUMBER: word("afsenderens CPR- eller CVR-nummer"),
    Field.SENDER_KIND: word("afsenderen"),
    Field.CONTACT_POINT: word("kontaktpunktet"),
    Field.ATTENTION: word("den person, brevet er stilet til,"),
    Field.IS_ANSWER: word("brevet er et svar"),
    Field.CLOCK: word("klokkeslættet, brevet er sendt,"),
    Field.WEEKDAY: word("ugedagen, brevet er sendt,"),
    Field.DAY: word("dagen, brevet er sendt,"),
}
KINDS = {"cpr": word("en person"), "cvr": word("en virksomhed")}
WEEKDAYS = (
    word("mandag"), word("tirsdag"), word("onsdag"), word("torsdag"),
    word("fredag"), word("lørdag"), word("søndag"),
)  # fmt: skip
_SAID = {
    Test.CONTAINS: word("%(what)s indeholder %(values)s"),
    Test.BEGINS: word("%(what)s begynder med %(values)s"),
    Test.IS: word("%(what)s er %(values)s"),
    Test.BETWEEN: word("%(what)s er fra %(first)s til %(last)s"),
}
_NOT_SAID = {
    Test.CONTAINS: word("%(what)s indeholder ikke %(values)s"),
    Test.BEGINS: word("%(what)s begynder ikke med %(values)s"),
    Test.IS: word("%(what)s er ikke %(values)s"),
    Test.BETWEEN: word("%(what)s er ikke fra %(first)s til %(last)s"),
}


def because(ask: Ask, *, is_not: bool = False) -> Sentence:
    """One question as a clause: ``emnet indeholder «SU»``."""
    if ask.field is Field.IS_ANSWER:
        yes = (ask.values[0] == "yes") is not is_not
        return Sentence(word("brevet er et svar") if yes else word("brevet er ikke et svar"))
    what = Sentence(FIELDS[ask.field])
    if ask.test is Test.BETWEEN:
        first, last = (_moment(ask.field, value) for value in ask.values)
        values = {"what": what, "first": first, "last": last}
    else:
        values = {"what": what, "values": _either(_shown(ask))}
    return Sentence((_NOT_SAID if is_not else _SAID)[ask.test], values)


def lines_of(condition: Condition) -> list[Sentence]:
    """A condition, a line for each part that must hold."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    return [_clause(part) for part in parts]


def _clause(condition: Condition, *, is_not: bool = False) -> Sentence:
    if isinstance(condition, Ask):
        return because(condition, is_not=is_not)
    if isinstance(condition, Not):
        return _clause(condition.part, is_not=not is_not)
    # "Neither of them" is "not this and not that".
    joins = isinstance(condition, All) is not is_not
    return _joined([_clause(part, is_not=is_not) for part in condition.parts], joins=joins)


def _moment(field: Field, value: str) -> str:
    """A clock time or a day as Danes write them."""
    if field is Field.DAY:
        return danish(date.fromisoformat(value))
    return value.replace(":", ".")


def _joined(clauses: Sequence[Sentence], *, joins: bool) -> Sentence:
    text = word("%(first)s og %(rest)s") if joins else word("%(first)s eller %(rest)s")
    *rest, sentence = clauses
    for clause in reversed(rest):
        sentence = Sentence(text, {"first": clause, "rest": sentence})
    return sentence


def _shown(ask: Ask) -> list[Sentence]:
    if ask.field is Field.SENDER_KIND:
        return [Sentence(KINDS[value]) for value in ask.values]
    if ask.field is Field.WEEKDAY:
        return [Sentence(WEEKDAYS[int(value)]) for value in ask.values]
    return [Sentence("«%(value)s»", {"value": value}) for value in ask.shown or ask.values]


def _either(values: Sequence[Sentence]) -> Sentence:
    return _joined(values, joins=False)
