"""SF1601 "Send post" as a channel: one POST per letter, and statuses that are pushed to us later.

Source: protocols/sf1601.md. A positive answer means that the letter was taken, never that it came:
that is told by a PostStatus, which is sent to us (`deliveries.arrived`). Nothing can be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from lxml import etree

from digitalpost.channels.answers import refused_outcome, transport_outcome
from digitalpost.channels.base import Abilities, Outcome, OutcomeKind, Outgoing
from digitalpost.channels.digital_post import new_message_id
from digitalpost.channels.sf1601.message import kombi_request
from digitalpost.channels.sf1601.status import turned_down
from digitalpost.channels.sf1601.token import SEND, NoToken, TokenAuth
from digitalpost.errors import Refused
from digitalpost.models import ChannelName, MailboxStatus
from digitalpost.sf1601_settings import Sf1601Settings
from digitalpost.tls import client_tls

__all__ = ["Sf1601Channel", "abilities", "new_message_id"]

_WITH_CODES = {400, 409, 422}  # about the letter; other answers are about the line
_MOST_BYTES = 1_000_000  # more than any answer


class Sf1601Channel:
    """One user system on the Serviceplatform. Connections are kept alive between letters."""

    name = ChannelName.SF1601

    def __init__(self, settings: Sf1601Settings) -> None:
        """Raises `OSError` when the certificate can't be read."""
        self._settings = settings
        limits = httpx.Limits(
            max_connections=settings.connections, max_keepalive_connections=settings.connections
        )
        self._client = httpx.Client(
            verify=client_tls(settings.tls),
            timeout=settings.timeout,
            limits=limits,
            http2=False,  # public clients force HTTP/1.1, too
            trust_env=False,
        )
        self._auth = TokenAuth(settings, SEND, self._client)

    def new_message_id(self) -> str:
        """A UUID of version 4: MeMo's messageUUID, on paper the AfsendelseIdentifikator."""
        return new_message_id()

    def send(self, outgoing: Outgoing) -> Outcome:
        """POST the letter. On paper it goes through /kombi, whatever Digital Post goes through."""
        path = "kombi" if outgoing.on_paper else self._settings.path
        try:
            body = kombi_request(self._settings, outgoing, check=False)
        except Refused as refused:
            return Outcome(OutcomeKind.FIX_LETTER, refused.sentences[0])
        try:
            answer = self._client.post(
                f"{self._settings.url}/service/KombiPostAfsend_1/{path}",
                content=body,
                headers={"Content-Type": "application/xml", "Accept": "application/xml"},
                auth=self._auth,
            )
        except httpx.RequestError as error:
            return transport_outcome(error, self.name)
        except NoToken as without:
            return _no_token(without.answer)
        return _read(answer, outgoing.message_id)

    def poll(self, _message_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """Nothing: statuses are pushed, and letters wait for them."""
        return {}

    def forget(self, _message_ids: Sequence[str]) -> None:
        """Nothing is kept at the far side."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def abilities(settings: Sf1601Settings) -> Abilities:
    """As Digital Post; with a number agreed with the print supplier also paper to the others."""
    paper = None
    if settings.print_type:
        paper = Abilities(
            is_paper=True, needs_address=True, can_name_attention=True, max_bytes=settings.max_bytes
        )
    return Abilities(
        reaches=frozenset({None, MailboxStatus.REACHABLE}),
        can_reply=True,
        can_name_attention=True,
        max_bytes=settings.max_bytes,
        on_paper=paper,
    )


def _no_token(answer: httpx.Response) -> Outcome:
    """No letter is to blame when there is no token: what is not passing by is the set-up."""
    passing = answer.is_success or answer.status_code == 429 or answer.status_code >= 500
    status = 503 if answer.is_success else answer.status_code
    kept = httpx.Response(status if passing else 401, headers=answer.headers)
    return refused_outcome(kept, ChannelName.SF1601)


def _read(answer: httpx.Response, message_id: str) -> Outcome:
    """What the answer means (section 4). Refusals are known by their codes, never by prose."""
    said = _kombi_response(answer.content)
    reference = said.get("TransmissionID") or answer.request.headers["x-TransaktionsId"]
    receipt: dict[str, Any] = {
        "http_status": answer.status_code,
        "transmission_id": reference,
        "answer": said,
    }
    if said.get("FejlKode") and (answer.is_success or answer.status_code in _WITH_CODES):
        return turned_down(said["FejlKode"], receipt)
    if not answer.is_success:
        return refused_outcome(answer, ChannelName.SF1601)
    if said.get("Result", "").lower() == "false":
        return turned_down("", receipt)
    is_received = said.get("AdvisTekst", "").lower() == "received"
    if said.get("Result", "").lower() == "true" and is_received:
        return Outcome(OutcomeKind.ACCEPTED, receipt=receipt)
    # Neither yes nor no: the letter may have been taken. The same message id again tells.
    unclear = httpx.Response(502, request=answer.request)
    return refused_outcome(unclear, ChannelName.SF1601)


def _kombi_response(content: bytes) -> dict[str, str]:
    """Result, TransmissionID, AdvisTekst and FejlKode, wherever they stand; empty if unreadable."""
    if len(content) > _MOST_BYTES:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    found: dict[str, str] = {}
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname
        name = "FejlKode" if name == "FejlId" else name
        if name in {"Result", "TransmissionID", "AdvisId", "AdvisTekst", "FejlKode"}:
            text = re.sub(r"[^\w.:/ -]", "", (element.text or "").strip())[:100]
            found.setdefault(name, text)
    return {name: text for name, text in found.items() if text}
