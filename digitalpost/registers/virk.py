"""The CVR register (Virk): what a company is called, and its production units.

Elasticsearch over HTTP with a name and a password; source: protocols/virk-cvr.md. Documents have
whole histories; current is what has no end. Every field may be missing, and numbers come as JSON
numbers without leading zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.models import RegisterName
from digitalpost.register_settings import VirkSettings
from digitalpost.registers.line import Line, json_body

MOST_UNITS = 3000  # from + size may not go beyond this; no company we write to has as many

_SOURCE = {
    "Vrvirksomhed": ("cvrNummer", "virksomhedMetadata"),
    "VrproduktionsEnhed": ("pNummer", "produktionsEnhedMetadata", "virksomhedsrelation"),
}
_SOURCE_OF_BOTH = ("navne", "beliggenhedsadresse", "elektroniskPost", "livsforloeb")
_CLOSED = ("OPLØST", "TVANGSOPLØST", "SLETTET", "OPHØRT")
_LONGEST = 200


@dataclass(frozen=True)
class ProductionUnit:
    """A place where a company works, with its own P-number."""

    p_number: str
    name: str
    address: str  # lines parted by line breaks
    email: str  # empty when there is none, or it is secret
    is_closed: bool


@dataclass(frozen=True)
class Company:
    """A company and the production units that belong to it now."""

    identifier: Identifier
    name: str
    address: str
    email: str
    is_closed: bool  # then it has no digital post any more
    units: tuple[ProductionUnit, ...]

    def unit(self, p_number: str) -> ProductionUnit | None:
        """The open unit with this number, when it belongs to the company now."""
        open_units = (one for one in self.units if not one.is_closed)
        return next((one for one in open_units if one.p_number == p_number), None)


class Virk(Protocol):
    """Whoever knows companies by their number."""

    def look_up(self, identifier: Identifier) -> Company | None:
        """The company with its units; None when the register has none with that number.

        Raises `RegisterSilent` when there was no usable answer.
        """

    def name_of(self, identifier: Identifier) -> str:
        """The company's name alone, empty when unknown. Raises `RegisterSilent`."""

    def close(self) -> None:
        """Close connections."""


class VirkRegister:
    """The system-to-system access at distribution.virk.dk."""

    def __init__(self, settings: VirkSettings) -> None:
        """Raises `RegisterSilent` when the address or the certificate is no good."""
        self._settings = settings
        self._line = Line(
            RegisterName.VIRK,
            settings.url or "",
            settings.tls,
            timeout=settings.timeout,
            auth=(settings.user, settings.password),
        )

    def look_up(self, identifier: Identifier) -> Company | None:
        """See `Virk.look_up`."""
        found = self._company(identifier)
        if found is None:
            return None
        query = {
            "query": {
                "term": {"VrproduktionsEnhed.virksomhedsrelation.cvrNummer": int(identifier.number)}
            },
            "size": MOST_UNITS,
        }
        hits = self._search(self._settings.unit_path, query, "VrproduktionsEnhed")
        units = [_unit(hit) for hit in hits if _belongs_now(hit, identifier)]
        numbered = {unit.p_number: unit for unit in units if unit is not None}
        return Company(
            identifier=identifier,
            name=_name(found, "virksomhedMetadata"),
            address=_address(found, "virksomhedMetadata"),
            email=_email(found),
            is_closed=_is_closed(found, "virksomhedMetadata"),
            units=tuple(sorted(numbered.values(), key=lambda unit: (unit.name, unit.p_number))),
        )

    def name_of(self, identifier: Identifier) -> str:
        """See `Virk.name_of`."""
        found = self._company(identifier)
        return _name(found, "virksomhedMetadata") if found is not None else ""

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def _company(self, identifier: Identifier) -> dict[str, Any] | None:
        if identifier.kind is not IdentifierKind.CVR:
            return None
        query = {"query": {"term": {"Vrvirksomhed.cvrNummer": int(identifier.number)}}, "size": 1}
        for hit in self._search(self._settings.company_path, query, "Vrvirksomhed"):
            if _number(hit.get("cvrNummer"), 8) == identifier.number:
                return hit
        return None

    def _search(self, path: str, query: dict[str, Any], root: str) -> Iterator[dict[str, Any]]:
        answer = self._line.json_of(
            self._line.ask(
                "POST",
                path,
                content=json_body({**query, "_source": _fields(root)}),
                headers={"Content-Type": "application/json; charset=UTF-8"},
            )
        )
        outer = answer.get("hits")
        hits = outer.get("hits") if isinstance(outer, dict) else None
        # Part of the register did not answer: what is missing would look like no such company.
        if not isinstance(hits, list) or answer.get("timed_out") or _some_failed(answer):
            raise self._line.unreadable()
        for hit in hits:
            document = _dict(_dict(hit).get("_source")).get(root)
            if isinstance(document, dict):
                yield document


def _fields(root: str) -> list[str]:
    """What is read of a document; a whole one, with its history, may be very long."""
    return [f"{root}.{field}" for field in (*_SOURCE[root], *_SOURCE_OF_BOTH)]


def _some_failed(answer: dict[str, Any]) -> bool:
    return bool(_dict(answer.get("_shards")).get("failed"))


def _unit(document: dict[str, Any]) -> ProductionUnit | None:
    number = _number(document.get("pNummer"), 10)
    if not number:
        return None
    return ProductionUnit(
        p_number=number,
        name=_name(document, "produktionsEnhedMetadata"),
        address=_address(document, "produktionsEnhedMetadata"),
        email=_email(document),
        is_closed=_is_closed(document, "produktionsEnhedMetadata"),
    )


def _belongs_now(document: dict[str, Any], identifier: Identifier) -> bool:
    """Whether the unit's *current* relation is this company; it may have been sold."""
    return any(
        _number(relation.get("cvrNummer"), 8) == identifier.number
        for relation in _current(document, "virksomhedsrelation")
    )


def _name(document: dict[str, Any], metadata: str) -> str:
    newest = _dict(_dict(document.get(metadata)).get("nyesteNavn")).get("navn")
    names = [newest, *(one.get("navn") for one in _current(document, "navne"))]
    return next((_tidy(name) for name in names if _tidy(name)), "")


def _address(document: dict[str, Any], metadata: str) -> str:
    newest = _dict(_dict(document.get(metadata)).get("nyesteBeliggenhedsadresse"))
    found = newest or next(_current(document, "beliggenhedsadresse"), {})
    if _tidy(found.get("fritekst")):  # abroad, or an address that is no address
        return "\n".join(filter(None, map(_tidy, str(found["fritekst"]).splitlines())))
    house = "".join(_tidy(found.get(part)) for part in ("husnummerFra", "bogstavFra"))
    floor = _tidy(found.get("etage"))
    street = " ".join(filter(None, (_tidy(found.get("vejnavn")), house)))
    door = " ".join(filter(None, (f"{floor}." if floor else "", _tidy(found.get("sidedoer")))))
    post = _number(found.get("postnummer"), 4)
    care_of = _tidy(found.get("conavn"))
    lines = (
        f"c/o {care_of}" if care_of else "",
        ", ".join(filter(None, (street, door))),
        " ".join(filter(None, (post, _tidy(found.get("postdistrikt"))))),
    )
    return "\n".join(filter(None, lines))[:400]


def _email(document: dict[str, Any]) -> str:
    """The current address that is not secret; what is marked secret must not be shown."""
    for one in _current(document, "elektroniskPost"):
        text = _tidy(one.get("kontaktoplysning"))
        if one.get("hemmelig") is False and "@" in text:
            return text
    return ""


def _is_closed(document: dict[str, Any], metadata: str) -> bool:
    status = _tidy(_dict(document.get(metadata)).get("sammensatStatus")).upper()
    if status.startswith(_CLOSED):
        return True
    lives = [one for one in _list(document.get("livsforloeb")) if isinstance(one, dict)]
    return bool(lives) and not any(_is_current(life) for life in lives)


def _current(document: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
    for one in _list(document.get(field)):
        if isinstance(one, dict) and _is_current(one):
            yield one


def _is_current(entry: dict[str, Any]) -> bool:
    return _dict(entry.get("periode")).get("gyldigTil") is None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any, digits: int) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    bare = text.isascii() and text.isdigit() and len(text) <= digits
    return text.zfill(digits) if bare else ""


def _tidy(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).split())[:_LONGEST]
