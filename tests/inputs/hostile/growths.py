"""Small files whose objects say that they are many, long or deep, or are so when unpacked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.inputs import broken, letters
from tests.inputs.hostile.bombs import packed
from tests.inputs.hostile.kit import Case, Expected, around, in_form, show
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD, FILE = Expected.HELD, Expected.FILE


def _font_file(pdf: Sheets, number: str, plain: str) -> None:
    """A font file that unpacks to 300 MB of nothing."""
    pdf.page(plain)
    file = pdf.stream(packed(b"\0" * 64, 300), "/Filter/FlateDecode/Length1 300000000", pack=False)
    font = pdf.add(
        "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 32/LastChar 33/Widths[500 500]"
        f"/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 32/FontFile2 {file} 0 R>>>>"
    )
    stream = pdf.stream("BT /F2 12 Tf 70 600 Td (tekst) Tj ET")
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F2 {font} 0 R>>>>>>"
        )
    )


def _code_table(pdf: Sheets, number: str, plain: str) -> None:
    """A table of signs that unpacks to 200 MB of ranges."""
    pdf.page(plain)
    rows = packed(b"1 beginbfrange <0000> <FFFF> <0041> endbfrange\n", 200)
    table = pdf.stream(rows, "/Filter/FlateDecode", pack=False)
    font = pdf.add(f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>")
    stream = pdf.stream("BT /F2 12 Tf 70 600 Td (tekst) Tj ET")
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F2 {font} 0 R>>>>>>"
        )
    )


def _object_stream(pdf: Sheets, number: str, plain: str) -> None:
    """A stream that says it holds a hundred million objects, and unpacks to 300 MB."""
    pdf.page(plain)
    pdf.stream(
        packed(b"1 0 ", 300),
        "/Type/ObjStm/N 100000000/First 400000000/Filter/FlateDecode",
        pack=False,
    )


def _table_stream(path: Path, cpr: str) -> None:
    """A cross-reference stream of a billion rows of no width."""
    rows = packed(b"\0" * 64, 200)
    body = b"%PDF-1.7\n"
    start = len(body)
    body += (
        b"1 0 obj\n<</Type/XRef/Size 1000000000/W[1 1 1]/Root 2 0 R/Filter/FlateDecode"
        b"/Length %d>>\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
        % (len(rows), rows, start)
    )
    path.write_bytes(body)


def _outline(*, loop: bool) -> Callable[[Sheets, str, str], None]:
    """A hundred thousand bookmarks, or two that lead to each other."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        page = pdf.page(plain)
        top = pdf.reserve()
        count = 2 if loop else 100_000
        first = pdf.reserve(count)
        for at in range(first, first + count):
            following = first if at == first + count - 1 else at + 1
            on = f"/Next {following} 0 R" if loop or following != first else ""
            pdf.add(f"<</Title(x)/Parent {top} 0 R{on}/Dest[{page} 0 R/Fit]>>", at)
        last = first + count - 1
        pdf.add(f"<</First {first} 0 R/Last {last} 0 R/Count {count}>>", top)
        pdf.catalog = f"/Outlines {top} 0 R"

    return put


def _bookmarks_downwards(pdf: Sheets, number: str, plain: str) -> None:
    """Twenty thousand bookmarks, each below the one before."""
    page = pdf.page(plain)
    first = pdf.reserve(20_000)
    for at in range(first, first + 20_000):
        below = f"/First {at + 1} 0 R/Last {at + 1} 0 R" if at < first + 19_999 else ""
        pdf.add(f"<</Title(x){below}/Dest[{page} 0 R/Fit]>>", at)
    pdf.catalog = f"/Outlines<</First {first} 0 R/Last {first} 0 R>>"


def _annotations(pdf: Sheets, number: str, plain: str) -> None:
    """Twenty thousand stamps on one page."""
    look = in_form(pdf, show("x"))
    first = pdf.reserve(20_000)
    for at in range(first, first + 20_000):
        pdf.add(f"<</Subtype/Stamp/F 4/Rect[1 1 9 9]/AP<</N {look} 0 R>>>>", at)
    named_all = "".join(f"{at} 0 R " for at in range(first, first + 20_000))
    pdf.page(plain, entries=f"/Annots[{named_all}]")


def _fields_in_a_ring(pdf: Sheets, number: str, plain: str) -> None:
    """A form field that is its own parent and child."""
    page, field = pdf.reserve(), pdf.reserve()
    pdf.add(
        f"<</Type/Annot/Subtype/Widget/F 4/Rect[9 9 90 90]/FT/Tx/T(a)/V{literal(number)}"
        f"/Parent {field} 0 R/Kids[{field} 0 R]/P {page} 0 R>>",
        field,
    )
    pdf.page(plain, entries=f"/Annots[{field} 0 R]", number=page)
    pdf.catalog = f"/AcroForm<</Fields[{field} 0 R]/NeedAppearances true>>"


def _nested(opening: str, closing: str, depth: int) -> Case:
    """An object that goes so deep."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        deep = pdf.add(opening * depth + closing * depth)
        pdf.page(plain, entries=f"/Deep {deep} 0 R/Group {deep} 0 R")

    return around(put, HELD)


def _numbers(count: int, separator: str) -> Case:
    """A page of very many CPR numbers, all different people's."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        pdf.page(plain)
        rows = []
        for at in range(0, count, 20):
            line = separator.join(
                f"{1 + (at + k) % 28:02d}0170-{(at + k) % 10000:04d}" for k in range(20)
            )
            rows.append(show(line, x=10, y=800 - at / count * 700, size=2))
        pdf.page("".join(rows))

    return around(put, HELD, slow=count > 50_000)


def _pages_without_end(path: Path, _cpr: str) -> None:
    letters.write_many_pages(path, 60_001)


CASES: dict[str, Case] = {
    "a font file of 300 MB": around(_font_file, HELD, slow=True),
    "a table of signs of 200 MB": around(_code_table, HELD, slow=True),
    "an object stream without end": around(_object_stream, HELD, slow=True),
    "a cross-reference stream without end": Case(_table_stream, HELD, slow=True),
    "a hundred thousand bookmarks": around(_outline(loop=False), HELD),
    "bookmarks in a ring": around(_outline(loop=True), HELD),
    "bookmarks twenty thousand deep": around(_bookmarks_downwards, HELD),
    "twenty thousand stamps": around(_annotations, HELD, slow=True),
    "a field that is its own child": around(_fields_in_a_ring, HELD),
    "lists a hundred thousand deep": _nested("[", "]", 100_000),
    "dictionaries fifty thousand deep": _nested("<</A ", ">>", 50_000),
    "two thousand numbers on a page": _numbers(2_000, " "),
    "two hundred thousand numbers on a page": _numbers(200_000, " "),
    "sixty thousand pages and one": Case(_pages_without_end, FILE),
    "a page tree of itself": Case(lambda path, _cpr: broken.write_page_tree_loop(path), FILE),
}
