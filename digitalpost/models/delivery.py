"""Deliveries (afleveringer): one letter to one addressee through one channel."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.document import Document
from digitalpost.models.letter import Letter
from digitalpost.models.recipient import Recipient


class ChannelName(StrEnum):
    """A way out of the house."""

    EBOKS = "eboks"
    DIGITAL_POST = "digital_post"
    SF1601 = "sf1601"  # KOMBIT Serviceplatformen, for authorities
    REMOTE_PRINT = "remote_print"
    LOCAL_PRINT = "local_print"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return {
            ChannelName.EBOKS: "e-Boks",
            ChannelName.DIGITAL_POST: "Digital Post",
            ChannelName.SF1601: "Serviceplatformen",
            ChannelName.REMOTE_PRINT: "Fjernprint",
            ChannelName.LOCAL_PRINT: "Egen print",
        }[self]


class DeliveryPurpose(StrEnum):
    """Why somebody gets a letter."""

    MAIN = "main"
    GUARDIAN = "guardian"  # has custody of the recipient
    COPY = "copy"  # added by hand

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            DeliveryPurpose.MAIN: "Modtager",
            DeliveryPurpose.GUARDIAN: "Kopi til forælder",
            DeliveryPurpose.COPY: "Kopi",
        }[self]


class DeliveryStatus(StrEnum):
    """Where one delivery is."""

    WAITING = "waiting"  # for its time, or for its next attempt
    CLAIMED = "claimed"  # somebody is sending it now, until the lease runs out
    ACCEPTED = "accepted"  # the channel has it; the final answer is still to come
    DELIVERED = "delivered"
    PAPER = "paper"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The words that staff see: those of a letter that stands there."""
        return {
            DeliveryStatus.WAITING: "Venter",
            DeliveryStatus.CLAIMED: "Sender",
            DeliveryStatus.ACCEPTED: "Afventer kvittering",
            DeliveryStatus.DELIVERED: "Leveret",
            DeliveryStatus.PAPER: "Sendt på papir",
            DeliveryStatus.FAILED: "Kræver handling",
            DeliveryStatus.CANCELLED: "Annulleret",
        }[self]


class Delivery(UnitScoped, Base):
    """One attempt chain. ``message_id`` is made once and is the same in every retry."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(None, "channel", "status", "due_at"),
        Index(None, "status", "lease_until"),
        Index(None, "mailing_id", "status"),
        Index(None, "letter_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))  # the exact bytes
    purpose: Mapped[DeliveryPurpose] = mapped_column(
        default=DeliveryPurpose.MAIN, server_default=DeliveryPurpose.MAIN.value
    )
    # Whom at a company: {"p_number", "p_name", "email"} as chosen when it was approved.
    attention: Mapped[dict[str, Any] | None]
    channel: Mapped[ChannelName]
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    # Through a channel that can do both: on paper, as chosen when it was approved.
    on_paper: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.WAITING)
    due_at: Mapped[datetime | None]  # next thing to do: send, or ask for the receipt
    give_up_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None]  # a sentence: the last thing that went wrong
    accepted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    created_at: Mapped[datetime]

    letter: Mapped[Letter] = relationship()
    recipient: Mapped[Recipient] = relationship()
    document: Mapped[Document] = relationship(foreign_keys=[document_id])
    receipt: Mapped[Document | None] = relationship(foreign_keys=[receipt_id])


class ChannelState(Base):
    """Whether a channel is open. A fault in its set-up pauses it and burns no letters."""

    __tablename__ = "channel_states"

    channel: Mapped[ChannelName] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime | None]  # tried again then; None: open
    paused_since: Mapped[datetime | None]
    reason: Mapped[dict[str, Any] | None]  # a sentence
    last_success_at: Mapped[datetime | None]
