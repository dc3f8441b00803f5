"""The stand-in for the CVR register says what protocols/virk-cvr.md says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.helpers import search_virk, virk_documents
from tests.sandbox_server import RunningSandbox

BY_CVR = {"term": {"Vrvirksomhed.cvrNummer": 99000023}}
UNITS = "/produktionsenhed/_search"
ADDRESS = {
    "street": "Industrivej", "house": 4, "postcode": 6700, "town": "Esbjerg",
}  # fmt: skip

# Names that the page's example has in each place; the stand-in may not lack one.
COMPANY_FIELDS = [
    "cvrNummer",
    "enhedsNummer",
    "enhedstype",
    "samtId",
    "reklamebeskyttet",
    "dataAdgang",
    "fejlRegistreret",
    "fejlBeskrivelse",
    "fejlVedIndlaesning",
    "navne",
    "binavne",
    "regNummer",
    "postadresse",
    "beliggenhedsadresse",
    "telefonNummer",
    "elektroniskPost",
    "hjemmeside",
    "virksomhedsform",
    "virksomhedsstatus",
    "hovedbranche",
    "livsforloeb",
    "penheder",
    "deltagerRelation",
    "attributter",
    "virksomhedMetadata",
    "sidstIndlaest",
    "sidstOpdateret",
    "virkningsAktoer",
]
METADATA_FIELDS = [
    "nyesteNavn",
    "nyesteVirksomhedsform",
    "nyesteBeliggenhedsadresse",
    "nyesteHovedbranche",
    "nyesteStatus",
    "nyesteKontaktoplysninger",
    "antalPenheder",
    "sammensatStatus",
    "stiftelsesDato",
    "virkningsDato",
]
UNIT_FIELDS = [
    "pNummer",
    "enhedsNummer",
    "enhedstype",
    "samtId",
    "reklamebeskyttet",
    "navne",
    "beliggenhedsadresse",
    "telefonNummer",
    "elektroniskPost",
    "virksomhedsrelation",
    "produktionsEnhedMetadata",
]


def current(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in history if one["periode"]["gyldigTil"] is None]


def test_a_company_is_answered_as_on_the_protocol_page(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    answer = search_virk(sandbox, eboks, BY_CVR, size=1)
    body = answer.json()
    assert body.keys() == {"took", "timed_out", "_shards", "hits"}
    assert (body["hits"]["total"], body["hits"]["max_score"]) == (1, 1.0)
    (hit,) = body["hits"]["hits"]
    assert hit.keys() == {"_index", "_type", "_id", "_score", "_source"}
    company = hit["_source"]["Vrvirksomhed"]
    assert set(COMPANY_FIELDS) <= company.keys()
    assert set(METADATA_FIELDS) <= company["virksomhedMetadata"].keys()
    assert company["cvrNummer"] == 99000023
    assert company["navne"][0]["navn"] == "Eksempel Maskinfabrik A/S"
    address = company["beliggenhedsadresse"][0]
    assert (address["vejnavn"], address["husnummerFra"]) == ("Eksempelvej", 12)
    assert (address["postnummer"], address["postdistrikt"]) == (8000, "Aarhus C")
    metadata = company["virksomhedMetadata"]
    assert metadata["sammensatStatus"] == "NORMAL"
    assert metadata["nyesteKontaktoplysninger"] == ["70000000", "post@99000023.invalid"]
    assert metadata["antalPenheder"] == len(current(company["penheder"])) == 2


def test_a_company_has_open_and_closed_units_with_names_and_addresses(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    by_company = {"term": {"VrproduktionsEnhed.virksomhedsrelation.cvrNummer": 99000023}}
    units = virk_documents(search_virk(sandbox, eboks, by_company, path=UNITS, size=200))
    assert [one["pNummer"] for one in units] == [1990000231, 1990000232, 1990000239]
    for unit in units:
        assert set(UNIT_FIELDS) <= unit.keys()
        assert unit["produktionsEnhedMetadata"]["nyesteNavn"]["navn"]
        assert unit["beliggenhedsadresse"][0]["postdistrikt"]
    # The newest relation of the closed one is still this company; its period has ended.
    closed = units[-1]
    assert closed["produktionsEnhedMetadata"]["nyesteCvrNummerRelation"] == 99000023
    assert current(closed["virksomhedsrelation"]) == []
    assert current(units[0]["virksomhedsrelation"])


def test_units_are_found_by_their_numbers(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    one = {"term": {"VrproduktionsEnhed.pNummer": "1990000231"}}
    (unit,) = virk_documents(search_virk(sandbox, eboks, one, path=UNITS))
    assert unit["pNummer"] == 1990000231
    several = {"terms": {"VrproduktionsEnhed.pNummer": [1990000231, 1990000232, 1999999999]}}
    answer = search_virk(sandbox, eboks, several, path=UNITS, size=1)
    assert (answer.json()["hits"]["total"], len(virk_documents(answer))) == (2, 1)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/virksomhed/_search", {"term": {"Vrvirksomhed.cvrNummer": 12345678}}),
        ("/virksomhed/_search", {"term": {"VrproduktionsEnhed.pNummer": 1990000231}}),
        (UNITS, {"term": {"Vrproduktionsenhed.pNummer": 1990000231}}),
        (UNITS, {"term": {"VrproduktionsEnhed.pNummer": 1010101010}}),
    ],
)
def test_no_hit_is_an_empty_answer_and_so_is_a_misspelt_field(
    sandbox: RunningSandbox, eboks: httpx.Client, path: str, query: Any
) -> None:
    answer = search_virk(sandbox, eboks, query, path=path)
    assert answer.status_code == 200
    assert answer.json()["hits"] == {"total": 0, "max_score": None, "hits": []}


def test_the_untyped_path_finds_companies_too(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    (company,) = virk_documents(search_virk(sandbox, eboks, BY_CVR, path="/_search"))
    assert company["cvrNummer"] == 99000023


def test_a_company_is_found_by_a_word_of_its_name(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    field = "Vrvirksomhed.virksomhedMetadata.nyesteNavn.navn"
    found = virk_documents(search_virk(sandbox, eboks, {"match": {field: "eksempel firma"}}))
    assert [one["cvrNummer"] for one in found] == [99000023]


def test_only_the_wanted_fields_are_sent(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    wanted = ["Vrvirksomhed.cvrNummer", "Vrvirksomhed.virksomhedMetadata.nyesteNavn"]
    (company,) = virk_documents(search_virk(sandbox, eboks, BY_CVR, _source=wanted))
    assert company.keys() == {"cvrNummer", "virksomhedMetadata"}
    assert company["virksomhedMetadata"].keys() == {"nyesteNavn"}


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ({"bool": {"must": []}}, {}),
        ({"term": {"Vrvirksomhed.cvrNummer": "mange"}}, {}),
        ({"match": {"Vrvirksomhed.navne.navn": "eksempel"}}, {}),
        (BY_CVR, {"size": 3001}),
        (BY_CVR, {"size": "1"}),
        (BY_CVR, {"aggs": {}}),
        ([], {}),
    ],
    ids=str,
)
def test_a_query_that_is_not_on_the_page_is_refused(
    sandbox: RunningSandbox, eboks: httpx.Client, query: Any, rest: dict[str, Any]
) -> None:
    answer = search_virk(sandbox, eboks, query, **rest)
    assert answer.status_code == 400
    assert answer.json()["error"]["reason"]


def test_wrong_credentials_are_turned_away(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    answer = search_virk(sandbox, eboks, BY_CVR, password="forkert")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    without = eboks.post(sandbox.address["virk"] + "/virksomhed/_search", json={"query": BY_CVR})
    assert without.status_code == 401


def test_a_company_closes_and_hides_its_e_mail(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    sandbox.set_person(
        "99000023", status="OPLØST EFTER ERKLÆRING", ended="2026-10-31", email_secret=True
    )
    (company,) = virk_documents(search_virk(sandbox, eboks, BY_CVR))
    assert company["virksomhedMetadata"]["sammensatStatus"] == "OPLØST EFTER ERKLÆRING"
    assert company["livsforloeb"][0]["periode"]["gyldigTil"] == "2026-10-31"
    assert company["elektroniskPost"][0]["hemmelig"] is True
    assert "@" not in json.dumps(company["virksomhedMetadata"])
    sandbox.set_person("99000023", known=False)
    assert virk_documents(search_virk(sandbox, eboks, BY_CVR)) == []


def test_a_unit_moves_to_another_company(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    unit = {"number": "1999900017", "name": "Afd. Syd", "address": ADDRESS, "since": "2018-01-01"}
    sandbox.set_person("99000023", units=[unit | {"ended": "2026-01-31"}])
    sandbox.set_person("99000031", units=[unit | {"since": "2026-02-01"}])
    by_number = {"term": {"VrproduktionsEnhed.pNummer": 1999900017}}
    (found,) = virk_documents(search_virk(sandbox, eboks, by_number, path=UNITS))
    (owner,) = current(found["virksomhedsrelation"])
    assert len(found["virksomhedsrelation"]) == 2
    assert owner["cvrNummer"] == 99000031
    assert found["produktionsEnhedMetadata"]["nyesteCvrNummerRelation"] == 99000031
