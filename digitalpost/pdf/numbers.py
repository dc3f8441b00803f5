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

from digitalpost.identifiers import birth_date, cvr_checks, is_replacement_cpr
from digitalpost.pdf.labels import continues_list, says_cpr, says_other
from digitalpost.pdf.signs import (
    BLANK,
    DIGIT,
    HYPHEN,
    bare_digits,
    digit_beside,
    inside_longer,
    may_hold_cpr,
)

# "Not after a digit" is asked behind the first digit and not in front of it: the search then leaps
# from digit to digit instead of asking at every sign.
_FIRST = rf"{DIGIT}(?<!{DIGIT}{DIGIT})"
# Six and four digits with a hyphen between; any two digits may have one blank between them.
_HYPHENATED = re.compile(
    rf"{_FIRST}(?:{BLANK}?{DIGIT}){{5}}{BLANK}{{0,3}}{HYPHEN}{BLANK}{{0,3}}"
    rf"{DIGIT}(?:{BLANK}?{DIGIT}){{3}}(?!{DIGIT})"
)
# Six digits, one blank, four digits, nothing else: "010203 1234".
_SPACED = re.compile(rf"{_FIRST}{DIGIT}{{5}}{BLANK}{{1,3}}{DIGIT}{{4}}(?!{DIGIT})")
# Ten digits in a row, or all of them letter-spaced.
_BARE = re.compile(rf"{_FIRST}(?:{DIGIT}{{9}}|(?:{BLANK}{DIGIT}){{9}})(?!{DIGIT})")
# The school sector's substitute: a date, three letters and a digit in the place of the last four.
LETTERED = re.compile(
    rf"{DIGIT}(?<![0-9A-Za-z].){DIGIT}{{5}}{BLANK}?{HYPHEN}{BLANK}?[A-Z]{{3}}{DIGIT}(?![0-9A-Za-z])"
)
_CVR = re.compile(
    r"[CcSs](?<![A-Za-zÆØÅæøå].)"
    r"(?:(?<=[Cc])[Vv][Rr](?:\W{0,3}(?:og\W{1,2})?[Ss][Ee](?![a-zæøå]))?|(?<=S)E(?=\W{0,3}(?:[Nn]|DK|[0-9]))|(?<=[Ss])e(?=-n))"
    r"\W{0,3}(?:n(?:r|o|umme[rt])\b)?(?:\W|_){0,6}"
    rf"(?:DK\W{{0,2}})?({DIGIT}(?:[\s.\u00a0-]?{DIGIT}){{7}})(?!{DIGIT})(?!{HYPHEN}{DIGIT})"
)


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


def _hyphenated(text: str) -> list[Hit]:
    hits = []
    for match in _HYPHENATED.finditer(text):
        raw, start, end = match[0], match.start(), match.end()
        if inside_longer(text, start, end, raw):
            continue
        labelled = says_cpr(text, start, end)
        if not labelled and says_other(text, start):
            continue
        number = bare_digits(raw)
        hits.append(Hit(_kind(number), number, raw, start, labelled))
    return hits


def _spaced(text: str, known: Callable[[str, str], bool]) -> list[Hit]:
    hits = []
    for match in _SPACED.finditer(text):
        raw, start, end = match[0], match.start(), match.end()
        number = bare_digits(raw)
        labelled = says_cpr(text, start, end)
        if not labelled and (says_other(text, start) or inside_longer(text, start, end, "")):
            continue
        kind = _kind(number)
        one_line = len(raw) == 11 and raw[6] not in "\n\r\u2028\u2029"
        beside_digits = digit_beside(text, start, end)
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
        if inside_longer(text, start, end, raw):
            continue
        number = bare_digits(raw)
        labelled = says_cpr(text, start, end) or continues_list(text, start, ends)
        if labelled:
            ends[end] = True
        elif says_other(text, start) or not known("cpr", number):
            continue
        hits.append(Hit(_kind(number), number, raw, start, labelled))
    return hits


def _lettered(text: str) -> list[Hit]:
    hits = []
    for match in LETTERED.finditer(text):
        number = bare_digits(match[0])
        if birth_date(number[:6] + "0000") is not None:
            labelled = says_cpr(text, match.start(), match.end())
            hits.append(Hit(NumberKind.REPLACEMENT, number, match[0], match.start(), labelled))
    return hits


def _cvr(text: str) -> list[Hit]:
    hits = []
    for match in _CVR.finditer(text):
        number = bare_digits(match[1])
        kind = NumberKind.CVR if cvr_checks(number) else NumberKind.IMPOSSIBLE
        hits.append(Hit(kind, number, match[1], match.start(1), has_context=True))
    return hits


def _kind(number: str) -> NumberKind:
    if birth_date(number) is None:
        return NumberKind.IMPOSSIBLE
    return NumberKind.REPLACEMENT if is_replacement_cpr(number) else NumberKind.CPR


def _without_overlaps(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    end = -1
    for hit in sorted(hits, key=lambda hit: (hit.start, -len(hit.raw))):
        if hit.start >= end:
            kept.append(hit)
            end = hit.start + len(hit.raw)
    return kept
