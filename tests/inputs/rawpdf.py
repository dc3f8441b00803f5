"""Writes PDF files object by object, so that a test file holds exactly what the test is about."""

from __future__ import annotations

import zlib
from pathlib import Path
from types import TracebackType


class RawPdf:
    """A PDF file in the making. Objects are numbered as they are reserved; nothing is added."""

    def __init__(self, path: Path | str) -> None:
        self._file = Path(path).open("wb")  # noqa: SIM115 - closed by __exit__
        self._offsets: dict[int, int] = {}
        self._last = 0
        self._position = 0
        self.root = 0
        self.info = 0
        self._put(b"%PDF-1.7\n%\xb5\xb5\xb5\xb5\n")

    def __enter__(self) -> RawPdf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        self._file.close()

    def reserve(self, count: int = 1) -> int:
        """The first of ``count`` object numbers, to be filled later."""
        first = self._last + 1
        self._last += count
        return first

    def add(self, body: str | bytes, number: int = 0) -> int:
        """Writes one object and gives its number."""
        number = number or self.reserve()
        self._offsets[number] = self._position
        content = body.encode("latin-1") if isinstance(body, str) else body
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        return number

    def stream(
        self, data: str | bytes, entries: str = "", number: int = 0, *, pack: bool = True
    ) -> int:
        """Writes a stream, deflated unless ``pack`` is off, and gives its number."""
        raw = data.encode("latin-1") if isinstance(data, str) else data
        if pack:
            raw = zlib.compress(raw, 6)
            entries += "/Filter/FlateDecode"
        head = f"<<{entries}/Length {len(raw)}>>\nstream\n".encode("latin-1")
        return self.add(head + raw + b"\nendstream", number)

    def _put(self, data: bytes) -> None:
        self._position += self._file.write(data)

    def _finish(self) -> None:
        start = self._position
        rows = [b"0000000000 65535 f \n"]
        rows += [b"%010d 00000 n \n" % self._offsets[n] for n in range(1, self._last + 1)]
        info = f"/Info {self.info} 0 R" if self.info else ""
        self._put(b"xref\n0 %d\n" % (self._last + 1) + b"".join(rows))
        trailer = f"trailer\n<</Size {self._last + 1}/Root {self.root} 0 R{info}>>\n"
        self._put(trailer.encode() + b"startxref\n%d\n%%%%EOF\n" % start)


def text_string(text: str) -> str:
    """``text`` as a PDF string of UTF-16 with its mark, in hexadecimal."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def literal(text: str) -> str:
    """``text`` as a PDF literal string in WinAnsi."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"({escaped.encode('cp1252').decode('latin-1')})"
