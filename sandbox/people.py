"""Invented people: whoever a CPR number belongs to, the same in every register that is asked.

Nobody has to be set up. Name, parents, custody and mailbox follow from the number alone, so any
invented number is somebody, and so is a parent's number. Only the age moves with the calendar.
The last four digits choose the special ones (`MAGIC`). `register` adds what was changed by hand.

No number made here passes modulus 11, so none of them is that of a living person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from digitalpost.identifiers import age, birth_date, cpr_checks, is_replacement_cpr

_T = TypeVar("_T")

OWN_MAILBOX_AGE = 15
OF_AGE = 18
# A mailbox is made three weeks before the birthday, but takes no post until then.
MADE_BEFORE = timedelta(days=21)

# Status in CPR (protocols/guardian-and-signing.md section A).
ACTIVE, EMIGRATED, DEAD = 1, 80, 90
STATUSES = (1, 3, 5, 7, 20, 30, 50, 60, 70, 80, 90)
_DIED_ON = date(2025, 3, 14)

EXEMPT, UNKNOWN, GONE, MINOR, EXEMPT_AND_FOUND = "0001", "0002", "0003", "0004", "0005"
PROTECTED, HAS_GUARDIAN, HAS_GUARDIAN_BY_NAME = "0011", "0012", "0013"
FOURTEEN, SIXTEEN, EIGHTEEN = "4014", "4016", "4018"  # of those born from 2000 on
_AGES = {MINOR: 12, FOURTEEN: 14, SIXTEEN: 16, EIGHTEEN: 18}  # whatever the number says

# What the last four digits mean, with the words that people see.
MAGIC = {
    EXEMPT: "Fritaget for digital post. Bliver printet og sendt med brev.",
    UNKNOWN: "Ukendt i registrene og ikke tilmeldt e-Boks. Der findes ingen adresse.",
    GONE: "Død. Brevet bliver aldrig printet.",
    MINOR: "Mindreårig: 12 år i CPR, uanset fødselsdatoen i nummeret.",
    EXEMPT_AND_FOUND: "Fritaget for digital post. Adressen er fundet, og brevet går til print.",
    PROTECTED: "Har navne- og adressebeskyttelse i CPR.",
    HAS_GUARDIAN: "Er under værgemål. Værgen har et CPR-nummer.",
    HAS_GUARDIAN_BY_NAME: "Er under værgemål. Værgen står kun med navn i CPR.",
    FOURTEEN: "14 år i CPR. Begge forældre har forældremyndigheden.",
    SIXTEEN: "16 år i CPR. Begge forældre har forældremyndigheden, men faren står kun med navn.",
    EIGHTEEN: "18 år i CPR og under værgemål. Værgen har et CPR-nummer.",
}

_WOMEN = "Agnes Bodil Clara Dagny Ellen Freja Gudrun Ida Karla Lærke Mynte Nanna Rosa Sørine Vigga"
_MEN = "Aksel Birk Ditlev Elvin Frode Gorm Hjalte Jeppe Knud Malthe Oskar Tobias Werner Ægir Østen"
_FAMILIES = (
    "Brinkholt Drejerup Egebjærg Fuglsmose Gyvelbjerg Hasselkrog Ibskov Jyllerup Kvistholm"
    " Lærkefelt Nattergaard Oddershøj Pilekvist Rævdal Solbjærg Tjørnehave Uglekær Ørnefelt"
    " Åbrinksen"
)
_STREETS = ("Lærkevænget", "Mølleåen", "Søndre Ringvej", "Åbrinken", "Ørnevej", "Kirkestien")
_TOWNS = ((9991, "Lindevang"), (9992, "Æblerød"), (9993, "Østerkær"), (9994, "Ådalby"))


class Mailbox(StrEnum):
    """How it stands with somebody's Digital Post."""

    REGISTERED = "registered"
    EXEMPT = "exempt"
    CLOSED = "closed"
    WAITING = "waiting"
    MADE = "made"
    NONE = "none"


@dataclass(frozen=True)
class Address:
    """Where somebody lives."""

    street: str
    house: int
    postcode: int
    town: str


@dataclass(frozen=True)
class Relative:
    """A parent: with a number, or with nothing but a name and a birth date."""

    number: str = ""
    name: str = ""
    born: date | None = None


@dataclass(frozen=True)
class Custody:
    """Somebody's custody of a child. ``type`` is that of CPR: 3 mother, 4 father, 5 and 6 other."""

    type: int
    since: date
    number: str = ""
    ended: date | None = None


@dataclass(frozen=True)
class Guardian:
    """The guardian of an adult. ``type`` is that of CPR: 0 not in CPR, 1 in CPR, 2 addressee."""

    type: int
    since: date
    number: str = ""
    name: str = ""
    ended: date | None = None


@dataclass(frozen=True)
class Person:
    """What the registers know about somebody."""

    number: str
    name: str
    born: date
    age: int
    status: int
    status_since: date
    mailbox: Mailbox
    protected: bool
    address: Address
    mother: Relative | None
    father: Relative | None
    custody: tuple[Custody, ...]
    guardian: Guardian | None
    current_number: str


def person_with(
    number: str, changes: Mapping[str, Any] | None = None, *, today: date
) -> Person | None:
    """Whoever has ``number``, with ``changes`` to what follows from it; None when nobody has.

    ``changes`` are fields of `Person`, and ``known`` for whether the registers have the person.
    """
    changes = dict(changes or {})
    written = birth_date(number)
    if written is None or is_replacement_cpr(number) or written > today:
        return None
    magic = number[6:]
    if not changes.pop("known", magic != UNKNOWN):
        return None
    born = changes.get("born") or _born_by(magic, written, today)
    mother, father = _parents(number, born)
    status = changes.get("status", DEAD if magic == GONE else ACTIVE)
    facts: dict[str, Any] = {
        "name": f"{pick(number, 'name', _first_names(number))} {_family(number, born)}",
        "born": born,
        "age": age(born, today),
        "status": status,
        "status_since": _DIED_ON if "status" not in changes and status == DEAD else born,
        "mailbox": _mailbox(magic, status, born, today),
        "protected": magic == PROTECTED,
        "address": address_of(number),
        "mother": mother,
        "father": _only_a_name(father) if _way_of_custody(number) in (9, 10) else father,
        "custody": _custody(number, born, today),
        "guardian": _guardian(number, magic),
        "current_number": "",
    }
    return Person(number, **(facts | changes))


def pick(number: str, topic: str, choices: Sequence[_T]) -> _T:
    """One of ``choices``, always the same for the same number and topic."""
    return choices[chance(number, topic, len(choices))]


def chance(number: str, topic: str, sides: int) -> int:
    """A number below ``sides``, always the same for the same number and topic."""
    digest = hashlib.blake2b(f"{topic} {number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % sides


def address_of(number: str) -> Address:
    """An address in an invented town."""
    postcode, town = pick(number, "town", _TOWNS)
    return Address(
        pick(number, "street", _STREETS), 1 + chance(number, "house", 98), postcode, town
    )


def _born_by(magic: str, written: date, today: date) -> date:
    """The birth date in the number, moved to the year that gives the age of the last digits."""
    if magic not in _AGES:
        return written
    day = min(written.day, 28)
    before_birthday = (today.month, today.day) < (written.month, day)
    return date(today.year - _AGES[magic] - before_birthday, written.month, day)


def _mailbox(magic: str, status: int, born: date, today: date) -> Mailbox:
    if status == DEAD:
        return Mailbox.CLOSED
    if status == EMIGRATED or magic in (EXEMPT, EXEMPT_AND_FOUND):
        return Mailbox.EXEMPT
    if status not in (1, 3, 5, 7):
        return Mailbox.NONE
    if age(born, today) >= OWN_MAILBOX_AGE:
        return Mailbox.REGISTERED
    is_soon = age(born, today + MADE_BEFORE) >= OWN_MAILBOX_AGE
    return Mailbox.MADE if is_soon else Mailbox.NONE


def _first_names(number: str) -> list[str]:
    return (_MEN if int(number[-1]) % 2 else _WOMEN).split()


def _family(number: str, born: date) -> str:
    mother, father = _parents(number, born)
    if born.year >= 2000 and mother and father:
        parent = pick(number, "named after", (mother, father)).number
        return _family(parent, _born(parent))
    return pick(number, "family", _FAMILIES.split())


def _parents(number: str, born: date) -> tuple[Relative | None, Relative | None]:
    if born.year < 1960:
        return None, None  # the register has no parents for those born before
    mother = _invent(number, "mother", born.year - 22 - chance(number, "her age", 15), woman=True)
    father = _invent(number, "father", born.year - 23 - chance(number, "his age", 16), woman=False)
    return Relative(mother), Relative(father)


def _custody(number: str, born: date, today: date) -> tuple[Custody, ...]:
    if age(born, today) >= OF_AGE:
        return ()
    way = _way_of_custody(number)
    mother, father = Custody(3, born), Custody(4, born)
    if way == 6 and age(born, today) >= 2:
        return mother, Custody(4, born, ended=born + timedelta(days=500))
    if way == 7:
        return (father,)
    if way == 8:
        other = _invent(number, "other", born.year - 30, woman=True)
        return mother, Custody(5, born, number=other)
    return (mother,) if way == 9 else (mother, father)  # 10: the father has no number


def _way_of_custody(number: str) -> int:
    # 0-5 both parents, 6 the father's has ended, 7 father alone, 8 mother and somebody else,
    # 9 mother alone, and the register has no number for the father. For those whose last digits
    # say so: 10 both parents, and no number for the father.
    fixed = {FOURTEEN: 0, SIXTEEN: 10}
    return fixed[number[6:]] if number[6:] in fixed else chance(number, "custody", 10)


def _only_a_name(parent: Relative | None) -> Relative | None:
    if parent is None:
        return None
    born = _born(parent.number)
    first = pick(parent.number, "name", _first_names(parent.number))
    return Relative(name=f"{first} {_family(parent.number, born)}", born=born)


def _guardian(number: str, magic: str) -> Guardian | None:
    since = date(2024, 5, 1)
    guardian = _invent(number, "guardian", 1970, woman=True)
    if magic in (HAS_GUARDIAN, EIGHTEEN):
        return Guardian(1, since, number=guardian)
    if magic == HAS_GUARDIAN_BY_NAME:
        name = f"{pick(guardian, 'name', _WOMEN.split())} {_family(guardian, _born(guardian))}"
        return Guardian(0, since, name=name)
    return None


def _invent(number: str, topic: str, year: int, *, woman: bool) -> str:
    """The number of a relative. It has no magic digits, and modulus 11 says that nobody has it."""
    day, month = 2 + chance(number, f"{topic} day", 27), 1 + chance(number, f"{topic} month", 12)
    first, count = (1000, 3000) if year < 2000 else (4100, 900)
    start = chance(number, f"{topic} serial", count // 2) * 2
    for step in range(0, count, 2):
        serial = first + (start + step) % count + (0 if woman else 1)
        invented = f"{day:02}{month:02}{year % 100:02}{serial}"
        if not cpr_checks(invented):
            return invented
    raise AssertionError("every serial number passes modulus 11")


def _born(number: str) -> date:
    born = birth_date(number)
    assert born is not None
    return born
