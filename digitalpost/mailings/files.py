"""A first look at the files that people give us: their size and kind, quick whatever their size.

Everything that takes time (scanning, conversion, counting pages) is done later: see ready.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitalpost.conversion.convert import find_kind
from digitalpost.conversion.kinds import FileKind
from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.pool import Workers
from digitalpost.settings import Settings
from digitalpost.wording import safe_file_name


@dataclass(frozen=True)
class UploadedFile:
    """A file that a person gave us: the name they know it by, and where its bytes lie."""

    name: str
    path: Path


@dataclass(frozen=True)
class KnownFile:
    """A file of a kind that we take. ``name`` is safe to keep and to show."""

    name: str
    path: Path
    kind: FileKind


def look_at(
    files: Sequence[UploadedFile], *, settings: Settings, problems: list[Sentence]
) -> list[KnownFile]:
    """What each file is by its first bytes; adds to ``problems`` what can't be taken at all.

    The answer has a place for every file, in order, only when no problem was added.
    """
    if not files:
        problems.append(Sentence("Vælg den fil, der skal sendes."))
    found = []
    with Workers(1) as workers:
        for file in files:
            name = safe_file_name(file.name)
            try:
                _refuse_too_big(file.path, settings.max_upload_bytes)
                found.append(KnownFile(name, file.path, find_kind(file.path, workers)))
            except Refused as refusal:
                problems.extend(about(name, refusal))
    return found


def about(name: str, refusal: Refused) -> list[Sentence]:
    """The sentences of a refusal with the file that they are about."""
    return [Sentence(one.text, one.values, one.page, name, one.code) for one in refusal.sentences]


def _refuse_too_big(path: Path, most: int) -> None:
    if path.stat().st_size > most:
        text = "Filen fylder mere end %(most)s MB. Del den i mindre filer."
        raise Refused([Sentence(text, {"most": most // 1_000_000}, code="too_big")])
