"""The people and companies of the sandbox as they are now: invented, plus what was set by hand.

All stand-ins ask here, so that a person who dies in a test is dead in every register at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from digitalpost.identifiers import parse
from sandbox.companies import Company, company_with, owner_of_unit
from sandbox.database import Database
from sandbox.people import Person, person_with
from sandbox.register_changes import read_changes
from sandbox.storage import mailbox_address

# The numbers kept for tests (protocols/identifiers.md): the companies that a name search goes over.
KNOWN_COMPANIES = (
    *("99000015", "99000023", "99000031", "99000058"),
    *("99000066", "99000074", "99000082", "99000090"),
)


class NobodyThere(LookupError):  # noqa: N818
    """No person or company of that name has been asked for by number."""


def find_person(database: Database, number: str) -> Person | None:
    """Whoever has this CPR number today; None when the registers do not know it."""
    return person_with(number, read_changes(number, _changes(database, number)), today=today())


def find_company(database: Database, number: str) -> Company | None:
    """The company with this CVR number; None when the registers do not know it."""
    return company_with(number, read_changes(number, _changes(database, number)))


def find_companies_of_unit(database: Database, p_number: str) -> list[Company]:
    """The companies that have or had this production unit."""
    candidates = {*_companies_set_by_hand(database), owner_of_unit(p_number)} - {""}
    found = (find_company(database, number) for number in sorted(candidates))
    return [
        company
        for company in found
        if company is not None and any(unit.number == p_number for unit in company.units)
    ]


def known_companies(database: Database) -> Iterator[Company]:
    """The companies kept for tests and those set by hand."""
    for number in dict.fromkeys([*KNOWN_COMPANIES, *_companies_set_by_hand(database)]):
        company = find_company(database, number)
        if company is not None:
            yield company


def remember(database: Database, typed: str, *, salt: str) -> str:
    """Take note of a number; the opaque name under which it can be read and changed.

    Raises `InvalidIdentifier` when it is no CPR or CVR number.
    """
    number = parse(typed).number
    name = mailbox_address(number, salt)
    with database.write() as connection:
        connection.execute(
            "INSERT INTO people (name, number, changes) VALUES (?, ?, '{}') ON CONFLICT DO NOTHING",
            (name, number),
        )
    return name


def change(database: Database, name: str, values: Mapping[str, Any]) -> None:
    """Let ``values`` be all that is set by hand for somebody.

    Raises `NobodyThere` for an unknown name, `InvalidFact` for values that make no sense.
    """
    number = number_of(database, name)
    read_changes(number, values)
    with database.write() as connection:
        connection.execute(
            "UPDATE people SET changes = ? WHERE name = ?", (json.dumps(values), name)
        )


def forget(database: Database, name: str | None = None) -> None:
    """Undo all that was set by hand, for one or for everybody."""
    with database.write() as connection:
        connection.execute("DELETE FROM people WHERE ?1 IS NULL OR name = ?1", (name,))


def remembered(database: Database) -> list[str]:
    """The opaque names that are known."""
    rows = database.read().execute("SELECT name FROM people ORDER BY rowid")
    return [row["name"] for row in rows]


def number_of(database: Database, name: str) -> str:
    """The number behind an opaque name. Raises `NobodyThere`."""
    row = database.read().execute("SELECT number FROM people WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NobodyThere(name)
    return str(row["number"])


def set_by_hand(database: Database, name: str) -> dict[str, Any]:
    """What was set by hand for somebody, as it was given. Raises `NobodyThere`."""
    return _changes(database, number_of(database, name))


def today() -> date:
    """The date in Denmark."""
    return datetime.now(ZoneInfo("Europe/Copenhagen")).date()


def _changes(database: Database, number: str) -> dict[str, Any]:
    row = (
        database.read().execute("SELECT changes FROM people WHERE number = ?", (number,)).fetchone()
    )
    return {} if row is None else dict(json.loads(row["changes"]))


def _companies_set_by_hand(database: Database) -> list[str]:
    rows = database.read().execute("SELECT number FROM people WHERE length(number) = 8")
    return [row["number"] for row in rows]
