"""What a file is, is told by its bytes; what can't be sent is refused with what to do instead."""

from __future__ import annotations

import codecs
import struct
import zipfile
from pathlib import Path

import pytest

from digitalpost.conversion.kinds import FileKind
from digitalpost.conversion.sniff import kind_of
from digitalpost.errors import Refused
from tests.conversion import making


def refusal_of(path: Path) -> tuple[str, str]:
    """The code and the words with which a file is refused."""
    with pytest.raises(Refused) as caught:
        kind_of(path)
    [sentence] = caught.value.sentences
    return sentence.code, str(sentence)


@pytest.mark.parametrize("name", ["brev.pdf", "brev.jpg", "brev", "brev.exe"])
def test_a_word_document_is_one_whatever_its_name(tmp_path: Path, name: str) -> None:
    assert kind_of(making.make_docx(tmp_path / name)) is FileKind.DOCX


def test_a_pdf_called_docx_is_a_pdf_also_behind_junk(tmp_path: Path) -> None:
    path = tmp_path / "brev.docx"
    path.write_bytes(b"\x1b%-12345X@PJL\r\n" + b"%PDF-1.7\n...")
    assert kind_of(path) is FileKind.PDF


def test_every_kind_that_can_be_sent_is_known(tmp_path: Path) -> None:
    heic, tiff, png = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    heic.write_bytes(making.HEIC)
    making.make_picture().save(tiff, "TIFF")
    making.make_picture().save(png, "PNG")
    sheet = "application/vnd.oasis.opendocument.spreadsheet"
    found = {
        kind_of(heic),
        kind_of(tiff),
        kind_of(png),
        kind_of(making.make_jpeg(tmp_path / "d")),
        kind_of(making.make_docx(tmp_path / "e")),
        kind_of(making.make_xlsx(tmp_path / "f")),
        kind_of(making.make_odt(tmp_path / "g")),
        kind_of(making.make_zip(tmp_path / "h", {"mimetype": sheet, "content.xml": "<a/>"})),
        kind_of(making.make_rtf(tmp_path / "i")),
        kind_of(making.make_compound(tmp_path / "j", {"WordDocument": b"\xec\xa5"})),
    }
    assert found == set(FileKind) - {FileKind.PDF, FileKind.TEXT}


@pytest.mark.parametrize(
    "data",
    [
        "Kære Åse\r\n".encode(),
        "Kære Åse".encode("cp1252"),
        codecs.BOM_UTF8 + "Kære Åse".encode(),
        "Kære Åse".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Kære Åse".encode("utf-16-be"),
        b"BM er et forkortet ord",
    ],
)
def test_text_is_text_in_every_encoding(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "brev"
    path.write_bytes(data)
    assert kind_of(path) is FileKind.TEXT


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "tom"),
        (b"GIF89a\x01\x00\x01\x00\x00", "not_taken", "GIF-billede"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "not_taken", "WebP"),
        (b"MZ\x90\x00\x03", "not_taken", "program"),
        (b"#!/bin/sh\nrm -rf /\n", "not_taken", "program"),
        (b" <!DOCTYPE HTML><p>Hej", "not_taken", "webside"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "not_taken", "XML"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "not_taken", "video"),
        (b"\x00\x01\x02\x03\x04", "unknown", "Gem dokumentet som PDF"),
        (b"PK\x03\x04 and nothing more", "not_taken", "zip-fil"),
    ],
)
def test_other_files_are_refused_by_name_with_what_to_do(
    tmp_path: Path, data: bytes, code: str, words: str
) -> None:
    path = tmp_path / "brev.pdf"
    path.write_bytes(data)
    found, text = refusal_of(path)
    assert found == code
    assert words in text


def test_office_files_with_a_password_are_named_as_such(tmp_path: Path) -> None:
    new = making.make_compound(tmp_path / "a", {"EncryptionInfo": b"x", "EncryptedPackage": b"y"})
    fib = b"\xec\xa5\xc1\x00" + bytes(6) + struct.pack("<H", 0x0100)
    old = making.make_compound(tmp_path / "b", {"WordDocument": fib})
    entry = "<manifest:encryption-data/>"
    free = making.make_odt(tmp_path / "c", extra=entry)
    for path in (new, old, free):
        code, text = refusal_of(path)
        assert code == "password"
        assert "adgangskode" in text


@pytest.mark.parametrize(
    ("streams", "words"),
    [
        ({"Workbook": b"x"}, "ældre Excel"),
        ({"PowerPoint Document": b"x"}, "PowerPoint"),
        ({"__properties_version1.0": b"x"}, "Outlook"),
        ({"Noget": b"x"}, "ældre Office"),
    ],
)
def test_old_files_that_are_no_word_document_are_told_apart(
    tmp_path: Path, streams: dict[str, bytes], words: str
) -> None:
    assert words in refusal_of(making.make_compound(tmp_path / "a.doc", streams))[1]


@pytest.mark.parametrize("length", [8, 40, 300, 512, 700, 1024])
def test_an_old_file_that_was_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    path = making.make_compound(tmp_path / "a.doc", {"Noget": b"x"})
    path.write_bytes(path.read_bytes()[:length])
    assert refusal_of(path)[0] == "damaged"


def test_a_directory_that_runs_in_a_ring_comes_to_an_end(tmp_path: Path) -> None:
    path = making.make_compound(tmp_path / "a.doc", {"Noget": b"x"})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 512 + 4, 1)  # the directory's sector is followed by itself
    path.write_bytes(data)
    assert refusal_of(path)[0] == "damaged"


def test_documents_that_carry_macros_are_refused(tmp_path: Path) -> None:
    word = "application/vnd.ms-word.document.macroEnabled.main+xml"
    excel = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    for main in (word, excel):
        assert refusal_of(making.make_office_zip(tmp_path / "a.docx", main=main))[0] == "macros"
    old = making.make_compound(tmp_path / "b.doc", {"WordDocument": b"x", "_VBA_PROJECT": b"x"})
    assert refusal_of(old)[0] == "macros"


def test_a_slide_show_is_refused_by_name(tmp_path: Path) -> None:
    main = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    assert "PowerPoint" in refusal_of(making.make_office_zip(tmp_path / "a", main=main))[1]


def test_a_document_that_unpacks_a_thousandfold_is_refused_unopened(tmp_path: Path) -> None:
    path = making.make_office_zip(tmp_path / "a.docx", **{"word/document.xml": bytes(30_000_000)})
    assert path.stat().st_size < 100_000
    assert refusal_of(path)[0] == "bomb"


def test_a_document_with_thousands_of_parts_is_refused(tmp_path: Path) -> None:
    parts = {f"word/{number}.xml": b"" for number in range(10_001)}
    assert refusal_of(making.make_office_zip(tmp_path / "a.docx", **parts))[0] == "bomb"


def test_archives_inside_archives_are_refused_and_a_sheet_behind_a_chart_is_not(
    tmp_path: Path,
) -> None:
    sheet = making.make_xlsx(tmp_path / "sheet").read_bytes()
    chart = {"word/embeddings/sheet.xlsx": sheet}
    assert kind_of(making.make_office_zip(tmp_path / "a.docx", **chart)) is FileKind.DOCX
    doll = making.make_zip(tmp_path / "doll", {"sheet.xlsx": sheet}).read_bytes()
    deep = {"word/embeddings/doll.zip": doll}
    assert refusal_of(making.make_office_zip(tmp_path / "b.docx", **deep))[0] == "bomb"
    packed = making.make_zip(tmp_path / "packed", {"zeros": bytes(30_000_000)}).read_bytes()
    bomb = {"word/embeddings/bomb.zip": packed}
    assert refusal_of(making.make_office_zip(tmp_path / "c.docx", **bomb))[0] == "bomb"


def test_parts_that_lie_on_top_of_each_other_are_a_bomb(tmp_path: Path) -> None:
    path = making.make_office_zip(tmp_path / "a.docx", **{"word/document.xml": bytes(100_000)})
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    directory = data[start:end]
    one = directory[directory.rindex(b"PK\x01\x02") :]
    more = one * 400
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 402, 402, len(directory) + len(more))
    path.write_bytes(data[:end] + more + bytes(tail))
    assert refusal_of(path)[0] == "bomb"
