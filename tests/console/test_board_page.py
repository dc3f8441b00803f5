"""Tavle in the console: the verdict, what to do, alarms and who has seen them."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from digitalpost.models import Alarm, Role
from tests.console.browser import Browser
from tests.console.mailings import School, make_school
from tests.make import make_unit, make_user
from tests.make_mailings import FOUR, make_approved, make_case_type
from tests.oversight.making import look, lose_letter, make_board, pause_channel


def make_full(tmp_path: Path, *, role: Role = Role.SUPERVISOR) -> tuple[School, int, int]:
    school = make_school(tmp_path, role=role)
    owner_id = school.actor.user_id or 0
    well, stuck = make_board(
        school.institution, case_type_id=school.case_type_id, owner_id=owner_id
    )
    return school, well, stuck


def figures(page: str) -> list[str]:
    """The big numbers, in order."""
    found = re.search(r'<dl class="figures">(.*?)</dl>', page, re.S)
    assert found is not None
    return re.findall(r"<dd>([^<]*)</dd>", found[1])


def test_a_board_that_balances_says_so_and_shows_every_mailing_and_day(tmp_path: Path) -> None:
    school, well, stuck = make_full(tmp_path)
    page = school.get("/board/").text
    assert "Regnskabet går op" in page
    assert figures(page) == ["10", "0", "0", "0", "0", "10"]
    for mailing_id in (well, stuck):
        assert f'href="/mailings/{mailing_id}/"' in page
    assert "Der er ingen åbne alarmer." in page
    assert page.count("Går op") == 3 + 7
    assert 'aria-current="page"' in page and "Tavle" in school.get("/").text


def test_a_lost_letter_turns_the_board_red_and_says_what_to_do(tmp_path: Path) -> None:
    school, well, _ = make_full(tmp_path)
    lose_letter(school.institution, well)
    page = school.get("/board/").text
    assert "Regnskabet går ikke op" in page
    assert "Send ikke mere, før I ved hvorfor." in page
    assert page.count("Mangler 1") == 2  # on the mailing and on its day
    assert "Forsendelser, hvor regnskabet ikke går op" in page
    assert f'<a href="/mailings/{well}/">Forsendelse {well}</a>' in page
    assert figures(page) == ["10", "0", "0", "0", "0", "9", "1"]


def test_what_stands_still_is_shown_with_a_link_and_an_alarm_on_the_front_page(
    tmp_path: Path,
) -> None:
    school, _, stuck = make_full(tmp_path)
    pause_channel(school.institution, minutes=None)
    look(school.institution)
    [first, second] = school.letters(stuck)
    page = school.get("/board/").text
    for letter in (first, second):
        assert f'href="/letters/{letter.id}/"' in page
    assert "Breve, der skulle være sendt" in page
    front = school.get("/").text
    assert "Breve, der skulle være sendt: 2" in front
    assert 'href="/board/"' in front
    pause_channel(school.institution, minutes=10)
    look(school.institution)
    front = school.get("/").text
    assert "e-Boks har været på pause siden" in front
    assert "skulle være sendt" not in front  # the pause explains it


def test_an_alarm_is_set_by_its_button_and_once_only(tmp_path: Path) -> None:
    school, _, _ = make_full(tmp_path)
    pause_channel(school.institution, minutes=10)
    look(school.institution)
    with school.institution.reading() as session:
        alarm_id = session.scalars(sa.select(Alarm.id)).one()
    answer = school.post(f"/board/alarms/{alarm_id}/seen")
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/board/#alarms")
    page = school.get("/board/").text
    assert "Alarmen er markeret som set" in page
    assert "Set af Mette Kirk" in page
    assert f"/board/alarms/{alarm_id}/seen" not in page
    assert 'class="message wait alarm-line"' in school.get("/").text
    assert "Alarm set" in school.get("/events/").text
    school.post(f"/board/alarms/{alarm_id}/seen")
    assert "allerede set af Mette Kirk" in school.get("/board/").text
    pause_channel(school.institution, minutes=None)
    look(school.institution)
    page = school.get("/board/").text
    assert "Sidst lukkede alarmer" in page
    assert "på pause siden" not in school.get("/").text


def test_a_clerk_has_neither_board_nor_banner_nor_button(tmp_path: Path) -> None:
    school, _, _ = make_full(tmp_path, role=Role.STAFF)
    pause_channel(school.institution, minutes=10)
    look(school.institution)
    assert school.get("/board/").status_code == 403
    assert school.post("/board/alarms/1/seen").status_code == 403
    front = school.get("/").text
    assert "alarm-line" not in front and "/board/" not in front
    with school.institution.reading() as session:
        assert session.scalars(sa.select(Alarm.seen_at)).one() is None


def test_an_alarm_of_another_unit_is_not_there(tmp_path: Path) -> None:
    school = make_school(tmp_path, role=Role.ADMINISTRATOR)
    other = make_unit(school.institution, "Vejledningen")
    case_type_id = make_case_type(school.institution, other)
    lost = make_approved(school.institution, FOUR, case_type_id=case_type_id)
    lose_letter(school.institution, lost)
    look(school.institution)
    with school.institution.reading() as session:
        [alarm] = session.scalars(sa.select(Alarm)).all()
        assert alarm.unit_id == other
    page = school.get("/board/").text
    assert "Regnskabet går op" in page and figures(page)[0] == "0"
    assert "alarm-line" not in school.get("/").text
    hidden = school.post(f"/board/alarms/{alarm.id}/seen")
    missing = school.post("/board/alarms/999/seen")
    assert hidden.status_code == missing.status_code == 404
    log = re.search(r"<tbody>.*</tbody>", school.get("/events/").text, re.S)
    assert log is None or "Alarm" not in log[0]


def test_a_watch_that_stopped_is_told_on_the_board(tmp_path: Path) -> None:
    school, _, _ = make_full(tmp_path)
    look(school.institution)
    assert "Ingen holder øje" not in school.get("/board/").text
    with school.institution.transaction() as session:
        session.execute(sa.text("UPDATE watches SET looked_at = '2026-01-01 00:00:00.000000'"))
    assert "Ingen holder øje" in school.get("/board/").text


def test_a_hundred_open_mailings_are_a_page_of_sensible_size(tmp_path: Path) -> None:
    school = make_school(tmp_path, role=Role.SUPERVISOR)
    for _ in range(45):
        make_approved(
            school.institution, FOUR[:1], hold_seconds=600, case_type_id=school.case_type_id,
            owner_id=school.actor.user_id,
        )  # fmt: skip
    answer = school.get("/board/")
    assert "og 5 til, som går op" in answer.text
    assert len(answer.data) < 90_000
    assert figures(answer.text)[0] == "45"


def test_the_board_needs_a_sign_in(tmp_path: Path) -> None:
    school = make_school(tmp_path, role=Role.SUPERVISOR)
    make_user(school.institution, role=Role.SUPERVISOR, email="b@egely.example")
    stranger = Browser(school.client.application)
    assert stranger.get("/board/").status_code == 302
