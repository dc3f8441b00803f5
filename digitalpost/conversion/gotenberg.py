"""Lets a Gotenberg server make PDFs of Office files (POST /forms/libreoffice/convert)."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from digitalpost.conversion.kinds import FileKind, refuse_damaged, refuse_slow, refused
from digitalpost.conversion.office import OfficeFile
from digitalpost.errors import Refused
from digitalpost.settings import ConversionSettings

_PATH = "/forms/libreoffice/convert"
_CONNECT_SECONDS = 5.0
_CANNOT_READ = 400  # Gotenberg: the file could not be opened or laid out
_TIMED_OUT = 503  # Gotenberg: it took longer than its own limit


def gotenberg_to_pdf(
    files: Sequence[OfficeFile], *, url: str, settings: ConversionSettings
) -> list[Refused | None]:
    """Write a PDF for each file; None where it worked, else why not, in the order given.

    Refusals: ``damaged``, ``too_slow``, and ``converter_silent`` when the server does not answer.
    """
    limits = httpx.Timeout(float(settings.office_seconds), connect=_CONNECT_SECONDS)
    # trust_env: a proxy meant for the outside world must not see the documents.
    with httpx.Client(base_url=url.rstrip("/"), timeout=limits, trust_env=False) as client:
        return [_convert(client, file, settings.office_max_bytes) for file in files]


def _convert(client: httpx.Client, file: OfficeFile, most: int) -> Refused | None:
    name = f"brev.{file.kind.value}"
    try:
        with (
            file.path.open("rb") as source,
            client.stream(
                "POST", _PATH, files={"files": (name, source, file.kind.media_type)}
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                return _why(answer.status_code, file.kind)
            return _keep(answer, file, most)
    except httpx.TimeoutException as error:
        return _silent() if isinstance(error, httpx.ConnectTimeout) else refuse_slow(file.kind)
    except httpx.HTTPError:
        return _silent()


def _keep(answer: httpx.Response, file: OfficeFile, most: int) -> Refused | None:
    size, start = 0, b""
    with file.target.open("wb") as target:
        for part in answer.iter_bytes():
            size += len(part)
            if size > most:
                break
            start = (start + part)[:5]
            target.write(part)
    if size <= most and start == b"%PDF-":
        return None
    file.target.unlink()
    return refuse_slow(file.kind) if size > most else _silent()


def _why(status: int, kind: FileKind) -> Refused:
    if status == _CANNOT_READ:
        return refuse_damaged(kind)
    return refuse_slow(kind) if status == _TIMED_OUT else _silent()


def _silent() -> Refused:
    return refused(
        "converter_silent",
        "Det program, der laver Office-filer om til PDF, svarer ikke. "
        "Prøv igen om lidt, eller gem dokumentet som PDF, og vælg PDF-filen.",
    )
