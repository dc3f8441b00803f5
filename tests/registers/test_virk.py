"""The client of the CVR register: what is current, what is closed, what is secret."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from digitalpost.register_settings import RegisterSettings, VirkSettings
from digitalpost.registers.line import RegisterSilent, Trouble
from digitalpost.registers.virk import (
    Company,
    VirkRegister,
    _address,
    _belongs_now,
    _email,
    _is_closed,
    _name,
    _unit,
)
from tests.registers.making import ADULT, COMPANY, cpr, cvr
from tests.sandbox_server import RunningSandbox

NOW = {"gyldigFra": "2018-01-01", "gyldigTil": None}
OVER = {"gyldigFra": "2011-01-01", "gyldigTil": "2017-12-31"}
# The example of the page.
UNIT: dict[str, Any] = {
    "pNummer": 1999900017,
    "navne": [{"navn": "Eksempel Maskinfabrik, afd. Syd", "periode": NOW}],
    "beliggenhedsadresse": [
        {"landekode": "DK", "vejnavn": "Industrivej", "husnummerFra": 4, "postnummer": 6700,
         "postdistrikt": "Esbjerg", "periode": NOW}
    ],
    "elektroniskPost": [
        {"kontaktoplysning": "syd@eksempel.invalid", "hemmelig": False, "periode": NOW}
    ],
    "virksomhedsrelation": [{"cvrNummer": 99000023, "periode": NOW}],
    "produktionsEnhedMetadata": {
        "nyesteNavn": {"navn": "Eksempel Maskinfabrik, afd. Syd"},
        "nyesteBeliggenhedsadresse": {"vejnavn": "Industrivej", "husnummerFra": 4,
                                      "postnummer": 6700, "postdistrikt": "Esbjerg"},
        "sammensatStatus": "Aktiv",
    },
}  # fmt: skip


def look_up(settings: VirkSettings, number: str = COMPANY, **changes: Any) -> Company | None:
    register = VirkRegister(dataclasses.replace(settings, **changes))
    try:
        return register.look_up(cvr(number))
    finally:
        register.close()


def test_the_unit_of_the_page_is_read() -> None:
    unit = _unit(UNIT)
    assert unit is not None
    assert dataclasses.astuple(unit) == (
        "1999900017",
        "Eksempel Maskinfabrik, afd. Syd",
        "Industrivej 4\n6700 Esbjerg",
        "syd@eksempel.invalid",
        False,
    )


def test_what_is_missing_or_of_another_kind_is_empty_and_no_error() -> None:
    for document in (
        {},
        {"navne": None, "elektroniskPost": "?", "virksomhedMetadata": []},
        {"navne": [None, 7], "beliggenhedsadresse": [{"periode": 3}], "livsforloeb": {}},
    ):
        assert _name(document, "virksomhedMetadata") == ""
        assert _address(document, "virksomhedMetadata") == ""
        assert _email(document) == ""
        assert not _is_closed(document, "virksomhedMetadata")
    assert _unit({"pNummer": None}) is None


def test_a_name_of_the_past_is_not_the_name() -> None:
    names = [{"navn": "Gammel A/S", "periode": OVER}, {"navn": "Ny A/S", "periode": NOW}]
    assert _name({"navne": names}, "virksomhedMetadata") == "Ny A/S"


@pytest.mark.parametrize(
    ("mail", "shown"),
    [
        ({"hemmelig": True, "periode": NOW}, ""),
        ({"periode": NOW}, ""),
        ({"hemmelig": False, "periode": OVER}, ""),
        ({"hemmelig": False, "periode": NOW}, "post@eksempel.invalid"),
    ],
)
def test_only_a_current_address_that_is_not_secret_is_shown(
    mail: dict[str, Any], shown: str
) -> None:
    one = {"kontaktoplysning": "post@eksempel.invalid", **mail}
    assert _email({"elektroniskPost": [one]}) == shown


def test_an_address_has_floor_door_and_care_of() -> None:
    found = {
        "vejnavn": "Eksempelvej", "husnummerFra": 12, "bogstavFra": "A", "etage": "2",
        "sidedoer": "tv", "conavn": "Lund", "postnummer": 800, "postdistrikt": "Høje Taastrup",
        "periode": NOW,
    }  # fmt: skip
    assert _address({"beliggenhedsadresse": [found]}, "virksomhedMetadata") == (
        "c/o Lund\nEksempelvej 12A, 2. tv\n0800 Høje Taastrup"
    )


@pytest.mark.parametrize(
    "document",
    [
        {"virksomhedMetadata": {"sammensatStatus": "OPLØST EFTER KONKURS"}},
        {"virksomhedMetadata": {"sammensatStatus": "Ophørt"}},
        {"virksomhedMetadata": {"sammensatStatus": "NORMAL"}, "livsforloeb": [{"periode": OVER}]},
    ],
)
def test_a_company_that_is_gone_is_closed(document: dict[str, Any]) -> None:
    assert _is_closed(document, "virksomhedMetadata")


def test_a_unit_that_was_sold_belongs_to_its_buyer() -> None:
    relations = [{"cvrNummer": 99000023, "periode": OVER}, {"cvrNummer": 99000031, "periode": NOW}]
    sold = {**UNIT, "virksomhedsrelation": relations}
    assert not _belongs_now(sold, cvr("99000023"))
    assert _belongs_now(sold, cvr("99000031"))


def test_the_stand_in_tells_a_company_and_its_units(settings: RegisterSettings) -> None:
    company = look_up(settings.virk)
    assert company is not None
    assert company.name == "Eksempel Maskinfabrik A/S"
    assert company.address == "Eksempelvej 12\n8000 Aarhus C"
    assert not company.is_closed
    numbers = [unit.p_number for unit in company.units if not unit.is_closed]
    assert len(numbers) == 2
    assert company.unit(numbers[0]) is not None
    assert all(company.unit(one.p_number) is None for one in company.units if one.is_closed)
    assert company.unit("1999999999") is None


def test_both_forms_of_the_path_work(settings: RegisterSettings) -> None:
    changed = look_up(settings.virk, company_path="/_search", unit_path="/_search")
    assert changed == look_up(settings.virk)


def test_a_company_that_does_not_exist_is_none(
    settings: RegisterSettings, sandbox: RunningSandbox
) -> None:
    sandbox.set_person("99000031", known=False)
    assert look_up(settings.virk, "99000031") is None


def test_a_closed_company_is_closed(settings: RegisterSettings, sandbox: RunningSandbox) -> None:
    sandbox.set_person("99000058", status="OPLØST")
    company = look_up(settings.virk, "99000058")
    assert company is not None
    assert company.is_closed


def test_a_person_is_no_company(settings: RegisterSettings) -> None:
    register = VirkRegister(settings.virk)
    assert register.look_up(cpr(ADULT)) is None
    assert register.name_of(cpr(ADULT)) == ""
    register.close()


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("drop_before_storing", Trouble.RETRY),
        ("answer_429", Trouble.RETRY),
        ("wrong_body", Trouble.RETRY),
        ("answer_400", Trouble.FIX_SETUP),
    ],
)
def test_a_fault_is_to_be_retried_or_is_about_the_set_up(
    settings: RegisterSettings, sandbox: RunningSandbox, fault: str, trouble: Trouble
) -> None:
    sandbox.fault(fault, target="virk")
    with pytest.raises(RegisterSilent) as caught:
        look_up(settings.virk)
    assert caught.value.trouble is trouble


def test_a_wrong_password_is_about_the_set_up(settings: RegisterSettings) -> None:
    with pytest.raises(RegisterSilent) as caught:
        look_up(settings.virk, password="forkert")
    assert caught.value.trouble is Trouble.FIX_SETUP
    assert "forkert" not in str(caught.value)
