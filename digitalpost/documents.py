"""The document store: rows for immutable bytes, verified on every read."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, select

from digitalpost.db import Session, now
from digitalpost.errors import Damaged
from digitalpost.keys import open_data_key
from digitalpost.models import DataKey, Document, DocumentKind
from digitalpost.storage import StoredObject
from digitalpost.vault import seal, unseal

_PURPOSE = b"content key"
PDF = "application/pdf"
JSON = "application/json"


def add_document(
    session: Session,
    stored: StoredObject,
    *,
    kind: DocumentKind,
    media_type: str,
    unit_id: int,
    key_id: int,
    pages: int | None = None,
) -> Document:
    """A row for bytes that are in the store already, under the data key ``key_id``."""
    document = Document(
        kind=kind,
        media_type=media_type,
        sha256=stored.sha256,
        size=stored.size,
        pages=pages,
        path=stored.path,
        unit_id=unit_id,
        key_id=key_id,
        wrapped_key=seal(open_data_key(session, key_id), stored.content_key, _PURPOSE),
        created_at=now(),
    )
    session.add(document)
    return document


def content_key(session: Session, document: Document) -> bytes:
    """The key of this document's bytes. Raises `Damaged` when its data key was destroyed."""
    return unseal(open_data_key(session, document.key_id), document.wrapped_key, _PURPOSE)


def read_document(session: Session, document: Document) -> bytes:
    """The bytes as they were stored. Raises `Damaged` if a single one has changed."""
    return session.store.get(document.path, content_key(session, document), document.sha256)


def move_to_key(session: Session, document: Document, key_id: int) -> None:
    """Let another data key (a case's) guard the document. The stored bytes do not change."""
    document.wrapped_key = seal(
        open_data_key(session, key_id), content_key(session, document), _PURPOSE
    )
    document.key_id = key_id


def find_damaged(session: Session) -> Iterator[tuple[int, str]]:
    """Read every document back; yield (document id, Danish sentence) for each that is wrong.

    A document whose data key was destroyed on purpose is checked by its ciphertext alone.
    """
    on_purpose = and_(DataKey.wrapped.is_(None), DataKey.destroyed_at.is_not(None))
    destroyed = set(session.scalars(select(DataKey.id).where(on_purpose)))
    for document in session.scalars(
        select(Document).order_by(Document.id).execution_options(yield_per=500)
    ):
        try:
            if document.key_id in destroyed:
                session.store.read_sealed(document.path)
            else:
                read_document(session, document)
        except Damaged as error:
            yield document.id, str(error)
