"""Messages as a client of Digital Post would send them, and the receipts it would fetch."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import httpx

PDF = b"%PDF-1.7 et brev"


def make_memo(
    message_uuid: str, *, recipient: str = "0102031234", header: str = "", version: str = "1.2"
) -> bytes:
    kind = "CPR" if len(recipient) == 10 else "CVR"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<memo:Message xmlns:memo="https://DigitalPost.dk/MeMo-1" memoVersion="{version}">
  <memo:MessageHeader>
    <memo:messageType>DIGITALPOST</memo:messageType>
    <memo:messageUUID>{message_uuid}</memo:messageUUID>
    <memo:messageID>BREV-1</memo:messageID>
    <memo:label>Svar på ansøgning</memo:label>{header}
    <memo:Sender><memo:senderID>99000015</memo:senderID><memo:idType>CVR</memo:idType>
      <memo:label>Øvelsesskolen</memo:label></memo:Sender>
    <memo:Recipient><memo:recipientID>{recipient}</memo:recipientID>
      <memo:idType>{kind}</memo:idType></memo:Recipient>
  </memo:MessageHeader>
  <memo:MessageBody>
    <memo:createdDateTime>2026-11-23T09:15:00Z</memo:createdDateTime>
    <memo:MainDocument><memo:File><memo:encodingFormat>application/pdf</memo:encodingFormat>
      <memo:filename>brev.pdf</memo:filename><memo:language>da</memo:language>
      <memo:content>{base64.b64encode(PDF).decode()}</memo:content></memo:File></memo:MainDocument>
  </memo:MessageBody>
</memo:Message>""".encode()


def send(client: httpx.Client, message_uuid: str, body: bytes | None = None) -> httpx.Response:
    return client.post(
        "/memos/",
        params={"memo-message-uuid": message_uuid},
        content=body if body is not None else make_memo(message_uuid),
        headers={"Content-Type": "application/xml"},
    )


def receipts(client: httpx.Client) -> list[dict[str, Any]]:
    return list(client.get("/receipts-bulk/").json()["receipts"])


def new_uuid() -> str:
    return str(uuid.uuid4())
