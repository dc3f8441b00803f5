"""Makes files of every kind, true and false, from bytes of our own."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from pathlib import Path

import docx
from PIL import Image

CPR = "010190-1234"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"

# 64 × 32, red to the left and blue to the right; written once by pillow-heif, which can encode.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
    "AAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAEMAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "AA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
    "AAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFz"
    "wIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAIAAAAAEAAAAAAAAA"
    "Av///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAEttZGF0AAAAPygBr1jm9Oq//+c7"
    "v/8qPSH2JRfX/+Kr1X9RO0/8YSVJLUGhOEOoU1kV9AH/X9IQtIF+6STPHCOH8N3q7MGiFA=="
)


def make_zip(path: Path, parts: dict[str, bytes | str]) -> Path:
    """A zip file of these parts, in this order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def make_docx(path: Path, *paragraphs: str) -> Path:
    """A Word document."""
    document = docx.Document()
    for paragraph in paragraphs or ("Kære Åse",):
        document.add_paragraph(paragraph)
    document.save(str(path))
    return path


def make_office_zip(path: Path, *, main: str = f"{WORD}document.main+xml", **parts: bytes) -> Path:
    """What says of itself that its main part is ``main``; not a document that opens."""
    types = f'<Types xmlns="{_TYPES}"><Override PartName="/a.xml" ContentType="{main}"/></Types>'
    return make_zip(path, {"[Content_Types].xml": types, **parts})


def make_xlsx(path: Path, text: str = "Regneark med æøå") -> Path:
    """An Excel workbook with one text in its first cell."""
    types = (
        f'<Types xmlns="{_TYPES}">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{EXCEL}sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet.xml" ContentType="{EXCEL}worksheet+xml"/></Types>'
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def relations(kind: str, target: str) -> str:
        one = f'<Relationship Id="r1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{_RELATIONS}">{one}</Relationships>'

    return make_zip(
        path,
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations("officeDocument", "xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": relations("worksheet", "sheet.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Ark1" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/sheet.xml": f'<worksheet xmlns="{main}"><sheetData><row r="1">'
            f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData></worksheet>',
        },
    )


def make_odt(
    path: Path, text: str = "OpenDocument med æøå", *, body: str = "", extra: str = ""
) -> Path:
    """An OpenDocument text; ``body`` is XML after the text, ``extra`` more of its manifest."""
    kind = "application/vnd.oasis.opendocument.text"
    names = "".join(
        f' xmlns:{short}="{_ODF}:{long}:1.0"'
        for short, long in {"office": "office", "text": "text", "draw": "drawing"}.items()
    )
    content = (
        f'<office:document-content{names} xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:svg="{_ODF}:svg-compatible:1.0" office:version="1.2"><office:body>'
        f"<office:text><text:p>{text}</text:p>{body}</office:text>"
        "</office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        f"{extra}</manifest:manifest>"
    )
    parts = {"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content}
    return make_zip(path, parts)


def make_rtf(path: Path) -> Path:
    """A rich text with Danish letters in Windows-1252."""
    path.write_bytes(rb"{\rtf1\ansi\ansicpg1252 Rig tekst med \'e6\'f8\'e5\par}")
    return path


def make_compound(path: Path, streams: dict[str, bytes]) -> Path:
    """A compound file ([MS-CFB] version 3) with these streams below its root."""
    sectors: list[bytes] = [b"", b""]  # the table, then the first sector of the directory
    chain = {0: 0xFFFFFFFD, 1: 0xFFFFFFFE}

    def entry(name: str, kind: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        head = text.ljust(64, b"\0") + struct.pack("<HB", len(text), kind)
        return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)

    entries = [entry("Root Entry", 5, 0xFFFFFFFE, 0)]
    for name, data in streams.items():
        padded = data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0")
        start = len(sectors)
        for at in range(0, len(padded), 512):
            chain[len(sectors)] = len(sectors) + 1
            sectors.append(padded[at : at + 512])
        chain[len(sectors) - 1] = 0xFFFFFFFE
        entries.append(entry(name, 2, start, len(padded)))
    sectors[1] = b"".join(entries).ljust(512, b"\0")
    table = [chain.get(number, 0xFFFFFFFF) for number in range(128)]
    sectors[0] = struct.pack("<128I", *table)
    header = bytes.fromhex("d0cf11e0a1b11ae1").ljust(24, b"\0")
    header += struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6).ljust(20, b"\0")
    header += struct.pack("<9I", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    path.write_bytes(header.ljust(512, b"\xff") + b"".join(sectors))
    return path


def make_picture(width: int = 60, height: int = 30) -> Image.Image:
    """Red in its left half, blue in its right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def make_jpeg(path: Path, *, orientation: int = 1, artist: str = "", width: int = 60) -> Path:
    """A picture whose Exif says how it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if artist:
        exif[0x013B] = artist
    make_picture(width, width // 2).save(path, "JPEG", exif=exif, quality=95)
    return path


def make_png_of_claimed_size(path: Path, width: int, height: int) -> Path:
    """A PNG whose header promises far more pixels than its data holds."""
    data = io.BytesIO()
    Image.new("1", (1, 1)).save(data, "PNG")
    small = data.getvalue()
    header = b"IHDR" + struct.pack(">II", width, height) + small[24:29]
    checked = header + struct.pack(">I", zlib.crc32(header))
    path.write_bytes(small[:12] + checked + small[33:])
    return path
