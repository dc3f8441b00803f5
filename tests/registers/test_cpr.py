"""The client of the CPR register: the request by its schema, the answers by the protocol page."""

from __future__ import annotations

import dataclasses
import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from digitalpost.environment import TlsSettings
from digitalpost.identifiers import Identifier
from digitalpost.register_settings import CprSettings, RegisterSettings
from digitalpost.registers.cpr import (
    OPERATION,
    PNR,
    CprRegister,
    lookup_request,
    read_person,
)
from digitalpost.registers.guardians import custody_holders
from digitalpost.registers.line import RegisterSilent, Trouble
from digitalpost.registers.person import Custody, Guardian, Person, Relative
from tests.registers.making import ADULT, COMPANY, DEAD, NOBODY, REPLACEMENT, cpr, cvr
from tests.sandbox_server import RunningSandbox

SCHEMAS = [
    folder / "shared" / "schemas" / "sf1520-person" for folder in Path(__file__).resolve().parents
]
NAMESPACE = OPERATION.format(version=4)
CHILD, MOTHER, FATHER, OTHER = "0102124234", "0503851232", "0611831235", "0907801230"


def make_answer(persondata: str = "", relations: str = "", *, version: int = 4) -> etree._Element:
    """An answer about `CHILD`, in the shape of the protocol page."""
    return etree.fromstring(
        f"""<PersonLookupResponse xmlns="{OPERATION.format(version=version)}">
  <persondata>
    <personnummer>{CHILD}</personnummer>
    <navn><personadresseringsnavn>Emma Eksempel</personadresseringsnavn></navn>
    <foedselsdato><dato>2012-02-01</dato></foedselsdato>
    <alder>14</alder><koen>K</koen><antalBoernUnder18>0</antalBoernUnder18>
    {persondata or "<status><status>1</status></status>"}
  </persondata>
  <relationer>{relations}</relationer>
</PersonLookupResponse>"""
    )


def read(answer: etree._Element, asked: str = CHILD) -> Person:
    person = read_person(answer, cpr(asked))
    assert person is not None
    return person


def look_up(settings: CprSettings, identifier: Identifier, **changes: Any) -> Person | None:
    register = CprRegister(dataclasses.replace(settings, **changes))
    try:
        return register.look_up(identifier)
    finally:
        register.close()


def trouble_of(settings: CprSettings, **changes: Any) -> RegisterSilent:
    with pytest.raises(RegisterSilent) as caught:
        look_up(settings, cpr(ADULT), **changes)
    return caught.value


@pytest.mark.parametrize("municipality", ["", "99000015"])
def test_the_request_is_valid_by_the_contract(
    settings: RegisterSettings, tmp_path: Path, municipality: str
) -> None:
    contract = next(filter(Path.exists, SCHEMAS), None)
    if contract is None:
        pytest.skip("kontraktens XSD-filer ligger ikke på denne maskine")
    # The contract forgets to import the type of PNR (shared/schemas/README.md).
    for file in contract.rglob("*.xsd"):
        copy = tmp_path / file.relative_to(contract)
        copy.parent.mkdir(exist_ok=True)
        text = file.read_text()
        if file.name == "PersonBaseDataExtendedServiceTypes.xsd":
            add = f'<xsd:import namespace="{PNR}" schemaLocation="../sp/PNR_1.xsd"/>'
            at = text.index(">", text.index("<xsd:schema")) + 1
            text = text[:at] + add + text[at:]
        copy.write_text(text)
    schema = etree.XMLSchema(etree.parse(tmp_path / "PersonBaseDataExtendedServiceMsg.xsd"))
    changed = dataclasses.replace(settings.cpr, municipality_cvr=municipality)
    envelope = etree.fromstring(lookup_request(cpr(CHILD), changed))
    request = envelope.find("{*}Body")[0]
    schema.assertValid(etree.ElementTree(etree.fromstring(etree.tostring(request))))
    assert request.findtext(f"{{{PNR}}}PNR") == CHILD


def test_the_example_of_the_page_is_read() -> None:
    relations = f"""
      <mor><personnummer>{MOTHER}</personnummer></mor>
      <far><personnummer>{FATHER}</personnummer></far>
      <foraeldremyndighed><foraeldremyndighedtype>3</foraeldremyndighedtype>
        <foraeldremyndighedStartdato><dato>2012-02-01</dato></foraeldremyndighedStartdato>
      </foraeldremyndighed>
      <foraeldremyndighed><foraeldremyndighedtype>5</foraeldremyndighedtype>
        <relationPersonnummer>{OTHER}</relationPersonnummer>
        <relationStartdato>2020-05-01</relationStartdato></foraeldremyndighed>"""
    person = read(make_answer(relations=relations))
    assert person == Person(
        identifier=cpr(CHILD),
        name="Emma Eksempel",
        birth_date=date(2012, 2, 1),
        status=1,
        mother=Relative(cpr(MOTHER)),
        father=Relative(cpr(FATHER)),
        custody=(
            Custody(3, start=date(2012, 2, 1)),
            Custody(5, start=date(2020, 5, 1), identifier=cpr(OTHER)),
        ),
    )
    holders = custody_holders(person, date(2026, 11, 23))
    assert [one.identifier for one in holders] == [cpr(MOTHER), cpr(OTHER)]


def test_a_parent_with_a_name_and_no_number_and_a_deleted_custody_are_read() -> None:
    relations = """
      <far><foedselsdato><dato>1980-01-01</dato></foedselsdato><navn>Jens  Udland</navn></far>
      <foraeldremyndighed><foraeldremyndighedtype>4</foraeldremyndighedtype>
        <foraeldremyndighedSletdato>2020-01-02</foraeldremyndighedSletdato></foraeldremyndighed>"""
    person = read(make_answer(relations=relations))
    assert person.father == Relative(None, "Jens Udland", date(1980, 1, 1))
    assert person.custody == (Custody(4, end=date(2020, 1, 2)),)


def test_protection_and_guardian_are_read() -> None:
    person = read(
        make_answer(f"""<status><status>1</status></status>
          <umyndiggoerelse><umyndiggorelseRelationType>1</umyndiggorelseRelationType>
            <relationPersonnummer>{OTHER}</relationPersonnummer>
            <umyndiggoerelseStartdato><dato>2024-05-01</dato></umyndiggoerelseStartdato>
          </umyndiggoerelse>
          <adressebeskyttelse><beskyttet>true</beskyttet></adressebeskyttelse>""")
    )
    assert person.protected_address
    assert person.guardian == Guardian(1, cpr(OTHER), start=date(2024, 5, 1))


@pytest.mark.parametrize("status", [30, 50, 60])
def test_a_changed_number_tells_the_new_one(status: int) -> None:
    answer = make_answer(
        f"<gaeldendePersonnummer>{OTHER}</gaeldendePersonnummer>"
        f"<status><status>{status}</status></status>"
    )
    person = read(answer)
    assert (person.new_number, person.may_be_written_to) == (cpr(OTHER), False)


def test_an_answer_about_somebody_else_is_not_used() -> None:
    assert read_person(make_answer(), cpr(ADULT)) is None


def test_an_answer_in_another_version_of_the_contract_is_read_alike() -> None:
    assert read(make_answer(version=5)) == read(make_answer())


def test_the_stand_in_answers_about_a_child(
    settings: RegisterSettings, sandbox: RunningSandbox
) -> None:
    custody = [
        {"type": 3, "since": "2016-02-02"},
        {"type": 4, "since": "2016-02-02", "ended": "2020-01-01"},
    ]
    sandbox.set_person("0202165678", name="Ida Ærø Lund", custody=custody, protected=True)
    person = look_up(settings.cpr, cpr("0202165678"))
    assert person is not None
    assert (person.name, person.born, person.status) == ("Ida Ærø Lund", date(2016, 2, 2), 1)
    assert person.protected_address
    assert person.mother is not None
    holders = custody_holders(person, date(2026, 11, 23))
    assert [one.identifier for one in holders] == [person.mother.identifier]


@pytest.mark.parametrize("version", [4, 5])
def test_path_and_namespace_are_settings(settings: RegisterSettings, version: int) -> None:
    url = f"{(settings.cpr.url or '').rpartition('/')[0]}/{version}"
    person = look_up(settings.cpr, cpr(ADULT), url=url, namespace_version=version)
    assert person is not None
    assert person.name


def test_the_dead_and_the_unknown(settings: RegisterSettings, sandbox: RunningSandbox) -> None:
    dead = look_up(settings.cpr, cpr(DEAD))
    assert dead is not None
    assert dead.is_dead
    assert look_up(settings.cpr, cpr(NOBODY)) is None


def test_nobody_asks_about_a_replacement_number_or_a_company(
    settings: RegisterSettings, sandbox: RunningSandbox
) -> None:
    before = len(sandbox.requests())
    assert look_up(settings.cpr, cpr(REPLACEMENT)) is None
    assert look_up(settings.cpr, cvr(COMPANY)) is None
    assert len(sandbox.requests()) == before


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("drop_before_storing", Trouble.RETRY),
        ("answer_503", Trouble.RETRY),
        ("wrong_body", Trouble.RETRY),
        ("answer_400", Trouble.FIX_SETUP),
    ],
)
def test_a_fault_is_to_be_retried_or_is_about_the_set_up(
    settings: RegisterSettings, sandbox: RunningSandbox, fault: str, trouble: Trouble
) -> None:
    sandbox.fault(fault, target="cpr")
    assert trouble_of(settings.cpr).trouble is trouble


def test_another_agreement_or_no_certificate_is_about_the_set_up(
    settings: RegisterSettings,
) -> None:
    other = "55555555-5555-4555-8555-555555555555"
    assert trouble_of(settings.cpr, service_agreement=other).trouble is Trouble.FIX_SETUP
    tls = TlsSettings(settings.cpr.tls.ca, None, None)
    assert trouble_of(settings.cpr, tls=tls).trouble is Trouble.FIX_SETUP


def test_no_number_is_logged_at_any_level(
    settings: RegisterSettings, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person = look_up(settings.cpr, cpr(ADULT))
    sandbox.fault("drop_before_storing", target="cpr")
    told = caplog.text + repr(trouble_of(settings.cpr)) + repr(person)
    assert ADULT not in told
    assert "010190-••••" in told
