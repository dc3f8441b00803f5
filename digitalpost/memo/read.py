"""Reads a MeMo message from any producer: 1.1 or 1.2, extra elements passed over, nothing fetched.

The file may mean harm: entities are not resolved, nothing is loaded from outside, and its size is
the caller's to check beforehand.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, BinaryIO, TypeVar

from lxml import etree

from digitalpost.memo.elements import MEMO, Element, elements_of
from digitalpost.memo.message import Message

_T = TypeVar("_T")
_ROOT = f"{{{MEMO}}}Message"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class UnreadableMemo(Exception):  # noqa: N818 - what it is
    """The bytes are no MeMo message. The text names the element, never what stands in it."""


def read_memo(source: bytes | BinaryIO) -> Message:
    """The message in a file. Raises `UnreadableMemo`."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
    )
    try:
        tree = etree.parse(BytesIO(source) if isinstance(source, bytes) else source, parser)
    except etree.XMLSyntaxError:
        raise UnreadableMemo("not XML") from None  # the parser's words may quote the letter
    if tree.docinfo.doctype:
        raise UnreadableMemo("a document type")  # no honest MeMo has one; bombs do
    root = tree.getroot()
    if root.tag != _ROOT:
        raise UnreadableMemo("the root is no Message")
    return _read(root, Message)


def _read(node: etree._Element, kind: type[_T]) -> _T:
    known = {element.tag: element for element in elements_of(kind)}
    found: dict[str, Any] = {}
    for child in node:
        element = known.get(child.tag) if isinstance(child.tag, str) else None
        if element is None:
            continue
        value = _value(child, element)
        if element.is_many:
            found[element.field] = (*found.get(element.field, ()), value)
        elif element.field in found:
            raise UnreadableMemo(f"{element.field} stands twice")
        else:
            found[element.field] = value
    for element in known.values():
        if element.is_required and element.field not in found:
            raise UnreadableMemo(f"{element.field} is missing")
    return kind(**found)


def _value(node: etree._Element, element: Element) -> Any:
    if element.is_class:
        return _read(node, element.kind)
    text = node.text or ""
    try:
        if element.kind is bytes:
            node.text = None  # as large as the file: let go of it before the next one
            return b64decode("".join(text.split()), validate=True)
        text = text.strip()
        if element.kind is bool:
            return _BOOLEANS[text]
        if element.kind is datetime:
            return datetime.fromisoformat(text).astimezone(UTC)
        if element.kind is date:
            return date.fromisoformat(text[:10])
        return element.kind(text)
    except (ValueError, KeyError):
        raise UnreadableMemo(f"{element.field} can't be read") from None
