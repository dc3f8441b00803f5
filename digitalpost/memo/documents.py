"""The documents of a MeMo message: the letter, attachments, data, and what one is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from digitalpost.memo.elements import at, many, maybe


class ActionCode(StrEnum):
    """What a recipient is asked to do (protocols/memo.md, Element tree, Action)."""

    AFTALE = "AFTALE"
    BEKRAEFT = "BEKRAEFT"
    BETALING = "BETALING"
    FORBEREDELSE = "FORBEREDELSE"
    INFORMATION = "INFORMATION"
    SELVBETJENING = "SELVBETJENING"
    TILMELDING = "TILMELDING"
    UNDERSKRIV = "UNDERSKRIV"


@dataclass(frozen=True, kw_only=True)
class File:
    """One file. Several of one document are the same content in other formats."""

    encoding_format: str = at("encodingFormat")  # media type
    filename: str = at("filename")
    language: str = at("language")  # two letters
    content: bytes = field(repr=False, metadata=at("content").metadata)
    # Where the content lies instead, of a message that was read into a folder (read.py).
    path: Path | None = None


@dataclass(frozen=True, kw_only=True)
class EntryPoint:
    """A page of the sender's, https only."""

    url: str = at("url")


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """A meeting."""

    description: str = at("description")
    reservation_uuid: str = at("reservationUUID")
    abstract: str = at("abstract")
    location: str = at("location")
    start_date_time: datetime = at("startDateTime")
    end_date_time: datetime = at("endDateTime")
    organizer_mail: str | None = maybe("organizerMail")
    organizer_name: str | None = maybe("organizerName")


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something the recipient is asked to do: at a page, or at a meeting, never both."""

    label: str = at("label")
    action_code: str = at("actionCode")  # an `ActionCode`, or another in what we receive
    start_date_time: datetime | None = maybe("startDateTime")
    end_date_time: datetime | None = maybe("endDateTime")
    reservation: Reservation | None = maybe("Reservation")
    entry_point: EntryPoint | None = maybe("EntryPoint")


@dataclass(frozen=True, kw_only=True)
class MainDocument:
    """The letter itself."""

    document_id: str | None = maybe("mainDocumentID")
    label: str | None = maybe("label")
    files: tuple[File, ...] = many("File")
    actions: tuple[Action, ...] = many("Action")


@dataclass(frozen=True, kw_only=True)
class AdditionalDocument:
    """An attachment."""

    document_id: str | None = maybe("additionalDocumentID")
    label: str | None = maybe("label")
    files: tuple[File, ...] = many("File")
    actions: tuple[Action, ...] = many("Action")


@dataclass(frozen=True, kw_only=True)
class TechnicalDocument:
    """Data for the recipient's program."""

    document_id: str | None = maybe("technicalDocumentID")
    label: str | None = maybe("label")
    files: tuple[File, ...] = many("File")


@dataclass(frozen=True, kw_only=True)
class MessageBody:
    """The documents."""

    created_date_time: datetime = at("createdDateTime")
    main_document: MainDocument = at("MainDocument")
    additional_documents: tuple[AdditionalDocument, ...] = many("AdditionalDocument")
    technical_documents: tuple[TechnicalDocument, ...] = many("TechnicalDocument")
