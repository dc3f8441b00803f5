"""Places pictures on A4 pages: JPEG as it is, the right way up, and never a bomb of pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image, ImageOps

from digitalpost.conversion.kinds import FileKind, refuse_damaged, refuse_pages, refused
from digitalpost.errors import Refused
from digitalpost.pdf.source import PDF_ERRORS

MOST_PIXELS = 100_000_000  # of one picture: A3 at 600 dots an inch has 70 million
_A4 = (595, 842)  # points
_TOP = 36  # points above a picture that does not fill the page
_USUAL_DPI = 96
_BELIEVED_DPI = (50, 2400)
_ORIENTATION = 0x0112  # Exif 2.32 section 4.6.4
# Orientations that are turns alone: degrees clockwise that put the picture upright.
_TURNS = {1: 0, 3: 180, 6: 90, 8: 270}
_FORMATS = {FileKind.JPEG: "JPEG", FileKind.PNG: "PNG", FileKind.TIFF: "TIFF"}
_HEIC_QUALITY = 90
# Pillow's decoders raise all of these for files that are broken, and MuPDF those of `PDF_ERRORS`.
_ERRORS: tuple[type[Exception], ...] = (
    *PDF_ERRORS,
    OSError,
    SyntaxError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)


def image_to_pdf(
    path: Path,
    target: Path,
    *,
    kind: FileKind,
    max_pages: int,
    at_page: Callable[[], None] = lambda: None,
) -> int:
    """Write the picture as an A4 PDF, one page for each picture in the file; the number of pages.

    ``at_page`` is called before each page's work. Raises `Refused`: ``damaged``, ``too_big``
    (pixels), ``too_many_pages`` or ``not_taken`` (HEIC where no library reads it).
    """
    # Our own limit stands in for Pillow's, which warns where it should refuse.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with pymupdf.open() as document:
            _add_pages(document, path, kind, max_pages, at_page)
            document.save(str(target), garbage=3, deflate=True)
            return int(document.page_count)
    except Refused:
        raise
    except _ERRORS as error:
        raise refuse_damaged(kind) from error


def _add_pages(
    document: Any, path: Path, kind: FileKind, max_pages: int, at_page: Callable[[], None]
) -> None:
    if kind is FileKind.HEIC:
        _add_jpeg_of(document, _open_heic(path))
        return
    with Image.open(path, formats=[_FORMATS[kind]]) as image:
        if kind is FileKind.TIFF:
            _add_frames(document, image, max_pages, at_page)
            return
        _weigh(image.size)
        turn = _TURNS.get(_orientation(image))
        dpi = _dpi(image)
        if kind is FileKind.JPEG and turn is not None:
            size = image.size
            image.draft("RGB", (size[0] // 8 or 1, size[1] // 8 or 1))
            image.load()  # reads it through, so a file that was cut off is found here
            _add_page(document, without_metadata(path.read_bytes()), size, dpi, turn=turn)
        elif kind is FileKind.PNG and turn == 0:
            image.load()
            _add_page(document, path.read_bytes(), image.size, dpi)
        else:
            _add_upright(document, image, dpi)


def _add_frames(
    document: Any, image: Image.Image, max_pages: int, at_page: Callable[[], None]
) -> None:
    number = 0
    while True:
        try:
            image.seek(number)
        except EOFError:
            return
        number += 1
        if number > max_pages:
            raise refuse_pages(max_pages)
        at_page()
        _weigh(image.size)
        _add_upright(document, image, _dpi(image))


def _add_upright(document: Any, image: Image.Image, dpi: float) -> None:
    """Decode, turn as its Exif says, and add without loss."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in {"1", "L", "RGB"}:
        upright = _on_white(upright)
    data = io.BytesIO()
    upright.save(data, "PNG")
    _add_page(document, data.getvalue(), upright.size, dpi)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        low, high = image.convert("F").getextrema()
        spread = (float(high) - float(low)) or 1.0  # type: ignore[arg-type]
        scaled = image.convert("F").point(lambda value: (value - low) * 255.0 / spread)
        return scaled.convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    return paper.convert("RGB")


def _open_heic(path: Path) -> Image.Image:
    try:
        import pi_heif
    except ImportError as error:
        raise refused(
            "not_taken",
            "HEIC-billeder kan ikke læses her. Gem billedet som JPEG, og vælg det igen.",
        ) from error
    picture = pi_heif.open_heif(path, convert_hdr_to_8bit=True)
    _weigh(picture.size)
    image: Image.Image = picture.to_pillow()
    return image


def _add_jpeg_of(document: Any, image: Image.Image) -> None:
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=_HEIC_QUALITY)
    _add_page(document, data.getvalue(), image.size, _USUAL_DPI)


def _weigh(size: tuple[int, int]) -> None:
    """Refuse before anything is decoded."""
    if size[0] * size[1] > MOST_PIXELS:
        raise refused(
            "too_big",
            "Billedet er for stort: %(width)s × %(height)s punkter. "
            "Gem det i en mindre størrelse, og vælg det igen.",
            width=size[0],
            height=size[1],
        )


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(_ORIENTATION, 1)
    return value if value in range(1, 9) else 1


def _dpi(image: Image.Image) -> float:
    said = image.info.get("dpi", (0, 0))
    try:
        dpi = float(said[0])
    except (TypeError, IndexError, ValueError, ZeroDivisionError):
        return _USUAL_DPI
    return dpi if _BELIEVED_DPI[0] <= dpi <= _BELIEVED_DPI[1] else _USUAL_DPI


def _add_page(
    document: Any, data: bytes, size: tuple[int, int], dpi: float, *, turn: int = 0
) -> None:
    """A page that lies as the picture does; the picture in its own size, or as large as fits."""
    width, height = size if turn % 180 == 0 else size[::-1]
    across, down = _A4 if width <= height else _A4[::-1]
    wide, high = width * 72 / dpi, height * 72 / dpi
    scale = min(1.0, across / wide, down / high)
    wide, high = wide * scale, high * scale
    left, top = (across - wide) / 2, min(_TOP, (down - high) / 2)
    page = document.new_page(width=across, height=down)
    # PyMuPDF turns against the clock.
    page.insert_image(
        pymupdf.Rect(left, top, left + wide, top + high), stream=data, rotate=(360 - turn) % 360
    )


def without_metadata(jpeg: bytes) -> bytes:
    """The JPEG without Exif, XMP, IPTC and comments: where and by whom a photo was taken.

    The picture's own data is not touched (ITU-T T.81 annex B: segments before the scan).
    """
    kept = [jpeg[:2]]
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xDA:  # start of scan: pixels from here on
            break
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker not in (0xE1, 0xED, 0xFE):  # APP1, APP13, COM
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, jpeg[at:]])
