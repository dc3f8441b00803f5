"""Mail that can't be read, in an administrator's hands: look at it, try again, or turn it down."""

from __future__ import annotations

from sqlalchemy import Select, select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.letters import Download
from digitalpost.db import Session, lock, now
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.incoming.when import ask_to_fetch
from digitalpost.models import ChannelName, Document, IncomingMessage, IncomingStatus


def unreadable_messages() -> Select[IncomingMessage]:
    """Those that wait for somebody to decide."""
    return select(IncomingMessage).where(IncomingMessage.status == IncomingStatus.UNREADABLE)


def try_again(session: Session, actor: Actor, message: IncomingMessage) -> None:
    """File the message once more, as after a new version of the program.

    The channel is told nothing until that has come off. Raises `Refused` when it is settled.
    """
    _hold(session, actor, message)
    message.status = IncomingStatus.STORED
    message.due_at = now()
    message.tries = 1
    message.lease_owner = message.lease_until = None
    events.record(session, actor, EventKind.INCOMING_TRIED_AGAIN, message)


def turn_down(session: Session, actor: Actor, message: IncomingMessage) -> None:
    """Let the channel know that the message can't be read (``INVALID``); the sender is told then.

    Raises `Refused` when it is settled, or when the channel has our receipt for it already.
    """
    _hold(session, actor, message)
    if message.told_at is not None:
        raise Refused(
            "Digital Post har allerede fået at vide, at meddelelsen er modtaget. Den kan ikke "
            "afvises mere. Bed afsenderen om at sende den igen."
        )
    message.status = IncomingStatus.REFUSED
    events.record(session, actor, EventKind.INCOMING_REFUSED, message)
    ask_to_fetch(session, message.channel)


def note_raw_taken(session: Session, actor: Actor, message: IncomingMessage) -> None:
    """Write that the actor takes the raw file away; every time. Call it before `read_raw`."""
    _document(session, actor, message)
    events.record(session, actor, EventKind.FILE_DOWNLOADED, message)


def read_raw(session: Session, actor: Actor, message: IncomingMessage) -> Download:
    """The message as it came. Outside any transaction that writes. Raises `Damaged`."""
    document = _document(session, actor, message)
    name = f"meddelelse-{message.message_uuid}.xml"
    return Download(name, read_document(session, document), "application/octet-stream")


def fetch_now(session: Session, actor: Actor) -> None:
    """Have mail fetched by the next worker that is free."""
    require(actor, "incoming.manage")
    ask_to_fetch(session, ChannelName.DIGITAL_POST)


def _hold(session: Session, actor: Actor, message: IncomingMessage) -> None:
    require(actor, "incoming.manage")
    lock(session, message)
    if message.status is not IncomingStatus.UNREADABLE:
        raise Refused("Der er allerede taget stilling til den meddelelse.")


def _document(session: Session, actor: Actor, message: IncomingMessage) -> Document:
    """The raw bytes' row. Raises `Refused` when it is of a unit that the actor does not have."""
    require(actor, "incoming.manage")
    document = session.scalars(
        select(Document).where(Document.id == message.document_id)
    ).one_or_none()
    if document is None:
        raise Refused("Filen hører til en afdeling, du ikke har adgang til.")
    return document
