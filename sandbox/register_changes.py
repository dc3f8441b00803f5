"""What may be set by hand about a person or a company: the JSON of the API, checked and read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

from digitalpost.identifiers import birth_date
from sandbox.companies import Unit
from sandbox.people import STATUSES, Address, Custody, Guardian, Mailbox, Relative


class InvalidFact(ValueError):  # noqa: N818
    """Something that cannot be true of a person or a company; the text says which field."""


def read_changes(number: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `Person` (ten digits) or `Company` (eight) from the JSON that was given.

    Raises `InvalidFact` for an unknown field or a value that makes no sense.
    """
    readers = _PERSON if len(number) == 10 else _COMPANY
    unknown = values.keys() - readers.keys()
    if unknown:
        raise InvalidFact(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(readers)}")
    return {name: _read(name, readers[name], value) for name, value in values.items()}


def _read(name: str, reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except (TypeError, ValueError) as error:
        reason = f" ({error})" if isinstance(error, InvalidFact) else ""
        raise InvalidFact(f"{name} makes no sense{reason}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError
    return value


def _name(value: Any) -> str:
    if not _text(value).strip():
        raise ValueError
    return str(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _day(value: Any) -> date:
    return date.fromisoformat(value)


def _cpr(value: Any) -> str:
    if value and birth_date(_text(value)) is None:
        raise ValueError
    return _text(value)


def _p_number(value: Any) -> str:
    if not re.fullmatch(r"[1-9][0-9]{9}", _text(value)):
        raise ValueError
    return str(value)


def _one_of(*choices: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if _whole(value) not in choices:
            raise ValueError
        return int(value)

    return read


def _or_none(reader: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else reader(value)


def _object(kind: type[Any], **readers: Callable[[Any], Any]) -> Callable[[Any], Any]:
    needed = {one.name for one in fields(kind) if one.default is MISSING}

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or not needed <= value.keys() <= readers.keys():
            raise InvalidFact(f"give {', '.join(readers)}; needed are {', '.join(sorted(needed))}")
        return kind(**{name: _read(name, readers[name], one) for name, one in value.items()})

    return read


def _several(reader: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError
        return tuple(reader(one) for one in value)

    return read


_ADDRESS = _object(Address, street=_name, house=_whole, postcode=_whole, town=_name)
_RELATIVE = _or_none(_object(Relative, number=_cpr, name=_text, born=_or_none(_day)))

_PERSON: dict[str, Callable[[Any], Any]] = {
    "known": _yes_or_no,
    "name": _name,
    "born": _day,
    "status": _one_of(*STATUSES),
    "status_since": _day,
    "mailbox": Mailbox,
    "protected": _yes_or_no,
    "address": _ADDRESS,
    "mother": _RELATIVE,
    "father": _RELATIVE,
    "custody": _several(
        _object(Custody, type=_one_of(3, 4, 5, 6), since=_day, number=_cpr, ended=_or_none(_day))
    ),
    "guardian": _or_none(
        _object(
            Guardian, type=_one_of(0, 1, 2), since=_day, number=_cpr, name=_text,
            ended=_or_none(_day),
        )
    ),
    "current_number": _cpr,
}  # fmt: skip

_COMPANY: dict[str, Callable[[Any], Any]] = {
    "known": _yes_or_no,
    "name": _name,
    "address": _ADDRESS,
    "status": _name,
    "ended": _or_none(_day),
    "mailbox": Mailbox,
    "email": _text,
    "email_secret": _yes_or_no,
    "units": _several(
        _object(
            Unit, number=_p_number, name=_name, address=_ADDRESS, since=_day,
            ended=_or_none(_day), email=_text, email_secret=_yes_or_no,
        )
    ),
}  # fmt: skip
