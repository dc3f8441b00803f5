"""Frames on the pages and the proof beside them: where a number was, and who says it is gone."""

from __future__ import annotations

import re
from pathlib import Path

import pymupdf
import pytest

from digitalpost.documents import read_document
from digitalpost.models import Letter
from tests.console.mailings import School, make_mailing, make_school, name_recipients
from tests.inputs.letters import write_merge
from tests.inputs.people import make_companies, make_people

PEOPLE = make_people(3)


@pytest.fixture
def school(tmp_path: Path) -> School:
    school = make_school(tmp_path)
    name_recipients(school, PEOPLE)
    return school


def boxes_of(svg: str, kind: str) -> list[pymupdf.Rect]:
    found = re.findall(
        rf'<rect class="{kind}" x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', svg
    )
    corners = [tuple(map(float, one)) for one in found]
    return [pymupdf.Rect(x, y, x + wide, y + tall) for x, y, wide, tall in corners]


def test_frames_stand_around_the_name_and_where_the_number_was(
    school: School, tmp_path: Path
) -> None:
    path = write_merge(tmp_path / "a.pdf", PEOPLE, pages_each=2)
    mailing_id = make_mailing(school, path)
    letter = school.letters(mailing_id)[1]
    svg = school.get(f"/letters/{letter.id}/page/1.svg")
    assert svg.content_type.startswith("image/svg+xml")
    assert svg.headers["Cache-Control"] == "private, no-store"
    with pymupdf.open(path) as source:
        page = source[letter.pages[0] - 1]
        [number] = page.search_for(f"{PEOPLE[1].cpr[:6]}-{PEOPLE[1].cpr[6:]}")
        name = page.search_for(PEOPLE[1].name)[0]
        assert f'viewBox="0 0 {page.rect.width} {page.rect.height}"' in svg.text
    [removed] = boxes_of(svg.text, "removed")
    assert number in removed and removed.height < 2 * number.height
    assert any(name in one for one in boxes_of(svg.text, "recipient"))
    assert PEOPLE[1].name.split()[0] not in svg.text and PEOPLE[1].cpr not in svg.text
    assert not boxes_of(school.get(f"/letters/{letter.id}/page/2.svg").text, "removed")


def test_a_number_that_stays_is_framed_as_the_recipients(school: School, tmp_path: Path) -> None:
    company = make_companies()[0]
    path = write_merge(tmp_path / "a.pdf", [company], pages_each=1)
    mailing_id = make_mailing(school, path)
    svg = school.get(f"/letters/{school.letters(mailing_id)[0].id}/page/1.svg").text
    with pymupdf.open(path) as source:
        places = source[0].search_for(company.cvr)
    framed = boxes_of(svg, "recipient")
    assert places and any(place in box for place in places for box in framed)
    assert not boxes_of(svg, "removed")


def test_the_proof_says_what_was_removed_where_who_looked_and_whose_it_is(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=PEOPLE, pages_each=2)
    letter = school.letters(mailing_id)[1]
    with school.institution.reading() as session:
        document = session.get_one(Letter, letter.id).document
        assert document is not None
        sha256 = document.sha256
        assert read_document(session, document)
    for page in (
        school.get(f"/letters/{letter.id}/").text,
        school.get(f"/mailings/{mailing_id}/?letter={letter.id}").text,
        school.get(f"/mailings/{mailing_id}/viewer?letter={letter.id}").text,
    ):
        assert "Side 1 (side 3 i filen): 1 sted" in page
        assert "MuPDF, PDFium" in page and "Det fjernede findes ikke mere" in page
        assert "navnet" in page and sha256 in page
        assert f"/letters/{letter.id}/page/2.svg" in page


def test_frames_of_pages_that_are_not_there_or_not_theirs_are_not_found(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=PEOPLE, pages_each=1)
    letter = school.letters(mailing_id)[0]
    assert school.get(f"/letters/{letter.id}/page/2.svg").status_code == 404
    assert school.get(f"/letters/{letter.id}/page/0.svg").status_code == 404
    assert school.get("/letters/9999/page/1.svg").status_code == 404
    school.client.get("/sign-out")
    with school.client.session_transaction() as signed_in:
        signed_in.clear()
    assert school.get(f"/letters/{letter.id}/page/1.svg").status_code in (302, 303, 401)
