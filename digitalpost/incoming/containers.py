"""Many messages in one file: a tar packed with LZMA, or a single XML, as by SFTP.

Source: protocols/digital-post-rest.md section 2 (the form of a container) and 4. What is inside
comes from outside: names, counts and sizes are held to limits while it is unpacked, and nothing is
ever written to a path that the container names.
"""

from __future__ import annotations

import lzma
import tarfile
import tempfile
import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO

from digitalpost.db import now
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.store import store_message
from digitalpost.incoming.when import files_in_folder
from digitalpost.incoming_settings import MOST_BYTES
from digitalpost.institution import Institution
from digitalpost.memo.elements import MEMO
from digitalpost.models import ChannelName

MOST_MESSAGES = 10_000
MOST_UNPACKED = 20_000_000_000  # bytes of all messages together
_HIGHEST_RATIO = 1000  # LZMA reaches that with a file of zeros, never with base64 of documents
_RATIO_COUNTS_FROM = 200_000_000  # bytes unpacked: less does no harm
_MOST_MEMORY = 256_000_000  # bytes for the dictionary that the container asks for
_PIECE = 1 << 18
_CONTAINER = "application/x-lzma"
_BROKEN = "Filen er ikke en samling af meddelelser fra Digital Post."
_BOMB = "Filen fylder langt mere, når den pakkes ud, end breve gør."
_TOO_MANY = "Filen rummer flere end 10.000 meddelelser."
_STRANGE = "Filen rummer andet end meddelelser: mapper, genveje eller arkiver."
# Ids for files that do not say one themselves: the same file always gets the same.
_NAMESPACE = uuid.UUID("7c2f6f5c-6f5e-4a0e-9f43-0c1be6c5d0a7")


def take_in_folder(institution: Institution) -> list[int]:
    """Take in every file of INCOMING_FOLDER, and remove each when all of it is stored.

    Returns the ids of the messages that are new.
    """
    stored: list[int] = []
    for path in files_in_folder(institution.settings, now()):
        try:
            stored += take_file(institution, path, ChannelName.DIGITAL_POST)
        except FileNotFoundError:
            continue  # another job was quicker
        path.unlink(missing_ok=True)
    return stored


def take_file(institution: Institution, path: Path, channel: ChannelName) -> list[int]:
    """Store every message in a file, or the file itself as one that can't be read.

    Returns the ids of the messages that are new. When it returns everything in the file lies safe,
    and the file may go. What is stored when a container turns out to be broken stays stored.
    """
    if _is_xml(path):
        with path.open("rb") as file:
            return _store(institution, file, _uuid_in(file) or _uuid_of(path), channel)
    stored: list[int] = []
    try:
        with tempfile.TemporaryDirectory(prefix="container-") as folder:
            for message_uuid, content in _messages(path, Path(folder)):
                stored += _store(institution, content, message_uuid, channel)
    except Refused as refused:
        with path.open("rb") as file:
            found = store_message(
                institution, file, _uuid_of(path), channel,
                media_type=_CONTAINER, problem=refused.sentences[0],
            )  # fmt: skip
            stored += [found] if found is not None else []
    return stored


def _store(
    institution: Institution, file: IO[bytes], message_uuid: str, channel: ChannelName
) -> list[int]:
    found = store_message(institution, file, message_uuid, channel)
    return [found] if found is not None else []


def _messages(path: Path, folder: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The messages of a container, unpacked one after the other. Raises `Refused`."""
    plain = folder / "container.tar"
    try:
        _unpack(path, plain)
        with tarfile.open(plain, mode="r:") as archive:
            for number, entry in enumerate(archive):
                if number >= MOST_MESSAGES:
                    raise Refused([Sentence(_TOO_MANY)])
                if entry.size > MOST_BYTES:
                    raise Refused([Sentence(_BOMB)])
                content = archive.extractfile(entry) if entry.isreg() else None
                message_uuid = _uuid_in_name(entry.name)
                if content is None or message_uuid is None:
                    raise Refused([Sentence(_STRANGE)])
                yield message_uuid, content
    except (lzma.LZMAError, tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Refused([Sentence(_BROKEN)]) from error


def _unpack(path: Path, to: Path) -> None:
    """The tar inside: the old "alone" form of LZMA, or .xz. Raises `Refused`."""
    opener = lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_MOST_MEMORY)
    size = path.stat().st_size
    unpacked = 0
    with path.open("rb") as packed, to.open("wb") as plain:
        while not opener.eof:
            piece = packed.read(_PIECE) if opener.needs_input else b""
            if opener.needs_input and not piece:
                raise EOFError
            made = opener.decompress(piece, max_length=_PIECE)
            unpacked += len(made)
            is_strange = unpacked > _RATIO_COUNTS_FROM and unpacked > size * _HIGHEST_RATIO
            if unpacked > MOST_UNPACKED or is_strange:
                raise Refused([Sentence(_BOMB)])
            plain.write(made)


def _uuid_in_name(name: str) -> str | None:
    """The messageUUID in ``<messageUUID>.xml``; None for any other name."""
    path = PurePosixPath(name)
    if len(path.parts) != 1 or path.suffix.lower() != ".xml":
        return None
    return _as_uuid(path.stem)


def _uuid_in(file: IO[bytes]) -> str | None:
    """The messageUUID near the start of a message, whatever else is wrong with it."""
    start = file.read(1 << 16).decode("utf-8", "replace")
    file.seek(0)
    _, found, rest = start.partition("messageUUID>")
    return _as_uuid(rest.partition("<")[0].strip()) if found and MEMO in start else None


def _as_uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def _uuid_of(path: Path) -> str:
    """An id made from the bytes of a file that names none."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return str(uuid.uuid5(_NAMESPACE, digest.hexdigest()))


def _is_xml(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(200).removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<")
