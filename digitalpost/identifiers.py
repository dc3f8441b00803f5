"""CPR and CVR numbers: parse, check, mask, age. Rules and sources: protocols/identifiers.md.

A number is always text (leading zeros) and always normalised: ten or eight digits, nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)

# Every sign that a PDF or a keyboard may put where a hyphen is meant, and every blank.
HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SEPARATORS = re.compile(rf"[\s{re.escape(HYPHENS)}\u00a0\u2007\u202f]+")


class IdentifierKind(StrEnum):
    """What a recipient is found by."""

    CPR = "cpr"
    CVR = "cvr"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return self.value.upper()


class InvalidIdentifier(ValueError):  # noqa: N818
    """Not a number we can write to. Danish message for staff, never the number."""


@dataclass(frozen=True)
class Identifier:
    """A checked CPR or CVR number. ``repr`` and ``str`` are masked so that logs stay clean."""

    kind: IdentifierKind
    number: str

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Identifier({self.kind.value}, {self.masked})"

    @property
    def masked(self) -> str:
        """As shown on screens: ``010108-••••`` for a person, the whole number for a company."""
        return mask(self.number)

    @property
    def is_replacement(self) -> bool:
        """True for an erstatnings-CPR (day raised by 60): unknown to every national channel."""
        return self.kind is IdentifierKind.CPR and is_replacement_cpr(self.number)


def digits(text: str) -> str:
    """``text`` without blanks, hyphens and a leading DK: ``"DK 99 00 00 23"`` -> ``"99000023"``."""
    bare = _SEPARATORS.sub("", text)
    return bare[2:] if bare[:2].upper() == "DK" else bare


def mask(number: str) -> str:
    """A number as it may stand on a screen or in a log: CPR loses its last four digits."""
    return f"{number[:6]}-••••" if len(number) == 10 else number


def parse(text: str, *, today: date | None = None) -> Identifier:
    """The CPR or CVR number that a person typed.

    Raises `InvalidIdentifier` with a Danish sentence when it is neither. Modulus 11 is required of
    a CVR number but not of a CPR number: CPR without it has been issued since 2007.
    """
    bare = digits(text)
    if not bare.isascii() or not bare.isdigit():
        raise InvalidIdentifier("Skriv nummeret med tal: 10 cifre (CPR) eller 8 cifre (CVR).")
    if len(bare) == 8:
        if not cvr_checks(bare):
            raise InvalidIdentifier(
                "CVR-nummeret findes ikke. Tjek, om et ciffer er tastet forkert."
            )
        return Identifier(IdentifierKind.CVR, bare)
    if len(bare) == 10:
        if birth_date(bare) is None:
            raise InvalidIdentifier(
                "CPR-nummeret begynder med en dato, der ikke findes. Tjek de første seks cifre."
            )
        if not is_replacement_cpr(bare) and _is_future(bare, today):
            raise InvalidIdentifier("CPR-nummeret har en fødselsdato, der ikke er kommet endnu.")
        return Identifier(IdentifierKind.CPR, bare)
    raise InvalidIdentifier("Et CPR-nummer har 10 cifre, og et CVR-nummer har 8.")


def birth_date(cpr: str) -> date | None:
    """The birth date in a CPR number, replacement numbers included; None if it does not exist.

    Century from digit 7 and the year, by the table of cpr.dk.
    """
    if len(cpr) != 10 or not cpr.isascii() or not cpr.isdigit():
        return None
    day, month, year, seventh = int(cpr[:2]), int(cpr[2:4]), int(cpr[4:6]), int(cpr[6])
    if day > 60:
        day -= 60
    if seventh <= 3:
        century = 1900
    elif seventh in (4, 9):
        century = 2000 if year <= 36 else 1900
    else:
        century = 2000 if year <= 57 else 1800
    try:
        return date(century + year, month, day)
    except ValueError:
        return None


def is_replacement_cpr(cpr: str) -> bool:
    """Whether the day is raised by 60 and the date behind it exists."""
    return len(cpr) == 10 and "6" <= cpr[0] <= "9" and birth_date(cpr) is not None


def cpr_checks(cpr: str) -> bool:
    """Modulus 11 of a CPR number: at most a note, never a reason to refuse."""
    return _weighted(cpr, CPR_WEIGHTS) % 11 == 0


def cvr_checks(cvr: str) -> bool:
    """Modulus 11 of a CVR number: always valid (erhvervsstyrelsen.dk/modulus_11)."""
    return (
        len(cvr) == 8 and cvr.isdigit() and cvr[0] != "0" and _weighted(cvr, CVR_WEIGHTS) % 11 == 0
    )


def age(born: date, on: date) -> int:
    """Whole years on a Danish local date; born 29 February turns on 1 March in common years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def _is_future(cpr: str, today: date | None) -> bool:
    born = birth_date(cpr)
    return today is not None and born is not None and born > today
