"""Pages without text are read as pictures, and a number in a picture is gone for every reader."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from digitalpost.pdf import repaint
from digitalpost.pdf.child import ReadTask
from digitalpost.pdf.finish import finish_letters
from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.pool import Workers, prepare_letters, read_pages
from digitalpost.pdf.read import PageProblem
from digitalpost.pdf.source import Source
from digitalpost.pdf.splits import split_letters
from digitalpost.pdf.tesseract import Tesseract
from tests.inputs.engines import find_number
from tests.inputs.letters import lines_of, write_font_without_unicode, write_letter, write_merge
from tests.inputs.people import make_people
from tests.inputs.scans import (
    Scanner,
    write_bitmap_font,
    write_on_printed_paper,
    write_outlines,
    write_scan,
    write_searchable_scan,
)
from tests.inputs.written import write_number
from tests.pdf.engines import assert_gone
from tests.pdf.scanning import READER, assert_unseen, finish, read, seen_in

ANNA, BO = make_people(2)


def scanned(**how: object) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        return write_scan(path, write_letter(path.with_suffix(".base"), ANNA), Scanner(**how))

    return write


def searchable(layer: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        return write_searchable_scan(path, write_letter(path.with_suffix(".base"), ANNA), layer)

    return write


def turned_by_the_file(path: Path) -> Path:
    scan = scanned(turned=90)(path.with_suffix(".scan"))
    with pymupdf.open(scan) as document:
        document[0].set_rotation(90)
        document.save(path)
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "scan": scanned(),
    "scan at 300 dpi, on its side": scanned(dpi=300, turned=90),
    "scan upside down": scanned(turned=180, askew=-1.2),
    "scan on its side, turned by the file": turned_by_the_file,
    "font without a character table": lambda path: write_font_without_unicode(path, ANNA),
    "letters as lines": lambda path: write_outlines(
        path, write_letter(path.with_suffix(".base"), ANNA)
    ),
    "font of little pictures": lambda path: write_bitmap_font(path, lines_of(ANNA)),
    "scan with unseen text": searchable("unseen"),
    "scan over text": searchable("under"),
    "scan with clear text": searchable("clear"),
    "scan with a stamp of text": lambda path: stamped(path),
    "scan that others misread": lambda path: misread_by_others(path),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_recipient_is_read_from_the_picture_and_the_number_gone_from_it(
    kind: str, tmp_path: Path
) -> None:
    readings, plan, [letter] = finish(KINDS[kind](tmp_path / "a.pdf"))
    [planned] = plan.letters
    assert readings[0].scan is not None
    assert planned.number == ANNA.cpr and planned.verdict.value == "yellow"
    assert [reason.code for reason in planned.reasons][:1] == ["ocr"]
    assert letter.problem is None
    assert ANNA.name.split()[-1] in assert_unseen(letter.stored, ANNA.cpr)
    assert letter.proof and "tesseract" in letter.proof.engines
    [(page, [box])] = letter.proof.removed
    assert page == 1 and 0 < box[2] - box[0] < 120 and 0 < box[3] - box[1] < 120


def stamped(path: Path) -> Path:
    """A scan with a line of true text that a record office put on it: more than a page number."""
    with pymupdf.open(scanned()(path.with_suffix(".scan"))) as document:
        line = "Modtaget den 9. juni 2026, sag 2026-11-0042, dokument 7, Lindevang Gymnasium"
        document[0].insert_text((60, 30), line, fontsize=8)
        document.save(path)
    return path


def misread_by_others(path: Path) -> Path:
    """A scan whose unseen text has the number with a slip, so that it is found in the picture."""
    base = write_letter(path.with_suffix(".base"), ANNA)
    with pymupdf.open(write_searchable_scan(path.with_suffix(".scan"), base)) as document:
        for quad in document[0].search_for(ANNA.cpr[6:]):
            document[0].add_redact_annot(quad)
        document[0].apply_redactions(images=0)
        document.save(path)
    return path


def test_a_bare_back_page_of_a_scanned_letter_is_blank(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page()
        document.save(tmp_path / "b.pdf")
    [reading] = read(write_scan(tmp_path / "a.pdf", tmp_path / "b.pdf"))
    assert reading.blank and reading.readable and reading.scan is not None


def test_text_upon_printed_paper_is_text_and_stays_text(tmp_path: Path) -> None:
    base = write_letter(tmp_path / "base.pdf", ANNA)
    readings, plan, [letter] = finish(write_on_printed_paper(tmp_path / "a.pdf", base))
    assert readings[0].scan is None and plan.letters[0].verdict.value == "green"
    assert_gone(letter.stored, ANNA.cpr)
    with pymupdf.open(stream=letter.stored) as document:
        assert ANNA.name in document[0].get_text()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("scan", PageProblem.NO_TEXT),
        ("font without a character table", PageProblem.UNMAPPED),
        ("scan with unseen text", PageProblem.PICTURE),
    ],
)
@pytest.mark.parametrize("reader", [None, Tesseract("/bin/false"), Tesseract("/nowhere")])
def test_without_tesseract_the_letter_stops_with_its_page_and_says_why(
    kind: str, problem: PageProblem, reader: Tesseract | None, tmp_path: Path
) -> None:
    [reading] = read(KINDS[kind](tmp_path / "a.pdf"), reader)
    assert reading.problem is problem
    [letter] = split_letters([reading]).letters
    [reason] = [reason for reason in letter.reasons if reason.code == "unreadable"]
    assert letter.verdict.value == "red"
    assert "ide 1 " in str(reason) and "tekstgenkendelse (OCR)" in str(reason)


@pytest.mark.parametrize(
    "scanner", [Scanner(dpi=72, noise=0.3, quality=10), Scanner(dpi=60, blur=1.2), Scanner(blur=9)]
)
def test_what_is_not_read_with_certainty_stops_the_letter(scanner: Scanner, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "a.pdf", write_letter(tmp_path / "b.pdf", ANNA), scanner)
    readings, plan, _ = finish(path)
    assert readings[0].problem is PageProblem.UNSURE
    assert all(letter.verdict.value == "red" for letter in plan.letters)
    assert any("Side 1 " in str(reason) for reason in plan.letters[0].reasons)


@pytest.mark.parametrize(
    ("word", "confidence"),
    [("24O908-4969", 95), ("2409O8-4969", 95), ("Z40908-4969", 95), ("240908-4969", 70)],
)
def test_a_number_that_may_be_misread_stops_the_letter(
    word: str, confidence: int, tmp_path: Path
) -> None:
    words = ["CPR-nr.:", word, "Kære", "forælder", "velkommen", "til", "skolen"]
    rows = [
        f"5\t1\t1\t1\t1\t{at}\t{100 * at}\t100\t90\t30\t{confidence if one == word else 96}\t{one}"
        for at, one in enumerate(words, start=1)
    ]
    head = "level page_num block_num par_num line_num word_num left top width height conf text"
    table = tmp_path / "table"
    table.write_text("\n".join([head.replace(" ", "\t"), *rows]))
    [reading] = read(KINDS["scan"](tmp_path / "a.pdf"), fake(tmp_path, f"cat {table}"))
    assert reading.problem is PageProblem.UNSURE
    [letter] = split_letters([reading]).letters
    assert letter.verdict.value == "red"


def test_no_letter_of_a_scanned_merge_is_green_and_none_goes_to_somebody_else(
    tmp_path: Path,
) -> None:
    people = make_people(5)
    merge = write_merge(tmp_path / "base.pdf", people, pages_each=1)
    with pymupdf.open(merge) as pages, pymupdf.open() as scans:
        for at, page in enumerate(pages):
            scanner = Scanner(dpi=(100, 150, 200)[at % 3], askew=at - 2.0, noise=0.06 * at)
            new = scans.new_page(width=page.rect.width, height=page.rect.height)
            new.insert_image(new.rect, stream=scanner.take(page))
        scans.save(tmp_path / "a.pdf")
    with Workers(2) as workers:
        readings = read_pages(tmp_path / "a.pdf", len(people), workers=workers, ocr=READER)
        plan = split_letters(readings)
        orders = letter_orders(plan, readings, title="Brev")
        made = list(prepare_letters(tmp_path / "a.pdf", orders, workers=workers, sink=bytes))
    numbers = {person.cpr: at for at, person in enumerate(people, start=1)}
    named = [letter for letter in plan.letters if letter.number]
    assert len(named) >= 3
    for letter in plan.letters:
        assert letter.verdict.value != "green"
        if letter.verdict.value == "yellow":
            assert letter.pages == (numbers[letter.number],)
    for letter in made:
        planned = plan.letters[letter.index]
        if planned.verdict.value == "yellow" and letter.problem is None:
            assert not find_number(planned.number, seen_in(letter.stored))


def test_a_number_that_is_left_in_the_picture_makes_the_letter_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = [(10.0, 10.0, 20.0, 20.0)]
    monkeypatch.setattr(repaint, "_joined", lambda boxes: tuple(beside))
    _, _, [letter] = finish(KINDS["scan"](tmp_path / "a.pdf"))
    assert letter.problem is not None and letter.problem.code == "not_clean"
    assert letter.problem.page == 1 and letter.proof is None


def test_the_number_is_kept_in_the_picture_when_it_is_asked_to(tmp_path: Path) -> None:
    _, _, [letter] = finish(KINDS["scan"](tmp_path / "a.pdf"), keep_numbers=True)
    assert letter.problem is None and letter.removed == ()
    assert find_number(ANNA.cpr, seen_in(letter.stored))


def fake(tmp_path: Path, does: str) -> Tesseract:
    program = tmp_path / "tesseract"
    program.write_text(
        f'#!/bin/sh\ncase "$1" in --list-langs) echo dan; exit;; esac\necho $$ >> {tmp_path}/pids\n'
        f"{does}\n"
    )
    program.chmod(0o755)
    return Tesseract(str(program))


@pytest.mark.parametrize("does", ["kill -9 $$", "exit 3", "head -c 999 /dev/urandom"])
def test_a_reader_that_breaks_costs_its_pages_and_nothing_else(does: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with pymupdf.open(KINDS["scan"](tmp_path / "b.pdf")) as document:
        document.insert_pdf(pymupdf.open(write_letter(tmp_path / "c.pdf", BO)))
        document.save(path)
    with Workers(1) as workers:
        readings = read_pages(path, 2, workers=workers, ocr=fake(tmp_path, does))
    assert [reading.problem for reading in readings] == [PageProblem.UNSURE, PageProblem.NONE]


def test_the_reader_ends_with_the_child_that_started_it(tmp_path: Path) -> None:
    path = KINDS["scan"](tmp_path / "a.pdf")
    pids = tmp_path / "pids"
    with Workers(1) as workers:
        task = ReadTask(path, (1,), ocr=fake(tmp_path, "exec sleep 600"))
        child = workers._give(task)
        deadline = time.monotonic() + 30
        while not (pids.exists() and pids.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.process.kill()
        child.process.join()
    pid = int(pids.read_text())
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}")


def test_everybodys_number_goes_when_that_is_asked(tmp_path: Path) -> None:
    lines = [*lines_of(ANNA), f"Kontakt: {BO.name}, CPR-nr. {write_number(BO.cpr)}"]
    path = write_bitmap_font(tmp_path / "a.pdf", lines)
    readings = read(path)
    plan = split_letters(readings)
    assert plan.letters[0].verdict.value == "red"  # two numbers: a person has to choose
    orders = letter_orders(plan, readings, title="Brev", every_number=True)
    with Source(path) as source:
        [letter] = finish_letters(source, orders, bytes)
    assert letter.problem is None
    assert_unseen(letter.stored, ANNA.cpr, BO.cpr)
