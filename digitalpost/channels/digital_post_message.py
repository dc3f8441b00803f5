"""A letter as a MeMo message: what `digital_post` sends (protocols/memo.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from digitalpost.channels.base import MemoSender, Outgoing
from digitalpost.danish_time import end_of
from digitalpost.db import now
from digitalpost.memo.documents import (
    Action,
    ActionCode,
    EntryPoint,
    File,
    MainDocument,
    MessageBody,
)
from digitalpost.memo.message import (
    AttentionData,
    AttentionPerson,
    CaseID,
    ContactPoint,
    ContentData,
    EMail,
    GeneratingSystem,
    Message,
    MessageHeader,
    MessageType,
    ProductionUnit,
    Recipient,
    ReplyData,
    Sender,
)
from digitalpost.memo.rules import LONGEST_TEXT, safe_filename

SYSTEM = "DigitalPost"


def make_message(settings: MemoSender, outgoing: Outgoing) -> Message:
    """A letter as a MeMo message, see "How our features are expressed" in protocols/memo.md."""
    contact_point = None
    if settings.contact_point_id:
        contact_point = ContactPoint(contact_point_id=settings.contact_point_id)
    header = MessageHeader(
        message_type=MessageType.DIGITAL_POST,
        message_uuid=outgoing.message_id,
        label=outgoing.title[:LONGEST_TEXT],
        reply=outgoing.reply or None,
        reply_by_date_time=_last_second(outgoing.reply_by) if outgoing.reply else None,
        sender=Sender(
            sender_id=settings.sender_cvr,
            id_type="CVR",
            label=settings.sender_name[:LONGEST_TEXT],
            attention_data=AttentionData(
                generating_system=GeneratingSystem(generating_system_id=SYSTEM)
            ),
            contact_point=contact_point,
        ),
        recipient=Recipient(
            recipient_id=outgoing.recipient.number,
            id_type=outgoing.recipient.kind.value.upper(),
            label=outgoing.name[:LONGEST_TEXT] or None,
            attention_data=_attention(outgoing.attention_to),
        ),
        content_data=_case(outgoing.case_number),
        reply_data=_answers(outgoing),
    )
    file = File(
        encoding_format="application/pdf",
        filename=f"{safe_filename(outgoing.title[:100]).strip() or 'brev'}.pdf",
        language="da",
        content=outgoing.content,
    )
    return Message(
        header=header,
        body=MessageBody(
            created_date_time=now(),
            main_document=MainDocument(
                label=outgoing.title[:LONGEST_TEXT],
                files=(file,),
                actions=_to_sign(settings, outgoing),
            ),
        ),
    )


def _attention(to: Mapping[str, str]) -> AttentionData | None:
    """Whom at a company: a production unit by its P-number, or a case worker by e-mail."""
    p_number, email = to.get("p_number"), to.get("email")
    if not p_number and not email:
        return None
    unit = ProductionUnit(
        production_unit_number=p_number or "", production_unit_name=to.get("p_name") or None
    )
    return AttentionData(
        attention_person=AttentionPerson(label=email) if email else None,
        production_unit=unit if p_number else None,
        email=EMail(email_address=email) if email else None,
    )


def _case(number: str) -> ContentData | None:
    return ContentData(case_id=CaseID(case_id=number, case_system=SYSTEM)) if number else None


def _answers(outgoing: Outgoing) -> tuple[ReplyData, ...]:
    """What ties the letter to the message that it answers; our case is repeated in their answer."""
    if outgoing.answers is None:
        return ()
    return (
        ReplyData(
            message_uuid=outgoing.answers.message_uuid,
            reply_uuid=outgoing.answers.reply_uuid or None,
            case_id=outgoing.case_number or None,
        ),
    )


def _to_sign(settings: MemoSender, outgoing: Outgoing) -> tuple[Action, ...]:
    """What asks the recipient to sign, at a page of ours."""
    if not outgoing.sign_token or not settings.signing_url:
        return ()
    page = EntryPoint(url=f"{settings.signing_url}/sign/{outgoing.sign_token}")
    until = _last_second(outgoing.sign_by)
    code = ActionCode.UNDERSKRIV.value
    label = "Underskriv brevet"
    return (Action(label=label, action_code=code, end_date_time=until, entry_point=page),)


def _last_second(day: date | None) -> datetime | None:
    """The last second of the last day to answer or sign, in Denmark."""
    return None if day is None else end_of(day) - timedelta(seconds=1)
