"""A letter carries nothing of another letter, whatever tied their pages together in the source."""

import pikepdf
import pymupdf
import pytest

from tests.pdf.engines import everything_in, texts_of
from tests.pdf.making import ANNA_WRITTEN, BO_WRITTEN, make_letters, make_raw, make_source

SECRET = b"HEMMELIGT OM BO"


def assert_no_secret(made) -> None:
    first = made.letters[0]
    assert first.problem is None
    assert len(made.letters) == 2
    stored = everything_in(first.stored)
    assert SECRET not in stored and SECRET.decode().encode("utf-16-be") not in stored
    assert all(SECRET.decode() not in text for text in texts_of(first.stored).values())
    assert BO_WRITTEN.encode() not in stored


def make_two(path):
    return make_source(path, f"CPR {ANNA_WRITTEN}", f"CPR {BO_WRITTEN} {SECRET.decode()}")


def tie_link(document: pymupdf.Document) -> None:
    to_bo = {"kind": pymupdf.LINK_GOTO, "page": 1, "from": pymupdf.Rect(0, 0, 99, 99)}
    document[0].insert_link(to_bo)


def tie_bookmarks(document: pymupdf.Document) -> None:
    document.set_toc([[1, "Anna", 1], [1, SECRET.decode(), 2]])


def tie_attachment(document: pymupdf.Document) -> None:
    document.embfile_add("bo.txt", SECRET)


@pytest.mark.parametrize("tie", [tie_link, tie_bookmarks, tie_attachment])
def test_documents_ties_are_cut(tmp_path, tie):
    path = make_two(tmp_path / "a.pdf")
    with pymupdf.open(path) as document:
        tie(document)
        document.save(tmp_path / "b.pdf")
    assert_no_secret(make_letters(tmp_path / "b.pdf"))


def tie_fields(pdf: pikepdf.Pdf) -> None:
    parent = pdf.make_indirect(pikepdf.Dictionary(T="nr", FT=pikepdf.Name.Tx, Kids=[]))
    for page, value in zip(pdf.pages, (b"Anna", SECRET), strict=True):
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Parent=parent, V=value,
                Rect=[72, 500, 300, 520], DA=b"/Helv 10 Tf 0 g", P=page.obj,
            )
        )  # fmt: skip
        parent.Kids.append(field)
        page.Annots = pikepdf.Array([field])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[parent], NeedAppearances=True)


def tie_tags(pdf: pikepdf.Pdf) -> None:
    root = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot, K=[]))
    for page, words in zip(pdf.pages, (b"Anna", SECRET), strict=True):
        element = pikepdf.Dictionary(
            Type=pikepdf.Name.StructElem, S=pikepdf.Name.P, P=root, Pg=page.obj, Alt=words
        )
        root.K.append(pdf.make_indirect(element))
        page.obj.StructParents = 0
    pdf.Root.StructTreeRoot = root


def tie_thread(pdf: pikepdf.Pdf) -> None:
    first, second = (
        pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Bead, P=page.obj, R=[0, 0, 9, 9]))
        for page in pdf.pages
    )
    first.N = first.V = second
    second.N = second.V = first
    first.T = pdf.make_indirect(pikepdf.Dictionary(F=first, I=pikepdf.Dictionary(Title=SECRET)))
    for page, bead in zip(pdf.pages, (first, second), strict=True):
        page.obj.B = pikepdf.Array([bead])


def tie_destination(pdf: pikepdf.Pdf) -> None:
    names = [pikepdf.String("anna"), [pdf.pages[0].obj], pikepdf.String(SECRET), [pdf.pages[1].obj]]
    pdf.Root.Names = pikepdf.Dictionary(Dests=pikepdf.Dictionary(Names=names))


def tie_page_data(pdf: pikepdf.Pdf) -> None:
    secret = pdf.make_stream(SECRET)
    pdf.pages[0].obj.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=secret))
    pdf.pages[0].obj.Metadata = secret
    pdf.pages[0].obj.Thumb = secret
    pdf.Root.Metadata = secret


@pytest.mark.parametrize("tie", [tie_fields, tie_tags, tie_thread, tie_destination, tie_page_data])
def test_page_ties_are_cut(tmp_path, tie):
    with pikepdf.open(make_two(tmp_path / "a.pdf")) as pdf:
        tie(pdf)
        pdf.save(tmp_path / "b.pdf")
    assert_no_secret(make_letters(tmp_path / "b.pdf"))


def make_shared(path, *, contents: list[bytes], kind: str = "XObject", nested: bool = False):
    """Pages under one resource dictionary that also names the other letter's thing."""
    with pikepdf.open(make_raw(path, *contents)) as pdf:
        font = pdf.pages[0].Resources.Font
        secret = b"BT /F1 11 Tf 72 600 Td (" + SECRET + b") Tj ET"
        drawn = {"BBox": [0, 0, 600, 850], "Resources": pikepdf.Dictionary(Font=font)}
        form = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Form, **drawn}
        thing = pdf.make_stream(secret, **form)
        if kind == "Pattern":
            tiles = {"PatternType": 1, "PaintType": 1, "TilingType": 1, "XStep": 9, "YStep": 9}
            thing = pdf.make_stream(secret, **drawn, **tiles)
        if kind == "Properties":
            thing = pdf.make_indirect(pikepdf.Dictionary(Note=SECRET))
        shared = pikepdf.Dictionary({"/Font": font, f"/{kind}": {"/Bo": thing}})
        if nested:
            outer = pdf.make_stream(b"q Q", **{**form, "Resources": shared})
            shared = pikepdf.Dictionary(Font=font, XObject=pikepdf.Dictionary(Both=outer))
        shared = pdf.make_indirect(shared)
        for page in pdf.pages:
            page.obj.Resources = shared
        pdf.save(path.with_suffix(".shared.pdf"))
    return path.with_suffix(".shared.pdf")


ANNAS = b"BT /F1 11 Tf 72 700 Td (CPR 010203-1234) Tj ET "
ANNAS_NEXT = b"BT /F1 11 Tf 72 700 Td (side 2) Tj ET "
BOS = b"BT /F1 11 Tf 72 700 Td (CPR 040506-2345) Tj ET "


@pytest.mark.parametrize("kind", ["XObject", "Pattern", "Properties"])
@pytest.mark.parametrize("pages", [[ANNAS], [ANNAS, ANNAS_NEXT]], ids=["hit page", "next page"])
def test_shared_resources_do_not_bring_the_other_letter_along(tmp_path, kind, pages):
    uses = {"XObject": b"/Bo Do", "Pattern": b"/Pattern cs /Bo scn", "Properties": b"/X /Bo DP"}
    path = make_shared(tmp_path / "a.pdf", contents=[*pages, BOS + uses[kind]], kind=kind)
    assert_no_secret(make_letters(path))


def test_resources_shared_inside_a_form_do_not_leak_either(tmp_path):
    contents = [ANNAS + b"/Both Do", ANNAS_NEXT + b"/Both Do", BOS + b"/Both Do"]
    made = make_letters(make_shared(tmp_path / "a.pdf", contents=contents, nested=True))
    assert made.letters[0].problem is not None or SECRET not in everything_in(made.files[0])


def test_keeping_the_numbers_does_not_keep_the_other_letter(tmp_path):
    path = make_shared(tmp_path / "a.pdf", contents=[ANNAS, ANNAS_NEXT, BOS + b"/Bo Do"])
    made = make_letters(path, keep_numbers=True)
    assert SECRET not in everything_in(made.files[0])


def test_an_older_revision_is_left_behind(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}", f"CPR {BO_WRITTEN}")
    with pymupdf.open(path) as document:
        xref = document[0].get_contents()[0]
        document.update_stream(xref, document.xref_stream(xref) + b"% " + SECRET)
        document.saveIncr()
        document.update_stream(xref, document.xref_stream(xref).replace(b"% " + SECRET, b""))
        document.saveIncr()
    assert_no_secret(make_letters(path))
