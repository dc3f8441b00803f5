"""Taking a source file away again as it came, numbers and all: for whoever may mend the mailing."""

from __future__ import annotations

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.letters import Download
from digitalpost.conversion.kinds import kind_of_media
from digitalpost.db import Session
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import MailingSource


def note_file_taken(session: Session, actor: Actor, source: MailingSource) -> None:
    """Write that the actor takes the file away; every time. Call it before `read_file`.

    Raises `Refused` while the file has not been scanned and looked over.
    """
    require(actor, "mailing.change", source)
    if not source.pages:
        raise Refused("Filen er ikke undersøgt og kan ikke hentes herfra.")
    events.record(
        session,
        actor,
        EventKind.FILE_DOWNLOADED,
        source.mailing,
        data={"file": source.position},
    )


def read_file(session: Session, actor: Actor, source: MailingSource) -> Download:
    """The bytes as they came, under a name that says nothing about a person.

    Outside any transaction that writes: the store may be far away. Raises `Damaged`.
    """
    require(actor, "mailing.change", source)
    document = source.as_it_came
    ending = kind_of_media(document.media_type).value
    name = f"forsendelse-{source.mailing_id}-fil-{source.position}.{ending}"
    return Download(name, read_document(session, document), document.media_type)
