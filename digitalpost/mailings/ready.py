"""Making the files of a mailing ready to be split: scanned, made into PDF, and looked over.

The first step of preparing, under its lease. Each file gets its PDF and its pages in a transaction
of its own, so that a run that was killed goes on with the rest; what its first pages say is shown
at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import delete

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.conversion.convert import Converted, GivenFile, all_to_pdf
from digitalpost.conversion.malware import MALWARE, ScanOutcome, scan
from digitalpost.db import change_rows
from digitalpost.documents import PDF, add_document
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.files import about
from digitalpost.mailings.findings import first_findings
from digitalpost.mailings.lease import Lease
from digitalpost.mailings.work import Source, Work
from digitalpost.models import Document, DocumentKind, Mailing, MailingSource
from digitalpost.pdf.pool import Workers, inspect_pdf
from digitalpost.storage import StoredObject


def make_ready(
    institution: Institution, lease: Lease, work: Work, workers: Workers, folder: Path
) -> None:
    """Make every file ready that is not. Its bytes lie in ``folder`` meanwhile.

    Raises `Refused` with a sentence for every file that can't be used, `LeaseLost`, and `Damaged`
    when a file is not what was stored.
    """
    if work.harm:
        raise Refused(work.harm)
    _Readying(institution, lease, work, workers, folder).run()


class _Readying:
    """One run over the files that are not ready."""

    def __init__(
        self, institution: Institution, lease: Lease, work: Work, workers: Workers, folder: Path
    ) -> None:
        self.institution = institution
        self.lease = lease
        self.work = work
        self.workers = workers
        self.folder = folder
        self.pages = sum(source.pages for source in work.sources)
        self.problems: list[Sentence] = []
        self.remarks: dict[int, list[Sentence]] = {}

    def run(self) -> None:
        """PDF files first, because they are ready at once; all others are converted together."""
        waiting = [source for source in self.work.sources if not source.is_ready]
        if waiting:
            self.workers.start_early()  # while the first file is fetched
        clean = [source for source in waiting if self._is_clean(source)]
        for source in clean:
            if source.media_type == PDF:
                self._finish(source, self._path(source), None)
        others = [source for source in clean if source.media_type != PDF]
        for source, outcome in zip(others, self._convert(others), strict=True):
            if isinstance(outcome, Refused):
                self.problems += outcome.sentences
            else:
                self._finish(source, outcome.path, self._path(source))
        if self.pages > self.institution.settings.max_pages and not self.problems:
            values = {"pages": self.pages, "most": self.institution.settings.max_pages}
            text = "Filerne har %(pages)s sider i alt. En forsendelse kan højst have %(most)s."
            self.problems.append(Sentence(text, values, code="too_many_pages"))
        if self.problems:
            raise Refused(self.problems)

    def _path(self, source: Source) -> Path:
        return self.folder / f"{source.id}.came"

    def _is_clean(self, source: Source) -> bool:
        """Fetch the file and have it scanned, before anything looks into it."""
        self.lease.require()
        path = self._path(source)
        store, key = self.institution.store, source.content_key
        store.get_file(source.path, key, source.sha256, path)
        try:
            outcome = scan(path, self.institution.settings.conversion)
        except Refused as refusal:
            path.unlink()
            said = about(source.name, refusal)
            if said[0].code == MALWARE:
                self._throw_away(source, said)
            self.problems += said
            return False
        if outcome is ScanOutcome.NOT_CHECKED:
            text = "Filen er ikke scannet for virus, fordi scanneren ikke gav svar."
            remark = Sentence(text, file=source.name, code="not_scanned")
            self.remarks[source.id] = [remark]
        return True

    def _throw_away(self, source: Source, said: Sequence[Sentence]) -> None:
        """Delete a file that does harm. The mailing remembers why: it can never be sent now."""
        with self.institution.transaction() as session:
            self.lease.hold(session)
            mailing = session.get_one(Mailing, self.work.mailing_id)
            mailing.problems = [*mailing.problems, *(one.as_json() for one in said)]
            row = session.get_one(MailingSource, source.id)
            document_id = row.document_id
            change_rows(session, delete(MailingSource).where(MailingSource.id == source.id))
            change_rows(session, delete(Document).where(Document.id == document_id))
            events.record(
                session,
                SYSTEM,
                EventKind.FILE_INFECTED,
                mailing,
                data=dict(said[0].values),
                personal={"file": source.name},
            )
        self.institution.store.delete([source.path])

    def _convert(self, sources: Sequence[Source]) -> list[Converted | Refused]:
        given = [GivenFile(source.name, self._path(source)) for source in sources]
        settings = self.institution.settings
        return all_to_pdf(given, settings=settings, workers=self.workers, folder=self.folder)

    def _finish(self, source: Source, pdf: Path, original: Path | None) -> None:
        """Look the PDF over, and write down that the file is ready."""
        most = self.institution.settings.max_pages
        try:
            facts = inspect_pdf(pdf, max_pages=most, workers=self.workers)
        except Refused as refusal:
            self.problems += about(source.name, refusal)
            return
        self.lease.require()
        stored = None
        if original is not None:
            stored = self.institution.store.put_file(self.work.folder, pdf)
            self.institution.store.make_durable([stored.path])
        self.pages += facts.pages
        self._write(source, facts.pages, stored)
        found = first_findings(self.institution, self.work, source, pdf, facts, self.workers)
        with self.institution.transaction() as session:
            self.lease.hold(session)
            mailing = session.get_one(Mailing, self.work.mailing_id)
            mailing.first_findings = [*(mailing.first_findings or []), found]
        for path in (pdf, original):
            if path is not None:
                path.unlink()

    def _write(self, source: Source, pages: int, stored: StoredObject | None) -> None:
        with self.institution.transaction() as session:
            self.lease.hold(session, pages_total=self.pages)
            row = session.get_one(MailingSource, source.id)
            mailing = session.get_one(Mailing, self.work.mailing_id)
            remarks = [one.as_json() for one in self.remarks.get(source.id, ())]
            mailing.problems = [*mailing.problems, *remarks]
            row.pages = pages
            if stored is None:
                row.document.pages = pages
                return
            row.original_document_id = row.document_id
            row.original_media_type = source.media_type
            row.document = add_document(
                session,
                stored,
                kind=DocumentKind.SOURCE,
                media_type=PDF,
                unit_id=self.work.unit_id,
                key_id=self.work.key_id,
                pages=pages,
            )
