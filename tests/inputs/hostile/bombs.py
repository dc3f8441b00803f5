"""Small files that mean harm: they unpack, repeat or nest until whoever reads them is worn out."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

from tests.inputs import broken, letters
from tests.inputs.hostile.kit import Case, Expected, around, content, in_form, named, show
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD, FILE, PAGE = Expected.HELD, Expected.FILE, Expected.PAGE
_MEGA = 1 << 20


def packed(unit: bytes, megabytes: int) -> bytes:
    """``unit`` again and again, deflated as it is made so that it never lies in memory whole."""
    block = unit * (_MEGA // len(unit))
    pack = zlib.compressobj(9)
    return b"".join(pack.compress(block) for _ in range(megabytes)) + pack.flush()


def _page_of(pdf: Sheets, stream: int, resources: str = "") -> None:
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F1 {pdf.font} 0 R>>{resources}>>>>"
        )
    )


def _unpacks(unit: bytes, megabytes: int, *, twice: bool = False, slow: bool = True) -> Case:
    """A good page, and one whose content unpacks to so many megabytes."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        pdf.page(plain)
        data, filters = packed(unit, megabytes), "/FlateDecode"
        if twice:
            data, filters = zlib.compress(data, 9), "[/FlateDecode/FlateDecode]"
        _page_of(pdf, pdf.stream(data, f"/Filter {filters}", pack=False))

    return around(put, HELD, slow=slow)


def _repeated_stream(pdf: Sheets, number: str, plain: str) -> None:
    """One stream of a megabyte that the page names four thousand times."""
    pdf.page(plain)
    stream = pdf.stream(packed(b"0 0 m 1 1 l S\n", 1), "/Filter/FlateDecode", pack=False)
    many = pdf.add(f"[{f'{stream} 0 R ' * 4000}]")
    _page_of(pdf, many)


def _laughs(depth: int, width: int) -> Callable[[Sheets, str, str], None]:
    """Forms that each draw the next one ten times."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        pdf.page(plain)
        form = in_form(pdf, show("ha"))
        for _ in range(depth):
            form = in_form(pdf, "/N Do " * width, resources=f"/XObject<</N {form} 0 R>>")
        _page_of(pdf, pdf.stream("/N Do"), f"/XObject<</N {form} 0 R>>")

    return put


def _form_of_itself(pdf: Sheets, number: str) -> str:
    first, second = pdf.reserve(), pdf.reserve()
    for one, other in ((first, second), (second, first)):
        pdf.stream(
            show(number) + "/N Do /N Do",
            f"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
            f"/Resources<</Font<</F1 {pdf.font} 0 R>>/XObject<</N {other} 0 R>>>>",
            one,
        )
    return f"/XObject<</N {first} 0 R>>|/N Do\n"


def _pattern_of_itself(pdf: Sheets, number: str) -> str:
    tile = pdf.reserve()
    pdf.stream(
        "/Pattern cs /T scn 0 0 9 9 re f",
        "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9"
        f"/Resources<</Pattern<</T {tile} 0 R>>>>",
        tile,
    )
    return f"/Pattern<</T {tile} 0 R>>|/Pattern cs /T scn 0 0 500 500 re f\n"


def _tiny_tiles(pdf: Sheets, number: str) -> str:
    tile = pdf.stream(
        "0 0 .001 .001 re f",
        "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 .01 .01]/XStep .0001/YStep .0001"
        "/Resources<<>>",
    )
    return f"/Pattern<</T {tile} 0 R>>|/Pattern cs /T scn 0 0 595 842 re f\n"


def _mask_of_itself(pdf: Sheets, number: str) -> str:
    group, state = pdf.reserve(), pdf.reserve()
    pdf.stream(
        "/G gs 0 0 500 500 re f",
        "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency/CS/DeviceGray>>"
        f"/Resources<</ExtGState<</G {state} 0 R>>>>",
        group,
    )
    pdf.add(f"<</SMask<</S/Luminosity/G {group} 0 R>>>>", state)
    return f"/ExtGState<</G {state} 0 R>>|/G gs 0 0 500 500 re f\n"


def _shading(body: str, *, data: bytes = b"", function: str = "") -> Case:
    """A shading that fills the page. FUNC stands for its function."""

    def add(pdf: Sheets, number: str) -> str:
        made = ""
        if function:
            code = b"{ " + b"dup sin exch cos add " * 60_000 + b"}"
            made = f"{pdf.stream(code, function)} 0 R"
        filled = body.replace("FUNC", made)
        shading = pdf.stream(data, filled) if data else pdf.add(f"<<{filled}>>")
        return f"/Shading<</S {shading} 0 R>>|/S sh\n"

    return around(named(add), HELD)


def _glyph_of_itself(pdf: Sheets, number: str, plain: str) -> None:
    """A drawn glyph that shows itself twice."""
    glyph, font = pdf.reserve(), pdf.reserve()
    pdf.stream("900 0 d0 BT /F2 900 Tf (aa) Tj ET", "", glyph)
    pdf.add(
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 900 900]/FontMatrix[.001 0 0 .001 0 0]"
        f"/CharProcs<</a {glyph} 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97"
        f"/Widths[900]/Resources<</Font<</F2 {font} 0 R>>>>>>",
        font,
    )
    stream = pdf.stream(plain + "BT /F2 12 Tf 70 600 Td (aaaa) Tj ET")
    _page_of(pdf, stream, f"/Font<</F1 {pdf.font} 0 R/F2 {font} 0 R>>")


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
        b"1 0 obj\n<</Type/XRef/Size 1000000000/W[1 1 1]/Root 2 0 R/Filter/FlateDecode/Length %d>>\n"
        b"stream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(rows), rows, start)
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
            line = separator.join(f"{1 + (at + k) % 28:02d}0170-{(at + k) % 10000:04d}" for k in range(20))
            rows.append(show(line, x=10, y=800 - at / count * 700, size=2))
        pdf.page("".join(rows))

    return around(put, HELD, slow=count > 50_000)


def _pages_without_end(path: Path, _cpr: str) -> None:
    letters.write_many_pages(path, 60_001)


CASES: dict[str, Case] = {
    "a gigabyte of blanks": _unpacks(b" " * 64, 1024),
    "a gigabyte of blanks, packed twice": _unpacks(b" " * 64, 1024, twice=True),
    "drawing orders without end": _unpacks(b"0 0 m 1 1 l S\n", 300),
    "text without end": _unpacks(b"BT /F1 9 Tf 9 9 Td (ord) Tj ET\n", 100),
    "digits without end": _unpacks(b"BT /F1 9 Tf 9 9 Td (0102031234 ) Tj ET\n", 40),
    "one string of 50 MB": around(
        lambda pdf, n, plain: (
            pdf.page(plain),
            _page_of(pdf, pdf.stream(b"BT /F1 9 Tf (" + b"0 1" * 17_000_000 + b") Tj ET")),
        ),
        HELD,
        slow=True,
    ),
    "saved states without end": _unpacks(b"q ", 60),
    "open brackets without end": _unpacks(b"[", 60),
    "open dictionaries without end": _unpacks(b"<<", 60),
    "marked content without end": _unpacks(b"/P<</MCID 0>>BDC ", 60),
    "one stream named four thousand times": around(_repeated_stream, HELD, slow=True),
    "a billion forms": around(_laughs(9, 10), HELD, slow=True),
    "forms two hundred deep": around(_laughs(200, 1), HELD),
    "forms that draw each other": around(named(_form_of_itself), HELD),
    "a pattern made of itself": around(named(_pattern_of_itself), HELD),
    "a pattern of tiny tiles": around(named(_tiny_tiles), HELD),
    "a mask made of itself": around(named(_mask_of_itself), HELD),
    "a glyph made of itself": around(_glyph_of_itself, HELD),
    "shading by a long program": _shading(
        "/ShadingType 1/ColorSpace/DeviceGray/Domain[0 1 0 1]/Matrix[595 0 0 842 0 0]/Function FUNC",
        function="/FunctionType 4/Domain[0 1 0 1]/Range[0 1]",
    ),
    "shading by a huge table": _shading(
        "/ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 595 842]/Function<</FunctionType 0"
        "/Domain[0 1]/Range[0 1]/Size[2147483647]/BitsPerSample 32>>"
    ),
    "shading by functions of themselves": _shading(
        "/ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 595 842]/Function<</FunctionType 3"
        "/Domain[0 1]/Bounds[]/Encode[0 1]/Functions[99 0 R]>>"
    ),
    "a mesh without end": _shading(
        "/ShadingType 4/ColorSpace/DeviceGray/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8"
        "/Decode[0 595 0 842 0 1]",
        data=bytes(range(4)) * 500_000,
    ),
    "patches without end": _shading(
        "/ShadingType 7/ColorSpace/DeviceGray/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8"
        "/Decode[0 595 0 842 0 1]",
        data=(b"\0" + bytes(range(36))) * 20_000,
    ),
    "a font file of 300 MB": around(_font_file, HELD, slow=True),
    "a table of signs of 200 MB": around(_code_table, HELD, slow=True),
    "an object stream without end": around(_object_stream, HELD, slow=True),
    "a cross-reference stream without end": Case(_table_stream, HELD, slow=True),
    "a hundred thousand bookmarks": around(_outline(loop=False), HELD),
    "bookmarks in a ring": around(_outline(loop=True), HELD),
    "bookmarks twenty thousand deep": around(_bookmarks_downwards, HELD),
    "twenty thousand stamps": around(_annotations, HELD),
    "a field that is its own child": around(_fields_in_a_ring, HELD),
    "lists a hundred thousand deep": _nested("[", "]", 100_000),
    "dictionaries fifty thousand deep": _nested("<</A ", ">>", 50_000),
    "two thousand numbers on a page": _numbers(2_000, " "),
    "two hundred thousand numbers on a page": _numbers(200_000, " "),
    "a dash of a million steps": content(lambda n: "[" + "1 " * 1_000_000 + "] 0 d 0 0 m 9 9 l S\n", HELD),
    "a dash a millionth wide": content(lambda n: "[.000001] 0 d 0 0 m 9999 9999 l S\n", HELD),
    "a line wider than the world": content(lambda n: "1e30 w 0 0 m 1e30 1e30 l S\n", HELD),
    "a curve through a million places": content(
        lambda n: "0 0 m " + "1 1 9 9 5 5 c " * 200_000 + "S\n", HELD
    ),
    "sixty thousand pages and one": Case(_pages_without_end, FILE),
    "a page tree of itself": Case(lambda path, _cpr: broken.write_page_tree_loop(path), FILE),
}
