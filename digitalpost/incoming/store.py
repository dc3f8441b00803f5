"""Storing a message as it came, so that it can't get lost: the bytes first, then the row.

Only what this has stored may be acknowledged to whoever sent it.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from digitalpost.models import ChannelName, DocumentKind, IncomingMessage, IncomingStatus
from digitalpost.storage import StoredObject

XML = "application/xml"


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
    size = file.seek(0, 2)
    file.seek(0)
    why = problem or why_unreadable(
        file, size=size, max_bytes=institution.settings.incoming.max_bytes,
        message_uuid=message_uuid,
    )  # fmt: skip
    file.seek(0)
    store = institution.store
    stored = store.put_open(f"incoming-{now():%Y-%m}", file)
    try:
        store.make_durable([stored.path])
        with institution.transaction() as session:
            return _write_down(
                session, institution, stored, message_uuid, channel, media_type, why
            ).id
    except IntegrityError:
        store.delete([stored.path])
        if known(institution, [message_uuid]):
            return None
        raise
    except BaseException:
        store.delete([stored.path])
        raise


def known(institution: Institution, message_uuids: Iterable[str]) -> set[str]:
    """Which of these messages are stored already."""
    with institution.reading() as session:
        asked = IncomingMessage.message_uuid.in_([one.lower() for one in message_uuids])
        return set(session.scalars(select(IncomingMessage.message_uuid).where(asked)))


def _write_down(
    session: Session,
    institution: Institution,
    stored: StoredObject,
    message_uuid: str,
    channel: ChannelName,
    media_type: str,
    why: Sentence | None,
) -> IncomingMessage:
    at = now()
    key = make_data_key(session)
    session.flush()
    document = add_document(
        session,
        stored,
        kind=DocumentKind.INCOMING,
        media_type=media_type,
        unit_id=mail_room(session, institution.settings.incoming),
        key_id=key.id,
    )
    session.flush()
    message = IncomingMessage(
        channel=channel,
        message_uuid=message_uuid,
        status=IncomingStatus.STORED,
        document_id=document.id,
        stored_at=at,
        due_at=at,
    )
    session.add(message)
    session.flush()
    data = {"channel": channel.value, "message_uuid": message_uuid, "bytes": stored.size}
    events.record(session, SYSTEM, EventKind.INCOMING_STORED, message, data=data)
    if why is not None:
        mark_unreadable(session, message, why)
    return message


def mark_unreadable(session: Session, message: IncomingMessage, why: Sentence) -> None:
    """Leave the message to a person: nothing more is done about it, and nothing acknowledged."""
    message.status = IncomingStatus.UNREADABLE
    message.problem = why.as_json()
    message.due_at = message.lease_owner = message.lease_until = None
    events.record(session, SYSTEM, EventKind.INCOMING_UNREADABLE, message)
