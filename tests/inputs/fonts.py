"""Subsets of a free font of this machine, written into a PDF as Word writes them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfbase.ttfonts import TTFontFile

from tests.inputs.rawpdf import RawPdf

_LETTERS = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100)))) + "–—‐‑−…•\u2007\u202f"


class FontMissingError(RuntimeError):
    """No free TrueType font is installed to subset."""


def find_font(bold: bool = False) -> Path:
    """A free TrueType font of this machine. Raises `FontMissingError` with the install step."""
    style = "Bold" if bold else "Regular"
    for family in ("Liberation Sans", "DejaVu Sans"):
        wish = f"{family}:style={style if family != 'DejaVu Sans' or bold else 'Book'}"
        found = subprocess.run(
            ["fc-match", "-f", "%{family}|%{file}", wish],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.partition("|")
        if family in found[0] and found[2].endswith(".ttf"):
            return Path(found[2])
    raise FontMissingError(
        "No free font found. Run: sudo apt-get install fontconfig fonts-liberation"
    )


@dataclass
class SubsetFont:
    """A subset of a font: what the glyphs are called in the file, and how wide they are."""

    path: Path
    name: str
    signs: str = _LETTERS
    data: bytes = b""
    glyphs: dict[str, int] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    metrics: tuple[int, int, str] = (0, 0, "")

    def __post_init__(self) -> None:
        font = TTFontFile(str(self.path), charInfo=1)
        codes = [ord(sign) for sign in dict.fromkeys(self.signs) if ord(sign) in font.charToGlyph]
        # The soft hyphen and the no-break space share a glyph with '-' and ' ' in most fonts.
        seen: dict[int, int] = {}
        for code in codes:
            place = seen.setdefault(font.charToGlyph[code], len(seen) + 1)
            self.glyphs[chr(code)] = place
            self.widths[chr(code)] = round(font.charWidths[code])
        kept = {font.charToGlyph[code]: code for code in reversed(codes)}
        self.data = font.makeSubset([kept[glyph] for glyph in seen])
        box = " ".join(str(round(edge)) for edge in font.bbox)
        self.metrics = (round(font.ascent), round(font.descent), box)

    def width(self, text: str, size: float) -> float:
        """How wide ``text`` is in points."""
        return sum(self.widths[sign] for sign in text) * size / 1000

    def show(self, text: str) -> str:
        """A TJ operator for ``text``, cut by small kerning as Word does between glyphs."""
        parts, run = [], ""
        for left, right in zip(text, [*text[1:], ""], strict=True):
            run += f"{self.glyphs[left]:04X}"
            kern = (ord(left) * 7 + ord(right) * 13) % 11 - 5 if right else 0
            if kern and kern % 2:
                parts.append(f"<{run}>{kern}")
                run = ""
        return f"[{''.join(parts)}{f'<{run}>' if run else ''}] TJ"

    def write(self, pdf: RawPdf, meant: dict[str, str] | None = None) -> int:
        """Adds the font to ``pdf``; ``meant`` overrules what ToUnicode says; None: no ToUnicode."""
        file = pdf.stream(self.data, f"/Length1 {len(self.data)}")
        ascent, descent, box = self.metrics
        name = f"BCDEEE+{self.name}"
        descriptor = pdf.add(
            f"<</Type/FontDescriptor/FontName/{name}/Flags 32/ItalicAngle 0/Ascent {ascent}"
            f"/Descent {descent}/CapHeight {ascent}/StemV 50/FontBBox[{box}]/FontFile2 {file} 0 R>>"
        )
        by_glyph = {glyph: sign for sign, glyph in reversed(self.glyphs.items())}
        wide = " ".join(str(self.widths[by_glyph[glyph]]) for glyph in sorted(by_glyph))
        child = pdf.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDToGIDMap/Identity/DW 1000"
            f"/CIDSystemInfo<</Ordering(Identity)/Registry(Adobe)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/W[1[{wide}]]>>"
        )
        mapped = ""
        if meant is not None:
            table = _to_unicode({glyph: meant.get(s, s) for glyph, s in by_glyph.items()})
            mapped = f"/ToUnicode {pdf.stream(table)} 0 R"
        return pdf.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
            f"/DescendantFonts[{child} 0 R]{mapped}>>"
        )


def _to_unicode(signs: dict[int, str]) -> str:
    rows = [f"<{glyph:04X}> <{ord(sign):04X}>" for glyph, sign in sorted(signs.items())]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    chars = "".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo"
        "<< /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS "
        "def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{chars}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )
