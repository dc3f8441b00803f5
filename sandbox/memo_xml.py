"""Reading a MeMo message, strictly by protocols/memo.md: order, types, and the service's own rules.

Shares no code with the clients. What the page leaves open is passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from digitalpost.identifiers import birth_date, cvr_checks

NAMESPACE = "https://DigitalPost.dk/MeMo-1"
CORE = "https://data.gov.dk/model/core/"

# Elements of the header in the order of the page; the second word says whether it must be there.
_HEADER = (
    ("messageType", True),
    ("messageUUID", True),
    ("messageID", False),
    ("messageCode", False),
    ("label", True),
    ("notification", False),
    ("additionalNotification", False),
    ("reply", False),
    ("replyByDateTime", False),
    ("doNotDeliverUntilDate", False),
    ("mandatory", False),
    ("legalNotification", False),
    ("postType", False),
    ("Sender", True),
    ("Recipient", True),
    ("ContentData", False),
    ("ForwardData", False),
    ("ReplyData", False),
)
_TIMES = ("replyByDateTime", "createdDateTime", "startDateTime", "endDateTime")
_BAD_IN_NAMES = re.compile(r'[<>:"/\\|?*\r\n\u00a0\u2000-\u200a\u2028\u205f\u2060\u3000]')
LONGEST_NOTIFICATION = 150
MOST_ADDITIONAL = 10
FARTHEST_DAYS = 366  # "too late" exists, the limit itself is unknown: this one is ours


class InvalidMemo(ValueError):  # noqa: N818
    """The message is not what the page says. ``code`` is the service's; no number in the text."""

    def __init__(self, reason: str, *, code: str = "memo.invalid", where: str = "") -> None:
        super().__init__(reason)
        self.code, self.where = code, where


@dataclass(frozen=True)
class MemoFile:
    """One file of a document. ``kind``: main, additional or technical."""

    kind: str
    label: str
    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class ReceivedMemo:
    """What the stand-in keeps of a message."""

    message_uuid: str
    message_id: str
    version: str
    label: str
    notification: str
    sender: str
    recipient: str
    id_type: str  # CPR or CVR
    reply: bool
    reply_by: str
    not_before: str
    attention: dict[str, str]
    actions: list[dict[str, str]]
    replies_to: list[str]
    files: list[MemoFile]


def read_memo(body: bytes, *, today: date) -> ReceivedMemo:
    """Read and check one message. Raises `InvalidMemo` with the reason."""
    root = _parse(body)
    version = root.get("memoVersion", "")
    if root.tag != _memo("Message") or root.prefix != "memo":
        raise InvalidMemo("the root must be memo:Message, with that prefix")
    if version not in ("1.1", "1.2"):
        raise InvalidMemo("memoVersion must be 1.1 or 1.2", where="memoVersion")
    if (version == "1.1") != ("memoSchVersion" in root.attrib):
        raise InvalidMemo("memoSchVersion belongs to 1.1 and to that only", where="memoSchVersion")
    header = root.find(_memo("MessageHeader"))
    if header is None:
        raise InvalidMemo("MessageHeader is missing", where="MessageHeader")
    _check_order(header, version)
    _check_times(root)
    recipient = header.find(_memo("Recipient"))
    number, id_type = _party(recipient, "recipientID")
    sender, _ = _party(header.find(_memo("Sender")), "senderID")
    not_before = _said(header, "doNotDeliverUntilDate")
    _check_day(not_before, today)
    notification = _said(header, "notification")
    if len(notification) > LONGEST_NOTIFICATION:
        raise InvalidMemo("notification is too long", where="notification")
    files = list(_files(root))
    return ReceivedMemo(
        message_uuid=_uuid(_said(header, "messageUUID")),
        message_id=_said(header, "messageID"),
        version=version,
        label=_said(header, "label"),
        notification=notification,
        sender=sender,
        recipient=number,
        id_type=id_type,
        reply=_said(header, "reply") in ("true", "1"),
        reply_by=_said(header, "replyByDateTime"),
        not_before=not_before,
        attention=_attention(recipient),
        actions=list(_actions(root)),
        replies_to=[_said(one, "messageUUID") for one in header.findall(_memo("ReplyData"))],
        files=files,
    )


def _parse(body: bytes) -> etree._Element:
    if b"<!DOCTYPE" in body:
        raise InvalidMemo("a document type is not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidMemo("not XML") from error


def _check_order(header: etree._Element, version: str) -> None:
    found = [etree.QName(one).localname for one in header if isinstance(one.tag, str)]
    names = [name for name, _ in _HEADER]
    for name in found:
        if name not in names:
            raise InvalidMemo(f"{name} is unknown", where=name)
    if [names.index(name) for name in found] != sorted(names.index(name) for name in found):
        raise InvalidMemo("the elements of MessageHeader stand in another order")
    needed = {name for name, must in _HEADER if must}
    if version == "1.1":
        needed |= {"mandatory", "legalNotification"}
    for name in sorted(needed - set(found)):
        raise InvalidMemo(f"{name} is missing", where=name)
    for name in set(found) - {"ReplyData"}:
        if found.count(name) > 1:
            raise InvalidMemo(f"{name} stands twice", where=name)
    if not 1 <= len(_said(header, "label")) <= 256:
        raise InvalidMemo("label must have 1 to 256 characters", where="label")
    if _said(header, "messageType") not in ("DIGITALPOST", "NEMSMS"):
        raise InvalidMemo("messageType is unknown", where="messageType")


def _check_times(root: etree._Element) -> None:
    for node in root.iter(*(_memo(name) for name in _TIMES)):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", (node.text or "").strip()):
            name = etree.QName(node).localname
            raise InvalidMemo(f"{name} must end in Z", where=name)


def _check_day(text: str, today: date) -> None:
    if not text:
        return
    where = "doNotDeliverUntilDate"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidMemo("no date", where=where) from None
    if day < today:
        raise InvalidMemo("past", code="do.not.deliver.until.date.too.early", where=where)
    if (day - today).days > FARTHEST_DAYS:
        raise InvalidMemo("too far", code="do.not.deliver.until.date.too.late", where=where)


def _party(node: etree._Element | None, name: str) -> tuple[str, str]:
    if node is None:
        raise InvalidMemo(f"{name} is missing", where=name)
    number, id_type = _said(node, name), _said(node, "idType").upper()
    fits = {"CPR": lambda: birth_date(number) is not None, "CVR": lambda: cvr_checks(number)}
    if id_type not in fits or not fits[id_type]():
        raise InvalidMemo(f"{name} is no number of that kind", where=name)
    return number, id_type


def _files(root: etree._Element) -> Iterator[MemoFile]:
    body = root.find(_memo("MessageBody"))
    if body is None:
        raise InvalidMemo("MessageBody is missing", where="MessageBody")
    kinds = {"MainDocument": "main", "AdditionalDocument": "additional"}
    kinds["TechnicalDocument"] = "technical"
    documents = [one for one in body if etree.QName(one).localname in kinds]
    names = [etree.QName(one).localname for one in documents]
    if names.count("MainDocument") != 1:
        raise InvalidMemo("there must be one MainDocument", where="MainDocument")
    if names.count("AdditionalDocument") > MOST_ADDITIONAL:
        raise InvalidMemo("too many documents", where="AdditionalDocument")
    for document, name in zip(documents, names, strict=True):
        files = document.findall(_memo("File"))
        if not files:
            raise InvalidMemo("a document without a file", where=name)
        for file in files:
            yield _file(file, kinds[name], _said(document, "label"))


def _file(node: etree._Element, kind: str, label: str) -> MemoFile:
    filename = _said(node, "filename")
    if not filename or _BAD_IN_NAMES.search(filename):
        raise InvalidMemo("filename has characters that are not allowed", where="filename")
    try:
        content = base64.b64decode("".join(_said(node, "content").split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidMemo("content is not base64", where="content") from None
    if not content:
        raise InvalidMemo("an empty file", code="file.empty.not.allowed", where="content")
    return MemoFile(kind, label, filename, _said(node, "encodingFormat"), content)


def _actions(root: etree._Element) -> Iterator[dict[str, str]]:
    for node in root.iter(_memo("Action")):
        url = _said(node, "EntryPoint/url")
        if url and not url.startswith("https://"):
            raise InvalidMemo("url must be https", where="url")
        yield {
            "label": _said(node, "label"),
            "code": _said(node, "actionCode"),
            "url": url,
            "until": _said(node, "endDateTime"),
        }


def _attention(recipient: etree._Element | None) -> dict[str, str]:
    node = recipient.find(_memo("AttentionData")) if recipient is not None else None
    if node is None:
        return {}
    core = f"{{{CORE}}}"
    found = {
        "p_number": node.findtext(f"{core}ProductionUnit/{core}productionUnitNumber") or "",
        "person": _said(node, "AttentionPerson/label"),
        "email": _said(node, "EMail/emailAddress"),
    }
    return {name: value for name, value in found.items() if value}


def _uuid(text: str) -> str:
    try:
        fits = uuid.UUID(text).version == 4 and len(text) == 36
    except ValueError:
        fits = False
    if not fits:
        raise InvalidMemo("messageUUID must be a UUID of version 4", where="messageUUID")
    return text.lower()


def _said(node: etree._Element, path: str) -> str:
    return (node.findtext("/".join(_memo(one) for one in path.split("/"))) or "").strip()


def _memo(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
