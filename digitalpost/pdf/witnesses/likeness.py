"""Likeness as a witness: first pages look like first pages, last pages like last, as many as usual.

Learnt from the file itself: which capitalised words stand on the first pages of its letters and
not on the others. Needs no names and no numbers, so it sees what those can't.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log

from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.witnesses.hearing import Answer, Hearing, Testimony, doubt

_WITNESS = "likeness"
_FEW = 8  # letters; with fewer there is nothing to be like
_TELLS_APART = 0.3  # a word tells kinds of pages apart when it stands this much oftener on one
_SURE = 1.5  # log odds
_MOST_WEIGHT = 3.0
_ALWAYS = 0.8  # words on this share of the first pages are their common ones
_COMMON_ENOUGH = 4
_LIKE, _UNLIKE = 0.8, 0.4
_NOTHING_SAID = 0.15  # a doubt about more of the letters than this is no doubt
_UNUSUAL_SHARE = 0.03  # of the letters
_ONE_LENGTH = 0.85  # from here on a merge is meant to have letters of one length


@dataclass(frozen=True)
class _Scale:
    """How much each word weighs for one kind of page against the other."""

    empty: float
    weights: dict[int, float]

    def weigh(self, words: Iterable[int]) -> float:
        """Above 0: like the one kind; below 0: like the other."""
        weights = self.weights
        return self.empty + sum(weights[word] for word in words if word in weights)


class Likeness:
    """Whether the pages of a letter look as the pages of the other letters in their places."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        pages = [hearing.readings_of(letter) for letter in hearing.letters]
        numbers = [[page.page for page in some] for some in pages if some]
        words = hearing.words
        self._speaks = len(numbers) >= _FEW
        first = [words[some[0]] for some in numbers]
        after = [words[page] for some in numbers for page in some[1:]]
        last = [words[some[-1]] for some in numbers if len(some) > 1]
        inner = [words[page] for some in numbers for page in some[:-1] if len(some) > 1]
        self._first = _scale(first, after)
        self._last = _scale(last, inner)
        seldom = len(after) < 0.3 * len(first)
        self._common = _common(first) if seldom and self._first is None else frozenset()
        self._usual, self._unusual = _page_counts([len(some) for some in numbers])
        self._ends_of = self._all_ends(numbers) if self._speaks else {}

    def testify(self, letter: PlannedLetter) -> Iterator[Testimony]:
        """Conflicts about the beginning, the middle, the end and the length of a letter."""
        pages = [page.page for page in self._hearing.readings_of(letter)]
        if not self._speaks or not pages:
            return
        found = [*self._ends_of.get(pages[0], ()), *self._length(pages)]
        yield from found or [Testimony(_WITNESS, Answer.OWNER)]

    def _all_ends(self, letters: Sequence[Sequence[int]]) -> dict[int, list[Testimony]]:
        """Conflicts by first page; without those that so many have that they say nothing."""
        found = {pages[0]: list(self._ends(pages)) for pages in letters}
        times = Counter(one.reason.code for some in found.values() for one in some if one.reason)
        most = max(_NOTHING_SAID * len(letters), 2)
        return {
            first: [one for one in some if one.reason and times[one.reason.code] <= most]
            for first, some in found.items()
        }

    def _ends(self, pages: Sequence[int]) -> Iterator[Testimony]:
        if not self._begins(pages[0], doubtful=True):
            yield doubt(_WITNESS, "unlike_first", _UNLIKE_FIRST, pages[0])
        again = next((page for page in pages[1:] if self._begins(page, doubtful=False)), None)
        if again is not None:
            yield doubt(_WITNESS, "like_first", _LIKE_FIRST, again)
        if self._last is None or (len(pages) < 2 and self._usual < 2):
            return
        words = self._hearing.words
        if self._last.weigh(words[pages[-1]]) < -_SURE:
            yield doubt(_WITNESS, "unlike_last", _UNLIKE_LAST, pages[-1])
        early = next((at for at in pages[:-1] if self._last.weigh(words[at]) > _SURE), None)
        if early is not None:
            yield doubt(_WITNESS, "like_last", _LIKE_LAST, early)

    def _begins(self, page: int, *, doubtful: bool) -> bool:
        """Whether a page looks like a first one; ``doubtful`` is the answer in doubt."""
        words = self._hearing.words[page]
        if self._first is not None:
            score = self._first.weigh(words)
            return score > -_SURE if doubtful else score > _SURE
        if not self._common:
            return doubtful
        share = sum(word in self._common for word in words) / len(self._common)
        return share >= (_UNLIKE if doubtful else _LIKE)

    def _length(self, pages: Sequence[int]) -> Iterator[Testimony]:
        if len(pages) in self._unusual:
            yield doubt(
                _WITNESS, "unusual_length", _LENGTH, pages[0], found=len(pages), usual=self._usual
            )


_UNLIKE_FIRST = (
    "Brevet begynder på side %(page)s, der ikke ligner de andre breves første side. "
    "Tjek, at brevet begynder her, og at nummeret er modtagerens."
)
_LIKE_FIRST = (
    "Side %(page)s ligner den første side af et brev. "
    "Tjek, om et nyt brev uden nummer begynder der."
)
_UNLIKE_LAST = (
    "Side %(page)s ligner ikke slutningen på de andre breve. Tjek, om der mangler en side."
)
_LIKE_LAST = (
    "Side %(page)s ligner slutningen på et brev, men der kommer flere sider. "
    "Tjek, om de hører til brevet."
)
_LENGTH = (
    "Antallet af sider i brevet fra side %(page)s er %(found)s; i de fleste breve er det "
    "%(usual)s. Tjek, at siderne er de rigtige."
)


def _scale(one: Sequence[Iterable[int]], other: Sequence[Iterable[int]]) -> _Scale | None:
    """Weights of the words that tell two kinds of pages apart; None when no word does."""
    if len(one) < 2 or len(other) < 2:
        return None
    ours, theirs = _shares(one), _shares(other)
    empty, weights = 0.0, {}
    for word in ours.keys() | theirs.keys():
        here, there = ours.get(word, 0.0), theirs.get(word, 0.0)
        if abs(here - there) < _TELLS_APART:
            continue
        here, there = _inside(here, len(one)), _inside(there, len(other))
        absent = _capped(log((1 - here) / (1 - there)))
        empty += absent
        weights[word] = _capped(log(here / there)) - absent
    return _Scale(empty, weights) if weights else None


def _shares(pages: Sequence[Iterable[int]]) -> dict[int, float]:
    counts: Counter[int] = Counter()
    for words in pages:
        counts.update(words)
    return {word: times / len(pages) for word, times in counts.items()}


def _inside(share: float, count: int) -> float:
    return (share * count + 0.5) / (count + 1)


def _capped(weight: float) -> float:
    return max(-_MOST_WEIGHT, min(_MOST_WEIGHT, weight))


def _common(pages: Sequence[Iterable[int]]) -> frozenset[int]:
    common = frozenset(word for word, share in _shares(pages).items() if share >= _ALWAYS)
    return common if len(common) >= _COMMON_ENOUGH else frozenset()


def _page_counts(lengths: Sequence[int]) -> tuple[int, frozenset[int]]:
    """The usual number of pages, and the rare ones: each alone where nearly all letters have the
    usual number, else those that are rare even taken together.
    """
    counts = Counter(lengths).most_common()
    if not counts:
        return 0, frozenset()
    if counts[0][1] >= _ONE_LENGTH * len(lengths):
        seldom = max(_UNUSUAL_SHARE * len(lengths), 1.0)
        return counts[0][0], frozenset(length for length, times in counts[1:] if times <= seldom)
    allowed = max(_UNUSUAL_SHARE * len(lengths), 1.0)
    rare: set[int] = set()
    for length, times in reversed(counts[1:]):
        allowed -= times
        if allowed < 0:
            break
        rare.add(length)
    return counts[0][0], frozenset(rare)
