"""Makes the files that people give us ready to split: scanned, made into PDF, and looked over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitalpost.conversion.convert import Converted, GivenFile, all_to_pdf
from digitalpost.conversion.kinds import FileKind
from digitalpost.conversion.malware import ScanOutcome, scan
from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.pool import Workers, inspect_pdf
from digitalpost.settings import Settings
from digitalpost.wording import safe_file_name


@dataclass(frozen=True)
class UploadedFile:
    """A file that a person gave us: the name they know it by, and where its bytes lie."""

    name: str
    path: Path


@dataclass(frozen=True)
class ReadyFile:
    """A file whose PDF can be split. ``remarks`` are sentences that reviewers should see."""

    name: str
    pdf: Path
    pages: int
    original: Path | None  # the file as it came, when the PDF was made from it
    kind: FileKind
    remarks: tuple[Sentence, ...] = ()


def make_ready(
    files: Sequence[UploadedFile], *, settings: Settings, folder: Path, problems: list[Sentence]
) -> list[ReadyFile]:
    """Scan, convert (in ``folder``) and look over each file; adds to ``problems`` what is wrong.

    The answer has a place for every file, in order, only when no problem was added.
    """
    if not files:
        problems.append(Sentence("Vælg den fil, der skal sendes."))
    scanned = [
        (file, remarks)
        for file in files
        if (remarks := _scanned(file, settings, problems)) is not None
    ]
    with Workers(1) as workers:
        given = [GivenFile(safe_file_name(file.name), file.path) for file, _ in scanned]
        outcomes = all_to_pdf(given, settings=settings, workers=workers, folder=folder)
        ready = [
            one
            for file, (_, remarks), outcome in zip(given, scanned, outcomes, strict=True)
            if (one := _looked_over(file, remarks, outcome, settings, workers, problems))
        ]
    pages = sum(one.pages for one in ready)
    if pages > settings.max_pages and not problems:
        problems.append(
            Sentence(
                "Filerne har %(pages)s sider i alt. En forsendelse kan højst have %(most)s.",
                {"pages": pages, "most": settings.max_pages},
                code="too_many_pages",
            )
        )
    return ready


def _scanned(
    file: UploadedFile, settings: Settings, problems: list[Sentence]
) -> tuple[Sentence, ...] | None:
    """What reviewers should know of the scan; None when the file goes no further."""
    name = safe_file_name(file.name)
    if file.path.stat().st_size > settings.max_upload_bytes:
        problems.append(
            Sentence(
                "Filen fylder mere end %(most)s MB. Del den i mindre filer.",
                {"most": settings.max_upload_bytes // 1_000_000},
                file=name,
                code="too_big",
            )
        )
        return None
    try:
        outcome = scan(file.path, settings.conversion)
    except Refused as refusal:
        problems.extend(_about(name, refusal))
        return None
    if outcome is ScanOutcome.NOT_CHECKED:
        text = "Filen er ikke scannet for virus, fordi scanneren ikke gav svar."
        return (Sentence(text, file=name, code="not_scanned"),)
    return ()


def _looked_over(
    file: GivenFile,
    remarks: tuple[Sentence, ...],
    outcome: Converted | Refused,
    settings: Settings,
    workers: Workers,
    problems: list[Sentence],
) -> ReadyFile | None:
    try:
        if isinstance(outcome, Refused):
            raise outcome
        facts = inspect_pdf(outcome.path, max_pages=settings.max_pages, workers=workers)
    except Refused as refusal:
        problems.extend(_about(file.name, refusal))
        return None
    original = file.path if outcome.was_converted else None
    return ReadyFile(file.name, outcome.path, facts.pages, original, outcome.kind, remarks)


def _about(name: str, refusal: Refused) -> list[Sentence]:
    return [Sentence(one.text, one.values, one.page, name, one.code) for one in refusal.sentences]
