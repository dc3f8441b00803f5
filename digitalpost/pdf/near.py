"""Finding a number again in what a machine has read from a picture, slips and all.

Recognised text takes O for 0 or drops a digit. When it is about what must be gone, a number that
is nearly there counts as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz.distance import Levenshtein

# Signs that text recognition mistakes for digits, and the digit that they are taken for.
_TAKEN_FOR = {
    **dict.fromkeys("OoQDØø", "0"),
    **dict.fromkeys("lIi|!][", "1"),
    **dict.fromkeys("Zz", "2"),
    **dict.fromkeys("A", "4"),
    **dict.fromkeys("Ss§", "5"),
    **dict.fromkeys("Gb", "6"),
    **dict.fromkeys("T?", "7"),
    **dict.fromkeys("B&", "8"),
    **dict.fromkeys("gq", "9"),
}
_LOOK_ALIKE = str.maketrans(_TAKEN_FOR)
# Signs between two digits of one number: anything but letters and digits, and few of them.
_RUN = re.compile(r"[0-9](?:[^0-9A-Za-zÆØÅæøå]{0,3}[0-9])+")
_LETTERED_RUN = re.compile(r"[0-9A-Z](?:[^0-9A-Z]{0,3}[0-9A-Z])+")
_SLIPS = 2
_MANY_DIGITS = 4


def find_near(text: str, number: str) -> list[tuple[int, int]]:
    """Where ``number`` stands in ``text`` (from, to), with at most two slips of the reader."""
    if number.isdigit():
        wanted, read, runs = number, text.translate(_LOOK_ALIKE), _RUN
    else:
        wanted, read, runs = number.upper(), text.upper(), _LETTERED_RUN
    found: list[tuple[int, int]] = []
    for run in runs.finditer(read):
        at = [place for place in range(run.start(), run.end()) if read[place].isalnum()]
        found += _windows("".join(read[place] for place in at), at, wanted)
    return found


def _windows(signs: str, at: list[int], wanted: str) -> Iterable[tuple[int, int]]:
    """The best fitting stretches of a run that are nearly ``wanted``, none twice."""
    start = 0
    while start + len(wanted) - _SLIPS <= len(signs):
        best = min(
            (
                (Levenshtein.distance(part, wanted, score_cutoff=_SLIPS), -size)
                for size in range(len(wanted) - _SLIPS, len(wanted) + _SLIPS + 1)
                if len(part := signs[start : start + size]) == size
            ),
            default=(_SLIPS + 1, 0),
        )
        if best[0] <= _SLIPS:
            end = start - best[1]
            yield at[start], at[end - 1] + 1
            start = end
        else:
            start += 1


def with_digits(text: str) -> str:
    """``text`` with look-alike signs as digits, in words that are mostly digits; same length."""
    return re.sub(r"\S+", lambda word: _as_digits(word[0]), text)


def _as_digits(word: str) -> str:
    digits = sum(sign.isdigit() for sign in word)
    return word.translate(_LOOK_ALIKE) if digits >= _MANY_DIGITS else word
