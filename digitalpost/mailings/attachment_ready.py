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
from digitalpost.db import Session
from digitalpost.documents import PDF, add_document, content_key
from digitalpost.errors import Damaged, Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.attachment_intake import number_key
from digitalpost.mailings.files import ReadyFile, UploadedFile, make_ready
from digitalpost.mailings.lease import Lease
from digitalpost.mailings.work import Work
from digitalpost.models import AttachmentStatus, Document, DocumentKind, Mailing, MailingAttachment
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.pool import Workers, read_pages
from digitalpost.pdf.read import PageReading
from digitalpost.storage import StoredObject

_AT_A_TIME = 20  # Office files share one run of the converter
_HARMFUL = "malware"
_MOST_PAGES = 8  # that a sentence names


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

    ``folder`` is private; nothing of theirs is left in it. Raises `LeaseLost`.
    """
    while waiting := _waiting(institution, work.mailing_id):
        given: list[tuple[_Waiting, UploadedFile]] = []
        for one in waiting:
            path = folder / f"bilag-{one.id}"
            try:
                path.write_bytes(institution.store.get(one.path, one.content_key, one.sha256))
            except Damaged as damaged:
                _write_failed(institution, lease, one, Sentence(str(damaged)))
                continue
            given.append((one, UploadedFile(one.name, path)))
        lease.require()
        _convert(institution, lease, work, folder, given)
        for _, file in given:
            file.path.unlink(missing_ok=True)


def _convert(
    institution: Institution,
    lease: Lease,
    work: Work,
    folder: Path,
    given: Sequence[tuple[_Waiting, UploadedFile]],
) -> None:
    """All in one go; when something is wrong, each by itself, so that the others go on."""
    problems: list[Sentence] = []
    settings = institution.settings
    if not given:
        return
    ready = make_ready(
        [file for _, file in given], settings=settings, folder=folder, problems=problems
    )
    if problems and len(given) > 1:
        for alone in given:
            _convert(institution, lease, work, folder, [alone])
        return
    if problems:
        _write_failed(institution, lease, given[0][0], problems[0])
        return
    with Workers(settings.processes) as workers:
        for (one, _), file in zip(given, ready, strict=True):
            readings = read_pages(file.pdf, file.pages, workers=workers)
            lease.require()
            _write_ready(institution, lease, work, one, file, readings)
            if file.original is not None:
                file.pdf.unlink()


def _write_ready(
    institution: Institution,
    lease: Lease,
    work: Work,
    one: _Waiting,
    file: ReadyFile,
    readings: Sequence[PageReading],
) -> None:
    """The PDF and what it says, unless the attachment was removed meanwhile."""
    stored: StoredObject | None = None
    if file.original is not None:
        stored = institution.store.put(work.folder, file.pdf.read_bytes())
        institution.store.make_durable()
    with institution.transaction() as session:
        lease.hold(session)
        row = session.get(MailingAttachment, one.id, with_for_update=True)
        if row is not None and row.status is AttachmentStatus.WAITING:
            row.document_id = _document(session, work, row, stored, file.pages).id
            row.pages = file.pages
            row.status, row.why = AttachmentStatus.READY, None
            row.content_numbers = _numbers(session, readings, institution.settings.own_cvr)
            remarks = [_without_file(remark) for remark in file.remarks]
            row.remarks = [
                one.as_json() for one in (*remarks, *_about_common(row.is_common, readings))
            ]
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
    harmful = why.code == _HARMFUL
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
