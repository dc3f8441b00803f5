"""Letters as scanners and copiers leave them: pictures of pages, askew, noisy, turned; and pages
whose letters are shapes that no program can name.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.inputs.fonts import find_font
from tests.inputs.rawpdf import RawPdf

A4 = pymupdf.paper_rect("a4")


@dataclass(frozen=True)
class Scanner:
    """How a page comes out: sharpness, degrees askew, quarter turns, blur, noise, JPEG quality."""

    dpi: int = 200
    askew: float = 0.6
    turned: int = 0
    blur: float = 0.4
    noise: float = 0.08
    quality: int = 60

    def take(self, page: pymupdf.Page) -> bytes:
        """The page as a gray JPEG."""
        drawn = page.get_pixmap(dpi=self.dpi, colorspace=pymupdf.csGRAY)
        picture = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)
        picture = picture.rotate(self.askew, resample=Image.Resampling.BICUBIC, fillcolor=255)
        picture = picture.filter(ImageFilter.GaussianBlur(self.blur))
        grain = random.Random(self.dpi).randbytes(picture.width * picture.height)
        noise = Image.frombytes("L", picture.size, grain)
        picture = Image.blend(picture, noise, self.noise).rotate(self.turned, expand=True)
        taken = io.BytesIO()
        picture.save(taken, "JPEG", quality=self.quality)
        return taken.getvalue()


FAIR = Scanner()


def write_scan(path: Path | str, source: Path | str, scanner: Scanner = FAIR) -> Path:
    """Every page of ``source`` as a picture and nothing else."""
    with pymupdf.open(source) as pages, pymupdf.open() as document:
        for page in pages:
            box = page.rect if scanner.turned % 180 == 0 else pymupdf.Rect(0, 0, *page.rect[:1:-1])
            new = document.new_page(width=box.width, height=box.height)
            new.insert_image(new.rect, stream=scanner.take(page))
        document.save(str(path), garbage=1, no_new_id=True)
    return Path(path)


def write_searchable_scan(path: Path | str, source: Path | str, layer: str = "unseen") -> Path:
    """A scan with the text that other software recognised: unseen, under the picture, or clear."""
    with pymupdf.open(source) as pages, pymupdf.open() as document:
        for page in pages:
            new = document.new_page(width=page.rect.width, height=page.rect.height)
            if layer != "under":
                new.insert_image(new.rect, stream=Scanner(askew=0.2).take(page))
            for x, y, _, bottom, word, *_ in page.get_text("words"):
                new.insert_text(
                    (x, y + 0.8 * (bottom - y)),
                    f"{word} ",
                    fontsize=0.75 * (bottom - y),
                    render_mode=3 if layer == "unseen" else 0,
                    fill_opacity=0 if layer == "clear" else 1,
                )
            if layer == "under":
                new.insert_image(new.rect, stream=Scanner(askew=0.2).take(page))
        document.save(str(path), garbage=1, no_new_id=True)
    return Path(path)


def write_outlines(path: Path | str, source: Path | str) -> Path:
    """Every page of ``source`` with its letters drawn as lines, as for a printing house."""
    with pymupdf.open(source) as pages, pymupdf.open() as document:
        for page in pages:
            drawing = page.get_svg_image(text_as_path=True).encode()
            with pymupdf.open("svg", drawing) as svg:
                document.insert_pdf(pymupdf.open("pdf", svg.convert_to_pdf()))
        document.save(str(path), garbage=1, no_new_id=True)
    return Path(path)


def write_on_printed_paper(path: Path | str, source: Path | str) -> Path:
    """The text of ``source`` upon a picture that fills the page: paper with a printed border."""
    border = Image.new("RGB", (1240, 1754), "white")
    ImageDraw.Draw(border).rectangle((20, 20, 1220, 1734), outline="#2a6", width=12)
    taken = io.BytesIO()
    border.save(taken, "JPEG", quality=80)
    with pymupdf.open(source) as document:
        for page in document:
            page.insert_image(page.rect, stream=taken.getvalue(), overlay=False)
        document.save(str(path), garbage=1, no_new_id=True)
    return Path(path)


def write_bitmap_font(path: Path | str, lines: Sequence[str]) -> Path:
    """One page in a Type 3 font of little pictures without names, as old TeX and mainframes do."""
    font = ImageFont.truetype(str(find_font()), 48)
    signs = sorted({sign for line in lines for sign in line})
    with RawPdf(path) as pdf:
        numbers, widths = [], []
        for sign in signs:
            width = round(font.getlength(sign))
            cell = Image.new("1", (max(8, width), 64), 0)
            ImageDraw.Draw(cell).text((0, 4), sign, fill=1, font=font)
            bits = bytes(byte ^ 0xFF for byte in cell.tobytes())
            head = f"{width} 0 0 -16 {cell.width} 48 d1 q {cell.width} 0 0 64 0 -16 cm "
            head += f"BI /W {cell.width} /H 64 /IM true /BPC 1 /F /AHx ID {bits.hex()}> EI Q"
            numbers.append(pdf.stream(head))
            widths.append(width)
        names = " ".join(f"/g{at}" for at in range(len(signs)))
        shapes = " ".join(f"/g{at} {number} 0 R" for at, number in enumerate(numbers))
        face = pdf.add(
            "<</Type/Font/Subtype/Type3/FontBBox[0 -16 64 48]/FontMatrix[.02083 0 0 .02083 0 0]"
            f"/CharProcs<<{shapes}>>/Encoding<</Type/Encoding/Differences[1 {names}]>>"
            f"/FirstChar 1/LastChar {len(signs)}/Widths[{' '.join(map(str, widths))}]"
            "/Resources<<>>>>"
        )
        drawn = "".join(
            f"1 0 0 1 60 {780 - 18 * at} Tm "
            f"<{''.join(f'{signs.index(sign) + 1:02x}' for sign in line)}> Tj\n"
            for at, line in enumerate(lines)
        )
        content = pdf.stream(f"BT /F1 11 Tf\n{drawn}ET")
        tree = pdf.reserve()
        page = pdf.add(
            f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R"
            f"/Resources<</Font<</F1 {face} 0 R>>>>>>"
        )
        pdf.add(f"<</Type/Pages/Count 1/Kids[{page} 0 R]>>", tree)
        pdf.root = pdf.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    return Path(path)
