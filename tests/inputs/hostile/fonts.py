"""Numbers in fonts that say little, say it oddly, or lie about the signs that they draw."""

from __future__ import annotations

from collections.abc import Callable

from tests.inputs.hostile.kit import Case, Expected, around
from tests.inputs.rawpdf import literal
from tests.inputs.sheets import Sheets

HELD = Expected.HELD
SIGNS = "0123456789-"
_GLYPH_NAMES = dict(
    zip(
        SIGNS,
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "hyphen"],
        strict=True,
    )
)
_Draw = Callable[[Sheets, str], str]


def _with_font(font: Callable[[Sheets], str | int], shown: Callable[[str], str]) -> _Draw:
    """The number, as ``shown`` codes it, in a second font of the page."""

    def add(pdf: Sheets, number: str) -> str:
        body = font(pdf)
        other = pdf.add(body) if isinstance(body, str) else body
        fonts = f"/Font<</F1 {pdf.font} 0 R/F2 {other} 0 R>>"
        return f"{fonts}|BT /F2 12 Tf 70 600 Td {shown(number)} Tj ET\n"

    return add


def put(
    font: Callable[[Sheets], str | int],
    shown: Callable[[str], str] = literal,
    expected: Expected = Expected.CLEAN,
    *,
    slow: bool = False,
) -> Case:
    def add(pdf: Sheets, number: str, plain: str) -> None:
        resources, _, more = _with_font(font, shown)(pdf, number).partition("|")
        stream = pdf.stream(plain + more)
        pdf.pages.append(
            pdf.add(
                f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]"
                f"/Resources<<{resources}>>/Contents {stream} 0 R>>"
            )
        )

    return around(add, expected, slow=slow)


def cmap(rows: str, space: str = "<00> <FF>") -> str:
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def "
        f"/CMapType 2 def 1 begincodespacerange {space} endcodespacerange\n{rows}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end\n"
    )


def _to_unicode(meant: Callable[[str], str]) -> Callable[[Sheets], str]:
    """Helvetica whose table says ``meant`` of each digit and hyphen."""

    def font(pdf: Sheets) -> str:
        rows = "".join(
            f"<{ord(sign):02X}> <{meant(sign).encode('utf-16-be').hex()}>\n" for sign in SIGNS
        )
        table = pdf.stream(cmap(f"11 beginbfchar\n{rows}endbfchar"))
        return f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>"

    return font


def _table(rows: str, space: str = "<00> <FF>") -> Callable[[Sheets], str]:
    def font(pdf: Sheets) -> str:
        table = pdf.stream(cmap(rows, space))
        return f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>"

    return font


def _differences(names: Callable[[str], str], first: int = 97) -> Callable[[Sheets], str]:
    """Helvetica in which the codes from ``first`` on are the digits and the hyphen."""
    listed = "".join(f"/{names(sign)}" for sign in SIGNS)
    return lambda _pdf: (
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica"
        f"/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[{first}{listed}]>>>>"
    )


def _shifted(number: str) -> str:
    return literal("".join(chr(97 + SIGNS.index(sign)) for sign in number))


def _drawn_font(
    name: Callable[[str], str], *, table: bool, inner: Callable[[Sheets, str], str] | None = None
) -> Callable[[Sheets], str]:
    """A Type 3 font: each glyph is a small drawing of its own."""

    def font(pdf: Sheets) -> str:
        procs = []
        for sign in SIGNS:
            drawing = inner(pdf, sign) if inner else "0 0 500 700 re f"
            procs.append(f"/{name(sign)} {pdf.stream(f'600 0 d0 {drawing}')} 0 R")
        mapped = ""
        if table:
            rows = "".join(f"<{ord(s):02X}> <{ord(s):04X}>\n" for s in SIGNS)
            mapped = f"/ToUnicode {pdf.stream(cmap(f'11 beginbfchar {rows}endbfchar'))} 0 R"
        listed = f"45/{name('-')} 48" + "".join(f"/{name(sign)}" for sign in SIGNS[:10])
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
    page_with(pdf, font, plain, "(a)")


def page_with(pdf: Sheets, font: int, plain: str, shown: str) -> None:
    stream = pdf.stream(f"{plain}BT /F2 12 Tf 70 600 Td {shown} Tj ET\n")
    pdf.pages.append(
        pdf.add(
            f"<</Type/Page/Parent {pdf.tree} 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R"
            f"/Resources<</Font<</F1 {pdf.font} 0 R/F2 {font} 0 R>>>>>>"
        )
    )


def _whole_as_ligature(pdf: Sheets, number: str, plain: str) -> None:
    """One code that the table reads as the whole number."""
    table = pdf.stream(cmap(f"1 beginbfchar <61> <{number.encode('utf-16-be').hex()}> endbfchar"))
    font = pdf.add(f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode {table} 0 R>>")
    page_with(pdf, font, plain, "(a)")


CASES: dict[str, Case] = {
    "table says full-width digits": put(
        _to_unicode(lambda s: chr(0xFF10 + int(s)) if s.isdigit() else s)
    ),
    "table says Arabic digits": put(
        _to_unicode(lambda s: chr(0x0660 + int(s)) if s.isdigit() else s), expected=HELD
    ),
    "table says mathematical digits": put(
        _to_unicode(lambda s: chr(0x1D7CE + int(s)) if s.isdigit() else s)
    ),
    "table says superscript digits": put(
        _to_unicode(lambda s: "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(s)] if s.isdigit() else s), expected=HELD
    ),
    **{
        f"table says U+{code:04X} for the hyphen": put(
            _to_unicode(lambda s, code=code: chr(code) if s == "-" else s), expected=HELD
        )
        for code in (
            0x2012,
            0x2014,
            0x2015,
            0x2043,
            0xFE63,
            0xFF0D,
            0x2E3A,
            0x00B7,
            0x2044,
            0x2009,
            0x2007,
            0x200B,
            0x2060,
            0xFEFF,
            0x30FC,
            0x05BE,
            0x02D7,
            0xFE58,
        )
    },
    "table says letters for digits": put(
        _to_unicode(lambda s: chr(97 + SIGNS.index(s))), expected=HELD
    ),
    "table says nothing of digits": put(_to_unicode(lambda s: "\ufffd"), expected=HELD),
    "table says private signs": put(_to_unicode(lambda s: chr(0xE000 + ord(s))), expected=HELD),
    "table says blanks for digits": put(_to_unicode(lambda s: " "), expected=HELD),
    "table says zero-width signs between": put(_to_unicode(lambda s: s + "\u200b")),
    "table says two digits for one glyph": put(
        _table(
            "1 beginbfchar <61> <00300031> endbfchar 1 beginbfrange <30> <39> <0030> endbfrange"
        ),
        lambda n: literal(n.replace("01", "a")),
    ),
    "table as ranges": put(
        _table("1 beginbfrange <30> <39> <0030> endbfrange 1 beginbfchar <2D> <002D> endbfchar")
    ),
    "table as a list of a range": put(
        _table(
            "1 beginbfrange <61> <6B> ["
            + "".join(f"<{ord(s):04X}>" for s in SIGNS)
            + "] endbfrange"
        ),
        _shifted,
    ),
    "table with an endless range": put(
        _table("1 beginbfrange <00000000> <FFFFFFFF> <0030> endbfrange", "<00000000> <FFFFFFFF>"),
        expected=HELD,
        slow=True,
    ),
    "table that is nonsense": put(_table("beginbfchar <zz> endbfchar << [ ("), expected=HELD),
    "table reads one glyph as the whole number": around(_whole_as_ligature),
    "other codes by Differences": put(_differences(_GLYPH_NAMES.__getitem__), _shifted),
    "other codes by names as uni0030": put(_differences(lambda s: f"uni{ord(s):04X}"), _shifted),
    "other codes by names as u00030": put(_differences(lambda s: f"u{ord(s):05X}"), _shifted),
    "other codes by names as zero.tab": put(
        _differences(lambda s: _GLYPH_NAMES[s] + ".tab"), _shifted, HELD
    ),
    "other codes by names as g30": put(_differences(lambda s: f"g{ord(s):02X}"), _shifted, HELD),
    "other codes by names that swap the digits": put(
        _differences(lambda s: _GLYPH_NAMES["9876543210-"[SIGNS.index(s)]]), _shifted, HELD
    ),
    "drawn glyphs with a table": put(_drawn_font(_GLYPH_NAMES.__getitem__, table=True)),
    "drawn glyphs with their names": put(_drawn_font(_GLYPH_NAMES.__getitem__, table=False)),
    "drawn glyphs without names": put(
        _drawn_font(lambda s: f"g{ord(s)}", table=False), expected=HELD
    ),
    "drawn glyphs that show another font": put(
        _drawn_font(
            lambda s: f"g{ord(s)}",
            table=False,
            inner=lambda _pdf, s: f"BT /F1 1000 Tf {literal(s)} Tj ET",
        ),
        expected=HELD,
    ),
    "one drawn glyph with the whole number": around(_whole_in_a_glyph, HELD),
}
