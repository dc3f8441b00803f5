"""Storing a message as it came, so that it can't get lost: the bytes first, then the row.

Only what this has stored may be acknowledged to whoever sent it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, now
from digitalpost.documents import add_document
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.readable import why_unreadable
from digitalpost.incoming.unit import mail_room
from digitalpost.institution import Institution
from digitalpost.keys import make_data_key
from digitalpost.models import ChannelName, Document, DocumentKind, IncomingMessage, IncomingStatus
from digitalpost.storage import StoredObject

XML = "application/xml"


@dataclass(frozen=True)
class Prepared:
    """A message whose sealed bytes are put, and nothing more: it has no row yet."""

    message_uuid: str
    stored: StoredObject
    problem: Sentence | None  # why it can't be read
    media_type: str = XML


def store_message(
    institution: Institution,
    raw: IO[bytes] | bytes,
    message_uuid: str,
    channel: ChannelName,
    *,
    media_type: str = XML,
    problem: Sentence | None = None,
) -> int | None:
    """Store one message under its messageUUID; its id, or None when it was known before.

    When this returns the bytes are on the disk itself and the row is committed. A message that
    can't be read is stored as UNREADABLE; ``problem`` says why where the caller knows already.
    Two who bring the same message at once store it once.
    """
    message_uuid = message_uuid.lower()
    if known(institution, [message_uuid]):
        return None
    file = BytesIO(raw) if isinstance(raw, bytes) else raw
    prepared = prepare(institution, file, message_uuid, media_type=media_type, problem=problem)
    return write_down(institution, [prepared], channel)[message_uuid]


def prepare(
    institution: Institution,
    file: IO[bytes],
    message_uuid: str,
    *,
    media_type: str = XML,
    problem: Sentence | None = None,
) -> Prepared:
    """Seal and put the bytes of one message, and find out whether it can be read."""
    size = file.seek(0, 2)
    file.seek(0)
    why = problem or why_unreadable(
        file,
        size=size,
        max_bytes=institution.settings.incoming.max_bytes,
        message_uuid=message_uuid,
    )
    file.seek(0)
    stored = institution.store.put_open(f"incoming-{now():%Y-%m}", file)
    return Prepared(message_uuid, stored, why, media_type)


def write_down(
    institution: Institution, prepared: Sequence[Prepared], channel: ChannelName
) -> dict[str, int | None]:
    """Make the bytes durable and write all the rows, in order; the id of each message.

    None for one that somebody else was quicker with: its bytes are removed again.
    """
    paths = [one.stored.path for one in prepared]
    try:
        institution.store.make_durable(paths)
        return _write_rows(institution, prepared, channel)
    finally:
        _remove_unused(institution, paths)


def _remove_unused(institution: Institution, paths: Sequence[str]) -> None:
    """Remove bytes that no row is about; what a commit of unknown outcome kept stays."""
    with institution.reading() as session:
        used = set(session.scalars(select(Document.path).where(Document.path.in_(paths))))
    institution.store.delete([path for path in paths if path not in used])


def known(institution: Institution, message_uuids: Iterable[str]) -> set[str]:
    """Which of these messages are stored already."""
    with institution.reading() as session:
        asked = IncomingMessage.message_uuid.in_([one.lower() for one in message_uuids])
        return set(session.scalars(select(IncomingMessage.message_uuid).where(asked)))


def _write_rows(
    institution: Institution, prepared: Sequence[Prepared], channel: ChannelName
) -> dict[str, int | None]:
    """All rows in one transaction; one by one when somebody else writes some of them now."""
    try:
        before = known(institution, [one.message_uuid for one in prepared])
        new = [one for one in prepared if one.message_uuid not in before]
        with institution.transaction() as session:
            unit_id = mail_room(session, institution.settings.incoming)
            rows = {one.message_uuid: _add(session, one, channel, unit_id) for one in new}
            session.flush()
            ids: dict[str, int | None] = {uuid: row.id for uuid, row in rows.items()}
        return {**dict.fromkeys(before), **ids}
    except IntegrityError:
        if len(prepared) == 1:
            if known(institution, [prepared[0].message_uuid]):
                return {prepared[0].message_uuid: None}
            raise
    return {
        uuid: found
        for one in prepared
        for uuid, found in _write_rows(institution, [one], channel).items()
    }


def _add(
    session: Session, prepared: Prepared, channel: ChannelName, unit_id: int
) -> IncomingMessage:
    at = now()
    key = make_data_key(session)
    session.flush()
    document = add_document(
        session,
        prepared.stored,
        kind=DocumentKind.INCOMING,
        media_type=prepared.media_type,
        unit_id=unit_id,
        key_id=key.id,
    )
    session.flush()
    message = IncomingMessage(
        channel=channel,
        message_uuid=prepared.message_uuid,
        status=IncomingStatus.STORED,
        document_id=document.id,
        stored_at=at,
        due_at=at,
    )
    session.add(message)
    session.flush()
    data = {
        "channel": channel.value,
        "message_uuid": prepared.message_uuid,
        "bytes": prepared.stored.size,
    }
    events.record(session, SYSTEM, EventKind.INCOMING_STORED, message, data=data)
    if prepared.problem is not None:
        mark_unreadable(session, message, prepared.problem)
    return message


def mark_unreadable(session: Session, message: IncomingMessage, why: Sentence) -> None:
    """Leave the message to a person: nothing more is done about it, and nothing acknowledged."""
    message.status = IncomingStatus.UNREADABLE
    message.problem = why.as_json()
    message.due_at = message.lease_owner = message.lease_until = None
    events.record(session, SYSTEM, EventKind.INCOMING_UNREADABLE, message)
