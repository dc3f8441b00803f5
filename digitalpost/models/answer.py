"""Answers: which mailing was made to answer which letter that came in."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.letter import Letter
from digitalpost.models.mailing import Mailing


class Answer(UnitScoped, Base):
    """A mailing of one letter that answers one that came in."""

    __tablename__ = "answers"
    __table_args__ = (Index(None, "letter_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"), unique=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))  # what is answered
    finishes: Mapped[bool]  # what is answered is done once the answer is approved

    mailing: Mapped[Mailing] = relationship()
    letter: Mapped[Letter] = relationship()
