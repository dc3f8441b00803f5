"""Weighing the numbers on each page: who may be the recipient, and what is only the letterhead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digitalpost.pdf.numbers import Hit, NumberKind
from digitalpost.pdf.read import PageReading

Recipient = tuple[NumberKind, str]

# A CVR number on this share of the pages that have numbers, beside different recipients, is the
# sender's letterhead.
_LETTERHEAD_SHARE = 0.8
_CVR_LENGTH = 8


@dataclass(frozen=True)
class WeighedPage:
    """A reading after the letterhead is set aside and known numbers are recognised."""

    reading: PageReading
    recipients: tuple[Recipient, ...]
    impossible: bool
    impossible_labelled: bool
    suspicious: bool


def weigh(
    readings: Sequence[PageReading],
    own_cvr: frozenset[str],
    known: Callable[[str, str], bool],
) -> list[WeighedPage]:
    """Every page with its possible recipients; letterheads set aside, known numbers recognised."""
    in_file = {
        hit.number for page in readings for hit in page.numbers if hit.kind is NumberKind.CPR
    }
    everyone = [_recipients(reading, in_file, known) for reading in readings]
    footers = _footers(readings)
    found = [
        _without_letterhead(reading, recipients, footers)
        for reading, recipients in zip(readings, everyone, strict=True)
    ]
    furniture = _standing_beside(readings, found)
    letterhead = own_cvr | _letterheads(readings, found)
    pages = []
    for reading, recipients in zip(readings, found, strict=True):
        impossible = [
            hit
            for hit in reading.numbers
            if hit.kind is NumberKind.IMPOSSIBLE and hit.number not in letterhead | furniture
        ]
        strange = any(
            loose.suspicious and (NumberKind.CPR, loose.number) not in recipients
            for loose in reading.loose
        )
        named = tuple(recipient for recipient in recipients if recipient[1] not in letterhead)
        if any(not _outranks(named, hit) for hit in impossible):
            named = ()
        pages.append(
            WeighedPage(
                reading,
                named,
                bool(impossible),
                any(hit.has_context for hit in impossible),
                strange,
            )
        )
    return pages


def _recipients(
    reading: PageReading, in_file: set[str], known: Callable[[str, str], bool]
) -> tuple[Recipient, ...]:
    found = dict.fromkeys(
        (hit.kind, hit.number) for hit in reading.numbers if hit.kind is not NumberKind.IMPOSSIBLE
    )
    for loose in reading.loose:
        if loose.plain and (loose.number in in_file or known("cpr", loose.number)):
            found.setdefault((NumberKind.CPR, loose.number))
    return tuple(found)


def _footers(readings: Sequence[PageReading]) -> frozenset[str]:
    """CVR numbers of the file that only stand at the foot of pages, or in letterhead beside CPR."""
    body: set[str] = set()
    bottom: set[str] = set()
    beside: set[str] = set()
    for reading in readings:
        margins = reading.top | reading.bottom
        cvrs = {hit.number for hit in reading.numbers if hit.kind is NumberKind.CVR}
        body |= cvrs - margins
        bottom |= cvrs & reading.bottom
        if any(hit.kind is NumberKind.CPR for hit in reading.numbers):
            beside |= cvrs & margins
    only_top = {number for reading in readings for number in reading.top} - bottom
    return frozenset((bottom - only_top - body) | (beside - body))


def _without_letterhead(
    reading: PageReading, recipients: tuple[Recipient, ...], footers: frozenset[str]
) -> tuple[Recipient, ...]:
    """The recipients without what stands in the letterhead beside somebody, or only at the foot."""
    margins = reading.top | reading.bottom
    if not margins:
        return recipients
    body = [one for one in recipients if one[1] not in margins]
    dropped = margins if body else footers & margins
    return tuple(one for one in recipients if one[1] not in dropped)


def _letterheads(
    readings: Sequence[PageReading], found: Sequence[tuple[Recipient, ...]]
) -> frozenset[str]:
    """Eight-digit numbers that stand on nearly every numbered page beside different recipients."""
    beside: dict[str, set[str]] = defaultdict(set)
    times: dict[str, int] = defaultdict(int)
    numbered = 0
    for reading, recipients in zip(readings, found, strict=True):
        others = {number for _, number in recipients}
        eights = {hit.number for hit in reading.numbers if len(hit.number) == _CVR_LENGTH}
        numbered += bool(others | eights)
        for number in eights:
            times[number] += 1
            beside[number] |= others - {number}
    return frozenset(
        number
        for number, count in times.items()
        if len(beside[number]) > 1 and count >= _LETTERHEAD_SHARE * numbered
    )


def _standing_beside(
    readings: Sequence[PageReading], found: Sequence[tuple[Recipient, ...]]
) -> frozenset[str]:
    """Impossible numbers that stand beside a recipient somewhere: not somebody's mistyped one."""
    return frozenset(
        hit.number
        for reading, recipients in zip(readings, found, strict=True)
        for hit in reading.numbers
        if hit.kind is NumberKind.IMPOSSIBLE and _outranks(recipients, hit)
    )


def _outranks(recipients: tuple[Recipient, ...], impossible: Hit) -> bool:
    """Whether the page has somebody who makes an impossible number unimportant.

    A company does not, where a person's number is mistyped: the company may be the sender.
    """
    if len(impossible.number) == _CVR_LENGTH or not impossible.has_context:
        return bool(recipients)
    return any(kind is not NumberKind.CVR for kind, _ in recipients)


def letterhead_numbers(
    readings: Sequence[PageReading], known: Callable[[str, str], bool]
) -> frozenset[str]:
    """The sender's own numbers, as far as these pages show them: for judging a few pages alone."""
    return _letterheads(readings, [_recipients(reading, set(), known) for reading in readings])


def labels_are_rare(pages: Sequence[WeighedPage]) -> bool:
    """Whether this file mostly writes CPR numbers without the word CPR beside them."""
    hits = [
        hit.has_context
        for page in pages
        for hit in page.reading.numbers
        if hit.kind is NumberKind.CPR
    ]
    return sum(hits) * 2 <= len(hits)
