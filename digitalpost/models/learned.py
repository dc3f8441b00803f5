"""What the program keeps of incoming letters to route by: their words, and what was learned."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.letter import Letter

FEATURE_BYTES = (
    8  # of a blind index: two features of a unit share one by less than a chance in 1e10
)


class IncomingText(UnitScoped, Base):
    """What stands in an incoming letter, sealed under the key of its case.

    In a row and not in the document store: a rule is tried on the texts of a whole year at once.
    """

    __tablename__ = "incoming_texts"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), unique=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("data_keys.id"))
    sealed: Mapped[bytes]

    letter: Mapped[Letter] = relationship()


class LearnedLetter(UnitScoped, Base):
    """One letter that a person routed out of a unit's queue, as the suggestions learned from it.

    ``unit_id`` is that unit, not the one that the letter went to. The row
    keeps what was counted, so that it can be counted out again: when the act is undone, when the
    letter is given to somebody else, and when its case is destroyed.
    """

    __tablename__ = "learned_letters"
    __table_args__ = (
        UniqueConstraint("letter_id", "unit_id"),
        Index(None, "learned_at"),
        Index(None, "assignment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    target: Mapped[str] = mapped_column(String(16))  # "user:3" or "unit:2"
    # What would have been suggested just before it was learned; None: nothing.
    suggested: Mapped[str | None] = mapped_column(String(16))
    features: Mapped[bytes]  # blind indexes, `FEATURE_BYTES` each, one after the other
    learned_at: Mapped[datetime]


class LearnedCount(UnitScoped, Base):
    """How many letters with one feature went to one target. The empty feature counts them all."""

    __tablename__ = "learned_counts"
    __table_args__ = (UniqueConstraint("unit_id", "feature", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    feature: Mapped[bytes] = mapped_column(LargeBinary(FEATURE_BYTES))
    target: Mapped[str] = mapped_column(String(16))
    count: Mapped[int]


class NeverSuggested(UnitScoped, Base):
    """What a person never wants as a reason (a feature), or never as a suggestion (a target)."""

    __tablename__ = "never_suggested"
    __table_args__ = (UniqueConstraint("unit_id", "feature", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    feature: Mapped[bytes] = mapped_column(LargeBinary(FEATURE_BYTES), default=b"")
    target: Mapped[str] = mapped_column(String(16), default="")
    shown: Mapped[bytes | None]  # the feature in words, sealed; None for a target
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
