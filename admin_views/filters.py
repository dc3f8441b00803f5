"""Filters of a list: named in the address, shown as chips, deaf to what is not a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext
from sqlalchemy import Select, select

from admin_views import formatting
from admin_views.cells import row_label
from digitalpost.danish_time import COPENHAGEN
from digitalpost.db import Session

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class Active:
    """A filter that is in use."""

    filter: Filter
    raw: str  # as it stands in the address
    shown: str  # as it stands on the chip


@dataclass(frozen=True)
class Filter:
    """One filter. ``name`` stands in the address, ``label`` on the page."""

    name: str
    label: str
    column: Any
    control: str = "select"

    def options(self, session: Session) -> Options:
        """Value and words of each choice."""
        return []

    def read(self, arguments: Mapping[str, str], session: Session) -> Active | None:
        """What the address asks for, or None when it asks for nothing that we know."""
        raw = arguments.get(self.name, "")[:100]
        words = dict(self.options(session)).get(raw) if raw else None
        return None if words is None else Active(self, raw, words)

    def apply(self, stmt: Select[Any], raw: str) -> Select[Any]:
        """The rows that the filter lets through."""
        return stmt.where(self.column == raw)


@dataclass(frozen=True)
class KindFilter(Filter):
    """One of an enumeration, by its label; ``members`` narrows it down."""

    kind: type[StrEnum] | None = None
    members: tuple[StrEnum, ...] = ()

    def options(self, session: Session) -> Options:
        """The members."""
        members = self.members or tuple(self.kind or ())
        return [(member.value, gettext(member.label)) for member in members]  # type: ignore[attr-defined]

    def apply(self, stmt: Select[Any], raw: str) -> Select[Any]:
        """Rows of that member."""
        return stmt.where(self.column == (self.kind(raw) if self.kind and self._typed else raw))

    @property
    def _typed(self) -> bool:
        return hasattr(self.column.type, "enum_class")


@dataclass(frozen=True)
class FlagFilter(Filter):
    """Yes or no, in words."""

    yes: str = "Ja"
    no: str = "Nej"

    def options(self, session: Session) -> Options:
        """The two words."""
        return [("1", gettext(self.yes)), ("0", gettext(self.no))]

    def apply(self, stmt: Select[Any], raw: str) -> Select[Any]:
        """Rows where it holds, or does not."""
        return stmt.where(self.column.is_(raw == "1"))


@dataclass(frozen=True)
class RowFilter(Filter):
    """Belonging to one row of a short register, such as a unit. Only rows that the visitor sees."""

    model: Any = None
    only: Callable[[Select[Any]], Select[Any]] | None = None

    def options(self, session: Session) -> Options:
        """The rows."""
        stmt = select(self.model).order_by(self.model.name).limit(200)
        if self.only is not None:
            stmt = self.only(stmt)
        return [(str(row.id), row_label(row)) for row in session.scalars(stmt)]

    def apply(self, stmt: Select[Any], raw: str) -> Select[Any]:
        """Rows that point at it."""
        return stmt.where(self.column == int(raw))


@dataclass(frozen=True)
class DayFilter(Filter):
    """From a day on, or up to and including it, in Danish time."""

    control: str = "date"
    until: bool = False

    def read(self, arguments: Mapping[str, str], session: Session) -> Active | None:
        """The day, if it is one that a calendar and a database know."""
        raw = arguments.get(self.name, "")[:20]
        try:
            asked = date.fromisoformat(raw)
        except ValueError:
            return None
        if not 1900 <= asked.year <= 2200:
            return None
        return Active(self, asked.isoformat(), formatting.day(asked))

    def apply(self, stmt: Select[Any], raw: str) -> Select[Any]:
        """Rows on the right side of midnight."""
        asked = date.fromisoformat(raw)
        if self.until:
            asked += timedelta(days=1)
        midnight = datetime.combine(asked, time(), tzinfo=COPENHAGEN)
        return stmt.where(self.column < midnight if self.until else self.column >= midnight)
