"""Attachments in the console: taken in, matched, named, ordered and removed by plain forms."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from digitalpost.access import Scope
from digitalpost.mailings.remake import finish_letters
from digitalpost.models import MailingAttachment
from tests.console.mailings import School, close, make_mailing, make_school
from tests.inputs.people import make_people
from tests.mailings.attaching import attachments_of, file_for, parts_by_letter

ANNA, BO, CARL = make_people(3)


@pytest.fixture
def school(tmp_path: Path) -> Any:
    found = make_school(tmp_path / "home")
    yield found
    close(found)


def add(school: School, mailing_id: int, *files: Path, to: str = "common") -> Any:
    data = {
        "attachments": [(BytesIO(file.read_bytes()), file.name) for file in files],
        "attachments_to": to,
    }
    answer = school.post(f"/mailings/{mailing_id}/attachments/add", data, follow_redirects=True)
    finish_letters(school.institution, mailing_id)
    return answer


def act(school: School, mailing_id: int, path: str, **data: str) -> str:
    answer = school.post(
        f"/mailings/{mailing_id}/attachments/{path}", dict(data), follow_redirects=True
    )
    assert answer.status_code == 200
    finish_letters(school.institution, mailing_id)
    return str(answer.text)


def test_a_file_that_comes_with_the_upload_goes_with_every_letter(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_mailing(school, tmp_path / "breve.pdf")
    page = school.get("/send/").text
    assert 'name="attachments"' in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = school.client.post(
        "/send/",
        data={
            "csrf_token": token[1],
            "files": (BytesIO((tmp_path / "breve.pdf").read_bytes()), "breve.pdf"),
            "attachments": (BytesIO(file_for(tmp_path, "Plan.pdf").read_bytes()), "Plan.pdf"),
            "attachments_to": "common",
            "case_type": str(school.case_type_id),
        },
    )
    assert answer.status_code == 303
    [one] = attachments_of(school.institution, mailing_id + 1)
    assert (one.title, one.is_common) == ("Plan", True)


def test_added_in_review_they_show_with_whom_they_match_and_by_what(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_mailing(school, tmp_path / "breve.pdf")
    assert "Læg bilag ved" in school.get(f"/mailings/{mailing_id}/").text
    page = add(school, mailing_id, file_for(tmp_path, "Plan.pdf")).text
    assert "1 bilag er lagt til og bliver gjort klar." in page
    assert ("finish_letters", mailing_id) in school.woken
    own = file_for(tmp_path, f"Studieplan {BO.cpr}.pdf")
    odd = file_for(tmp_path, "Uden nummer.pdf")
    add(school, mailing_id, own, odd, to="each")
    page = school.get(f"/mailings/{mailing_id}/attachments/").text
    assert BO.cpr not in page
    assert "Nummer i filnavnet" in page
    assert "Ingen modtagers nummer står i filnavnet eller i bilaget" in page
    assert "Breve uden deres eget bilag" in page
    review = school.get(f"/mailings/{mailing_id}/").text
    assert "1 bilag skal afklares, før du kan godkende." in review
    assert len(review.encode()) < 60_000
    count = {"count": "3"}
    refused = school.post(f"/mailings/{mailing_id}/approve", count)
    assert refused.status_code == 422
    assert "1 bilag hører ikke til noget brev" in refused.text


def test_every_act_is_a_plain_form(school: School, tmp_path: Path) -> None:
    mailing_id = make_mailing(school, tmp_path / "breve.pdf")
    add(school, mailing_id, file_for(tmp_path, "a.pdf"), file_for(tmp_path, "b.pdf"))
    add(school, mailing_id, file_for(tmp_path, "c.pdf"), to="each")
    first, second, third = attachments_of(school.institution, mailing_id)
    titles = lambda: parts_by_letter(school.institution, mailing_id)  # noqa: E731
    assert titles() == [["A", "B"]] * 3
    assert "Rækkefølgen er ændret." in act(school, mailing_id, f"{second.id}/move", by="up")
    assert titles() == [["B", "A"]] * 3
    act(school, mailing_id, "order", ids=f"{first.id},{second.id}")
    assert titles() == [["A", "B"]] * 3
    assert "ændret imens" in act(school, mailing_id, "order", ids="1,1,x")
    page = act(school, mailing_id, f"{first.id}/rename", title="Studieplan", **{"from": "all"})
    assert "Titlen er gemt." in page
    assert "må ikke indeholde" in act(
        school, mailing_id, f"{first.id}/rename", title=f"Til {ANNA.cpr}"
    )
    assert "ikke noget brev" in act(school, mailing_id, f"{third.id}/match", position="77")
    act(school, mailing_id, f"{third.id}/match", position="2")
    assert titles() == [["Studieplan", "B"], ["Studieplan", "B", "C"], ["Studieplan", "B"]]
    assert "Valgt af en medarbejder" in school.get(f"/mailings/{mailing_id}/attachments/").text
    viewer = school.get(f"/mailings/{mailing_id}/viewer?letter={third_letter(school, mailing_id)}")
    assert "Bilag 1: Studieplan" in viewer.text
    act(school, mailing_id, f"{third.id}/unmatch")
    act(school, mailing_id, f"{first.id}/remove")
    act(school, mailing_id, "send-without")
    assert titles() == [["B"]] * 3


def third_letter(school: School, mailing_id: int) -> int:
    return school.letters(mailing_id)[2].id


def test_several_for_one_letter_are_accepted_with_one_button(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_mailing(school, tmp_path / "breve.pdf")
    files = [file_for(tmp_path, f"{kind} {ANNA.cpr}.pdf") for kind in ("Plan", "Karakterer")]
    add(school, mailing_id, *files, to="each")
    assert "Ja til flere bilag i samme brev (2)" in school.get(f"/mailings/{mailing_id}/").text
    act(school, mailing_id, "accept-several")
    assert parts_by_letter(school.institution, mailing_id) == [["Plan", "Karakterer"], [], []]


def test_first_page_can_be_seen_and_a_bad_file_says_why_at_once(
    school: School, tmp_path: Path
) -> None:
    mailing_id = make_mailing(school, tmp_path / "breve.pdf")
    add(school, mailing_id, file_for(tmp_path, "c.pdf"), to="each")
    [one] = attachments_of(school.institution, mailing_id)
    picture = school.get(f"/mailings/{mailing_id}/attachments/{one.id}/1.png")
    assert picture.data.startswith(b"\x89PNG")
    assert "no-store" in picture.headers["Cache-Control"]
    assert school.get(f"/mailings/{mailing_id}/attachments/{one.id}/9.png").status_code == 404
    (tmp_path / "tom.pdf").write_bytes(b"")
    assert "tom.pdf: Filen er tom" in add(school, mailing_id, tmp_path / "tom.pdf").text
    assert len(attachments_of(school.institution, mailing_id)) == 1


def test_an_attachment_is_not_reached_through_another_mailing_or_unit(
    school: School, tmp_path: Path
) -> None:
    mine = make_mailing(school, tmp_path / "breve.pdf")
    other = make_mailing(school, tmp_path / "breve.pdf")
    add(school, mine, file_for(tmp_path, "c.pdf"), to="each")
    [one] = attachments_of(school.institution, mine)
    for path in ("remove", "rename", "move", "match", "unmatch"):
        answer = school.post(f"/mailings/{other}/attachments/{one.id}/{path}", {"title": "x"})
        assert answer.status_code == 404, path
    assert school.get(f"/mailings/{other}/attachments/{one.id}/1.png").status_code == 404
    with school.institution.reading(Scope(frozenset({school.unit_id + 99}))) as session:
        assert session.get(MailingAttachment, one.id) is None


def test_four_hundred_attachments_make_no_heavy_page(school: School, tmp_path: Path) -> None:
    mailing_id = make_mailing(school, tmp_path / "breve.pdf")
    add(school, mailing_id, file_for(tmp_path, "c.pdf"), to="each")
    [one] = attachments_of(school.institution, mailing_id)
    with school.institution.transaction() as session:
        row = session.get_one(MailingAttachment, one.id)
        values = {
            column.key: getattr(row, column.key)
            for column in MailingAttachment.__table__.columns
            if column.key not in ("id", "position")
        }
        values["title"] = "Studieplan for det kommende skoleår og de næste to år derefter"
        session.add_all(MailingAttachment(**values, position=at) for at in range(2, 401))
    for address in (f"/mailings/{mailing_id}/", f"/mailings/{mailing_id}/attachments/"):
        answer = school.get(address)
        assert len(answer.data) < 60_000, (address, len(answer.data))
    page = school.get(f"/mailings/{mailing_id}/attachments/").text
    older = re.search(r'href="([^"]+after=[^"]+)"', page)
    assert older is not None
    assert "Studieplan" in school.get(older[1].replace("&amp;", "&")).text
