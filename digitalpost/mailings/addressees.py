"""What preparing asks of the register of recipients: who is known, and who is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from digitalpost.access import SYSTEM
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.institution import Institution
from digitalpost.models import Recipient
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.read import PageReading
from digitalpost.registers.recipients import find_or_make_recipients, find_recipients


def make_recipients(
    institution: Institution,
    identifiers: Sequence[Identifier],
    *,
    unit_id: int,
    names: Mapping[Identifier, str] | None = None,
) -> dict[Identifier, tuple[int, str]]:
    """Recipient id and name for each number; two runs that meet the same new person take turns.

    ``names`` are given to those who are new; our own name, read in the letterhead, to nobody.
    """
    own = institution.settings.institution_name.casefold()
    named = {one: name for one, name in (names or {}).items() if name.casefold() != own}
    for last_try in (False, False, True):
        try:
            with institution.transaction() as session:
                found = find_or_make_recipients(
                    session, SYSTEM, identifiers, unit_id=unit_id, names=named
                )
                return {one: (row.id, row.name) for one, row in found.items()}
        except IntegrityError:
            if last_try:
                raise
    raise AssertionError("unreachable")


def names_of(institution: Institution, identifiers: Iterable[Identifier]) -> dict[str, str]:
    """What the register calls the owners of these numbers; nothing for those it does not name."""
    with institution.reading() as session:
        found = find_recipients(session, identifiers)
        return {one.number: row.name for one, row in found.items() if row.name}


def known_numbers(institution: Institution) -> Callable[[str, str], bool]:
    """Whether the register knows a number: ten bare digits of a known recipient count as theirs."""

    @cache
    def known(kind: str, number: str) -> bool:
        index = institution.vault.blind_index(kind, number)
        with institution.reading() as session:
            query = select(Recipient.id).where(
                Recipient.kind == kind, Recipient.number_index == index
            )
            return session.scalar(query) is not None

    return known


def names_in(institution: Institution, readings: Sequence[PageReading]) -> dict[str, str]:
    """What the register calls those whose numbers stand on the pages, by number."""
    numbers = {
        Identifier(IdentifierKind(hit.kind.value), hit.number)
        for reading in readings
        for hit in reading.numbers
        if hit.kind in (NumberKind.CPR, NumberKind.CVR)
    }
    return names_of(institution, numbers)
