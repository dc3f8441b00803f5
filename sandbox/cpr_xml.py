"""The XML that SF1520 answers with, in the order of protocols/guardian-and-signing.md section A."""

from __future__ import annotations

from datetime import date

from lxml import etree
from lxml.builder import ElementMaker

from sandbox.people import DEAD, Custody, Guardian, Mailbox, Person, Relative

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_FAULT = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"


def namespace(version: str) -> str:
    """The namespace of a version of the contract."""
    return f"http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/{version}/"


def person_answer(person: Person, in_namespace: str) -> bytes:
    """The envelope with a PersonLookupResponse."""
    make = ElementMaker(namespace=in_namespace, nsmap={"p": in_namespace})
    response = make.PersonLookupResponse(_data(make, person))
    if person.status != DEAD:
        response.append(_address(make, person))
    response.append(_relations(make, person))
    return _envelope(response)


def fault(blame: str, code: str, text: str) -> bytes:
    """The envelope with a fault; ``blame`` is Client or Server."""
    make = ElementMaker(namespace=_FAULT, nsmap={"f": _FAULT})
    reason = make.ServiceplatformFault(
        make.ErrorList(make.Error(make.ErrorCode(code), make.ErrorText(text)))
    )
    soap = ElementMaker(namespace=_SOAP, nsmap={"soapenv": _SOAP})
    plain = ElementMaker()  # the parts of a SOAP 1.1 fault have no namespace
    return _envelope(
        soap.Fault(
            plain.faultcode(f"soapenv:{blame}"), plain.faultstring(text), plain.detail(reason)
        )
    )


def _envelope(content: etree._Element) -> bytes:
    soap = ElementMaker(namespace=_SOAP, nsmap={"soapenv": _SOAP})
    return bytes(
        etree.tostring(
            soap.Envelope(soap.Body(content)), xml_declaration=True, encoding="UTF-8"
        )
    )  # fmt: skip


def _data(make: ElementMaker, person: Person) -> etree._Element:
    data = make.persondata(make.personnummer(person.number))
    if person.current_number:
        data.append(make.gaeldendePersonnummer(person.current_number))
    first, _, family = person.name.rpartition(" ")
    data.extend(
        [
            make.navn(
                make.personadresseringsnavn(person.name),
                make.fornavn(first or person.name),
                make.efternavn(family),
            ),
            make.foedselsdato(_day(make, person.born)),
            make.alder(str(person.age)),
            make.koen("M" if int(person.number[-1]) % 2 else "K"),
            # Who is a child of whom is known from the child alone.
            make.antalBoernUnder18("0"),
            make.status(
                make.status(str(person.status)),
                make.statusdato(make.dato(f"{person.status_since.isoformat()}T00:00:00")),
            ),
        ]
    )
    if person.guardian is not None:
        data.append(_guardian(make, person.guardian))
    data.append(make.adressebeskyttelse(make.beskyttet(_truth(person.protected))))
    data.append(make.tilmeldtNemsms("false"))
    data.append(make.tilmeldtDigitalpost(_truth(person.mailbox is Mailbox.REGISTERED)))
    return data


def _guardian(make: ElementMaker, guardian: Guardian) -> etree._Element:
    element = make.umyndiggoerelse(make.umyndiggorelseRelationType(str(guardian.type)))
    if guardian.number:
        element.append(make.relationPersonnummer(guardian.number))
    element.append(make.relationStartdato(guardian.since.isoformat()))
    if guardian.name:
        element.append(make.relationVaergenavn(guardian.name))
    element.append(make.umyndiggoerelseStartdato(_day(make, guardian.since)))
    if guardian.ended:
        element.append(make.umyndiggoerelseSlettedato(guardian.ended.isoformat()))
    element.append(make.umyndiggjort(_truth(guardian.ended is None)))
    return element


def _address(make: ElementMaker, person: Person) -> etree._Element:
    # Protected addresses are in the answer too: keeping them is the asker's duty.
    at = person.address
    return make.adresse(
        make.aktuelAdresse(
            make.husnummer(str(at.house)),
            make.postnummer(str(at.postcode)),
            make.postdistrikt(at.town),
            make.vejnavn(at.street),
            make.standardadresse(f"{at.street} {at.house}"),
            make.adresseringsnavn(person.name),
        )
    )


def _relations(make: ElementMaker, person: Person) -> etree._Element:
    relations = make.relationer()
    for name, parent in (("mor", person.mother), ("far", person.father)):
        if parent is not None:
            relations.append(_relative(make, name, parent))
    relations.extend(_custody(make, one) for one in person.custody)
    return relations


def _relative(make: ElementMaker, name: str, parent: Relative) -> etree._Element:
    element = make(name)
    if parent.number:
        element.append(make.personnummer(parent.number))
        return element
    if parent.born:
        element.append(make.foedselsdato(_day(make, parent.born)))
    if parent.name:
        element.append(make.navn(parent.name))
    return element


def _custody(make: ElementMaker, custody: Custody) -> etree._Element:
    element = make.foraeldremyndighed(
        make.foraeldremyndighedtype(str(custody.type)),
        make.foraeldremyndighedStartdato(_day(make, custody.since)),
    )
    if custody.ended:
        element.append(make.foraeldremyndighedSletdato(custody.ended.isoformat()))
    if custody.number:
        element.append(make.relationPersonnummer(custody.number))
        element.append(make.relationStartdato(custody.since.isoformat()))
    return element


def _day(make: ElementMaker, day: date) -> etree._Element:
    return make.dato(day.isoformat())


def _truth(value: bool) -> str:
    return "true" if value else "false"
