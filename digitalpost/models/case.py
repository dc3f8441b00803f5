"""Cases (sager): all letters with one recipient, of one type."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.recipient import Recipient
from digitalpost.models.unit import Unit


class CaseStatus(StrEnum):
    """Whether letters are still filed in the case."""

    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return {CaseStatus.OPEN: "Åben", CaseStatus.CLOSED: "Lukket"}[self]


class CaseType(UnitScoped, Base):
    """What a case is about, in one unit: retention and filing follow it."""

    __tablename__ = "case_types"
    __table_args__ = (UniqueConstraint("unit_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))

    unit: Mapped[Unit] = relationship()

    def __str__(self) -> str:
        return self.name


class Case(UnitScoped, Base):
    """Exactly one is open per recipient and case type; the database itself keeps that."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "uq_cases_one_open",
            "recipient_id",
            "case_type_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(None, "unit_id", "id"),
        Index(None, "status", "id"),
        Index(None, "recipient_id", "id"),
        Index(None, "opened_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # "2026-000123"
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[CaseStatus] = mapped_column(default=CaseStatus.OPEN)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))
    case_type_id: Mapped[int] = mapped_column(ForeignKey("case_types.id"))
    key_id: Mapped[int] = mapped_column(ForeignKey("data_keys.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    recipient: Mapped[Recipient] = relationship()
    case_type: Mapped[CaseType] = relationship()
    unit: Mapped[Unit] = relationship()

    def __str__(self) -> str:
        return self.number


class Counter(Base):
    """A number series, such as the case numbers of a year."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
