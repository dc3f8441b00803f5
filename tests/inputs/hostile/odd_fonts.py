"""Numbers in composite fonts, subset fonts, and fonts that are hardly fonts at all."""

from __future__ import annotations

from collections.abc import Callable

from tests.inputs.fonts import SubsetFont, find_font
from tests.inputs.hostile.fonts import SIGNS, cmap, page_with, put
from tests.inputs.hostile.kit import Case, Expected, around
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD, PAGE = Expected.HELD, Expected.PAGE


def _cid_font(
    encoding: Callable[[Sheets], str],
    *,
    system: str = "Identity",
    mapped: bool = True,
    entries: str = "",
) -> Callable[[Sheets], int]:
    """A composite font without a file, coded as ``encoding`` says."""

    def font(pdf: Sheets) -> int:
        child = pdf.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/Helvetica/DW 500{entries}"
            f"/CIDSystemInfo<</Registry(Adobe)/Ordering({system})/Supplement 0>>>>"
        )
        said = ""
        if mapped:
            rows = "".join(f"<{ord(s):04X}> <{ord(s):04X}>\n" for s in SIGNS)
            table = cmap(f"11 beginbfchar {rows}endbfchar", "<0000> <FFFF>")
            said = f"/ToUnicode {pdf.stream(table)} 0 R"
        return pdf.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/Helvetica/Encoding {encoding(pdf)}"
            f"/DescendantFonts[{child} 0 R]{said}>>"
        )

    return font


def _wide(number: str) -> str:
    return f"<{number.encode('utf-16-be').hex()}>"


def _own_cmap(rows: str, space: str, use: str = "") -> Callable[[Sheets], str]:
    def encoding(pdf: Sheets) -> str:
        entries = f"/Type/CMap/CMapName/Own/CIDSystemInfo<<>>{use}"
        return f"{pdf.stream(cmap(rows, space), entries)} 0 R"

    return encoding


def _cmap_that_uses_itself(pdf: Sheets) -> str:
    number = pdf.reserve()
    pdf.stream(
        cmap("1 begincidrange <0000> <FFFF> 0 endcidrange", "<0000> <FFFF>"),
        f"/Type/CMap/CMapName/Own/CIDSystemInfo<<>>/UseCMap {number} 0 R",
        number,
    )
    return f"{number} 0 R"


def _named_by_number(where: str) -> Case:
    def add(pdf: Sheets, number: str, plain: str) -> None:
        bodies = {
            "base": f"/BaseFont/{number}",
            "family": f"/BaseFont/Helvetica/FontDescriptor<</Type/FontDescriptor"
            f"/FontName/Helvetica/Flags 32/FontFamily{literal(number)}>>",
            "escaped": "/BaseFont/" + "".join(f"#{ord(sign):02X}" for sign in number),
        }
        font = pdf.add(f"<</Type/Font/Subtype/Type1{bodies[where]}>>")
        page_with(pdf, font, plain, "(brev)")

    return around(add, HELD)


def _named_in_its_file(pdf: Sheets, number: str, plain: str) -> None:
    """A font file that is called by the number inside."""
    font = SubsetFont(find_font(), "LiberationSans")
    font.data += number.encode() + b"\0" + number.encode("utf-16-be")
    page_with(pdf, font.write(pdf, {}), plain, f"<{font.glyphs['b']:04X}>")


def _subset(meant: Callable[[str], str] | None) -> Callable[[Sheets, str, str], None]:
    """A real subset font in Word's manner, whose table says ``meant`` of each sign."""

    def add(pdf: Sheets, number: str, plain: str) -> None:
        font = SubsetFont(find_font(), "LiberationSans")
        table = None if meant is None else {sign: meant(sign) for sign in SIGNS}
        codes = "".join(f"{font.glyphs[sign]:04X}" for sign in number)
        page_with(pdf, font.write(pdf, table), plain, f"<{codes}>")

    return add


CASES: dict[str, Case] = {
    "composite, Identity-H without a file": put(_cid_font(lambda _: "/Identity-H"), _wide, PAGE),
    "composite, Identity-V": put(_cid_font(lambda _: "/Identity-V"), _wide, PAGE),
    "composite, no table": put(_cid_font(lambda _: "/Identity-H", mapped=False), _wide, HELD),
    "composite, Unicode code of Japan": put(
        _cid_font(lambda _: "/UniJIS-UCS2-H", system="Japan1", mapped=False), _wide, PAGE
    ),
    "composite, Shift-JIS": put(
        _cid_font(lambda _: "/90ms-RKSJ-H", system="Japan1", mapped=False), literal
    ),
    "composite, UTF-16 of China": put(
        _cid_font(lambda _: "/UniGB-UTF16-H", system="GB1", mapped=False), _wide, PAGE
    ),
    "composite, a code that nobody knows": put(
        _cid_font(lambda _: "/Hjemmelavet-H", mapped=False), _wide, HELD
    ),
    "composite, own code of one byte": put(
        _cid_font(_own_cmap("1 begincidrange <00> <FF> 0 endcidrange", "<00> <FF>")), literal, HELD
    ),
    "composite, own code of three bytes": put(
        _cid_font(
            _own_cmap("1 begincidrange <000000> <00FFFF> 0 endcidrange", "<000000> <FFFFFF>")
        ),
        lambda n: "<" + "".join(f"0000{ord(s):02X}" for s in n) + ">",
        HELD,
    ),
    "composite, a code that uses itself": put(_cid_font(_cmap_that_uses_itself), _wide, HELD),
    "composite, all signs without width": put(
        _cid_font(lambda _: "/Identity-H", entries="/W[0 65535 0]"), _wide, HELD
    ),
    "subset font as Word writes it": around(_subset(lambda s: s)),
    "subset font with letters for digits": around(
        _subset(lambda s: chr(97 + SIGNS.index(s))), HELD
    ),
    "subset font with full-width digits": around(
        _subset(lambda s: chr(0xFF10 + int(s)) if s.isdigit() else s)
    ),
    "subset font with Arabic digits": around(
        _subset(lambda s: chr(0x0660 + int(s)) if s.isdigit() else s), HELD
    ),
    "subset font without a table": around(_subset(None), PAGE),
    "no width at all": put(
        lambda _pdf: (
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126"
            f"/Widths[{'0 ' * 95}]>>"
        ),
        expected=HELD,
    ),
    "negative widths": put(
        lambda _pdf: (
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126"
            f"/Widths[{'-500 ' * 95}]>>"
        ),
        expected=HELD,
    ),
    "font of no kind": put(lambda _pdf: "<</Type/Font>>", expected=HELD),
    "font that is a number": put(lambda _pdf: "42", expected=HELD),
    "font with a broken file": put(
        lambda pdf: (
            "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 32/LastChar 33/Widths[500 500]"
            "/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 32"
            f"/FontFile2 {pdf.stream('nonsense')} 0 R>>>>"
        ),
        expected=HELD,
    ),
    "encoding that is itself": put(
        lambda pdf: f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding {pdf._last + 1} 0 R>>",
        expected=HELD,
    ),
    "font called by the number": _named_by_number("base"),
    "font called by the number, escaped": _named_by_number("escaped"),
    "font family called by the number": _named_by_number("family"),
    "font file called by the number": around(_named_in_its_file, HELD),
}
