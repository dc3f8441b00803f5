"""Messages as citizens and companies send them, and storing one as fetching does."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.documents import add_document
from digitalpost.institution import Institution
from digitalpost.keys import make_data_key
from digitalpost.models import (
    ChannelName,
    Document,
    DocumentKind,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    Letter,
)

CITIZEN, OTHER_CITIZEN, COMPANY = "0102031234", "0405062345", "99000023"
SCHOOL = "99000015"
TEXT = "Hej. Min søn er syg i dag. Venlig hilsen Birthe".encode()


@dataclass(frozen=True)
class AFile:
    """One file of a message."""

    content: bytes
    name: str = "brev.txt"
    kind: str = "text/plain"


LETTER = (AFile(TEXT),)


def new_uuid() -> str:
    return str(uuid.uuid4())


def make_xml(
    message_uuid: str,
    *,
    sender: str = CITIZEN,
    name: str = "Birthe Lund",
    title: str = "Sygdom",
    main: Sequence[AFile] = LETTER,
    attached: Sequence[AFile] = (),
    header: str = "",
    sender_attention: str = "",
    recipient_more: str = "",
    answers: str = "",
    case_id: str = "",
    id_type: str = "",
    version: str = "1.2",
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>',
) -> bytes:
    """A message to the school; ``answers`` is the message id in its ReplyData."""
    kind = id_type or ("CPR" if len(sender) == 10 else "CVR")
    reply = ""
    if answers or case_id:
        reply = f"<memo:ReplyData><memo:messageUUID>{answers}</memo:messageUUID>"
        reply += f"<memo:caseID>{case_id}</memo:caseID>" if case_id else ""
        reply += "</memo:ReplyData>"
    more = "".join(
        f"<memo:AdditionalDocument>{_file(one)}</memo:AdditionalDocument>" for one in attached
    )
    return f"""{declaration}
<memo:Message xmlns:memo="https://DigitalPost.dk/MeMo-1"
  xmlns:grd="https://data.gov.dk/model/core/" memoVersion="{version}">
  <memo:MessageHeader>
    <memo:messageType>DIGITALPOST</memo:messageType>
    <memo:messageUUID>{message_uuid}</memo:messageUUID>
    <memo:label>{escape(title)}</memo:label>{header}
    <memo:Sender><memo:senderID>{sender}</memo:senderID><memo:idType>{kind}</memo:idType>
      <memo:label>{escape(name)}</memo:label>{sender_attention}</memo:Sender>
    <memo:Recipient><memo:recipientID>{SCHOOL}</memo:recipientID>
      <memo:idType>CVR</memo:idType>{recipient_more}</memo:Recipient>{reply}
  </memo:MessageHeader>
  <memo:MessageBody>
    <memo:createdDateTime>2026-11-20T09:15:00Z</memo:createdDateTime>
    <memo:MainDocument>{"".join(map(_file, main))}</memo:MainDocument>{more}
  </memo:MessageBody>
</memo:Message>""".encode()


def _file(file: AFile) -> str:
    return (
        f"<memo:File><memo:encodingFormat>{file.kind}</memo:encodingFormat>"
        f"<memo:filename>{escape(file.name)}</memo:filename><memo:language>da</memo:language>"
        f"<memo:content>{base64.b64encode(file.content).decode()}</memo:content></memo:File>"
    )


def store_xml(
    institution: Institution, xml: bytes, *, unit_id: int, message_uuid: str | None = None
) -> int:
    """Keep a message as fetching does, for the unit that opens the mail; the row's id."""
    stored = institution.store.put("incoming", xml)
    start = xml.find(b"messageUUID>") + len(b"messageUUID>")
    with institution.transaction() as session:
        key = make_data_key(session)
        session.flush()
        document = add_document(
            session,
            stored,
            kind=DocumentKind.INCOMING,
            media_type="application/xml",
            unit_id=unit_id,
            key_id=key.id,
        )
        session.flush()
        row = IncomingMessage(
            channel=ChannelName.DIGITAL_POST,
            message_uuid=message_uuid or xml[start : start + 36].decode().lower(),
            document_id=document.id,
            stored_at=now(),
        )
        session.add(row)
        session.flush()
        return row.id


@dataclass(frozen=True)
class Filed:
    """A letter that came, as it stands in the rows."""

    letter: Letter
    incoming: IncomingLetter
    files: Sequence[IncomingFile]
    documents: Sequence[Document]


def read_filed(institution: Institution, letter_id: int) -> Filed:
    """Everything about one letter that came."""
    with institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        _ = letter.case and letter.case.case_type, letter.recipient
        incoming = session.scalars(
            sa.select(IncomingLetter).where(IncomingLetter.letter_id == letter_id)
        ).one()
        files = session.scalars(
            sa.select(IncomingFile)
            .where(IncomingFile.letter_id == letter_id)
            .order_by(IncomingFile.position)
        ).all()
        documents = [file.document for file in files]
        session.expunge_all()
        return Filed(letter, incoming, files, documents)
