"""Pictures of finished pages."""

import pymupdf
import pytest

from digitalpost.pdf.render import MAX_PIXELS, page_count, render_page
from tests.pdf.making import make_source


def test_a_page_becomes_a_gray_picture_of_the_asked_width(tmp_path):
    data = make_source(tmp_path / "a.pdf", "Hej", "Du").read_bytes()
    picture = pymupdf.Pixmap(render_page(data, 2, width=827))
    assert (picture.width, picture.colorspace.n) == (827, 1)
    assert not picture.is_unicolor
    coloured = pymupdf.Pixmap(render_page(data, 2, width=827, colour=True))
    assert (coloured.width, coloured.colorspace.n) == (827, 3)
    assert page_count(data) == 2


def test_a_page_as_tall_as_a_tower_stays_within_the_limit():
    with pymupdf.open() as document:
        document.new_page(width=100, height=14000)
        data = document.tobytes()
    picture = pymupdf.Pixmap(render_page(data, 1, width=2400))
    assert picture.width * picture.height <= MAX_PIXELS * 1.01


def test_what_is_not_there_is_refused(tmp_path):
    data = make_source(tmp_path / "a.pdf", "Hej").read_bytes()
    for page in (0, 2):
        with pytest.raises(IndexError):
            render_page(data, page, width=100)
    for width in (0, 100_000):
        with pytest.raises(ValueError):
            render_page(data, 1, width=width)
    with pytest.raises(ValueError):
        page_count(b"ikke en PDF")
