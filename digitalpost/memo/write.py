"""Writes a MeMo message. Files go out in pieces: a large letter is never copied as a whole.

Source: protocols/memo.md and the schemas of MeMo 1.1 and 1.2.
"""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from digitalpost.memo.elements import MEMO, PREFIXES, elements_of
from digitalpost.memo.message import Message

VERSIONS = ("1.1", "1.2")
_PIECE = 3 * 65536  # bytes of a file; a multiple of three, so pieces of base64 can be joined


@dataclass(frozen=True)
class WrittenMemo:
    """The XML of a message, in UTF-8. Iterate over it as often as needed; ``len()`` is in bytes."""

    _parts: tuple[bytes, ...]  # XML before, between and after the files
    _files: tuple[bytes, ...]

    def __len__(self) -> int:
        encoded = sum(4 * -(-len(content) // 3) for content in self._files)
        return sum(map(len, self._parts)) + encoded

    def __iter__(self) -> Iterator[bytes]:
        for part, content in zip(self._parts, (*self._files, b""), strict=True):
            yield part
            view = memoryview(content)
            for start in range(0, len(view), _PIECE):
                yield b64encode(view[start : start + _PIECE])

    def __bytes__(self) -> bytes:
        return b"".join(self)


def write_memo(message: Message, version: str) -> WrittenMemo:
    """The message in MeMo ``1.1`` or ``1.2``. What a version does not have is left out.

    Raises `ValueError` for another version, or text that XML can't hold.
    """
    if version not in VERSIONS:
        raise ValueError(f"no MeMo version {version}")
    root = etree.Element(f"{{{MEMO}}}Message", nsmap=PREFIXES)
    root.set("memoVersion", version)
    if version == "1.1":
        root.set("memoSchVersion", "1.1.0")
    writer = _Writer(version, uuid.uuid4().hex, [])
    writer.add_all(root, message)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return WrittenMemo(tuple(document.split(writer.mark.encode())), tuple(writer.files))


@dataclass(frozen=True)
class _Writer:
    """Builds the tree with a mark in the place of each file."""

    version: str
    mark: str
    files: list[bytes]

    def add_all(self, parent: etree._Element, value: Any) -> None:
        for element in elements_of(type(value)):
            held = getattr(value, element.field)
            if held is None or element.since > self.version:
                continue
            for one in held if element.is_many else (held,):
                child = etree.SubElement(parent, element.tag)
                if element.is_class:
                    self.add_all(child, one)
                elif element.kind is bytes:
                    child.text = self.mark
                    self.files.append(one)
                else:
                    child.text = _text(one)


def _text(value: bool | str | date) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            # UTC with a Z, as the schema demands; parts of a second mean nothing here.
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case date():
            return value.isoformat()
    return str(value)
