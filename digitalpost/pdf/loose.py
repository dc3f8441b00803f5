"""Ten digits that may be a CPR number though nothing says so; one number in any written form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digitalpost.identifiers import birth_date, cpr_checks
from digitalpost.pdf.labels import says_other
from digitalpost.pdf.numbers import LETTERED, Hit
from digitalpost.pdf.signs import (
    DIGIT,
    GAP,
    bare_digits,
    digit_beside,
    inside_longer,
    may_hold_cpr,
)

# Every stretch that might be ten digits, read from each digit that starts a group. Overlaps are
# wanted: in "1234 0102031234" the second reading is the one that may be a person.
_DIGITS = re.compile(f"{DIGIT}+")
_LOOSE = re.compile(rf"(?<!{DIGIT})(?=({DIGIT}(?:{GAP}{DIGIT}){{9}})(?!{DIGIT}))")


@dataclass(frozen=True)
class Loose:
    """Ten digits that could be a CPR number but do not stand as one: no word says so.

    ``plain`` when they stand alone and no word says that they are something else.
    """

    number: str
    raw: str
    start: int
    plain: bool

    @property
    def suspicious(self) -> bool:
        """Form and check digit make a person likely; staff should look."""
        return self.plain and cpr_checks(self.number)

    def __repr__(self) -> str:
        return f"Loose(start={self.start}, plain={self.plain})"


def find_loose(text: str, hits: Sequence[Hit]) -> list[Loose]:
    """Every other stretch of ten digits with a real date in front, however it is divided.

    They decide no owner by themselves, but where one equals a recipient of the same file it is
    that recipient's number, and it must be removed.
    """
    if not may_hold_cpr(text):
        return []
    taken = {hit.start for hit in hits}
    found = []
    for match in _LOOSE.finditer(text):
        raw, start = match[1], match.start(1)
        number = bare_digits(raw)
        if start not in taken and birth_date(number) is not None:
            found.append(Loose(number, raw, start, _is_plain(text, start, raw)))
    return found


def places_of_number(text: str, number: str) -> list[tuple[int, str]]:
    """Where one number stands, however it is divided, but not inside a longer one: start, raw."""
    if not number.isdigit():  # the lettered kind is always written in one way
        return [(match.start(), match[0]) for match in LETTERED.finditer(text)]
    if number not in "".join(_DIGITS.findall(text)):
        return []  # its digits do not even follow each other when all else is left out
    return [
        (match.start(1), match[1])
        for match in _LOOSE.finditer(text)
        if bare_digits(match[1]) == number
    ]


def holds(text: str, number: str) -> bool:
    """Whether one number can be read in ``text``, however it is divided."""
    return bool(places_of_number(text, number))


def _is_plain(text: str, start: int, raw: str) -> bool:
    end = start + len(raw)
    shaped = len(raw) == 10 or (raw[:6].isdigit() and raw[-4:].isdigit() and len(raw) <= 13)
    return (
        shaped
        and not inside_longer(text, start, end, raw)
        and not digit_beside(text, start, end)
        and not says_other(text, start)
    )
