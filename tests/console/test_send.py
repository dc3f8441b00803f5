"""Send brev: the upload form, what it says no to, and that nothing typed is lost."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from digitalpost.mailings.prepare import prepare
from digitalpost.models import CaseType, Mailing, MailingStatus, Recipient
from tests.console.mailings import TOKEN, make_school, name_recipients
from tests.inputs.letters import (
    write_empty,
    write_locked,
    write_merge,
    write_truncated,
    write_zip_named_pdf,
)
from tests.inputs.people import make_person
from tests.make import make_unit


def upload(school, *paths: Path, **fields):
    files = [(io.BytesIO(path.read_bytes()), path.name) for path in paths]
    data = {"files": files, "case_type": str(school.case_type_id), "remove_numbers": "1", **fields}
    return school.post("/send/", data, content_type="multipart/form-data")


def multipart(*, csrf_token: bytes, files: bytes) -> bytes:
    """A form as a browser sends it; the test client would leave a file of its own open."""
    head = b'--line\r\nContent-Disposition: form-data; name="'
    return b"".join(
        (
            *(head, b'csrf_token"\r\n\r\n', csrf_token, b"\r\n"),
            *(head, b'files"; filename="a.pdf"\r\n\r\n', files, b"\r\n--line--\r\n"),
        )
    )


def test_an_uploaded_file_becomes_a_mailing_with_a_page_of_its_own(tmp_path):
    school = make_school(tmp_path)
    answer = upload(school, write_merge(tmp_path / "breve_til_klassen.pdf", [make_person()]))
    assert answer.status_code == 303
    mailing_id = int(answer.location.rstrip("/").rpartition("/")[2])
    mailing = school.mailing(mailing_id)
    assert mailing.status is MailingStatus.PREPARING
    assert mailing.title == "Breve til klassen"
    assert not mailing.keep_numbers
    assert school.woken == [("prepare_mailing", mailing_id)]
    assert "Filen er modtaget" in school.get(answer.location).text


def test_leaving_out_the_tick_keeps_the_numbers(tmp_path):
    school = make_school(tmp_path)
    path = write_merge(tmp_path / "brev.pdf", [make_person()])
    data = {
        "files": (io.BytesIO(path.read_bytes()), path.name),
        "case_type": str(school.case_type_id),
    }
    answer = school.post("/send/", data, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert school.mailing(1).keep_numbers


def test_the_temporary_copy_of_an_upload_is_gone_afterwards(tmp_path, monkeypatch):
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    school = make_school(tmp_path)
    upload(school, write_merge(tmp_path / "brev.pdf", [make_person()]))
    assert not list(spool.glob("digitalpost-*"))


@pytest.mark.parametrize(
    ("write", "says"),
    [(write_zip_named_pdf, "kan ikke sendes"), (write_empty, "tom")],
)
def test_a_file_that_cannot_be_used_is_named_and_what_was_typed_stays(tmp_path, write, says):
    school = make_school(tmp_path)
    answer = upload(school, write(tmp_path / "brev.pdf"), title="Referat fra møde", to="0101901234")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "brev.pdf" in answer.text
    assert says in answer.text
    assert 'value="Referat fra møde"' in answer.text
    assert ">0101901234</textarea>" in answer.text
    assert "0101901234" not in (answer.location or "")


@pytest.mark.parametrize(
    ("write", "says"),
    [(write_truncated, "beskadiget"), (write_locked, "adgangskode")],
)
def test_what_is_wrong_inside_a_file_stands_on_its_page_with_a_way_on(tmp_path, write, says):
    school = make_school(tmp_path)
    answer = upload(school, write(tmp_path / "brev.pdf"), title="Referat fra møde")
    assert answer.status_code == 303
    prepare(school.institution, 1)
    page = school.get(answer.location).text
    assert "Filen kunne ikke gøres klar" in page
    assert "brev.pdf: " in page
    assert says in page
    assert 'href="/send/"' in page


def test_no_file_and_a_wrong_number_are_both_told_at_once(tmp_path):
    school = make_school(tmp_path)
    data = {"case_type": str(school.case_type_id), "to": "123"}
    answer = school.post("/send/", data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Vælg den fil" in answer.text
    assert "Modtager nr. 1" in answer.text


def test_a_file_over_the_limit_gets_a_page_that_says_what_to_do(tmp_path):
    school = make_school(tmp_path, DIGITALPOST_MAX_UPLOAD_MB="1")
    token = TOKEN.search(school.get("/send/").text)
    assert token is not None
    body = multipart(csrf_token=token[1].encode(), files=b"%PDF" + b"x" * 2_100_000)
    answer = school.client.post(
        "/send/", data=body, content_type="multipart/form-data; boundary=line"
    )
    assert answer.status_code == 413
    assert "Del filen op" in answer.text


def test_a_case_type_of_another_unit_cannot_be_chosen(tmp_path):
    school = make_school(tmp_path)
    other_unit = make_unit(school.institution, "En anden")
    with school.institution.transaction() as session:
        other = CaseType(unit_id=other_unit, name="Personalesag")
        session.add(other)
        session.flush()
        other_id = other.id
    assert "Personalesag" not in school.get("/send/").text
    path = write_merge(tmp_path / "brev.pdf", [make_person()])
    answer = upload(school, path, case_type=str(other_id))
    assert answer.status_code == 422
    assert "Vælg en sagstype" in answer.text


def test_the_choice_of_case_type_is_shown_only_when_there_is_one(tmp_path):
    school = make_school(tmp_path)
    assert '<select id="case_type"' not in school.get("/send/").text
    with school.institution.transaction() as session:
        session.add(CaseType(unit_id=school.unit_id, name="Optagelsessag"))
    assert "Optagelsessag" in school.get("/send/").text


def test_the_name_behind_a_typed_number_is_shown_before_it_counts(tmp_path):
    school = make_school(tmp_path)
    person = make_person()
    name_recipients(school, [person])
    page = school.post("/send/recipient", {"to": f"{person.cpr}\n99000015\n12"}).text
    assert person.name in page
    assert person.cpr not in page
    assert "I har skrevet til modtageren før." in page
    assert "Ny modtager uden navn" in page
    assert "10 cifre" in page
    assert page.index(person.name) < page.index("CVR 99000015") < page.index("10 cifre")


def test_the_same_number_has_one_key_however_it_is_written(tmp_path):
    school = make_school(tmp_path)
    person = make_person()
    written = f"{person.cpr}\n{person.cpr[:6]}-{person.cpr[6:]}\n99000015"
    keys = re.findall(r'data-key="(\w+)"', school.post("/send/recipient", {"to": written}).text)
    assert keys[0] == keys[1] != keys[2]
    assert person.cpr not in keys[0]


def test_a_recipient_who_was_picked_by_name_gets_the_whole_file(tmp_path):
    school = make_school(tmp_path)
    person = make_person()
    name_recipients(school, [person])
    with school.institution.reading() as session:
        picked = session.scalars(select(Recipient.id)).one()
    page = school.post("/send/recipient", {"to": f"#{picked}"}).text
    assert person.name in page
    path = write_merge(tmp_path / "a.pdf", [make_person(3)])
    assert upload(school, path, to=f"99000015\n#{picked}").status_code == 303
    with school.institution.reading() as session:
        options = session.scalars(select(Mailing)).one().split_options
        numbers = [session.get_one(Recipient, one) for one in options["recipient_ids"]]
        assert numbers[0].number_masked == "99000015"
        assert numbers[1].id == picked
    answer = upload(school, path, to="#999999")
    assert answer.status_code == 422
    assert "findes ikke mere" in answer.text


def test_style_and_script_of_a_page_stay_light(tmp_path):
    school = make_school(tmp_path)
    page = school.get("/send/").text
    assets = set(re.findall(r'(?:href|src)="(/static/[^"#]+\.(?:css|js)[^"#]*)"', page))
    assert len(assets) >= 4
    assert sum(len(school.get(asset, buffered=True).data) for asset in assets) < 60_000
    assert " style=" not in page
    assert " onclick=" not in page


def test_places_for_later_options_are_no_dead_controls(tmp_path):
    page = make_school(tmp_path).get("/send/").text
    assert "underskrive" not in page
    assert "disabled" not in page


def test_a_file_is_divided_in_the_way_that_was_chosen(tmp_path):
    school = make_school(tmp_path)
    people = [make_person(seed) for seed in (1, 2, 3)]
    path = write_merge(tmp_path / "a.pdf", people)
    answer = upload(school, path, split="pages", pages_each="2")
    assert answer.status_code == 303
    with school.institution.reading() as session:
        mailing = session.scalars(select(Mailing)).one()
        assert (mailing.split_method, mailing.split_options) == ("pages", {"pages_each": 2})
    wrong = upload(school, path, split="pages", pages_each="mange")
    assert wrong.status_code == 422
    assert "hvor mange sider" in wrong.text
    assert '<option value="pages" selected>' in wrong.text
