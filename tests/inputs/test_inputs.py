"""The generators do what they claim: a test that leans on them leans on something."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pymupdf
import pytest

from digitalpost import identifiers
from sandbox.sample import write_sample_merge
from tests.inputs import broken, engines, letters, office, word, written
from tests.inputs.nasty import NASTY, REFUSED
from tests.inputs.people import MAGIC, Person, make_companies, make_people, make_person
from tests.inputs.reportlab_merge import write_reportlab_merge
from tests.inputs.ties import TIES

MERGES: dict[str, Callable[..., Path]] = {
    "Word": word.write_word_merge,
    "LibreOffice": office.write_office_merge,
    "reportlab": write_reportlab_merge,
}


def count_number(number: str, text: str) -> int:
    """How many pages name ``number``; pages are apart by form feeds."""
    return sum(engines.find_number(number, page) for page in text.split("\f"))


def count_pages(path: Path) -> int:
    """Pages that pikepdf can reach without a password; none where it gives up."""
    try:
        with pikepdf.open(path) as document:
            return len(document.pages)
    except (pikepdf.PdfError, pikepdf.PasswordError):
        return 0


def test_people_are_the_same_on_every_run_and_all_different() -> None:
    people = make_people(300)
    assert people == make_people(300)
    assert people[:10] == make_people(10)
    assert len({person.cpr for person in people}) == len({p.name for p in people}) == 300
    assert people[0] != make_person(seed=2)


def test_people_have_real_dates_and_most_but_not_all_pass_modulus_11() -> None:
    people = make_people(300)
    assert all(identifiers.birth_date(person.cpr) for person in people)
    passing = sum(identifiers.cpr_checks(person.cpr) for person in people)
    assert 200 < passing < 280


def test_nobody_is_a_magic_recipient_unless_asked_for() -> None:
    assert not {person.cpr[6:] for person in make_people(2000)} & set(MAGIC.values())
    exempt = make_people(20, magic="exempt")
    assert {person.cpr[6:] for person in exempt} == {MAGIC["exempt"]}
    assert all(identifiers.birth_date(person.cpr) for person in exempt)


def test_replacement_numbers_have_the_raised_day() -> None:
    assert all(identifiers.is_replacement_cpr(p.cpr) for p in make_people(20, replacement=True))


def test_companies_have_valid_numbers_and_are_never_the_sender() -> None:
    companies = make_companies()
    assert all(identifiers.cvr_checks(company.cvr) for company in companies)
    assert letters.wording.FOOTER.split()[-1] not in {company.cvr for company in companies}


@pytest.mark.parametrize("form", written.CPR_FORMS)
def test_a_number_is_found_in_every_written_form(form: str) -> None:
    person = make_person()
    text = f"Elev {written.write_number(person.cpr, form)} i 2.b"
    assert engines.find_number(person.cpr, text)
    assert not engines.find_number(make_person(seed=2).cpr, text)


@pytest.mark.parametrize("kind", MERGES)
def test_a_merge_reads_the_same_in_four_engines(kind: str, tmp_path: Path) -> None:
    people = make_people(3)
    path = MERGES[kind](tmp_path / "merge.pdf", people)
    with pymupdf.open(path) as document:
        assert len(document) == 6
    for engine, text in engines.texts_by_engine(path).items():
        for person in people:
            expected = 2 if engine == "PyMuPDF" else 1
            assert text.count(written.write_number(person.cpr)) == expected, engine
            assert engines.find_words(person.name, text), engine


@pytest.mark.parametrize("kind", MERGES)
def test_a_merge_can_carry_the_number_on_every_page(kind: str, tmp_path: Path) -> None:
    people = make_people(2)
    path = MERGES[kind](tmp_path / "merge.pdf", people, pages_each=3, number_on="every")
    texts = engines.texts_by_engine(path)
    assert count_number(people[1].cpr, texts["pdftotext"]) == 3
    assert count_number(people[1].cpr, texts["pdfium"]) == 3


@pytest.mark.parametrize("kind", ["Word", "reportlab"])
def test_a_merge_has_the_same_bytes_on_every_run(kind: str, tmp_path: Path) -> None:
    people = make_people(2)
    first = MERGES[kind](tmp_path / "first.pdf", people).read_bytes()
    assert first == MERGES[kind](tmp_path / "second.pdf", people).read_bytes()


def test_word_like_numbers_are_broken_over_several_text_objects(tmp_path: Path) -> None:
    person = make_person()
    path = word.write_word_merge(tmp_path / "merge.pdf", [person], pages_each=1)
    runs = word.break_number(written.write_number(person.cpr))
    assert len(runs) == 3
    with pymupdf.open(path) as document:
        spans = [trace["chars"] for trace in document[0].get_texttrace()]
        shown = ["".join(chr(char[0]) for char in chars) for chars in spans]
    assert set(runs) <= set(shown)
    assert not any(engines.find_number(person.cpr, run) for run in shown)


def test_word_like_files_are_tagged_and_their_fonts_are_identity_encoded(tmp_path: Path) -> None:
    path = word.write_word_merge(tmp_path / "merge.pdf", make_people(1))
    with pikepdf.open(path) as document:
        assert document.Root.MarkInfo.Marked
        assert len(document.Root.StructTreeRoot.ParentTree.Nums) == 4
        fonts = document.pages[0].Resources.Font
        assert {str(font.Encoding) for font in fonts.values()} == {"/Identity-H"}
        assert all("/ToUnicode" in font for font in fonts.values())


def test_word_like_files_can_go_without_tags_and_logo(tmp_path: Path) -> None:
    path = word.write_word_merge(tmp_path / "m.pdf", make_people(1), tagged=False, logo=False)
    with pikepdf.open(path) as document:
        assert "/StructTreeRoot" not in document.Root
        assert "/XObject" not in document.pages[0].Resources


def test_libreoffice_wrote_its_file_itself_and_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = make_people(2)
    path = office.write_office_merge(tmp_path / "first.pdf", people)
    with pikepdf.open(path) as document:
        assert "LibreOffice" in str(document.docinfo["/Producer"])
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    again = office.write_office_merge(tmp_path / "second.pdf", people)
    assert again.read_bytes() == path.read_bytes()
    monkeypatch.setenv("DIGITALPOST_TEST_CACHE", str(tmp_path / "empty"))
    with pytest.raises(office.OfficeMissingError, match="apt-get install"):
        office.write_office_merge(tmp_path / "third.pdf", people)


def test_a_form_of_a_business_system_holds_the_number_in_a_field(tmp_path: Path) -> None:
    people = make_people(2)
    path = write_reportlab_merge(tmp_path / "merge.pdf", people, pages_each=1, form=True)
    with pymupdf.open(path) as document:
        values = {field.field_value for field in document[1].widgets()}
    assert written.write_number(people[1].cpr) in values


@pytest.mark.parametrize("what", letters.UNREADABLE)
def test_unreadable_files_give_no_pages(what: str, tmp_path: Path) -> None:
    path = letters.UNREADABLE[what](tmp_path / "fil.pdf")
    assert count_pages(path) == 0


def test_a_locked_file_opens_with_its_password_only(tmp_path: Path) -> None:
    path = letters.write_locked(tmp_path / "locked.pdf")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(path)
    with pikepdf.open(path, password=letters.PASSWORD) as document:
        assert len(document.pages) == 1


def test_an_owner_locked_file_opens_without_a_password_but_is_encrypted(tmp_path: Path) -> None:
    with pikepdf.open(letters.write_owner_locked(tmp_path / "owner.pdf")) as document:
        assert document.is_encrypted


def test_the_scan_and_the_unmapped_font_can_be_read_by_no_engine(tmp_path: Path) -> None:
    person = make_person()
    scan = letters.write_scan_in_the_middle(tmp_path / "scan.pdf", person)
    with pymupdf.open(scan) as document:
        assert [bool(page.get_text().strip()) for page in document] == [True, False, True]
        assert document[1].get_images()
    assert not engines.who_finds(
        person.cpr, letters.write_font_without_unicode(tmp_path / "font.pdf", person)
    )


def test_the_cheap_file_of_very_many_pages_is_small(tmp_path: Path) -> None:
    path = letters.write_many_pages(tmp_path / "many.pdf", 30_000)
    assert path.stat().st_size < 4_000_000
    with pymupdf.open(path) as document:
        assert len(document) == 30_000


def test_company_letters_carry_the_senders_number_on_every_page(tmp_path: Path) -> None:
    path = letters.write_company_merge(tmp_path / "companies.pdf")
    with pymupdf.open(path) as document:
        pages = [page.get_text() for page in document]
    assert len(pages) == 14
    assert all("CVR 99000015" in page for page in pages)
    assert all(company.cvr in pages[2 * at] for at, company in enumerate(make_companies()))


@pytest.mark.parametrize("what", broken.MENDABLE)
def test_mendable_files_can_be_mended(what: str, tmp_path: Path) -> None:
    with pymupdf.open(broken.MENDABLE[what](tmp_path / "broken.pdf")) as document:
        assert make_person().name in document[0].get_text()


@pytest.mark.parametrize("row", NASTY)
def test_a_hiding_place_holds_the_number_beside_the_plain_one(row: str, tmp_path: Path) -> None:
    person = make_person()
    path = NASTY[row](tmp_path / "nasty.pdf", person.cpr)
    assert engines.find_number(person.cpr, engines.texts_by_engine(path)["pdftotext"])
    without = NASTY[row](tmp_path / "other.pdf", make_person(seed=2).cpr)
    assert not engines.who_finds(person.cpr, without)
    with pymupdf.open(path) as document:
        assert len(document) == (2 if NASTY[row].expected == REFUSED else 1)


@pytest.mark.parametrize("tie", TIES)
def test_a_tie_makes_a_careless_cut_take_the_other_letter_too(tie: str, tmp_path: Path) -> None:
    first, second = make_people(2)
    path = TIES[tie](tmp_path / "tied.pdf", first, second)
    assert leaks_by_some_careless_cut(path, second), tie


def leaks_by_some_careless_cut(path: Path, other: Person) -> bool:
    """Whether dropping the second page, in either of two usual ways, leaves the other's data."""
    with pymupdf.open(path) as document:
        document.delete_page(1)
        kept = document.tobytes(garbage=3)
    with pikepdf.open(path) as document:
        del document.pages[1]
        dropped = path.with_name("dropped.pdf")
        document.save(dropped)
    return any(
        engines.find_number(other.cpr, text) or engines.find_words(other.name, text)
        for text in (engines.raw_strings(kept), engines.raw_strings(dropped))
    )


def test_the_sample_letter_names_each_person_once_and_the_school_on_every_page(
    tmp_path: Path,
) -> None:
    people = make_people(6)
    path = write_sample_merge(tmp_path / "sample.pdf", people)
    with pymupdf.open(path) as document:
        pages = [page.get_text() for page in document]
    assert len(pages) == 8
    assert all("CVR 99000015" in page for page in pages)
    for person in people:
        assert sum(written.write_number(person.cpr) in page for page in pages) == 1
