"""Working the inbox together: notes, followers, who has a letter open, saved views, absence."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.user import User

WORD_BYTES = 8  # of a blind index: enough to tell the words of a language apart


class LetterNote(UnitScoped, Base):
    """What somebody wrote about a letter for colleagues, sealed under the key of its case."""

    __tablename__ = "letter_notes"
    __table_args__ = (Index(None, "letter_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    sealed: Mapped[bytes]
    key_id: Mapped[int] = mapped_column(ForeignKey("data_keys.id"))

    by: Mapped[User | None] = relationship()


class LetterFollower(Base):
    """Somebody who follows a letter that another has."""

    __tablename__ = "letter_followers"
    __table_args__ = (Index(None, "user_id", "letter_id"),)

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)


class LetterPresence(Base):
    """Somebody has had a letter open until now; the row is renewed while they do."""

    __tablename__ = "letter_presence"
    __table_args__ = (Index(None, "at"),)

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime]

    user: Mapped[User] = relationship()


class SavedView(Base):
    """A queue and its filters under a name of its user's own. What was searched for is sealed."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(2000))  # of the page's address


class Absence(Base):
    """When a user is away, and who gets new mail instead. One row a user: the next or present."""

    __tablename__ = "absences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    deputy_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    deputy: Mapped[User] = relationship(foreign_keys=[deputy_id])


class IncomingWord(Base):
    """A word that stands in an incoming letter, as a blind index; see `incoming/words.py`."""

    __tablename__ = "incoming_words"
    __table_args__ = (Index(None, "letter_id"),)

    word: Mapped[bytes] = mapped_column(LargeBinary(WORD_BYTES), primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
