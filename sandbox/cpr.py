"""Stand-in for the CPR replica SF1520, PersonBaseDataExtended: one SOAP operation, PersonLookup.

Written only from protocols/guardian-and-signing.md section A. Contract version 4, and 5 with the
same fields under its own path and namespace. The "context" flavour: an InvocationContext with the
ids of the agreement, and the client certificate. Error codes are not known; those here are ours.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, request
from lxml import etree

from digitalpost.identifiers import birth_date
from sandbox import cpr_xml, register
from sandbox.fault_kinds import (
    CPR,
)
from sandbox.line import let_look_ups_fail, the_database

PATH = "/service/CPR/PersonBaseDataExtended/4"
VERSIONS = ("4", "5")

# The agreement that the invented school has with the platform.
SERVICE_AGREEMENT = "11111111-1111-4111-8111-111111111111"
USER_SYSTEM = "22222222-2222-4222-8222-222222222222"
USER = "33333333-3333-4333-8333-333333333333"
SERVICE = "44444444-4444-4444-8444-444444444444"
_AGREEMENT = {
    "ServiceAgreementUUID": SERVICE_AGREEMENT,
    "UserSystemUUID": USER_SYSTEM,
    "UserUUID": USER,
    "ServiceUUID": SERVICE,
}
_OPTIONAL = ("OnBehalfOfUser", "CallersServiceCallIdentifier", "AccountingInfo")

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_CONTEXTS = {
    f"{{http://serviceplatformen.dk/xml/schemas/{name}/1/}}{name}": name
    for name in ("CallContext", "AuthorityContext", "InvocationContext")
}
_PNR = "{http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/}PNR"

blueprint = Blueprint("cpr", __name__)
let_look_ups_fail(blueprint, CPR)


class _Fault(Exception):  # noqa: N818
    """A SOAP fault: whose mistake it is, a code, and a text without any number."""

    def __init__(self, blame: str, code: str, text: str) -> None:
        super().__init__(text)
        self.blame, self.code, self.text = blame, code, text


@blueprint.post("/service/CPR/PersonBaseDataExtended/<version>")
def look_up_person(version: str) -> Response:
    """Say what the register knows about one person."""
    if version not in VERSIONS:
        abort(404)
    namespace = cpr_xml.namespace(version)
    try:
        _check_headers(namespace)
        number = _asked_number(request.get_data(cache=False), namespace)
        person = register.find_person(the_database(), number)
        if person is None:
            raise _Fault("Server", "PNR_NOT_FOUND", "PNR not found")
    except _Fault as fault:
        body = cpr_xml.fault(fault.blame, fault.code, fault.text)
        return Response(body, 500, mimetype="text/xml")
    return Response(cpr_xml.person_answer(person, namespace), 200, mimetype="text/xml")


def _check_headers(namespace: str) -> None:
    if request.mimetype != "text/xml":
        raise _Fault("Client", "BAD_REQUEST", "Content-Type must be text/xml")
    if request.headers.get("SOAPAction", "").strip('"') != f"{namespace}PersonLookup":
        raise _Fault("Client", "BAD_REQUEST", "SOAPAction must be that of PersonLookup")


def _asked_number(body: bytes, namespace: str) -> str:
    envelope = _parse(body)
    bodies = envelope.findall(f"{{{_SOAP}}}Body")
    if envelope.tag != f"{{{_SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise _Fault("Client", "BAD_REQUEST", "a SOAP 1.1 envelope with one request is needed")
    (asked,) = bodies[0]
    if asked.tag != f"{{{namespace}}}PersonLookupRequest":
        raise _Fault("Client", "BAD_REQUEST", "PersonLookupRequest in its namespace is needed")
    *contexts, last = list(asked) or [asked]
    names = [_CONTEXTS.get(context.tag) for context in contexts]
    in_order = [name for name in _CONTEXTS.values() if name in names]
    if last.tag != _PNR or names != in_order:
        raise _Fault("Client", "BAD_REQUEST", "the contexts in their order and then PNR are needed")
    if "InvocationContext" not in names:
        raise _Fault("Client", "NO_AGREEMENT", "InvocationContext is needed")
    _check_agreement(contexts[names.index("InvocationContext")])
    number = (last.text or "").strip()
    if birth_date(number) is None:
        raise _Fault("Client", "BAD_PNR", "PNR must be ten digits that begin with a date")
    return number


def _check_agreement(context: etree._Element) -> None:
    given = {etree.QName(child).localname: child.text or "" for child in context}
    if not given.keys() <= {*_AGREEMENT, *_OPTIONAL} or len(given) != len(context):
        raise _Fault("Client", "BAD_REQUEST", "InvocationContext holds something unknown")
    for name, ours in _AGREEMENT.items():
        if not re.fullmatch(r"[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}", given.get(name, "")):
            raise _Fault("Client", "BAD_REQUEST", f"{name} must be a UUID in small letters")
        if given[name] != ours:
            raise _Fault("Client", "NO_AGREEMENT", f"{name} is not that of the agreement")


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise _Fault("Client", "BAD_REQUEST", "the body is not well-formed XML") from None
    if root.getroottree().docinfo.doctype:
        raise _Fault("Client", "BAD_REQUEST", "a document type is not allowed")
    return root
