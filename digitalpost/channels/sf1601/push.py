"""A PostStatus as KOMBIT's message broker pushes it: envelope, and PKO_PostStatus in Base64.

Source: protocols/sf1601.md section 5. Whoever may push is still not trusted with our parser: no
document type, no entities, no network, and a limit to the size.
"""

from __future__ import annotations

import base64
import binascii

from lxml import etree

from digitalpost.channels.told import MOST_BYTES, Told, Unreadable, make_told

_ENVELOPE = "{urn:oio:besked:kuvert:1.0}"
_CONTENT = "{urn:besked:kuvert:1.0}"
_SAGDOK = "{urn:oio:sagdok:3.0.0}"
_STATUS = "{http://serviceplatformen.dk/xml/print/PKO_PostStatus/1/types}"
_CVR = "urn:oio:cvr:"


def read_post_status(body: bytes) -> Told:
    """The status in an envelope, with or without ``ModtagBeskedInput`` around it.

    Raises `Unreadable`.
    """
    root = _parse(body)
    is_bare = root.tag == f"{_ENVELOPE}Haendelsesbesked"
    message = root if is_bare else root.find(f"{_ENVELOPE}Haendelsesbesked")
    if message is None:
        raise Unreadable("no Haendelsesbesked")
    content = _decode(message.findtext(f"{_ENVELOPE}Beskeddata/{_CONTENT}Base64"))
    status = _parse(content)
    if status.tag != f"{_STATUS}PKO_PostStatus":
        raise Unreadable("no PKO_PostStatus")
    details = status.find(f"{_STATUS}FejlDetaljer")
    filtering = f"{_ENVELOPE}Beskedkuvert/{_ENVELOPE}Filtreringsdata/{_ENVELOPE}"
    handling = f"{filtering}ObjektRegistrering/{_ENVELOPE}ObjektHandling/{_SAGDOK}UUIDIdentifikator"
    return make_told(
        # A letter on paper has no MessageUUID: it goes by the id that we gave the order.
        _text(status, "MessageUUID") or _text(status, "AfsendelseIdentifikator"),
        _text(status, "TransmissionId"),
        {
            "status": _text(status, "TransaktionsStatusKode"),
            "handling": message.findtext(handling) or "",
            "channel": _text(status, "KanalKode"),
            "at": _text(status, "TransaktionsDatoTid"),
            "error": _text(details, "FejlKode"),
            "text": _text(details, "FejlTekst"),
        },
        content,
        for_cvr=frozenset(
            (one.text or "").strip().removeprefix(_CVR)
            for one in message.findall(f"{filtering}TilladtModtager/{_SAGDOK}URNIdentifikator")
            if (one.text or "").strip().startswith(_CVR)
        ),
    )


def _parse(content: bytes) -> etree._Element:
    if len(content) > MOST_BYTES or b"<!DOCTYPE" in content[:MOST_BYTES]:
        raise Unreadable("too large, or with a document type")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("not XML") from error
    # In another encoding the words above look different; the parser knows.
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("a document type is not allowed")
    return root


def _decode(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("not base64") from error


def _text(node: etree._Element | None, name: str) -> str:
    return "" if node is None else (node.findtext(f"{_STATUS}{name}") or "").strip()
