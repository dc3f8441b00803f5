"""What a page lets us know about whose it is besides its numbers, taken down while it is read.

Runs on every page inside the child process, so it is made of a few quick looks at the text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pymupdf import mupdf

from digitalpost.pdf.names import word_hash
from digitalpost.pdf.numbers import Hit, NumberKind

# Read from the "ide" or "age" of the word, so that the page is searched by letters and not by rule.
_SIDE = re.compile(
    r"(?:ide|IDE|age)[\s:]{1,3}([0-9]{1,3})"
    r"(?:\s{0,2}(?:ud af|af|of|/)\s{0,2}([0-9]{1,3}))?(?![0-9])(?P<end>[ \t]*(?:\n|$))?"
)
_SIDE_WORDS = ("ide ", "ide:", "ide\n", "IDE ", "age ")
_BARE_SIDE = re.compile(
    r"(?:^|[\n·|])[ \t]*([0-9]{1,3})[ \t]?(?:/|af)[ \t]?([0-9]{1,3})[ \t]*(?=\n|$)"
)
_EDGE = 60  # a bare "1/2" counts only in the first or last letters of a page
_GREETING = re.compile(r"\s+([A-ZÆØÅ][^\n,:!]{1,50})")
# A word that begins with a capital; the last range holds small letters too, which does no harm.
_CAPITALISED = re.compile(r"(?<!\S)[A-ZÀ-ÖØ-ÞĀ-ž]\S*")
_GREETINGS = ("Kære", "KÆRE", "Hej ", "Dear ")
_TOWN = re.compile(r"^(?:DK[- ]?)?[0-9]{4} {1,2}[A-ZÆØÅ][^\n0-9]{1,30}$", re.MULTILINE)
_LINES_ABOVE = 5
_BLOCKS = 3  # sender, recipient, and one more
_NEAR_BEFORE, _NEAR_AFTER = 90, 60
# The letterhead: this share of the page's height at the top and at the bottom.
MARGIN = 0.13


@dataclass(frozen=True)
class Clues:
    """What a page says about its owner and its place. Personal data, so it has no ``repr``.

    ``side`` is its own page number and the total, 0 if it says none. ``greeting`` is who is
    greeted, ``near`` the text around each CPR number, ``address`` the lines of address blocks.
    ``words`` are hashes of its words with a capital letter (`words_of` reads them).
    """

    side: tuple[int, int] | None = None
    greeting: str = ""
    near: tuple[str, ...] = ()
    address: tuple[tuple[str, ...], ...] = ()
    words: bytes = b""

    def __repr__(self) -> str:
        return f"Clues({len(self.words) // 4} words)"


NO_CLUES = Clues()


def clues_of(plain: str, text: str, hits: Sequence[Hit]) -> Clues:
    """The clues of a page. ``plain`` is the quick text, ``text`` the one with true line ends."""
    return Clues(
        side_of(plain),
        _greeted(plain),
        tuple(_near(text, hit) for hit in hits if hit.kind is not NumberKind.CVR),
        tuple(_address_blocks(text)) if hits else (),
        hash_words(plain),
    )


def side_of(text: str) -> tuple[int, int] | None:
    """The page number that a page gives itself: (2, 3) for "Side 2 af 3", (2, 0) for "Side 2".

    "se side 4" within a sentence is none: without a total it must stand at the end of a line.
    """
    alone: tuple[int, int] | None = None
    counted: tuple[int, int] | None = None
    for word in _SIDE_WORDS:
        for at in _places(text, word):
            match = _SIDE.match(text, at)
            if match is None or text[at - 1 : at] not in ("s", "S", "p", "P"):
                continue
            page, of = int(match[1]), int(match[2] or 0)
            if 1 <= page <= of:
                counted = (page, of)
            elif page and not of and match["end"] is not None:
                alone = (page, 0)
    if counted is None and alone is None:
        for match in _BARE_SIDE.finditer(f"{text[:_EDGE]} {text[-_EDGE:]}"):
            page, of = int(match[1]), int(match[2])
            counted = (page, of) if 1 <= page <= of else counted
    return counted or alone


def _greeted(text: str) -> str:
    for word in _GREETINGS:
        at = text.find(word)
        match = _GREETING.match(text, at + len(word.rstrip())) if at >= 0 else None
        if match:
            return match[1]
    return ""


def hash_words(text: str) -> bytes:
    """Hashes of the different words that begin with a capital letter, packed."""
    found = set(_CAPITALISED.findall(text))
    hashes = set(map(word_hash, found))
    hashes.discard(0)
    return array("I", sorted(hashes)).tobytes()


def words_of(clues: Clues) -> array[int]:
    """The hashes that `hash_words` packed."""
    return array("I", clues.words)


def name_in_address(lines: Sequence[str]) -> str:
    """The name in an address block: the line above the street. Empty if there is none."""
    above = [line.strip() for line in lines[:-1]]
    while above and (any(char.isdigit() for char in above[-1]) or _is_aside(above[-1])):
        above.pop()
    if not above or not 2 <= len(above[-1].split()) <= 8:
        return ""
    return above[-1] if above[-1][:1].isupper() else ""


def _is_aside(line: str) -> bool:
    return line.casefold().startswith(("c/o", "att", "postboks"))


def _address_blocks(text: str) -> Iterable[tuple[str, ...]]:
    for number, match in enumerate(_TOWN.finditer(text)):
        if number >= _BLOCKS:
            return
        above = text[max(0, match.start() - 300) : match.start()].rstrip("\n").split("\n")
        yield (*(line.strip() for line in above[-_LINES_ABOVE:]), match[0].strip())


def _near(text: str, hit: Hit) -> str:
    end = hit.start + len(hit.raw)
    return f"{text[max(0, hit.start - _NEAR_BEFORE) : hit.start]} {text[end : end + _NEAR_AFTER]}"


def in_margins(
    page: Any, layer: Any, plain: str, hits: Sequence[Hit]
) -> tuple[frozenset[str], frozenset[str]]:
    """The CVR numbers in the top margin of a page, and those in the bottom margin.

    Only numbers all of whose places are in that margin. Looks at the blocks of the text layer,
    one for each line of ``plain``; a number whose block can't be told is in no margin.
    """
    numbers = {hit.number: hit.raw for hit in hits if len(hit.number) == 8}
    if not numbers:
        return frozenset(), frozenset()
    box = page.rect
    low, high = box.y0 + MARGIN * box.height, box.y1 - MARGIN * box.height
    top, bottom = [], []
    for number, raw in numbers.items():
        places = [_heights(layer, plain, at) for at in _places(plain, raw)]
        if places and all(y1 <= low for _, y1 in places):
            top.append(number)
        elif places and all(y0 >= high for y0, _ in places):
            bottom.append(number)
    return frozenset(top), frozenset(bottom)


def _places(text: str, raw: str) -> Iterable[int]:
    at = text.find(raw)
    while at >= 0:
        yield at
        at = text.find(raw, at + 1)


# The block can't be told: neither above the top margin's edge nor below the bottom margin's.
_UNKNOWN = (float("-inf"), float("inf"))


def _heights(layer: Any, plain: str, at: int) -> tuple[float, float]:
    """Top and bottom of the block that text[at] is in, walked to from the nearer end."""
    before, after = plain.count("\n", 0, at), plain.count("\n", at)
    held = layer.this.m_internal
    forward = before < after
    block = held.first_block if forward else held.last_block
    steps = before if forward else after - plain.endswith("\n")
    while block and (block.type != 0 or steps):
        steps -= block.type == 0
        block = block.next if forward else block.prev
    start = plain.rfind("\n", 0, at) + 1
    if not block or _first_sign(block) != plain[start]:
        return _UNKNOWN
    return block.bbox.y0, block.bbox.y1


def _first_sign(block: Any) -> str:
    line = next(iter(mupdf.FzStextBlock(block)), None)
    char = line.m_internal.first_char if line else None
    return chr(char.c) if char else ""
