"""Alarms: what is wrong and needs a person, and the notices that go out about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base
from digitalpost.models.user import User


class AlarmKind(StrEnum):
    """What an alarm is about. The subject beside it says which one."""

    BOOKS = "books"  # subject here and in the next: the check that found it (oversight/checks.py)
    LETTERS = "letters"
    CHANNEL = "channel"
    REGISTER = "register"
    CERTIFICATE = "certificate"
    WORKERS = "workers"
    NOTICES = "notices"
    INCOMING = "incoming"  # subject: silent, unreadable or unfiled

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            AlarmKind.BOOKS: "Regnskabet går ikke op",
            AlarmKind.LETTERS: "Breve står stille",
            AlarmKind.CHANNEL: "Forbindelse på pause",
            AlarmKind.REGISTER: "Register svarer ikke",
            AlarmKind.CERTIFICATE: "Certifikat",
            AlarmKind.WORKERS: "Arbejdet står stille",
            AlarmKind.NOTICES: "Beskeder om alarmer",
            AlarmKind.INCOMING: "Post til jer",
        }[self]


class Alarm(Base):
    """One thing that is wrong, from when it was found until it was gone. Holds no personal data."""

    __tablename__ = "alarms"
    __table_args__ = (Index(None, "closed_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlarmKind]
    subject: Mapped[str] = mapped_column(String(60))
    level: Mapped[int] = mapped_column(default=0)  # a certificate: 60, 30, 7 or 0 days left
    # Whose it is; None: everybody's who may see alarms. What is counted in one unit is not told
    # to others.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    # Kind, subject, level and unit while it is open: there is one at a time. None when closed.
    open_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    what: Mapped[dict[str, Any]]  # a sentence, kept up to date while it is open
    to_do: Mapped[dict[str, Any]]  # a sentence
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    seen_by: Mapped[User | None] = relationship()


class NoticeMedium(StrEnum):
    """How we tell somebody outside the console."""

    MAIL = "mail"
    WEBHOOK = "webhook"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {NoticeMedium.MAIL: "E-mail", NoticeMedium.WEBHOOK: "Webhook"}[self]


class NoticeStatus(StrEnum):
    """Where a notice is."""

    WAITING = "waiting"
    CLAIMED = "claimed"  # somebody is sending it now, until the lease runs out
    SENT = "sent"
    FAILED = "failed"  # given up; the alarm itself stands in the console

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            NoticeStatus.WAITING: "Venter",
            NoticeStatus.CLAIMED: "Sender",
            NoticeStatus.SENT: "Sendt",
            NoticeStatus.FAILED: "Fejlet",
        }[self]


class AlarmNotice(Base):
    """One message about an alarm: that it opened, or that it closed."""

    __tablename__ = "alarm_notices"
    __table_args__ = (
        Index(None, "medium", "status", "due_at"),
        Index(None, "alarm_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id"))
    medium: Mapped[NoticeMedium]
    is_closing: Mapped[bool]
    message_id: Mapped[str] = mapped_column(String(64), unique=True)  # the same in every attempt
    status: Mapped[NoticeStatus] = mapped_column(default=NoticeStatus.WAITING)
    due_at: Mapped[datetime | None]
    give_up_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(String(200))  # the kind of failure, for operators
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    alarm: Mapped[Alarm] = relationship()


class Watch(Base):
    """When we last looked for what is wrong. One row; whoever moves ``due_at`` does the looking."""

    __tablename__ = "watches"

    id: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    worker_at: Mapped[datetime | None]  # the last look that a worker took, not the clock itself
