"""What a message that came says, in our words; or why it can't be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digitalpost.danish_time import today
from digitalpost.db import now
from digitalpost.errors import Sentence
from digitalpost.identifiers import Identifier, IdentifierKind, InvalidIdentifier, parse
from digitalpost.memo.documents import File
from digitalpost.memo.message import AttentionData, Message, MessageHeader, ReplyData
from digitalpost.memo.read import MOST_FILES, TooManyFiles, UnreadableMemo, read_memo
from digitalpost.models import FileRole
from digitalpost.wording import safe_file_name, without_cpr

_TITLE, _TEXT, _UUID = 200, 256, 64  # what the columns hold
_NO_TITLE = "Uden emne"


class Unreadable(Exception):  # noqa: N818 - what it is
    """No letter can be made of the message. The sentence says why, to an administrator."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence.text)


@dataclass(frozen=True)
class Answers:
    """What one ReplyData says that the message answers; empty where it says nothing."""

    message_uuid: str
    reply_uuid: str
    case_id: str


@dataclass(frozen=True)
class UnpackedFile:
    """One file of a message, lying in the folder that it was unpacked into."""

    role: FileRole
    label: str
    file_name: str
    claimed_type: str  # what the sender says that it is: never believed by itself
    path: Path


@dataclass(frozen=True)
class Unpacked:
    """A message in our words. Texts that stand in clear later hold no CPR number."""

    message_uuid: str
    title: str
    sender: Identifier
    sender_name: str = field(repr=False)
    sent_at: datetime
    files: Sequence[UnpackedFile]
    contact_person: str = ""
    p_number: str = ""
    attention: str = ""
    contact_point_id: str = ""
    contact_point: str = ""
    can_be_answered: bool = False
    reply_by: datetime | None = None
    answers: Sequence[Answers] = ()


def unpack(raw: Path, folder: Path) -> Unpacked:
    """Read the message in ``raw``; its files go into ``folder``, which the caller removes.

    Raises `Unreadable`.
    """
    try:
        with raw.open("rb") as file:
            message = read_memo(file, folder=folder)
    except TooManyFiles as error:
        raise Unreadable(
            Sentence(
                "Der er mere end %(most)s filer i meddelelsen. Den er ikke lagt på en sag. "
                "Bed afsenderen om at sende den igen med færre filer.",
                {"most": MOST_FILES},
            )
        ) from error
    except UnreadableMemo as error:
        text = Sentence(
            "Meddelelsen følger ikke formatet for Digital Post (%(what)s).", {"what": str(error)}
        )
        raise Unreadable(text) from error
    if message.body is None:
        raise Unreadable(
            Sentence("Meddelelsen har intet brev i sig. Det er en SMS eller en tom meddelelse.")
        )
    files = tuple(_files(message))
    if not any(file.role is FileRole.MAIN for file in files):
        raise Unreadable(
            Sentence("Meddelelsen har intet brev i sig. Der er ingen fil i hoveddokumentet.")
        )
    return _unpacked(message, message.body.created_date_time, files)


def _unpacked(message: Message, sent_at: datetime, files: Sequence[UnpackedFile]) -> Unpacked:
    header = message.header
    theirs, ours = header.sender.attention_data, header.recipient.attention_data
    unit = theirs.production_unit if theirs else None
    point = header.recipient.contact_point
    return Unpacked(
        message_uuid=header.message_uuid.lower(),
        title=without_cpr(header.label)[:_TITLE] or _NO_TITLE,
        sender=_sender(header),
        sender_name=_plain(header.sender.label)[:_TITLE],
        sent_at=min(sent_at, now()),
        files=files,
        contact_person=_person(theirs),
        p_number=_plain(unit.production_unit_number)[:10] if unit else "",
        attention=_person(ours),
        contact_point_id=_plain(point.contact_point_id) if point else "",
        contact_point=_plain(point.label) if point else "",
        can_be_answered=bool(header.reply),
        reply_by=header.reply_by_date_time,
        answers=tuple(map(_answers, header.reply_data)),
    )


def _sender(header: MessageHeader) -> Identifier:
    kind = header.sender.id_type.strip().lower()
    if kind not in set(IdentifierKind):
        raise Unreadable(Sentence("Afsenderen har hverken CPR- eller CVR-nummer i meddelelsen."))
    try:
        found = parse(header.sender.sender_id, today=today())
    except InvalidIdentifier as error:
        raise Unreadable(
            Sentence("Afsenderens nummer i meddelelsen er ikke et gyldigt nummer.")
        ) from error
    if found.kind.value != kind:
        raise Unreadable(Sentence("Afsenderens nummer i meddelelsen er ikke et gyldigt nummer."))
    return found


def _person(attention: AttentionData | None) -> str:
    """Whom a message names at one end of it: a person, else who answers for it, else an address."""
    if attention is None:
        return ""
    for said in (
        attention.attention_person and attention.attention_person.label,
        attention.content_responsible and attention.content_responsible.label,
        attention.email and attention.email.email_address,
    ):
        if said and _plain(said):
            return _plain(said)
    return ""


def _answers(said: ReplyData) -> Answers:
    return Answers(
        said.message_uuid.lower()[:_UUID],
        (said.reply_uuid or "").lower()[:_UUID],
        (said.case_id or "")[:_TEXT],
    )


def _files(message: Message) -> Iterator[UnpackedFile]:
    """The files in the order of the message: the letter, what is attached, data."""
    assert message.body is not None
    body = message.body
    documents: list[tuple[FileRole, str | None, Sequence[File]]] = [
        (FileRole.MAIN, body.main_document.label, body.main_document.files)
    ]
    documents += [(FileRole.ATTACHMENT, one.label, one.files) for one in body.additional_documents]
    documents += [(FileRole.TECHNICAL, one.label, one.files) for one in body.technical_documents]
    for role, label, files in documents:
        for file in files:
            assert file.path is not None
            name = safe_file_name(file.filename)
            yield UnpackedFile(role, _plain(label), name, file.encoding_format.lower(), file.path)


def _plain(text: str | None) -> str:
    return without_cpr(text or "")[:_TEXT]
