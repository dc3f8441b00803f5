"""Finding CPR and CVR numbers in the text of a page, in every form that people and programs write.

Pure functions on text. What counts as a number and what does not is the heart of the split: a
number that is missed may put a page into somebody else's letter. Rules: notes/pdf.md section 5
and protocols/identifiers.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from digitalpost.identifiers import HYPHENS, birth_date, cpr_checks, cvr_checks, is_replacement_cpr
from digitalpost.pdf.labels import continues_list, says_cpr, says_other

_H = rf"[{HYPHENS}\u2043\ufe63\uff0d]"
_B = r"[\s\u200b\u2060\ufeff]"
_D = "[0-9]"
# Six and four digits with a hyphen between; any two digits may have one blank between them.
_HYPHENATED = re.compile(
    rf"(?<!{_D}){_D}(?:{_B}?{_D}){{5}}{_B}{{0,3}}{_H}{_B}{{0,3}}{_D}(?:{_B}?{_D}){{3}}(?!{_D})"
)
# Six digits, one blank, four digits, nothing else: "010203 1234".
_SPACED = re.compile(rf"(?<!{_D}){_D}{{6}}{_B}{{1,3}}{_D}{{4}}(?!{_D})")
# Ten digits in a row, or all of them letter-spaced.
_BARE = re.compile(rf"(?<!{_D})(?:{_D}{{10}}|{_D}(?:{_B}{_D}){{9}})(?!{_D})")
# The school sector's substitute: a date, three letters and a digit in the place of the last four.
_LETTERED = re.compile(rf"(?<![0-9A-Za-z]){_D}{{6}}{_B}?{_H}{_B}?[A-Z]{{3}}{_D}(?![0-9A-Za-z])")
_CVR = re.compile(
    r"(?<![A-Za-zÆØÅæøå])"
    r"(?:[Cc][Vv][Rr](?:\W{0,3}(?:og\W{1,2})?[Ss][Ee](?![a-zæøå]))?|SE(?=\W{0,3}(?:[Nn]|DK|[0-9]))|[Ss]e(?=-n))"
    r"\W{0,3}(?:n(?:r|o|umme[rt])\b)?(?:\W|_){0,6}"
    rf"(?:DK\W{{0,2}})?({_D}(?:[\s.\u00a0-]?{_D}){{7}})(?!{_D})(?!{_H}{_D})"
)
# Every stretch that might be ten digits, read from each digit that starts a group. Overlaps are
# wanted: in "1234 0102031234" the second reading is the one that may be a person.
_SIGN = rf"[{HYPHENS}\s\u200b\u2060\ufeff\u2043\ufe63\uff0d./·]"
_GAP = rf"{_SIGN}{{0,3}}"
_WIDE_GAP = rf"{_SIGN}{{0,7}}"
_LOOSE = re.compile(rf"(?<!{_D})(?=({_D}(?:{_GAP}{_D}){{9}})(?!{_D}))")
# Ten signs near each other that begin with six digits: a page without this has no CPR number.
_TEN = re.compile(rf"{_D}(?:{_GAP}{_D}){{5}}(?:{_WIDE_GAP}[0-9A-Z]){{4}}")


class NumberKind(StrEnum):
    """What a number on a page is."""

    CPR = "cpr"
    CVR = "cvr"
    REPLACEMENT = "replacement"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Hit:
    """A number on a page. ``raw`` is the text as it stands, ``start`` its place in the text.

    ``has_context`` tells that a word beside it says which kind of number it is.
    """

    kind: NumberKind
    number: str
    raw: str
    start: int
    has_context: bool

    def __repr__(self) -> str:
        return f"Hit({self.kind.value}, start={self.start}, has_context={self.has_context})"


@dataclass(frozen=True, slots=True)
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


def _nobody(kind: str, number: str) -> bool:
    return False


def find_numbers(
    text: str,
    *,
    own_cvr: frozenset[str] = frozenset(),
    known: Callable[[str, str], bool] = _nobody,
) -> list[Hit]:
    """Every CPR and CVR number in ``text``, in reading order; ``own_cvr`` is left out.

    ``DDMMYY-SSSS`` needs no word beside it, ten bare digits need "CPR" near them or must be
    ``known(kind, number)``. After words such as *faktura*, *konto* or *sag* a number is only a CPR
    number when CPR is also said. A date that does not exist gives ``impossible``.
    """
    hits = [hit for hit in _cvr(text) if hit.number not in own_cvr]
    if may_hold_cpr(text):
        hits += [*_hyphenated(text), *_spaced(text, known), *_lettered(text)]
        hits = _without_overlaps(hits)
        hits = [*hits, *_bare(text, known, hits)]
    return _without_overlaps(hits)


def find_loose(text: str, hits: list[Hit]) -> list[Loose]:
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
        number = _bare_digits(raw)
        if start not in taken and birth_date(number) is not None:
            found.append(Loose(number, raw, start, _is_plain(text, start, raw)))
    return found


def may_hold_cpr(text: str) -> bool:
    """Whether any ten signs stand near enough to be a CPR number; blanks and line ends are one."""
    return _TEN.search(text) is not None


def places_of_number(text: str, number: str) -> list[tuple[int, str]]:
    """Where one number stands, however it is divided, but not inside a longer one: start, raw."""
    if not number.isdigit():  # the lettered kind is always written in one way
        return [(match.start(), match[0]) for match in _LETTERED.finditer(text)]
    return [
        (match.start(1), match[1])
        for match in _LOOSE.finditer(text)
        if _bare_digits(match[1]) == number
    ]


def holds(text: str, number: str) -> bool:
    """Whether one number can be read in ``text``, however it is divided."""
    return bool(places_of_number(text, number))


def _hyphenated(text: str) -> list[Hit]:
    hits = []
    for match in _HYPHENATED.finditer(text):
        raw, start, end = match[0], match.start(), match.end()
        if _inside_longer(text, start, end, raw):
            continue
        labelled = says_cpr(text, start, end)
        if not labelled and says_other(text, start):
            continue
        number = _bare_digits(raw)
        hits.append(Hit(_kind(number), number, raw, start, labelled))
    return hits


def _spaced(text: str, known: Callable[[str, str], bool]) -> list[Hit]:
    hits = []
    for match in _SPACED.finditer(text):
        raw, start, end = match[0], match.start(), match.end()
        number = _bare_digits(raw)
        labelled = says_cpr(text, start, end)
        if not labelled and (says_other(text, start) or _inside_longer(text, start, end, "")):
            continue
        kind = _kind(number)
        one_line = len(raw) == 11 and raw[6] not in "\n\r\u2028\u2029"
        beside_digits = _digit_beside(text, start, end)
        if (
            labelled
            or known("cpr", number)
            or (one_line and not beside_digits and kind is NumberKind.CPR)
        ):
            hits.append(Hit(kind, number, raw, start, labelled))
    return hits


def _bare(text: str, known: Callable[[str, str], bool], before: list[Hit]) -> list[Hit]:
    hits: list[Hit] = []
    ends = {hit.start + len(hit.raw): hit.has_context for hit in before if hit.kind != "cvr"}
    for match in _BARE.finditer(text):
        raw, start, end = match[0], match.start(), match.end()
        if _inside_longer(text, start, end, raw):
            continue
        number = _bare_digits(raw)
        labelled = says_cpr(text, start, end) or continues_list(text, start, ends)
        if labelled:
            ends[end] = True
        elif says_other(text, start) or not known("cpr", number):
            continue
        hits.append(Hit(_kind(number), number, raw, start, labelled))
    return hits


def _lettered(text: str) -> list[Hit]:
    hits = []
    for match in _LETTERED.finditer(text):
        number = _bare_digits(match[0])
        if birth_date(number[:6] + "0000") is not None:
            labelled = says_cpr(text, match.start(), match.end())
            hits.append(Hit(NumberKind.REPLACEMENT, number, match[0], match.start(), labelled))
    return hits


def _cvr(text: str) -> list[Hit]:
    hits = []
    for match in _CVR.finditer(text):
        number = _bare_digits(match[1])
        kind = NumberKind.CVR if cvr_checks(number) else NumberKind.IMPOSSIBLE
        hits.append(Hit(kind, number, match[1], match.start(1), has_context=True))
    return hits


def _kind(number: str) -> NumberKind:
    if birth_date(number) is None:
        return NumberKind.IMPOSSIBLE
    return NumberKind.REPLACEMENT if is_replacement_cpr(number) else NumberKind.CPR


def _bare_digits(raw: str) -> str:
    return "".join(char for char in raw if char.isascii() and char.isalnum())


def _without_overlaps(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    end = -1
    for hit in sorted(hits, key=lambda hit: (hit.start, -len(hit.raw))):
        if hit.start >= end:
            kept.append(hit)
            end = hit.start + len(hit.raw)
    return kept


_BEFORE_GLUED = re.compile(rf"(?:{_D}{_H}|{_D}[.,/])$")
_AFTER_GLUED = re.compile(rf"{_H}{_D}|[.,/]{_D}")
_BEFORE_SPACED = re.compile(rf"{_D}{_B}$")
_AFTER_SPACED = re.compile(rf"{_B}{_D}(?!{_D})")


def _inside_longer(text: str, start: int, end: int, raw: str) -> bool:
    """Whether the digits go on beside the match: glued by a sign, or letter-spaced as it is."""
    before, after = text[max(0, start - 3) : start], text[end : end + 3]
    if _BEFORE_GLUED.search(before) or _AFTER_GLUED.match(after):
        return True
    if raw and re.match(rf"{_D}{_B}{_D}{_B}", raw):
        return bool(_BEFORE_SPACED.search(before) or _AFTER_SPACED.match(after))
    return False


def _digit_beside(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 3) : start], text[end : end + 3]
    return bool(re.search(rf"{_D} ?$", before) or re.match(rf" ?{_D}", after))


def _is_plain(text: str, start: int, raw: str) -> bool:
    end = start + len(raw)
    shaped = len(raw) == 10 or (raw[:6].isdigit() and raw[-4:].isdigit() and len(raw) <= 13)
    return (
        shaped
        and not _inside_longer(text, start, end, raw)
        and not _digit_beside(text, start, end)
        and not says_other(text, start)
    )
