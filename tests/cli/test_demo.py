"""The invented school of `init --demo`."""

from __future__ import annotations

from cli.demo import _PEOPLE
from digitalpost.danish_time import today
from sandbox.people import FOURTEEN, SIXTEEN, person_with


def test_the_two_who_are_under_18_are_so_in_cpr_and_under_the_same_name() -> None:
    ages = {}
    for one in _PEOPLE:
        if one.number[6:] in (FOURTEEN, SIXTEEN):
            person = person_with(one.number, today=today())
            assert person is not None
            assert person.name == one.name
            assert (person.address.postcode, person.address.town) == (
                int(one.address[1][:4]),
                one.address[1][5:],
            )
            ages[person.age] = [bool(holder) for holder in person.custody]
    assert ages == {14: [True, True], 16: [True, True]}
