"""Tells what an old Office file (.doc and its like) is, from the directory of its storage.

Compound files are a small file system: sectors, a table that chains them, and a directory
([MS-CFB] sections 2.2, 2.3 and 2.6). Only the root's list of streams is read, with a bound on
every loop.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO

from digitalpost.conversion.kinds import (
    FileKind,
    refuse_damaged,
    refuse_kind,
    refuse_macros,
    refuse_password,
)

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_MOST_SECTORS = 4096  # of the directory: far more streams than a document has
_LAST_SECTOR = 0xFFFFFFFA
_SECTORS_IN_HEADER = 109  # of the table, [MS-CFB] 2.2 DIFAT
_STREAM = 2
_ENCRYPTED = 0x0100  # fEncrypted, [MS-DOC] 2.5.2 FibBase, bytes 10-11


def kind_of_compound(path: Path) -> FileKind:
    """`FileKind.DOC` for a Word 97-2003 document. Raises `Refused` for every other."""
    with path.open("rb") as file:
        try:
            streams, sector_bytes = _streams(file)
        except (struct.error, ValueError) as error:
            raise refuse_damaged(FileKind.DOC) from error
        if "EncryptedPackage" in streams:
            raise refuse_password()
        if "WordDocument" in streams:
            return _word(file, streams, sector_bytes)
    if streams.keys() & {"Workbook", "Book"}:
        raise refuse_kind("et regneark fra et ældre Excel")
    if "PowerPoint Document" in streams:
        raise refuse_kind("en PowerPoint-fil")
    if "__properties_version1.0" in streams:
        raise refuse_kind("en e-mail fra Outlook")
    raise refuse_kind("et ældre Office-dokument")


def _word(file: IO[bytes], streams: dict[str, tuple[int, int]], sector_bytes: int) -> FileKind:
    start, size = streams["WordDocument"]
    # Word writes at least 4096 bytes, so the stream has sectors of its own ([MS-CFB] 2.4).
    if size >= 4096:
        fib = _sector(file, start, sector_bytes)
        if int.from_bytes(fib[10:12], "little") & _ENCRYPTED:
            raise refuse_password()
    if "VBA" in streams or "_VBA_PROJECT" in streams:
        raise refuse_macros()
    return FileKind.DOC


def _streams(file: IO[bytes]) -> tuple[dict[str, tuple[int, int]], int]:
    """Name to (first sector, size) of every stream, and the size of a sector."""
    header = file.read(_HEADER_BYTES)
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        raise ValueError("sector size")
    sector_bytes = 1 << shift
    (sector,) = struct.unpack_from("<I", header, 48)
    table = struct.unpack_from(f"<{_SECTORS_IN_HEADER}I", header, 76)
    found: dict[str, tuple[int, int]] = {}
    for _ in range(_MOST_SECTORS):
        if sector >= _LAST_SECTOR:
            return found, sector_bytes
        data = _sector(file, sector, sector_bytes)
        for at in range(0, len(data) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            _add_entry(found, data[at : at + _ENTRY_BYTES])
        sector = _next(file, table, sector, sector_bytes)
    raise ValueError("directory without end")


def _add_entry(found: dict[str, tuple[int, int]], entry: bytes) -> None:
    length, kind = struct.unpack_from("<HB", entry, 64)
    start, size = struct.unpack_from("<II", entry, 116)
    name = entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    if kind == _STREAM or name in {"VBA", "_VBA_PROJECT"}:
        found[name] = (start, size)


def _next(file: IO[bytes], table: tuple[int, ...], sector: int, sector_bytes: int) -> int:
    in_one = sector_bytes // 4
    if sector // in_one >= _SECTORS_IN_HEADER:
        raise ValueError("directory lies beyond the first part of the table")
    data = _sector(file, table[sector // in_one], sector_bytes)
    (following,) = struct.unpack_from("<I", data, 4 * (sector % in_one))
    return int(following)


def _sector(file: IO[bytes], number: int, sector_bytes: int) -> bytes:
    file.seek((number + 1) * sector_bytes)
    data = file.read(sector_bytes)
    if not data:
        raise ValueError("sector outside the file")
    return data
