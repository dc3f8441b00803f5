"""Letters of a merge that are written wrongly: to others than the number says, or to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.inputs.people import Person, make_people


def letters_written_otherwise(
    people: Sequence[Person], where: dict[int, str]
) -> dict[tuple[int, str], Person]:
    """The letters that have to be written otherwise, by place: "letter" instead of the right one,
    "sibling" a letter to somebody of the same name and address, for a page of it.
    """
    changed: dict[tuple[int, str], Person] = {}
    for at, kind in where.items():
        person, other = people[at], people[at - 2]
        if kind == "swapped names":
            changed[at, "letter"] = replace(other, cpr=person.cpr)
        elif kind == "swapped numbers":
            changed[at, "letter"] = replace(person, cpr=other.cpr)
        elif kind == "impossible number":
            changed[at, "letter"] = replace(person, cpr=f"32{person.cpr[2:]}")
        elif kind == "one digit wrong":
            changed[at, "letter"] = replace(person, cpr=_mistyped(person.cpr, people))
        elif kind == "names exchanged":
            after = people[at + 1]
            changed[at, "letter"] = replace(after, cpr=person.cpr)
            changed[at + 1, "letter"] = replace(person, cpr=after.cpr)
        elif kind == "sibling's last page":
            _, family = person.name.split(" ", 1)
            given = other.name.split(" ")[0]
            changed[at, "sibling"] = replace(person, name=f"{given} {family}", cpr=other.cpr)
    return changed


def make_parent(person: Person) -> Person:
    """A parent who is in no file, with the child's family name."""
    stranger = make_people(1, seed=int(person.cpr[4:9]) + 7_000_000)[0]
    given, family = stranger.name.split(" ")[0], person.name.split(" ", 1)[1]
    return replace(stranger, name=f"{given} {family}")


def _mistyped(cpr: str, people: Sequence[Person]) -> str:
    """The number with its last digit wrong, so that it is nobody's in the file."""
    taken = {person.cpr for person in people}
    others = (f"{cpr[:9]}{(int(cpr[9]) + step) % 10}" for step in range(1, 10))
    return next(other for other in others if other not in taken)
