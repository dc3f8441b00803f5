"""The number itself as a witness: it stands where the others do, and is known where they are.

A letter that lost its own number is named by whatever other number is in its text, and one wrong
digit names a stranger. Names can't tell either: nobody knows what that number's owner is called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.witnesses.hearing import Hearing, Testimony, doubt

_WITNESS = "number"
_FEW = 8  # letters; with fewer there is nothing to be unlike
# So many of the letters must agree before another one is in doubt for being otherwise.
_NEARLY_ALL = 0.96
_NEAR = 6.0  # points
_STEP = 3.0

Place = tuple[float, float]


class Number:
    """Whether a letter's number stands in its usual place, and is known as the others are."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._places = {one.pages[0]: self._places_in(one) for one in hearing.letters}
        firsts = self._first_places()
        enough = len(firsts) >= _FEW
        self._usual = [_usual([place[axis] for place in firsts]) for axis in (0, 1)]
        self._usual = self._usual if enough else [None, None]
        known = [one.number in hearing.names for one in hearing.letters]
        self._all_known = len(known) >= _FEW and sum(known) >= _NEARLY_ALL * len(known)

    def testify(self, letter: PlannedLetter) -> Iterator[Testimony]:
        """Conflicts about where the number stands and about its being new."""
        places = self._places[letter.pages[0]]
        if places and not any(self._is_usual(place) for place in places):
            yield doubt(_WITNESS, "other_place", _OTHER_PLACE, letter.pages[0])
        if self._all_known and letter.number not in self._hearing.names:
            yield doubt(_WITNESS, "unknown_number", _UNKNOWN, letter.pages[0])

    def _first_places(self) -> list[Place]:
        """Where letters have their number; of the usual length, where most letters have one.

        A page that strayed makes a letter of its own: its number stands as on a later page.
        """
        lengths = Counter(len(one.pages) for one in self._hearing.letters)
        usual, times = lengths.most_common(1)[0] if lengths else (0, 0)
        any_length = times <= len(self._hearing.letters) / 2
        return [
            places[0]
            for one in self._hearing.letters
            if (any_length or len(one.pages) == usual) and (places := self._places[one.pages[0]])
        ]

    def _places_in(self, letter: PlannedLetter) -> list[Place]:
        """Upper left corners of the number on the letter's first page."""
        page = self._hearing.pages[letter.pages[0]]
        quads = (spot.quads for spot in page.spots if spot.number == letter.number)
        return [some[0][:2] for some in quads if some]

    def _is_usual(self, place: Place) -> bool:
        return all(
            usual is None or abs(place[axis] - usual) <= _NEAR
            for axis, usual in enumerate(self._usual)
        )


_OTHER_PLACE = (
    "Nummeret på side %(page)s står et andet sted end i de andre breve. "
    "Tjek, at det er modtagerens, og ikke for eksempel en forælders."
)
_UNKNOWN = (
    "Nummeret på side %(page)s er ikke i registret, og det er næsten alle de andre i filen. "
    "Tjek, at det er skrevet rigtigt."
)


def _usual(values: Sequence[float]) -> float | None:
    """What nearly all of the values are; None when they differ more than that."""
    if not values:
        return None
    steps = Counter(round(value / _STEP) for value in values)
    middle = steps.most_common(1)[0][0] * _STEP
    near = sum(abs(value - middle) <= _NEAR for value in values)
    return middle if near >= _NEARLY_ALL * len(values) else None
