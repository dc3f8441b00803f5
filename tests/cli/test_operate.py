"""The operator's commands over a real installation: files in, letters out, books balanced."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from tests.cli.site import Site, wait_for
from tests.inputs import letters
from tests.inputs.engines import find_number, texts_by_engine
from tests.inputs.letters import write_merge, write_pages
from tests.inputs.people import make_companies, make_people, make_person
from tests.inputs.word import write_word_merge
from tests.make import damage


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    """An installation with its first administrator, on each of the two databases."""
    site = Site(tmp_path / "home", DATABASE_URL=database_url)
    site.call("init")
    return site


@pytest.fixture
def quiet_site(tmp_path: Path) -> Site:
    """The same on SQLite only, where the database makes no difference."""
    site = Site(tmp_path / "home")
    site.call("init")
    return site


def test_a_merge_letter_goes_all_the_way_and_the_books_balance(site: Site, tmp_path: Path) -> None:
    people = make_people(30)
    merge = write_word_merge(tmp_path / "flettebrev.pdf", people)
    prepared = site.call("prepare", merge)
    mailing = prepared["mailing"]
    assert prepared["status"] == "Til gennemsyn"
    assert prepared["pages"] == 60
    assert prepared["errors"] == prepared["left_out"] == []
    assert [one["recipient"] for one in prepared["letters"]] == [one.cpr for one in people]
    assert {one["verdict"] for one in prepared["letters"]} == {"green"}

    exported = site.call("export", mailing, "--to", tmp_path / "out")
    assert len(exported["letters"]) == 30
    for letter, person in zip(exported["letters"], people, strict=True):
        data = (tmp_path / "out" / letter["file"]).read_bytes()
        for engine, text in texts_by_engine(data).items():
            assert not find_number(person.cpr, text), engine

    site.call("approve", mailing, "--confirm", 29, code=1)
    assert site.call("status", mailing)["counts"] == {"Kladde": 30}
    with site.running():
        site.call("approve", mailing, "--confirm", 30, "--no-hold")
        site.call("approve", mailing, "--confirm", 30, "--no-hold", code=1)
        wait_for(lambda: site.sandbox("/api/counts")["dispatches"] == 30)
        wait_for(lambda: site.call("status", mailing)["delivered"] == 30, every=1)
        sent = {(one["recipient"], one["sha256"]) for one in site.sandbox("/api/dispatches")}
    assert sent == {(one["recipient"], one["sha256"]) for one in exported["letters"]}
    status = site.call("status", mailing)
    assert status["adds_up"]
    assert status["status"] == "Sendt"
    again = site.call("export", mailing, "--to", tmp_path / "out")
    kinds = {tuple(document["kind"] for document in one["documents"]) for one in again["letters"]}
    assert kinds == {("main", "receipt")}
    assert site.call("verify") == {**site.call("verify"), "ok": True, "problems": []}


def test_workers_killed_while_sending_lose_nothing_and_send_nothing_twice(
    site: Site, tmp_path: Path
) -> None:
    merge = write_word_merge(tmp_path / "flettebrev.pdf", make_people(120))
    dice = random.Random(7)
    with site.running():
        mailing = site.call("prepare", merge)["mailing"]
        site.call("approve", mailing, "--confirm", 120, "--no-hold")
        for share in (0.2, 0.5, 0.8):
            wait_for(lambda share=share: site.sandbox("/api/counts")["dispatches"] >= 120 * share)
            for process in site.workers():
                if dice.random() < 0.8:
                    os.kill(process, signal.SIGKILL)
        wait_for(lambda: site.sandbox("/api/counts")["dispatches"] == 120, seconds=120)
        wait_for(lambda: site.call("status", mailing)["delivered"] == 120, every=2)
        counts = site.sandbox("/api/counts")
    assert counts["dispatches"] == 120
    assert counts["by_recipient_max"] == 1
    assert site.call("status", mailing)["adds_up"]
    assert site.call("verify")["ok"]


def test_a_mailing_cancelled_in_its_hold_sends_nothing(quiet_site: Site, tmp_path: Path) -> None:
    merge = write_word_merge(tmp_path / "flettebrev.pdf", make_people(10))
    with quiet_site.running():
        mailing = quiet_site.call("prepare", merge)["mailing"]
        held = quiet_site.call("approve", mailing, "--confirm", 10)
        assert held["status"] == "Venter"
        stopped = quiet_site.call("cancel", mailing)
        assert (stopped["stopped"], stopped["already_left"]) == (10, 0)
        assert stopped["counts"] == {"Annulleret": 10}
        quiet_site.call("cancel", mailing, code=1)
        assert quiet_site.sandbox("/api/counts")["dispatches"] == 0


def test_a_typed_number_gets_the_whole_file(quiet_site: Site, tmp_path: Path) -> None:
    person, (company,) = make_person(3), make_companies(1)
    file = letters.write_letter_without_number(tmp_path / "brev.pdf")
    prepared = quiet_site.call("prepare", file, "--to", person.cpr, "--to", f"DK{company.cvr}")
    assert [one["recipient"] for one in prepared["letters"]] == [person.cpr, company.cvr]
    assert {tuple(one["pages"]) for one in prepared["letters"]} == {
        tuple(range(1, prepared["pages"] + 1))
    }
    wrong = quiet_site.call("prepare", file, "--to", "3002991234", code=1)
    assert wrong["mailing"] is None
    assert "dato" in wrong["errors"][0]["message"]


def test_a_text_named_pdf_is_taken_for_the_text_it_is(quiet_site: Site, tmp_path: Path) -> None:
    file = letters.write_text_named_pdf(tmp_path / "brev.pdf")
    prepared = quiet_site.call("prepare", file)
    assert [letter["verdict"] for letter in prepared["letters"]] == ["green"]
    assert prepared["errors"] == []


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (letters.write_garbage, "beskadiget"),
        (letters.write_empty, "tom"),
        (letters.write_without_pages, "ingen sider"),
        (letters.write_truncated, "beskadiget"),
        (letters.write_locked, "adgangskode"),
        (letters.write_letter_without_number, "CPR- eller CVR-nummer"),
        (letters.write_font_without_unicode, "kan ikke læses"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_leaves_nothing(
    quiet_site: Site, tmp_path: Path, write: Callable[[Path], Path], words: str
) -> None:
    quiet_site.environ["DIGITALPOST_OCR"] = "off"
    file = write(tmp_path / "brev.pdf")
    refused = quiet_site.call("prepare", file, code=1)
    assert refused["letters"] == []
    assert any(words in error["message"] for error in refused["errors"])
    assert {error["file"] for error in refused["errors"]} == {"brev.pdf"}
    assert quiet_site.call("verify")["ok"]


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (letters.write_two_numbers_on_a_page, "to forskellige numre"),
        (letters.write_impossible_date, "ikke kan være et rigtigt"),
        (letters.write_scan_in_the_middle, "kan læses"),
        (letters.write_replacement_number, "erstatnings-CPR"),
    ],
)
def test_a_page_in_doubt_stops_its_letter_and_is_named(
    quiet_site: Site, tmp_path: Path, write: Callable[[Path], Path], code: str
) -> None:
    quiet_site.environ["DIGITALPOST_OCR"] = "off"
    prepared = quiet_site.call("prepare", write(tmp_path / "brev.pdf"), code=None)
    assert any(code in error["message"] and error["page"] for error in prepared["errors"])
    assert all(one["verdict"] == "red" for one in prepared["letters"] if one["reasons"])
    if prepared["letters"]:
        pages = [page for one in prepared["letters"] for page in one["pages"]]
        pages += [one["page"] for one in prepared["left_out"]]
        assert sorted(pages) == list(range(1, prepared["pages"] + 1))


def test_the_same_file_again_is_said_once_it_was_approved(quiet_site: Site, tmp_path: Path) -> None:
    merge = write_word_merge(tmp_path / "flettebrev.pdf", make_people(2))
    first = quiet_site.call("prepare", merge)
    assert quiet_site.call("prepare", merge)["errors"] == []
    quiet_site.call("approve", first["mailing"], "--confirm", 2)
    (warning,) = quiet_site.call("prepare", merge)["errors"]
    assert "sendt før" in warning["message"]


def test_verify_finds_one_changed_byte(quiet_site: Site, tmp_path: Path) -> None:
    quiet_site.call("prepare", write_word_merge(tmp_path / "flettebrev.pdf", make_people(2)))
    stored = sorted(path for path in (quiet_site.home / "documents").rglob("*") if path.is_file())
    damage(stored[0])
    found = quiet_site.call("verify", code=1)
    assert not found["ok"]
    assert [problem["document"] for problem in found["problems"]] != [None]


def test_attachments_go_along_and_what_matched_is_told(quiet_site: Site, tmp_path: Path) -> None:
    anna, bo = make_people(2, seed=6)
    merge = write_merge(tmp_path / "breve.pdf", [anna, bo])
    plan, own, odd = (
        write_pages(tmp_path / name, [["Her står, hvad planen er for det næste skoleår."]])
        for name in ("Plan.pdf", f"Studieplan {bo.cpr}.pdf", "Ukendt.pdf")
    )
    prepared = quiet_site.call(
        "prepare", merge, "--attach", plan, "--attach-each", own, "--attach-each", odd
    )
    letters = [one["letter"] for one in prepared["letters"]]
    told = [(one["title"], one["matched"], one["letter"]) for one in prepared["attachments"]]
    assert told == [
        ("Plan", "common", None),
        ("Studieplan", "file_name", letters[1]),
        ("Ukendt", None, None),
    ]
    assert "Ingen modtagers nummer" in prepared["attachments"][2]["why"]
    refused = quiet_site.call("approve", prepared["mailing"], "--confirm", 2, code=1)
    assert "hører ikke til noget brev" in json.dumps(refused, ensure_ascii=False)
    quiet_site.call("export", prepared["mailing"], "--to", tmp_path / "ud")
    files = {path.stem: path.read_bytes() for path in (tmp_path / "ud").glob("*.pdf")}
    assert [len(pypdf.PdfReader(BytesIO(files[str(one)])).pages) for one in letters] == [2, 3]
