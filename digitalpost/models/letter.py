"""Letters (breve): one letter to or from one recipient, in a case."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from digitalpost.db import Base, UnitScoped
from digitalpost.models.case import Case
from digitalpost.models.document import Document
from digitalpost.models.mailing import Mailing, MailingSource
from digitalpost.models.recipient import Recipient
from digitalpost.models.unit import Unit
from digitalpost.verdict import Verdict


class LetterStatus(StrEnum):
    """Where one letter is. The first eight are outgoing, the last three incoming."""

    DRAFT = "draft"
    WAITING = "waiting"
    SENDING = "sending"
    AWAITING_RECEIPT = "awaiting_receipt"
    DELIVERED = "delivered"
    ACTION = "action"
    CANCELLED = "cancelled"
    PAPER = "paper"
    NEW = "new"
    ASSIGNED = "assigned"
    DONE = "done"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            LetterStatus.DRAFT: "Kladde",
            LetterStatus.WAITING: "Venter",
            LetterStatus.SENDING: "Sender",
            LetterStatus.AWAITING_RECEIPT: "Afventer kvittering",
            LetterStatus.DELIVERED: "Leveret",
            LetterStatus.ACTION: "Kræver handling",
            LetterStatus.CANCELLED: "Annulleret",
            LetterStatus.PAPER: "Sendt på papir",
            LetterStatus.NEW: "Ny",
            LetterStatus.ASSIGNED: "Fordelt",
            LetterStatus.DONE: "Færdig",
        }[self]


class LetterWay(StrEnum):
    """How staff want a letter to go out; the channel itself is chosen at approval."""

    DIGITAL = "digital"
    REMOTE_PRINT = "remote_print"
    LOCAL_PRINT = "local_print"
    HOLD = "hold"  # not with the others: approval leaves it as a task for its owner

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            LetterWay.DIGITAL: "Digitalt",
            LetterWay.REMOTE_PRINT: "Fjernprint",
            LetterWay.LOCAL_PRINT: "Egen print",
            LetterWay.HOLD: "Holdes tilbage",
        }[self]


INCOMING_STATUSES = (LetterStatus.NEW, LetterStatus.ASSIGNED, LetterStatus.DONE)

OPEN_INCOMING = (LetterStatus.NEW, LetterStatus.ASSIGNED)
_DATABASES = ("sqlite", "postgresql")

# Nothing more happens to an outgoing letter by itself in one of these.
FINAL_STATUSES = frozenset({LetterStatus.DELIVERED, LetterStatus.CANCELLED, LetterStatus.PAPER})


# As the queues of the inbox ask, word for word: SQLite finds a partial index by that only.
_OPEN: dict[str, Any] = {
    f"{name}_where": text("status IN ('new', 'assigned')") for name in _DATABASES
}
_UNOWNED: dict[str, Any] = {
    f"{name}_where": text("status IN ('new', 'assigned') AND owner_id IS NULL")
    for name in _DATABASES
}
_DONE: dict[str, Any] = {f"{name}_where": text("status IN ('done')") for name in _DATABASES}


class Letter(UnitScoped, Base):
    """One letter. It keeps the recipient's name as it was when the letter was made."""

    __tablename__ = "letters"
    __table_args__ = (
        Index(None, "mailing_id", "risk", "position"),
        Index(None, "mailing_id", "status"),
        Index(None, "unit_id", "id"),
        Index(None, "status", "id"),
        Index(None, "created_at", "id"),
        Index(None, "title", "id"),
        Index(None, "recipient_name", "id"),
        Index(None, "case_id", "id"),
        Index(None, "recipient_id", "id"),
        Index(None, "status", "due_at"),
        Index(None, "thread_id", "id"),
        Index("ix_letters_without_owner", "id", **_UNOWNED),
        # With all that counting a queue asks for, so that no letter itself is read for it.
        Index("ix_letters_open_of_owner", "owner_id", "id", "status", "unit_id", "due_at", **_OPEN),
        Index("ix_letters_open_of_unit", "unit_id", "id", "status", "due_at", **_OPEN),
        Index("ix_letters_done_of_unit", "unit_id", "id", **_DONE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"))
    position: Mapped[int] = mapped_column(default=1)  # from 1, in the order of the source
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[LetterStatus]
    # Why it stands where it stands, when a person must know: a sentence, or None.
    status_reason: Mapped[dict[str, Any] | None]
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipients.id"))
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))  # from approval on
    verdict: Mapped[Verdict] = mapped_column(default=Verdict.GREEN)
    risk: Mapped[int] = mapped_column(default=0)  # Verdict.risk, for sorting in the database
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # sentences
    source_id: Mapped[int | None] = mapped_column(ForeignKey("mailing_sources.id"))
    pages: Mapped[list[int]] = mapped_column(default=list)  # of the source, from 1
    page_count: Mapped[int] = mapped_column(default=0)
    removed_numbers: Mapped[int] = mapped_column(default=0)  # how many were taken out
    # What was taken out where, and who read the result and found nothing (pdf/finish.py).
    proof: Mapped[dict[str, Any] | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    way: Mapped[LetterWay] = mapped_column(
        default=LetterWay.DIGITAL, server_default=LetterWay.DIGITAL.value
    )
    # What the document is made of when files were attached: {"title", "pages"}, in order, the
    # letter itself first, an attachment with its id; None for a letter alone.
    parts: Mapped[list[dict[str, Any]] | None]
    # What was said of the letter without what was attached: {"verdict", "reasons", "witnesses"}.
    # It is not judged anew when only its attachments change; None: as it stands.
    judged: Mapped[dict[str, Any] | None]
    # Mended in review at this time and not yet made again; None when its document is right.
    mended_at: Mapped[datetime | None]
    recipient_chosen_at: Mapped[datetime | None]  # when a person named the recipient in review
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime | None]  # by when something must happen; None only when final
    # The letter that this one answers, whichever way they went; the first of the conversation.
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))  # None: no answers yet
    search_text: Mapped[str] = mapped_column(Text, default="")  # title, name, case number
    created_at: Mapped[datetime]

    mailing: Mapped[Mailing | None] = relationship()
    source: Mapped[MailingSource | None] = relationship()
    recipient: Mapped[Recipient | None] = relationship()
    case: Mapped[Case | None] = relationship()
    document: Mapped[Document | None] = relationship()
    unit: Mapped[Unit] = relationship()

    def __str__(self) -> str:
        return self.title
