"""Small files with one property each: what staff drop by accident and what must be told apart."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pikepdf
import pymupdf

from tests.inputs import wording
from tests.inputs.fonts import SubsetFont, find_font
from tests.inputs.people import Company, Person, make_companies, make_people, make_person
from tests.inputs.rawpdf import RawPdf
from tests.inputs.word import write_word_merge
from tests.inputs.written import label_of, write_number

A4 = (595, 842)
PASSWORD = "hemmeligt"
BODY = wording.FIRST_PAGE[0]

# Numbers that look like somebody's but are nobody's; each stands in a line of its own.
DECOYS = (
    "Faktura 20260601123456789012",
    "Reg. 1234 konto 0102031234",
    "Telefon 99 99 00 00",
    "EAN 5790000000005",
    "Ordre 9913991234",
    "P-nummer 1999900017",
    "Dato 01-02-2026 kl. 12.34",
    "Beløb 010.203,12",
)


def write_pages(path: Path | str, pages: Sequence[Sequence[str]]) -> Path:
    """One page for each list of lines, in Helvetica; the same bytes every time."""
    with pymupdf.open() as document:
        for lines in pages:
            _add_page(document, lines)
        document.save(str(path), garbage=3, deflate=True, no_new_id=True)
    return Path(path)


def lines_of(
    recipient: Person | Company, *, written: str | None = "hyphen", body: str = BODY
) -> list[str]:
    """A letter's first page; ``written`` is the form of the number, None leaves it out."""
    number = recipient.number
    line = [f"{label_of(number)} {write_number(number, written)}"] if written else []
    return [recipient.name, *recipient.address, "", *line, "", wording.TITLE, body]


def write_letter(
    path: Path | str, person: Person | Company | None = None, *, pages: int = 1
) -> Path:
    """One letter; only its first page carries the number."""
    return write_merge(path, [person or make_person()], pages_each=pages)


def write_merge(
    path: Path | str,
    recipients: Sequence[Person | Company],
    *,
    pages_each: int = 1,
    written: str = "hyphen",
) -> Path:
    """A small plain merge: the number on the first page of each letter."""
    pages: list[list[str]] = []
    for recipient in recipients:
        pages.append(lines_of(recipient, written=written))
        pages += [_next_page(number) for number in range(2, pages_each + 1)]
    return write_pages(path, pages)


def write_letter_without_number(path: Path | str, person: Person | None = None) -> Path:
    """A letter that names its recipient but has no number."""
    return write_pages(path, [lines_of(person or make_person(), written=None)])


def write_number_on_second_page(path: Path | str, person: Person | None = None) -> Path:
    """Two pages, the number only on the second."""
    person = person or make_person()
    return write_pages(path, [lines_of(person, written=None), lines_of(person)])


def write_two_numbers_on_a_page(
    path: Path | str, first: Person | None = None, second: Person | None = None
) -> Path:
    """One page with two different numbers: nobody can say whose letter it is."""
    one, two = make_people(2)
    return write_pages(path, [[*lines_of(first or one), "", *lines_of(second or two)]])


def write_impossible_date(path: Path | str, cpr: str = "3002991234") -> Path:
    """A number that starts with a date that doesn't exist: 30 February unless told otherwise."""
    return write_letter(path, Person("Asta Lyng Drejerup", cpr, make_person().address))


def write_replacement_number(path: Path | str) -> Path:
    """A letter to somebody with a replacement number (day raised by 60)."""
    return write_letter(path, make_person(replacement=True))


def write_scan_in_the_middle(path: Path | str, person: Person | None = None) -> Path:
    """Three pages to one person; the second is a picture of a page and holds no text."""
    with pymupdf.open() as document:
        _add_page(document, lines_of(person or make_person()))
        picture = document[0].get_pixmap(dpi=100, colorspace=pymupdf.csGRAY)
        document.new_page(width=A4[0], height=A4[1]).insert_image(
            pymupdf.Rect(0, 0, *A4), stream=picture.tobytes("jpeg")
        )
        _add_page(document, _next_page(3))
        document.save(str(path), garbage=3, deflate=True, no_new_id=True)
    return Path(path)


def write_font_without_unicode(path: Path | str, person: Person | None = None) -> Path:
    """Readable to the eye, but the file doesn't say which letter a glyph is."""
    font = SubsetFont(find_font(), "LiberationSans")
    drawn = "".join(
        f"1 0 0 1 60 {780 - 16 * at} Tm {font.show(line)}\n"
        for at, line in enumerate(lines_of(person or make_person()))
        if line
    )
    with RawPdf(path) as pdf:
        number = font.write(pdf, None)
        content = pdf.stream(f"BT /F1 10 Tf\n{drawn}ET")
        tree = pdf.reserve()
        page = pdf.add(
            f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R"
            f"/Resources<</Font<</F1 {number} 0 R>>>>>>"
        )
        pdf.add(f"<</Type/Pages/Count 1/Kids[{page} 0 R]>>", tree)
        pdf.root = pdf.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    return Path(path)


def write_blank_pages(path: Path | str, count: int = 2) -> Path:
    """Pages with nothing on them."""
    return write_pages(path, [[] for _ in range(count)])


def write_blank_page_in_letter(path: Path | str, person: Person | None = None) -> Path:
    """A letter with an empty back page, as a duplex export leaves it."""
    return write_pages(path, [lines_of(person or make_person()), []])


def write_locked(path: Path | str, person: Person | None = None) -> Path:
    """A letter that nobody can open without `PASSWORD`."""
    return _encrypt(write_letter(path, person), user=PASSWORD)


def write_owner_locked(path: Path | str, person: Person | None = None) -> Path:
    """A letter that everybody can open, but that asks not to be changed."""
    return _encrypt(write_letter(path, person), user="")


def write_without_pages(path: Path | str) -> Path:
    """A PDF file with a page tree and no pages in it."""
    with RawPdf(path) as pdf:
        tree = pdf.add("<</Type/Pages/Count 0/Kids[]>>")
        pdf.root = pdf.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    return Path(path)


def write_truncated(path: Path | str, person: Person | None = None) -> Path:
    """Half of a letter in Word's manner, whose page tree comes last: an upload that broke off."""
    whole = write_word_merge(path, [person or make_person()]).read_bytes()
    Path(path).write_bytes(whole[: len(whole) // 2])
    return Path(path)


def write_garbage(path: Path | str) -> Path:
    """Begins as a PDF and goes on as nonsense."""
    Path(path).write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 40)
    return Path(path)


def write_docx_named_pdf(path: Path | str) -> Path:
    """A Word file with the wrong name."""
    document = docx.Document()
    document.add_paragraph(BODY)
    document.save(str(path))
    return Path(path)


def write_zip_named_pdf(path: Path | str) -> Path:
    """A zip archive with the wrong name."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("brev.txt", BODY)
    return Path(path)


def write_png_named_pdf(path: Path | str) -> Path:
    """A picture with the wrong name."""
    Path(path).write_bytes(wording.make_logo("PNG"))
    return Path(path)


def write_text_named_pdf(path: Path | str) -> Path:
    """Plain text with the wrong name."""
    Path(path).write_text("\n".join(lines_of(make_person())), encoding="utf-8")
    return Path(path)


def write_empty(path: Path | str) -> Path:
    """A file of no bytes."""
    Path(path).write_bytes(b"")
    return Path(path)


def write_many_pages(path: Path | str, count: int = 100_000) -> Path:
    """Very many pages in a small file: all share one content stream."""
    with RawPdf(path) as pdf:
        content = pdf.stream("")
        tree = pdf.reserve()
        first = pdf.reserve(count)
        leaf = f"<</Type/Page/Parent {tree} 0 R/Contents {content} 0 R>>"
        for number in range(first, first + count):
            pdf.add(leaf, number)
        kids = " ".join(f"{number} 0 R" for number in range(first, first + count))
        pdf.add(f"<</Type/Pages/Count {count}/MediaBox[0 0 595 842]/Kids[{kids}]>>", tree)
        pdf.root = pdf.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    return Path(path)


def write_company_merge(
    path: Path | str, companies: Sequence[Company] | None = None, *, written: str = "bare"
) -> Path:
    """Letters to companies; the sender's own CVR number stands at the foot of every page."""
    return write_merge(path, companies or make_companies(), pages_each=2, written=written)


def write_decoys(path: Path | str, person: Person | None = None) -> Path:
    """A letter full of numbers that aren't CPR numbers (see `DECOYS`), and one that is."""
    return write_pages(path, [[*lines_of(person or make_person()), "", *DECOYS]])


def write_decoys_only(path: Path | str) -> Path:
    """The same numbers in a letter that has no recipient number at all."""
    return write_pages(path, [[*lines_of(make_person(), written=None), "", *DECOYS]])


def write_twice(first: Path | str, second: Path | str) -> tuple[Path, Path]:
    """One and the same letter under two names."""
    return write_letter(first), Path(shutil.copyfile(first, second))


# Files that can't be read at all, with the way to make each: nothing may be left of them.
UNREADABLE: dict[str, Callable[[Path | str], Path]] = {
    "password": write_locked,
    "no pages": write_without_pages,
    "truncated": write_truncated,
    "garbage": write_garbage,
    "docx": write_docx_named_pdf,
    "zip": write_zip_named_pdf,
    "png": write_png_named_pdf,
    "text": write_text_named_pdf,
    "empty": write_empty,
}


def _next_page(number: int) -> list[str]:
    return [f"{wording.TITLE}, side {number}", "", wording.NEXT_PAGE[number % 5]]


def _add_page(document: pymupdf.Document, lines: Sequence[str]) -> None:
    page = document.new_page(width=A4[0], height=A4[1])
    if not lines:
        return
    page.insert_textbox(pymupdf.Rect(60, 60, 535, 780), "\n".join(lines), fontsize=10)
    page.insert_text((60, 815), wording.FOOTER, fontsize=7)


def _encrypt(path: Path, *, user: str) -> Path:
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.save(path, encryption=pikepdf.Encryption(user=user, owner=PASSWORD, R=6))
    return path
