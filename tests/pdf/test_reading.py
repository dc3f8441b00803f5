"""Whether a page was truly read."""

import pymupdf

from digitalpost.pdf.read import PageProblem, PageReading, read_source
from digitalpost.pdf.source import Source
from tests.inputs import letters
from tests.pdf.making import make_drawn


def read(path) -> list[PageReading]:
    with Source(path) as source:
        return list(read_source(source, range(1, source.document.page_count + 1)))


def scanned(document, page):
    picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 20, 20))
    picture.clear_with(90)
    page.insert_image(page.rect, pixmap=picture)


def scanned_with_page_number(document, page):
    scanned(document, page)
    page.insert_text((500, 820), "Side 2 af 2")


def logo_with_text(document, page):
    picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 20, 20))
    page.insert_image(pymupdf.Rect(10, 10, 90, 90), pixmap=picture)
    page.insert_text((72, 200), "Hilsen skolen")


def outlines(document, page):
    page.draw_line((72, 72), (300, 300))


def white_box(document, page):
    page.draw_rect(page.rect, color=(1, 1, 1), fill=(1, 1, 1))


def empty(document, page):
    pass


def test_pictures_and_drawings_without_text_are_not_readable(tmp_path):
    path = make_drawn(tmp_path / "a.pdf", scanned, scanned_with_page_number, outlines)
    assert [page.problem for page in read(path)] == [PageProblem.NO_TEXT] * 3


def test_a_page_with_nothing_to_see_is_blank_and_readable(tmp_path):
    for page in read(make_drawn(tmp_path / "a.pdf", empty, white_box)):
        assert page.blank and page.readable


def test_a_logo_beside_the_text_is_fine(tmp_path):
    [page] = read(make_drawn(tmp_path / "a.pdf", logo_with_text))
    assert page.readable and not page.blank


def test_a_font_without_a_character_table_is_not_readable(tmp_path):
    pages = read(letters.write_font_without_unicode(tmp_path / "a.pdf"))
    assert PageProblem.UNMAPPED in {page.problem for page in pages}
