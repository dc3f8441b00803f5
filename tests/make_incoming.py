"""Makes incoming letters for tests straight in the rows and the store, without a channel."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import pymupdf
from sqlalchemy import select

from digitalpost.access import SYSTEM
from digitalpost.db import Session, now
from digitalpost.documents import PDF, add_document
from digitalpost.identifiers import parse
from digitalpost.incoming.facts import keep_text
from digitalpost.incoming.move import file_under
from digitalpost.incoming.words import index_words
from digitalpost.institution import Institution
from digitalpost.keys import make_data_key
from digitalpost.models import (
    Case,
    CaseType,
    ChannelName,
    DocumentKind,
    FileRole,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    IncomingStatus,
    Letter,
    LetterStatus,
)
from digitalpost.registers.recipients import find_or_make_recipients
from tests.make import make_unit

_numbers = count(1)


@cache
def pdf_saying(text: str) -> bytes:
    """A PDF of one page that says ``text``."""
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_textbox((72, 72, 520, 760), text)
        content: bytes = document.tobytes()
        return content


def make_incoming(
    institution: Institution,
    *,
    unit_id: int | None = None,
    title: str = "Spørgsmål om optagelse",
    sender: str = "",
    sender_name: str = "Anna J. Nielsen",
    text: str = "Hej. Hvornår får jeg svar? Venlig hilsen Anna",
    status: LetterStatus = LetterStatus.NEW,
    owner_id: int | None = None,
    due_at: datetime | None = None,
    age_days: float = 0,
    answers_id: int | None = None,
    files: Sequence[tuple[str, str, bytes]] = (),
    case_type: str = "Korrespondance",
    **about: Any,
) -> int:
    """A letter that came in, was filed and is not routed unless ``status`` says so; its id.

    ``sender`` is a CPR or CVR number (an invented CPR unless given), ``files`` are attachments as
    (file name, media type, bytes), ``about`` columns of its `IncomingLetter`.
    """
    unit_id = unit_id or make_unit(institution)
    arrived_at = now() - timedelta(days=age_days)
    with institution.transaction() as session:
        identifier = parse(sender or f"020202{4000 + next(_numbers):04d}")
        who = find_or_make_recipients(
            session, SYSTEM, [identifier], unit_id=unit_id, names={identifier: sender_name}
        )[identifier]
        session.flush()
        letter = Letter(
            unit_id=unit_id,
            title=title,
            status=status,
            recipient=who,
            recipient_name=who.display_name,
            owner_id=owner_id,
            due_at=due_at,
            answers_id=answers_id,
            page_count=1,
            created_at=arrived_at,
        )
        contents = [("brev.pdf", PDF, pdf_saying(text)), *files]
        documents = _store(institution, session, unit_id, contents)
        letter.document = documents[0]
        raw = f"<Message><!-- {next(_numbers)} -->{text}</Message>".encode()
        (message_document,) = _store(
            institution, session, unit_id, [("memo.xml", "application/xml", raw)]
        )
        session.add(letter)
        session.flush()
        message = IncomingMessage(
            channel=ChannelName.DIGITAL_POST,
            message_uuid=str(uuid.uuid4()),
            status=IncomingStatus.FILED,
            document_id=message_document.id,
            letter_id=letter.id,
            stored_at=arrived_at,
        )
        session.add(message)
        session.flush()
        session.add(
            IncomingLetter(
                **{
                    "unit_id": unit_id,
                    "letter_id": letter.id,
                    "message_id": message.id,
                    "message_uuid": message.message_uuid,
                    "sent_at": arrived_at,
                    "arrived_at": arrived_at,
                    "can_be_answered": True,
                    **about,
                }
            )
        )
        for position, document in enumerate(documents, start=1):
            name, media_type, _ = contents[position - 1]
            session.add(
                IncomingFile(
                    unit_id=unit_id,
                    letter_id=letter.id,
                    position=position,
                    role=FileRole.MAIN if position == 1 else FileRole.ATTACHMENT,
                    label=title if position == 1 else name,
                    file_name=name,
                    media_type=media_type,
                    document_id=document.id,
                )
            )
        session.flush()
        file_under(session, SYSTEM, [letter], _case_type(session, unit_id, case_type))
        keep_text(session, letter, session.get_one(Case, letter.case_id), text)
        index_words(session, letter, text)
        return letter.id


def _case_type(session: Session, unit_id: int, name: str) -> CaseType:
    found = session.scalars(
        select(CaseType).where(CaseType.unit_id == unit_id, CaseType.name == name)
    ).one_or_none()
    if found is None:
        found = CaseType(unit_id=unit_id, name=name)
        session.add(found)
        session.flush()
    return found


def _store(
    institution: Institution,
    session: Session,
    unit_id: int,
    contents: Sequence[tuple[str, str, bytes]],
) -> list[Any]:
    key = make_data_key(session)
    session.flush()
    folder = f"incoming-{next(_numbers)}"
    found = []
    for position, (_, media_type, content) in enumerate(contents):
        found.append(
            add_document(
                session,
                institution.store.put(folder, content),
                kind=DocumentKind.INCOMING if position == 0 else DocumentKind.ATTACHMENT,
                media_type=media_type,
                unit_id=unit_id,
                key_id=key.id,
                pages=1 if media_type == PDF else None,
            )
        )
    session.flush()
    return found


def letter_of(institution: Institution, letter_id: int) -> Letter:
    """The letter as it stands now."""
    with institution.reading() as session:
        return session.get_one(Letter, letter_id)
