"""Writes MeMo messages as citizens and companies send them, by protocols/memo.md.

Shares no code with the house's own writer. Element order is fixed by the page.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import escape

NAMESPACES = (
    'xmlns:memo="https://DigitalPost.dk/MeMo-1" xmlns:grd="https://data.gov.dk/model/core/"'
)


@dataclass(frozen=True)
class File:
    """One file as it is sent."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One message from a citizen or a company to the school."""

    message_uuid: str
    sender: str
    id_type: str  # CPR or CVR
    sender_name: str
    recipient: str  # the school's CVR number
    title: str
    sent_at: datetime
    main: Sequence[File]  # the same letter in one format or several
    attachments: Sequence[File] = ()
    contact_person: str = ""
    p_number: str = ""
    attention: str = ""
    contact_point: tuple[str, str] | None = None  # id and label
    reply_to: str = ""  # messageUUID of what it answers
    reply_case: str = ""
    version: str = "1.2"


def write_message(message: Message, *, declares: str = "UTF-8") -> bytes:
    """The message as XML. ``declares`` is the encoding that it says it has; it is UTF-8."""
    is_old = message.version == "1.1"
    old = ' memoSchVersion="1.1.0"' if is_old else ""
    sent = _time(message.sent_at)
    parts = [
        f'<?xml version="1.0" encoding="{declares}"?>\n',
        f'<memo:Message {NAMESPACES} memoVersion="{message.version}"{old}>',
        "<memo:MessageHeader>",
        _tag("messageType", "DIGITALPOST"),
        _tag("messageUUID", message.message_uuid),
        _tag("label", message.title),
        _tag("reply", "true"),
        (_tag("mandatory", "false") + _tag("legalNotification", "false")) if is_old else "",
        _sender(message),
        _recipient(message),
        _reply(message),
        "</memo:MessageHeader><memo:MessageBody>",
        _tag("createdDateTime", sent),
        f"<memo:MainDocument>{''.join(map(_file, message.main))}</memo:MainDocument>",
    ]
    parts += [
        f"<memo:AdditionalDocument>{_tag('label', one.name)}{_file(one)}</memo:AdditionalDocument>"
        for one in message.attachments
    ]
    parts.append("</memo:MessageBody></memo:Message>\n")
    return "".join(parts).encode()


def _sender(message: Message) -> str:
    attention = ""
    if message.contact_person:
        person = _tag("label", message.contact_person)
        attention += f"<memo:AttentionPerson>{person}</memo:AttentionPerson>"
    if message.p_number:
        attention += (
            "<grd:ProductionUnit><grd:productionUnitNumber>"
            f"{escape(message.p_number)}</grd:productionUnitNumber></grd:ProductionUnit>"
        )
    return (
        f"<memo:Sender>{_tag('senderID', message.sender)}{_tag('idType', message.id_type)}"
        f"{_tag('label', message.sender_name)}{_wrapped('AttentionData', attention)}</memo:Sender>"
    )


def _recipient(message: Message) -> str:
    person = _wrapped("AttentionPerson", _tag("label", message.attention))
    point = ""
    if message.contact_point is not None:
        number, label = message.contact_point
        point = _wrapped("ContactPoint", _tag("contactPointID", number) + _tag("label", label))
    return (
        f"<memo:Recipient>{_tag('recipientID', message.recipient)}{_tag('idType', 'CVR')}"
        f"{_wrapped('AttentionData', person)}{point}</memo:Recipient>"
    )


def _reply(message: Message) -> str:
    if not message.reply_to:
        return ""
    said = _tag("messageUUID", message.reply_to) + _tag("caseID", message.reply_case)
    return f"<memo:ReplyData>{said}</memo:ReplyData>"


def _file(file: File) -> str:
    return (
        f"<memo:File>{_tag('encodingFormat', file.media_type)}{_tag('filename', file.name)}"
        f"{_tag('language', 'da')}{_tag('content', b64encode(file.content).decode())}</memo:File>"
    )


def _tag(name: str, text: str) -> str:
    """An element with text; nothing when there is none."""
    return f"<memo:{name}>{escape(text)}</memo:{name}>" if text else ""


def _wrapped(name: str, inside: str) -> str:
    return f"<memo:{name}>{inside}</memo:{name}>" if inside else ""


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
