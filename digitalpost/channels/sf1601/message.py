"""The request body of SF1601: a MeMo for Digital Post, or a ForsendelseI for a letter on paper.

Source: protocols/sf1601.md section 4. Root and KombiValgKode have no namespace; the MeMo keeps its
own prefix, which must be ``memo``.
"""

from __future__ import annotations

import textwrap
from base64 import b64encode

from lxml import etree

from digitalpost.channels.base import Outgoing
from digitalpost.channels.digital_post_message import make_message
from digitalpost.errors import Refused
from digitalpost.identifiers import IdentifierKind
from digitalpost.memo.rules import problems_of
from digitalpost.memo.write import write_memo
from digitalpost.sf1601_settings import Sf1601Settings

PRINT = "urn:oio:fjernprint:1.0.0"
_DKAL = "urn:oio:dkal:1.0.0"
_ADIR = "urn:oio:adir:dagpenge:2009.07.01"
_SAGDOK = "urn:oio:sagdok:3.0.0"
_NAME = "http://rep.oio.dk/itst.dk/xml/schemas/2006/01/17/"
_LINES = "http://rep.oio.dk/ebxml/xml/schemas/dkcc/2005/05/19/"
_COUNTRY = "http://rep.oio.dk/ebxml/xml/schemas/dkcc/2003/02/13/"
_PREFIXES = {
    "fjernprint": PRINT,
    "dkal": _DKAL,
    "adir": _ADIR,
    "sagdok": _SAGDOK,
    "itst": _NAME,
    "dkcc": _LINES,
    "dkcc2003": _COUNTRY,
}
_NOBODY = "0000000000"  # stands for a person's number: paper needs none
LONGEST_LINE = 34  # characters of an address line
LONGEST_NAME = 130
_ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")
_OPEN = b'<?xml version="1.0" encoding="UTF-8"?>\n<kombi_request><KombiValgKode>%s</KombiValgKode>'
_CLOSE = b"</kombi_request>"


def kombi_request(settings: Sf1601Settings, outgoing: Outgoing, *, check: bool = True) -> bytes:
    """The letter as it is handed over. Raises `Refused` with what would be refused there."""
    if outgoing.on_paper:
        return _wrapped("Fysisk Post", etree.tostring(_print_order(settings, outgoing)))
    message = make_message(settings, outgoing)
    memo = write_memo(message, settings.memo_version)
    if check:
        problems = problems_of(message, size=len(memo))
        if problems:
            raise Refused(problems)
    _, _, root = bytes(memo).partition(b"?>")
    return _wrapped("Digital Post", root.strip())


def _wrapped(choice: str, part: bytes) -> bytes:
    return b"".join([_OPEN % choice.encode(), part, _CLOSE])


def _print_order(settings: Sf1601Settings, outgoing: Outgoing) -> etree._Element:
    """ForsendelseI in the order of its schema; the message id is its AfsendelseIdentifikator."""
    samling = etree.Element(f"{{{PRINT}}}ForsendelseISamling", nsmap=_PREFIXES)
    order = etree.SubElement(samling, f"{{{PRINT}}}ForsendelseI")
    _add(order, PRINT, "AfsendelseIdentifikator", outgoing.message_id)
    _add(order, PRINT, "ForsendelseTypeIdentifikator", settings.print_type)
    _add_recipient(order, outgoing)
    _add(order, _DKAL, "FilformatNavn", "pdf")
    _add(order, _DKAL, "MeddelelseIndholdData", b64encode(outgoing.content).decode())
    document = etree.SubElement(order, f"{{{PRINT}}}DokumentParametre")
    _add(document, _SAGDOK, "TitelTekst", outgoing.title)
    post = etree.SubElement(order, f"{{{PRINT}}}PostParametre")
    _add(post, PRINT, "PostKategoriKode", settings.post_category)
    return samling


def _add_recipient(order: etree._Element, outgoing: Outgoing) -> None:
    recipient = etree.SubElement(order, f"{{{PRINT}}}ForsendelseModtager")
    who = etree.SubElement(recipient, f"{{{_DKAL}}}AfsendelseModtager")
    if outgoing.recipient.kind is IdentifierKind.CVR:
        _add(who, _ADIR, "CVRnummerIdentifikator", outgoing.recipient.number)
    else:
        _add(who, _ADIR, "CPRnummerIdentifikator", _NOBODY)
    address = etree.SubElement(recipient, f"{{{PRINT}}}ModtagerAdresse")
    _add(address, _NAME, "PersonName", outgoing.name.strip()[:LONGEST_NAME])
    for ordinal, line in zip(_ORDINALS, _lines(outgoing), strict=False):
        _add(address, _LINES, f"PostalAddress{ordinal}LineText", line)
    country = _add(address, _COUNTRY, "CountryIdentificationCode", "DK")
    country.set("scheme", "iso3166-alpha2")


def _lines(outgoing: Outgoing) -> list[str]:
    """The address as it may be printed. Raises `Refused`: half an address is none."""
    asked = [f"Att.: {outgoing.attention}"] if outgoing.attention else []
    lines = [
        part
        for line in [*asked, *outgoing.address]
        for part in textwrap.wrap(line, LONGEST_LINE, break_long_words=False)
    ]
    if not outgoing.name.strip() or not outgoing.address:
        raise Refused("Der mangler navn eller adresse. Skriv dem på modtageren.")
    if len(lines) > len(_ORDINALS) or any(len(line) > LONGEST_LINE for line in lines):
        raise Refused(
            "Adressen er for lang til et brev: højst %(lines)s linjer med %(most)s tegn. Ret den "
            "på modtageren.",
            lines=len(_ORDINALS),
            most=LONGEST_LINE,
        )
    return lines


def _add(parent: etree._Element, namespace: str, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    child.text = text
    return child
