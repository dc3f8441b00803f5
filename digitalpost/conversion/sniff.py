"""Tells what a file is by its bytes. Its name is never asked: names lie."""

from __future__ import annotations

from pathlib import Path

from digitalpost.conversion.archives import kind_of_archive
from digitalpost.conversion.kinds import FileKind, refuse_kind, refuse_unknown, refused
from digitalpost.conversion.ole import MAGIC, kind_of_compound
from digitalpost.conversion.text import looks_like_text

_HEAD_BYTES = 65_536
# Readers accept junk before the header within the first kilobyte (ISO 32000-1 annex H, note 13).
_PDF_HEADER_WITHIN = 1024
_STARTS = (
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
    (b"{\\rtf", FileKind.RTF),
)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
_NOT_TAKEN = (
    ((b"GIF87a", b"GIF89a"), "et GIF-billede"),
    ((b"BM",), "et BMP-billede"),
    ((b"MZ", b"\x7fELF", b"#!"), "et program"),
    ((b"%!PS",), "en PostScript-fil"),
    ((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), "en pakket fil"),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
_MARKUP = ("<!doctype html", "<html", "<?xml", "<svg")


def kind_of(path: Path) -> FileKind:
    """What the file is. Opens archives as far as their directory, and no document.

    Raises `Refused` with a sentence that says what to do: ``empty``, ``unknown``, ``not_taken``,
    ``password``, ``macros``, ``bomb`` or ``damaged``. Hostile files belong in a child process:
    see `tasks.SniffTask`.
    """
    kind = kind_of_start(path)
    if kind is not None:
        return kind
    with path.open("rb") as file:
        is_compound = file.read(len(MAGIC)) == MAGIC
    return kind_of_compound(path) if is_compound else kind_of_archive(path)


def kind_of_start(path: Path) -> FileKind | None:
    """What the file's first bytes alone say, compared and not interpreted: harmless anywhere.

    None for an archive, which has to be opened. Raises `Refused` as `kind_of` does.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise refused("empty", "Filen er tom. Gem den igen, og vælg den på ny.")
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head.startswith((*_ARCHIVES, MAGIC)):
        return None
    if b"%PDF-" in head[: _PDF_HEADER_WITHIN + 5]:
        return FileKind.PDF
    return _rarer(head)


def _rarer(head: bytes) -> FileKind:
    if head[4:8] == b"ftyp":
        if _HEIC_BRANDS & {head[8:12], *_brands(head)}:
            return FileKind.HEIC
        raise refuse_kind("en video eller et billede af en anden slags")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise refuse_kind("et WebP-billede")
    if not looks_like_text(head):
        for starts, what in _NOT_TAKEN:
            if head.startswith(starts):
                raise refuse_kind(what)
        raise refuse_unknown()
    if head.startswith((b"#!", b"%!PS")):
        raise refuse_kind("et program")
    text = head[:1000].decode("latin-1").lstrip("\ufeff\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_MARKUP):
        raise refuse_kind("en webside eller en XML-fil")
    return FileKind.TEXT


def _brands(head: bytes) -> set[bytes]:
    """The compatible brands of an ISO media file (ISO 14496-12 section 4.3)."""
    size = min(int.from_bytes(head[:4], "big"), 512)
    return {head[at : at + 4] for at in range(16, size - 3, 4)}
