"""How much work one task of a child process gets: pages to read, letters to make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digitalpost.pdf.orders import LetterOrder

# Each task opens the file anew, which takes longer the larger the file is; but a child's memory
# grows with what it has read, and much faster with the pages that it holds to change them.
PAGES_PER_TASK = (25, 5000)
LETTERS_PER_TASK = (10, 1000)
_PAGES_HELD = 2000


def share(count: int, processes: int, bounds: tuple[int, int]) -> int:
    """Items in one task: few enough that all processes have work, many enough to be worth it."""
    least, most = bounds
    return max(least, min(most, -(-count // (2 * processes))))


def parts(orders: Sequence[LetterOrder], size: int) -> Iterator[tuple[LetterOrder, ...]]:
    """The orders in parts of ``size`` letters at most, and of no more pages than can be held."""
    part: list[LetterOrder] = []
    pages = 0
    for order in orders:
        if part and (len(part) == size or pages + len(order.pages) > _PAGES_HELD):
            yield tuple(part)
            part, pages = [], 0
        part.append(order)
        pages += len(order.pages)
    if part:
        yield tuple(part)
