"""The addressee's page: open to whoever has the link, silent about people, hard to misuse."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient

from digitalpost.danish_time import end_of, local
from digitalpost.db import now
from digitalpost.events import EventKind
from digitalpost.models import Event, Recipient, Role
from digitalpost.signing.tasks import watch_signatures
from sandbox.certificates import make_foreign_client
from tests.console.mailings import TOKEN, School, close, make_school, sign_in
from tests.make import make_unit, make_user
from tests.make_mailings import ANNA, BO, CARL
from tests.sandbox_server import RunningSandbox, start_sandbox
from tests.signing import asking
from tests.signing.authority import sign

LETTER = asking.LETTER
HERE = "https://127.0.0.1:9"  # the stand-in answers nobody on other machines


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("home"), postprocessing_seconds=0) as running:
        yield running


@pytest.fixture
def school(tmp_path: Path, sandbox: RunningSandbox) -> Iterator[School]:
    sandbox.clear_faults()
    made = make_school(
        tmp_path / "home",
        **asking.signing_line(sandbox, url=HERE, roots=asking.write_roots(tmp_path)),
    )
    yield made
    close(made)


@pytest.fixture
def outsider(school: School) -> FlaskClient:
    return school.client.application.test_client()


def make_to_sign(school: School, numbers: list[str], **how: Any) -> str:
    """A mailing that must be signed; the path of the first addressee's page."""
    asking.make_to_sign(
        school.institution, numbers, owner_id=school.actor.user_id,
        case_type_id=school.case_type_id, **how,
    )  # fmt: skip
    return f"/sign/{asking.token(school.institution)}"


def begin(client: FlaskClient, path: str, **headers: str) -> Any:
    token = TOKEN.search(client.get(path).text)
    assert token is not None
    return client.post(f"{path}/begin", data={"csrf_token": token[1]}, headers=headers)


def post_answer(client: FlaskClient, state: str, signed: bytes | None) -> Any:
    data: dict[str, Any] = {"result": "declined" if signed is None else "signed"}
    if signed is not None:
        data["document"] = (io.BytesIO(signed), "brev.pdf")
    headers = {"Authorization": f"Bearer {state}"}
    return client.post("/sign/answer", data=data, headers=headers)


def test_the_page_says_what_from_whom_and_by_when_and_nothing_about_a_person(
    school: School, outsider: FlaskClient
) -> None:
    path = make_to_sign(school, [ANNA], sign_by=asking.NEW_YEARS_DAY)
    page = outsider.get(path)
    assert page.status_code == 200
    year = asking.NEW_YEARS_DAY.year
    for said in (
        "Indkaldelse til samtale",
        "Egely Gymnasium",
        f"1. jan. {year}",
        "MitID",
    ):
        assert said in page.text
    with school.institution.reading() as session:
        names = [one.display_name for one in session.scalars(sa.select(Recipient))]
    assert not any(name in page.text for name in names)
    assert ANNA[:6] not in page.text
    for unwanted in ("Log ind", "Hovedmenu", "/account/", "/letters/"):
        assert unwanted not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert 'name="robots" content="noindex' in page.text


@pytest.mark.parametrize("path", ["x" * 43, "1", "0102031234", "æ" * 43, "%00", "x" * 5000])
def test_a_link_that_is_not_ours_gets_a_plain_page(
    school: School, outsider: FlaskClient, path: str
) -> None:
    make_to_sign(school, [ANNA])
    page = outsider.get(f"/sign/{path}")
    assert page.status_code == 404
    assert "/account/" not in page.text and "Linket virker ikke" in page.text


def test_the_button_leads_to_the_service_with_a_parameter_token_that_it_accepts(
    school: School, outsider: FlaskClient, sandbox: RunningSandbox
) -> None:
    path = make_to_sign(school, [ANNA])
    policy = outsider.get(path).headers["Content-Security-Policy"]
    assert f"form-action 'self' {sandbox.mailbox_url};" in policy
    gone = begin(outsider, path)
    assert gone.status_code == 303
    assert gone.headers["Location"].startswith(sandbox.address["signing"] + "/")
    with sandbox.pages() as pages:
        service = pages.get(gone.headers["Location"])
    assert service.status_code == 200 and "Indkaldelse til samtale" in service.text
    assert ANNA not in service.text and ANNA not in gone.headers["Location"]
    assert "vi har ikke fået din underskrift endnu" in outsider.get(path).text


def test_without_the_forms_token_or_from_another_site_nothing_begins(
    school: School, outsider: FlaskClient
) -> None:
    path = make_to_sign(school, [ANNA])
    assert outsider.post(f"{path}/begin").status_code == 400
    page = begin(outsider, path, Origin="https://evil.invalid")
    assert page.status_code == 400 and "Åbn linket i brevet igen" in page.text
    assert asking.statuses(school.institution) == ["waiting"]


@pytest.mark.parametrize("fault", ["answer_503", "wrong_body", "drop_before_storing"])
def test_a_service_that_is_away_gets_a_plain_page_and_another_try(
    school: School, outsider: FlaskClient, sandbox: RunningSandbox, fault: str
) -> None:
    path = make_to_sign(school, [ANNA])
    sandbox.fault(fault, target="signing.begin")
    page = begin(outsider, path)
    assert page.status_code == 503 and "kan ikke underskrive lige nu" in page.text
    assert begin(outsider, path).status_code == 303


def test_a_service_that_wants_another_key_gets_no_letter(
    school: School, outsider: FlaskClient, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    _, key = make_foreign_client(tmp_path / "others")
    line = asking.signing_line(sandbox, url=HERE) | {"SIGNING_TOKEN_KEY": str(key)}
    other = make_school(tmp_path / "other", **line)
    path = make_to_sign(other, [ANNA])
    assert begin(other.client.application.test_client(), path).status_code == 503
    close(other)


def test_the_answer_is_taken_once_and_the_page_says_thank_you(
    school: School, outsider: FlaskClient
) -> None:
    path = make_to_sign(school, [ANNA])
    state = asking.start(school.institution).state
    answer = post_answer(outsider, state, sign(LETTER))
    assert (answer.status_code, answer.json) == (200, {"status": "signed"})
    again = post_answer(outsider, state, sign(LETTER))
    assert (again.status_code, again.json) == (409, {"status": "unknown"})
    page = outsider.get(path).text
    assert "Tak, brevet er underskrevet" in page and "begin" not in page


def test_a_bad_answer_is_refused_with_its_kind_and_the_addressee_is_asked_again(
    school: School, outsider: FlaskClient
) -> None:
    path = make_to_sign(school, [ANNA])
    answer = post_answer(outsider, asking.start(school.institution).state, LETTER)
    assert (answer.status_code, answer.json) == (422, {"status": "not_accepted", "kind": "none"})
    assert "kunne ikke godkendes" in outsider.get(path).text
    assert begin(outsider, path).status_code == 303


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 400),
        ({"result": "signed"}, 400),
        ({"result": "signed", "document": "ikke en fil"}, 400),
        ({"result": "noget", "document": (io.BytesIO(b"x"), "a.pdf")}, 400),
        ({"result": "declined", "document": (io.BytesIO(b"x"), "a.pdf")}, 400),
    ],
)
def test_an_answer_that_makes_no_sense_uses_nothing_up(
    school: School, outsider: FlaskClient, data: dict[str, Any], status: int
) -> None:
    make_to_sign(school, [ANNA])
    state = asking.start(school.institution).state
    headers = {"Authorization": f"Bearer {state}"}
    assert outsider.post("/sign/answer", data=data, headers=headers).status_code == status
    assert post_answer(outsider, state, sign(LETTER)).status_code == 200


def test_who_has_no_word_is_turned_away_before_anything_is_read(
    school: School, outsider: FlaskClient
) -> None:
    make_to_sign(school, [ANNA])

    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

        readinto = readline = read1 = read  # type: ignore[assignment]

    for headers in ({}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer " + "x" * 43}):
        answer = outsider.post(
            "/sign/answer", input_stream=Unread(b"x" * 100), headers=headers,
            content_type="multipart/form-data; boundary=x",
        )  # fmt: skip
        assert answer.status_code == 409


def test_every_end_has_a_page_of_its_own(school: School, outsider: FlaskClient) -> None:
    day = local(now()).date()
    make_to_sign(school, [ANNA, BO, CARL], sign_by=day)
    paths = [f"/sign/{asking.token(school.institution, one)}" for one in (1, 2, 3)]
    post_answer(outsider, asking.start(school.institution, 1).state, None)
    assert "Du har afvist at underskrive" in outsider.get(paths[0]).text
    school.post("/signatures/2/close")
    assert "skal ikke underskrives længere" in outsider.get(paths[1]).text
    with time_machine.travel(end_of(day), tick=False):
        assert "Fristen er overskredet" in outsider.get(paths[2]).text
    for path in paths[:2]:
        assert "/begin" not in outsider.get(path).text


def test_guessing_is_slowed_down(school: School, outsider: FlaskClient) -> None:
    codes = [outsider.get(f"/sign/{'x' * 43}").status_code for _ in range(62)]
    assert codes[0] == 404 and codes[-1] == 429


def test_staff_see_how_it_stands_and_get_the_signed_file(
    school: School, outsider: FlaskClient
) -> None:
    make_to_sign(school, [ANNA, BO])
    asking.send_to_sign(school.institution)
    signed = sign(LETTER)
    post_answer(outsider, asking.start(school.institution, 1).state, signed)
    mailing = school.get("/mailings/1/").text
    assert "Underskrifter" in mailing and "1 af 2" in mailing
    letter = school.get("/letters/1/").text
    assert "Underskrevet" in letter and "Åse Birk" in letter
    assert "/signatures/1/underskrevet.pdf" in letter
    file = school.get("/signatures/1/underskrevet.pdf")
    assert file.data == signed
    assert file.headers["Content-Disposition"] == 'attachment; filename="underskrevet-1.pdf"'
    with school.institution.reading() as session:
        case_id = session.scalar(sa.select(Event.case_id).where(Event.case_id.is_not(None)))
        what = [one.data for one in session.scalars(sa.select(Event)) if one.kind
                == EventKind.LETTER_DOWNLOADED.value]  # fmt: skip
    assert what == [{"what": "signed"}]
    assert "Underskrevet brev, PDF" in school.get(f"/cases/{case_id}/").text
    missing = school.get("/signatures/?mailing=1").text
    assert "Venter på underskrift" in missing and missing.count("#underskrift") == 1
    assert school.get("/signatures/2/underskrevet.pdf").status_code == 303


def test_what_is_missing_stands_on_the_owners_front_page_until_it_is_closed(
    school: School,
) -> None:
    make_to_sign(school, [ANNA])
    asking.send_to_sign(school.institution)
    assert "Mangler underskrift" not in school.get("/").text
    with time_machine.travel(now() + timedelta(days=5), tick=False):
        watch_signatures(school.institution)
        sign_in(school.client, "mette@egely.example")
        assert "Mangler underskrift" in school.get("/").text
        assert "Venter på underskrift" in school.get("/signatures/").text
        assert school.post("/signatures/1/close").status_code == 303
        assert "Mangler underskrift" not in school.get("/").text
        again = school.post("/signatures/1/close", follow_redirects=True).text
        assert "Der er ikke noget at lukke" in again


@pytest.mark.parametrize("role", list(Role))
def test_other_units_learn_nothing_of_it(school: School, role: Role) -> None:
    make_to_sign(school, [ANNA])
    unit_id = make_unit(school.institution)
    make_user(school.institution, role=role, units=(unit_id,), email="fie@egely.example")
    stranger = school.client.application.test_client()
    sign_in(stranger, "fie@egely.example")
    token = TOKEN.search(stranger.get("/account/").text)
    assert token is not None
    for number in (1, 999):
        assert stranger.get(f"/signatures/{number}/underskrevet.pdf").status_code == 404
        data = {"csrf_token": token[1]}
        assert stranger.post(f"/signatures/{number}/close", data=data).status_code == 404
        assert stranger.get(f"/signatures/?mailing={number}").status_code == 404
    assert asking.statuses(school.institution) == ["waiting"]
