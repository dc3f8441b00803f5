"""Mailings (forsendelser): what staff prepare and approve in one go."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.case import CaseType
from digitalpost.models.document import Document
from digitalpost.models.unit import Unit
from digitalpost.models.user import User


class MailingStatus(StrEnum):
    """Where a mailing is on its way."""

    PREPARING = "preparing"
    REVIEW = "review"
    HOLDING = "holding"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return {
            MailingStatus.PREPARING: "Klargøres",
            MailingStatus.REVIEW: "Til gennemsyn",
            MailingStatus.HOLDING: "Venter",
            MailingStatus.SENDING: "Sender",
            MailingStatus.SENT: "Sendt",
            MailingStatus.CANCELLED: "Annulleret",
            MailingStatus.FAILED: "Fejlet",
        }[self]


class MailingChannel(StrEnum):
    """How the file came to us."""

    UPLOAD = "upload"
    COMMAND_LINE = "command_line"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            MailingChannel.UPLOAD: "Upload i portalen",
            MailingChannel.COMMAND_LINE: "Kommandolinje",
        }[self]


class Mailing(UnitScoped, Base):
    """One run, from file to receipts. Progress lies here so that it survives a reload."""

    __tablename__ = "mailings"
    __table_args__ = (
        Index(None, "unit_id", "id"),
        Index(None, "status", "id"),
        Index(None, "created_at", "id"),
        Index(None, "recheck_due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))  # what the recipients see; never holds a CPR
    status: Mapped[MailingStatus] = mapped_column(default=MailingStatus.PREPARING)
    came_by: Mapped[MailingChannel]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: an operator
    case_type_id: Mapped[int] = mapped_column(ForeignKey("case_types.id"))
    split_method: Mapped[str] = mapped_column(String(20), default="number")
    split_options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    keep_numbers: Mapped[bool] = mapped_column(default=False)  # True: CPR numbers stay in
    # Every CPR number on the pages is removed, not the recipient's only.
    remove_every_number: Mapped[bool] = mapped_column(default=False, server_default=false())
    # What recipients are asked for, and when it goes out. Only a channel that can do what is asked
    # for takes the letters.
    can_reply: Mapped[bool] = mapped_column(default=False, server_default=false())
    reply_by: Mapped[date | None]  # the last day to answer, in Denmark
    must_sign: Mapped[bool] = mapped_column(default=False, server_default=false())
    sign_by: Mapped[date | None]
    arrive_by: Mapped[date | None]  # the last day to be with the recipients, in Denmark
    send_at: Mapped[datetime | None]  # not before; None: as soon as the hold is over

    key_id: Mapped[int] = mapped_column(ForeignKey("data_keys.id"))
    folder: Mapped[str] = mapped_column(String(40), unique=True)  # in the document store

    pages_total: Mapped[int] = mapped_column(default=0)
    pages_read: Mapped[int] = mapped_column(default=0)
    letters_total: Mapped[int] = mapped_column(default=0)
    letters_finished: Mapped[int] = mapped_column(default=0)
    # Sentences: {"text", "values", "page", "file", "code"}; what stopped or what to look at.
    problems: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    # What the first pages of each file say, shown while the rest is prepared (findings.py).
    first_findings: Mapped[list[dict[str, Any]] | None]
    # The ways in which each file was tried to be divided (division.py).
    proposals: Mapped[list[dict[str, Any]] | None]

    # When the registers are to be asked about its recipients; None: as soon as it is reviewed.
    registers_due_at: Mapped[datetime | None]
    # Somebody asked for the registers to be asked again then: answers from before are too old.
    answers_from: Mapped[datetime | None]

    # The lease of whoever prepares it now; another takes over when it has run out.
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)

    created_at: Mapped[datetime]
    prepared_at: Mapped[datetime | None]
    # The last mend that is not worked through: letters to be made again, old objects to go.
    mended_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    hold_until: Mapped[datetime | None]
    # When the recipients of a postponed mailing are looked at again: until that is done, nothing
    # of it is sent. None: done, or not postponed.
    recheck_due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    # The last dry run (mailings/rehearse.py), and when the next one is due; None: nobody asked.
    rehearsal: Mapped[dict[str, Any] | None]
    rehearsed_at: Mapped[datetime | None]
    rehearsed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    rehearse_due_at: Mapped[datetime | None]

    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
    rehearsed_by: Mapped[User | None] = relationship(foreign_keys=[rehearsed_by_id])
    case_type: Mapped[CaseType] = relationship()
    unit: Mapped[Unit] = relationship()
    sources: Mapped[list[MailingSource]] = relationship(
        back_populates="mailing", order_by="MailingSource.position"
    )

    def __str__(self) -> str:
        return self.title


class MailingSource(UnitScoped, Base):
    """One file of a mailing: the PDF that is split, and the file as it came if it was another.

    Until it is made ready (ready.py), ``pages`` is 0 and ``document`` is the file as it came,
    whatever its kind.
    """

    __tablename__ = "mailing_sources"
    __table_args__ = (Index(None, "mailing_id"), Index(None, "fingerprint"))

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    position: Mapped[int]  # from 1, the order that the user gave
    file_name: Mapped[str] = mapped_column(String(200))  # as given, CPR numbers taken out
    fingerprint: Mapped[bytes]  # blind index of the file as it came: "sent on ..."
    pages: Mapped[int] = mapped_column(default=0)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))  # the PDF that is split
    # The file as it came, where it was no PDF; None where it was.
    original_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    original_media_type: Mapped[str | None] = mapped_column(String(100))

    mailing: Mapped[Mailing] = relationship(back_populates="sources")
    document: Mapped[Document] = relationship(foreign_keys=[document_id])
    original_document: Mapped[Document | None] = relationship(foreign_keys=[original_document_id])

    @property
    def as_it_came(self) -> Document:
        """The file that somebody gave us."""
        return self.original_document or self.document


class LeftOutPage(UnitScoped, Base):
    """A page of a source that is in no letter on purpose, and why."""

    __tablename__ = "left_out_pages"
    __table_args__ = (Index(None, "mailing_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("mailing_sources.id"))
    page: Mapped[int]  # from 1
    reason: Mapped[dict[str, Any]]  # a sentence
