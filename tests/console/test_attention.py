"""Whom in a company a letter is for: asked of the CVR register, chosen, and remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.models import Attention, Role
from tests.console.mailings import School, sign_in
from tests.console.young import make_drafts, school_beside
from tests.make import make_unit, make_user
from tests.registers.conftest import registers_sandbox, sandbox  # noqa: F401 - fixtures
from tests.sandbox_server import RunningSandbox

COMPANY, UNIT, OTHER_UNIT, CLOSED = "99000023", "1990000231", "1990000232", "1990000239"


@pytest.fixture
def school(database_url: str, sandbox: RunningSandbox, tmp_path: Path) -> Iterator[School]:  # noqa: F811
    with school_beside(sandbox, tmp_path / "home", DATABASE_URL=database_url) as school:
        yield school


def kept(school: School) -> tuple[str, str] | None:
    with school.institution.reading() as session:
        found = session.query(Attention).one_or_none()
        return (found.p_number, found.email) if found is not None else None


def company_letter(school: School) -> tuple[int, int, int]:
    """The ids of a mailing, its one letter to a company, and the company."""
    mailing_id = make_drafts(school, [COMPANY], names=["Eksempel Maskinfabrik A/S"])
    (letter,) = school.letters(mailing_id)
    assert letter.recipient_id is not None
    return mailing_id, letter.id, letter.recipient_id


def choose(school: School, recipient_id: int, **fields: str) -> str:
    answer = school.post(
        f"/recipients/{recipient_id}/attention/choose", fields, follow_redirects=True
    )
    assert answer.status_code == 200
    return str(answer.text)


def units(school: School, recipient_id: int) -> str:
    answer = school.post(f"/recipients/{recipient_id}/attention/units", headers={"X-Piece": "1"})
    assert answer.status_code == 200
    return str(answer.text)


def test_a_page_with_a_company_on_it_asks_nobody(
    school: School,
    sandbox: RunningSandbox,  # noqa: F811
) -> None:
    mailing_id, letter_id, recipient_id = company_letter(school)
    asked = len(sandbox.requests())
    for address in (
        f"/mailings/{mailing_id}/",
        f"/mailings/{mailing_id}/viewer?letter={letter_id}",
        f"/recipients/{recipient_id}/",
        f"/recipients/{recipient_id}/attention/",
    ):
        page = school.get(address)
        assert page.status_code == 200
        assert "Til hvem i virksomheden?" in page.text
    assert len(sandbox.requests()) == asked


def test_the_units_come_with_names_and_addresses_and_without_the_closed(school: School) -> None:
    _, _, recipient_id = company_letter(school)
    piece = units(school, recipient_id)
    assert "<html" not in piece
    assert "Eksempel Maskinfabrik A/S, afd." in piece
    assert UNIT in piece
    assert OTHER_UNIT in piece
    assert "Eksempelvej 12, 8000 Aarhus C" in piece
    assert CLOSED not in piece
    page = school.post(f"/recipients/{recipient_id}/attention/units").text
    assert "<html" in page
    assert OTHER_UNIT in page


def test_a_p_number_is_chosen_beside_the_letter_and_offered_next_time(school: School) -> None:
    mailing_id, letter_id, recipient_id = company_letter(school)
    back = {"mailing": str(mailing_id), "letter": str(letter_id)}
    page = choose(school, recipient_id, choice=f"p:{OTHER_UNIT}", **back)
    assert "Valget er gemt" in page
    assert "P-nummer " + OTHER_UNIT in page
    assert "Valgt af Mette Kirk" in page
    assert "e-Boks kan ikke tage P-nummer" in page
    assert kept(school) == (OTHER_UNIT, "")
    following = make_drafts(school, [COMPANY])
    assert "P-nummer " + OTHER_UNIT in school.get(f"/mailings/{following}/").text
    assert re.search(rf'value="p:{OTHER_UNIT}" checked', units(school, recipient_id))


def test_a_case_worker_replaces_it_and_nobody_forgets_it(school: School) -> None:
    _, _, recipient_id = company_letter(school)
    choose(school, recipient_id, choice=f"p:{UNIT}")
    page = choose(school, recipient_id, choice="email", email="kim@eksempel.invalid")
    assert "kim@eksempel.invalid" in page
    assert kept(school) == ("", "kim@eksempel.invalid")
    assert "som helhed" in choose(school, recipient_id, choice="nobody")
    assert kept(school) is None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"choice": "p:1990000311"}, "hører ikke til virksomheden i dag"),
        ({"choice": f"p:{CLOSED}"}, "P-nummer 1990000239"),
        ({"choice": "typed", "p_number": "1999999999"}, "hører ikke til virksomheden i dag"),
        ({"choice": "email", "email": "kim"}, "E-mailadressen er ikke skrevet rigtigt"),
        ({"choice": "email", "email": ""}, "Vælg et P-nummer, eller skriv"),
        ({}, "Vælg et P-nummer, eller skriv"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    school: School, fields: dict[str, str], says: str
) -> None:
    _, _, recipient_id = company_letter(school)
    assert says in choose(school, recipient_id, **fields)
    assert kept(school) is None


def test_a_remembered_unit_that_is_gone_is_told_when_the_choice_is_opened(
    school: School,
    sandbox: RunningSandbox,  # noqa: F811
) -> None:
    _, _, recipient_id = company_letter(school)
    choose(school, recipient_id, choice=f"p:{OTHER_UNIT}")
    remaining = sandbox.person(COMPANY)["facts"]["units"][:1]
    sandbox.set_person(COMPANY, units=remaining)
    piece = units(school, recipient_id)
    assert f"P-nummer {OTHER_UNIT}, som blev valgt sidst, hører ikke længere" in piece
    assert 'value="nobody" checked' in piece


def test_a_silent_register_leaves_the_case_worker(
    school: School,
    sandbox: RunningSandbox,  # noqa: F811
) -> None:
    _, _, recipient_id = company_letter(school)
    sandbox.fault("answer_503", target="virk", count=3)
    piece = units(school, recipient_id)
    assert "CVR-registret svarer ikke" in piece
    assert 'name="email"' in piece
    assert "CVR-registret svarer ikke" in choose(school, recipient_id, choice=f"p:{UNIT}")
    assert kept(school) is None


def test_a_company_that_closed_is_told(school: School, sandbox: RunningSandbox) -> None:  # noqa: F811
    _, _, recipient_id = company_letter(school)
    sandbox.set_person(COMPANY, status="OPHØRT")
    assert "Virksomheden er ophørt" in units(school, recipient_id)


def test_a_person_has_no_such_choice_and_a_stranger_sees_no_company(school: School) -> None:
    _, _, company_id = company_letter(school)
    (person,) = school.letters(make_drafts(school, ["0101701234"]))
    unit = make_unit(school.institution, "En anden")
    email = "fremmed@egely.example"
    make_user(school.institution, role=Role.ADMINISTRATOR, units=(unit,), email=email)
    stranger = school.client.application.test_client()
    sign_in(stranger, email)
    mine = school.client
    for client, recipient_id in ((mine, person.recipient_id), (stranger, company_id)):
        school.client = client
        address = f"/recipients/{recipient_id}/attention/"
        assert school.get(address).status_code == 404
        assert school.post(address + "units").status_code == 404
        assert school.post(address + "choose", {"choice": "nobody"}).status_code == 404
    school.client = mine
