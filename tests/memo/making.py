"""Makes MeMo messages of every shape, with invented parties."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from digitalpost.memo.elements import Element, elements_of
from digitalpost.memo.message import Message

_TEXT = (
    string.ascii_letters
    + string.digits
    + "æøåÆØÅéüß&<>'\"-.,:;!?%()/ \N{EURO SIGN}\N{GRINNING FACE}"
)
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_uuids = st.uuids(version=4).map(str)
_texts = st.text(_TEXT, min_size=1, max_size=40).map(str.strip).filter(bool)
_MOMENTS = st.integers(0, 10**9).map(lambda seconds: _FIRST + timedelta(seconds=seconds))
# Fields that the schema holds to a form of their own.
_OWN: dict[str, st.SearchStrategy[Any]] = {
    "message_uuid": _uuids,
    "reply_uuid": _uuids,
    "reservation_uuid": _uuids,
    "language": st.sampled_from(["da", "en"]),
    "production_unit_number": st.integers(1_000_000_000, 9_999_999_999).map(str),
    "url": _uuids.map(lambda one: f"https://post.skole.invalid/{one}"),
}
_MOST = {"contact_info": 2, "additional_reply_data": 4, "additional_content_data": 10}
_PLAIN: dict[type, st.SearchStrategy[Any]] = {
    str: _texts,
    bool: st.booleans(),
    date: st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    datetime: _MOMENTS,
    bytes: st.binary(max_size=300),
}


@st.composite
def messages(draw: st.DrawFn, *, version: str = "1.2") -> Message:
    """Any message that the schema of a version allows."""
    return draw(_values(Message, version))


@st.composite
def _values(draw: st.DrawFn, kind: Any, version: str) -> Any:
    found: dict[str, Any] = {}
    for element in elements_of(kind):
        if element.since > version:
            continue
        one = _one(element, version)
        if element.is_many:
            least = 1 if element.field == "files" else 0
            most = min(_MOST.get(element.field, 2), 2) + least
            found[element.field] = tuple(draw(st.lists(one, min_size=least, max_size=most)))
        elif element.is_required or draw(st.booleans()):
            found[element.field] = draw(one)
    if "reservation" in found and "entry_point" in found:
        del found[draw(st.sampled_from(["reservation", "entry_point"]))]
    return kind(**found)


def _one(element: Element, version: str) -> st.SearchStrategy[Any]:
    if element.is_class:
        return _values(element.kind, version)
    if element.field in _OWN:
        return _OWN[element.field]
    if element.kind in _PLAIN:
        return _PLAIN[element.kind]
    return st.sampled_from(list(element.kind))  # type: ignore[call-overload]
