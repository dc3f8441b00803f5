"""The XML of SF1601: requests as they are read, answers and pushed statuses as they are written.

Written only from protocols/sf1601.md sections 4 and 5. Shares no code with the clients.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from lxml import etree

MEMO = "https://DigitalPost.dk/MeMo-1"
PRINT = "urn:oio:fjernprint:1.0.0"
DKAL = "urn:oio:dkal:1.0.0"
CHOICES = ("Digital Post", "NemSMS", "Fysisk Post", "Automatisk Valg")

# TransaktionsStatusKode and its ObjektHandling (section 5).
HANDLINGS = {
    "Modtaget Digital Post": "eb866ca2-b871-4387-b501-12cde577bd58",
    "Afleveret Digital Post": "f7161a89-5068-4023-bc80-d7f4daad2a2e",
    "Fejlet": "e225a75c-4b63-46c4-9423-77f5c8762445",
    "Modtaget Fjern-print": "dd98e71c-41ac-4305-a47b-8f86b00e639b",
    "Klar": "e2b30d57-504a-4e2e-ae2d-a1394a9cb0b8",
    "Afleveret til print og kuvertering": "e3c0a021-2070-40d4-b7b7-754aeba762e9",
    "Modtaget Post Danmark": "e94a0a8b-60a0-42ad-8b83-52c9e15d0fb3",
    "Opdatering fra Post Danmark": "f4e6eb11-0261-4198-8b5d-be92a9b1a35d",
    "Afsendt": "db5a6025-caa3-45c3-8e02-4e6fa8142ade",
    "Tilbagekaldt": "f03904aa-df6e-417f-bd74-6a01a61adbcf",
}
_KIND = "d2bed63c-4853-4008-b6e0-a74c15b15fbf"
_SENDERS = {
    "Digital Post": "96514e13-afdd-44d6-95a8-adc2ca19b127",
    "Fysisk Post": "afd21f3d-11c7-4f51-b2a6-f31d6480a9fb",
}


class InvalidRequest(ValueError):  # noqa: N818
    """The request is not what the page says. ``code`` is the service's."""

    def __init__(self, reason: str, code: str = "request.invalid") -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class KombiRequest:
    """What stood in a request: a message, or an order to print."""

    choice: str
    memo: bytes | None = field(default=None, repr=False)
    order: PrintOrder | None = None


@dataclass(frozen=True)
class PrintOrder:
    """One letter on paper."""

    identifier: str
    kind: str
    lines: list[str]
    number: str  # a company's; of a person nothing but zeros
    title: str
    category: str
    content: bytes = field(repr=False)


def read_request(body: bytes) -> KombiRequest:
    """Read one request. Clients write ``encoding='utf8'``, which lxml understands."""
    if b"<!DOCTYPE" in body:
        raise InvalidRequest("a document type is not allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidRequest("not XML") from error
    if root.tag != "kombi_request":
        raise InvalidRequest("the root must be kombi_request, without a namespace")
    choice = (root.findtext("KombiValgKode") or "").strip()
    if choice not in CHOICES:
        raise InvalidRequest("KombiValgKode is unknown")
    memo = root.find(f"{{{MEMO}}}Message")
    order = root.find(f"{{{PRINT}}}ForsendelseISamling/{{{PRINT}}}ForsendelseI")
    if memo is not None and memo.prefix != "memo":
        raise InvalidRequest("the prefix of the message must be memo")
    if choice in ("Digital Post", "NemSMS") and memo is None:
        raise InvalidRequest("there is no message")
    if choice == "Fysisk Post" and order is None:
        raise InvalidRequest("there is no ForsendelseI")
    return KombiRequest(
        choice,
        memo=None if memo is None else etree.tostring(memo, with_tail=False),
        order=None if order is None else _order(order),
    )


_ORDER = (
    *("AfsendelseIdentifikator", "ForsendelseTypeIdentifikator", "ForsendelseModtager"),
    *("FilformatNavn", "MeddelelseIndholdData", "TransaktionsParametreI", "DokumentParametre"),
    *("KanalUafhaengigeParametreI", "PrintParametre", "DigitalPostParametre", "PostParametre"),
    "BilagSamling",
)


def _order(node: etree._Element) -> PrintOrder:
    found = [etree.QName(one).localname for one in node if isinstance(one.tag, str)]
    if [name for name in _ORDER if name in found] != found:
        raise InvalidRequest("the elements of ForsendelseI stand in another order")
    said = {etree.QName(one).localname: (one.text or "").strip() for one in node.iter("{*}*")}
    identifier = said.get("AfsendelseIdentifikator", "")
    if not 1 <= len(identifier) <= 38:
        raise InvalidRequest("AfsendelseIdentifikator must have 1 to 38 characters")
    if said.get("CPRnummerIdentifikator", "0000000000") != "0000000000":
        raise InvalidRequest("a person's number must be 0000000000", "recipient.cpr.not.allowed")
    names = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")
    lines = [said.get(f"PostalAddress{one}LineText", "") for one in names]
    if not lines[0] or any(len(line) > 34 for line in lines):
        raise InvalidRequest("the address is no address", "recipient.address.invalid")
    try:
        content = base64.b64decode(said.get("MeddelelseIndholdData", ""), validate=True)
    except binascii.Error as error:
        raise InvalidRequest("the content is not base64") from error
    if said.get("FilformatNavn") != "pdf" or not content:
        raise InvalidRequest("there must be a pdf", "file.extension.not.allowed")
    return PrintOrder(
        identifier=identifier,
        kind=said.get("ForsendelseTypeIdentifikator", ""),
        lines=[said.get("PersonName", ""), *filter(None, lines)],
        number=said.get("CVRnummerIdentifikator", ""),
        title=said.get("TitelTekst", ""),
        category=said.get("PostKategoriKode", ""),
        content=content,
    )


def taken(transmission_id: str) -> bytes:
    """The answer to a letter that was taken. On paper there is no TransmissionID."""
    line = f"<TransmissionID>{transmission_id}</TransmissionID>" if transmission_id else ""
    return (
        f"<kombi_response><Result>true</Result>{line}<HovedoplysningerSvarREST><SvarReaktion>"
        "<Advis><AdvisId>0</AdvisId><AdvisTekst>RECEIVED</AdvisTekst></Advis>"
        "</SvarReaktion></HovedoplysningerSvarREST></kombi_response>"
    ).encode()


def refused(code: str, text: str) -> bytes:
    """The answer to a letter that was not taken."""
    return (
        "<kombi_response><Result>false</Result><HovedoplysningerSvarREST><SvarReaktion><Fejl>"
        f"<FejlId>{escape(code)}</FejlId><FejlTekst>{escape(text)}</FejlTekst>"
        "</Fejl></SvarReaktion></HovedoplysningerSvarREST></kombi_response>"
    ).encode()


def post_status(
    *, channel: str, status: str, message_uuid: str, transmission_id: str, cvr: str, error: str = ""
) -> bytes:
    """A PKO_PostStatus in the envelope of the message broker."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    on_paper = channel == "Fysisk Post"
    details = f"<FejlKode>{escape(error)}</FejlKode><FejlTekst>øv</FejlTekst>" if error else ""
    whose = (
        f"<AfsendelseIdentifikator>{message_uuid}</AfsendelseIdentifikator>"
        if on_paper
        else f"<MessageUUID>{message_uuid}</MessageUUID><MessageId></MessageId>"
    )
    inner = (
        "<?xml version='1.0' encoding='utf8'?>\n"
        '<PKO_PostStatus xmlns="http://serviceplatformen.dk/xml/print/PKO_PostStatus/1/types">'
        f"<TransmissionId>{transmission_id}</TransmissionId>{whose}"
        f"<KanalKode>{channel}</KanalKode><TransaktionsDatoTid>{at}</TransaktionsDatoTid>"
        f"<TransaktionsStatusKode>{status}</TransaktionsStatusKode>"
        f"<CorrelationId>{transmission_id}</CorrelationId>"
        f"<FejlDetaljer>{details}</FejlDetaljer></PKO_PostStatus>"
    )
    return _envelope(
        inner.encode(), channel, status, message_uuid, transmission_id, cvr, at
    ).encode()


def _envelope(
    inner: bytes, channel: str, status: str, message_uuid: str, transmission: str, cvr: str, at: str
) -> str:
    def one(name: str, value: str) -> str:
        return f"<ns2:{name}><UUIDIdentifikator>{value}</UUIDIdentifikator></ns2:{name}>"

    registered = (
        one("ObjektRegistreringId", transmission)
        + one("ObjektId", message_uuid)
        + one("ObjektHandling", HANDLINGS.get(status, ""))
    )
    sender = one("BeskedAnsvarligAktoer", _SENDERS[channel])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ns4:ModtagBeskedInput xmlns="urn:oio:sagdok:3.0.0" xmlns:ns2="urn:oio:besked:kuvert:1.0"'
        ' xmlns:ns4="urn:oio:sts:1.0.0"><ns2:Haendelsesbesked>'
        f"{one('BeskedId', str(uuid.uuid4()))}<ns2:BeskedVersion>1.0</ns2:BeskedVersion>"
        f"<ns2:Beskedkuvert><ns2:Filtreringsdata>{one('Beskedtype', _KIND)}{sender}"
        f"<ns2:TilladtModtager><URNIdentifikator>urn:oio:cvr:{cvr}</URNIdentifikator>"
        f"</ns2:TilladtModtager><ns2:ObjektRegistrering>{registered}</ns2:ObjektRegistrering>"
        "</ns2:Filtreringsdata><ns2:Leveranceinformation><ns2:Dannelsestidspunkt>"
        f"<TidsstempelDatoTid>{at}</TidsstempelDatoTid></ns2:Dannelsestidspunkt>"
        "</ns2:Leveranceinformation></ns2:Beskedkuvert><ns2:Beskeddata>"
        '<Base64 xmlns="urn:besked:kuvert:1.0" content-type="application/xml" encoding="UTF-8"'
        f' file-type=".xml">{base64.b64encode(inner).decode()}</Base64>'
        "</ns2:Beskeddata></ns2:Haendelsesbesked></ns4:ModtagBeskedInput>"
    )
