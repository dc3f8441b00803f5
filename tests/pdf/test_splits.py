"""Ways to divide a file: something else than numbers cuts it, numbers still say whose a part is."""

from pathlib import Path

import pytest

from digitalpost.errors import Refused
from digitalpost.pdf.finish import finish_letters
from digitalpost.pdf.inspect import examine
from digitalpost.pdf.marker import MARKER
from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.propose import choose_best, propose
from digitalpost.pdf.read import PageReading, read_source
from digitalpost.pdf.source import Source
from digitalpost.pdf.splits import SplitChoice, SplitMethod, choice_of, parse_split, split_letters
from tests.pdf.engines import everything_in
from tests.pdf.making import ANNA_WRITTEN, BO_WRITTEN, make_source

ANNA, BO = f"CPR-nr. {ANNA_WRITTEN}", f"CPR-nr. {BO_WRITTEN}"
MORE = "Her er mere tekst, som ikke siger noget om, hvem brevet er til, men som fylder en side."


def read(path: Path, split: str = "number") -> list[PageReading]:
    with Source(path) as source:
        pages = range(1, source.document.page_count + 1)
        return list(read_source(source, pages, parse_split(split).marker))


def shape(path: Path, split: str) -> list[tuple]:
    plan = split_letters(
        read(path, split),
        parse_split(split),
        bookmarks=examine(path, max_pages=100).bookmarks,
    )
    return [(letter.pages, letter.number) for letter in plan.letters]


def test_every_so_many_pages_is_a_letter(tmp_path):
    path = make_source(tmp_path / "a.pdf", MORE, ANNA, BO, MORE)
    assert shape(path, "pages:2") == [((1, 2), "0102031234"), ((3, 4), "0405062345")]


def test_a_part_with_two_owners_is_nobodys(tmp_path):
    path = make_source(tmp_path / "a.pdf", ANNA, BO, MORE, MORE)
    plan = split_letters(read(path), parse_split("pages:2"))
    assert [(letter.number, letter.verdict.value) for letter in plan.letters] == [
        (None, "red"),
        (None, "red"),
    ]
    codes = [letter.reasons[0].code for letter in plan.letters]
    assert codes == ["two_owners", "no_recipient"]


def test_a_text_or_a_pattern_begins_a_letter(tmp_path):
    path = make_source(tmp_path / "a.pdf", "Brev nr 1", ANNA, "Brev nr 2", BO)
    expected = [((1, 2), "0102031234"), ((3, 4), "0405062345")]
    assert shape(path, "marker:Brev nr") == expected
    assert shape(path, "marker:/nr [12]/") == expected


def test_the_invisible_mark_begins_a_letter_and_is_gone_from_it(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"{MARKER} {MORE}", ANNA, f"{MARKER} {MORE}", BO, MARKER)
    readings = read(path, "marker")
    plan = split_letters(readings, parse_split("marker"))
    assert [(letter.pages, letter.number) for letter in plan.letters] == [
        ((1, 2), "0102031234"),
        ((3, 4), "0405062345"),
    ]
    assert [(page, reason.code) for page, reason in plan.left_out] == [(5, "separator")]
    orders = letter_orders(plan, readings, title="Brev")
    with Source(path) as source:
        letters = list(finish_letters(source, orders, bytes))
    for letter in letters:
        assert letter.problem is None
        assert b"BREV]]" not in everything_in(letter.stored)
        assert letter.proof.engines == ("mupdf", "pdfium")
        assert [page for page, _ in letter.proof.removed] == list(letter.pages)


def test_bookmarks_begin_letters(tmp_path):
    import pymupdf

    path = make_source(tmp_path / "a.pdf", MORE, ANNA, MORE, BO)
    with pymupdf.open(path) as document:
        document.set_toc([[1, "A", 1], [2, "A2", 2], [1, "B", 3]])
        document.saveIncr()
    assert shape(path, "bookmarks") == [((1, 2), "0102031234"), ((3, 4), "0405062345")]


def test_blank_pages_divide_and_are_left_out_with_a_reason(tmp_path):
    path = make_source(tmp_path / "a.pdf", MORE, ANNA, "", MORE, BO)
    plan = split_letters(read(path), parse_split("blank"))
    assert [(letter.pages, letter.number) for letter in plan.letters] == [
        ((1, 2), "0102031234"),
        ((4, 5), "0405062345"),
    ]
    assert [(page, reason.code) for page, reason in plan.left_out] == [(3, "separator")]


def test_a_file_is_one_letter(tmp_path):
    assert shape(make_source(tmp_path / "a.pdf", MORE, ANNA, MORE), "file") == [
        ((1, 2, 3), "0102031234")
    ]


@pytest.mark.parametrize(
    "words", ["pages", "pages:0", "pages:x", "pages:501", "nonsense", "marker:/(/"]
)
def test_what_is_no_way_to_divide_is_refused(words):
    with pytest.raises(Refused):
        parse_split(words)


def test_a_choice_is_stored_and_read_back():
    for words in ("number", "pages:3", "marker:Kære", "marker", "blank", "file"):
        choice = parse_split(words)
        assert choice_of(choice.method.value, choice.options) == choice


def test_the_way_that_explains_every_page_is_proposed_first(tmp_path):
    path = make_source(tmp_path / "a.pdf", MORE, ANNA, MORE, BO, MORE, "CPR-nr. 070809-3456")
    best, *others = propose(read(path), examine(path, max_pages=100))
    assert best.choice == SplitChoice(SplitMethod.PAGES, pages_each=2)
    assert best.unexplained == () and best.letters == 3
    assert all(one.unexplained for one in others)


def test_numbers_are_proposed_where_they_explain_everything(tmp_path):
    path = make_source(tmp_path / "a.pdf", ANNA, MORE, BO, MORE)
    assert propose(read(path), examine(path, max_pages=100))[0].choice == SplitChoice()


def test_every_cpr_number_can_be_removed_and_the_proof_says_where(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"{ANNA} og {BO}")
    readings = read(path)
    plan = split_letters(readings)
    orders = letter_orders(plan, readings, title="Brev", every_number=True)
    with Source(path) as source:
        [letter] = finish_letters(source, orders, bytes)
    left = everything_in(letter.stored)
    assert ANNA_WRITTEN.encode() not in left and BO_WRITTEN.encode() not in left
    proof = letter.proof.as_json()
    assert proof["engines"] == ["mupdf", "pdfium"] and proof["sha256"] == letter.sha256
    [page] = proof["removed"]
    assert page["page"] == 1 and len(page["boxes"]) == 2
    assert "0102031234" not in str(proof)


def best(path: Path) -> str:
    return choose_best(propose(read(path), examine(path, max_pages=100)))[0].choice.written


def test_marks_decide_where_they_explain_as_much_as_numbers(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"{MARKER} {ANNA}", MORE, f"{MARKER} {BO}", MORE)
    assert best(path) == "marker"


def test_numbers_decide_unless_they_leave_pages_and_the_file_shows_a_better_way(tmp_path):
    assert best(make_source(tmp_path / "a.pdf", ANNA, MORE, BO, MORE)) == "number"
    # Two letters of two pages may be chance; three are not.
    assert best(make_source(tmp_path / "b.pdf", MORE, ANNA, MORE, BO)) == "number"
    carl = "CPR-nr. 070809-3456"
    assert best(make_source(tmp_path / "c.pdf", MORE, ANNA, MORE, BO, MORE, carl)) == "pages:2"


def test_that_a_file_is_one_letter_is_never_taken_for_granted(tmp_path):
    """The page without a number may be another person's letter."""
    assert best(make_source(tmp_path / "a.pdf", MORE, ANNA)) == "number"


def test_a_choice_is_written_as_it_is_read():
    for words in ("auto", "number", "pages:2", "marker:Kære", "marker", "blank"):
        assert parse_split(words).written == words
