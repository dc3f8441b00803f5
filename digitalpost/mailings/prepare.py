"""Preparing: from stored source files to letters that wait for review. Every page accounted for.

One worker at a time holds a mailing by a lease. Killed anywhere, it leaves rows and objects that
the next one sweeps away before it starts over; nothing counts before the last step, which moves
the mailing to review in one transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, lock, now
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.mailings.addressees import make_recipients
from digitalpost.mailings.attached import has_attachments
from digitalpost.mailings.books import pages_unaccounted
from digitalpost.mailings.divide import Divider
from digitalpost.mailings.drafts import draft_letter
from digitalpost.mailings.lease import Lease, LeaseLost
from digitalpost.mailings.quiet import quiet_folder
from digitalpost.mailings.ready import make_ready
from digitalpost.mailings.split import SplitLetter, proposed_names, recipients_of
from digitalpost.mailings.work import (
    Source,
    StoreSink,
    Work,
    read_work,
    sweep_leftovers,
    sweep_unwritten,
)
from digitalpost.models import (
    LeftOutPage,
    Letter,
    Mailing,
    MailingStatus,
)
from digitalpost.pdf.finish import FinishedLetter
from digitalpost.pdf.pool import Workers, prepare_letters, read_pages
from digitalpost.pdf.tesseract import find_tesseract
from digitalpost.registers.rounds import ask_registers_again
from digitalpost.storage import StoredObject

ATTEMPTS = 3  # a mailing that killed its worker so many times is stopped with a sentence
PROGRESS_SECONDS = 0.5
ROWS_AT_A_TIME = 200
KEPT = frozenset({"sent_before", "not_scanned"})  # what is known of a file before it is read


def prepare(institution: Institution, mailing_id: int, *, owner: str | None = None) -> bool:
    """Prepare one mailing up to review, or to *Fejlet* with the reason. False: not ours to do.

    Safe to call at any time, any number of times, from any number of workers.
    """
    lease = Lease(institution, mailing_id, owner or uuid.uuid4().hex)
    if not lease.take(pages_read=0, letters_finished=0):
        return False
    try:
        with lease.kept_alive(), quiet_folder() as folder:
            work = read_work(institution, mailing_id)
            sweep_leftovers(institution, lease, work)
            if work.attempts > ATTEMPTS:
                raise Refused(
                    "Filen kunne ikke behandles, selv om vi prøvede flere gange. "
                    "Lav PDF-filen igen fra det oprindelige dokument."
                )
            _Preparation(institution, lease, work, folder).run()
    except LeaseLost:
        sweep_unwritten(institution, mailing_id)
        return False
    except (Refused, Damaged) as error:
        sentences = error.sentences if isinstance(error, Refused) else [Sentence(str(error))]
        _fail(institution, lease, mailing_id, sentences)
    return True


class _Preparation:
    """One run over the sources of a mailing: made ready, read, split, finished, written down."""

    def __init__(self, institution: Institution, lease: Lease, work: Work, folder: Path) -> None:
        self.institution = institution
        self.lease = lease
        self.work = work
        self.folder = folder
        self.pages_read = 0
        self.letters = 0
        self.finished = 0
        self.problems: list[Sentence] = []
        self.proposals: list[dict[str, Any]] = []
        self._told = 0.0

    def run(self) -> None:
        """All sources in their order, then the step to review."""
        with Workers(self.institution.settings.processes) as workers:
            make_ready(self.institution, self.lease, self.work, workers, self.folder)
            self.work = read_work(self.institution, self.work.mailing_id)
            for source in self.work.sources:
                path = self.folder / f"{source.id}.pdf"
                store, key = self.institution.store, source.content_key
                store.get_file(source.path, key, source.sha256, path)
                self._prepare_source(source, path, workers)
                path.unlink()
        self.institution.store.make_durable()
        self._to_review()

    def _prepare_source(self, source: Source, path: Path, workers: Workers) -> None:
        before = self.pages_read

        def read_so_far(done: int, _of: int) -> None:
            self.pages_read = before + done
            self._tell()

        readings = read_pages(
            path,
            source.pages,
            workers=workers,
            marker=self.work.choice.marker,
            ocr=find_tesseract(self.institution.settings.ocr),
            on_progress=read_so_far,
        )
        divided = Divider(self.institution, self.work, workers).divide(source, path, readings)
        self.problems += divided.problems
        if divided.proposals is not None:
            self.proposals.append(divided.proposals)
        letters = divided.letters
        with ThreadPoolExecutor(1, thread_name_prefix="recipients") as beside:
            # The children make letters while the register is asked: neither waits for the other.
            recipients = beside.submit(
                make_recipients,
                self.institution,
                recipients_of(letters),
                unit_id=self.work.unit_id,
                names=proposed_names(letters),
            )
            self._finish(source, path, workers, letters, recipients)
        self._leave_out(source, divided.left_out)

    def _finish(
        self,
        source: Source,
        path: Path,
        workers: Workers,
        letters: Sequence[SplitLetter],
        recipients: Future[dict[Identifier, tuple[int, str]]],
    ) -> None:
        """Make the letters in the children and write them down as they come."""
        position = self.letters
        self.letters += len(letters)
        self._tell(at_once=True)
        sink = StoreSink(self.institution.store, self.work.folder)
        orders = [letter.order for letter in letters]
        batch: list[tuple[int, SplitLetter, FinishedLetter[StoredObject]]] = []
        for finished in prepare_letters(path, orders, workers=workers, sink=sink):
            batch.append((position + finished.index + 1, letters[finished.index], finished))
            self.finished += 1
            if len(batch) >= ROWS_AT_A_TIME:
                self._write(source, batch, recipients.result())
                batch = []
            self._tell()
        self._write(source, batch, recipients.result())

    def _write(
        self,
        source: Source,
        batch: list[tuple[int, SplitLetter, FinishedLetter[StoredObject]]],
        recipients: dict[Identifier, tuple[int, str]],
    ) -> None:
        """Rows for finished letters. Until the last step they belong to nobody but this run."""
        if not batch:
            return
        most = self.institution.settings.eboks.max_bytes
        with self.institution.transaction() as session:
            self.lease.hold(session)
            for position, letter, finished in batch:
                recipient = recipients[letter.recipient] if letter.recipient else None
                session.add(
                    draft_letter(
                        session,
                        self.work,
                        source,
                        finished,
                        position=position,
                        letter=letter,
                        recipient=recipient,
                        max_bytes=most,
                    )
                )

    def _leave_out(self, source: Source, left_out: Sequence[tuple[int, Sentence]]) -> None:
        with self.institution.transaction() as session:
            self.lease.hold(session)
            session.add_all(
                LeftOutPage(
                    mailing_id=self.work.mailing_id,
                    unit_id=self.work.unit_id,
                    source_id=source.id,
                    page=page,
                    reason=reason.as_json(),
                )
                for page, reason in left_out
            )

    def _tell(self, *, at_once: bool = False) -> None:
        """Progress into the mailing's row, a few times a second at most."""
        self.lease.require()
        if not at_once and monotonic() - self._told < PROGRESS_SECONDS:
            return
        self._told = monotonic()
        self.lease.change(
            pages_read=self.pages_read,
            letters_total=self.letters,
            letters_finished=self.finished,
        )

    def _to_review(self) -> None:
        """The one step that makes the letters count: books balanced, status *Til gennemsyn*."""
        with self.institution.transaction() as session:
            mailing = session.get_one(Mailing, self.work.mailing_id)
            lock(session, mailing)
            if mailing.lease_owner != self.lease.owner:
                raise LeaseLost
            wrong = pages_unaccounted(session, mailing)
            if wrong:
                raise RuntimeError(f"mailing {mailing.id}: {len(wrong)} pages unaccounted for")
            if not _has_recipients(session, mailing.id) and self.problems:
                raise Refused(self.problems)
            mailing.status = MailingStatus.REVIEW
            mailing.pages_read = self.pages_read
            mailing.letters_total = mailing.letters_finished = self.letters
            mailing.prepared_at = now()
            ask_registers_again(session, mailing.id)
            if has_attachments(session, mailing.id):
                mailing.mended_at = now()  # the letters get them next (remake.py)
            mailing.lease_owner = mailing.lease_until = None
            mailing.first_findings = None
            mailing.proposals = self.proposals or None
            mailing.problems = [
                *(one for one in mailing.problems if one["code"] in KEPT),
                *(problem.as_json() for problem in self.problems),
            ]
            events.record(
                session,
                SYSTEM,
                EventKind.MAILING_PREPARED,
                mailing,
                data={"letters": self.letters, "pages": self.pages_read},
            )


def _fail(
    institution: Institution, lease: Lease, mailing_id: int, sentences: Sequence[Sentence]
) -> None:
    """*Fejlet*, with every reason, and nothing half-made left behind."""
    try:
        sweep_leftovers(institution, lease, read_work(institution, mailing_id))
    except LeaseLost:
        return
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lock(session, mailing)
        if mailing.lease_owner != lease.owner:
            return
        mailing.status = MailingStatus.FAILED
        mailing.letters_total = mailing.letters_finished = 0
        mailing.finished_at = now()
        mailing.lease_owner = mailing.lease_until = None
        mailing.first_findings = None
        mailing.problems = [sentence.as_json() for sentence in sentences]
        events.record(
            session,
            SYSTEM,
            EventKind.MAILING_FAILED,
            mailing,
            data={"codes": sorted({sentence.code for sentence in sentences})},
        )


def _has_recipients(session: Session, mailing_id: int) -> bool:
    query = select(Letter.id).where(
        Letter.mailing_id == mailing_id, Letter.recipient_id.is_not(None)
    )
    return session.scalar(query.limit(1)) is not None
