"""Preparing: from stored source files to letters that wait for review. Every page accounted for.

One worker at a time holds a mailing by a lease. Killed anywhere, it leaves rows and objects that
the next one sweeps away before it starts over; nothing counts before the last step, which moves
the mailing to review in one transaction.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.documents import PDF, add_document, content_key
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.mailings.books import pages_unaccounted
from digitalpost.mailings.intake import SPLIT_WHOLE
from digitalpost.mailings.lease import Lease, LeaseLost
from digitalpost.mailings.split import SplitLetter, recipients_of, split_by_number, whole_to_each
from digitalpost.models import (
    Document,
    DocumentKind,
    LeftOutPage,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
    Recipient,
    Verdict,
)
from digitalpost.pdf.finish import FinishedLetter
from digitalpost.pdf.owners import plan_letters
from digitalpost.pdf.pool import Workers, prepare_letters, read_pages
from digitalpost.pdf.read import PageReading
from digitalpost.registers.recipients import find_or_make_recipients, number_of
from digitalpost.storage import ObjectStore, StoredObject

ATTEMPTS = 3  # a mailing that killed its worker so many times is stopped with a sentence
PROGRESS_SECONDS = 0.5
ROWS_AT_A_TIME = 200


@dataclass(frozen=True)
class _Source:
    id: int
    name: str
    pages: int
    path: str
    sha256: str
    content_key: bytes = field(repr=False)


@dataclass(frozen=True)
class _Work:
    """What preparing one mailing needs to know, read once."""

    mailing_id: int
    unit_id: int
    owner_id: int | None
    key_id: int
    folder: str
    title: str
    keep_numbers: bool
    typed: tuple[Identifier, ...]
    sources: tuple[_Source, ...]
    attempts: int


@dataclass(frozen=True)
class StoreSink:
    """Seals a finished letter and puts it into the store, from inside a child process."""

    store: ObjectStore
    folder: str

    def __call__(self, finished: bytes) -> StoredObject:
        return self.store.put(self.folder, finished)


def prepare(institution: Institution, mailing_id: int, *, owner: str | None = None) -> bool:
    """Prepare one mailing up to review, or to *Fejlet* with the reason. False: not ours to do.

    Safe to call at any time, any number of times, from any number of workers.
    """
    lease = Lease(institution, mailing_id, owner or uuid.uuid4().hex)
    if not lease.take():
        return False
    try:
        with lease.kept_alive(), _quiet_folder(institution, mailing_id) as folder:
            work = _read_work(institution, mailing_id)
            _sweep_leftovers(institution, work)
            if work.attempts > ATTEMPTS:
                raise Refused(
                    "Filen kunne ikke behandles, selv om vi prøvede flere gange. "
                    "Lav PDF-filen igen fra det oprindelige dokument."
                )
            _Preparation(institution, lease, work, folder).run()
    except LeaseLost:
        return False
    except (Refused, Damaged) as error:
        sentences = error.sentences if isinstance(error, Refused) else [Sentence(str(error))]
        _fail(institution, lease, mailing_id, sentences)
    return True


class _Preparation:
    """One run over the sources of a mailing: read, split, finish, write down."""

    def __init__(self, institution: Institution, lease: Lease, work: _Work, folder: Path) -> None:
        self.institution = institution
        self.lease = lease
        self.work = work
        self.folder = folder
        self.pages_read = 0
        self.letters = 0
        self.finished = 0
        self.problems: list[Sentence] = []
        self._told = 0.0

    def run(self) -> None:
        """All sources in their order, then the step to review."""
        with Workers(self.institution.settings.processes) as workers:
            for source in self.work.sources:
                path = self.folder / f"{source.id}.pdf"
                path.write_bytes(
                    self.institution.store.get(source.path, source.content_key, source.sha256)
                )
                self._prepare_source(source, path, workers)
                path.unlink()
        self.institution.store.make_durable()
        self._to_review()

    def _prepare_source(self, source: _Source, path: Path, workers: Workers) -> None:
        before = self.pages_read

        def read_so_far(done: int, _of: int) -> None:
            self.pages_read = before + done
            self._tell()

        readings = read_pages(path, source.pages, workers=workers, on_progress=read_so_far)
        letters, left_out = self._split(source, readings)
        recipients = _make_recipients(self.institution, self.work, recipients_of(letters))
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
                self._write(source, batch, recipients)
                batch = []
            self._tell()
        self._write(source, batch, recipients)
        self._leave_out(source, left_out)

    def _split(
        self, source: _Source, readings: Sequence[PageReading]
    ) -> tuple[list[SplitLetter], Sequence[tuple[int, Sentence]]]:
        title, keep = self.work.title, self.work.keep_numbers
        if self.work.typed:
            letters = whole_to_each(self.work.typed, readings, title=title, keep_numbers=keep)
            return letters, ()
        known = _known_numbers(self.institution)
        plan = plan_letters(readings, own_cvr=self.institution.settings.own_cvr, known=known)
        self.problems += [
            Sentence(one.text, one.values, one.page, source.name, one.code) for one in plan.errors
        ]
        return split_by_number(plan, readings, title=title, keep_numbers=keep), plan.left_out

    def _write(
        self,
        source: _Source,
        batch: list[tuple[int, SplitLetter, FinishedLetter[StoredObject]]],
        recipients: dict[Identifier, tuple[int, str]],
    ) -> None:
        """Rows for finished letters. Until the last step they belong to nobody but this run."""
        if not batch:
            return
        self.lease.require()
        with self.institution.transaction() as session:
            documents = [self._document(session, finished) for _, _, finished in batch]
            session.flush()
            session.add_all(
                self._letter(source, position, letter, finished, document, recipients)
                for (position, letter, finished), document in zip(batch, documents, strict=True)
            )

    def _document(
        self, session: Session, finished: FinishedLetter[StoredObject]
    ) -> Document | None:
        if finished.stored is None:
            return None
        return add_document(
            session,
            finished.stored,
            kind=DocumentKind.MAIN,
            media_type=PDF,
            unit_id=self.work.unit_id,
            key_id=self.work.key_id,
            pages=len(finished.pages),
        )

    def _letter(
        self,
        source: _Source,
        position: int,
        letter: SplitLetter,
        finished: FinishedLetter[StoredObject],
        document: Document | None,
        recipients: dict[Identifier, tuple[int, str]],
    ) -> Letter:
        reasons = list(letter.reasons)
        verdict = letter.verdict
        if finished.problem is not None:
            reasons.insert(0, finished.problem)
            verdict = Verdict.RED
        most = self.institution.settings.eboks.max_bytes
        if finished.size > most:
            reasons.insert(0, _too_big(finished.pages[0], most))
            verdict = Verdict.RED
        recipient_id, name = (
            recipients[letter.recipient] if letter.recipient is not None else (None, "")
        )
        return Letter(
            mailing_id=self.work.mailing_id,
            unit_id=self.work.unit_id,
            owner_id=self.work.owner_id,
            position=position,
            title=self.work.title,
            status=LetterStatus.DRAFT,
            recipient_id=recipient_id,
            recipient_name=name,
            verdict=verdict,
            risk=verdict.risk,
            reasons=[reason.as_json() for reason in reasons],
            source_id=source.id,
            pages=list(finished.pages),
            page_count=len(finished.pages),
            removed_numbers=sum(times for _, times in finished.removed),
            document_id=document.id if document is not None else None,
            search_text=f"{self.work.title} {name}".strip(),
            created_at=now(),
        )

    def _leave_out(self, source: _Source, left_out: Sequence[tuple[int, Sentence]]) -> None:
        with self.institution.transaction() as session:
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
            mailing.lease_owner = mailing.lease_until = None
            mailing.problems = [
                *(one for one in mailing.problems if one["code"] == "sent_before"),
                *(problem.as_json() for problem in self.problems),
            ]
            events.record(
                session,
                SYSTEM,
                EventKind.MAILING_PREPARED,
                mailing,
                data={"letters": self.letters, "pages": self.pages_read},
            )


def _read_work(institution: Institution, mailing_id: int) -> _Work:
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        typed: tuple[Identifier, ...] = ()
        if mailing.split_method == SPLIT_WHOLE:
            typed = tuple(
                number_of(session.vault, session.get_one(Recipient, recipient_id))
                for recipient_id in mailing.split_options["recipient_ids"]
            )
        return _Work(
            mailing_id=mailing.id,
            unit_id=mailing.unit_id,
            owner_id=mailing.owner_id,
            key_id=mailing.key_id,
            folder=mailing.folder,
            title=mailing.title,
            keep_numbers=mailing.keep_numbers,
            typed=typed,
            attempts=mailing.attempts,
            sources=tuple(
                _Source(
                    source.id,
                    source.file_name,
                    source.pages,
                    source.document.path,
                    source.document.sha256,
                    content_key(session, source.document),
                )
                for source in mailing.sources
            ),
        )


def _sweep_leftovers(institution: Institution, work: _Work) -> None:
    """Take away what an earlier run left: rows first, then every object but the sources."""
    with institution.transaction() as session:
        letters = select(Letter.document_id).where(Letter.mailing_id == work.mailing_id)
        documents = list(session.scalars(letters.where(Letter.document_id.is_not(None))))
        change_rows(session, delete(Letter).where(Letter.mailing_id == work.mailing_id))
        change_rows(session, delete(LeftOutPage).where(LeftOutPage.mailing_id == work.mailing_id))
        for start in range(0, len(documents), 500):
            part = documents[start : start + 500]
            change_rows(session, delete(Document).where(Document.id.in_(part)))
    keep = {source.path for source in work.sources}
    institution.store.delete(
        [path for path in institution.store.list_folder(work.folder) if path not in keep]
    )


def _fail(
    institution: Institution, lease: Lease, mailing_id: int, sentences: Sequence[Sentence]
) -> None:
    """*Fejlet*, with every reason, and nothing half-made left behind."""
    _sweep_leftovers(institution, _read_work(institution, mailing_id))
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lock(session, mailing)
        if mailing.lease_owner != lease.owner:
            return
        mailing.status = MailingStatus.FAILED
        mailing.letters_total = mailing.letters_finished = 0
        mailing.finished_at = now()
        mailing.lease_owner = mailing.lease_until = None
        mailing.problems = [sentence.as_json() for sentence in sentences]
        events.record(
            session,
            SYSTEM,
            EventKind.MAILING_FAILED,
            mailing,
            data={"codes": sorted({sentence.code for sentence in sentences})},
        )


def _make_recipients(
    institution: Institution, work: _Work, identifiers: Sequence[Identifier]
) -> dict[Identifier, tuple[int, str]]:
    """Recipient id and name for each number; two runs that meet the same new person take turns."""
    for last_try in (False, False, True):
        try:
            with institution.transaction() as session:
                found = find_or_make_recipients(session, SYSTEM, identifiers, unit_id=work.unit_id)
                return {one: (row.id, row.name) for one, row in found.items()}
        except IntegrityError:
            if last_try:
                raise
    raise AssertionError("unreachable")


def _known_numbers(institution: Institution) -> Callable[[str, str], bool]:
    """Whether the register knows a number: ten bare digits of a known recipient count as theirs."""

    @cache
    def known(kind: str, number: str) -> bool:
        index = institution.vault.blind_index(kind, number)
        with institution.reading() as session:
            query = select(Recipient.id).where(
                Recipient.kind == kind, Recipient.number_index == index
            )
            return session.scalar(query) is not None

    return known


def _has_recipients(session: Session, mailing_id: int) -> bool:
    query = select(Letter.id).where(
        Letter.mailing_id == mailing_id, Letter.recipient_id.is_not(None)
    )
    return session.scalar(query.limit(1)) is not None


def _too_big(page: int, most: int) -> Sentence:
    return Sentence(
        "Brevet fra side %(page)s fylder mere end %(most)s MB. "
        "Gør billederne i det mindre, eller send det på papir.",
        {"page": page, "most": most // 1_000_000},
        page=page,
        code="letter_too_big",
    )


@contextmanager
def _quiet_folder(institution: Institution, mailing_id: int) -> Iterator[Path]:
    """A folder for source files in clear: in memory where the machine allows it, ours only.

    Its name follows from the mailing, so the next run removes what a killed one left.
    """
    with institution.reading() as session:
        name = f"digitalpost-{session.get_one(Mailing, mailing_id).folder}"
    memory = Path("/dev/shm")  # noqa: S108 - a RAM disk; the folder itself is 0700 and ours
    base = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    folder = base / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
