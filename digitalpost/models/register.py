"""The registers that we ask about recipients, and whether each of them answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base


class RegisterName(StrEnum):
    """Where we look people and companies up."""

    CONTACTS = "contacts"
    CPR = "cpr"
    VIRK = "virk"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            RegisterName.CONTACTS: "Kontaktregistret for Digital Post",
            RegisterName.CPR: "CPR-registret",
            RegisterName.VIRK: "CVR-registret",
        }[self]


class RegisterState(Base):
    """Whether a register answers. One that does not is left alone for a while."""

    __tablename__ = "register_states"

    register: Mapped[RegisterName] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime | None]  # asked again then; None: it answers
    paused_since: Mapped[datetime | None]
    reason: Mapped[dict[str, Any] | None]  # a sentence
    last_success_at: Mapped[datetime | None]
