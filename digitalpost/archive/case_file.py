"""A case as its page shows it: letters, documents, and the log line that says who read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.letters import READ_AGAIN
from digitalpost.db import Session, now
from digitalpost.events import EventKind
from digitalpost.models import (
    INCOMING_STATUSES,
    Case,
    Delivery,
    Document,
    Event,
    IncomingFile,
    Letter,
)
from digitalpost.paging import Page, page
from digitalpost.signing.tasks import tasks_of_letters

PAGE_SIZE = 30


@dataclass(frozen=True)
class FiledDocument:
    """One document of a case, the letter it belongs to, and for a signed one by which task.

    ``file`` is what a letter that came says of it.
    """

    document: Document
    letter_id: int
    task_id: int | None = None
    file: IncomingFile | None = None


@dataclass(frozen=True)
class OpenedCase:
    """The case with a page of its letters, newest first, and their documents."""

    case: Case
    letters: Page[Letter]
    documents: Sequence[FiledDocument]


def note_case_read(session: Session, actor: Actor, case: Case) -> None:
    """Write that the actor has seen the case; once in `READ_AGAIN` for each actor."""
    require(actor, "case.read", case)
    lately = session.scalar(
        select(Event.id)
        .where(
            Event.case_id == case.id,
            Event.kind == EventKind.CASE_READ.value,
            Event.actor_id == actor.user_id,
            Event.at > now() - READ_AGAIN,
        )
        .limit(1)
    )
    if lately is None:
        events.record(session, actor, EventKind.CASE_READ, case)


def open_case(
    session: Session,
    actor: Actor,
    case: Case,
    *,
    after: str | None = None,
    before: str | None = None,
) -> OpenedCase:
    """What the case's page shows, read only: call `note_case_read` in a transaction first."""
    require(actor, "case.read", case)
    letters: Page[Letter] = page(
        session,
        select(Letter).where(Letter.case_id == case.id).options(selectinload(Letter.document)),
        order=[(Letter.id, True)],
        after=after,
        before=before,
        size=PAGE_SIZE,
    )
    return OpenedCase(case, letters, _documents(session, letters.items))


def _documents(session: Session, letters: Sequence[Letter]) -> list[FiledDocument]:
    """Main document, signed ones, receipts, and the files of what came, in the letters' order."""
    tasks = tasks_of_letters(session, [letter.id for letter in letters])
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.letter_id.in_([letter.id for letter in letters]))
        .order_by(Delivery.id)
        .options(selectinload(Delivery.receipt))
    ).all()
    files = session.scalars(
        select(IncomingFile)
        .where(IncomingFile.letter_id.in_([letter.id for letter in letters]))
        .order_by(IncomingFile.position)
        .options(selectinload(IncomingFile.document))
    ).all()
    found: list[FiledDocument] = []
    for letter in letters:
        found += [
            FiledDocument(file.document, letter.id, file=file)
            for file in files
            if file.letter_id == letter.id
        ]
        if letter.document is not None and letter.status not in INCOMING_STATUSES:
            found.append(FiledDocument(letter.document, letter.id))
        found += [
            FiledDocument(task.document, letter.id, task.id)
            for task in tasks
            if task.letter_id == letter.id and task.document is not None
        ]
        found += [
            FiledDocument(delivery.receipt, letter.id)
            for delivery in deliveries
            if delivery.letter_id == letter.id and delivery.receipt is not None
        ]
    return found
