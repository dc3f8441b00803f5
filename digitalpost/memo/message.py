"""A MeMo message as values: header, parties, threads. Source: protocols/memo.md.

Fields carry MeMo's own names in Python's spelling, in the order that the schema demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digitalpost.memo.documents import MessageBody
from digitalpost.memo.elements import at, many, maybe


class MessageType(StrEnum):
    """What kind of message it is."""

    DIGITAL_POST = "DIGITALPOST"
    NEM_SMS = "NEMSMS"


@dataclass(frozen=True, kw_only=True)
class AttentionPerson:
    """A person at the sender or recipient."""

    person_id: str | None = maybe("personID")
    label: str | None = maybe("label")


@dataclass(frozen=True, kw_only=True)
class ProductionUnit:
    """A place of work, by P-number."""

    production_unit_number: str = at("grd:productionUnitNumber")
    production_unit_name: str | None = maybe("grd:productionUnitName")


@dataclass(frozen=True, kw_only=True)
class EMail:
    """An e-mail address, and whose it is."""

    email_address: str = at("emailAddress")
    related_agent: str | None = maybe("relatedAgent")


@dataclass(frozen=True, kw_only=True)
class Telephone:
    """A telephone number, and whose it is."""

    telephone_number: str = at("telephoneNumber")
    related_agent: str | None = maybe("relatedAgent")


@dataclass(frozen=True, kw_only=True)
class ContentResponsible:
    """The office or case worker who answers for the content."""

    content_responsible_id: str | None = maybe("contentResponsibleID")
    label: str | None = maybe("label")


@dataclass(frozen=True, kw_only=True)
class GeneratingSystem:
    """The program that made the message."""

    generating_system_id: str = at("generatingSystemID")
    label: str | None = maybe("label")


@dataclass(frozen=True, kw_only=True)
class AttentionData:
    """Whom or what inside the sender or recipient it is about."""

    attention_person: AttentionPerson | None = maybe("AttentionPerson")
    production_unit: ProductionUnit | None = maybe("grd:ProductionUnit")
    email: EMail | None = maybe("EMail")
    telephone: Telephone | None = maybe("Telephone")
    content_responsible: ContentResponsible | None = maybe("ContentResponsible")
    generating_system: GeneratingSystem | None = maybe("GeneratingSystem")


@dataclass(frozen=True, kw_only=True)
class ContactInfo:
    """One thing that the contact point asks for."""

    label: str = at("label")
    value: str = at("value")


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    """Where answers are routed to."""

    contact_group: str | None = maybe("contactGroup")
    contact_point_id: str = at("contactPointID")
    label: str | None = maybe("label")
    contact_info: tuple[ContactInfo, ...] = many("ContactInfo")


@dataclass(frozen=True, kw_only=True)
class Representative:
    """Who sends on behalf of the sender. Not in MeMo 1.1."""

    representative_id: str | None = maybe("representativeID")
    id_type: str | None = maybe("idType")
    id_type_label: str | None = maybe("idTypeLabel")
    label: str | None = maybe("label")


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends it."""

    sender_id: str = at("senderID")
    id_type: str = at("idType")
    id_type_label: str | None = maybe("idTypeLabel")
    label: str = at("label")
    attention_data: AttentionData | None = maybe("AttentionData")
    contact_point: ContactPoint | None = maybe("ContactPoint")
    representative: Representative | None = maybe("Representative", since="1.2")


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets it."""

    recipient_id: str = at("recipientID")
    id_type: str = at("idType")
    id_type_label: str | None = maybe("idTypeLabel")
    label: str | None = maybe("label")
    attention_data: AttentionData | None = maybe("AttentionData")
    contact_point: ContactPoint | None = maybe("ContactPoint")


@dataclass(frozen=True, kw_only=True)
class CaseID:
    """The sender's case."""

    case_id: str = at("caseID")
    case_system: str = at("caseSystem")


@dataclass(frozen=True, kw_only=True)
class AdditionalContentData:
    """One more thing about the content."""

    content_data_type: str | None = maybe("contentDataType")
    content_data_name: str = at("contentDataName")
    content_data_value: str = at("contentDataValue")


@dataclass(frozen=True, kw_only=True)
class ContentData:
    """What the message is about."""

    case_id: CaseID | None = maybe("CaseID")
    production_unit: ProductionUnit | None = maybe("grd:ProductionUnit")
    additional_content_data: tuple[AdditionalContentData, ...] = many("AdditionalContentData")


@dataclass(frozen=True, kw_only=True)
class ForwardData:
    """The message that was sent on."""

    message_uuid: str = at("messageUUID")
    original_message_date_time: datetime = at("originalMessageDateTime")
    original_sender: str = at("originalSender")
    original_content_responsible: str | None = maybe("originalContentResponsible")
    original_representative: str | None = maybe("originalRepresentative", since="1.2")
    contact_point_id: str | None = maybe("contactPointID")
    comment: str | None = maybe("comment")


@dataclass(frozen=True, kw_only=True)
class AdditionalReplyData:
    """What the sender wants back with an answer."""

    label: str = at("label")
    value: str = at("value")


@dataclass(frozen=True, kw_only=True)
class ReplyData:
    """Ties an answer to the message that it answers."""

    message_id: str | None = maybe("messageID")
    message_uuid: str = at("messageUUID")
    reply_uuid: str | None = maybe("replyUUID")
    sender_id: str | None = maybe("senderID")
    recipient_id: str | None = maybe("recipientID")
    case_id: str | None = maybe("caseID")
    contact_point_id: str | None = maybe("contactPointID")
    generating_system_id: str | None = maybe("generatingSystemID")
    comment: str | None = maybe("comment")
    additional_reply_data: tuple[AdditionalReplyData, ...] = many("AdditionalReplyData")


@dataclass(frozen=True, kw_only=True)
class MessageHeader:
    """Everything but the documents."""

    message_type: MessageType = at("messageType")
    message_uuid: str = at("messageUUID")  # version 4, made once, never reused
    message_id: str | None = maybe("messageID")
    message_code: str | None = maybe("messageCode")
    label: str = at("label")  # the title in the mailbox
    notification: str | None = maybe("notification")
    additional_notification: str | None = maybe("additionalNotification")
    reply: bool | None = maybe("reply")
    reply_by_date_time: datetime | None = maybe("replyByDateTime")
    do_not_deliver_until_date: date | None = maybe("doNotDeliverUntilDate")
    mandatory: bool = at("mandatory", default=False)
    legal_notification: bool = at("legalNotification", default=False)
    post_type: str | None = maybe("postType")
    sender: Sender = at("Sender")
    recipient: Recipient = at("Recipient")
    content_data: ContentData | None = maybe("ContentData")
    forward_data: ForwardData | None = maybe("ForwardData")
    reply_data: tuple[ReplyData, ...] = many("ReplyData")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message. A NemSMS has no body."""

    header: MessageHeader = at("MessageHeader")
    body: MessageBody | None = maybe("MessageBody")
