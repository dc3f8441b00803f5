"""What to make letters of: orders, what is to be removed, and which can be made together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from digitalpost.errors import Refused
from digitalpost.pdf.clean import CleanPage
from digitalpost.pdf.loose import holds
from digitalpost.pdf.marker import MARKER
from digitalpost.pdf.numbers import find_numbers
from digitalpost.pdf.owners import Plan, PlannedLetter
from digitalpost.pdf.read import PageReading

_CPR_LENGTH = 10
_SEVERAL = ("",)  # a page that orders with different numbers need
# A second engine reads every letter of a mailing up to this size, and of a larger one every tenth
# and all that are out of the ordinary: reading them all would make the making a third slower.
_ALL_UP_TO = 100
_EVERY = 10


@dataclass(frozen=True)
class Appendix:
    """A finished attachment: where its file lies, its title, and its pages as they were proved."""

    path: Path
    title: str
    pages: tuple[CleanPage, ...]


@dataclass(frozen=True)
class LetterOrder:
    """What to make one letter of: its pages as they were read, and the number to remove.

    ``number`` is None when the recipient's is not to be removed (a company, or *keep the number*).
    With ``second_look`` a second engine reads the result, whatever it looks like.
    ``also`` are other numbers to remove (*every CPR number*), and the invisible mark.
    ``appendices`` follow the letter in the same file.
    """

    index: int
    readings: tuple[PageReading, ...]
    number: str | None
    title: str
    also: tuple[str, ...] = ()
    second_look: bool = True
    appendices: tuple[Appendix, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Everything that is to be removed."""
        return (self.number, *self.also) if self.number else self.also

    @property
    def pages(self) -> tuple[int, ...]:
        """Source pages, from 1."""
        return tuple(reading.page for reading in self.readings)

    @property
    def altered_pages(self) -> tuple[int, ...]:
        """Those of them that something is taken out of."""
        wanted = self.wanted
        return tuple(
            reading.page
            for reading in self.readings
            if wanted
            and (
                reading.traces.replaced
                or any(spot.number in wanted for spot in reading.spots)
                or (reading.scan and any(reading.scan.places_of(one) for one in wanted))
            )
        )

    def __repr__(self) -> str:
        return f"LetterOrder(index={self.index}, pages={self.pages})"


def make_order(
    index: int,
    readings: tuple[PageReading, ...],
    number: str | None,
    title: str,
    *,
    every_number: bool = False,
) -> LetterOrder:
    """An order that also removes the invisible mark and, if asked for, every CPR number."""
    also: dict[str, None] = {}
    if every_number:
        also.update(
            (hit.number, None)
            for reading in readings
            for hit in reading.numbers
            if len(hit.number) == _CPR_LENGTH and hit.number != number
        )
    if any(reading.marks for reading in readings):
        also[MARKER] = None
    return LetterOrder(index, readings, number, title, tuple(also))


def letter_orders(
    plan: Plan,
    readings: Sequence[PageReading],
    *,
    title: str | Callable[[PlannedLetter], str],
    keep_numbers: bool = False,
    every_number: bool = False,
) -> list[LetterOrder]:
    """One order for each letter of the plan, in its order (``index`` from 0).

    Raises `Refused` when a title holds a CPR number: titles are seen in lists and mailboxes.
    """
    by_page = {reading.page: reading for reading in readings}
    orders = []
    for index, letter in enumerate(plan.letters):
        words = title if isinstance(title, str) else title(letter)
        is_person = letter.number is not None and len(letter.number) == _CPR_LENGTH
        if find_numbers(words) or (is_person and letter.number and holds(words, letter.number)):
            raise Refused("Titlen indeholder et CPR- eller CVR-nummer. Skriv en titel uden numre.")
        number = letter.number if is_person and not keep_numbers else None
        pages = tuple(by_page[page] for page in letter.pages)
        orders.append(make_order(index, pages, number, words, every_number=every_number))
    return with_second_looks(orders)


def with_second_looks(orders: Sequence[LetterOrder]) -> list[LetterOrder]:
    """The orders, with a second look at all of them where they are few, else at every tenth."""
    if len(orders) <= _ALL_UP_TO:
        return list(orders)
    return [replace(order, second_look=order.index % _EVERY == 0) for order in orders]


def apart(orders: Iterable[LetterOrder]) -> list[list[LetterOrder]]:
    """Orders in batches, so that none takes a number out of a page that another one needs whole.

    Letters cut from one merge share no page and make one batch; one file to several recipients
    makes more where their numbers stand in it.
    """
    batches: list[_Batch] = []
    for order in orders:
        batch = next((batch for batch in batches if batch.has_room_for(order)), None)
        if batch is None:
            batches.append(batch := _Batch())
        batch.add(order)
    return [batch.orders for batch in batches]


@dataclass(slots=True)
class _Batch:
    """Orders that can be made from one opened source, and whose number each page has lost."""

    orders: list[LetterOrder] = field(default_factory=list)
    needed_by: dict[int, tuple[str, ...]] = field(default_factory=dict)
    altered_for: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def has_room_for(self, order: LetterOrder) -> bool:
        wanted = order.wanted
        return all(self.needed_by.get(page, wanted) == wanted for page in order.altered_pages) and (
            all(self.altered_for.get(page, wanted) == wanted for page in order.pages)
        )

    def add(self, order: LetterOrder) -> None:
        self.orders.append(order)
        for page in order.pages:
            same = self.needed_by.get(page, order.wanted) == order.wanted
            self.needed_by[page] = order.wanted if same else _SEVERAL
        self.altered_for.update(dict.fromkeys(order.altered_pages, order.wanted))
