"""Copies (kopier) that staff add to a letter by hand: each becomes a delivery of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.letter import Letter
from digitalpost.models.recipient import Recipient
from digitalpost.models.user import User


class LetterCopy(UnitScoped, Base):
    """One more addressee of one letter."""

    __tablename__ = "letter_copies"
    __table_args__ = (UniqueConstraint("letter_id", "recipient_id"), Index(None, "recipient_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id", ondelete="CASCADE"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    letter: Mapped[Letter] = relationship()
    recipient: Mapped[Recipient] = relationship()
    added_by: Mapped[User | None] = relationship()
