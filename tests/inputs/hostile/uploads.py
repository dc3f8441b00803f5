"""Pictures, texts and Office files that mean harm, on their way to becoming a PDF."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.conversion import making
from tests.inputs.hostile.bombs import packed
from tests.inputs.hostile.kit import Case, Expected, slow
from tests.inputs.hostile.pictures import claims_jpeg
from tests.inputs.written import write_number

HELD, FILE, PAGE = Expected.HELD, Expected.FILE, Expected.PAGE
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def _bytes(data: bytes | Callable[[], bytes], expected: Expected = FILE) -> Case:
    def write(path: Path, _cpr: str) -> None:
        path.write_bytes(data if isinstance(data, bytes) else data())

    return Case(write, expected)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *extra: bytes, rows: bytes = b"", bits: int = 1) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    body = _chunk(b"IDAT", rows or zlib.compress(bytes((width * bits // 8 + 2) * height)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + body + _chunk(b"IEND", b"")


def _tiff(*tags: tuple[int, int, int, int], following: int = 0) -> bytes:
    rows = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + struct.pack("<I", following)


def _tiff_of(width: int, height: int, *, packing: int = 1, following: int = 0) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 1), (259, 3, 1, packing),
            (262, 3, 1, 0), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height),
            (279, 4, 1, 100)]  # fmt: skip
    return _tiff(*tags, following=following)


def _many_frames() -> bytes:
    """A fax of five hundred pages of one point."""
    frames = [Image.new("1", (1, 1)) for _ in range(500)]
    data = io.BytesIO()
    frames[0].save(data, "TIFF", save_all=True, append_images=frames[1:])
    return data.getvalue()


def _heic() -> bytes:
    """A HEIC whose picture says that it is 60,000 points wide."""
    at = making.HEIC.index(b"ispe") + 8
    return making.HEIC[:at] + struct.pack(">II", 60_000, 60_000) + making.HEIC[at + 8 :]


def _gif() -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b"," + bytes(40)


def _photo_of(number: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = f"Elev {number}"
    data = io.BytesIO()
    Image.new("RGB", (600, 400), "navy").save(data, "JPEG", exif=exif, comment=number.encode())
    return data.getvalue()


def _document(body: str, *, before: str = "", relations: str = "", **parts: bytes | str) -> Case:
    """A Word document whose main part is written by hand. N in ``body`` is the number."""

    def write(path: Path, cpr: str) -> None:
        text = body.replace("NUMBER", write_number(cpr))
        main = (
            f'<?xml version="1.0" encoding="UTF-8"?>{before}<w:document xmlns:w="{_WORD}" '
            f'xmlns:r="{_OFFICE}"><w:body><w:p><w:r><w:t>CPR-nr. {write_number(cpr)} Kære elev'
            f"</w:t></w:r></w:p>{text}</w:body></w:document>"
        )
        one = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
        types = (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="html" ContentType="text/html"/>'
            f'<Override PartName="/word/document.xml" '
            f'ContentType="{making.WORD}document.main+xml"/>'
            "</Types>"
        )
        making.make_zip(
            path,
            {
                "[Content_Types].xml": types,
                "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">{one}</Relationships>',
                "word/document.xml": main,
                "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}'
                "</Relationships>",
                **parts,
            },
        )

    return Case(write, HELD)


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def _entities() -> str:
    """Ten entities that each are the one before, ten times."""
    rows = "".join(
        f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' if at else '<!ENTITY a0 "ha">'
        for at in range(10)
    )
    return f"<!DOCTYPE w [{rows}]>"


def _outside(kind: str, target: str, mode: str = "External") -> str:
    return f'<Relationship Id="r9" Type="{_OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def _sheet_far_away(path: Path, _cpr: str) -> None:
    """A workbook whose only two cells are in the first and the very last place."""
    making.make_xlsx(path, 'x</t></is></c></row><row r="1048576"><c r="XFD1048576" t="inlineStr">'
                     "<is><t>y")  # fmt: skip


_WIDE = _outside("image", "http://127.0.0.1:9/billede.png")
CASES: dict[str, Case] = {
    "PNG that promises 30,000 points": Case(
        lambda path, _cpr: making.make_png_of_claimed_size(path, 30_000, 30_000), FILE
    ),
    "PNG of 95 million points": _bytes(
        lambda: _png(9_700, 9_700, rows=packed(b"\0" * 64, 12)), HELD
    ),
    "PNG with a colour profile of 300 MB": _bytes(
        lambda: _png(8, 8, _chunk(b"iCCP", b"x\0\0" + packed(b"\0" * 64, 300))), HELD
    ),
    "PNG with a comment of 300 MB": _bytes(
        lambda: _png(8, 8, _chunk(b"zTXt", b"x\0\0" + packed(b"a" * 64, 300))), HELD
    ),
    "PNG without rows": _bytes(lambda: _png(4_000, 4_000, rows=b"x"), FILE),
    "PNG of no size": _bytes(lambda: _png(0, 0, rows=zlib.compress(b"")), FILE),
    "JPEG that promises 60,000 points": _bytes(lambda: claims_jpeg(60_000, 60_000)),
    "JPEG that is only a beginning": _bytes(b"\xff\xd8\xff\xe0\0\x10JFIF"),
    "JPEG with the number in its comment": Case(
        lambda path, cpr: path.write_bytes(_photo_of(write_number(cpr))), PAGE
    ),
    "JPEG with a PDF behind it": _bytes(
        lambda: _photo_of("x") + b"%PDF-1.7\n1 0 obj<</JS(x)>>endobj", PAGE
    ),
    "TIFF of two billion points a side": _bytes(_tiff_of(2_147_483_647, 2_147_483_647)),
    "TIFF of fax code that promises 60,000 points": _bytes(_tiff_of(60_000, 60_000, packing=4)),
    "TIFF whose next page is itself": _bytes(_tiff_of(8, 8, following=8), HELD),
    "TIFF without any tag": _bytes(_tiff()),
    "TIFF of five hundred pages": _bytes(_many_frames, HELD),
    "HEIC that promises 60,000 points": _bytes(_heic, HELD),
    "HEIC cut off": _bytes(making.HEIC[:200]),
    "GIF of 65,535 points": _bytes(_gif()),
    "SVG that refers to a file": _bytes(b'<?xml version="1.0"?><svg><image href="/etc/passwd"/>'),
    "web page": _bytes(b"<!DOCTYPE html><img src=http://127.0.0.1:9/x>"),
    "text of 60 MB": _bytes(lambda: b"ord " * 15_000_000, HELD),
    "text in one line of 3 MB": slow(_bytes(lambda: b"x" * 3_000_000, HELD)),
    "text of form feeds": slow(_bytes(lambda: b"a\f" * 100_000, HELD)),
    "text with the number": Case(
        lambda path, cpr: path.write_text(f"Kære elev\n\nCPR-nr. {write_number(cpr)}\n")
    ),
    "text with the number in Arabic digits": Case(
        lambda path, cpr: path.write_text(
            f"CPR-nr. {write_number(cpr)}\n" + "".join(chr(0x660 + int(sign)) for sign in cpr),
            encoding="utf-8",
        ),
        HELD,
    ),
    "document that unpacks a thousandfold": Case(
        lambda path, _cpr: making.make_office_zip(path, **{"word/document.xml": bytes(30_000_000)}),
        FILE,
    ),
    "workbook that unpacks a thousandfold": Case(
        lambda path, _cpr: making.make_office_zip(
            path, main=f"{making.EXCEL}sheet.main+xml", **{"xl/sheet.xml": b" " * 30_000_000}
        ),
        FILE,
    ),
    "document of a billion laughs": _document(_paragraph("&a9;"), before=_entities()),
    "document that reads a file of ours": _document(
        _paragraph("&x;"), before='<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "document with a picture from the network": _document("", relations=_WIDE),
    "document with a template from the network": _document(
        "", relations=_outside("attachedTemplate", "http://127.0.0.1:9/skabelon.dotm")
    ),
    "document with a web page in it": _document(
        '<w:altChunk r:id="r9"/>',
        relations=_outside("aFChunk", "del.html", "Internal"),
        **{"word/del.html": '<html><img src="http://127.0.0.1:9/x"><p>Hej</p></html>'},
    ),
    "document of tables in tables": slow(
        _document(
            "<w:tbl><w:tr><w:tc>" * 300 + "<w:p/>" + "</w:tc></w:tr></w:tbl><w:p/>" * 300,
        )
    ),
    "document with the number in a hidden run": _document(
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>NUMBER</w:t></w:r></w:p>"
    ),
    "workbook with a cell in the last place": Case(_sheet_far_away, HELD, slow=True),
}
