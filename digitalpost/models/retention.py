"""Retention rules (kassationsregler): how long cases of a type are kept."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.case import CaseType


class RetentionStart(StrEnum):
    """What the time is counted from."""

    CASE_CLOSED = "case_closed"
    LAST_LETTER = "last_letter"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            RetentionStart.CASE_CLOSED: "Da sagen blev lukket",
            RetentionStart.LAST_LETTER: "Sidste brev i sagen",
        }[self]


class RetentionRule(UnitScoped, Base):
    """Proposes when cases of one type may be destroyed. Carries nothing out by itself."""

    __tablename__ = "retention_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    case_type_id: Mapped[int] = mapped_column(ForeignKey("case_types.id"))
    keep_months: Mapped[int]
    counted_from: Mapped[RetentionStart] = mapped_column(default=RetentionStart.CASE_CLOSED)
    legal_basis: Mapped[str] = mapped_column(String(300), default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    case_type: Mapped[CaseType] = relationship()

    def __str__(self) -> str:
        return self.name
