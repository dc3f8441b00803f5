"""Users and their roles."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base
from digitalpost.models.unit import Unit


class Role(StrEnum):
    """What a user may do; where, is said by the user's units."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return {
            Role.STAFF: "Medarbejder",
            Role.SUPERVISOR: "Supervisor",
            Role.ADMINISTRATOR: "Administrator",
        }[self]


user_units = Table(
    "user_units",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_id", ForeignKey("units.id"), primary_key=True),
)


class User(Base):
    """Someone who signs in. Users are switched off, never deleted: the log names them."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)  # lower case; what one signs in as
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    # Part of the signed session: raising it signs the user out everywhere.
    session_number: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    units: Mapped[list[Unit]] = relationship(secondary=user_units, order_by=Unit.name)

    def __str__(self) -> str:
        return self.name
