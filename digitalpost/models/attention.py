"""Whom a company's letters are meant for inside it: a production unit, or one case worker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base
from digitalpost.models.recipient import Recipient
from digitalpost.models.user import User


class Attention(Base):
    """The choice made last for one company, offered again for its next letter."""

    __tablename__ = "attentions"

    recipient_id: Mapped[int] = mapped_column(
        ForeignKey("recipients.id", ondelete="CASCADE"), primary_key=True
    )
    p_number: Mapped[str] = mapped_column(String(10), default="")
    p_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")  # of the case worker
    chosen_at: Mapped[datetime]
    chosen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    recipient: Mapped[Recipient] = relationship()
    chosen_by: Mapped[User | None] = relationship()
