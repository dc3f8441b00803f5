"""Deliveries (afleveringer): one letter to one addressee through one channel."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.document import Document
from digitalpost.models.letter import Letter
from digitalpost.models.mailbox import MailboxStatus
from digitalpost.models.recipient import Recipient

if TYPE_CHECKING:
    from digitalpost.models.signing import SigningTask


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
        Index(None, "channel", "tried_at"),
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
    tried_at: Mapped[datetime | None]  # when the last attempt began: what the limits count
    # What was known of the mailbox when a postponed mailing was approved (on_the_day.py).
    mailbox: Mapped[MailboxStatus | None]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None]  # a sentence: the last thing that went wrong
    # It failed, but an attempt may have come through all the same: nobody got a clear answer.
    is_doubtful: Mapped[bool] = mapped_column(default=False, server_default=false())
    # It failed, and this one was made in its place: it counts no more where the letter stands.
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    accepted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    created_at: Mapped[datetime]

    letter: Mapped[Letter] = relationship()
    recipient: Mapped[Recipient] = relationship()
    document: Mapped[Document] = relationship(foreign_keys=[document_id])
    receipt: Mapped[Document | None] = relationship(foreign_keys=[receipt_id])
    signing: Mapped[SigningTask | None] = relationship(back_populates="delivery", uselist=False)


class ChannelState(Base):
    """Whether a channel is open, and how much it was used.

    A fault in its set-up pauses it (``paused_since``) and burns no letters; many answers in a row
    that say *not now* slow it down (``slow_since``).
    """

    __tablename__ = "channel_states"

    channel: Mapped[ChannelName] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime | None]  # tried again then; None: open
    paused_since: Mapped[datetime | None]
    slow_since: Mapped[datetime | None]
    retries_in_row: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[dict[str, Any] | None]  # a sentence
    last_success_at: Mapped[datetime | None]
    claims: Mapped[int] = mapped_column(default=0, server_default="0")  # in all (marks.py)


class SentBefore(Base):
    """A letter that went out after the backup that the database was restored from (journal.py)."""

    __tablename__ = "sent_before"

    fingerprint: Mapped[bytes] = mapped_column(primary_key=True)  # of recipient and bytes, blind


class SendingStop(Base):
    """The one row that says whether all sending is stopped until an administrator has looked."""

    __tablename__ = "sending_stops"

    id: Mapped[int] = mapped_column(primary_key=True)  # always 1
    stopped_at: Mapped[datetime | None]  # None: letters may go
    reason: Mapped[dict[str, Any] | None]  # a sentence
    database_at: Mapped[datetime | None]  # the last claim that the database knows of
    sent_until: Mapped[datetime | None]  # the last one that was made
    # Of deliveries made before this an id that was used before means that the letter was sent.
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
