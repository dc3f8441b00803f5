"""The evidence of a letter in the console: to see, to take away, logged, and only for who may."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.models import Event, Letter, Recipient, Role
from tests.console.mailings import School, make_mailing, make_school, name_recipients, sign_in
from tests.inputs.people import make_people
from tests.make import make_unit, make_user


@pytest.fixture
def school(tmp_path: Any) -> School:
    return make_school(tmp_path)


def make_letter(school: School, tmp_path: Any) -> tuple[Letter, Any]:
    people = make_people(1)
    name_recipients(school, people)
    mailing_id = make_mailing(school, tmp_path / "a.pdf", people=people)
    school.post(f"/mailings/{mailing_id}/approve", {"count": "1"})
    return school.letters(mailing_id)[0], people[0]


def kinds(school: School) -> list[str]:
    with school.institution.reading() as session:
        return list(session.scalars(sa.select(Event.kind)))


def test_the_page_shows_the_evidence_and_who_saw_it(school, tmp_path):
    letter, person = make_letter(school, tmp_path)
    assert f"/letters/{letter.id}/evidence/" in school.get(f"/letters/{letter.id}/").text
    page = school.get(f"/letters/{letter.id}/evidence/").text
    assert person.name in page and person.cpr not in page
    assert "Hent bevis" in page and "Mette Kirk" in page
    assert "Brevets fingeraftryk" in page and "Ingen kvittering." in page
    assert kinds(school).count("letter:opened") == 1


@pytest.mark.parametrize("kind", ["zip", "pdf", "json"])
def test_each_form_is_taken_away_masked_and_logged(school, tmp_path, kind):
    letter, person = make_letter(school, tmp_path)
    answer = school.post(f"/letters/{letter.id}/evidence/bevis.{kind}")
    assert answer.status_code == 200
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="bevis-{letter.id}.{kind}"'
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    if kind == "zip":
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            assert sorted(archive.namelist()) == [
                "SHA256SUMS",
                "bevis.json",
                "bevis.pdf",
                "brev.pdf",
            ]
            facts = json.loads(archive.read("bevis.json"))["evidence"]
        assert facts["recipient"]["number"] == f"{person.cpr[:6]}-••••"
    elif kind == "pdf":
        assert answer.data.startswith(b"%PDF")
    else:
        assert list(json.loads(answer.data)) == ["evidence", "sha256"]
    assert kinds(school).count("letter:downloaded") == 1
    assert "recipient:revealed" not in kinds(school)


def test_the_whole_number_needs_a_reason_that_is_logged(school, tmp_path):
    letter, person = make_letter(school, tmp_path)
    path = f"/letters/{letter.id}/evidence/bevis.json"
    odd = json.loads(school.post(path, {"reason": "because"}).data)
    assert odd["evidence"]["recipient"]["is_masked"]
    whole = json.loads(school.post(path, {"reason": "authority"}).data)
    assert whole["evidence"]["recipient"]["number"] == person.cpr
    assert kinds(school).count("recipient:revealed") == 1


def test_nothing_to_prove_before_approval_or_of_a_damaged_file(school, tmp_path):
    mailing_id = make_mailing(school, tmp_path / "b.pdf")
    letter = school.letters(mailing_id)[0]
    assert "/evidence/" not in school.get(f"/letters/{letter.id}/").text
    answer = school.get(f"/letters/{letter.id}/evidence/", follow_redirects=True)
    assert "ikke noget at bevise" in answer.text
    school.post(f"/mailings/{mailing_id}/approve", {"count": "3"})
    for file in (school.institution.settings.home / "documents").rglob("*"):
        if file.is_file():
            file.write_bytes(b"x" * file.stat().st_size)
    for kind in ("zip", "json"):
        answer = school.post(f"/letters/{letter.id}/evidence/bevis.{kind}")
        assert answer.status_code == 303
    assert "letter:downloaded" not in kinds(school)


def test_what_is_not_asked_for_in_a_known_form_leads_back(school, tmp_path):
    letter, _ = make_letter(school, tmp_path)
    assert school.post(f"/letters/{letter.id}/evidence/bevis.exe").status_code == 303
    assert school.get(f"/letters/{letter.id}/evidence/bevis.zip").status_code in (404, 405)
    script = school.get(f"/letters/{letter.id}/evidence/verify_evidence.py")
    assert b"python3 verify_evidence.py" in script.data


def test_the_evidence_of_another_unit_is_not_there(school, tmp_path):
    letter, _ = make_letter(school, tmp_path)
    other = make_unit(school.institution, "Naboskolen")
    make_user(school.institution, role=Role.STAFF, units=(other,), email="nabo@egely.example")
    school.client = school.client.application.test_client()
    sign_in(school.client, "nabo@egely.example")
    assert school.get(f"/letters/{letter.id}/evidence/").status_code == 404
    reason = {"reason": "other"}
    assert school.post(f"/letters/{letter.id}/evidence/bevis.zip", reason).status_code == 404
    assert "recipient:revealed" not in kinds(school)
    with school.institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Recipient.id))) == 1
