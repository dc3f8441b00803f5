"""Words as rules and suggestions compare them: without case, Danish letters in one spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PART = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Small letters, one spelling of each sign, ``aa`` as ``å``, single blanks.

    ``Aagaard`` and ``ågård`` are the same word, so are letters written as one sign or as two.
    """
    low = text.lower() if text.isascii() else _folded(text)
    return " ".join(low.replace("aa", "å").split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=4096)
def phrase(wanted: str) -> tuple[tuple[str, ...], bool]:
    """What somebody wrote in a rule, as words in a row, and whether the last is a word's start.

    ``eksamen*`` is the start of ``eksamensplan``; ``åben skole`` is two words beside each other.
    """
    bare = wanted.strip()
    return parts_of(bare.rstrip("*")), bare.endswith("*")


def parts_of(text: str) -> tuple[str, ...]:
    """Every word by itself, also what signs tie together."""
    return parts_of_folded(fold(text))


def parts_of_folded(folded: str) -> tuple[str, ...]:
    """As `parts_of`, of a text that is folded already."""
    return tuple(_PART.findall(folded))


def may_stand_in(wanted: str, folded: str) -> bool:
    """Whether it is worth looking word by word: a quick look that most texts do not pass."""
    return all(word in folded for word in phrase(wanted)[0])


def stands_in(wanted: str, parts: tuple[str, ...]) -> bool:
    """Whether the words of ``wanted`` stand beside each other among ``parts``."""
    sought, is_start = phrase(wanted)
    if not sought:
        return False
    first, size = sought[0], len(sought)
    last = sought[-1]
    for at in range(len(parts) - size + 1):
        if is_start:
            if parts[at : at + size - 1] == sought[:-1] and parts[at + size - 1].startswith(last):
                return True
        elif parts[at] == first and parts[at : at + size] == sought:
            return True
    return False
