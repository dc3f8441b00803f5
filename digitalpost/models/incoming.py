"""Incoming mail: messages as they came, and what they say of the letters made of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.delivery import ChannelName
from digitalpost.models.document import Document
from digitalpost.models.letter import Letter


class IncomingStatus(StrEnum):
    """What has become of a message that was fetched. The channel's side is in the times."""

    STORED = "stored"  # the bytes lie safe, and nothing more
    FILED = "filed"  # a letter was made of it
    UNREADABLE = "unreadable"  # a person must look: nothing is acknowledged
    REFUSED = "refused"  # a person told the channel that it can't be read

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            IncomingStatus.STORED: "Hentet",
            IncomingStatus.FILED: "Lagt på sag",
            IncomingStatus.UNREADABLE: "Kan ikke læses",
            IncomingStatus.REFUSED: "Afvist",
        }[self]


class IncomingMessage(Base):
    """One message as it came from outside, once, however often it was fetched.

    Nothing in the row is about a person; the bytes are the raw document.
    """

    __tablename__ = "incoming_messages"
    __table_args__ = (
        Index(None, "status", "due_at"),
        Index(None, "stored_at"),
        Index(None, "removed_at", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[ChannelName]
    message_uuid: Mapped[str] = mapped_column(String(36), unique=True)  # lower case
    status: Mapped[IncomingStatus] = mapped_column(default=IncomingStatus.STORED)
    problem: Mapped[dict[str, Any] | None]  # a sentence: why it can't be read
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))  # the raw message
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id"), unique=True)
    stored_at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # when the channel took our business receipt
    removed_at: Mapped[datetime | None]  # when it left the channel's list
    due_at: Mapped[datetime | None]  # when something is next to be done; None when nothing is
    tries: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.message_uuid


class FetchState(Base):
    """How fetching from one channel goes. Whoever holds the lease is the one who fetches."""

    __tablename__ = "fetch_states"

    channel: Mapped[ChannelName] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]  # when to fetch next
    lease_owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    begun_at: Mapped[datetime]  # when we first fetched there
    last_success_at: Mapped[datetime | None]  # the last time that all there was had been fetched
    waiting: Mapped[int] = mapped_column(default=0)  # on the channel's list when we last looked
    problem: Mapped[dict[str, Any] | None]  # a sentence: why the last time was no success


class RoutedBy(StrEnum):
    """What put a letter where it is."""

    NOTHING = "nothing"
    REPLY = "reply"  # an answer: to the sender of the original
    RULE = "rule"
    NAMED = "named"  # the message names a person of ours
    LEARNED = "learned"  # a suggestion that a person accepted
    PERSON = "person"
    ABSENCE = "absence"  # forwarded, since the owner is away

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            RoutedBy.NOTHING: "Ikke fordelt",
            RoutedBy.REPLY: "Svar på et brev",
            RoutedBy.RULE: "Fordelingsregel",
            RoutedBy.NAMED: "Nævnt i brevet",
            RoutedBy.LEARNED: "Forslag",
            RoutedBy.PERSON: "Fordelt af en kollega",
            RoutedBy.ABSENCE: "Fravær",
        }[self]


class IncomingLetter(UnitScoped, Base):
    """What the message of one incoming letter says besides its files.

    The letter itself has the rest: sender (as its recipient), case, status, owner, deadline.
    """

    __tablename__ = "incoming_letters"
    __table_args__ = (Index(None, "reply_message_uuid"), Index(None, "unit_id", "arrived_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), unique=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("incoming_messages.id"), unique=True)
    message_uuid: Mapped[str] = mapped_column(String(36), unique=True)
    sent_at: Mapped[datetime]
    arrived_at: Mapped[datetime]  # stored by us
    contact_person: Mapped[str] = mapped_column(String(256), default="")  # at the sender
    p_number: Mapped[str] = mapped_column(String(10), default="")  # the sender's place of work
    attention: Mapped[str] = mapped_column(String(256), default="")  # the person with us
    contact_point_id: Mapped[str] = mapped_column(String(256), default="")
    contact_point: Mapped[str] = mapped_column(String(256), default="")  # its label
    can_be_answered: Mapped[bool] = mapped_column(default=False)
    reply_by: Mapped[datetime | None]
    # ReplyData of the message that it answers (protocols/memo.md).
    reply_message_uuid: Mapped[str | None] = mapped_column(String(64))
    reply_uuid: Mapped[str | None] = mapped_column(String(64))
    reply_case_id: Mapped[str | None] = mapped_column(String(256))
    routed_by: Mapped[RoutedBy] = mapped_column(default=RoutedBy.NOTHING)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("routing_rules.id"))
    routed_reason: Mapped[dict[str, Any] | None]  # a sentence
    tags: Mapped[list[str]] = mapped_column(default=list)

    letter: Mapped[Letter] = relationship()
    message: Mapped[IncomingMessage] = relationship()


class FileRole(StrEnum):
    """What a file of a message is."""

    MAIN = "main"  # the letter itself; several files are the same in other formats
    ATTACHMENT = "attachment"
    TECHNICAL = "technical"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            FileRole.MAIN: "Brev",
            FileRole.ATTACHMENT: "Bilag",
            FileRole.TECHNICAL: "Teknisk fil",
        }[self]


class IncomingFile(UnitScoped, Base):
    """One file of an incoming letter, in the order of the message."""

    __tablename__ = "incoming_files"
    __table_args__ = (Index(None, "letter_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    position: Mapped[int]  # from 1
    role: Mapped[FileRole]
    label: Mapped[str] = mapped_column(String(256), default="")
    file_name: Mapped[str] = mapped_column(String(256))  # as the sender named it
    media_type: Mapped[str] = mapped_column(String(100))  # by its bytes, not by its name
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    problem: Mapped[dict[str, Any] | None]  # a sentence: malware, not what it says it is
    # What the check of its signature found ({"verdict", ...}); None: not a PDF, or not looked at.
    signature: Mapped[dict[str, Any] | None]

    letter: Mapped[Letter] = relationship()
    document: Mapped[Document] = relationship()
