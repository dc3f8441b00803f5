"""The kinds of file that can be sent, and the sentences that refuse all others."""

from __future__ import annotations

from enum import StrEnum

from digitalpost.errors import Refused, Sentence


class FileKind(StrEnum):
    """What a file is by its bytes. The value is the ending that we give our own copy."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    TIFF = "tif"
    HEIC = "heic"
    TEXT = "txt"
    DOCX = "docx"
    DOC = "doc"
    ODT = "odt"
    RTF = "rtf"
    XLSX = "xlsx"
    ODS = "ods"

    @property
    def label(self) -> str:
        """The word that staff see."""
        return _LABELS[self]

    @property
    def media_type(self) -> str:
        """The registered media type (IANA)."""
        return _MEDIA_TYPES[self]

    @property
    def is_image(self) -> bool:
        """Whether it becomes pages by being placed on them."""
        return self in {FileKind.JPEG, FileKind.PNG, FileKind.TIFF, FileKind.HEIC}

    @property
    def is_office(self) -> bool:
        """Whether only an office program can lay it out."""
        return self in {
            FileKind.DOCX,
            FileKind.DOC,
            FileKind.ODT,
            FileKind.RTF,
            FileKind.XLSX,
            FileKind.ODS,
        }


_LABELS = {
    FileKind.PDF: "PDF",
    FileKind.JPEG: "JPEG-billede",
    FileKind.PNG: "PNG-billede",
    FileKind.TIFF: "TIFF-billede",
    FileKind.HEIC: "HEIC-billede",
    FileKind.TEXT: "Tekstfil",
    FileKind.DOCX: "Word-dokument",
    FileKind.DOC: "Word-dokument (97-2003)",
    FileKind.ODT: "OpenDocument-tekst",
    FileKind.RTF: "RTF-dokument",
    FileKind.XLSX: "Excel-regneark",
    FileKind.ODS: "OpenDocument-regneark",
}
_MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.TIFF: "image/tiff",
    FileKind.HEIC: "image/heic",
    FileKind.TEXT: "text/plain",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.DOC: "application/msword",
    FileKind.ODT: "application/vnd.oasis.opendocument.text",
    FileKind.RTF: "application/rtf",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.ODS: "application/vnd.oasis.opendocument.spreadsheet",
}


def kind_of_media(media_type: str) -> FileKind:
    """The kind that a stored media type stands for."""
    return next(kind for kind, media in _MEDIA_TYPES.items() if media == media_type)


def refused(code: str, text: str, **values: object) -> Refused:
    """A refusal with one sentence that has a code."""
    return Refused([Sentence(text, values, code=code)])


def refuse_kind(what: str) -> Refused:
    """A kind of file that we know but do not take; ``what`` with its article, in Danish."""
    return refused(
        "not_taken",
        "Filen er %(what)s og kan ikke sendes, som den er. Gem den som PDF, og vælg PDF-filen.",
        what=what,
    )


def refuse_unknown() -> Refused:
    """Bytes that we can make nothing of."""
    return refused(
        "unknown",
        "Filen er ikke af en type, der kan sendes. Gem dokumentet som PDF, og vælg PDF-filen.",
    )


def refuse_password() -> Refused:
    """An Office file that opens only with a password."""
    return refused(
        "password",
        "Office-filen er låst med en adgangskode. Gem den uden adgangskode, og vælg den igen.",
    )


def refuse_macros() -> Refused:
    """An Office file of the kind that carries programs."""
    return refused(
        "macros",
        "Filen indeholder makroer, dvs. små programmer. "
        "Gem den som et almindeligt dokument eller som PDF, og vælg den fil.",
    )


def refuse_bomb() -> Refused:
    """A file that unpacks to far more than a document does."""
    return refused(
        "bomb",
        "Filen er pakket, så den fylder urimeligt meget, når den åbnes. "
        "Gem dokumentet som PDF, og vælg PDF-filen.",
    )


def refuse_damaged(kind: FileKind) -> Refused:
    """A file of a kind we take that could not be read."""
    return refused(
        "damaged",
        "Filen (%(kind)s) er beskadiget og kan ikke læses. "
        "Gem dokumentet igen, gerne som PDF, og vælg den nye fil.",
        kind=kind.label,
    )


def refuse_slow(kind: FileKind) -> Refused:
    """A file whose conversion used more time or memory than it may."""
    return refused(
        "too_slow",
        "Filen (%(kind)s) tog for lang tid at lave om til PDF. "
        "Gem den selv som PDF, og vælg PDF-filen.",
        kind=kind.label,
    )


def refuse_broken(kind: FileKind) -> Refused:
    """A file at which the converting program ended, by itself or at one of its limits."""
    return refused(
        "broke",
        "Filen (%(kind)s) kunne ikke laves om til PDF. Gem den selv som PDF, og vælg PDF-filen.",
        kind=kind.label,
    )


def refuse_pages(most: int) -> Refused:
    """A file with more pages than one mailing can have."""
    return refused(
        "too_many_pages",
        "Filen har mere end %(limit)s sider. Del den i flere filer.",
        limit=most,
    )
