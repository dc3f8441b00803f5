"""Numbers in fonts that say little, say it oddly, or lie about the signs that they draw."""

from __future__ import annotations

from collections.abc import Callable

from tests.inputs.fonts import SubsetFont, find_font
from tests.inputs.hostile.kit import Case, Expected, around, named, show
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD, PAGE = Expected.HELD, Expected.PAGE
_SIGNS = "0123456789-"
_GLYPH_NAMES = dict(
    zip(_SIGNS, "zero one two three four five six seven eight nine hyphen".split(), strict=True)
)
_Draw = Callable[[Sheets, str], str]


def _with_font(font: Callable[[Sheets], str | int], shown: Callable[[str], str]) -> _Draw:
    """The number, as ``shown`` codes it, in a second font of the page."""

    def add(pdf: Sheets, number: str) -> str:
        body = font(pdf)
        other = pdf.add(body) if isinstance(body, str) else body
        return f"/Font<</F1 {pdf.font} 0 R/F2 {other} 0 R>>|BT /F2 12 Tf 70 600 Td {shown(number)} Tj ET\n"

    return add


def _put(font: Callable[[Sheets], str | int], shown: Callable[[str], str] = literal,
         expected: Expected = Expected.CLEAN, *, slow: bool = False) -> Case:
    def put(pdf: Sheets, number: str, plain: str) -> None:
        resources, _, more = _with_font(font, shown)(pdf, number).partition("|")
        stream = pdf.stream(plain + more)
        pdf.pages.append(
            pdf.add(
                f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]"
                f"/Resources<<{resources}>>/Contents {stream} 0 R>>"
            )
        )

    return around(put, expected, slow=slow)


def _cmap(rows: str, space: str = "<00> <FF>") -> str:
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def "
        f"/CMapType 2 def 1 begincodespacerange {space} endcodespacerange\n{rows}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end\n"
    )


def _to_unicode(meant: Callable[[str], str], *, wide: bool = False) -> Callable[[Sheets], str]:
    """Helvetica whose table says ``meant`` of each digit and hyphen."""

    def font(pdf: Sheets) -> str:
        rows = "".join(
            f"<{ord(sign):02X}> <{meant(sign).encode('utf-16-be').hex()}>\n" for sign in _SIGNS
        )
        table = pdf.stream(_cmap(f"11 beginbfchar\n{rows}endbfchar"))
        return f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>"

    return font


def _table(rows: str, space: str = "<00> <FF>") -> Callable[[Sheets], str]:
    def font(pdf: Sheets) -> str:
        table = pdf.stream(_cmap(rows, space))
        return f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>"

    return font


def _differences(names: Callable[[str], str], first: int = 97) -> Callable[[Sheets], str]:
    """Helvetica in which the codes from ``first`` on are the digits and the hyphen."""
    listed = "".join(f"/{names(sign)}" for sign in _SIGNS)
    return lambda _pdf: (
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica"
        f"/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[{first}{listed}]>>>>"
    )


def _shifted(number: str) -> str:
    return literal("".join(chr(97 + _SIGNS.index(sign)) for sign in number))


def _drawn_font(
    name: Callable[[str], str], *, table: bool, inner: Callable[[Sheets, str], str] | None = None
) -> Callable[[Sheets], str]:
    """A Type 3 font: each glyph is a small drawing of its own."""

    def font(pdf: Sheets) -> str:
        procs = []
        for sign in _SIGNS:
            drawing = inner(pdf, sign) if inner else "0 0 500 700 re f"
            procs.append(f"/{name(sign)} {pdf.stream(f'600 0 d0 {drawing}')} 0 R")
        mapped = ""
        if table:
            rows = "".join(f"<{ord(s):02X}> <{ord(s):04X}>\n" for s in _SIGNS)
            mapped = f"/ToUnicode {pdf.stream(_cmap(f'11 beginbfchar {rows}endbfchar'))} 0 R"
        names = "/".join(name(sign) for sign in "-./0123456789" if sign in _SIGNS)
        listed = f"45/{name('-')} 48" + "".join(f"/{name(sign)}" for sign in _SIGNS[:10])
        assert names
        return (
            "<</Type/Font/Subtype/Type3/FontBBox[0 0 600 800]/FontMatrix[.001 0 0 .001 0 0]"
            f"/CharProcs<<{''.join(procs)}>>/Encoding<</Differences[{listed}]>>/FirstChar 45"
            f"/LastChar 57/Widths[{'600 ' * 13}]/Resources<</Font<</F1 {pdf.font} 0 R>>>>{mapped}>>"
        )

    return font


def _whole_in_a_glyph(pdf: Sheets, number: str, plain: str) -> None:
    """A Type 3 font with one glyph, whose drawing is the whole number."""
    glyph = pdf.stream(f"9000 0 d0 BT /F1 1000 Tf {literal(number)} Tj ET")
    font = pdf.add(
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 9000 1000]/FontMatrix[.001 0 0 .001 0 0]"
        f"/CharProcs<</a {glyph} 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97"
        f"/Widths[9000]/Resources<</Font<</F1 {pdf.font} 0 R>>>>>>"
    )
    _page_with(pdf, font, plain, "(a)")


def _page_with(pdf: Sheets, font: int, plain: str, shown: str) -> None:
    stream = pdf.stream(f"{plain}BT /F2 12 Tf 70 600 Td {shown} Tj ET\n")
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F1 {pdf.font} 0 R/F2 {font} 0 R>>>>>>"
        )
    )


def _whole_as_ligature(pdf: Sheets, number: str, plain: str) -> None:
    """One code that the table reads as the whole number."""
    table = pdf.stream(
        _cmap(f"1 beginbfchar <61> <{number.encode('utf-16-be').hex()}> endbfchar")
    )
    font = pdf.add(f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>")
    _page_with(pdf, font, plain, "(a)")


def _cid_font(encoding: Callable[[Sheets], str], *, system: str = "Identity",
              table: bool = True, entries: str = "") -> Callable[[Sheets], int]:
    """A composite font without a file, coded as ``encoding`` says."""

    def font(pdf: Sheets) -> int:
        child = pdf.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/Helvetica/DW 500{entries}"
            f"/CIDSystemInfo<</Registry(Adobe)/Ordering({system})/Supplement 0>>>>"
        )
        mapped = ""
        if table:
            rows = "".join(f"<{ord(s):04X}> <{ord(s):04X}>\n" for s in _SIGNS)
            cmap = _cmap(f"11 beginbfchar {rows}endbfchar", "<0000> <FFFF>")
            mapped = f"/ToUnicode {pdf.stream(cmap)} 0 R"
        return pdf.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/Helvetica/Encoding {encoding(pdf)}"
            f"/DescendantFonts[{child} 0 R]{mapped}>>"
        )

    return font


def _wide(number: str) -> str:
    return f"<{number.encode('utf-16-be').hex()}>"


def _own_cmap(rows: str, space: str, use: str = "") -> Callable[[Sheets], str]:
    def encoding(pdf: Sheets) -> str:
        entries = f"/Type/CMap/CMapName/Own/CIDSystemInfo<<>>{use}"
        return f"{pdf.stream(_cmap(rows, space), entries)} 0 R"

    return encoding


def _cmap_that_uses_itself(pdf: Sheets) -> str:
    number = pdf.reserve()
    pdf.stream(
        _cmap("1 begincidrange <0000> <FFFF> 0 endcidrange", "<0000> <FFFF>"),
        f"/Type/CMap/CMapName/Own/CIDSystemInfo<<>>/UseCMap {number} 0 R",
        number,
    )
    return f"{number} 0 R"


def _named_by_number(where: str) -> Case:
    def put(pdf: Sheets, number: str, plain: str) -> None:
        bodies = {
            "base": f"/BaseFont/{number}",
            "family": f"/BaseFont/Helvetica/FontDescriptor<</Type/FontDescriptor"
            f"/FontName/Helvetica/Flags 32/FontFamily{literal(number)}>>",
            "escaped": "/BaseFont/" + "".join(f"#{ord(sign):02X}" for sign in number),
        }
        font = pdf.add(f"<</Type/Font/Subtype/Type1{bodies[where]}>>")
        _page_with(pdf, font, plain, "(brev)")

    return around(put, HELD)


def _named_in_its_file(pdf: Sheets, number: str, plain: str) -> None:
    """A font file that is called by the number inside."""
    font = SubsetFont(find_font(), "LiberationSans")
    font.data += number.encode() + b"\0" + number.encode("utf-16-be")
    _page_with(pdf, font.write(pdf, {}), plain, f"<{font.glyphs['b']:04X}>")


def _subset(meant: Callable[[str], str] | None) -> Callable[[Sheets, str, str], None]:
    """A real subset font in Word's manner, whose table says ``meant`` of each sign."""

    def put(pdf: Sheets, number: str, plain: str) -> None:
        font = SubsetFont(find_font(), "LiberationSans")
        table = None if meant is None else {sign: meant(sign) for sign in _SIGNS}
        codes = "".join(f"{font.glyphs[sign]:04X}" for sign in number)
        _page_with(pdf, font.write(pdf, table), plain, f"<{codes}>")

    return put


CASES: dict[str, Case] = {
    "table says full-width digits": _put(
        _to_unicode(lambda s: chr(0xFF10 + int(s)) if s.isdigit() else s)
    ),
    "table says Arabic digits": _put(
        _to_unicode(lambda s: chr(0x0660 + int(s)) if s.isdigit() else s)
    ),
    "table says mathematical digits": _put(
        _to_unicode(lambda s: chr(0x1D7CE + int(s)) if s.isdigit() else s)
    ),
    "table says superscript digits": _put(
        _to_unicode(lambda s: "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(s)] if s.isdigit() else s), expected=HELD
    ),
    **{
        f"table says U+{code:04X} for the hyphen": _put(
            _to_unicode(lambda s, code=code: chr(code) if s == "-" else s), expected=HELD
        )
        for code in (0x2012, 0x2014, 0x2015, 0x2043, 0xFE63, 0xFF0D, 0x2E3A, 0x00B7, 0x2044,
                     0x2009, 0x2007, 0x200B, 0x2060, 0xFEFF, 0x30FC, 0x05BE, 0x02D7, 0xFE58)
    },  # fmt: skip
    "table says letters for digits": _put(
        _to_unicode(lambda s: chr(97 + _SIGNS.index(s))), expected=HELD
    ),
    "table says nothing of digits": _put(_to_unicode(lambda s: "\ufffd"), expected=HELD),
    "table says private signs": _put(
        _to_unicode(lambda s: chr(0xE000 + ord(s))), expected=HELD
    ),
    "table says blanks for digits": _put(_to_unicode(lambda s: " "), expected=HELD),
    "table says zero-width signs between": _put(_to_unicode(lambda s: s + "\u200b")),
    "table says two digits for one glyph": _put(
        _table("1 beginbfchar <61> <00300031> endbfchar 1 beginbfrange <30> <39> <0030> endbfrange"),
        lambda n: literal(n.replace("01", "a")),
    ),
    "table as ranges": _put(_table("1 beginbfrange <30> <39> <0030> endbfrange "
                                   "1 beginbfchar <2D> <002D> endbfchar")),
    "table as a list of a range": _put(
        _table("1 beginbfrange <61> <6B> [" + "".join(f"<{ord(s):04X}>" for s in _SIGNS)
               + "] endbfrange"),
        _shifted,
    ),
    "table with an endless range": _put(
        _table("1 beginbfrange <00000000> <FFFFFFFF> <0030> endbfrange", "<00000000> <FFFFFFFF>"),
        expected=HELD, slow=True,
    ),
    "table that is nonsense": _put(_table("beginbfchar <zz> endbfchar << [ ("), expected=HELD),
    "table reads one glyph as the whole number": around(_whole_as_ligature),
    "other codes by Differences": _put(_differences(_GLYPH_NAMES.__getitem__), _shifted),
    "other codes by names as uni0030": _put(
        _differences(lambda s: f"uni{ord(s):04X}"), _shifted
    ),
    "other codes by names as u00030": _put(_differences(lambda s: f"u{ord(s):05X}"), _shifted),
    "other codes by names as zero.tab": _put(
        _differences(lambda s: _GLYPH_NAMES[s] + ".tab"), _shifted, HELD
    ),
    "other codes by names as g30": _put(
        _differences(lambda s: f"g{ord(s):02X}"), _shifted, HELD
    ),
    "other codes by names that swap the digits": _put(
        _differences(lambda s: _GLYPH_NAMES["9876543210-"[_SIGNS.index(s)]]), _shifted, HELD
    ),
    "drawn glyphs with a table": _put(_drawn_font(_GLYPH_NAMES.__getitem__, table=True)),
    "drawn glyphs with their names": _put(_drawn_font(_GLYPH_NAMES.__getitem__, table=False)),
    "drawn glyphs without names": _put(
        _drawn_font(lambda s: f"g{ord(s)}", table=False), expected=HELD
    ),
    "drawn glyphs that show another font": _put(
        _drawn_font(lambda s: f"g{ord(s)}", table=False,
                    inner=lambda _pdf, s: f"BT /F1 1000 Tf {literal(s)} Tj ET"), expected=HELD
    ),
    "one drawn glyph with the whole number": around(_whole_in_a_glyph, HELD),
    "composite, Identity-H without a file": _put(_cid_font(lambda _: "/Identity-H"), _wide, PAGE),
    "composite, Identity-V": _put(_cid_font(lambda _: "/Identity-V"), _wide, PAGE),
    "composite, no table": _put(_cid_font(lambda _: "/Identity-H", table=False), _wide, HELD),
    "composite, Unicode code of Japan": _put(
        _cid_font(lambda _: "/UniJIS-UCS2-H", system="Japan1", table=False), _wide, PAGE
    ),
    "composite, Shift-JIS": _put(
        _cid_font(lambda _: "/90ms-RKSJ-H", system="Japan1", table=False), literal
    ),
    "composite, UTF-16 of China": _put(
        _cid_font(lambda _: "/UniGB-UTF16-H", system="GB1", table=False), _wide, PAGE
    ),
    "composite, a code that nobody knows": _put(
        _cid_font(lambda _: "/Hjemmelavet-H", table=False), _wide, HELD
    ),
    "composite, own code of one byte": _put(
        _cid_font(_own_cmap("1 begincidrange <00> <FF> 0 endcidrange", "<00> <FF>")), literal, HELD
    ),
    "composite, own code of three bytes": _put(
        _cid_font(_own_cmap("1 begincidrange <000000> <00FFFF> 0 endcidrange",
                            "<000000> <FFFFFF>")),
        lambda n: "<" + "".join(f"0000{ord(s):02X}" for s in n) + ">", HELD,
    ),
    "composite, a code that uses itself": _put(
        _cid_font(_cmap_that_uses_itself), _wide, HELD
    ),
    "composite, all signs without width": _put(
        _cid_font(lambda _: "/Identity-H", entries="/W[0 65535 0]"), _wide, HELD
    ),
    "subset font as Word writes it": around(_subset(lambda s: s)),
    "subset font with letters for digits": around(
        _subset(lambda s: chr(97 + _SIGNS.index(s))), HELD
    ),
    "subset font with full-width digits": around(
        _subset(lambda s: chr(0xFF10 + int(s)) if s.isdigit() else s)
    ),
    "subset font with Arabic digits": around(
        _subset(lambda s: chr(0x0660 + int(s)) if s.isdigit() else s)
    ),
    "subset font without a table": around(_subset(None), PAGE),
    "no width at all": _put(
        lambda _pdf: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126"
        f"/Widths[{'0 ' * 95}]>>",
        expected=HELD,
    ),
    "negative widths": _put(
        lambda _pdf: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126"
        f"/Widths[{'-500 ' * 95}]>>",
        expected=HELD,
    ),
    "font of no kind": _put(lambda _pdf: "<</Type/Font>>", expected=HELD),
    "font that is a number": _put(lambda _pdf: "42", expected=HELD),
    "font with a broken file": _put(
        lambda pdf: "<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 32/LastChar 33/Widths[500 500]"
        f"/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 32/FontFile2 {pdf.stream('nonsense')} 0 R>>>>",
        expected=HELD,
    ),
    "encoding that is itself": _put(
        lambda pdf: f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding {pdf._last + 1} 0 R>>",
        expected=HELD,
    ),
    "font called by the number": _named_by_number("base"),
    "font called by the number, escaped": _named_by_number("escaped"),
    "font family called by the number": _named_by_number("family"),
    "font file called by the number": around(_named_in_its_file, HELD),
}
