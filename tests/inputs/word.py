"""Writes merge letters in the manner of Word's PDF export: by us, not by Word, but with its habits.

Identity-H fonts with ToUnicode, kerned TJ arrays of hexadecimal glyph numbers, runs that break
inside numbers, marked content with a structure tree, one logo, a header and a footer on every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.inputs import wording
from tests.inputs.fonts import SubsetFont, find_font
from tests.inputs.people import Company, Person
from tests.inputs.rawpdf import RawPdf, text_string
from tests.inputs.written import label_of, write_number

LEFT, RIGHT, WIDTH, HEIGHT = 56.64, 538.0, 595.32, 841.92


@dataclass
class _Fonts:
    plain: SubsetFont
    bold: SubsetFont
    kept: dict[str, str] = field(default_factory=dict)

    def line(self, text: str, x: float, y: float, size: float = 10.5, *, bold: bool = False) -> str:
        """One run of text in a text object of its own."""
        font = self.bold if bold else self.plain
        return (
            f"q\n0.000008871 0 {WIDTH} {HEIGHT} re\nW* n\nBT\n/{'F2' if bold else 'F1'} {size} Tf\n"
            f"1 0 0 1 {x:.2f} {y:.2f} Tm\n0 g\n0 G\n{font.show(text)}\nET\nQ\n"
        )

    def runs(self, runs: Sequence[str], x: float, y: float) -> str:
        """Several runs, one after the other on the same line."""
        drawn = []
        for run in runs:
            drawn.append(self.line(run, x, y))
            x += self.plain.width(run, 10.5)
        return "".join(drawn)

    def body(self, lines: Sequence[str], y: float) -> str:
        """A paragraph, each line in runs of a few words: the same in every letter, so kept."""
        key = f"{y} {lines[0]}"
        if key not in self.kept:
            self.kept[key] = "".join(
                self.runs(_cut_into_runs(line), LEFT, y - 14 * at) for at, line in enumerate(lines)
            )
        return self.kept[key]


def _cut_into_runs(line: str, words_each: int = 4) -> list[str]:
    words = [f"{word} " for word in line.split()]
    return ["".join(words[at : at + words_each]) for at in range(0, len(words), words_each)]


def break_number(written: str) -> list[str]:
    """A number cut in the middle of its digits, as Word cuts where spelling or edits left marks."""
    return [run for run in (written[:4], written[4:-3], written[-3:]) if run]


def write_word_merge(
    path: Path | str,
    people: Sequence[Person | Company],
    *,
    pages_each: int = 2,
    number_on: str = "first",
    written: str = "hyphen",
    logo: bool = True,
    tagged: bool = True,
) -> Path:
    """One letter of ``pages_each`` pages to each of ``people``, one after the other.

    ``number_on``: "first" page of each letter or "every" page. ``written``: see `written.py`; with
    "soft hyphen" the glyph is an ordinary hyphen and only ToUnicode says otherwise, as was seen in
    the wild. 1,000 letters of two pages are about 10 MB.
    """
    fonts = _Fonts(
        SubsetFont(find_font(), "LiberationSans", _signs_for(people, written)),
        SubsetFont(
            find_font(bold=True), "LiberationSans-Bold", "".join(sorted(set(wording.TITLE)))
        ),
    )
    meant = {"-": "\u00ad"} if written == "soft hyphen" else {}
    with RawPdf(path) as pdf:
        merge = _Merge(pdf, fonts, tagged, logo)
        merge.resources = (fonts.plain.write(pdf, meant), fonts.bold.write(pdf, {}))
        for person in people:
            number = write_number(person.number, written)
            for page in range(pages_each):
                shown = number if page == 0 or number_on == "every" else ""
                merge.add_page(person, shown, page, pages_each)
        merge.finish(len(people) * pages_each)
    return Path(path)


def _signs_for(people: Sequence[Person | Company], written: str) -> str:
    """The signs that these letters use: Word embeds no others."""
    signs = set("0123456789 -:CPRVnr.Kære Vedr. Lindevang, den juni Side af" + wording.FOOTER)
    signs.update(wording.TITLE, *wording.FIRST_PAGE, *wording.NEXT_PAGE)
    signs.update(*(write_number(person.number, written) for person in people[:1]))
    for person in people:
        signs.update(person.name, *person.address)
    return "".join(sorted(signs))


class _Merge:
    """The pages and the structure tree of one merge, written as they come."""

    def __init__(self, pdf: RawPdf, fonts: _Fonts, tagged: bool, logo: bool) -> None:
        self.pdf, self.fonts, self.tagged = pdf, fonts, tagged
        self.root, self.tree, self.structure, self.document = (pdf.reserve() for _ in range(4))
        self.pages: list[int] = []
        self.elements: list[list[int]] = []
        self.resources = (0, 0)
        self.image = _add_logo(pdf) if logo else 0
        self.bodies = [self._wrap(page) for page in wording.PAGES]

    def add_page(self, person: Person | Company, number: str, page: int, pages_each: int) -> None:
        parts = self._header(person, number) if page == 0 else self._next_header(number)
        y = 540.0 if page == 0 else 720.0
        for lines in self.bodies[min(page, 1)]:
            parts.append(self.fonts.body(lines, y))
            y -= 14 * len(lines) + 8
        parts.append(self.fonts.line(wording.FOOTER, LEFT, 40, 8))
        parts.append(self.fonts.line(f"Side {page + 1} af {pages_each}", 480, 40, 8))
        self._write_page(parts, with_image=bool(self.image) and page == 0)

    def _header(self, person: Person | Company, number: str) -> list[str]:
        line = self.fonts.line
        parts = [
            line(person.name, LEFT, 700),
            *(line(text, LEFT, 686 - 14 * at) for at, text in enumerate(person.address)),
            line("Lindevang, den 1. juni 2026", 400, 630),
        ]
        if number:
            parts.append(
                self.fonts.runs([f"{label_of(person.number)} ", *break_number(number)], LEFT, 630)
            )
        parts.append(line(wording.TITLE, LEFT, 590, 14, bold=True))
        parts.append(line(f"Kære {person.name.split()[0]}", LEFT, 562))
        return parts

    def _next_header(self, number: str) -> list[str]:
        parts = [self.fonts.line(wording.TITLE, LEFT, 780, 9, bold=True)]
        if number:
            parts.append(self.fonts.runs(["Vedr. ", *break_number(number)], LEFT, 756))
        return parts

    def _wrap(self, paragraphs: Sequence[str]) -> list[list[str]]:
        wrapped = []
        for paragraph in paragraphs:
            lines, line = [], ""
            for word in paragraph.split():
                longer = f"{line} {word}".strip()
                if self.fonts.plain.width(longer, 10.5) > RIGHT - LEFT:
                    lines.append(line)
                    longer = word
                line = longer
            wrapped.append([*lines, line])
        return wrapped

    def _write_page(self, parts: list[str], *, with_image: bool) -> None:
        pdf, index = self.pdf, len(self.pages)
        page = pdf.reserve()
        drawn = "".join(
            f"/P <</MCID {mcid}>> BDC {part}EMC\n" if self.tagged else part
            for mcid, part in enumerate(parts)
        )
        image = f"/XObject<</Image9 {self.image} 0 R>>" if with_image else ""
        if with_image:
            drawn = f"/Artifact BMC q\n212 0 0 72 {LEFT} 750 cm\n/Image9 Do Q EMC\n{drawn}"
        content = pdf.stream(drawn)
        plain, bold = self.resources
        tags = f"/Tabs/S/StructParents {index}" if self.tagged else ""
        pdf.add(
            f"<</Type/Page/Parent {self.tree} 0 R/Resources<</Font<</F1 {plain} 0 R/F2 {bold} 0 R>>"
            f"{image}/ProcSet[/PDF/Text/ImageB/ImageC/ImageI]>>/MediaBox[0 0 {WIDTH} {HEIGHT}]"
            f"/Contents {content} 0 R/Group<</Type/Group/S/Transparency/CS/DeviceRGB>>{tags}>>",
            page,
        )
        self.pages.append(page)
        if self.tagged:
            self.elements.append(
                [
                    pdf.add(
                        f"<</P {self.document} 0 R/S/P/Type/StructElem/K[{mcid}]/Pg {page} 0 R>>"
                    )
                    for mcid in range(len(parts))
                ]
            )

    def finish(self, count: int) -> None:
        pdf = self.pdf
        kids = " ".join(f"{page} 0 R" for page in self.pages)
        pdf.add(f"<</Type/Pages/Count {count}/Kids[{kids}]>>", self.tree)
        every = " ".join(f"{number} 0 R" for row in self.elements for number in row)
        rows = " ".join(
            f"{index}[{' '.join(f'{number} 0 R' for number in row)}]"
            for index, row in enumerate(self.elements)
        )
        parents = pdf.add(f"<</Nums[{rows}]>>")
        pdf.add(
            f"<</Type/StructTreeRoot/K[{self.document} 0 R]/ParentTree {parents} 0 R"
            f"/ParentTreeNextKey {count}>>",
            self.structure,
        )
        pdf.add(f"<</P {self.structure} 0 R/S/Document/Type/StructElem/K[{every}]>>", self.document)
        tags = f"/StructTreeRoot {self.structure} 0 R/MarkInfo<</Marked true>>"
        pdf.root = pdf.add(
            f"<</Type/Catalog/Pages {self.tree} 0 R/Lang(da-DK){tags if self.tagged else ''}>>",
            self.root,
        )
        pdf.info = pdf.add(
            f"<</Title{text_string(wording.TITLE)}/Creator{text_string('Flettebrev')}"
            "/CreationDate(D:20260601080000+02'00')>>"
        )


def _add_logo(pdf: RawPdf) -> int:
    data = wording.make_logo()
    return pdf.stream(
        data,
        "/Type/XObject/Subtype/Image/Width 560/Height 190/ColorSpace/DeviceRGB/BitsPerComponent 8"
        "/Filter/DCTDecode/Interpolate true",
        pack=False,
    )
