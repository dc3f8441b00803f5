"""The number is truly gone from the finished letter, wherever the source had put it."""

import pymupdf
import pytest

from tests.pdf.engines import assert_gone, texts_of
from tests.pdf.making import (
    ANNA,
    ANNA_WRITTEN,
    BO_WRITTEN,
    make_drawn,
    make_letters,
    make_raw,
    make_source,
)

WORDS = "Kære forælder"


def at(y: float, text: str, **options):
    """A drawing function that puts a label line with the number somewhere."""

    def draw(document, page):
        page.insert_text((72, 60), WORDS)
        page.insert_text((72, y), text, **options)

    return draw


def on_hidden_layer(document, page):
    page.insert_text((72, 60), WORDS)
    page.insert_text((72, 90), f"CPR {ANNA_WRITTEN}", oc=document.add_ocg("skjult", on=False))


def under_a_picture(document, page):
    page.insert_text((72, 90), f"{WORDS} CPR {ANNA_WRITTEN}")
    picture = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 20, 20))
    picture.clear_with(128)
    page.insert_image(pymupdf.Rect(60, 70, 300, 100), pixmap=picture)


def outside_the_crop_box(document, page):
    page.insert_text((72, 400), WORDS)
    page.insert_text((72, 40), f"CPR {ANNA_WRITTEN}")
    page.set_cropbox(pymupdf.Rect(0, 200, 595, 842))


def outside_the_media_box(document, page):
    page.insert_text((72, 400), WORDS)
    page.insert_text((700, 400), f"CPR {ANNA_WRITTEN}")


def on_a_turned_page(document, page):
    page.insert_text((72, 90), f"{WORDS} CPR {ANNA_WRITTEN}")
    page.set_rotation(90)


def in_a_field(document, page):
    page.insert_text((72, 60), WORDS)
    field = pymupdf.Widget()
    field.field_name, field.field_value = "nr", f"CPR {ANNA_WRITTEN}"
    field.field_type, field.rect = pymupdf.PDF_WIDGET_TYPE_TEXT, pymupdf.Rect(72, 90, 300, 120)
    page.add_widget(field)


def in_a_text_note(document, page):
    page.insert_text((72, 60), WORDS)
    page.add_freetext_annot(pymupdf.Rect(72, 90, 300, 120), f"CPR {ANNA_WRITTEN}")


def in_a_sticky_note_and_a_link(document, page):
    page.insert_text((72, 60), f"{WORDS} CPR {ANNA_WRITTEN}")
    page.add_text_annot((300, 300), f"Ring til {ANNA_WRITTEN}")
    uri = f"https://skole.example/{ANNA}"
    page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(1, 1, 9, 9), "uri": uri})


def in_bookmark_metadata_and_attachment(document, page):
    page.insert_text((72, 60), f"{WORDS} CPR {ANNA_WRITTEN}")
    document.set_toc([[1, f"Brev {ANNA_WRITTEN}", 1]])
    document.set_metadata({"title": ANNA_WRITTEN, "author": ANNA, "keywords": ANNA})
    document.set_xml_metadata(f"<x>{ANNA_WRITTEN}</x>")
    document.embfile_add("nr.txt", ANNA_WRITTEN.encode())


def in_a_header_form(document, page):
    page.insert_text((72, 400), WORDS)
    with pymupdf.open() as header:
        header.new_page(width=300, height=40).insert_text((10, 20), f"CPR {ANNA_WRITTEN}")
        page.show_pdf_page(pymupdf.Rect(72, 60, 372, 100), header, 0)


@pytest.mark.parametrize(
    "draw",
    [
        at(90, f"CPR-nr.: {ANNA_WRITTEN}"),
        at(90, f"CPR-nr.: {ANNA}"),
        at(90, "CPR 010203\u00ad1234"),
        at(90, "010203 1234"),
        at(90, "CPR 010203 -\n1234"),
        at(90, "0 1 0 2 0 3 - 1 2 3 4"),
        at(200, f"CPR {ANNA_WRITTEN}", rotate=90),
        at(90, f"CPR {ANNA_WRITTEN}", render_mode=3),
        at(90, f"CPR {ANNA_WRITTEN}", color=(1, 1, 1)),
        at(90, f"CPR {ANNA_WRITTEN}", fontsize=1),
        on_hidden_layer,
        under_a_picture,
        outside_the_crop_box,
        outside_the_media_box,
        on_a_turned_page,
        in_a_field,
        in_a_text_note,
        in_a_sticky_note_and_a_link,
        in_bookmark_metadata_and_attachment,
        in_a_header_form,
    ],
)
def test_the_number_is_gone_and_the_rest_stands(tmp_path, draw):
    made = make_letters(make_drawn(tmp_path / "a.pdf", draw))
    [letter] = made.letters
    assert made.plan.letters[0].number == ANNA
    assert letter.problem is None
    assert_gone(letter.stored, ANNA)
    assert WORDS in " ".join(texts_of(letter.stored)["pymupdf"].split())
    assert sum(count for _, count in letter.removed) >= 1


def show(body: str) -> bytes:
    return f"BT /F1 11 Tf 72 700 Td (Kaere foraelder) Tj 0 -30 Td {body} ET".encode("latin-1")


@pytest.mark.parametrize(
    "body",
    [
        "(CPR 0102) Tj (03-12) Tj (34) Tj",
        "[(CPR 01) 10 (02) -20 (03-) 5 (1234)] TJ",
        "3 Tc (CPR 010203-1234) Tj 0 Tc",
        "12 Tc (CPR 010203-1234) Tj 0 Tc",
        "(CPR 010203-) Tj 0 -14 Td (1234) Tj",
        "/Span <</ActualText (CPR 010203-1234)>> BDC (skjult) Tj EMC",
        "/Span <</ActualText (skjult)>> BDC (CPR 010203-1234) Tj EMC",
        "/Span <</ActualText <FEFF003000310030003200300033002D0031003200330034>>> BDC (x) Tj EMC"
        " (CPR 010203-1234) Tj",
        "/Figure <</Alt (010203-1234)>> BDC (CPR 010203-1234) Tj EMC",
    ],
)
def test_the_number_is_gone_however_the_content_writes_it(tmp_path, body):
    made = make_letters(make_raw(tmp_path / "a.pdf", show(body)))
    [letter] = made.letters
    assert made.plan.letters[0].number == ANNA
    assert letter.problem is None
    assert_gone(letter.stored, ANNA)


def test_replacement_text_in_the_page_properties_is_gone(tmp_path):
    path = make_raw(
        tmp_path / "a.pdf",
        show("/Span /P0 BDC (CPR 010203-1234) Tj EMC"),
        resources="/Properties<</P0<</ActualText(CPR 010203-1234)>>>>",
    )
    [letter] = make_letters(path).letters
    assert letter.problem is None
    assert_gone(letter.stored, ANNA)


@pytest.mark.parametrize(
    "text",
    ["010203.1234", "01.02.03-1234", "J.nr. 2026-010203-1234", "Sag 010203-1234", "0102031234"],
)
def test_other_writings_of_the_recipients_number_go_as_well(tmp_path, text):
    made = make_letters(make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}", f"Hej {text} slut"))
    [letter] = made.letters
    assert letter.removed == ((1, 1), (2, 1))
    assert_gone(letter.stored, ANNA)
    assert "Hej" in texts_of(letter.stored)["pymupdf"]


def test_a_longer_number_that_contains_it_is_left_whole(tmp_path):
    text = f"CPR-nr. {ANNA}\nFaktura 9{ANNA}77"
    [letter] = make_letters(make_source(tmp_path / "a.pdf", text)).letters
    assert letter.problem is None
    assert f"9{ANNA}77" in texts_of(letter.stored)["pymupdf"]
    assert_gone_as_a_number = texts_of(letter.stored)["pymupdf"].replace(f"9{ANNA}77", "")
    assert ANNA not in assert_gone_as_a_number


def test_the_number_stays_when_it_is_asked_to(tmp_path):
    made = make_letters(make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}"), keep_numbers=True)
    assert ANNA_WRITTEN in texts_of(made.files[0])["pypdf"]
    assert made.letters[0].removed == () and made.letters[0].problem is None


def test_a_finished_letter_has_title_and_language_and_no_maker(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}")
    [data] = make_letters(path, title="Møde på skolen").files
    with pymupdf.open(stream=data) as letter:
        catalog = letter.xref_object(letter.pdf_catalog())
        assert letter.metadata["title"] == "Møde på skolen"
        assert "(da-DK)" in catalog and "DisplayDocTitle true" in catalog
        assert not letter.metadata["author"] and letter.metadata["producer"] == "DigitalPost"


def test_the_same_source_gives_the_same_bytes(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}", f"CPR {BO_WRITTEN}")
    first, second = make_letters(path), make_letters(path)
    assert [a.sha256 for a in first.letters] == [b.sha256 for b in second.letters]


def test_text_that_would_be_lost_with_the_number_stops_the_letter(tmp_path):
    def overprinted(document, page):
        page.insert_text((72, 90), f"CPR {ANNA_WRITTEN}")
        page.insert_text((100, 90), "BETALES STRAKS")

    [letter] = make_letters(make_drawn(tmp_path / "a.pdf", overprinted)).letters
    assert letter.problem is not None and letter.problem.code == "changed"
