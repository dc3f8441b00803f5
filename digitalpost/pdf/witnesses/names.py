"""Names as a witness: who is written to, greeted and named must be whom the number belongs to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from digitalpost.pdf.clues import name_in_address
from digitalpost.pdf.names import (
    first_name_fits,
    name_hashes,
    name_parts,
    same_person,
    stands_in,
)
from digitalpost.pdf.owners import PlannedLetter
from digitalpost.pdf.witnesses.hearing import Answer, Hearing, Testimony, doubt
from digitalpost.verdict import Verdict

_NAME, _ADDRESS, _GREETING = "name", "address", "greeting"
_FEW = 5
# A witness that is wrong about more letters than this knows nothing about this kind of letter.
_RELIABLE = 0.5
_GREETING_RELIABLE = 0.8
# A name on more letters than this is the sender's, a teacher's or a street's.
_EVERYWHERE = (3, 0.03)
# A word in more letters than this is no clue to anybody, even if it is somebody's name.
_IN_MOST = 0.2
# The pages after the first carry the name where this share of them does.
_PAGES_NAMED = 0.9
_MOSTLY_NAMED = 0.6


@dataclass(frozen=True)
class _Seen:
    """What a letter says of names: True right, False another's, None nothing."""

    written_to: str
    address: bool | None
    near: bool | None
    greeting: bool | None
    on_page: bool


class Names:
    """Whether the names of a letter are its recipient's."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._senders = self._find_senders()
        self._whom = {one.pages[0]: self._written_to(one) for one in hearing.letters}
        self._name_of = {
            letter.number: hearing.names.get(letter.number) or self._whom[letter.pages[0]]
            for letter in hearing.letters
            if letter.number
        }
        self._seen = {letter.pages[0]: self._look(letter) for letter in hearing.letters}
        self._others = self._index_names()
        self._share_named = self._find_share_named()
        known = [
            self._seen[letter.pages[0]]
            for letter in hearing.letters
            if hearing.names.get(letter.number or "")
        ]
        self._names_are_written = _mostly([_named(seen) for seen in known], _RELIABLE)
        self._address_tells = _mostly([seen.address for seen in known], _RELIABLE)
        self._greeting_tells = _mostly(
            [seen.greeting for seen in self._seen.values()], _GREETING_RELIABLE
        )

    def proposed(self, letter: PlannedLetter) -> str:
        """The name in the address block, for a recipient whom the register does not name."""
        return self._whom[letter.pages[0]]

    def testify(self, letter: PlannedLetter) -> Iterator[Testimony]:
        """Answers of the name, the address block, the greeting, and names on the other pages."""
        seen = self._seen[letter.pages[0]]
        page = letter.pages[0]
        if self._hearing.names.get(letter.number or ""):
            yield from self._by_register(letter, seen)
        if seen.greeting is False and self._greeting_tells:
            yield doubt(_GREETING, "other_greeting", _OTHER_GREETING, page)
        elif seen.greeting:
            yield Testimony(_GREETING, Answer.OWNER)
        yield from self._strangers(letter)

    def _by_register(self, letter: PlannedLetter, seen: _Seen) -> Iterator[Testimony]:
        page = letter.pages[0]
        if seen.address is False and not (_named(seen) and not self._address_tells):
            other = self._is_somebody_else(seen.written_to, letter.number or "")
            yield doubt(
                _ADDRESS,
                "other_name",
                _SOMEBODY_ELSE if other else _OTHER_NAME,
                page,
                verdict=Verdict.RED if other else Verdict.YELLOW,
            )
        elif seen.address:
            yield Testimony(_ADDRESS, Answer.OWNER)
        if seen.near or seen.on_page:
            yield Testimony(_NAME, Answer.OWNER)
        elif seen.address is None and self._names_are_written:
            yield doubt(_NAME, "name_missing", _NAME_MISSING, page)

    def _strangers(self, letter: PlannedLetter) -> Iterator[Testimony]:
        """Pages that name another recipient of the file and not this one."""
        own = name_hashes(self._name_of.get(letter.number or "", "") or "")
        if own is None:
            return
        first = letter.pages[0]
        for page in letter.pages:
            words = self._hearing.words[page]
            if page == first and _named(self._seen[first]):
                continue
            here = set(words)
            if own[0] in here and own[1] in here:
                continue
            if any(
                given in here and given not in own
                for last in here
                if last in self._others and last not in own
                for given in self._others[last]
            ):
                yield doubt(_NAME, "strange_name", _STRANGE_NAME, page)
                return
            if page == first or self._hearing.pages[page].blank:
                continue
            # The family's name without the first name, where most pages have both: a sibling's.
            is_familys = own[1] in here and self._share_named >= _MOSTLY_NAMED
            if self._share_named >= _PAGES_NAMED or is_familys:
                yield doubt(_NAME, "page_without_name", _PAGE_WITHOUT_NAME, page)
                return

    def _look(self, letter: PlannedLetter) -> _Seen:
        page = self._hearing.pages[letter.pages[0]]
        written_to = self._whom[letter.pages[0]]
        name = self._name_of.get(letter.number or "", "")
        if not name:
            return _Seen(written_to, None, None, None, False)
        clues = page.clues
        hashes = name_hashes(name)
        words = self._hearing.words[page.page]
        return _Seen(
            written_to,
            same_person(name, written_to) if written_to else None,
            any(stands_in(name, text) for text in clues.near) or None,
            first_name_fits(clues.greeting.split()[0], name) if clues.greeting else None,
            hashes is not None and hashes[0] in words and hashes[1] in words,
        )

    def _written_to(self, letter: PlannedLetter) -> str:
        """The name in the address block; of several the one that the register gives, if any."""
        known = self._hearing.names.get(letter.number or "")
        blocks = self._hearing.pages[letter.pages[0]].clues.address
        names = [name for lines in blocks if (name := name_in_address(lines))]
        names = [name for name in names if name not in self._senders]
        right = (name for name in names if known and same_person(known, name))
        return next(right, names[0] if names else "")

    def _find_share_named(self) -> float:
        """The share of the pages after the first that say whose they are; 0 where they are few."""
        named = pages = 0
        for letter in self._hearing.letters:
            own = name_hashes(self._name_of.get(letter.number or "", "") or "")
            if own is None:
                continue
            for page in letter.pages[1:]:
                here = self._hearing.words[page]
                pages += not self._hearing.pages[page].blank
                named += own[0] in here and own[1] in here
        return named / pages if pages >= _FEW else 0.0

    def _find_senders(self) -> frozenset[str]:
        """Names in address blocks of many different recipients, or of all."""
        numbers: dict[str, set[str]] = defaultdict(set)
        for letter in self._hearing.letters:
            for lines in self._hearing.pages[letter.pages[0]].clues.address:
                numbers[name_in_address(lines)].add(letter.number or "")
        most = max(_EVERYWHERE[0], _EVERYWHERE[1] * len(self._hearing.letters))
        everybody = len({letter.number for letter in self._hearing.letters})
        return frozenset(
            name for name, some in numbers.items() if len(some) > most or 1 < len(some) == everybody
        )

    def _index_names(self) -> dict[int, set[int]]:
        """First names by last name of everybody in the file, but those that stand everywhere."""
        letters_with: Counter[int] = Counter()
        for letter in self._hearing.letters:
            letters_with.update({word for at in letter.pages for word in self._hearing.words[at]})
        most = max(_EVERYWHERE[0], _IN_MOST * len(self._hearing.letters))
        index: dict[int, set[int]] = defaultdict(set)
        for name in self._name_of.values():
            hashes = name_hashes(name) if name else None
            if hashes and letters_with[hashes[0]] <= most and letters_with[hashes[1]] <= most:
                index[hashes[1]].add(hashes[0])
        return dict(index)

    def _is_somebody_else(self, name: str, number: str) -> bool:
        hashes = name_hashes(name)
        if hashes is None or name_parts(name) == name_parts(self._name_of.get(number, "")):
            return False
        return hashes[0] in self._others.get(hashes[1], ())


_OTHER_NAME = (
    "Navnet i adressefeltet på side %(page)s er ikke det navn, som nummeret hører til. "
    "Tjek, at navn og nummer er den samme persons."
)
_SOMEBODY_ELSE = (
    "Side %(page)s er skrevet til en anden modtager i filen end den, som nummeret hører til. "
    "Ret listen, der er flettet fra, og lav filen igen."
)
_NAME_MISSING = (
    "Modtagerens navn står ikke på side %(page)s, som det gør i de andre breve. "
    "Tjek, at nummeret er det rigtige."
)
_OTHER_GREETING = (
    "Brevet fra side %(page)s hilser på en anden end den, det er til. "
    "Tjek, at siden er den rigtige."
)
_PAGE_WITHOUT_NAME = (
    "Side %(page)s har ikke modtagerens navn, som siderne i de andre breve har. "
    "Tjek, om den hører til brevet."
)
_STRANGE_NAME = (
    "Side %(page)s nævner en anden modtager i filen og ikke den, brevet er til. "
    "Tjek, om siden hører til et andet brev."
)


def _named(seen: _Seen) -> bool:
    """Whether the recipient's name is on the first page somewhere else than in the address."""
    return bool(seen.near or seen.on_page)


def _mostly(answers: list[bool | None], share: float) -> bool:
    """Whether those who answer are mostly right; with few answers they are believed."""
    said = [answer for answer in answers if answer is not None]
    return len(said) < _FEW or sum(said) >= share * len(said)
