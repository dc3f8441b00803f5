"""Data keys: one for each case and mailing, wrapped by the master key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base


class DataKey(Base):
    """A key that can be destroyed: everything sealed under it is then gone for ever."""

    __tablename__ = "data_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None]  # None once destroyed
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]
