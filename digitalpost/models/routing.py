"""Routing (fordeling): rules that hand incoming letters to people, and who has had which."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.incoming import RoutedBy
from digitalpost.models.letter import Letter, LetterStatus


class RoutingRule(UnitScoped, Base):
    """One rule for the mail that comes to a unit. Rules are asked in the order of ``position``."""

    __tablename__ = "routing_rules"
    __table_args__ = (Index(None, "unit_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int]  # from 1
    is_on: Mapped[bool] = mapped_column(default=False)
    # {"all": [...]}, {"any": [...]}, {"not": ...} or {"field", "test", "value"}
    condition: Mapped[dict[str, Any]]
    actions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # in order
    stops: Mapped[bool] = mapped_column(default=True)  # no later rule is asked after this one
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]  # shown on last year's mail since it was last changed

    def __str__(self) -> str:
        return self.name


class Assignment(UnitScoped, Base):
    """One handing over of an incoming letter: from where it was to where it went, and why.

    One row a letter and act; acts on many letters share a batch, which can be undone.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index(None, "letter_id", "id"),
        Index(None, "batch"),
        Index(None, "undone_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    batch: Mapped[str] = mapped_column(String(32))  # of the act
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the program
    how: Mapped[RoutedBy]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("routing_rules.id"))
    reason: Mapped[dict[str, Any] | None]  # a sentence
    from_status: Mapped[LetterStatus]
    from_owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    from_due_at: Mapped[datetime | None]
    to_status: Mapped[LetterStatus]
    to_owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    to_due_at: Mapped[datetime | None]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    letter: Mapped[Letter] = relationship()
