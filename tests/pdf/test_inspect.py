"""A file that can't be used is refused in one Danish sentence; a usable one is described."""

import pikepdf
import pymupdf
import pytest

from digitalpost.errors import Refused
from digitalpost.pdf.inspect import examine
from tests.pdf.making import make_source


def refusal(path, **options) -> str:
    with pytest.raises(Refused) as caught:
        examine(path, max_pages=options.get("max_pages", 100))
    [sentence] = caught.value.sentences
    assert str(sentence).endswith(".") and "%" not in str(sentence)
    return sentence.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"Hej", "not_pdf"),
        (b"PK\x03\x04 word", "not_pdf"),
        (b"\x89PNG\r\n", "not_pdf"),
        (b"\xff\xd8\xff\xe0", "not_pdf"),
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-1.7\n" + b"\x00\xff" * 500, "damaged"),
    ],
)
def test_what_is_no_pdf_is_told_by_its_bytes(tmp_path, content, code):
    path = tmp_path / "brev.pdf"
    path.write_bytes(content)
    assert refusal(path) == code


def test_an_ordinary_file_is_described(tmp_path):
    facts = examine(make_source(tmp_path / "a.doc", "hej", "hej"), max_pages=2)
    assert (facts.pages, facts.encrypted, facts.repaired, facts.signed) == (2, False, False, False)


def test_too_many_pages_are_refused(tmp_path):
    assert refusal(make_source(tmp_path / "a.pdf", "1", "2", "3"), max_pages=2) == "too_many_pages"


def test_a_locked_file_is_refused_and_an_owner_password_is_not(tmp_path):
    aes = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "owner_pw": "ejer"}
    assert refusal(make_source(tmp_path / "a.pdf", "hej", user_pw="lås", **aes)) == "password"
    assert examine(make_source(tmp_path / "b.pdf", "hej", **aes), max_pages=9).encrypted


def test_a_file_without_pages_is_refused(tmp_path):
    pikepdf.new().save(tmp_path / "a.pdf")
    assert refusal(tmp_path / "a.pdf") == "no_pages"


def test_half_a_file_and_a_page_tree_that_bites_its_tail_are_damaged(tmp_path):
    path = make_source(tmp_path / "a.pdf", "hej", "hej")
    data = path.read_bytes()
    (tmp_path / "half.pdf").write_bytes(data[: len(data) // 3])
    assert refusal(tmp_path / "half.pdf") == "damaged"
    with pikepdf.open(path) as pdf:
        pdf.Root.Pages.Kids = [pdf.Root.Pages]
        pdf.save(tmp_path / "loop.pdf")
    assert refusal(tmp_path / "loop.pdf") == "damaged"


def test_junk_in_front_and_a_lost_table_are_repaired(tmp_path):
    data = make_source(tmp_path / "a.pdf", "hej").read_bytes()
    (tmp_path / "junk.pdf").write_bytes(b"junk " * 140 + data)
    (tmp_path / "lost.pdf").write_bytes(data.replace(b"startxref", b"startxxxx"))
    assert examine(tmp_path / "junk.pdf", max_pages=9).pages == 1
    assert examine(tmp_path / "lost.pdf", max_pages=9).repaired


def test_hidden_layers_are_told(tmp_path):
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "x", oc=document.add_ocg("skjult", on=False))
        document.save(tmp_path / "a.pdf")
    assert examine(tmp_path / "a.pdf", max_pages=9).hidden_layers
