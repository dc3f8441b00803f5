"""Units (afdelinger): the parts of the institution that rights are cut by."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base


class Unit(Base):
    """A department. Cases, letters and mailings belong to exactly one."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    # Working days after which an incoming letter without owner is told to supervisors; 0: never.
    escalate_after: Mapped[int] = mapped_column(default=2, server_default="2")

    def __str__(self) -> str:
        return self.name
