"""Whether a page was truly read."""

from dataclasses import replace

import pymupdf

from digitalpost.pdf.read import PageProblem, PageReading, read_source
from digitalpost.pdf.source import Source
from tests.inputs import letters
from tests.inputs.sheets import Sheets, show
from tests.pdf.making import ANNA, ANNA_WRITTEN, make_drawn


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


def test_pages_drawn_alike_read_alike_each_under_its_own_number(tmp_path):
    same = show("Hilsen fra skolen, side 2", y=700)
    with Sheets(tmp_path / "a.pdf") as pdf:
        for content in (same, show("Kære Bo", y=700), same):
            pdf.page(content)
    first, other, last = read(tmp_path / "a.pdf")
    assert (first.page, other.page, last.page) == (1, 2, 3)
    assert replace(last, page=1) == first
    assert other.mark != first.mark


def test_the_same_orders_with_another_font_form_or_size_are_read_anew(tmp_path):
    orders = show("Kære elev", y=700) + "/Fm0 Do\n"
    with Sheets(tmp_path / "a.pdf") as pdf:
        plain, numbered = pdf.form(show("Intet")), pdf.form(show(f"CPR-nr. {ANNA_WRITTEN}"))
        unmapped = pdf.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/MacRoman>>")
        pdf.page(orders, resources=f"/XObject<</Fm0 {plain} 0 R>>")
        pdf.page(orders, resources=f"/XObject<</Fm0 {numbered} 0 R>>")
        pdf.page(
            orders, resources=f"/XObject<</Fm0 {numbered} 0 R>>", entries="/MediaBox[0 0 595 700]"
        )
        pdf.page(
            orders,
            entries=f"/Resources<</Font<</F1 {unmapped} 0 R>>/XObject<</Fm0 {plain} 0 R>>>>",
        )
    nobody, tall, short, other_font = read(tmp_path / "a.pdf")
    assert [hit.number for hit in tall.numbers] == [ANNA] == [hit.number for hit in short.numbers]
    assert tall.spots != short.spots
    assert not nobody.numbers and not other_font.numbers
    assert other_font.mark != nobody.mark  # the ae is another sign there


def test_a_note_on_a_page_is_read_though_the_page_is_drawn_like_one_without(tmp_path):
    with pymupdf.open() as document:
        for _ in range(3):
            document.new_page().insert_text((72, 72), "Kære elev")
        document[1].add_freetext_annot((72, 200, 400, 240), f"CPR-nr. {ANNA_WRITTEN}")
        document[2].add_freetext_annot((72, 200, 400, 240), "Intet nummer")
        document.save(tmp_path / "a.pdf")
    bare, numbered, other = read(tmp_path / "a.pdf")
    assert [len(page.numbers) for page in (bare, numbered, other)] == [0, 1, 0]
    assert bare.mark != other.mark
