"""A person as the CPR register knows them: name, status, parents, custody, guardian."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from digitalpost.identifiers import Identifier, birth_date

# Person status (protocols/guardian-and-signing.md section A).
ACTIVE = frozenset({1, 3, 5, 7})
NUMBER_GONE = frozenset({30, 50, 60})  # annulled, double number, changed
DISAPPEARED, EMIGRATED, DEAD = 70, 80, 90

MOTHER, FATHER, OTHER, OTHER_TOO = 3, 4, 5, 6  # kinds of custody


@dataclass(frozen=True)
class Relative:
    """A parent. The register may know only a name and a birth date."""

    identifier: Identifier | None
    name: str = ""
    birth_date: date | None = None


@dataclass(frozen=True)
class Custody:
    """One entry of custody: whose it is by ``type`` (3 mother, 4 father, 5 and 6 others)."""

    type: int
    start: date | None = None
    end: date | None = None  # deleted from this day on
    identifier: Identifier | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it has begun and is not deleted."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Guardian:
    """The guardian of an adult. Type 0: not in CPR; 1: with a number; 2: an addressee."""

    type: int | None
    identifier: Identifier | None = None
    name: str = ""
    start: date | None = None
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it has begun and is not deleted."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Person:
    """One answer of the register. Its address is not kept: nothing of ours needs it."""

    identifier: Identifier
    name: str = ""
    birth_date: date | None = None
    status: int | None = None
    protected_address: bool = False
    mother: Relative | None = None
    father: Relative | None = None
    custody: tuple[Custody, ...] = ()
    guardian: Guardian | None = None
    new_number: Identifier | None = None  # the one that is valid now, when it was changed

    @property
    def born(self) -> date | None:
        """The register's own birth date; that in the number only when it says none."""
        return self.birth_date or birth_date(self.identifier.number)

    @property
    def may_be_written_to(self) -> bool:
        """Whether the status is one that letters may be sent to (1, 3, 5, 7)."""
        return self.status in ACTIVE

    @property
    def is_dead(self) -> bool:
        """Status 90."""
        return self.status == DEAD
