"""Uploaded files go straight to temporary files that only we can read, gone with the request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from flask import Flask, Request

from digitalpost.mailings.intake import UploadedFile


class ConsoleRequest(Request):
    """A request whose files lie on disk from the first byte, each under a name of its own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._streams: list[IO[bytes]] = []

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        # Mode 0600; closing it at the end of the request removes it.
        stream: Any = NamedTemporaryFile("rb+", prefix="digitalpost-")  # noqa: SIM115
        self._streams.append(stream)
        return stream  # type: ignore[no-any-return]

    def close(self) -> None:
        """Remove the files, also those of an upload that was broken off."""
        super().close()
        for stream in self._streams:
            stream.close()


def attach(app: Flask) -> None:
    """Take uploads in this way."""
    app.request_class = ConsoleRequest


def uploaded(request: Request, name: str) -> Iterator[UploadedFile]:
    """The files of one field, without the empty one that a browser sends when none was chosen."""
    for file in request.files.getlist(name):
        if file.filename:
            stream: Any = file.stream
            stream.flush()
            yield UploadedFile(file.filename, Path(stream.name))
