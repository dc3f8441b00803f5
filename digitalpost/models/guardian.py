"""Copies to guardians: what the CPR register gave reason to suggest, and what staff decided."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.letter import Letter
from digitalpost.models.recipient import Recipient
from digitalpost.models.user import User


class AgeRule(StrEnum):
    """Which rule a letter falls under (protocols/guardian-and-signing.md, Age rules)."""

    UNDER_15 = "under_15"
    FROM_15_TO_17 = "15_17"
    FROM_18 = "18_plus"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            AgeRule.UNDER_15: "Under 15 år",
            AgeRule.FROM_15_TO_17: "15-17 år",
            AgeRule.FROM_18: "18 år eller ældre",
        }[self]


class CopyDecision(StrEnum):
    """What staff decided about a suggestion."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            CopyDecision.PROPOSED: "Foreslået",
            CopyDecision.ACCEPTED: "Godkendt",
            CopyDecision.DECLINED: "Valgt fra",
        }[self]


class GuardianSuggestion(UnitScoped, Base):
    """The suggestion for one letter, on what basis, and who decided what about it when."""

    __tablename__ = "guardian_suggestions"
    __table_args__ = (Index(None, "mailing_id", "decision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(
        ForeignKey("letters.id", ondelete="CASCADE"), unique=True
    )
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))  # whom it is about
    rule: Mapped[AgeRule]
    basis: Mapped[dict[str, Any]]  # a sentence with the date, without any number
    main_to_child: Mapped[bool]  # whether the letter itself goes to the recipient
    valid_on: Mapped[date]  # the Danish date that the age was counted on
    fetched_at: Mapped[datetime]  # when the CPR register said so
    decision: Mapped[CopyDecision] = mapped_column(default=CopyDecision.PROPOSED)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    letter: Mapped[Letter] = relationship()
    recipient: Mapped[Recipient] = relationship()
    decided_by: Mapped[User | None] = relationship()
    copies: Mapped[list[GuardianCopy]] = relationship(
        back_populates="suggestion", order_by="GuardianCopy.position", cascade="all, delete-orphan"
    )


class GuardianCopy(UnitScoped, Base):
    """One guardian of the suggestion. Without a number there is no digital way to them."""

    __tablename__ = "guardian_copies"
    __table_args__ = (Index(None, "suggestion_id"), Index(None, "recipient_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    suggestion_id: Mapped[int] = mapped_column(
        ForeignKey("guardian_suggestions.id", ondelete="CASCADE")
    )
    position: Mapped[int]  # from 1
    relation: Mapped[str] = mapped_column(String(40))  # Danish: mor, far, ...
    name: Mapped[str] = mapped_column(String(200), default="")
    number_sealed: Mapped[bytes | None]  # None: the register knows no number
    number_index: Mapped[bytes | None]
    number_masked: Mapped[str] = mapped_column(String(16), default="")
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipients.id"))  # once accepted

    suggestion: Mapped[GuardianSuggestion] = relationship(back_populates="copies")
    recipient: Mapped[Recipient | None] = relationship()
