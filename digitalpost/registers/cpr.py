"""The CPR register: who somebody is, and who has custody of a child.

SF1520 PersonLookup, SOAP 1.1 over mutual TLS; source: protocols/guardian-and-signing.md section A.
The number is in the body only. Answers are read by the elements' local names, because the version
in the namespace is the only difference that is known between the versions of the contract.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from lxml import etree

from digitalpost.errors import word
from digitalpost.identifiers import Identifier, IdentifierKind, InvalidIdentifier, parse
from digitalpost.models import RegisterName
from digitalpost.register_settings import CprSettings
from digitalpost.registers.line import Line
from digitalpost.registers.person import NUMBER_GONE, Custody, Guardian, Person, Relative

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OPERATION = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/{version}/"
INVOCATION = "http://serviceplatformen.dk/xml/schemas/InvocationContext/1/"
AUTHORITY = "http://serviceplatformen.dk/xml/schemas/AuthorityContext/1/"
PNR = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"

_NOT_FOUND = "pnr not found"  # the page names this text and no code
_LONGEST_NAME = 200


class Cpr(Protocol):
    """Whoever knows people by their number."""

    def look_up(self, identifier: Identifier) -> Person | None:
        """The person; None when the register has nobody with that number.

        Raises `RegisterSilent` when there was no usable answer.
        """

    def name_of(self, identifier: Identifier) -> str:
        """The person's name, empty when unknown. Raises `RegisterSilent`."""

    def close(self) -> None:
        """Close connections."""


class CprRegister:
    """The replica at KOMBIT's service platform, in the context flavour."""

    def __init__(self, settings: CprSettings) -> None:
        """Raises `RegisterSilent` when the address or the certificate is no good."""
        self._settings = settings
        self._line = Line(
            RegisterName.CPR, settings.url or "", settings.tls, timeout=settings.timeout
        )

    def look_up(self, identifier: Identifier) -> Person | None:
        """See `Cpr.look_up`. A replacement number, or a CVR number, is nobody and not asked."""
        if identifier.kind is not IdentifierKind.CPR or identifier.is_replacement:
            return None
        action = OPERATION.format(version=self._settings.namespace_version) + "PersonLookup"
        answer = self._line.ask(
            "POST",
            self._settings.url or "",
            content=lookup_request(identifier, self._settings),
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'},
        )
        root = _parse(answer.content)
        fault = _first(root, "Fault") if root is not None else None
        if fault is not None:
            self._meet(fault)
            return None
        self._line.require_success(answer)
        response = _first(root, "PersonLookupResponse") if root is not None else None
        person = read_person(response, identifier) if response is not None else None
        if person is None:
            raise self._line.unreadable()
        return person

    def name_of(self, identifier: Identifier) -> str:
        """See `Cpr.name_of`."""
        person = self.look_up(identifier)
        return person.name if person is not None else ""

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def _meet(self, fault: etree._Element) -> None:
        """Return when the fault says that nobody has the number; raise for every other."""
        if _NOT_FOUND in " ".join(str(text) for text in fault.itertext()).lower():
            return
        # Whose mistake it is stands in the code (SOAP 1.1 section 4.4.1); the text is not shown,
        # for it may quote the request.
        code = _text(fault, "faultcode").rpartition(":")[2].partition(".")[0]
        if code == "Client":
            raise self._line.refused(word("forespørgslen godtages ikke"))
        raise self._line.failed(word("fejl hos registret"))


def lookup_request(identifier: Identifier, settings: CprSettings) -> bytes:
    """The SOAP envelope that asks about one person; the contexts in the contract's order."""
    namespace = OPERATION.format(version=settings.namespace_version)
    envelope = etree.Element(
        f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "p": namespace, "i": INVOCATION, "c": PNR}
    )
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    request = etree.SubElement(body, f"{{{namespace}}}PersonLookupRequest")
    if settings.municipality_cvr:
        authority = etree.SubElement(
            request, f"{{{AUTHORITY}}}AuthorityContext", nsmap={"a": AUTHORITY}
        )
        etree.SubElement(
            authority, f"{{{AUTHORITY}}}MunicipalityCVR"
        ).text = settings.municipality_cvr
    context = etree.SubElement(request, f"{{{INVOCATION}}}InvocationContext")
    for name, value in (
        ("ServiceAgreementUUID", settings.service_agreement),
        ("UserSystemUUID", settings.user_system),
        ("UserUUID", settings.user),
        ("ServiceUUID", settings.service),
    ):
        etree.SubElement(context, f"{{{INVOCATION}}}{name}").text = value.lower()
    etree.SubElement(request, f"{{{PNR}}}PNR").text = identifier.number
    written: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return written


def read_person(response: etree._Element, asked: Identifier) -> Person | None:
    """The person in a PersonLookupResponse; None when it is not about the number asked for."""
    data = _child(response, "persondata")
    if data is None:
        return None
    number, current = _cpr(data, "personnummer"), _cpr(data, "gaeldendePersonnummer")
    if asked not in (number or current, current):
        return None
    status_element = _child(data, "status")
    status = _whole(status_element, "status")
    relations = _child(response, "relationer")
    return Person(
        identifier=asked,
        name=_name(_child(data, "navn")),
        birth_date=_dated(data, "foedselsdato"),
        status=status,
        protected_address=_text(_child(data, "adressebeskyttelse"), "beskyttet") in {"true", "1"},
        mother=_relative(relations, "mor"),
        father=_relative(relations, "far"),
        custody=_custody(relations),
        guardian=_guardian(_child(data, "umyndiggoerelse")),
        new_number=current if status in NUMBER_GONE and current != asked else None,
    )


def _relative(relations: etree._Element | None, which: str) -> Relative | None:
    found = _child(relations, which)
    if found is None:
        return None
    return Relative(
        _cpr(found, "personnummer"), _tidy(_text(found, "navn")), _dated(found, "foedselsdato")
    )


def _custody(relations: etree._Element | None) -> tuple[Custody, ...]:
    entries = []
    for entry in _children(relations, "foraeldremyndighed"):
        kind = _whole(entry, "foraeldremyndighedtype")
        if kind is None:
            continue
        starts = (_dated(entry, "foraeldremyndighedStartdato"), _date(entry, "relationStartdato"))
        entries.append(
            Custody(
                type=kind,
                start=max((day for day in starts if day is not None), default=None),
                end=_date(entry, "foraeldremyndighedSletdato"),
                identifier=_cpr(entry, "relationPersonnummer"),
            )
        )
    return tuple(entries)


def _guardian(found: etree._Element | None) -> Guardian | None:
    if found is None or _text(found, "umyndiggjort") in {"false", "0"}:
        return None
    return Guardian(
        type=_whole(found, "umyndiggorelseRelationType"),
        identifier=_cpr(found, "relationPersonnummer"),
        name=_tidy(_text(found, "relationVaergenavn")),
        start=_dated(found, "umyndiggoerelseStartdato"),
        end=_date(found, "umyndiggoerelseSlettedato"),
    )


def _name(found: etree._Element | None) -> str:
    whole = _tidy(_text(found, "personadresseringsnavn"))
    return whole or _tidy(
        " ".join(_text(found, part) for part in ("fornavn", "mellemnavn", "efternavn"))
    )


def _parse(content: bytes) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return None


def _first(root: etree._Element, name: str) -> etree._Element | None:
    return next(root.iter(f"{{*}}{name}"), None)


def _children(parent: etree._Element | None, name: str) -> list[etree._Element]:
    return [] if parent is None else list(parent.iterchildren(f"{{*}}{name}"))


def _child(parent: etree._Element | None, name: str) -> etree._Element | None:
    return next(iter(_children(parent, name)), None)


def _text(parent: etree._Element | None, name: str) -> str:
    found = _child(parent, name)
    return (found.text or "").strip() if found is not None else ""


def _cpr(parent: etree._Element, name: str) -> Identifier | None:
    try:
        found = parse(_text(parent, name))
    except InvalidIdentifier:
        return None
    return found if found.kind is IdentifierKind.CPR else None


def _whole(parent: etree._Element | None, name: str) -> int | None:
    text = _text(parent, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _dated(parent: etree._Element, name: str) -> date | None:
    """A date that stands in an element of its own, beside a mark of how sure it is."""
    inner = _child(parent, name)
    return _date(inner, "dato") if inner is not None else None


def _date(parent: etree._Element, name: str) -> date | None:
    """An XML date; a time or a zone behind it is not looked at."""
    try:
        return date.fromisoformat(_text(parent, name)[:10])
    except ValueError:
        return None


def _tidy(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_NAME]
