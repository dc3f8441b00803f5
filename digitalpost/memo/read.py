"""Reads a MeMo message from any producer: 1.1 or 1.2, extra elements passed over, nothing fetched.

The file may mean harm: entities are not resolved, nothing is loaded from outside, and its size is
the caller's to check beforehand. It is read as a stream: of a file in a message never more than a
piece is in memory when the files go into a folder, and no tree is built.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from digitalpost.memo.documents import File
from digitalpost.memo.elements import MEMO, Element, elements_of
from digitalpost.memo.message import Message

# Digital Post takes one main document and ten more (protocols/memo.md, Size and count); each may
# stand in several formats. More than this is no letter.
MOST_FILES = 200
_LONGEST_TEXT = 100_000  # characters of any element but a file: the longest that is allowed is 512
_PIECE = 1 << 18
_ROOT = f"{{{MEMO}}}Message"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class UnreadableMemo(Exception):  # noqa: N818 - what it is
    """The bytes are no MeMo message. The text names the element, never what stands in it."""


class TooManyFiles(UnreadableMemo):
    """The message has more than `MOST_FILES` files."""


def read_memo(source: bytes | BinaryIO, *, folder: Path | None = None) -> Message:
    """The message in a file. Raises `UnreadableMemo`.

    With ``folder`` the contents of its files are written there instead of being kept in memory:
    each `File` then says by its ``path`` where its content lies. A folder of the caller's, to be
    removed by the caller, also after an error.
    """
    builder = _Builder(folder)
    parser = etree.XMLParser(
        target=builder, resolve_entities=False, no_network=True, huge_tree=True
    )
    stream = BytesIO(source) if isinstance(source, bytes) else source
    try:
        while piece := stream.read(_PIECE):
            parser.feed(piece)
        return builder.message(parser.close())
    except etree.XMLSyntaxError:
        raise UnreadableMemo("not XML") from None  # the parser's words may quote the letter
    finally:
        builder.let_go()


@dataclass
class _Frame:
    """An element that has begun: the values found in it, or the text of one without elements."""

    element: Element | None  # None for the message itself
    known: dict[str, Element] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    length: int = 0

    @property
    def name(self) -> str:
        return self.element.field if self.element is not None else "Message"


class _Builder:
    """What lxml tells of each piece of the file (its *parser target*), made into values."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._stack: list[_Frame] = []
        self._passed_over = 0  # how deep we are in an element that we do not know
        self._content: _Content | None = None
        self._files = 0
        self._message: Message | None = None

    def doctype(self, *_: Any) -> None:
        raise UnreadableMemo("a document type")  # no honest MeMo has one; bombs do

    def start(self, tag: str, _attributes: Any) -> None:
        if self._passed_over:
            self._passed_over += 1
            return
        if not self._stack:
            if tag != _ROOT:
                raise UnreadableMemo("the root is no Message")
            self._stack.append(_Frame(None, _known(Message)))
            return
        element = self._stack[-1].known.get(tag)
        if element is None:
            self._passed_over = 1
            return
        if element.kind is File:
            self._files += 1
            if self._files > MOST_FILES:
                raise TooManyFiles("too many files")
        if element.kind is bytes:
            self._content = _Content(self._folder, self._files)
        self._stack.append(_Frame(element, _known(element.kind) if element.is_class else {}))

    def data(self, text: str) -> None:
        if self._passed_over or not self._stack:
            return
        if self._content is not None:
            self._content.add(text)
            return
        frame = self._stack[-1]
        if frame.known:
            return  # blanks between elements
        frame.length += len(text)
        if frame.length > _LONGEST_TEXT:
            raise UnreadableMemo(f"{frame.name} is too long")
        frame.text.append(text)

    def end(self, _tag: str) -> None:
        if self._passed_over:
            self._passed_over -= 1
            return
        frame = self._stack.pop()
        if frame.element is None:
            self._message = _made(Message, frame)
            return
        element, into = frame.element, self._stack[-1]
        if self._content is not None:
            value, path = self._content.end()
            self._content = None
            if path is not None:
                into.found["path"] = path
        elif element.is_class:
            value = _made(element.kind, frame)
        else:
            value = _value("".join(frame.text).strip(), element)
        if element.is_many:
            into.found.setdefault(element.field, []).append(value)
        elif element.field in into.found:
            raise UnreadableMemo(f"{element.field} stands twice")
        else:
            into.found[element.field] = value

    def close(self) -> Message | None:
        return self._message

    def message(self, read: Any) -> Message:
        """What lxml gave back at the end of the file."""
        if not isinstance(read, Message):
            raise UnreadableMemo("not XML")
        return read

    def let_go(self) -> None:
        """Close a file that was begun."""
        if self._content is not None:
            self._content.close()


class _Content:
    """The base64 of one file, decoded as it comes."""

    def __init__(self, folder: Path | None, number: int) -> None:
        self._path = folder / f"{number:04d}" if folder is not None else None
        self._to: BinaryIO = self._path.open("wb") if self._path is not None else BytesIO()
        self._rest = ""
        self._is_over = False

    def add(self, text: str) -> None:
        chars = self._rest + "".join(text.split())
        whole = len(chars) - len(chars) % 4
        self._rest = chars[whole:]
        if whole:
            self._decode(chars[:whole])

    def end(self) -> tuple[bytes, Path | None]:
        """The bytes, or where they lie."""
        if self._rest:
            raise UnreadableMemo("content can't be read")
        if isinstance(self._to, BytesIO):
            return self._to.getvalue(), None
        self._to.close()
        return b"", self._path

    def close(self) -> None:
        self._to.close()

    def _decode(self, chars: str) -> None:
        if self._is_over:  # what fills up the last four stands at the end and nowhere else
            raise UnreadableMemo("content can't be read")
        self._is_over = chars.endswith("=")
        try:
            self._to.write(b64decode(chars, validate=True))
        except ValueError:
            raise UnreadableMemo("content can't be read") from None


def _known(kind: type) -> dict[str, Element]:
    return {element.tag: element for element in elements_of(kind)}


def _made(kind: Any, frame: _Frame) -> Any:
    """A value of a class, of what was found in its element."""
    for element in frame.known.values():
        if element.is_many and element.field in frame.found:
            frame.found[element.field] = tuple(frame.found[element.field])
        elif element.is_required and element.field not in frame.found:
            raise UnreadableMemo(f"{element.field} is missing")
    return kind(**frame.found)


def _value(text: str, element: Element) -> Any:
    try:
        if element.kind is bool:
            return _BOOLEANS[text]
        if element.kind is datetime:
            return datetime.fromisoformat(text).astimezone(UTC)
        if element.kind is date:
            return date.fromisoformat(text[:10])
        return element.kind(text)
    except (ValueError, KeyError, OverflowError):
        raise UnreadableMemo(f"{element.field} can't be read") from None
