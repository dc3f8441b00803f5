"""Mailboxes: whether a recipient can get digital post, who said so, and when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base


class MailboxStatus(StrEnum):
    """Whether digital post reaches the recipient."""

    REACHABLE = "reachable"
    EXEMPT = "exempt"
    UNDER_15 = "under_15"
    DEAD = "dead"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            MailboxStatus.REACHABLE: "Har digital postkasse",
            MailboxStatus.EXEMPT: "Fritaget for digital post",
            MailboxStatus.UNDER_15: "Under 15 år, ingen egen postkasse",
            MailboxStatus.DEAD: "Død eller ophørt",
            MailboxStatus.UNKNOWN: "Ingen digital postkasse fundet",
        }[self]


class MailboxSource(StrEnum):
    """Who said it."""

    CONTACTS = "contacts"
    NUMBER = "number"  # a replacement CPR number is in no register, so nobody was asked

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            MailboxSource.CONTACTS: "Kontaktregistret for Digital Post",
            MailboxSource.NUMBER: "Erstatnings-CPR: der er ikke spurgt nogen",
        }[self]


class Mailbox(Base):
    """The last answer about one recipient. No row: nobody has asked yet."""

    __tablename__ = "mailboxes"
    __table_args__ = (Index(None, "status"),)

    recipient_id: Mapped[int] = mapped_column(
        ForeignKey("recipients.id", ondelete="CASCADE"), primary_key=True
    )
    status: Mapped[MailboxStatus]
    asked_at: Mapped[datetime]
    source: Mapped[MailboxSource]
