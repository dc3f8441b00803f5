"""e-Boks dispatch: one PUT per letter over mutual TLS. Source: protocols/eboks-dispatch.md.

Two modes. Behind the *proxy* the answer is JSON with a status per recipient, and letters that go
to post-processing are polled. *Direct* answers any 2xx with nothing in it, and that is all.
"""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from lxml import etree

from digitalpost.channels.answers import read_json, refused_outcome, transport_outcome
from digitalpost.channels.base import (
    DEAD,
    Abilities,
    ChannelUnreachable,
    Outcome,
    OutcomeKind,
    Outgoing,
)
from digitalpost.errors import Refused, Sentence
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import ChannelName, MailboxStatus
from digitalpost.settings import EboksSettings
from digitalpost.tls import client_tls

NAMESPACE = "urn:eboks:en:3.0.0"
POLL_AT_MOST = 50  # ids in one status call (section 3)
_ID_USED = {409, 419}

_ELEMENTS = [
    *("Dispatch", "DispatchRecipient", "Id", "Type", "Nationality", "ContentTypeId", "Title"),
    *("Content", "Data", "FileExtension"),
]


class EboksChannel:
    """One sender agreement with e-Boks. Connections are kept alive between letters."""

    name = ChannelName.EBOKS

    def __init__(self, settings: EboksSettings) -> None:
        self._settings = settings
        limits = httpx.Limits(
            max_connections=settings.connections, max_keepalive_connections=settings.connections
        )
        self._client = httpx.Client(
            base_url=settings.url or "",
            verify=client_tls(settings.tls),
            timeout=settings.timeout,
            limits=limits,
            trust_env=False,
        )

    def new_message_id(self) -> str:
        """A fresh id; see `new_message_id`."""
        return new_message_id(self._settings)

    def send(self, outgoing: Outgoing) -> Outcome:
        """PUT the letter; see `OutcomeKind` for what each answer becomes (section 4)."""
        path = (
            f"/int/rest/srv.svc/3/dispatchsystem/{self._settings.system_id}"
            f"/dispatches/{outgoing.message_id}"
        )
        try:
            answer = self._client.put(
                path,
                content=dispatch_xml(outgoing, self._settings.content_type_id),
                headers={"Content-Type": "application/xml"},
            )
        except httpx.RequestError as error:
            return transport_outcome(error, self.name)
        if answer.status_code in _ID_USED:
            return Outcome(OutcomeKind.ALREADY_USED, receipt={"http_status": answer.status_code})
        if not answer.is_success:
            return refused_outcome(answer, self.name)
        receipt = {"http_status": answer.status_code, "answer": read_json(answer)}
        if self._settings.mode == "direct":
            return Outcome(OutcomeKind.DELIVERED, receipt=receipt)
        return _proxy_outcome(receipt["answer"], receipt)

    def poll(self, message_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """The proxy's status call. In direct mode there is none: the answer was the receipt."""
        if self._settings.mode == "direct":
            return {
                message_id: Outcome(OutcomeKind.DELIVERED, receipt={"answer": "already used"})
                for message_id in message_ids
            }
        found: dict[str, Outcome] = {}
        for start in range(0, len(message_ids), POLL_AT_MOST):
            part = message_ids[start : start + POLL_AT_MOST]
            try:
                answer = self._client.get(
                    f"/rest/messages/{self._settings.client_id}/", params={"message_id": part}
                )
            except httpx.RequestError as error:
                raise ChannelUnreachable(transport_outcome(error, self.name)) from error
            if not answer.is_success:
                raise ChannelUnreachable(refused_outcome(answer, self.name))
            lines = read_json(answer)
            for line in lines if isinstance(lines, list) else []:
                if isinstance(line, dict) and line.get("message_id") in part:
                    found[line["message_id"]] = _proxy_outcome(line, {"answer": line})
        return found

    def forget(self, _message_ids: Sequence[str]) -> None:
        """Nothing is kept at the far side."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def abilities(settings: EboksSettings) -> Abilities:
    """What e-Boks can do: no reply, no signing, no attention (section 2).

    Behind the proxy a letter to somebody without a mailbox goes on to print there (section 3).
    """
    reaches: set[MailboxStatus | None] = {None, MailboxStatus.REACHABLE}
    if settings.mode == "proxy":
        reaches |= {MailboxStatus.EXEMPT, MailboxStatus.UNKNOWN}
    return Abilities(reaches=frozenset(reaches), max_bytes=settings.max_bytes)


def new_message_id(settings: EboksSettings) -> str:
    """Zero-padded system id, client id (proxy only), 32 hex characters (section 1)."""
    return f"{settings.system_id:0>6}{settings.client_id}{uuid.uuid4().hex}"


def dispatch_xml(outgoing: Outgoing, content_type_id: str) -> bytes:
    """The request body, elements in the order that the service demands (section 2)."""

    def add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
        element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
        element.text = text
        return element

    root = etree.Element(f"{{{NAMESPACE}}}Dispatch", nsmap={None: NAMESPACE})
    recipient = add(root, "DispatchRecipient")
    add(recipient, "Id", outgoing.recipient.number)
    add(recipient, "Type", "P" if outgoing.recipient.kind is IdentifierKind.CPR else "V")
    add(recipient, "Nationality", "DK")
    add(root, "ContentTypeId", content_type_id)
    add(root, "Title", outgoing.title)
    content = add(root, "Content")
    add(content, "Data", b64encode(outgoing.content).decode("ascii"))
    add(content, "FileExtension", "pdf")
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return body


def payload(settings: EboksSettings, outgoing: Outgoing) -> bytes:
    """The request body as `send` makes it, checked as the service does (sections 2 and 5).

    Raises `Refused` when elements are not in their order or the letter is too large.
    """
    body = dispatch_xml(outgoing, settings.content_type_id)
    root = etree.fromstring(body, etree.XMLParser(huge_tree=True, resolve_entities=False))
    found = [etree.QName(one).localname for one in root.iter()]
    if found != _ELEMENTS or len(outgoing.content) > settings.max_bytes:
        raise Refused("Brevet kan ikke pakkes, som e-Boks vil have det.")
    return body


def _proxy_outcome(answer: Any, receipt: Mapping[str, Any]) -> Outcome:
    """The status of the one recipient in a proxy answer (the two tables of section 3)."""
    recipients = answer.get("recipients") if isinstance(answer, dict) else None
    line = recipients[0] if isinstance(recipients, list) and recipients else None
    if not isinstance(line, dict):
        # A 2xx without a readable body is still an acceptance; the status call tells the rest.
        return Outcome(OutcomeKind.ACCEPTED, receipt=receipt)
    status = str(line.get("status") or "").strip().lower()
    processing = str(line.get("post_processing_status") or "").strip().lower()
    if status == "dead":
        return Outcome(
            OutcomeKind.FIX_LETTER,
            Sentence("Modtageren er registreret som død. Brevet er ikke sendt videre.", code=DEAD),
            receipt,
        )
    if processing == "pending":
        return Outcome(OutcomeKind.ACCEPTED, receipt=receipt)
    if processing in {"address resolved", "remote printed"}:
        return Outcome(
            OutcomeKind.PAPER, Sentence("Modtageren får brevet på papir med posten."), receipt
        )
    if processing == "address not found":
        return Outcome(
            OutcomeKind.FIX_LETTER,
            Sentence(
                "Modtageren har ingen digital postkasse, og der er ikke fundet en adresse. "
                "Find adressen, og send brevet på papir."
            ),
            receipt,
        )
    if status == "":
        return Outcome(OutcomeKind.DELIVERED, receipt=receipt)
    return Outcome(OutcomeKind.FIX_LETTER, _no_mailbox(status), receipt)


def _no_mailbox(status: str) -> Sentence:
    if status == "exempt":
        return Sentence("Modtageren er fritaget for digital post. Send brevet på papir.")
    if status == "minor":
        return Sentence(
            "Modtageren er under 15 år og har ikke egen postkasse. Send brevet til "
            "forældremyndighedens indehaver."
        )
    return Sentence("Modtageren har ingen postkasse i e-Boks. Send brevet på papir.")
