"""What preparing one mailing starts from, and the sweeping up after a run that was killed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import delete, select

from digitalpost.conversion.malware import MALWARE
from digitalpost.db import change_rows
from digitalpost.documents import PDF, content_key
from digitalpost.errors import Sentence, sentence_of
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.mailings.lease import Lease
from digitalpost.models import (
    Document,
    LeftOutPage,
    Letter,
    Mailing,
    MailingAttachment,
    MailingStatus,
    Recipient,
)
from digitalpost.pdf.splits import SplitChoice, SplitMethod, choice_of
from digitalpost.registers.recipients import number_of
from digitalpost.storage import ObjectStore, StoredObject


@dataclass(frozen=True)
class Source:
    """One source file, with what is needed to read it back."""

    id: int
    name: str
    pages: int
    path: str
    sha256: str
    content_key: bytes = field(repr=False)
    original_path: str | None = None  # of the file that the PDF was made from
    media_type: str = PDF  # of what lies at ``path``

    @property
    def is_ready(self) -> bool:
        """Whether it is a PDF that was looked over. Before that it is the file as it came."""
        return self.pages > 0


@dataclass(frozen=True)
class Work:
    """What preparing one mailing needs to know, read once."""

    mailing_id: int
    unit_id: int
    owner_id: int | None
    key_id: int
    folder: str
    title: str
    keep_numbers: bool
    typed: tuple[Identifier, ...]
    sources: tuple[Source, ...]
    attempts: int
    choice: SplitChoice = field(default_factory=SplitChoice)
    every_number: bool = False
    harm: tuple[Sentence, ...] = ()  # what the malware scanner found in files deleted since


@dataclass(frozen=True)
class StoreSink:
    """Seals a finished letter and puts it into the store, from inside a child process."""

    store: ObjectStore
    folder: str

    def __call__(self, finished: bytes) -> StoredObject:
        return self.store.put(self.folder, finished)


def read_work(institution: Institution, mailing_id: int) -> Work:
    """Read it all in one short session, keys included; the work itself holds none open."""
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        typed: tuple[Identifier, ...] = ()
        if mailing.split_method == SplitMethod.WHOLE:
            typed = tuple(
                number_of(session.vault, session.get_one(Recipient, recipient_id))
                for recipient_id in mailing.split_options["recipient_ids"]
            )
        return Work(
            mailing_id=mailing.id,
            unit_id=mailing.unit_id,
            owner_id=mailing.owner_id,
            key_id=mailing.key_id,
            folder=mailing.folder,
            title=mailing.title,
            keep_numbers=mailing.keep_numbers,
            typed=typed,
            attempts=mailing.attempts,
            choice=choice_of(mailing.split_method, mailing.split_options),
            every_number=mailing.remove_every_number,
            harm=tuple(sentence_of(one) for one in mailing.problems if one["code"] == MALWARE),
            sources=tuple(
                Source(
                    source.id,
                    source.file_name,
                    source.pages,
                    source.document.path,
                    source.document.sha256,
                    content_key(session, source.document),
                    source.original_document.path if source.original_document else None,
                    source.document.media_type,
                )
                for source in mailing.sources
            ),
        )


def sweep_leftovers(institution: Institution, lease: Lease, work: Work) -> None:
    """Take away what an earlier run left: its rows, and every object but sources and attachments.

    Objects are listed before the lease is asked, so that none of them can belong to somebody who
    took over since. Raises `LeaseLost`.
    """
    sources = {path for source in work.sources for path in (source.path, source.original_path)}
    objects = set(institution.store.list_folder(work.folder)) - sources
    with institution.transaction() as session:
        lease.hold(session)
        attached = MailingAttachment.mailing_id == work.mailing_id
        objects -= set(
            session.scalars(
                select(Document.path)
                .join(MailingAttachment, MailingAttachment.document_id == Document.id)
                .where(attached)
            )
        )
        letters = select(Letter.document_id).where(Letter.mailing_id == work.mailing_id)
        documents = list(session.scalars(letters.where(Letter.document_id.is_not(None))))
        change_rows(session, delete(Letter).where(Letter.mailing_id == work.mailing_id))
        change_rows(session, delete(LeftOutPage).where(LeftOutPage.mailing_id == work.mailing_id))
        for start in range(0, len(documents), 500):
            part = documents[start : start + 500]
            change_rows(session, delete(Document).where(Document.id.in_(part)))
    institution.store.delete(sorted(objects))


def sweep_unwritten(institution: Institution, mailing_id: int) -> None:
    """After a run that was cancelled: take away objects that no row knows.

    Does nothing while the mailing is still to be prepared or mended: whoever does that sweeps.
    """
    with institution.reading() as session:
        folder = session.get_one(Mailing, mailing_id).folder
    # Listed before the rows are read: no object of a run that starts after this is among them.
    found = set(institution.store.list_folder(folder))
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        in_review = mailing.status is MailingStatus.REVIEW
        if mailing.status is MailingStatus.PREPARING or (in_review and mailing.mended_at):
            return
        known = set(session.scalars(select(Document.path).where(Document.path.startswith(folder))))
    institution.store.delete(sorted(found - known))


def sweep_unknown(institution: Institution, lease: Lease, work: Work) -> None:
    """Take away every object that no row knows: of letters that were mended, or of a killed run.

    Raises `LeaseLost`. Only for the holder of the lease: nobody else may be putting objects now.
    """
    found = set(institution.store.list_folder(work.folder))
    with institution.transaction() as session:
        lease.hold(session)
        mine = Document.path.startswith(work.folder)
        known = set(session.scalars(select(Document.path).where(mine)))
    institution.store.delete(sorted(found - known))
