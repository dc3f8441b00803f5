"""Pages of long lists that cost the same at any depth, and counts that never count to a million.

A page is found by the values of the row that it begins after (keyset), never by OFFSET. Those
values may be names, so a token carries them sealed: nothing about a person stands in a URL. A
token is sealed for one order of one list; under any other it is simply no token.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from digitalpost.db import Session
from digitalpost.errors import Damaged
from digitalpost.vault import seal, unseal

T = TypeVar("T")
SortColumn = InstrumentedAttribute[Any] | ColumnElement[Any]
Order = Sequence[tuple[SortColumn, bool]]

LAST = "last"  # as ``before``: the end of the list
PAGE_KEY = "page_key"  # execution option of a statement: see `keyed_by`
_MAX_TOKEN = 8_000


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some neighbouring rows of a list, in its order, and the tokens of the pages around them."""

    items: list[T]
    newer: str | None  # pass as ``before``; None when nothing comes before these rows
    older: str | None  # pass as ``after``; None when nothing comes after these rows

    @property
    def is_first(self) -> bool:
        """Whether these rows are the beginning of the list."""
        return self.newer is None

    @property
    def is_last(self) -> bool:
        """Whether these rows are the end of the list."""
        return self.older is None


@dataclass(frozen=True)
class Count:
    """How many rows there are; ``capped`` when there are more than ``value``."""

    value: int
    capped: bool


def page(
    session: Session,
    stmt: Select[Any],
    *,
    order: Order,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page[Any]:
    """The rows of ``stmt`` that follow ``after`` or lead up to ``before``, else the first ones.

    ``order`` lists columns with True for descending. It must end in the primary key, and no column
    of it may hold NULL: the two databases sort NULL differently (`ValueError`). Give it an index
    over the same columns. Items are what ``stmt`` selects: entities for one, rows for several.

    Tokens come from users: one that is not ours, or is for another order, counts as none. ``after``
    wins over ``before``. ``before=LAST`` is the end of the list. Walking either way sees every row
    exactly once, also while others are added. When all rows before ``before`` are gone, the answer
    is the first page; when all after ``after`` are, it is an empty page with a way back.
    """
    columns = [(_column(stmt, column), descending) for column, descending in order]
    _check(columns)
    start = _open(session, columns, after)
    backwards = start is None and before is not None
    end = _open(session, columns, before) if backwards and before != LAST else None
    if backwards and end is None and before != LAST:
        backwards = False
    boundary = end if backwards else start
    keys, items = _rows(session, stmt, columns, boundary, backwards, size + 1)
    more = len(items) > size
    keys, items = keys[:size], items[:size]
    if backwards:
        keys.reverse()
        items.reverse()
    if not items:
        if backwards and end is not None:
            return page(session, stmt, order=order, size=size)
        return Page([], LAST if start is not None else None, None)
    has_newer = more if backwards else start is not None
    has_older = end is not None if backwards else more
    return Page(
        items,
        _seal(session, columns, keys[0]) if has_newer else None,
        _seal(session, columns, keys[-1]) if has_older else None,
    )


def capped_count(session: Session, stmt: Select[Any], cap: int = 1000) -> Count:
    """How many rows ``stmt`` has, counting no further than ``cap``.

    Only for statements of one entity without DISTINCT or GROUP BY: it counts by the entity's key.
    """
    entity = stmt.column_descriptions[0]["entity"]
    if entity is None:
        raise ValueError("only rows of an entity can be counted")
    mapper = sa.inspect(entity).mapper
    key = getattr(entity, mapper.get_property_by_column(mapper.primary_key[0]).key)
    some = stmt.with_only_columns(key).order_by(None).limit(cap + 1).subquery()
    found = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    return Count(min(found, cap), found > cap)


def keyed_by(stmt: Select[Any], key: SortColumn, twin: SortColumn) -> Select[Any]:
    """``stmt``, to be paged by ``twin`` wherever the order says ``key``.

    The two must always be equal. Full text on SQLite is walked in order by its own row id only.
    """
    return stmt.execution_options(**{PAGE_KEY: (_plain_column(key), twin)})


def _column(stmt: Select[Any], column: SortColumn) -> ColumnElement[Any]:
    plain = _plain_column(column)
    key, twin = stmt.get_execution_options().get(PAGE_KEY, (None, None))
    return plain if key is None or not plain.compare(key) else _plain_column(twin)


def _plain_column(column: SortColumn) -> ColumnElement[Any]:
    if isinstance(column, InstrumentedAttribute):
        return column.__clause_element__()
    return column


def _check(columns: list[tuple[ColumnElement[Any], bool]]) -> None:
    for column, _ in columns:
        if not isinstance(column, sa.Column) or column.nullable:
            raise ValueError(f"{column} may be NULL or is no column: a list can't be paged by it")
    if not columns or not cast("sa.Column[Any]", columns[-1][0]).primary_key:
        raise ValueError("the order of a list must end in the primary key")


def _rows(
    session: Session,
    stmt: Select[Any],
    columns: list[tuple[ColumnElement[Any], bool]],
    boundary: list[Any] | None,
    backwards: bool,
    limit: int,
) -> tuple[list[list[Any]], list[Any]]:
    """Keys and items in the direction walked."""
    walk = [(column, descending != backwards) for column, descending in columns]
    if boundary is not None:
        stmt = stmt.where(_beyond(walk, boundary))
    width = len(stmt.column_descriptions)
    stmt = (
        stmt.add_columns(*(column for column, _ in walk))
        .order_by(None)
        .order_by(*(column.desc() if falling else column.asc() for column, falling in walk))
        .limit(limit)
    )
    rows = session.execute(stmt).all()
    keys = [list(row[width:]) for row in rows]
    return keys, [row[0] if width == 1 else row[:width] for row in rows]


def _beyond(
    walk: list[tuple[ColumnElement[Any], bool]], boundary: list[Any]
) -> ColumnElement[bool]:
    """The rows after ``boundary`` in the direction walked."""
    values = [
        sa.literal(value, column.type) for (column, _), value in zip(walk, boundary, strict=True)
    ]
    if len({falling for _, falling in walk}) == 1:
        # One comparison of row values: both databases seek to it in an index.
        rows = sa.tuple_(*(column for column, _ in walk))
        return rows < sa.tuple_(*values) if walk[0][1] else rows > sa.tuple_(*values)
    *inner, last = [
        (column, value, column < value if falling else column > value)
        for (column, falling), value in zip(walk, values, strict=True)
    ]
    beyond = last[2]
    for column, value, strictly in reversed(inner):
        beyond = sa.or_(strictly, sa.and_(column == value, beyond))
    # Said once more for the first column alone, so that an index on it bounds the search.
    (first, falling), value = walk[0], values[0]
    return sa.and_(first <= value if falling else first >= value, beyond)


def _purpose(columns: list[tuple[ColumnElement[Any], bool]]) -> bytes:
    return "page token:{}".format(
        ",".join(f"{column} {'desc' if descending else 'asc'}" for column, descending in columns)
    ).encode()


def _seal(
    session: Session, columns: list[tuple[ColumnElement[Any], bool]], values: list[Any]
) -> str:
    plain = json.dumps([_to_json(value) for value in values]).encode()
    sealed = seal(session.vault.derive("page tokens"), plain, _purpose(columns))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _open(
    session: Session, columns: list[tuple[ColumnElement[Any], bool]], token: str | None
) -> list[Any] | None:
    """The values in a token, or None for anything that is not a token of this order."""
    if not token or len(token) > _MAX_TOKEN:
        return None
    try:
        sealed = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        plain = unseal(session.vault.derive("page tokens"), sealed, _purpose(columns))
    except (Damaged, UnicodeEncodeError, binascii.Error):
        return None
    return [
        _from_json(_python_type(column.type), value)
        for (column, _), value in zip(columns, json.loads(plain), strict=True)
    ]


def _python_type(kind: sa.types.TypeEngine[Any]) -> type[Any]:
    plain = kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind
    return plain.python_type


def _to_json(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value


def _from_json(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, (datetime, date)):
        return kind.fromisoformat(value)
    return kind(value) if issubclass(kind, (enum.Enum, Decimal)) else value
