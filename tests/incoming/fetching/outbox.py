"""Puts mail for the school into the sandbox, and tells what the school did with it."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.incoming.store import store_message
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, FetchState, IncomingMessage
from tests.sandbox_server import RunningSandbox

PDF = b"%PDF-1.7 et brev"


def make_memo(
    message_uuid: str,
    *,
    label: str = "Spørgsmål om optagelse",
    content: bytes = PDF,
    filename: str = "brev.pdf",
    inside: str | None = None,
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>',
    sender: str = "0102031234",
) -> bytes:
    """A message to the school. ``inside`` takes the place of the base64 of ``content``."""
    kind = "CPR" if len(sender) == 10 else "CVR"
    encoded = base64.b64encode(content).decode() if inside is None else inside
    return f"""{declaration}
<memo:Message xmlns:memo="https://DigitalPost.dk/MeMo-1" memoVersion="1.2">
  <memo:MessageHeader>
    <memo:messageType>DIGITALPOST</memo:messageType>
    <memo:messageUUID>{message_uuid}</memo:messageUUID>
    <memo:label>{label}</memo:label>
    <memo:mandatory>false</memo:mandatory>
    <memo:legalNotification>false</memo:legalNotification>
    <memo:Sender><memo:senderID>{sender}</memo:senderID><memo:idType>{kind}</memo:idType>
      <memo:label>Anna Eksempel</memo:label></memo:Sender>
    <memo:Recipient><memo:recipientID>99000015</memo:recipientID>
      <memo:idType>CVR</memo:idType></memo:Recipient>
  </memo:MessageHeader>
  <memo:MessageBody>
    <memo:createdDateTime>2026-11-23T09:15:00Z</memo:createdDateTime>
    <memo:MainDocument><memo:File><memo:encodingFormat>application/pdf</memo:encodingFormat>
      <memo:filename>{filename}</memo:filename><memo:language>da</memo:language>
      <memo:content>{encoded}</memo:content></memo:File></memo:MainDocument>
  </memo:MessageBody>
</memo:Message>""".encode()


def new_uuid() -> str:
    return str(uuid.uuid4())


class SchoolPost:
    """The outbox of a running sandbox."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox

    def put(self, body: bytes | None = None, **how: Any) -> str:
        """Let a message wait for the school; its id. ``body`` may be anything at all."""
        message_uuid = new_uuid()
        xml = make_memo(message_uuid, **how) if body is None else body
        self.put_as(message_uuid, xml)
        return message_uuid

    def put_as(self, message_uuid: str, xml: bytes) -> None:
        query = {"message-uuid": message_uuid}
        self.sandbox.api("POST", "/api/outbox", params=query, content=xml)

    def rows(self) -> list[dict[str, Any]]:
        """What the sandbox knows of each message, oldest first."""
        return list(self.sandbox.api("GET", "/api/outbox").json())

    def row(self, message_uuid: str) -> dict[str, Any]:
        return next(one for one in self.rows() if one["message_uuid"] == message_uuid)

    def waiting(self) -> list[str]:
        """The ids on the list, where only a removal takes them off it."""
        return [one["message_uuid"] for one in self.rows() if one["deleted_at"] is None]

    def fault(self, kind: str, part: str, **how: Any) -> None:
        """``part`` is receive (list and download) or acknowledge (receipt and removal)."""
        self.sandbox.fault(kind, target=f"digital_post.{part}", **how)


def make_unreadable(institution: Institution, raw: bytes = b"<nothing/>") -> int:
    """A stored message that nobody can read; its id."""
    stored = store_message(institution, raw, new_uuid(), ChannelName.DIGITAL_POST)
    assert stored is not None
    return stored


def make_due(institution: Institution) -> None:
    """Let the next fetch be due, as if whoever fetched had died long ago."""
    with institution.transaction() as session:
        session.execute(sa.update(FetchState).values(due_at=now(), lease_until=None))


def messages(institution: Institution) -> list[IncomingMessage]:
    """What the school has stored, in the order that it did."""
    with institution.reading() as session:
        found = list(session.scalars(sa.select(IncomingMessage).order_by(IncomingMessage.id)))
        session.expunge_all()
        return found
