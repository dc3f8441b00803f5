"""The stand-in for SF1520 says what protocols/guardian-and-signing.md section A says."""

from __future__ import annotations

import re
import shutil
from datetime import date
from typing import Any

import httpx
import pytest
from lxml import etree

from digitalpost.identifiers import age
from sandbox.register import today
from tests.sandbox.helpers import wait_until
from tests.sandbox_server import REPOSITORY, RunningSandbox

CPR = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
FAULT = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"
NAMES = {"p": CPR, "s": SOAP, "f": FAULT}

# Where the house keeps the contract; it is no part of the project.
SCHEMAS = next(
    (found for up in REPOSITORY.parents if (found := up / "shared" / "schemas").exists()), None
)


def in_version(version: str) -> str:
    return CPR.replace("/4/", f"/{version}/")


def make_request(
    number: str, *, agreement: str = "11111111-1111-4111-8111-111111111111", version: str = "4"
) -> bytes:
    """The request of the protocol page."""
    return f"""<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:p="{in_version(version)}"
    xmlns:i="http://serviceplatformen.dk/xml/schemas/InvocationContext/1/"
    xmlns:c="http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/">
  <soapenv:Body><p:PersonLookupRequest>
    <i:InvocationContext>
      <i:ServiceAgreementUUID>{agreement}</i:ServiceAgreementUUID>
      <i:UserSystemUUID>22222222-2222-4222-8222-222222222222</i:UserSystemUUID>
      <i:UserUUID>33333333-3333-4333-8333-333333333333</i:UserUUID>
      <i:ServiceUUID>44444444-4444-4444-8444-444444444444</i:ServiceUUID>
    </i:InvocationContext>
    <c:PNR>{number}</c:PNR>
  </p:PersonLookupRequest></soapenv:Body>
</soapenv:Envelope>""".encode()


def ask(
    sandbox: RunningSandbox,
    client: httpx.Client,
    number: str = "0101901234",
    *,
    body: bytes | None = None,
    version: str = "4",
    **headers: str,
) -> httpx.Response:
    action = f'"{in_version(version)}PersonLookup"'
    usual = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": action}
    return client.post(
        sandbox.address["cpr"].removesuffix("4") + version,
        content=make_request(number, version=version) if body is None else body,
        headers=usual | headers,
    )


def look_up(sandbox: RunningSandbox, client: httpx.Client, number: str) -> etree._Element:
    answer = ask(sandbox, client, number)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")
    (response,) = etree.fromstring(answer.content).find("s:Body", NAMES)
    assert response.tag == f"{{{CPR}}}PersonLookupResponse"
    return response


def texts(response: etree._Element, path: str) -> list[str]:
    return [element.text for element in response.findall(path, NAMES)]


def custody(response: etree._Element) -> list[str]:
    return texts(response, "p:relationer/p:foraeldremyndighed/p:foraeldremyndighedtype")


def fault_of(answer: httpx.Response) -> str:
    assert answer.status_code == 500
    (fault,) = etree.fromstring(answer.content).find("s:Body", NAMES)
    assert fault.tag == f"{{{SOAP}}}Fault"
    path = "detail/f:ServiceplatformFault/f:ErrorList/f:Error/f:"
    assert fault.findtext(path + "ErrorCode", namespaces=NAMES)
    return str(fault.findtext(path + "ErrorText", namespaces=NAMES))


def make_child(years: int) -> str:
    return f"{min(today().day, 28):02}{today():%m}{(today().year - years) % 100:02}4322"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema | None:
    """The contract, with the one import that it lacks (schemas/README.md)."""
    if SCHEMAS is None:
        return None
    folder = tmp_path_factory.mktemp("contract") / "sf1520"
    shutil.copytree(SCHEMAS / "sf1520-person", folder)
    types = folder / "xsd" / "PersonBaseDataExtendedServiceTypes.xsd"
    pnr = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"
    added = f'<xsd:import namespace="{pnr}" schemaLocation="../sp/PNR_1.xsd"/>'
    types.write_text(re.sub(r"(<xsd:schema[^>]*>)", rf"\1{added}", types.read_text(), count=1))
    return etree.XMLSchema(etree.parse(folder / "PersonBaseDataExtendedServiceMsg.xsd"))


def test_every_kind_of_answer_keeps_the_contract(
    sandbox: RunningSandbox, eboks: httpx.Client, schema: etree.XMLSchema | None
) -> None:
    sandbox.set_person(
        "0202901234",
        status=60,
        current_number="0202901236",
        guardian={"type": 2, "since": "2020-01-01", "name": "Advokat Ø", "ended": "2021-01-01"},
        father={"name": "Far Uden Nummer", "born": "1960-01-01"},
        mother=None,
    )
    children = [f"010{month}124{serial}" for month in range(1, 10) for serial in (111, 222, 333)]
    special = ["0101900001", "0101900003", "0101900004", "0101900011", "0101900012", "0101900013"]
    for number in [*children, *special, "0202901234", "0101501234"]:
        response = look_up(sandbox, eboks, number)
        order = [etree.QName(child).localname for child in response]
        assert order == [one for one in ("persondata", "adresse", "relationer") if one in order]
        if schema is not None:
            schema.assertValid(response)


def test_a_child_is_answered_as_on_the_protocol_page(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    number = make_child(years=14)
    since = {"since": "2012-02-01"}
    facts: dict[str, Any] = {
        "name": "Emma Eksempel",
        "mother": {"number": "6503851232"},
        "father": {"number": "6611831235"},
        "custody": [{"type": 3, **since}, {"type": 5, **since, "number": "6907801230"}],
    }
    sandbox.set_person(number, **facts)
    response = look_up(sandbox, eboks, number)
    data = {
        "personnummer": number,
        "navn/p:personadresseringsnavn": "Emma Eksempel",
        "alder": "14",
        "koen": "K",
        "antalBoernUnder18": "0",
        "status/p:status": "1",
        "adressebeskyttelse/p:beskyttet": "false",
        "tilmeldtNemsms": "false",
        "tilmeldtDigitalpost": "false",
    }
    for path, value in data.items():
        assert texts(response, f"p:persondata/p:{path}") == [value], path
    (born,) = texts(response, "p:persondata/p:foedselsdato/p:dato")
    assert age(date.fromisoformat(born), today()) == 14
    assert texts(response, "p:relationer/p:mor/p:personnummer") == ["6503851232"]
    assert texts(response, "p:relationer/p:far/p:personnummer") == ["6611831235"]
    assert custody(response) == ["3", "5"]
    holder = "p:relationer/p:foraeldremyndighed/p:relationPersonnummer"
    assert texts(response, holder) == ["6907801230"]


@pytest.mark.parametrize(("years", "has_custody"), [(14, True), (17, True), (18, False)])
def test_custody_lasts_until_eighteen(
    sandbox: RunningSandbox, eboks: httpx.Client, years: int, has_custody: bool
) -> None:
    response = look_up(sandbox, eboks, make_child(years))
    assert bool(custody(response)) is has_custody
    assert len(response.findall("p:relationer/p:mor", NAMES)) == 1


def test_parents_can_be_looked_up_in_turn(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    child = look_up(sandbox, eboks, make_child(years=10))
    (mother,) = texts(child, "p:relationer/p:mor/p:personnummer")
    found = look_up(sandbox, eboks, mother)
    assert texts(found, "p:persondata/p:koen") == ["K"]
    assert int(texts(found, "p:persondata/p:alder")[0]) >= 31


def test_custody_that_has_ended_is_still_told_with_its_end(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    number = make_child(years=9)
    since, ended = "2020-01-01", "2022-01-01"
    sandbox.set_person(
        number, custody=[{"type": 3, "since": since}, {"type": 4, "since": since, "ended": ended}]
    )
    response = look_up(sandbox, eboks, number)
    assert custody(response) == ["3", "4"]
    path = "p:relationer/p:foraeldremyndighed/p:foraeldremyndighedSletdato"
    assert texts(response, path) == ["2022-01-01"]


def test_the_last_digits_decide_what_the_register_says(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    dead = look_up(sandbox, eboks, "0101900003")
    assert texts(dead, "p:persondata/p:status/p:status") == ["90"]
    assert look_up(sandbox, eboks, "0101900001").find("p:adresse", NAMES) is not None
    minor = look_up(sandbox, eboks, "0101900004")
    assert texts(minor, "p:persondata/p:alder") == ["12"]
    assert custody(minor)
    protected = look_up(sandbox, eboks, "0101900011")
    assert texts(protected, "p:persondata/p:adressebeskyttelse/p:beskyttet") == ["true"]
    by_number = look_up(sandbox, eboks, "0101900012")
    guardian = "p:persondata/p:umyndiggoerelse/p:"
    assert texts(by_number, f"{guardian}umyndiggorelseRelationType") == ["1"]
    (of_guardian,) = texts(by_number, f"{guardian}relationPersonnummer")
    assert look_up(sandbox, eboks, of_guardian) is not None
    by_name = look_up(sandbox, eboks, "0101900013")
    assert texts(by_name, f"{guardian}umyndiggorelseRelationType") == ["0"]
    assert texts(by_name, f"{guardian}relationVaergenavn")


@pytest.mark.parametrize("number", ["0101900002", "6102124234"])
def test_an_unknown_number_is_a_fault_that_does_not_repeat_it(
    sandbox: RunningSandbox, eboks: httpx.Client, number: str
) -> None:
    answer = ask(sandbox, eboks, number)
    assert "PNR not found" in fault_of(answer)
    assert number not in answer.text


def test_version_five_answers_in_its_own_namespace(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    answer = ask(sandbox, eboks, version="5")
    assert answer.status_code == 200
    (response,) = etree.fromstring(answer.content).find("s:Body", NAMES)
    assert response.tag == f"{{{in_version('5')}}}PersonLookupResponse"
    assert "PersonLookupRequest" in fault_of(
        ask(sandbox, eboks, version="5", body=make_request("0101901234"))
    )
    assert ask(sandbox, eboks, version="6").status_code == 404


GOOD = make_request("0101901234")
WRONG_BODIES = {
    "not xml": b"<",
    "no envelope": b"<a/>",
    "empty body": f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(),
    "another operation": GOOD.replace(b"PersonLookupRequest", b"PersonSearchRequest"),
    "no number": re.sub(rb"<c:PNR>.*</c:PNR>", b"", GOOD),
    "no context": re.sub(rb"(?s)<i:InvocationContext>.*</i:InvocationContext>", b"", GOOD),
    "number first": re.sub(
        rb"(?s)(<i:InvocationContext>.*</i:InvocationContext>)\s*(<c:PNR>.*</c:PNR>)",
        rb"\2\1",
        GOOD,
    ),
    "another agreement": make_request(
        "0101901234", agreement="55555555-5555-4555-8555-555555555555"
    ),
    "no uuid": make_request("0101901234", agreement="vores aftale"),
    "unknown id": GOOD.replace(b"UserUUID", b"ClerkUUID"),
    "a date that is none": make_request("3002901234"),
    "a document type": b"<!DOCTYPE a []>" + GOOD,
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
def test_a_request_that_is_not_as_on_the_page_is_a_fault(
    sandbox: RunningSandbox, eboks: httpx.Client, body: bytes
) -> None:
    answer = ask(sandbox, eboks, body=body)
    assert fault_of(answer)
    assert "0101901234" not in answer.text


def test_headers_are_those_of_soap(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    assert "Content-Type" in fault_of(ask(sandbox, eboks, **{"Content-Type": "application/xml"}))
    assert "SOAPAction" in fault_of(ask(sandbox, eboks, SOAPAction='""'))


def test_no_number_is_kept_of_a_look_up(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    ask(sandbox, eboks, "0303901234")
    wait_until(lambda: sandbox.counts()["requests"] == 1)
    assert "0303901234" not in str(sandbox.requests())
    assert sandbox.api("GET", "/api/people").json() == []
