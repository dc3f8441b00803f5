"""Where sealed document bytes lie: local disk or S3, through obstore. Knows no tables.

An object is the AES-GCM ciphertext of one document under a content key of its own. Its name ends
in the SHA-256 of that ciphertext, so it can be checked without any key. Objects of one mailing lie
in one folder, so that an interrupted preparation can be swept away whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.store import LocalStore, from_url

from digitalpost.errors import Damaged
from digitalpost.vault import KEY_BYTES, seal, seal_stream, unseal, unseal_stream

_PURPOSE = b"document"
_PIECE = 1 << 20  # bytes of a large file that are in memory at a time


@dataclass(frozen=True)
class StoredObject:
    """What must be remembered to read an object back."""

    path: str
    sha256: str  # of the plaintext, hex: the hash that evidence shows
    size: int  # of the plaintext, bytes
    content_key: bytes  # in clear: wrap it before it is stored


class ObjectStore:
    """Sealed bytes by path. Safe to hand to a child process: it reopens there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._store = _open(url)
        parts = urlsplit(url)
        self._folder = Path(url2pathname(parts.path)) if parts.scheme == "file" else None

    def __reduce__(self) -> tuple[Any, ...]:
        return (ObjectStore, (self.url,))

    def put(self, folder: str, plaintext: bytes) -> StoredObject:
        """Seal ``plaintext`` under a fresh content key and store it in ``folder``."""
        key = os.urandom(KEY_BYTES)
        sealed = seal(key, plaintext, _PURPOSE)
        path = f"{folder}/{sha256(sealed).hexdigest()}"
        obstore.put(self._store, path, sealed)
        return StoredObject(path, sha256(plaintext).hexdigest(), len(plaintext), key)

    def put_file(self, folder: str, source: Path) -> StoredObject:
        """As `put`, for a file of any size: never more than a piece of it is in memory."""
        with source.open("rb") as file:
            return self.put_open(folder, file)

    def put_open(self, folder: str, source: IO[bytes]) -> StoredObject:
        """As `put_file`, for a file that is open, from where it stands to its end.

        Its ciphertext lies in a temporary file until it is stored.
        """
        key = os.urandom(KEY_BYTES)
        plain, sealed = sha256(), sha256()
        size = 0

        def pieces() -> Iterator[bytes]:
            nonlocal size
            while piece := source.read(_PIECE):
                size += len(piece)
                plain.update(piece)
                yield piece

        with SpooledTemporaryFile(_PIECE) as beside:
            for piece in seal_stream(key, pieces(), _PURPOSE):
                sealed.update(piece)
                beside.write(piece)
            beside.seek(0)
            path = f"{folder}/{sealed.hexdigest()}"
            obstore.put(self._store, path, beside, max_concurrency=2)
        return StoredObject(path, plain.hexdigest(), size, key)

    def get_file(self, path: str, content_key: bytes, expected_sha256: str, to: Path) -> None:
        """As `get`, into a file, piece by piece. Nothing is left of one that is `Damaged`."""
        plain, sealed = sha256(), sha256()

        def pieces() -> Iterator[bytes]:
            for buffer in obstore.get(self._store, path).stream(min_chunk_size=_PIECE):
                piece = bytes(buffer)
                sealed.update(piece)
                yield piece

        try:
            with to.open("wb") as file:
                for piece in unseal_stream(content_key, pieces(), _PURPOSE):
                    plain.update(piece)
                    file.write(piece)
            _require_same(sealed.hexdigest(), path.rpartition("/")[2], _CHANGED)
            _require_same(plain.hexdigest(), expected_sha256, _NOT_AS_STORED)
        except BaseException as error:
            to.unlink(missing_ok=True)
            if isinstance(error, FileNotFoundError):
                raise Damaged(_MISSING) from error
            if isinstance(error, Damaged):  # changed bytes look like a wrong key, but are not
                _require_same(sealed.hexdigest(), path.rpartition("/")[2], _CHANGED)
            raise

    def get(self, path: str, content_key: bytes, expected_sha256: str) -> bytes:
        """The plaintext, verified twice: the object's own name and the plaintext's hash.

        Raises `Damaged` when it is missing, changed, or not what was stored.
        """
        sealed = self.read_sealed(path)
        plaintext = unseal(content_key, sealed, _PURPOSE)
        _require_same(sha256(plaintext).hexdigest(), expected_sha256, _NOT_AS_STORED)
        return plaintext

    def read_sealed(self, path: str) -> memoryview:
        """The ciphertext, checked against its name. Raises `Damaged`."""
        try:
            sealed = memoryview(obstore.get(self._store, path).bytes())
        except FileNotFoundError as error:
            raise Damaged(_MISSING) from error
        _require_same(sha256(sealed).hexdigest(), path.rpartition("/")[2], _CHANGED)
        return sealed

    def read_note(self, path: str) -> bytes | None:
        """A small object in clear that holds nothing about anybody; None when there is none."""
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None

    def write_note(self, path: str, content: bytes) -> None:
        """Replace such an object. It is on the disk itself when this returns."""
        obstore.put(self._store, path, content)
        self.make_durable([path])

    def list_folder(self, folder: str) -> Iterator[str]:
        """Paths of every object in a folder."""
        for batch in obstore.list(self._store, prefix=folder):
            for item in batch:
                yield item["path"]

    def list_older(self, folder: str, before: datetime) -> Iterator[str]:
        """Paths of the objects in a folder that were put before a point in time."""
        for batch in obstore.list(self._store, prefix=folder):
            for item in batch:
                if item["last_modified"] < before:
                    yield item["path"]

    def delete(self, paths: list[str]) -> None:
        """Remove objects; those that are gone already are no error."""
        for path in paths:
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                continue

    def make_durable(self, paths: Iterable[str] | None = None) -> None:
        """Return when all that was put, or only ``paths``, is on the disk itself.

        A few named objects do not wait for what everybody else on the machine is writing. S3
        answers only after it has stored.
        """
        if self._folder is None:
            return
        if paths is None:
            os.sync()
            return
        files = [self._folder / path for path in paths]
        folders = {folder for file in files for folder in (file.parent, file.parent.parent)}
        for one in (*files, *folders):
            handle = os.open(one, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


_MISSING = "Et dokument mangler i lageret."
_CHANGED = "Et dokument er ændret, efter at det blev gemt."
_NOT_AS_STORED = "Et dokument har ikke det indhold, der blev gemt."


def _require_same(found: str, expected: str, problem: str) -> None:
    if found != expected:
        raise Damaged(problem)


def _open(url: str) -> Any:
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(url2pathname(parts.path))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder)
    return from_url(url)
