"""What stands twice as a witness: the same page in a letter, the same letter in the file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from digitalpost.pdf.clues import name_in_address
from digitalpost.pdf.names import same_person
from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.witnesses.hearing import Hearing, Testimony, doubt
from digitalpost.pdf.witnesses.names import Names

_WITNESS = "twins"
# Where more of the recipients than this get several letters, that is how the file is meant.
_SEVERAL_SHARE = 0.03
_FEW = 20
_TWO_NAMES_SHARE = 0.15


_SAME_ADDRESS = (
    "Brevet fra side %(page)s er skrevet til samme navn og adresse som brevet fra side %(other)s, "
    "men numrene er forskellige. Tjek, at navn og nummer er den samme persons."
)

_TWO_NAMES = (
    "Samme nummer står også på brevet fra side %(other)s, men det er skrevet til en anden. "
    "Tjek, at navn og nummer er den samme persons."
)


class Twins:
    """Whether a recipient gets the same twice."""

    def __init__(self, hearing: Hearing, naming: Names) -> None:
        self._hearing = hearing
        self._before: dict[int, PlannedLetter] = {}
        first_with: dict[tuple[object, ...], PlannedLetter] = {}
        of_number: dict[str, list[PlannedLetter]] = defaultdict(list)
        for letter in hearing.letters:
            assert letter.number
            same = (letter.number, *(page.mark for page in hearing.readings_of(letter)))
            earlier = first_with.setdefault(same, letter)
            if earlier is not letter:
                self._before[letter.pages[0]] = earlier
            of_number[letter.number].append(letter)
        several = {number: some for number, some in of_number.items() if len(some) > 1}
        seldom = len(several) <= max(_SEVERAL_SHARE * len(of_number), 1)
        self._several = several if seldom or len(of_number) < _FEW else {}
        self._two_names = _of_two_names(several, naming, len(of_number))
        self._namesakes = self._find_namesakes()

    def testify(self, letter: PlannedLetter) -> Iterator[Testimony]:
        """Conflicts: the letter is a copy, has a page twice, or is one of several to somebody."""
        if earlier := self._before.get(letter.pages[0]):
            yield doubt(
                _WITNESS,
                "same_letter",
                "Brevet fra side %(page)s er helt magen til brevet fra side %(first)s. "
                "Tag det ene ud, hvis modtageren kun skal have det én gang.",
                letter.pages[0],
                first=earlier.pages[0],
            )
        elif letter.number in self._several:
            yield self._one_of_several(letter, self._several[letter.number])
        elif other := self._two_names.get(letter.pages[0]):
            yield doubt(_WITNESS, "two_names", _TWO_NAMES, letter.pages[0], other=other)
        if other := self._namesakes.get(letter.pages[0]):
            yield doubt(_WITNESS, "same_address", _SAME_ADDRESS, letter.pages[0], other=other)
        pages = self._hearing.readings_of(letter)
        times = Counter(page.mark for page in pages if page.readable)
        for page in pages:
            if page.readable and times[page.mark] > 1:
                first = next(one.page for one in pages if one.mark == page.mark)
                if first != page.page:
                    yield doubt(
                        _WITNESS,
                        "same_page",
                        "Side %(page)s er helt magen til side %(first)s i samme brev. "
                        "Tag den ene ud, eller del brevet i to.",
                        page.page,
                        first=first,
                    )
                    return

    def _find_namesakes(self) -> dict[int, int]:
        """Letters to one name and address under different numbers: first page, the other's page.

        None where that is common: letters about several children to the same parents. An address
        that most letters share is the sender's.
        """
        written_to: dict[tuple[str, ...], list[PlannedLetter]] = defaultdict(list)
        for letter in self._hearing.letters:
            for lines in self._hearing.pages[letter.pages[0]].clues.address:
                if name := name_in_address(lines):
                    written_to[(name, *lines[-2:])].append(letter)
        most = max(_SEVERAL_SHARE * len(self._hearing.letters), 1)
        shared = min(_FEW, len(self._hearing.letters) // 2)
        namesakes = [
            some for some in written_to.values() if 1 < len({one.number for one in some}) <= shared
        ]
        if len(namesakes) > most:
            return {}
        return {
            one.pages[0]: next(other.pages[0] for other in some if other.number != one.number)
            for some in namesakes
            for one in some
        }

    def _one_of_several(self, letter: PlannedLetter, all_of_them: list[PlannedLetter]) -> Testimony:
        other = next(one for one in all_of_them if one is not letter)
        return doubt(
            _WITNESS,
            "several_letters",
            "Samme nummer står også på brevet fra side %(other)s. "
            "Tjek, at begge breve er til den samme.",
            letter.pages[0],
            other=other.pages[0],
        )


def _of_two_names(
    several: Mapping[str, Sequence[PlannedLetter]], naming: Names, recipients: int
) -> dict[int, int]:
    """Letters under one number to two names: first page, the first page of one to the other name.

    None where that is common: letters to each of the parents that name the child.
    """
    found: dict[int, int] = {}
    numbers = 0
    for letters in several.values():
        before = len(found)
        named = [(one.pages[0], name) for one in letters if (name := naming.proposed(one))]
        for page, name in named:
            other = next((at for at, its in named if not same_person(name, its)), None)
            if other is not None:
                found[page] = other
        numbers += len(found) > before
    return found if numbers <= max(_TWO_NAMES_SHARE * recipients, 1) else {}
