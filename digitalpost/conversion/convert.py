"""Makes any file that people send into a PDF that the pipeline takes: the one way in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitalpost.conversion.gotenberg import gotenberg_to_pdf
from digitalpost.conversion.kinds import FileKind, refuse_slow, refuse_unknown, refused
from digitalpost.conversion.office import OfficeFile, find_soffice, office_to_pdf
from digitalpost.conversion.sniff import kind_of_start
from digitalpost.conversion.tasks import ConvertTask, SniffTask
from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.pool import Workers
from digitalpost.settings import Settings


@dataclass(frozen=True)
class GivenFile:
    """A file as it came: the name that people know it by, for sentences, and where it lies."""

    name: str
    path: Path


@dataclass(frozen=True)
class Converted:
    """A PDF. ``path`` is the file itself when it was one already."""

    path: Path
    kind: FileKind  # of the file that came
    was_converted: bool


def to_pdf(
    path: Path, *, name: str, settings: Settings, workers: Workers, folder: Path
) -> Converted:
    """The file as a PDF, made in ``folder`` (private, and the caller's to remove) if it is none.

    Raises `Refused` with sentences that name the file. It is not scanned here: see `malware.scan`.
    """
    given = [GivenFile(name, path)]
    [outcome] = all_to_pdf(given, settings=settings, workers=workers, folder=folder)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def all_to_pdf(
    files: Sequence[GivenFile], *, settings: Settings, workers: Workers, folder: Path
) -> list[Converted | Refused]:
    """`to_pdf` for several files: Office files share one run. What went wrong stands in its place.

    Nothing is raised for a single file; all come back in the order given.
    """
    outcome: dict[int, Converted | Refused] = {}
    office: dict[int, OfficeFile] = {}
    for at, file in enumerate(files):
        try:
            kind = find_kind(file.path, workers)
            if kind is FileKind.PDF:
                outcome[at] = Converted(file.path, kind, was_converted=False)
                continue
            target = folder / f"{uuid.uuid4().hex}.pdf"
            if kind.is_office:
                office[at] = OfficeFile(file.path, kind, target)
                continue
            task = ConvertTask(file.path, target, kind, settings.max_pages)
            outcome[at] = _in_child(task, workers)
        except Refused as refusal:
            outcome[at] = _about(file.name, refusal)
    if office:
        answers = _convert_office(list(office.values()), settings)
        for (at, file_), refusal_ in zip(office.items(), answers, strict=True):
            outcome[at] = (
                Converted(file_.target, file_.kind, was_converted=True)
                if refusal_ is None
                else _about(files[at].name, refusal_)
            )
    return [outcome[at] for at in range(len(files))]


def find_kind(path: Path, workers: Workers) -> FileKind:
    """What a file is by its bytes; one that has to be opened for that is opened in a child.

    Raises `Refused` (see `sniff.kind_of`).
    """
    by_start = kind_of_start(path)
    if by_start is not None:
        return by_start
    found = dict(workers.run([SniffTask(path)]))
    if found[0] is None:
        raise refuse_unknown()
    kind: FileKind = found[0]
    return kind


def _in_child(task: ConvertTask, workers: Workers) -> Converted:
    pages = dict(workers.run([task]))
    if pages[0] is None:
        raise refuse_slow(task.kind)
    return Converted(task.target, task.kind, was_converted=True)


def _convert_office(files: Sequence[OfficeFile], settings: Settings) -> list[Refused | None]:
    how = settings.conversion
    if how.gotenberg_url:
        return gotenberg_to_pdf(files, url=how.gotenberg_url, settings=how)
    program = find_soffice(how)
    if program is None:
        none = refused(
            "no_converter",
            "Word- og Excel-filer kan ikke omdannes her, fordi LibreOffice ikke er installeret. "
            "Gem dokumentet som PDF, og vælg PDF-filen.",
        )
        return [none for _ in files]
    return office_to_pdf(files, program=program, settings=how)


def _about(name: str, refusal: Refused) -> Refused:
    return Refused(
        [Sentence(one.text, one.values, one.page, name, one.code) for one in refusal.sentences]
    )
