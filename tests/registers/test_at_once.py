"""Asking while somebody waits: an answer, or at once a sentence that says why there is none."""

from __future__ import annotations

from pathlib import Path

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import RegisterName
from digitalpost.registers.at_once import company_now
from digitalpost.registers.state import pause_of
from tests.registers.making import cvr, never_opened
from tests.rows import make_institution
from tests.sandbox_server import RunningSandbox


def test_a_company_comes_with_its_units(institution: Institution, sandbox: RunningSandbox) -> None:
    answer = company_now(institution, cvr("99000023"))
    assert answer.sentence is None
    assert answer.company is not None
    assert answer.company.name == "Eksempel Maskinfabrik A/S"
    assert len([one for one in answer.company.units if not one.is_closed]) == 2


def test_one_that_the_register_does_not_know_is_said_so(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.set_person("99000031", known=False)
    answer = company_now(institution, cvr("99000031"))
    assert answer.company is None
    assert "kender ikke virksomheden" in str(answer.sentence)


def test_a_slow_register_costs_a_moment_and_is_not_paused_for_those_who_have_time(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.settings(latency_ms=1500)
    answer = company_now(institution, cvr("99000023"), seconds=0.2)
    assert "intet svar i tide" in str(answer.sentence)
    with institution.reading() as session:
        assert pause_of(session, RegisterName.VIRK, now()) is None


def test_a_register_that_turns_us_away_is_paused_and_not_asked_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_400", target="virk")
    first = company_now(institution, cvr("99000023"))
    assert "En administrator" in str(first.sentence)
    assert company_now(institution, cvr("99000023"), open_with=never_opened) == first


def test_a_register_that_is_not_set_up_is_said_so(database_url: str, tmp_path: Path) -> None:
    with make_institution(database_url, tmp_path) as institution:
        answer = company_now(institution, cvr("99000023"))
    assert "er ikke sat op" in str(answer.sentence)
