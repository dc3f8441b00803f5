"""Invented companies with their production units: whoever a CVR number or a P-number belongs to.

Any CVR number with a valid check digit is a company. Its units have the P-numbers ``1``, the CVR
number, and a digit from 1; the digit 9 is a unit that has closed. `register` adds what was changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from digitalpost.identifiers import cvr_checks
from sandbox.people import Address, Mailbox, address_of, chance, pick

ACTIVE = "NORMAL"
CLOSED_UNIT = 9
_CLOSED_ON = date(2020, 6, 30)

_FIXED = {
    "99000015": ("Lindevang Gymnasium", Address("Lindevang Allé", 1, 9991, "Lindevang")),
    "99000023": ("Eksempel Maskinfabrik A/S", Address("Eksempelvej", 12, 8000, "Aarhus C")),
}
_FOUNDED = {"99000023": date(2011, 4, 1)}
_FOUNDERS = ("Askholm", "Bækkel", "Dueholt", "Enghave", "Frøstrup", "Granhøj", "Hyldeborg")
_TRADES = ("Bageri", "Tømrer", "Bogholderi", "Cykler", "Gartneri", "Elektrik", "Trykkeri")
_PLACES = ("Nord", "Syd", "Øst", "Vest")


@dataclass(frozen=True)
class Unit:
    """A production unit; ``email_secret`` must not be shown to anybody."""

    number: str
    name: str
    address: Address
    since: date
    ended: date | None = None
    email: str = ""
    email_secret: bool = False


@dataclass(frozen=True)
class Company:
    """What the registers know about a company. A ``status`` other than NORMAL has an end."""

    number: str
    name: str
    address: Address
    founded: date
    status: str
    ended: date | None
    mailbox: Mailbox
    email: str
    email_secret: bool
    units: tuple[Unit, ...]


def company_with(number: str, changes: Mapping[str, Any] | None = None) -> Company | None:
    """The company with this CVR number and ``changes`` to it; None when there is none.

    ``changes`` are fields of `Company`, and ``known`` for whether the registers have it.
    """
    changes = dict(changes or {})
    if not (number.isascii() and cvr_checks(number)) or not changes.pop("known", True):
        return None
    name, address = _FIXED.get(number) or (
        f"{pick(number, 'founder', _FOUNDERS)} {pick(number, 'trade', _TRADES)} ApS",
        address_of(number),
    )
    founded = _FOUNDED.get(number) or date(1990 + chance(number, "founded", 25), 4, 1)
    status = changes.get("status", ACTIVE)
    facts: dict[str, Any] = {
        "name": name,
        "address": address,
        "founded": founded,
        "status": status,
        "ended": None if status == ACTIVE else date(2026, 1, 31),
        "mailbox": Mailbox.REGISTERED if status == ACTIVE else Mailbox.CLOSED,
        "email": f"post@{number}.invalid",
        "email_secret": False,
    }
    facts |= changes
    if "units" not in changes:
        facts["units"] = _units(number, facts["name"], facts["address"], founded)
    return Company(number, **facts)


def owner_of_unit(p_number: str) -> str:
    """The CVR number that is written in an invented P-number, or nothing."""
    if not re.fullmatch(r"1[1-9][0-9]{8}", p_number):
        return ""
    return p_number[1:9] if cvr_checks(p_number[1:9]) else ""


def _units(cvr: str, name: str, address: Address, founded: date) -> tuple[Unit, ...]:
    head = Unit(f"1{cvr}1", name, address, founded, email=f"post@{cvr}.invalid")
    count = 2 if cvr == "99000023" else 1 + chance(cvr, "units", 3)
    units = [head]
    for index in range(2, count + 1):
        place = _PLACES[(chance(cvr, "places", len(_PLACES)) + index) % len(_PLACES)]
        number = f"1{cvr}{index}"
        units.append(
            Unit(
                number,
                f"{name}, afd. {place}",
                address_of(number),
                date(2018, 1, 1),
                email=f"afd{index}@{cvr}.invalid",
                email_secret=index == 3,
            )
        )
    if count > 1:
        closed = replace(units[-1], number=f"1{cvr}{CLOSED_UNIT}", name=f"{name}, lageret")
        units.append(replace(closed, ended=_CLOSED_ON, email="", email_secret=False))
    return tuple(units)
