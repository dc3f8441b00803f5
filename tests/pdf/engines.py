"""Four readers of PDF text, and a look at everything that is stored in a file."""

import io
import subprocess

import pikepdf
import pymupdf
import pypdf
import pypdfium2

from digitalpost.pdf.loose import holds


def texts_of(data: bytes) -> dict[str, str]:
    """The text of all pages by each engine."""
    with pymupdf.open(stream=data, filetype="pdf") as document:
        mupdf = "\n".join(page.get_text(clip=pymupdf.INFINITE_RECT()) for page in document)
    reader = pypdf.PdfReader(io.BytesIO(data))
    with pypdfium2.PdfDocument(data) as document:
        pdfium = []
        for page in document:
            layer = page.get_textpage()
            pdfium.append(layer.get_text_range())
            layer.close()
            page.close()
    poppler = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return {
        "pymupdf": mupdf,
        "pypdf": "\n".join(page.extract_text() for page in reader.pages),
        "pdfium": "\n".join(pdfium),
        "pdftotext": poppler.stdout.decode(),
    }


def everything_in(data: bytes) -> bytes:
    """Every string and every decoded stream of a file, one after the other."""
    parts = []
    with pikepdf.open(io.BytesIO(data)) as document:
        for thing in document.objects:
            parts.append(_strings(thing, 0))
            if isinstance(thing, pikepdf.Stream):
                try:
                    parts.append(thing.read_bytes())
                except pikepdf.PdfError:
                    parts.append(thing.read_raw_bytes())
    return b"\n".join(parts)


def _strings(thing: object, depth: int) -> bytes:
    if isinstance(thing, pikepdf.String):
        return bytes(thing) + b"\n" + str(thing).encode()
    if depth > 5:
        return b""
    if isinstance(thing, pikepdf.Array):
        return b"\n".join(_strings(item, depth + 1) for item in thing)
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        return b"\n".join(_strings(value, depth + 1) for value in thing.values())
    return b""


def assert_gone(data: bytes, number: str) -> None:
    """No engine reads the number, and it is stored nowhere."""
    for engine, text in texts_of(data).items():
        assert not holds(text, number), engine
    stored = everything_in(data)
    for form in (number, f"{number[:6]}-{number[6:]}"):
        assert form.encode() not in stored
        assert form.encode("utf-16-be") not in stored
