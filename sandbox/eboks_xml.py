"""Reading the body of an e-Boks dispatch, strictly by protocols/eboks-dispatch.md section 2."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from lxml import etree

from digitalpost.identifiers import birth_date, cvr_checks

NAMESPACE = "urn:eboks:en:3.0.0"

# The longest that any public client can store; the real limit is not known.
LONGEST_TITLE = 500


class NotADispatch(ValueError):  # noqa: N818
    """The request is not what the protocol page says. The text says why, never with the number."""


@dataclass(frozen=True)
class SentDispatch:
    """The content of one Dispatch element."""

    recipient: str
    recipient_type: str
    nationality: str
    content_type_id: str
    title: str
    content: bytes
    extension: str


def read_dispatch(body: bytes) -> SentDispatch:
    """Read and check one Dispatch document.

    Raises `NotADispatch` with the reason when anything differs from the protocol page.
    """
    root = _parse(body)
    if root.tag != f"{{{NAMESPACE}}}Dispatch":
        raise NotADispatch(f"the root must be Dispatch in the namespace {NAMESPACE}")
    recipient, content_type_id, title, content = _children(
        root, "DispatchRecipient", "ContentTypeId", "Title", "Content"
    )
    number, recipient_type, nationality = map(
        _text, _children(recipient, "Id", "Type", "Nationality")
    )
    data, extension = map(_text, _children(content, "Data", "FileExtension"))
    _check_recipient(number, recipient_type)
    if nationality != "DK":
        raise NotADispatch("Nationality must be DK")
    if not re.fullmatch(r"[0-9]{1,18}", _text(content_type_id)):
        raise NotADispatch("ContentTypeId must be a number")
    if not 1 <= len(_text(title).strip()) <= LONGEST_TITLE:
        raise NotADispatch(f"Title must have 1 to {LONGEST_TITLE} characters")
    if not re.fullmatch(r"[a-z0-9]{1,10}", extension):
        raise NotADispatch("FileExtension must be 1 to 10 small letters or digits")
    return SentDispatch(
        recipient=number,
        recipient_type=recipient_type,
        nationality=nationality,
        content_type_id=_text(content_type_id),
        title=_text(title),
        content=_decode(data),
        extension=extension,
    )


def _parse(body: bytes) -> etree._Element:
    # The parser is told UTF-8 whatever the declaration says, so this search sees what it sees.
    # Entities in attributes are expanded even with resolve_entities off: no DTD at all.
    if b"<!DOCTYPE" in body:
        raise NotADispatch("a document type is not allowed")
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)", body)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        raise NotADispatch("the encoding must be UTF-8")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,  # a letter is one text node, and the usual limit for that is 10 MB
    )
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise NotADispatch(f"not well-formed XML at line {line}, column {column}") from None


def _children(parent: etree._Element, *names: str) -> list[etree._Element]:
    if parent.attrib:
        raise NotADispatch(f"{_name(parent)} must not have attributes")
    found = [child.tag for child in parent]
    if found != [f"{{{NAMESPACE}}}{name}" for name in names]:
        raise NotADispatch(
            f"{_name(parent)} must hold exactly {', '.join(names)}, in this order and namespace"
        )
    between = [parent.text, *(child.tail for child in parent)]
    if any(text and text.strip() for text in between):
        raise NotADispatch(f"{_name(parent)} must not hold text of its own")
    return list(parent)


def _text(element: etree._Element) -> str:
    if len(element) or element.attrib:
        raise NotADispatch(f"{_name(element)} must hold text only")
    return element.text or ""


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _check_recipient(number: str, recipient_type: str) -> None:
    if recipient_type == "P":
        if birth_date(number) is None:
            raise NotADispatch("Id must be a CPR number of ten digits that begins with a date")
    elif recipient_type == "V":
        if not (number.isascii() and cvr_checks(number)):
            raise NotADispatch("Id must be a CVR number of eight digits with a valid check digit")
    elif recipient_type in ("KP", "KFP"):
        # The form of an address key is not known.
        if not re.fullmatch(r"\S{1,100}", number):
            raise NotADispatch("Id must be an address key without blanks")
    else:
        raise NotADispatch("Type must be P, V, KP or KFP")


def _decode(data: str) -> bytes:
    try:
        unbroken = data.encode("ascii").translate(None, b" \t\r\n")
        content = base64.b64decode(unbroken, validate=True)
    except (binascii.Error, ValueError):
        raise NotADispatch("Data is not base64") from None
    if not content:
        raise NotADispatch("Data is empty")
    return content
