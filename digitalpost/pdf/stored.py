"""Numbers that lie in the bytes of a picture or a font: a camera's comment, the name of a font.

A logo and its fonts come with every letter of a mailing, so each is looked through once.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from pymupdf import mupdf

# Ten digits as bytes, whatever divides them, also as UTF-16.
TEN = re.compile(rb"(?<![0-9])(?=([0-9](?:[\x00\s.\-/\xad]{0,5}[0-9]){9})(?![0-9]))")
DIVIDERS = b"\x00 \t\r\n\f\v.-/\xad"
# Pictures in these are looked at as they are packed: what they say in words is not packed.
_PICTURE_CODES = (b"/DCTDecode", b"/JPXDecode", b"/JBIG2Decode", b"/CCITTFaxDecode")
_MOST_KNOWN = 1000

Stored = dict[bytes, frozenset[bytes]]


def numbers_stored(document: Any, xref: int, words: bytes, known: Stored) -> frozenset[bytes]:
    """Every ten digits in the stream of a picture or font; ``words`` is its dictionary.

    ``document`` is MuPDF's own, ``known`` remembers the answer for streams with the same bytes.
    """
    raw = bytes(mupdf.pdf_load_raw_stream_number(document, xref).fz_buffer_extract_copy())
    mark = hashlib.blake2b(raw, digest_size=16).digest()
    if mark not in known:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        packed = any(code in words for code in _PICTURE_CODES)
        data = raw if packed else _unpacked(document, xref)
        known[mark] = frozenset(match[1].translate(None, DIVIDERS) for match in TEN.finditer(data))
    return known[mark]


def _unpacked(document: Any, xref: int) -> bytes:
    return bytes(mupdf.pdf_load_stream_number(document, xref).fz_buffer_extract_copy())
