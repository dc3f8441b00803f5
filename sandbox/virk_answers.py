"""The documents of the CVR register, shaped as the answers in protocols/virk-cvr.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sandbox.companies import Company, Unit
from sandbox.people import Address, chance

COMPANY, UNIT = "Vrvirksomhed", "VrproduktionsEnhed"

_UPDATED = "2026-11-20T03:11:02.000+01:00"
_FORM = {"virksomhedsformkode": 80, "kortBeskrivelse": "APS", "langBeskrivelse": "Anpartsselskab"}
_TRADE = {"branchekode": "284100", "branchetekst": "Fremstilling af værktøjsmaskiner"}
_PHONE = "70000000"


def answer(documents: Sequence[dict[str, Any]], total: int) -> dict[str, Any]:
    """The answer to a search; ``documents`` are those of this page out of ``total``."""
    hits = [
        {
            "_index": "cvr-v-20220630",
            "_type": "_doc",
            "_id": str(next((one.get("enhedsNummer") for one in document.values()), None)),
            "_score": 1.0,
            "_source": document,
        }
        for document in documents
    ]
    return {
        "took": 4,
        "timed_out": False,
        "_shards": {"total": 6, "successful": 6, "skipped": 0, "failed": 0},
        "hits": {"total": total, "max_score": 1.0 if hits else None, "hits": hits},
    }


def only(document: dict[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """The part of a document under the dotted ``paths``."""
    kept: dict[str, Any] = {}
    for path in paths:
        root, _, rest = path.partition(".")
        if root not in document:
            continue
        inside = document[root]
        if rest and isinstance(inside, dict):
            part = only(inside, [rest])
            if part:
                kept[root] = {**kept.get(root, {}), **part}
        else:
            kept[root] = inside
    return kept


def company_document(company: Company) -> dict[str, Any]:
    """One company, with its history."""
    name = {"navn": company.name, **_since(company.founded)}
    address = _address(company.address)
    status = {"status": company.status, **_since(company.founded, company.ended)}
    return {
        COMPANY: {
            "cvrNummer": int(company.number),
            "enhedsNummer": _entity(company.number),
            "enhedstype": "VIRKSOMHED",
            "samtId": 12,
            "reklamebeskyttet": False,
            "dataAdgang": 0,
            "fejlRegistreret": False,
            "fejlBeskrivelse": None,
            "fejlVedIndlaesning": False,
            "navne": [name],
            "binavne": [],
            "regNummer": [],
            "postadresse": [],
            "beliggenhedsadresse": [address | _since(company.founded)],
            "telefonNummer": [_contact(_PHONE, company.founded)],
            "elektroniskPost": _email(company.email, company.founded, company.email_secret),
            "hjemmeside": [],
            "virksomhedsform": [_FORM | _since(company.founded)],
            "virksomhedsstatus": [status],
            "hovedbranche": [_TRADE | _since(company.founded)],
            "livsforloeb": [_since(company.founded, company.ended)],
            "penheder": [
                {"pNummer": int(unit.number), **_since(unit.since, unit.ended)}
                for unit in company.units
            ],
            "deltagerRelation": [],
            "attributter": [],
            "virksomhedMetadata": _metadata(company, name, address),
            "sidstIndlaest": _UPDATED,
            "sidstOpdateret": _UPDATED,
            "virkningsAktoer": "R",
        }
    }


def unit_document(relations: Sequence[tuple[Company, Unit]]) -> dict[str, Any]:
    """One production unit, under every company that has or had it."""
    owner, unit = max(relations, key=lambda one: (one[1].ended is None, one[1].since))
    address = _address(unit.address)
    return {
        UNIT: {
            "pNummer": int(unit.number),
            "enhedsNummer": _entity(unit.number),
            "enhedstype": "PRODUKTIONSENHED",
            "samtId": 3,
            "reklamebeskyttet": False,
            "navne": [{"navn": unit.name, **_since(unit.since)}],
            "beliggenhedsadresse": [address | _since(unit.since)],
            "telefonNummer": [],
            "elektroniskPost": _email(unit.email, unit.since, unit.email_secret),
            "livsforloeb": [_since(unit.since, unit.ended)],
            "virksomhedsrelation": [
                {"cvrNummer": int(company.number), **_since(one.since, one.ended)}
                for company, one in relations
            ],
            "produktionsEnhedMetadata": {
                "nyesteNavn": {"navn": unit.name},
                "nyesteBeliggenhedsadresse": address,
                "nyesteHovedbranche": {"branchekode": _TRADE["branchekode"]},
                # The newest relation, also when that has ended.
                "nyesteCvrNummerRelation": int(owner.number),
                "sammensatStatus": "Aktiv" if unit.ended is None else "Ophørt",
            },
        }
    }


def _metadata(company: Company, name: dict[str, Any], address: dict[str, Any]) -> dict[str, Any]:
    # Secret contact data are in the array alone, where they are marked.
    contacts = [_PHONE] + [company.email] * (bool(company.email) and not company.email_secret)
    return {
        "nyesteNavn": name,
        "nyesteVirksomhedsform": _FORM | {"periode": _period(company.founded)},
        "nyesteBeliggenhedsadresse": address | {"periode": _period(company.founded)},
        "nyesteHovedbranche": _TRADE,
        "nyesteStatus": None,
        "nyesteKontaktoplysninger": contacts,
        "antalPenheder": sum(unit.ended is None for unit in company.units),
        "sammensatStatus": company.status,
        "stiftelsesDato": company.founded.isoformat(),
        "virkningsDato": company.founded.isoformat(),
    }


def _address(address: Address) -> dict[str, Any]:
    return {
        "landekode": "DK",
        "fritekst": None,
        "vejkode": 1234,
        "kommune": {"kommuneKode": 751, "kommuneNavn": "AARHUS"},
        "husnummerFra": address.house,
        "husnummerTil": None,
        "bogstavFra": None,
        "bogstavTil": None,
        "etage": None,
        "sidedoer": None,
        "conavn": None,
        "postboks": None,
        "vejnavn": address.street,
        "bynavn": None,
        "postnummer": address.postcode,
        "postdistrikt": address.town,
        "adresseId": "00000000-0000-4000-8000-000000000012",
        "sidstValideret": _UPDATED,
    }


def _email(address: str, since: date, secret: bool) -> list[dict[str, Any]]:
    return [_contact(address, since, secret=secret)] if address else []


def _contact(value: str, since: date, *, secret: bool = False) -> dict[str, Any]:
    return {"kontaktoplysning": value, "hemmelig": secret, **_since(since)}


def _since(since: date, until: date | None = None) -> dict[str, Any]:
    return {"periode": _period(since, until), "sidstOpdateret": _UPDATED}


def _period(since: date, until: date | None = None) -> dict[str, str | None]:
    return {"gyldigFra": since.isoformat(), "gyldigTil": until.isoformat() if until else None}


def _entity(number: str) -> int:
    return 4_000_000_000 + chance(number, "entity", 99_000_000)
