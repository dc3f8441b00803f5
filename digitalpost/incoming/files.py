"""The files of a message: what they are by their bytes, scanned, and stored sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digitalpost.conversion.convert import find_kind
from digitalpost.conversion.malware import MALWARE, scan
from digitalpost.conversion.text import looks_like_text
from digitalpost.db import Session
from digitalpost.documents import PDF, add_document
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.unpack import UnpackedFile
from digitalpost.institution import Institution
from digitalpost.models import DocumentKind, IncomingFile, Letter
from digitalpost.pdf.pool import Workers
from digitalpost.storage import StoredObject

HTML, TEXT, ANYTHING = "text/html", "text/plain", "application/octet-stream"
INFECTED = "infected"  # code of the problem of a file that is never given out
_HEAD = 4096
_PICTURES = ((b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"), (b"BM", "image/bmp"))
_ARCHIVES = ((b"PK\x03\x04", "application/zip"), (b"PK\x05\x06", "application/zip"))
_MARKUP = ((b"<!doctype html", HTML), (b"<html", HTML), (b"<?xml", "application/xml"))


@dataclass(frozen=True)
class LookedAt:
    """A file with what we found out about it, and where it is stored."""

    file: UnpackedFile
    media_type: str
    size: int
    problem: Sentence | None
    stored: StoredObject


def look_and_store(
    institution: Institution, folder: str, files: Sequence[UnpackedFile], workers: Workers
) -> list[LookedAt]:
    """Find out what each file is, have it scanned, and store it under a content key of its own.

    ``folder`` is that of the document store. A file in which something harmful was found is stored
    like the others, since it stands in the message anyway, but is never given out. Raises `Refused`
    when the scanner gives no answer: the message is then filed later.
    """
    looked = []
    for file in files:
        media_type = media_type_of(file, workers)
        problem = _problem(institution, file)
        stored = institution.store.put_file(folder, file.path)
        looked.append(LookedAt(file, media_type, stored.size, problem, stored))
    return looked


def add_files(
    session: Session,
    letter: Letter,
    looked: Sequence[LookedAt],
    *,
    key_id: int,
    signatures: Mapping[int, dict[str, Any]],
) -> list[IncomingFile]:
    """The rows of an incoming letter's files, under the data key ``key_id``.

    ``signatures``: what was found of each PDF, by its place in ``looked``.
    """
    rows = []
    for at, one in enumerate(looked):
        document = add_document(
            session,
            one.stored,
            kind=DocumentKind.INCOMING,
            media_type=one.media_type,
            unit_id=letter.unit_id,
            key_id=key_id,
        )
        session.flush()
        row = IncomingFile(
            letter_id=letter.id,
            unit_id=letter.unit_id,
            position=at + 1,
            role=one.file.role,
            label=one.file.label,
            file_name=one.file.file_name,
            media_type=one.media_type,
            document_id=document.id,
            problem=one.problem.as_json() if one.problem else None,
            signature=signatures.get(at),
        )
        session.add(row)
        rows.append(row)
    session.flush()
    return rows


def media_type_of(file: UnpackedFile, workers: Workers) -> str:
    """The media type by the file's bytes. What the sender says counts only between text and html.

    An archive is opened, as far as its directory, in a child: Office files are archives.
    """
    with file.path.open("rb") as opened:
        head = opened.read(_HEAD)
    if not head:
        return ANYTHING
    for start, media_type in _PICTURES:
        if head.startswith(start):
            return media_type
    if looks_like_text(head) and b"%PDF-" not in head[:1024]:
        begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        for start, media_type in _MARKUP:
            if begins.startswith(start):
                return media_type
        if file.claimed_type.partition(";")[0].strip() == HTML:
            return HTML
    try:
        return find_kind(file.path, workers).media_type
    except Refused:
        archive = next((media for start, media in _ARCHIVES if head.startswith(start)), ANYTHING)
        return TEXT if archive is ANYTHING and looks_like_text(head) else archive


def is_pdf(looked: LookedAt) -> bool:
    """Whether it is a PDF that may be opened."""
    return looked.media_type == PDF and looked.problem is None


def _problem(institution: Institution, file: UnpackedFile) -> Sentence | None:
    """What is wrong with a file, to whoever wants to open it."""
    if not file.path.stat().st_size:
        return Sentence("Filen er tom.", code="empty")
    try:
        scan(file.path, institution.settings.conversion)
    except Refused as refused:
        [said] = refused.sentences
        if said.code == MALWARE:
            return Sentence(
                "Virusscanneren fandt noget skadeligt i filen (%(found)s). Den kan ikke åbnes her. "
                "Sig det til it-afdelingen, og skriv til afsenderen.",
                said.values,
                code=INFECTED,
            )
        if said.code == "scanner_too_large":
            return Sentence(
                "Filen er for stor til virusscanneren. Hent den kun, hvis du venter den.",
                code="not_scanned",
            )
        raise
    return None
