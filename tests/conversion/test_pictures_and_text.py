"""Pictures and texts become A4 pages in a child process, and bombs are met before they go off."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from digitalpost.conversion.convert import Converted, to_pdf
from digitalpost.conversion.images import without_metadata
from digitalpost.conversion.kinds import FileKind
from digitalpost.errors import Refused
from digitalpost.pdf.child import Limits
from digitalpost.pdf.pool import Workers
from tests.conftest import path_of
from tests.conversion import making
from tests.make import make_settings

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1) as one:
        yield one


def convert(path: Path, workers: Workers, name: str = "fil", **environ: str) -> Converted:
    settings = make_settings(path.parent, **environ)
    return to_pdf(path, name=name, settings=settings, workers=workers, folder=path.parent)


def refusal_of(path: Path, workers: Workers, **environ: str) -> tuple[str, str | None]:
    with pytest.raises(Refused) as caught:
        convert(path, workers, "skema.jpg", **environ)
    [sentence] = caught.value.sentences
    assert str(sentence)
    return sentence.code, sentence.file


def colours(pdf: Path, number: int = 0) -> list[str]:
    """The colours in the middle of the left, right, upper and lower half of the picture."""
    with pymupdf.open(str(pdf)) as document:
        page = document[number]
        [picture] = page.get_image_info()
        left, top, right, bottom = picture["bbox"]
        across, down = (left + right) / 2, (top + bottom) / 2
        pixmap = page.get_pixmap()
        places = (
            ((left + across) / 2, down),
            ((right + across) / 2, down),
            (across, (top + down) / 2),
            (across, (bottom + down) / 2),
        )
        pixels = [pixmap.pixel(int(x), int(y)) for x, y in places]
        return ["red" if pixel[0] > pixel[2] else "blue" for pixel in pixels]


@pytest.mark.parametrize(
    ("orientation", "ends"),
    [
        (1, ("left", "right")),
        (2, ("right", "left")),
        (3, ("right", "left")),
        (4, ("left", "right")),
        (5, ("top", "bottom")),
        (6, ("top", "bottom")),
        (7, ("bottom", "top")),
        (8, ("bottom", "top")),
    ],
)
def test_a_photo_stands_the_right_way_up(
    tmp_path: Path, workers: Workers, orientation: int, ends: tuple[str, str]
) -> None:
    photo = making.make_jpeg(tmp_path / "a.jpg", orientation=orientation, width=240)
    done = convert(photo, workers)
    assert done.kind is FileKind.JPEG
    assert done.was_converted
    seen = dict(zip(("left", "right", "top", "bottom"), colours(done.path), strict=True))
    assert (seen[ends[0]], seen[ends[1]]) == ("red", "blue")
    with pymupdf.open(str(done.path)) as document:
        assert sorted(round(side) for side in document[0].rect[2:]) == [595, 842]


def test_a_jpeg_is_kept_as_it_is_but_for_who_took_it_and_where(
    tmp_path: Path, workers: Workers
) -> None:
    photo = making.make_jpeg(tmp_path / "a.jpg", orientation=6, artist=f"Ole {making.CPR}")
    assert making.CPR.encode() in photo.read_bytes()
    done = convert(photo, workers)
    with pymupdf.open(str(done.path)) as document:
        kept = document.xref_stream_raw(document.get_page_images(0)[0][0])
    assert kept == without_metadata(photo.read_bytes())
    assert making.CPR.encode() not in done.path.read_bytes()
    scan = photo.read_bytes().index(b"\xff\xda")
    assert kept.endswith(photo.read_bytes()[scan:])


def test_a_fax_of_three_pages_becomes_three_pages(tmp_path: Path, workers: Workers) -> None:
    pages = [Image.new("1", (1728, 2200), shade) for shade in (1, 0, 1)]
    path = tmp_path / "fax.pdf"
    pages[0].save(
        path, "TIFF", save_all=True, append_images=pages[1:], compression="group4", dpi=(200, 200)
    )
    done = convert(path, workers)
    with pymupdf.open(str(done.path)) as document:
        middle = [page.get_pixmap().pixel(300, 400)[0] for page in document]
    assert middle == [255, 0, 255]
    assert refusal_of(path, workers, DIGITALPOST_MAX_PAGES="2")[0] == "too_many_pages"


def test_a_turned_tiff_and_a_png_and_a_heic_are_shown(tmp_path: Path, workers: Workers) -> None:
    tiff, png, heic = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    exif = Image.Exif()
    exif[0x0112] = 6
    making.make_picture(240, 120).save(tiff, "TIFF", exif=exif)
    making.make_picture(240, 120).save(png, "PNG")
    heic.write_bytes(making.HEIC)
    assert colours(convert(tiff, workers).path)[2:] == ["red", "blue"]
    assert colours(convert(png, workers).path)[:2] == ["red", "blue"]
    assert colours(convert(heic, workers).path)[:2] == ["red", "blue"]


def test_what_is_seen_through_in_a_tiff_is_white_paper(tmp_path: Path, workers: Workers) -> None:
    path = tmp_path / "a.tif"
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(path, "TIFF")
    with pymupdf.open(str(convert(path, workers).path)) as document:
        assert document[0].get_pixmap().pixel(297, 100) == (255, 255, 255)


def test_a_bomb_of_pixels_is_refused_before_it_is_decoded(tmp_path: Path, workers: Workers) -> None:
    png = making.make_png_of_claimed_size(tmp_path / "a.png", 60_000, 60_000)
    assert refusal_of(png, workers) == ("too_big", "skema.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_picture_that_was_cut_off_is_refused(tmp_path: Path, workers: Workers, kind: str) -> None:
    path = tmp_path / "a"
    Image.effect_noise((300, 300), 50).save(path, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refusal_of(path, workers)[0] == "damaged"


def test_a_picture_that_eats_its_reader_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.new("RGB", (9_000, 9_000)).save(path, "TIFF", compression="tiff_lzw")
    with Workers(1, limits=Limits(memory=400 << 20)) as small:
        assert refusal_of(path, small)[0] == "too_slow"
        assert convert(making.make_jpeg(tmp_path / "b.jpg"), small).was_converted


def text_of(pdf: Path) -> list[str]:
    """The text of each page as Poppler reads it, layout kept."""
    command = [path_of("pdftotext"), "-layout", str(pdf), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode().rstrip("\f").split("\f")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_text_keeps_its_letters_in_every_encoding(
    tmp_path: Path, workers: Workers, encoding: str
) -> None:
    path = tmp_path / "brev.txt"
    path.write_bytes(f"Kære Åse Ærø\r\n\r\nCPR: {making.CPR}\r\n".encode(encoding))
    [page] = text_of(convert(path, workers).path)
    assert page.split() == ["Kære", "Åse", "Ærø", "CPR:", making.CPR]


def test_text_has_margins_page_breaks_and_columns(tmp_path: Path, workers: Workers) -> None:
    path = tmp_path / "brev.txt"
    rows = "".join(f"Linje {number}\n" for number in range(1, 71))
    path.write_text(f"Navn\tKlasse\nÅse\t1.b\n\fAndet brev\n\f{rows}")
    done = convert(path, workers)
    first, second, third, fourth = text_of(done.path)
    assert first.split("\n")[0].index("Klasse") == first.split("\n")[1].index("1.b")
    assert second.split() == ["Andet", "brev"]
    assert "Linje 1\n" in third
    assert "Linje 70" in fourth
    with pymupdf.open(str(done.path)) as document:
        page = document[2]
        boxes = [pymupdf.Rect(block[:4]) for block in page.get_text("blocks")]
        assert all(box in pymupdf.Rect(50, 50, 545, 792) for box in boxes)


def test_long_lines_break_at_blanks_but_never_inside_a_number(
    tmp_path: Path, workers: Workers
) -> None:
    path = tmp_path / "brev.txt"
    path.write_text("ord " * 17 + "cpr 010190 1234 " + "ord " * 10 + "\n" + "x" * 200)
    [page] = text_of(convert(path, workers).path)
    lines = [line.strip() for line in page.split("\n") if line.strip()]
    assert max(map(len, lines)) <= 80
    assert "010190 1234" in page
    assert "".join(lines).count("x") == 200
    assert page.count("ord") == 27


def test_letters_of_the_world_are_shown(tmp_path: Path, workers: Workers) -> None:
    path = tmp_path / "brev.txt"
    text = "Łukasz Жанна Ωmega 漢字 ✓ A\u030aase"
    path.write_text(text)
    [page] = text_of(convert(path, workers).path)
    for word in ("Łukasz", "Жанна", "Ωmega", "漢字", "✓", "Åase"):
        assert word in page


def test_a_text_without_words_or_with_too_many_is_refused(tmp_path: Path, workers: Workers) -> None:
    path = tmp_path / "brev.txt"
    path.write_text(" \r\n\t\f \n")
    assert refusal_of(path, workers)[0] == "empty"
    path.write_text("side\f" * 30)
    assert refusal_of(path, workers, DIGITALPOST_MAX_PAGES="20")[0] == "too_many_pages"
    path.write_text("a\n" * 3_000_000)
    assert refusal_of(path, workers)[0] == "too_slow"


def test_bytes_that_turn_out_to_be_no_text_are_refused(tmp_path: Path, workers: Workers) -> None:
    path = tmp_path / "brev.txt"
    path.write_bytes(b"tekst " * 20_000 + bytes(range(32)))
    assert refusal_of(path, workers)[0] == "unknown"
