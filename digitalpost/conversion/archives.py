"""Looks a zip-based Office file over before anything opens it: what it is, and what it unpacks to.

Only the directory of the archive and the first bytes of its parts are read. An attack is a file
whose directory says more than a document does, or that has archives inside archives.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO

from digitalpost.conversion.kinds import (
    FileKind,
    refuse_bomb,
    refuse_damaged,
    refuse_kind,
    refuse_macros,
    refuse_password,
)

_MOST_PARTS = 10_000
_MOST_UNPACKED = 500_000_000  # bytes
# XML packs to a tenth or a thirtieth; deflate can reach a thousandth.
_HIGHEST_RATIO = 150
_RATIO_COUNTS_FROM = 20_000_000  # bytes unpacked: less does no harm
_LARGEST_INNER = 50_000_000  # bytes of an archive inside the archive
_LARGEST_LIST = 2_000_000  # bytes of the part that says what the file is
_LOCAL_HEADER = b"PK\x03\x04"
_IS_ENCRYPTED = 0x1  # APPNOTE.TXT 4.4.4, bit 0
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)

_CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PART = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument|ms-word|ms-excel|ms-powerpoint)\."
    rb"([A-Za-z.]*?)\.main\+xml"
)
_OOXML = {
    "wordprocessingml.document": FileKind.DOCX,
    "wordprocessingml.template": FileKind.DOCX,
    "spreadsheetml.sheet": FileKind.XLSX,
    "spreadsheetml.template": FileKind.XLSX,
}
_ODF = {
    "application/vnd.oasis.opendocument.text": FileKind.ODT,
    "application/vnd.oasis.opendocument.text-template": FileKind.ODT,
    "application/vnd.oasis.opendocument.spreadsheet": FileKind.ODS,
    "application/vnd.oasis.opendocument.spreadsheet-template": FileKind.ODS,
}


def kind_of_archive(path: Path) -> FileKind:
    """The kind of a file that starts as a zip does.

    Raises `Refused`: ``bomb``, ``password``, ``macros``, ``damaged`` or ``not_taken``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _weigh(archive, path.stat().st_size)
            kind = _kind(archive)
            _look_for_archives(archive)
            return kind
    except _ERRORS as error:
        raise refuse_kind("en zip-fil, der ikke kan åbnes,") from error


def _kind(archive: zipfile.ZipFile) -> FileKind:
    names = set(archive.namelist())
    if _CONTENT_TYPES in names:
        return _office_open_xml(_read(archive, _CONTENT_TYPES))
    if "mimetype" in names:
        return _open_document(archive, names)
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        raise refuse_kind("lavet i Pages, Numbers eller Keynote")
    raise refuse_kind("en zip-fil")


def _office_open_xml(content_types: bytes) -> FileKind:
    main = [hit.decode() for hit in _MAIN_PART.findall(content_types)]
    if any("macroEnabled" in name for name in main):
        raise refuse_macros()
    for name in main:
        if name in _OOXML:
            return _OOXML[name]
    if any(name.startswith("presentationml") for name in main):
        raise refuse_kind("en PowerPoint-fil")
    raise refuse_kind("et Office-dokument af en anden slags end Word og Excel")


def _open_document(archive: zipfile.ZipFile, names: set[str]) -> FileKind:
    kind = _ODF.get(_read(archive, "mimetype").decode("ascii", "replace").strip())
    if kind is None:
        raise refuse_kind("et dokument af en anden slags end tekst og regneark")
    manifest = "META-INF/manifest.xml"
    if manifest in names and b"encryption-data" in _read(archive, manifest):
        raise refuse_password()
    if "content.xml" not in names:
        raise refuse_damaged(kind)
    return kind


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    part = archive.getinfo(name)
    if part.flag_bits & _IS_ENCRYPTED:
        raise refuse_password()
    with archive.open(part) as file:
        return file.read(_LARGEST_LIST)


def _weigh(archive: zipfile.ZipFile, size: int) -> int:
    """What the archive unpacks to, in bytes, by its directory. Raises `Refused` (``bomb``)."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    # Parts that together are larger than the file lie on top of each other: one is read as many.
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or packed > size:
        raise refuse_bomb()
    if unpacked > _RATIO_COUNTS_FROM and unpacked > size * _HIGHEST_RATIO:
        raise refuse_bomb()
    return unpacked


def _look_for_archives(archive: zipfile.ZipFile) -> None:
    """Archives inside: a spreadsheet behind a chart is usual, an archive in that one is not."""
    unpacked = sum(part.file_size for part in archive.infolist())
    for part in archive.infolist():
        if part.is_dir() or part.flag_bits & _IS_ENCRYPTED:
            continue
        with archive.open(part) as file:
            start = file.read(len(_LOCAL_HEADER))
            if start != _LOCAL_HEADER:
                continue
            unpacked += _weigh_inner(start, file)
        if unpacked > _MOST_UNPACKED:
            raise refuse_bomb()


def _weigh_inner(start: bytes, file: IO[bytes]) -> int:
    data = start + file.read(_LARGEST_INNER)
    if len(data) > _LARGEST_INNER:
        raise refuse_bomb()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            unpacked = _weigh(inner, len(data))
            for part in inner.infolist():
                if part.is_dir() or part.flag_bits & _IS_ENCRYPTED:
                    continue
                with inner.open(part) as inner_file:
                    if inner_file.read(len(_LOCAL_HEADER)) == _LOCAL_HEADER:
                        raise refuse_bomb()
            return unpacked
    except _ERRORS:
        return len(data)  # only looks like an archive: it stays closed
