"""Page numbers as a witness: "Side 1 af 2" must begin at 1, go on by one and come to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.witnesses.hearing import Answer, Hearing, Testimony, doubt

_WITNESS = "page_numbers"
# With fewer letters than this the numbers are believed as they stand.
_FEW = 5
# Where fewer of the letters than this are numbered from 1, the numbers are not the letters' own.
_OWN_SHARE = 0.5


class Order:
    """Whether the pages of a letter are numbered as one letter's pages are."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        numbered = [
            [page.clues.side for page in hearing.readings_of(letter)] for letter in hearing.letters
        ]
        self._numbers_letters = _numbers_letters([one for one in numbered if any(one)])
        self._runs_through = _runs_through_the_file(list(hearing.pages.values()))

    def testify(self, letter: PlannedLetter) -> Iterator[Testimony]:
        """At most one conflict: the first place where the numbers go wrong."""
        pages = self._hearing.readings_of(letter)
        if self._runs_through or not self._numbers_letters or not pages:
            return
        if not any(page.clues.side for page in pages):
            return
        yield _judge(pages) or Testimony(_WITNESS, Answer.OWNER)


def _judge(pages: Sequence[PageReading]) -> Testimony | None:
    expected = 1
    total = 0
    for page in pages:
        side = page.clues.side
        if side is not None:
            number, of = side
            if number != expected:
                return _wrong(page.page, number, expected)
            if total and of and of != total:
                return doubt(_WITNESS, "mixed_totals", _OTHER_TOTAL, page.page, of=of, total=total)
            total = of or total
        expected += 1
    last = pages[-1].page
    if total and expected - 1 < total:
        return doubt(_WITNESS, "page_missing", _MISSING, last, of=total, found=expected - 1)
    if total and expected - 1 > total:
        return doubt(_WITNESS, "page_extra", _EXTRA, last, of=total, found=expected - 1)
    return None


_OTHER_TOTAL = (
    "Side %(page)s siger, at brevet har %(of)s sider, men siden før siger %(total)s. "
    "Tjek, at siderne hører sammen."
)
_MISSING = (
    "Brevet siger, at det har %(of)s sider, men der er kun fundet %(found)s. "
    "Tjek, om der mangler en side efter side %(page)s."
)
_EXTRA = (
    "Brevet siger, at det har %(of)s sider, men det har fået %(found)s. "
    "Tjek, om side %(page)s hører til et andet brev."
)
_NEW_LETTER = (
    "Side %(page)s er nummereret som side 1 og er måske begyndelsen på et andet brev. Tjek siden."
)
_NOT_FIRST = (
    "Brevet begynder på en side, der er nummereret som side %(number)s. "
    "Tjek, om den første side mangler før side %(page)s."
)
_OUT_OF_ORDER = (
    "Side %(page)s er nummereret som side %(number)s, men er nr. %(expected)s i brevet. "
    "Tjek, om sider mangler eller er byttet om."
)


def _wrong(page: int, number: int, expected: int) -> Testimony:
    if expected == 1:
        return doubt(_WITNESS, "not_first", _NOT_FIRST, page, number=number)
    if number == 1:
        return doubt(_WITNESS, "new_letter", _NEW_LETTER, page)
    return doubt(_WITNESS, "out_of_order", _OUT_OF_ORDER, page, number=number, expected=expected)


def _numbers_letters(numbered: Sequence[Sequence[tuple[int, int] | None]]) -> bool:
    """Whether most letters that have page numbers begin with 1."""
    if len(numbered) < _FEW:
        return True
    right = sum(sides[0] is None or sides[0][0] == 1 for sides in numbered)
    return right >= _OWN_SHARE * len(numbered)


def _runs_through_the_file(pages: Sequence[PageReading]) -> bool:
    """Whether the numbers count the pages of the whole file: 1 to 600."""
    steps = {page.page - page.clues.side[0] for page in pages if page.clues.side}
    numbered = sum(page.clues.side is not None for page in pages)
    return numbered > 3 and len(steps) == 1
