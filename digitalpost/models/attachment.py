"""Attachments (bilag) of a mailing: files that go with its letters, all of them or one each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.document import Document
from digitalpost.models.letter import Letter
from digitalpost.models.mailing import Mailing


class AttachmentStatus(StrEnum):
    """Whether a file can go with a letter yet."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            AttachmentStatus.WAITING: "Gøres klar",
            AttachmentStatus.READY: "Klar",
            AttachmentStatus.FAILED: "Kan ikke bruges",
        }[self]


class MatchedBy(StrEnum):
    """What says whose an individual attachment is."""

    FILE_NAME = "file_name"
    CONTENT = "content"
    HAND = "hand"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            MatchedBy.FILE_NAME: "Nummer i filnavnet",
            MatchedBy.CONTENT: "Nummer i indholdet",
            MatchedBy.HAND: "Valgt af en medarbejder",
        }[self]


class MailingAttachment(UnitScoped, Base):
    """One file that goes with every letter of a mailing, or with one.

    Numbers are kept as ``kind:blind index`` only. The letter is found by them, or by a person.
    """

    __tablename__ = "mailing_attachments"
    __table_args__ = (
        Index(None, "mailing_id", "position", "id"),
        Index(None, "letter_id"),
        Index(None, "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    position: Mapped[int]  # the order in which attachments follow the letter
    file_name: Mapped[str] = mapped_column(String(200))  # as given, CPR numbers taken out
    title: Mapped[str] = mapped_column(String(200))  # what recipients see; never holds a CPR
    is_common: Mapped[bool]  # True: with every letter; False: with the one it belongs to
    status: Mapped[AttachmentStatus] = mapped_column(default=AttachmentStatus.WAITING)
    # A sentence: why it can't be used, or why nobody knows whose it is.
    why: Mapped[dict[str, Any] | None]
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # for who reviews it
    # The file as it came; None when it was destroyed because it was harmful.
    original_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    # The PDF made of it, or the same document where it was one; None until it is ready.
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    pages: Mapped[int] = mapped_column(default=0)
    fingerprint: Mapped[bytes]  # blind index of the file as it came
    name_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)  # in the name as given
    content_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)  # on its pages
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id", ondelete="SET NULL"))
    matched_by: Mapped[MatchedBy | None]
    created_at: Mapped[datetime]

    mailing: Mapped[Mailing] = relationship()
    letter: Mapped[Letter | None] = relationship(passive_deletes=True)
    original_document: Mapped[Document | None] = relationship(foreign_keys=[original_document_id])
    document: Mapped[Document | None] = relationship(foreign_keys=[document_id])

    def __str__(self) -> str:
        return self.title
