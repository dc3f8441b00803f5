"""Stand-in for the CVR register at distribution.virk.dk: companies and production units by number.

Written only from protocols/virk-cvr.md. Takes the queries that the page shows, with ``_source``,
``from`` and ``size``; a field that the index does not have finds nothing, as Elasticsearch does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import register, virk_answers
from sandbox.fault_kinds import (
    VIRK,
)
from sandbox.line import let_look_ups_fail, the_database
from sandbox.virk_answers import COMPANY, UNIT

PATH = "/cvr-permanent"
USER, PASSWORD = "lindevang_gymnasium", "oevelse-i-virk"

LARGEST_WINDOW = 3000
DEFAULT_SIZE = 10

CVR_OF_COMPANY = f"{COMPANY}.cvrNummer"
NAME_OF_COMPANY = f"{COMPANY}.virksomhedMetadata.nyesteNavn.navn"
NUMBER_OF_UNIT = f"{UNIT}.pNummer"
CVR_OF_UNIT = f"{UNIT}.virksomhedsrelation.cvrNummer"

Documents = Iterable[dict[str, Any]]

blueprint = Blueprint("virk", __name__, url_prefix=PATH)
let_look_ups_fail(blueprint, VIRK)


class _NotAQuery(ValueError):  # noqa: N818
    """The query is none of those that the page shows."""


@blueprint.post("/virksomhed/_search")
def search_companies() -> tuple[Response, int] | Response:
    """Companies only."""
    return _search(COMPANY)


@blueprint.post("/produktionsenhed/_search")
def search_units() -> tuple[Response, int] | Response:
    """Production units only."""
    return _search(UNIT)


@blueprint.post("/_search")
def search_everything() -> tuple[Response, int] | Response:
    """Both: one source says that only this path is left."""
    return _search(None)


def _search(kind: str | None) -> tuple[Response, int] | Response:
    given = request.authorization
    if given is None or (given.username, given.password) != (USER, PASSWORD):
        answer = jsonify({"error": "missing or wrong credentials", "status": 401})
        answer.headers["WWW-Authenticate"] = 'Basic realm="cvr-permanent"'
        return answer, 401
    if request.mimetype != "application/json":
        return _refuse(406, "media_type", "Content-Type must be application/json")
    body = request.get_json(silent=True)
    try:
        if not isinstance(body, dict):
            raise _NotAQuery("the body must be a JSON object")
        documents = [one for one in _found(body) if kind is None or kind in one]
        shown = _window(documents, body)
    except _NotAQuery as error:
        return _refuse(400, "parsing_exception", str(error))
    return jsonify(virk_answers.answer(shown, len(documents)))


def _found(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    unknown = body.keys() - {"query", "_source", "from", "size", "sort", "track_total_hits"}
    query = body.get("query")
    if unknown or not isinstance(query, dict) or len(query) != 1:
        raise _NotAQuery("the body must be a query with _source, from and size")
    ((form, condition),) = query.items()
    if not isinstance(condition, dict) or len(condition) != 1:
        raise _NotAQuery("the query must name one field")
    ((field, wanted),) = condition.items()
    if form == "match" and field == NAME_OF_COMPANY:
        yield from _companies_named(wanted)
    elif form == "term":
        yield from _by_number(field, [wanted])
    elif form == "terms" and isinstance(wanted, list):
        yield from _by_number(field, wanted)
    else:
        raise _NotAQuery("the query must be term, terms, or match on the name")


def _by_number(field: str, wanted: list[Any]) -> Iterator[dict[str, Any]]:
    by_field: dict[str, Callable[[str], Documents]] = {
        CVR_OF_COMPANY: _companies,
        NUMBER_OF_UNIT: _units_by_number,
        CVR_OF_UNIT: _units_by_company,
    }
    if field in by_field:
        for number in dict.fromkeys(_as_text(one, field) for one in wanted):
            yield from by_field[field](number)


def _as_text(value: Any, field: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        raise _NotAQuery(f"failed to create query: not a number for {field}")
    return str(int(value)).zfill(10 if field == NUMBER_OF_UNIT else 8)


def _companies(cvr: str) -> Documents:
    company = register.find_company(the_database(), cvr)
    return [] if company is None else [virk_answers.company_document(company)]


def _units_by_company(cvr: str) -> Documents:
    company = register.find_company(the_database(), cvr)
    units = () if company is None else company.units
    return [document for unit in units for document in _units_by_number(unit.number)]


def _units_by_number(p_number: str) -> Documents:
    owners = register.find_companies_of_unit(the_database(), p_number)
    relations = [(owner, unit) for owner in owners for unit in owner.units]
    relations = [(owner, unit) for owner, unit in relations if unit.number == p_number]
    return [virk_answers.unit_document(relations)] if relations else []


def _companies_named(wanted: Any) -> Iterator[dict[str, Any]]:
    words = set(str(wanted).lower().split())
    for company in register.known_companies(the_database()):
        if words & set(company.name.lower().split()):
            yield virk_answers.company_document(company)


def _window(documents: list[dict[str, Any]], body: dict[str, Any]) -> list[dict[str, Any]]:
    start, size = body.get("from", 0), body.get("size", DEFAULT_SIZE)
    if not all(isinstance(one, int) and one >= 0 for one in (start, size)):
        raise _NotAQuery("from and size must be whole numbers")
    if start + size > LARGEST_WINDOW:
        raise _NotAQuery(f"Result window is too large, from + size must be <= {LARGEST_WINDOW}")
    wanted = body.get("_source", True)
    shown = documents[start : start + size]
    if isinstance(wanted, bool):
        return shown if wanted else [{} for _ in shown]
    paths = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise _NotAQuery("_source must be true, false or a list of fields")
    return [virk_answers.only(document, paths) for document in shown]


def _refuse(status: int, kind: str, reason: str) -> tuple[Response, int]:
    cause = {"type": kind, "reason": reason}
    return jsonify({"error": {"root_cause": [cause], **cause}, "status": status}), status
