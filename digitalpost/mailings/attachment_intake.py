"""Taking attachments in: looked at, sealed and stored as they came. The job makes them ready.

They lie in a folder beside the mailing's own, which is swept whole when letters are made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from digitalpost.conversion.kinds import FileKind
from digitalpost.db import Session, now
from digitalpost.documents import add_document
from digitalpost.errors import Refused, Sentence
from digitalpost.institution import Institution
from digitalpost.mailings.files import UploadedFile, look_at
from digitalpost.models import Document, DocumentKind, Mailing, MailingAttachment
from digitalpost.settings import Settings
from digitalpost.storage import ObjectStore, StoredObject
from digitalpost.wording import numbers_in_name, safe_file_name, title_from_file_name

MOST_ATTACHMENTS = 20_000  # in one mailing: one for each letter
_LEFT_BY_A_KILLED_REQUEST = timedelta(hours=1)


@dataclass(frozen=True)
class GivenAttachment:
    """A file that goes with every letter (``is_common``) or with the one it belongs to."""

    file: UploadedFile
    is_common: bool


@dataclass(frozen=True)
class StoredAttachment:
    """A given file that lies sealed in the store."""

    given: GivenAttachment
    kind: FileKind
    stored: StoredObject


def look_over(
    given: Sequence[GivenAttachment], settings: Settings, problems: list[Sentence]
) -> list[FileKind]:
    """What each file is, by its first bytes; adds to ``problems`` what can't be taken at all.

    The answer has a place for every file, in order, only when no problem was added.
    """
    if not given:
        return []
    known = look_at([one.file for one in given], settings=settings, problems=problems)
    return [one.kind for one in known]


def store_attachments(
    store: ObjectStore, folder: str, given: Sequence[GivenAttachment], kinds: Sequence[FileKind]
) -> list[StoredAttachment]:
    """Seal the files and store them. ``folder`` is the mailing's; theirs lies beside it."""
    beside = folder_beside(folder)
    return [
        StoredAttachment(one, kind, store.put_file(beside, one.file.path))
        for one, kind in zip(given, kinds, strict=True)
    ]


def folder_beside(folder: str) -> str:
    """Where the attachments of a mailing lie."""
    return f"{folder}-bilag"


def add_attachments(
    session: Session, mailing: Mailing, stored: Sequence[StoredAttachment]
) -> list[MailingAttachment]:
    """Rows for stored files, after those that are there. From now on they wait to be made ready."""
    of_mailing = MailingAttachment.mailing_id == mailing.id
    there, last = session.execute(
        select(func.count(MailingAttachment.id), func.max(MailingAttachment.position)).where(
            of_mailing
        )
    ).one()
    if there + len(stored) > MOST_ATTACHMENTS:
        raise Refused("En forsendelse kan højst have %(most)s bilag.", most=MOST_ATTACHMENTS)
    rows = []
    for position, one in enumerate(stored, start=(last or 0) + 1):
        name = one.given.file.name
        numbers = sorted(
            number_key(session, kind, number) for kind, number in set(numbers_in_name(name))
        )
        rows.append(
            MailingAttachment(
                mailing_id=mailing.id,
                unit_id=mailing.unit_id,
                position=position,
                file_name=safe_file_name(name),
                title=_title(name),
                is_common=one.given.is_common,
                original_document=add_document(
                    session,
                    one.stored,
                    kind=DocumentKind.ATTACHMENT,
                    media_type=one.kind.media_type,
                    unit_id=mailing.unit_id,
                    key_id=mailing.key_id,
                ),
                fingerprint=session.vault.blind_index("file", one.stored.sha256),
                name_numbers=numbers,
                created_at=now(),
            )
        )
    session.add_all(rows)
    return rows


def number_key(session: Session, kind: str, number: str) -> str:
    """How a number is kept beside an attachment: its kind and its blind index."""
    return f"{kind}:{session.vault.blind_index(kind, number).hex()}"


def sweep_abandoned(institution: Institution, folder: str) -> None:
    """Take away what a request left that was killed before its rows were written."""
    before = now() - _LEFT_BY_A_KILLED_REQUEST
    found = set(institution.store.list_older(folder_beside(folder), before))
    if not found:
        return
    with institution.reading() as session:
        mine = Document.path.startswith(folder_beside(folder))
        known = set(session.scalars(select(Document.path).where(mine)))
    institution.store.delete(sorted(found - known))


def _title(name: str) -> str:
    title = title_from_file_name(name)
    return title if title != "Brev" else "Bilag"
