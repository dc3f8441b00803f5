"""What preparing one mailing starts from, and the sweeping up after a run that was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, select

from digitalpost.db import change_rows
from digitalpost.documents import content_key
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.mailings.intake import SPLIT_WHOLE
from digitalpost.models import Document, LeftOutPage, Letter, Mailing, Recipient
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
        if mailing.split_method == SPLIT_WHOLE:
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
            sources=tuple(
                Source(
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


def sweep_leftovers(institution: Institution, work: Work) -> None:
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


@contextmanager
def quiet_folder(institution: Institution, mailing_id: int) -> Iterator[Path]:
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
