"""Receipts that were sent to us: stored as they came, before anything is done about them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base
from digitalpost.models.delivery import ChannelName


class ArrivedStatus(StrEnum):
    """What has become of a receipt that arrived."""

    NEW = "new"  # stored, and nothing more
    PARKED = "parked"  # no letter with that id yet: tried again, for days
    JOINED = "joined"  # done what it says, or it said nothing new
    REFUSED = "refused"  # from the wrong party, or it can't be read
    ORPHAN = "orphan"  # no letter was found in all those days

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            ArrivedStatus.NEW: "Ny",
            ArrivedStatus.PARKED: "Venter på sit brev",
            ArrivedStatus.JOINED: "Lagt ved brevet",
            ArrivedStatus.REFUSED: "Afvist",
            ArrivedStatus.ORPHAN: "Brevet er ikke fundet",
        }[self]


class ArrivedReceipt(Base):
    """One receipt, once, however often it was sent. Nothing in it is about a person."""

    __tablename__ = "arrived_receipts"
    __table_args__ = (
        UniqueConstraint("channel", "sha256"),
        Index(None, "status", "due_at"),
        Index(None, "message_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[ChannelName]
    message_id: Mapped[str] = mapped_column(String(64), default="")  # empty: it can't be read
    transmission_id: Mapped[str] = mapped_column(String(64), default="")
    said: Mapped[dict[str, Any]]  # statuses, codes and times, as they came
    sha256: Mapped[str] = mapped_column(String(64))  # of what was said
    sent_by: Mapped[str] = mapped_column(String(64))  # SHA-256 of the sender's certificate
    times: Mapped[int] = mapped_column(default=1)  # how often it came
    arrived_at: Mapped[datetime]
    status: Mapped[ArrivedStatus] = mapped_column(default=ArrivedStatus.NEW)
    reason: Mapped[dict[str, Any] | None]  # a sentence: why it stands there
    due_at: Mapped[datetime | None]  # when to look for its letter next
    joined_at: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))

    def __str__(self) -> str:
        return f"{self.channel.label} {self.id}"
