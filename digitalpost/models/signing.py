"""Signing tasks (underskrifter): one addressee who is asked to sign one letter."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.danish_time import local
from digitalpost.db import Base, UnitScoped
from digitalpost.models.delivery import Delivery
from digitalpost.models.document import Document
from digitalpost.models.letter import Letter


class SigningStatus(StrEnum):
    """How far a signature has come."""

    WAITING = "waiting"
    OPENED = "opened"  # the addressee has gone to the signing service
    SIGNED = "signed"
    DECLINED = "declined"
    LATE = "late"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            SigningStatus.WAITING: "Venter på underskrift",
            SigningStatus.OPENED: "Åbnet, ikke underskrevet",
            SigningStatus.SIGNED: "Underskrevet",
            SigningStatus.DECLINED: "Underskrift afvist",
            SigningStatus.LATE: "Fristen er overskredet",
            SigningStatus.CANCELLED: "Underskrift annulleret",
        }[self]


OPEN_SIGNING = (SigningStatus.WAITING, SigningStatus.OPENED)


class SigningTask(UnitScoped, Base):
    """What is asked of one addressee. The link is not stored: `signing.links` makes it of ``seed``.

    ``state_hash`` is that of the one answer that the signing service may still give; what it is the
    hash of is made of ``state_seed``.
    """

    __tablename__ = "signing_tasks"
    __table_args__ = (
        Index(None, "status", "due_at"),
        Index(None, "letter_id"),
        Index(None, "mailing_id", "status"),
        Index(None, "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"))
    seed: Mapped[bytes]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[SigningStatus] = mapped_column(default=SigningStatus.WAITING)
    deadline: Mapped[datetime | None]  # the end of the last day; None: no last day
    due_at: Mapped[datetime | None]  # when we look again by ourselves: reminder, or deadline
    reminded_at: Mapped[datetime | None]  # since then it stands among what is missing
    state_seed: Mapped[bytes | None]
    state_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    state_until: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]  # signed, declined, late or cancelled
    why: Mapped[dict[str, Any] | None]  # a sentence: what was wrong with the last answer
    signer: Mapped[str | None] = mapped_column(String(200))  # as the certificate names them
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    handled_at: Mapped[datetime | None]  # its owner has seen to it that it is missing
    created_at: Mapped[datetime]

    delivery: Mapped[Delivery] = relationship(back_populates="signing")
    letter: Mapped[Letter] = relationship()
    document: Mapped[Document | None] = relationship()

    @property
    def last_day(self) -> date | None:
        """The last day to sign, in Denmark."""
        return local(self.deadline - timedelta(seconds=1)).date() if self.deadline else None
