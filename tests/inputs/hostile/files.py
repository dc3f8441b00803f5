"""Files of odd build: locked, revised, packed, cut off, glued to other files, or broken."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf

from tests.inputs import letters
from tests.inputs.hostile.kit import Case, Expected, around, show
from tests.inputs.nasty import in_plain_sight
from tests.inputs.people import Person
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets
from tests.inputs.written import write_number

HELD, FILE, PAGE = Expected.HELD, Expected.FILE, Expected.PAGE
_PASSWORD = "hemmeligt"


def _letter(path: Path, cpr: str) -> Path:
    return letters.write_letter(path, Person("Asta Lyng Drejerup", cpr, ("Ørnevej 1", "9993 By")))


def _bare(path: Path, cpr: str) -> bytes:
    with Sheets(path) as pdf:
        pdf.page(in_plain_sight(cpr) + show(write_number(cpr)))
    return path.read_bytes()


def _changed(change: Callable[[bytes], bytes], expected: Expected = HELD) -> Case:
    """A plain file with its bytes changed."""

    def write(path: Path, cpr: str) -> None:
        whole = _bare(path, cpr)
        broken = change(whole)
        if broken == whole:
            raise ValueError("the file was meant to come out changed")
        path.write_bytes(broken)

    return Case(write, expected)


def _saved(expected: Expected = Expected.CLEAN, **how: object) -> Case:
    """A plain letter saved anew by qpdf's library in this manner."""

    def write(path: Path, cpr: str) -> None:
        with pikepdf.open(_letter(path, cpr), allow_overwriting_input=True) as document:
            document.docinfo["/Title"] = write_number(cpr)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # old locks are deprecated
                document.save(path, **how)

    return Case(write, expected)


def _locked(version: int, user: str = "", **how: bool) -> Case:
    return _saved(
        FILE if user else Expected.CLEAN,
        encryption=pikepdf.Encryption(owner=_PASSWORD, user=user, R=version, **how),
    )


def _handler(entries: str, expected: Expected) -> Case:
    """A file that says it is locked in some way that nobody can open."""
    lock = f"/Encrypt<<{entries}>>/ID[<00><00>]>>\nstartxref".encode()
    return _changed(lambda whole: whole.replace(b">>\nstartxref", lock), expected)


def _filters(
    names: str, pack: Callable[[bytes], bytes], expected: Expected = Expected.CLEAN, more: str = ""
) -> Case:
    """The page's content packed by these filters."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        packed = pack((plain + show(number)).encode("latin-1"))
        stream = pdf.stream(packed, f"/Filter[{names}]{more}", pack=False)
        pdf.pages.append(
            pdf.add(
                f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
                f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>>>"
            )
        )

    return around(put, expected)


def _hex(data: bytes) -> bytes:
    return data.hex().encode() + b">"


def _runs(data: bytes) -> bytes:
    parts = [data[at : at + 128] for at in range(0, len(data), 128)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts) + b"\x80"


def _ascii85(data: bytes) -> bytes:
    import base64

    return base64.a85encode(data) + b"~>"


def _rows(data: bytes) -> bytes:
    """PNG's "up" prediction over rows of ten."""
    data += b" " * (-len(data) % 10)
    rows, above = b"", bytes(10)
    for at in range(0, len(data), 10):
        row = data[at : at + 10]
        rows += b"\x02" + bytes((new - old) % 256 for new, old in zip(row, above, strict=True))
        above = row
    return zlib.compress(rows)


def _revised(pdf_change: Callable[[bytes, int], tuple[int, bytes]]) -> Case:
    """A file with a later revision behind it, which replaces one object."""

    def write(path: Path, cpr: str) -> None:
        with Sheets(path) as pdf:
            pdf.page(in_plain_sight(cpr))
            pdf.page(show(f"Gammel note om {write_number(cpr)}"))
        old = path.read_bytes()
        last = int(old.rsplit(b"startxref", 1)[1].split()[0])
        number, body = pdf_change(old, pdf.tree)
        new = b"%d 0 obj\n%b\nendobj\n" % (number, body.replace(b"FIRST", b"%d 0 R" % pdf.pages[0]))
        table = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(old))
        trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %d>>\n" % (pdf.pages[1] + 1, last)
        end = b"startxref\n%d\n%%%%EOF\n" % (len(old) + len(new))
        path.write_bytes(old + new + table + trailer + end)

    return Case(write)


def _hybrid(path: Path, cpr: str) -> None:
    """A table of the old kind that also points to a cross-reference stream."""
    whole = _bare(path, cpr)
    place = whole.rindex(b"xref\n0")
    empty = zlib.compress(bytes(4))
    hidden = (
        b"900 0 obj\n<</Type/XRef/Size 1/W[1 2 1]/Index[0 1]/Filter/FlateDecode/Length %d"
        b"/Root 1 0 R>>\nstream\n%b\nendstream\nendobj\n" % (len(empty), empty)
    )
    whole = whole[:place] + hidden + whole[place:]
    whole = whole.replace(b">>\nstartxref", b"/XRefStm %d>>\nstartxref" % place)
    start = place + len(hidden)
    path.write_bytes(re.sub(rb"startxref\n\d+", b"startxref\n%d" % start, whole))


def _stream_end(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Changes the packed content stream of the page, which is the first stream of the file."""

    def on(whole: bytes) -> bytes:
        start = whole.index(b"stream\n") + 7
        end = whole.index(b"\nendstream")
        return whole[:start] + change(whole[start:end]) + whole[end:]

    return on


def _damaged_content(pdf: Sheets, number: str, plain: str) -> None:
    """A good page and one whose content stops unpacking in the middle, before the number."""
    pdf.page(plain)
    packed = zlib.compress((show("Side 2. " + "ord " * 400) + show(number)).encode())
    stream = pdf.stream(
        packed[: len(packed) // 2] + b"\xff" * 40, "/Filter/FlateDecode", pack=False
    )
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F1 {pdf.font} 0 R>>>>>>"
        )
    )


def _in_comment(pdf: Sheets, number: str, plain: str) -> None:
    pdf._put(f"% {number}\n".encode())
    pdf.add(literal(number))  # an object that nobody refers to
    pdf.page(plain)


_ZIP = b"PK\x05\x06" + bytes(18)
CASES: dict[str, Case] = {
    "a page taken out by a later revision": _revised(
        lambda _old, tree: (tree, b"<</Type/Pages/Count 1/Kids[FIRST]>>")
    ),
    "hybrid cross-reference": Case(_hybrid),
    "object streams": _saved(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "linearised": _saved(linearize=True),
    "version 2.0": _saved(force_version="2.0"),
    "version 1.0": _saved(force_version="1.0"),
    "not packed at all": _saved(compress_streams=False),
    "locked by the owner, RC4 of 40 bits": _locked(2, metadata=False, aes=False),
    "locked by the owner, RC4 of 128 bits": _locked(3, metadata=False, aes=False),
    "locked by the owner, AES of 128 bits": _locked(4),
    "locked by the owner, AES of 256 bits": _locked(6),
    "locked by the owner, open metadata": _locked(6, metadata=False),
    **{
        f"locked by the user, revision {version}": _locked(
            version, _PASSWORD, **({} if version > 3 else {"metadata": False, "aes": False})
        )
        for version in (2, 3, 4, 5, 6)
    },
    "locked for certificates": _handler(
        "/Filter/Adobe.PubSec/V 4/SubFilter/adbe.pkcs7.s5/Recipients[<00>]", HELD
    ),
    "locked by a handler that nobody knows": _handler("/Filter/Hjemmelavet/V 1/R 2", HELD),
    "locked with nonsense": _handler("/Filter/Standard/V 99/R 99/O(x)/U(y)/P 0", HELD),
    "lock that changes nothing": _handler(
        "/Filter/Standard/V 4/R 4/Length 128/CF<</I<</CFM/None>>>>/StmF/Identity/StrF/Identity"
        "/O(00000000000000000000000000000000)/U(00000000000000000000000000000000)/P -4",
        HELD,
    ),
    "junk behind": _changed(lambda whole: whole + b"\0\xff" * 5000),
    "web page in front": _changed(lambda whole: b"<!DOCTYPE html><p>Hej</p>\n" + whole),
    "picture in front": _changed(lambda whole: b"GIF89a\x01\0\x01\0\0\0\0;" + whole),
    "archive behind": _changed(lambda whole: whole + _ZIP),
    "archive in front": _changed(lambda whole: b"PK\x03\x04" + bytes(26) + whole),
    "two files in one": _changed(lambda whole: whole + whole),
    "header too late": _changed(lambda whole: b" " * 2000 + whole),
    "no header": _changed(lambda whole: whole.replace(b"%PDF-1.7", b"%XYZ-1.7")),
    "header of no version": _changed(lambda whole: whole.replace(b"%PDF-1.7", b"%PDF-x.y")),
    "carriage returns only": _changed(lambda whole: re.sub(rb"(obj|>>)\n", rb"\1\r", whole)),
    "all places wrong": _changed(
        lambda whole: re.sub(rb"\d{10} 00000 n", b"0000000099 00000 n", whole)
    ),
    "places beyond the end": _changed(
        lambda whole: re.sub(rb"\d{10} 00000 n", b"9999999999 00000 n", whole)
    ),
    "table of two billion rows": _changed(lambda w: w.replace(b"xref\n0 ", b"xref\n0 214748364")),
    "earlier table that is this one": _changed(
        lambda w: w.replace(b">>\nstartxref", b"/Prev %d>>\nstartxref" % w.rindex(b"xref\n0"))
    ),
    "no trailer": _changed(lambda whole: whole[: whole.rindex(b"trailer")]),
    "no root": _changed(lambda whole: whole.replace(b"/Root 1 0 R", b"")),
    "root that is a page": _changed(lambda whole: whole.replace(b"/Root 1 0 R", b"/Root 5 0 R")),
    "no pages": _changed(lambda whole: re.sub(rb"/Pages \d+ 0 R", b"", whole)),
    "length too short": _changed(lambda whole: re.sub(rb"/Length \d+", b"/Length 3", whole)),
    "length too long": _changed(lambda whole: re.sub(rb"/Length \d+", b"/Length 99999999", whole)),
    "length below zero": _changed(lambda whole: re.sub(rb"/Length \d+", b"/Length -1", whole)),
    "length that is the stream": _changed(
        lambda whole: re.sub(rb"/Length \d+", b"/Length 4 0 R", whole)
    ),
    "first half": _changed(lambda whole: whole[: len(whole) // 2]),
    "last half": _changed(lambda whole: whole[len(whole) // 2 :], HELD),
    "every hundredth byte lost": _changed(
        lambda whole: b"".join(whole[at : at + 99] for at in range(0, len(whole), 100))
    ),
    "content with one bit turned": _changed(
        _stream_end(lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:])
    ),
    "content cut off": _changed(_stream_end(lambda data: data[: len(data) // 2])),
    "content without its check sum": _changed(_stream_end(lambda data: data[:-4])),
    "second page's content cut off": around(_damaged_content, HELD),
    "strings never ended": _changed(lambda whole: whole.replace(b"WinAnsiEncoding", b"(((((((")),
    "names with zeros": _changed(lambda whole: whole.replace(b"/Helvetica", b"/Hel#00v#2Fetica#")),
    "generation 65535": _changed(lambda whole: whole.replace(b" 0 obj", b" 65535 obj")),
    "objects numbered below zero": _changed(lambda whole: whole.replace(b"4 0 obj", b"-4 0 obj")),
    "in a comment and an object of nobody": around(_in_comment),
    "hexadecimal filter": _filters("/ASCIIHexDecode", _hex),
    "base 85 filter": _filters("/ASCII85Decode", _ascii85),
    "run-length filter": _filters("/RunLengthDecode", _runs),
    "six filters in a row": _filters(
        "/AHx/A85/Fl/RL/Fl/AHx",
        lambda d: _hex(_ascii85(zlib.compress(_runs(zlib.compress(_hex(d)))))),
    ),
    "prediction": _filters(
        "/FlateDecode", _rows, more="/DecodeParms[<</Predictor 12/Columns 10>>]"
    ),
    "filter that nobody knows": _filters("/Hjemmelavet", bytes, HELD),
    "filter of a picture": _filters("/DCTDecode", bytes, HELD),
    "a thousand filters": _filters("/AHx " * 1000, bytes, HELD),
}
# Under a wrong name: these are made into a PDF like any other of their kind.
_OTHER_KINDS = ("docx", "png", "text")
for _name, _write in letters.UNREADABLE.items():
    _become = HELD if _name in _OTHER_KINDS else FILE
    CASES[f"unreadable: {_name}"] = Case(lambda path, _cpr, w=_write: w(path), _become)
