"""Recipients (modtagere): whoever we write to or hear from, found by CPR or CVR number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base
from digitalpost.identifiers import IdentifierKind


class Recipient(Base):
    """One correspondent. The number is sealed; it is looked up by its blind index."""

    __tablename__ = "recipients"
    __table_args__ = (
        UniqueConstraint("kind", "number_index"),
        Index(None, "name", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[IdentifierKind]
    number_sealed: Mapped[bytes]
    number_index: Mapped[bytes]
    number_masked: Mapped[str] = mapped_column(String(16))  # "010108-••••", or the CVR number
    name: Mapped[str] = mapped_column(String(200), default="")  # empty until somebody knows it
    address: Mapped[str] = mapped_column(String(400), default="")  # lines parted by line breaks
    created_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.name or self.number_masked

    @property
    def display_name(self) -> str:
        """The name, or the masked number for a recipient whose name is not known yet."""
        return self.name or f"{self.kind.label} {self.number_masked}"


class RecipientUnit(Base):
    """Which units have dealt with a recipient: only they see it in the register."""

    __tablename__ = "recipient_units"
    __table_args__ = (Index(None, "unit_id", "recipient_id"),)

    recipient_id: Mapped[int] = mapped_column(
        ForeignKey("recipients.id", ondelete="CASCADE"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
