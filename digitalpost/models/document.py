"""Documents: immutable bytes with a hash. The bytes lie sealed in the document store."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from digitalpost.db import Base, UnitScoped


class DocumentKind(StrEnum):
    """What the bytes are."""

    SOURCE = "source"
    MAIN = "main"
    ATTACHMENT = "attachment"
    RECEIPT = "receipt"
    SIGNED = "signed"
    INCOMING = "incoming"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return {
            DocumentKind.SOURCE: "Original",
            DocumentKind.MAIN: "Brev",
            DocumentKind.ATTACHMENT: "Bilag",
            DocumentKind.RECEIPT: "Kvittering",
            DocumentKind.SIGNED: "Underskrevet brev",
            DocumentKind.INCOMING: "Indgående meddelelse",
        }[self]


class Document(UnitScoped, Base):
    """One stored document. Its content key is wrapped by the data key ``key_id``."""

    __tablename__ = "documents"
    __table_args__ = (Index(None, "key_id"), Index(None, "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind]
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))  # of the plaintext
    size: Mapped[int] = mapped_column(BigInteger)  # bytes of plaintext
    pages: Mapped[int | None]  # of a PDF
    path: Mapped[str] = mapped_column(String(200), unique=True)  # in the document store
    key_id: Mapped[int] = mapped_column(ForeignKey("data_keys.id"))
    wrapped_key: Mapped[bytes]
    created_at: Mapped[datetime]
