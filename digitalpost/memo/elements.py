"""Ties the fields of a dataclass to XML elements, so that one table serves writer and reader.

A class lists its fields in the order that the schema demands; `at` names the element of each.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

MEMO = "https://DigitalPost.dk/MeMo-1"
GRD = "https://data.gov.dk/model/core/"
# Exactly these prefixes: SF1601 refused a default namespace (protocols/memo.md).
PREFIXES = {"memo": MEMO, "grd": GRD}

_TAG = "tag"
_SINCE = "since"


def at(name: str, *, default: Any = MISSING, since: str = "1.1") -> Any:
    """A field whose element is ``name`` (``grd:`` before it for the basic data's namespace).

    Without ``default`` the element must be there. ``since`` is the first version that has it.
    """
    return dataclasses.field(default=default, metadata={_TAG: _qualified(name), _SINCE: since})


def maybe(name: str, *, since: str = "1.1") -> Any:
    """A field whose element may be missing: None then."""
    return at(name, default=None, since=since)


def many(name: str) -> Any:
    """A field for any number of elements: a tuple, empty when there are none."""
    return at(name, default=())


@dataclass(frozen=True)
class Element:
    """How one field stands in XML."""

    field: str
    tag: str  # in lxml's form, {namespace}name
    kind: type  # of one value: str, bool, date, datetime, bytes or another class of elements
    is_many: bool
    is_required: bool
    since: str

    @property
    def is_class(self) -> bool:
        """Whether a value has elements of its own."""
        return dataclasses.is_dataclass(self.kind)


def elements_of(kind: type) -> tuple[Element, ...]:
    """The elements of a class, in the order of the schema: fields of its own stand in no XML."""
    return _known(kind)


@cache
def _known(kind: Any) -> tuple[Element, ...]:
    return tuple(_elements_of(kind))


def _elements_of(kind: Any) -> Iterator[Element]:
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if _TAG not in field.metadata:
            continue
        hint = hints[field.name]
        is_many = get_origin(hint) is tuple
        yield Element(
            field=field.name,
            tag=field.metadata[_TAG],
            kind=get_args(hint)[0] if is_many else _without_none(hint),
            is_many=is_many,
            is_required=field.default is MISSING,
            since=field.metadata[_SINCE],
        )


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return next(one for one in get_args(hint) if one is not type(None))
    return hint


def _qualified(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{PREFIXES[prefix or 'memo']}}}{local}"
