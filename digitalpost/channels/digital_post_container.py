"""A container for Digital Post: many messages in one call, a tar compressed with LZMA.

Source: protocols/digital-post-rest.md section 2. Each message is an entry ``<messageUUID>.xml``.
Which of LZMA's two forms is wanted is inferred there: the older one, which ``.lzma`` names.
"""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from digitalpost.memo.write import WrittenMemo

MEDIA_TYPE = "application/x-lzma"
MOST_BYTES = 50_000_000  # of XML in one container; what Digital Post allows is not known
_IN_MEMORY = 8_000_000  # a larger one lies in a file meanwhile
_PIECE = 1 << 18
_FAST = 1  # of LZMA's presets: letters are mostly pictures of bytes, more effort gains little


class Container:
    """One container that is being filled. Close it after use."""

    def __init__(self) -> None:
        self.message_ids: list[str] = []
        self.size = 0  # bytes of XML
        # Closed by `close`: a container is filled over many calls.
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._packer = lzma.LZMAFile(  # noqa: SIM115
            cast("IO[bytes]", self._file), "wb", format=lzma.FORMAT_ALONE, preset=_FAST
        )
        self._tar = tarfile.open(  # noqa: SIM115
            fileobj=self._packer, mode="w|", format=tarfile.USTAR_FORMAT
        )

    def has_room_for(self, memo: WrittenMemo) -> bool:
        """Whether the message may come along; the first one always may."""
        return not self.message_ids or self.size + len(memo) <= MOST_BYTES

    def add(self, message_id: str, memo: WrittenMemo) -> None:
        """One more message."""
        entry = tarfile.TarInfo(f"{message_id}.xml")
        entry.size = len(memo)
        self._tar.addfile(entry, _Reader(iter(memo)))  # type: ignore[arg-type]  # reads only
        self.message_ids.append(message_id)
        self.size += len(memo)

    def seal(self) -> int:
        """Nothing more comes in. Returns the size of the finished container in bytes."""
        self._tar.close()  # again does nothing
        self._packer.close()
        return self._file.seek(0, 2)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def close(self) -> None:
        """Let go of the bytes, whether it was sealed or not."""
        self.seal()
        self._file.close()


class _Reader:
    """Lets tarfile read what is made piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing > 0:
            if not self._left:
                self._left = next(self._pieces, b"")
                if not self._left:
                    break
            part, self._left = self._left[:missing], self._left[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
