"""Comparing names as people and registers write them: order, middle names, initials, æøå and aa."""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import lru_cache

from rapidfuzz import fuzz

# Spellings that registers and people mix: Christensen and Kristensen, Aagaard and Ågård.
_SAME_SOUND = (
    ("æ", "ae"),
    ("ø", "o"),
    ("å", "a"),
    ("aa", "a"),
    ("oe", "o"),
    ("ch", "k"),
    ("ck", "k"),
    ("th", "t"),
    ("ph", "f"),
    ("w", "v"),
    ("z", "s"),
    ("q", "k"),
)
_DOUBLE = re.compile(r"(.)\1+")
_NOT_LETTERS = re.compile(r"[^a-zæøå]+")
_BETWEEN_NAMES = re.compile(r"[\s,./]+")
# Words beside a name that are no part of it.
_TITLES = frozenset(
    [
        "hr",
        "fru",
        "frk",
        "til",
        "att",
        "co",
        "navn",
        "elev",
        "kursist",
        "modtager",
        "vedr",
        "vedrorende",
        "for",
        "og",
        "foraldrene",
        "foraeldrene",
        "foraeldre",
    ]
)
# Two long names this alike are one with a slip of the pen; "Jensen" and "Hansen" are not.
_ALIKE = 88
_LONG = 5


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """A word in one spelling: small letters only, as it sounds. Empty for what is no word."""
    low = word.casefold()
    for written, sound in _SAME_SOUND:
        low = low.replace(written, sound)
    bare = unicodedata.normalize("NFKD", low)
    return _DOUBLE.sub(r"\1", _NOT_LETTERS.sub("", bare))


@lru_cache(maxsize=65536)
def word_hash(word: str) -> int:
    """A number for a word in one spelling; 0 for what holds a digit or no letter.

    Pages keep these instead of their words: small, quick to compare, the same in every process.
    """
    if not word.isalpha() and any(char.isdigit() for char in word):
        return 0
    folded = fold(word)
    return zlib.crc32(folded.encode()) if folded else 0


def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a name, folded, without titles: ``"Hr. Bo Ågård"`` -> ``("bo", "agard")``."""
    return _parts(name)


@lru_cache(maxsize=65536)
def _parts(name: str) -> tuple[str, ...]:
    folded = (fold(word) for word in _BETWEEN_NAMES.split(name))
    return tuple(part for part in folded if part and part not in _TITLES)


def same_person(one: str, other: str) -> bool:
    """Whether two written names can be one person's.

    Every part of the shorter name must be in the longer one, in any order; an initial stands for
    any part that begins with it. One name alone matches whoever has it.
    """
    short, long = sorted((name_parts(one), name_parts(other)), key=len)
    return bool(short) and _all_in(short, list(long))


def stands_in(name: str, text: str) -> bool:
    """Whether the first and the last part of a name both stand in a short text."""
    parts = name_parts(name)
    return bool(parts) and _all_in(dict.fromkeys((parts[0], parts[-1])), list(name_parts(text)))


def first_name_fits(called: str, name: str) -> bool:
    """Whether somebody called ``called`` in a greeting can be ``name``."""
    parts = name_parts(called)
    return bool(parts) and any(_alike(parts[0], part) for part in name_parts(name))


def name_hashes(name: str) -> tuple[int, int] | None:
    """Hashes of the first and last part of a name, as `word_hash` gives; None for one part only."""
    parts = name_parts(name)
    if len(parts) < 2:
        return None
    return zlib.crc32(parts[0].encode()), zlib.crc32(parts[-1].encode())


def _all_in(wanted: dict[str, None] | tuple[str, ...], among: list[str]) -> bool:
    left = list(among)
    for part in wanted:
        partner = next((one for one in left if _alike(part, one)), None)
        if partner is None:
            return False
        left.remove(partner)
    return True


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    return min(len(one), len(other)) >= _LONG and fuzz.ratio(one, other) >= _ALIKE
