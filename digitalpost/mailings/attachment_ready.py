"""Making attachments ready in the job: scanned, made into PDF, and read for numbers.

A file that can't be used says why and stops the approval; the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.conversion.convert import Converted, GivenFile, all_to_pdf
from digitalpost.conversion.malware import MALWARE, ScanOutcome, scan
from digitalpost.db import Session
from digitalpost.documents import PDF, add_document, content_key
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.attachment_intake import number_key
from digitalpost.mailings.lease import Lease
from digitalpost.mailings.work import Work
from digitalpost.models import AttachmentStatus, Document, DocumentKind, Mailing, MailingAttachment
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.pool import Workers, inspect_pdf, read_pages
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.tesseract import find_tesseract
from digitalpost.storage import StoredObject

_AT_A_TIME = 20  # Office files share one run of the converter
_MOST_PAGES = 8  # that a sentence names
_NOT_SCANNED = "Filen er ikke scannet for virus, fordi scanneren ikke gav svar."


@dataclass(frozen=True)
class _Waiting:
    """A file that waits to be made ready, with what is needed to read it back."""

    id: int
    name: str
    path: str
    sha256: str
    content_key: bytes = field(repr=False)


def make_attachments_ready(
    institution: Institution, lease: Lease, work: Work, folder: Path
) -> None:
    """Make every waiting attachment of the mailing ready, or say why it can't be used.

    ``folder`` is private. Raises `LeaseLost`.
    """
    while waiting := _waiting(institution, work.mailing_id):
        with Workers(institution.settings.processes) as workers:
            _make_some_ready(institution, lease, work, folder, workers, waiting)


def _make_some_ready(
    institution: Institution,
    lease: Lease,
    work: Work,
    folder: Path,
    workers: Workers,
    waiting: Sequence[_Waiting],
) -> None:
    """Office files are converted in one run. What is wrong with one file holds up no other."""
    settings = institution.settings
    remarks: dict[int, tuple[Sentence, ...]] = {}
    given: list[tuple[_Waiting, GivenFile]] = []
    for one in waiting:
        lease.require()
        path = folder / f"bilag-{one.id}"
        try:
            institution.store.get_file(one.path, one.content_key, one.sha256, path)
            if scan(path, settings.conversion) is ScanOutcome.NOT_CHECKED:
                remarks[one.id] = (Sentence(_NOT_SCANNED, code="not_scanned"),)
            given.append((one, GivenFile(one.name, path)))
        except Damaged as damaged:
            _write_failed(institution, lease, one, Sentence(str(damaged)))
        except Refused as refused:
            path.unlink()
            _write_failed(institution, lease, one, refused.sentences[0])
    outcomes = all_to_pdf(
        [file for _, file in given], settings=settings, workers=workers, folder=folder
    )
    for (one, file), outcome in zip(given, outcomes, strict=True):
        lease.require()
        try:
            if isinstance(outcome, Refused):
                raise outcome
            facts = inspect_pdf(outcome.path, max_pages=settings.max_pages, workers=workers)
            ocr = find_tesseract(settings.ocr)
            readings = read_pages(outcome.path, facts.pages, workers=workers, ocr=ocr)
        except Refused as refused:
            _write_failed(institution, lease, one, refused.sentences[0])
        else:
            said = remarks.get(one.id, ())
            _write_ready(institution, lease, work, one, outcome, readings, said)
            outcome.path.unlink()
        file.path.unlink(missing_ok=True)


def _write_ready(
    institution: Institution,
    lease: Lease,
    work: Work,
    one: _Waiting,
    made: Converted,
    readings: Sequence[PageReading],
    remarks: Sequence[Sentence],
) -> None:
    """The PDF and what it says, unless the attachment was removed meanwhile."""
    stored: StoredObject | None = None
    if made.was_converted:
        stored = institution.store.put_file(work.folder, made.path)
        institution.store.make_durable([stored.path])
    with institution.transaction() as session:
        lease.hold(session)
        row = session.get(MailingAttachment, one.id, with_for_update=True)
        if row is not None and row.status is AttachmentStatus.WAITING:
            row.pages = len(readings)
            row.document_id = _document(session, work, row, stored, row.pages).id
            row.status, row.why = AttachmentStatus.READY, None
            row.content_numbers = _numbers(session, readings, institution.settings.own_cvr)
            said = (*remarks, *_about_common(row.is_common, readings))
            row.remarks = [one.as_json() for one in said]
            return
    if stored is not None:
        institution.store.delete([stored.path])


def _document(
    session: Session, work: Work, row: MailingAttachment, stored: StoredObject | None, pages: int
) -> Document:
    """The PDF: a new document where it was made of another file, else the file as it came."""
    if stored is None:
        assert row.original_document is not None
        row.original_document.pages = pages
        return row.original_document
    document = add_document(
        session,
        stored,
        kind=DocumentKind.ATTACHMENT,
        media_type=PDF,
        unit_id=work.unit_id,
        key_id=work.key_id,
        pages=pages,
    )
    session.flush()
    return document


def _write_failed(institution: Institution, lease: Lease, one: _Waiting, why: Sentence) -> None:
    """Why it can't be used. What harms is not kept: the row stays, its bytes go."""
    harmful = why.code == MALWARE
    with institution.transaction() as session:
        lease.hold(session)
        row = session.get(MailingAttachment, one.id, with_for_update=True)
        if row is None or row.status is not AttachmentStatus.WAITING:
            return
        row.status, row.why = AttachmentStatus.FAILED, _without_file(why).as_json()
        if harmful:
            document, row.original_document = row.original_document, None
            session.flush()
            session.delete(document)
            mailing = session.get_one(Mailing, row.mailing_id)
            events.record(session, SYSTEM, EventKind.FILE_INFECTED, mailing)
    if harmful:
        institution.store.delete([one.path])


def _numbers(
    session: Session, readings: Sequence[PageReading], own_cvr: frozenset[str]
) -> list[str]:
    """Everybody whom the pages name, as they are kept; ten bare digits count when known."""
    found: set[tuple[str, str]] = set()
    for reading in readings:
        for hit in reading.numbers:
            if hit.kind is NumberKind.CVR:
                found |= {("cvr", hit.number)} if hit.number not in own_cvr else set()
            elif hit.kind is not NumberKind.IMPOSSIBLE:
                found.add(("cpr", hit.number))
        found |= {("cpr", loose.number) for loose in reading.loose if loose.plain}
    return sorted(number_key(session, kind, number) for kind, number in found)


def _about_common(is_common: bool, readings: Sequence[PageReading]) -> list[Sentence]:
    pages = [
        reading.page
        for reading in readings
        if any(hit.kind is NumberKind.CPR for hit in reading.numbers)
    ]
    if not is_common or not pages:
        return []
    text = "Bilaget går til alle, men har CPR-numre på side %(pages)s. Tjek, at det er det rigtige."
    more = " …" if len(pages) > _MOST_PAGES else ""
    named = ", ".join(map(str, pages[:_MOST_PAGES])) + more
    return [Sentence(text, {"pages": named}, code="common_numbers")]


def _without_file(one: Sentence) -> Sentence:
    """The name stands beside it already."""
    return Sentence(one.text, one.values, one.page, None, one.code)


def _waiting(institution: Institution, mailing_id: int) -> list[_Waiting]:
    with institution.reading() as session:
        rows = session.scalars(
            select(MailingAttachment)
            .where(
                MailingAttachment.mailing_id == mailing_id,
                MailingAttachment.status == AttachmentStatus.WAITING,
            )
            .order_by(MailingAttachment.position, MailingAttachment.id)
            .limit(_AT_A_TIME)
        )
        return [
            _Waiting(
                row.id,
                row.file_name,
                row.original_document.path,
                row.original_document.sha256,
                content_key(session, row.original_document),
            )
            for row in rows
            if row.original_document is not None
        ]
