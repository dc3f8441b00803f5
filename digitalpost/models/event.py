"""Events (hændelser): the lines of the log, and the head of its chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")


class Event(Base):
    """One line. Written by `digitalpost.events` only; the database refuses change and removal."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "case_id", "id"),
        Index(None, "letter_id", "id"),
        Index(None, "mailing_id", "id"),
        Index(None, "subject", "subject_id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)  # 1, 2, 3 ...
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))  # "letter:delivered"; see events.EventKind
    actor_id: Mapped[int | None] = mapped_column(Integer)  # None: the system or an operator
    actor_name: Mapped[str] = mapped_column(String(200))
    # Plain numbers, not foreign keys: the log outlives what it speaks of.
    unit_id: Mapped[int | None]
    subject: Mapped[str] = mapped_column(String(20))  # "letter", "mailing", "case", "user" ...
    subject_id: Mapped[int | None]
    mailing_id: Mapped[int | None]
    letter_id: Mapped[int | None]
    case_id: Mapped[int | None]
    data: Mapped[dict[str, Any]]  # counts, ids, statuses: nothing about a person
    sealed: Mapped[bytes | None]  # what is about a person, under the data key ``key_id``
    key_id: Mapped[int | None] = mapped_column(ForeignKey("data_keys.id"))
    request_id: Mapped[str | None] = mapped_column(String(40))
    chain: Mapped[bytes]  # HMAC over the line before and this one


class EventHead(Base):
    """The last line of the log: its number and link. One row; also the lock for writers."""

    __tablename__ = "event_heads"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int] = mapped_column(_BIG)
    chain: Mapped[bytes]
    seal: Mapped[bytes]  # HMAC over number and link: a cut-off log is found
