"""Who should get a letter about a young person: the rules by age, as a suggestion with its basis.

Source: protocols/guardian-and-signing.md, Age rules. Pure: whoever calls has just asked the CPR
register, for custody is never taken from an old answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from digitalpost.errors import Sentence, word
from digitalpost.identifiers import Identifier, age, birth_date
from digitalpost.models import AgeRule
from digitalpost.registers.person import (
    DISAPPEARED,
    EMIGRATED,
    FATHER,
    MOTHER,
    NUMBER_GONE,
    OTHER,
    OTHER_TOO,
    Person,
)

OWN_MAILBOX_AGE = 15
OF_AGE = 18
DENMARK = ZoneInfo("Europe/Copenhagen")

_RELATIONS = {
    MOTHER: word("mor"),
    FATHER: word("far"),
    OTHER: word("anden indehaver af forældremyndigheden"),
    OTHER_TOO: word("anden indehaver af forældremyndigheden"),
}
_MONTHS = (
    *("januar", "februar", "marts", "april", "maj", "juni"),
    *("juli", "august", "september", "oktober", "november", "december"),
)


@dataclass(frozen=True)
class Copy:
    """Somebody who has custody. Without a number digital post cannot reach them."""

    relation: str  # Danish: mor, far, ...
    identifier: Identifier | None
    name: str = ""  # only when the register gives it beside the custody


@dataclass(frozen=True)
class Suggestion:
    """Who should get the letter, and why. Nothing is decided until somebody accepts it."""

    rule: AgeRule
    basis: Sentence
    main_to_child: bool
    copies_to: tuple[Copy, ...]
    on: date


def suggest_copies(person: Person, on: date) -> Suggestion:
    """The suggestion for a letter that is sent on the Danish local date ``on``.

    Under 15 the holders of custody get it, not the child; from 15 to 17 the pupil does and each of
    them a copy; from 18 the pupil alone, and a guardian is named for the clerk to decide about. The
    register's birth date wins over the number's. Somebody born on 29 February turns on 1 March in
    common years. Nobody gets a copy about a person who is not to be written to (dead, emigrated,
    number changed ...).
    """
    born = person.born
    years = age(born, on) if born is not None else OF_AGE
    rule = rule_at(years)
    holders = _guardians(person, on) if rule is AgeRule.FROM_18 else custody_holders(person, on)
    copies = holders if person.may_be_written_to else ()
    return Suggestion(
        rule=rule,
        basis=_basis(person, rule, years, holders, on),
        main_to_child=rule is not AgeRule.UNDER_15,
        copies_to=copies,
        on=on,
    )


def unknown_to_the_register(identifier: Identifier, on: date) -> Suggestion:
    """What to say when the register has nobody with the number: the age is the number's own."""
    born = birth_date(identifier.number)
    rule = rule_at(age(born, on) if born is not None else OF_AGE)
    basis = Sentence(
        "CPR-registret kender ikke modtagerens nummer (%(on)s). Tjek nummeret, eller find ud af, "
        "hvem der skal have brevet.",
        {"on": written_date(on)},
        code="unknown",
    )
    return Suggestion(rule, basis, rule is not AgeRule.UNDER_15, (), on)


def rule_at(years: int) -> AgeRule:
    """The rule at an age in whole years."""
    if years < OWN_MAILBOX_AGE:
        return AgeRule.UNDER_15
    return AgeRule.FROM_15_TO_17 if years < OF_AGE else AgeRule.FROM_18


def custody_holders(person: Person, on: date) -> tuple[Copy, ...]:
    """Who has custody on a day, each once.

    Kinds 3 and 4 are the mother and father: the number in the entry, else that of the parent. Kinds
    5 and 6 must have a number. A parent without an entry has no custody.
    """
    holders: list[Copy] = []
    for entry in person.custody:
        if not entry.holds_on(on) or entry.type not in _RELATIONS:
            continue
        parent = {MOTHER: person.mother, FATHER: person.father}.get(entry.type)
        identifier = entry.identifier or (parent.identifier if parent else None)
        name = parent.name if parent is not None and entry.identifier is None else ""
        holder = Copy(_RELATIONS[entry.type], identifier, name)
        known = identifier is not None and any(one.identifier == identifier for one in holders)
        if not known and holder not in holders:
            holders.append(holder)
    return tuple(holders)


def _guardians(person: Person, on: date) -> tuple[Copy, ...]:
    """The guardian of an adult: the register may know a number, or only a name."""
    guardian = person.guardian
    if guardian is None or not guardian.holds_on(on):
        return ()
    return (Copy(word("værge"), guardian.identifier, guardian.name),)


def danish_date(moment: datetime) -> date:
    """The date in Denmark at a moment."""
    return moment.astimezone(DENMARK).date()


def written_date(day: date) -> str:
    """A date as it is written in a sentence: 23. november 2026."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def _basis(
    person: Person, rule: AgeRule, years: int, holders: tuple[Copy, ...], on: date
) -> Sentence:
    day = written_date(on)
    if not person.may_be_written_to:
        return Sentence(_not_to_be_written_to(person), {"on": day}, code="status")
    if person.born is None:
        return Sentence(
            "CPR oplyser ingen fødselsdato (%(on)s). Tag selv stilling til, om forældrene skal "
            "have brevet.",
            {"on": day},
            code="birth_date",
        )
    values: dict[str, Any] = {"years": years, "born": written_date(person.born), "on": day}
    if rule is AgeRule.FROM_18:
        if holders:
            return Sentence(
                "Modtageren er %(years)s år den %(on)s og står under værgemål i CPR. Tag stilling "
                "til, om værgen skal have en kopi.",
                values,
                code="guardian",
            )
        return Sentence(
            "Modtageren er %(years)s år den %(on)s (født %(born)s), så kun modtageren selv får "
            "brevet.",
            values,
        )
    if not holders:
        return Sentence(
            "Modtageren er %(years)s år den %(on)s (født %(born)s), men CPR oplyser ingen, der har "
            "forældremyndigheden. Find ud af, hvem der skal have brevet.",
            values,
            code="no_custody",
        )
    values["who"] = _all_of([one.relation for one in holders])
    if rule is AgeRule.UNDER_15:
        return Sentence(
            "Modtageren er %(years)s år den %(on)s (født %(born)s) og har ikke egen postkasse. "
            "Brevet går til den, der har forældremyndigheden ifølge CPR: %(who)s.",
            values,
        )
    return Sentence(
        "Modtageren er %(years)s år den %(on)s (født %(born)s) og får selv brevet. Kopi til den, "
        "der har forældremyndigheden ifølge CPR: %(who)s.",
        values,
    )


def _all_of(words: list[str]) -> str | Sentence:
    """One, *one og another*, or *one, another og a third*."""
    *before, last = words
    if not before:
        return last
    first: str | Sentence = before[0]
    for one in before[1:]:
        first = Sentence("%(first)s, %(next)s", {"first": first, "next": one})
    return Sentence("%(first)s og %(last)s", {"first": first, "last": last})


def _not_to_be_written_to(person: Person) -> str:
    if person.is_dead:
        return "Modtageren er registreret som død i CPR (%(on)s). Brevet bør ikke sendes."
    if person.status in NUMBER_GONE:
        if person.new_number is not None:
            return "Modtagerens CPR-nummer er ændret (CPR, %(on)s). Send brevet til det nye nummer."
        return "Modtagerens CPR-nummer er ikke gyldigt længere (CPR, %(on)s). Find det rigtige."
    if person.status in {DISAPPEARED, EMIGRATED}:
        return "Modtageren er udrejst eller forsvundet (CPR, %(on)s). Brevet kan ikke sendes."
    if person.status is None:
        return "CPR oplyser ikke, om modtageren kan få post (%(on)s). Se på brevet."
    return "Modtageren er ikke bosat i Danmark eller Grønland (CPR, %(on)s). Se på brevet."
