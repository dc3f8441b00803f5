"""Damaged and hostile files: some can be mended on reading, the others must be refused in time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.inputs import letters
from tests.inputs.rawpdf import RawPdf


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Path | str], Path]:
    def write(path: Path | str) -> Path:
        whole = letters.write_letter(path).read_bytes()
        broken = change(whole)
        if broken == whole:
            raise ValueError("the file was meant to come out damaged")
        Path(path).write_bytes(broken)
        return Path(path)

    return write


def write_page_tree_loop(path: Path | str) -> Path:
    """A page tree that has itself as its child."""
    with RawPdf(path) as pdf:
        tree = pdf.reserve()
        pdf.add(f"<</Type/Pages/Count 1/Kids[{tree} 0 R]/Parent {tree} 0 R>>", tree)
        pdf.root = pdf.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    return Path(path)


def write_bomb(path: Path | str, megabytes: int = 200) -> Path:
    """One page that unpacks to very many operators: costs seconds of reading, not memory."""
    operators = b"0 0 m 1 1 l S\n" * (1024 * 1024 // 14)
    pack = zlib.compressobj(9)
    packed = b"".join(pack.compress(operators) for _ in range(megabytes)) + pack.flush()
    with RawPdf(path) as pdf:
        tree = pdf.reserve()
        content = pdf.stream(packed, "/Filter/FlateDecode", pack=False)
        page = pdf.add(
            f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R>>"
        )
        pdf.add(f"<</Type/Pages/Count 1/Kids[{page} 0 R]>>", tree)
        pdf.root = pdf.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    return Path(path)


# Letters that MuPDF can mend: they are read as if nothing had happened.
MENDABLE: dict[str, Callable[[Path | str], Path]] = {
    "junk in front": _changed(lambda whole: b"junk \n" * 100 + whole),
    "wrong startxref": _changed(lambda whole: re.sub(rb"startxref\s+\d+", b"startxref\n7", whole)),
    "no cross-reference": _changed(lambda whole: whole[: whole.rindex(b"startxref")]),
}
