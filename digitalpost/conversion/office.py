"""Lets headless LibreOffice make PDFs of Office files, locked in and never for longer than allowed.

One run takes several files, which costs a fraction of a run for each. A file that hangs or kills
the run is refused, and the rest get another run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from digitalpost.conversion.cage import Cage
from digitalpost.conversion.kinds import FileKind, refuse_broken, refuse_damaged, refuse_slow
from digitalpost.conversion.profile import write_profile
from digitalpost.errors import Refused
from digitalpost.settings import ConversionSettings

_ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.1
_PDF_ENDS_WITHIN = 1024  # bytes in which %%EOF must stand

_MOST_IN_ONE_RUN = 20


@dataclass(frozen=True)
class OfficeFile:
    """A file to be converted: where it lies, what it is, and where the PDF goes."""

    path: Path
    kind: FileKind
    target: Path


class _End(Enum):
    """How a run came to its end."""

    WELL = "well"
    SLOW = "slow"
    BROKEN = "broken"  # crashed, or killed by the kernel at one of its limits


_WHY = {_End.WELL: refuse_damaged, _End.SLOW: refuse_slow, _End.BROKEN: refuse_broken}


def find_soffice(settings: ConversionSettings) -> Path | None:
    """LibreOffice's program: the one that is set, else the one on PATH."""
    named = settings.soffice or shutil.which("soffice") or shutil.which("libreoffice")
    return Path(named).resolve() if named and Path(named).exists() else None


def office_to_pdf(
    files: Sequence[OfficeFile], *, program: Path, settings: ConversionSettings
) -> list[Refused | None]:
    """Write a PDF for each file; None where it worked, else why not, in the order given.

    ``settings.office_seconds`` is the longest time for one file. The refusals: ``too_slow`` for a
    file that hung, ``broke`` for one at which the program ended, ``damaged`` for one that it could
    not read.
    """
    outcome: dict[int, Refused | None] = {}
    waiting = list(range(len(files)))
    while waiting:
        part = waiting[:_MOST_IN_ONE_RUN]
        end = _run([files[at] for at in part], program, settings)
        for at in part:
            if _is_whole(files[at].target):
                outcome[at] = None
                continue
            outcome[at] = _WHY[end](files[at].kind)
            if end is not _End.WELL:
                # The files are done in order: the first without a PDF is the one that broke it.
                break
        waiting = [at for at in waiting if at not in outcome]
    for at, refusal in outcome.items():
        if refusal is not None:
            files[at].target.unlink(missing_ok=True)
    return [outcome[at] for at in range(len(files))]


def _run(files: Sequence[OfficeFile], program: Path, settings: ConversionSettings) -> _End:
    """One run over the files, and how it ended."""
    with tempfile.TemporaryDirectory(prefix="office-", dir=files[0].target.parent) as name:
        folder = Path(name)
        write_profile(folder / "profile")
        for place in ("in", "out", "tmp"):
            (folder / place).mkdir()
        made: list[Path] = []
        for number, file in enumerate(files):
            # Names of our own: the user's could be anything, and would end up in the PDF.
            shutil.copyfile(file.path, folder / "in" / f"{number:03}.{file.kind.value}")
            made.append(folder / "out" / f"{number:03}.pdf")
        end = _watch(_start(folder, program, settings, len(files)), made, settings)
        for file, pdf in zip(files, made, strict=True):
            if _is_whole(pdf):
                shutil.move(pdf, file.target)
        return end


def _start(
    folder: Path, program: Path, settings: ConversionSettings, files: int
) -> subprocess.Popen[bytes]:
    command = (
        str(program),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nologo",
        "--nolockcheck",
        "--nodefault",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder / "out"),
        *map(str, sorted((folder / "in").iterdir())),
    )
    cage = Cage(
        command=command,
        folder=str(folder),
        readable=(str(_installed_in(program)), *settings.office_reads),
        parent=os.getpid(),
        cpu_seconds=settings.office_seconds * files,
        memory=settings.office_memory,
        file_bytes=settings.office_max_bytes,
    )
    environment = {
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "da_DK.UTF-8",
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
    }
    return subprocess.Popen(
        [sys.executable, "-E", "-S", "-m", "digitalpost.conversion.cage", cage.as_json()],
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # it names what it could not read, and people's data in it
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _installed_in(program: Path) -> Path:
    """The folder that holds the installation: /usr/lib/libreoffice of .../program/soffice."""
    return program.parent.parent if program.parent.name == "program" else program.parent


def _watch(
    process: subprocess.Popen[bytes], made: Sequence[Path], settings: ConversionSettings
) -> _End:
    """Wait for the end; each file that is done starts the clock again. Leaves no process behind."""
    done, heard = 0, time.monotonic()
    try:
        while process.poll() is None:
            now_done = sum(pdf.exists() for pdf in made)
            if now_done > done:
                done, heard = now_done, time.monotonic()
            if time.monotonic() - heard > settings.office_seconds:
                return _End.SLOW
            time.sleep(_POLL_SECONDS)
        return _End.WELL if process.returncode == 0 else _End.BROKEN
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all that it started. The group has the pid of its leader."""
    with contextlib.suppress(ProcessLookupError):  # nothing of it may be left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_whole(pdf: Path) -> bool:
    if not pdf.is_file():
        return False
    with pdf.open("rb") as file:
        file.seek(max(0, pdf.stat().st_size - _PDF_ENDS_WITHIN))
        return b"%%EOF" in file.read()
