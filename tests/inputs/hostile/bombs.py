"""Small files that mean harm: they unpack, repeat or nest until whoever reads them is worn out."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from tests.inputs.hostile.kit import Case, Expected, around, content, in_form, named, show, slow
from tests.inputs.sheets import Sheets

HELD, FILE, PAGE = Expected.HELD, Expected.FILE, Expected.PAGE
_MEGA = 1 << 20


def packed(unit: bytes, megabytes: int) -> bytes:
    """``unit`` again and again, deflated as it is made so that it never lies in memory whole."""
    block = unit * (_MEGA // len(unit))
    pack = zlib.compressobj(9)
    return b"".join(pack.compress(block) for _ in range(megabytes)) + pack.flush()


def page_of(pdf: Sheets, stream: int, resources: str = "") -> None:
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
        page_of(pdf, pdf.stream(data, f"/Filter {filters}", pack=False))

    return around(put, HELD, slow=slow)


def _repeated_stream(pdf: Sheets, number: str, plain: str) -> None:
    """One stream of a megabyte that the page names four thousand times."""
    pdf.page(plain)
    stream = pdf.stream(packed(b"0 0 m 1 1 l S\n", 1), "/Filter/FlateDecode", pack=False)
    many = pdf.add(f"[{f'{stream} 0 R ' * 4000}]")
    page_of(pdf, many)


def _laughs(depth: int, width: int) -> Callable[[Sheets, str, str], None]:
    """Forms that each draw the next one ten times."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        pdf.page(plain)
        form = in_form(pdf, show("ha"))
        for _ in range(depth):
            form = in_form(pdf, "/N Do " * width, resources=f"/XObject<</N {form} 0 R>>")
        page_of(pdf, pdf.stream("/N Do"), f"/XObject<</N {form} 0 R>>")

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
    page_of(pdf, stream, f"/Font<</F1 {pdf.font} 0 R/F2 {font} 0 R>>")


CASES: dict[str, Case] = {
    "a gigabyte of blanks": _unpacks(b" " * 64, 1024),
    "a gigabyte of blanks, packed twice": _unpacks(b" " * 64, 1024, twice=True),
    "drawing orders without end": _unpacks(b"0 0 m 1 1 l S\n", 300),
    "text without end": _unpacks(b"BT /F1 9 Tf 9 9 Td (ord) Tj ET\n", 100),
    "text of eighteen megabytes": _unpacks(b"BT /F1 9 Tf 9 9 Td (ord) Tj ET\n", 18),
    "lines of eighteen megabytes": _unpacks(b"0 0 m 1 1 l S\n", 18),
    "digits without end": _unpacks(b"BT /F1 9 Tf 9 9 Td (0102031234 ) Tj ET\n", 40),
    "one string of 50 MB": around(
        lambda pdf, n, plain: (
            pdf.page(plain),
            page_of(pdf, pdf.stream(b"BT /F1 9 Tf (" + b"0 1" * 17_000_000 + b") Tj ET")),
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
    "a pattern of tiny tiles": around(named(_tiny_tiles), HELD, slow=True),
    "a mask made of itself": around(named(_mask_of_itself), HELD),
    "a glyph made of itself": around(_glyph_of_itself, HELD),
    "shading by a long program": slow(
        _shading(
            "/ShadingType 1/ColorSpace/DeviceGray/Domain[0 1 0 1]/Matrix[595 0 0 842 0 0]"
            "/Function FUNC",
            function="/FunctionType 4/Domain[0 1 0 1]/Range[0 1]",
        )
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
    "a dash of a million steps": content(
        lambda n: "[" + "1 " * 1_000_000 + "] 0 d 0 0 m 9 9 l S\n", HELD
    ),
    "a dash a millionth wide": content(lambda n: "[.000001] 0 d 0 0 m 9999 9999 l S\n", HELD),
    "a line wider than the world": content(lambda n: "1e30 w 0 0 m 1e30 1e30 l S\n", HELD),
    "a curve through a million places": content(
        lambda n: "0 0 m " + "1 1 9 9 5 5 c " * 200_000 + "S\n", HELD, slow=True
    ),
}
