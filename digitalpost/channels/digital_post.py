"""National Digital Post (NgDP REST): a MeMo by POST, receipts fetched until they are stored.

Source: protocols/digital-post-rest.md sections 1 to 3 and 6, and protocols/memo.md. A message is
taken with a technical receipt at once; the business receipt that follows says whether it came into
the mailbox. Receipts stay at Digital Post until we have committed what they say.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from digitalpost.channel_settings import DigitalPostSettings
from digitalpost.channels.answers import read_json, refused_outcome, transport_outcome
from digitalpost.channels.base import (
    Abilities,
    ChannelUnreachable,
    Outcome,
    OutcomeKind,
    Outgoing,
)
from digitalpost.channels.digital_post_container import MEDIA_TYPE, Container
from digitalpost.channels.digital_post_message import make_message
from digitalpost.errors import Refused, Sentence
from digitalpost.memo.rules import problems_of
from digitalpost.memo.write import WrittenMemo, write_memo
from digitalpost.models import ChannelName, MailboxStatus
from digitalpost.tls import client_tls

_RECEIPTS_AT_A_TIME = 1000
_MOST_PAGES = 100  # of receipts, in one look
_ID_USED = {409}
_USED_CODES = {"memo.message.uuid.exists"}  # the same, of a message in a container
_CONTAINER_REFUSED = {400, 409, 413, 415, 422}
_ALONE = 2_000_000  # bytes of a letter that does not come along in a container
# The recipient can't get Digital Post; names of codes beyond this are not known (section 6).
_NO_MAILBOX = {"recipient.not.registered"}


class DigitalPostChannel:
    """One sender system in Digital Post. Connections are kept alive between letters."""

    name = ChannelName.DIGITAL_POST

    def __init__(self, settings: DigitalPostSettings) -> None:
        self._settings = settings
        self.at_once = settings.at_once
        self._receipts: dict[str, list[dict[str, Any]]] | None = None  # by message id
        limits = httpx.Limits(
            max_connections=settings.connections, max_keepalive_connections=settings.connections
        )
        self._client = httpx.Client(
            base_url=settings.url or "",
            headers={"Authorization": f"Basic {settings.token}", "Accept": "application/json"},
            verify=client_tls(settings.tls),
            timeout=settings.timeout,
            limits=limits,
            trust_env=False,
        )

    def new_message_id(self) -> str:
        """A fresh id; see the module's `new_message_id`."""
        return new_message_id()

    def send(self, outgoing: Outgoing) -> Outcome:
        """POST the message. Taken means that a receipt will tell the rest."""
        memo = self._memo(outgoing)
        try:
            answer = self._client.post(
                "/memos/",
                params={"memo-message-uuid": outgoing.message_id},
                content=iter(memo),
                headers={"Content-Type": "application/xml", "Content-Length": str(len(memo))},
            )
        except httpx.RequestError as error:
            return transport_outcome(error, self.name)
        if answer.status_code in _ID_USED:
            return Outcome(OutcomeKind.ALREADY_USED, receipt={"http_status": answer.status_code})
        if not answer.is_success:
            return _refused(answer)
        said = read_json(answer)
        receipt = {"http_status": answer.status_code, "answer": said}
        # A 2xx without a readable receipt is still an acceptance: the business receipt decides.
        return receipt_outcome(said, receipt) if isinstance(said, dict) else _accepted(receipt)

    def send_many(self, letters: Iterable[Outgoing]) -> Mapping[str, Outcome]:
        """POST containers. Receipts tell of each letter; here one answer holds for a container."""
        outcomes: dict[str, Outcome] = {}
        packed: dict[str, Outgoing] = {}
        container = Container()
        try:
            for letter in letters:
                try:
                    if len(letter.content) > _ALONE:
                        outcomes[letter.message_id] = self.send(letter)
                        continue
                    memo = self._memo(letter)
                except ValueError:
                    continue
                if not container.has_room_for(memo):
                    outcomes.update(self._send_container(container, packed))
                    container.close()
                    container, packed = Container(), {}
                container.add(letter.message_id, memo)
                packed[letter.message_id] = letter
            outcomes.update(self._send_container(container, packed))
        finally:
            container.close()
        return outcomes

    def _memo(self, letter: Outgoing) -> WrittenMemo:
        return write_memo(make_message(self._settings, letter), self._settings.memo_version)

    def _send_container(
        self, container: Container, packed: Mapping[str, Outgoing]
    ) -> dict[str, Outcome]:
        if not packed:
            return {}
        size = container.seal()
        try:
            answer = self._client.post(
                "/memos/",
                content=iter(container),
                headers={"Content-Type": MEDIA_TYPE, "Content-Length": str(size)},
            )
        except httpx.RequestError as error:
            return dict.fromkeys(packed, transport_outcome(error, self.name))
        if answer.status_code in _CONTAINER_REFUSED:
            # About the container, and not about any one letter: those are asked about alone.
            return {message_id: self.send(letter) for message_id, letter in packed.items()}
        if not answer.is_success:
            return dict.fromkeys(packed, refused_outcome(answer, self.name))
        said = {"http_status": answer.status_code, "answer": read_json(answer)}
        return dict.fromkeys(packed, _accepted(said))

    def poll(self, message_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """What the waiting receipts say of these letters. All are fetched once per open channel."""
        if self._receipts is None:
            self._receipts = self._fetch()
        found: dict[str, Outcome] = {}
        for message_id in message_ids:
            outcomes = [
                receipt_outcome(one, {"answer": one}) for one in self._receipts.get(message_id, ())
            ]
            if outcomes:
                found[message_id] = max(reversed(outcomes), key=_weight)
        return found

    def forget(self, message_ids: Sequence[str]) -> None:
        """Delete the receipts of these letters; what can't be deleted now is met again."""
        for message_id in message_ids:
            for receipt in (self._receipts or {}).pop(message_id, ()):
                try:
                    self._client.delete(f"/receipts/{receipt['id']}")
                except httpx.RequestError:
                    return

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _fetch(self) -> dict[str, list[dict[str, Any]]]:
        """The receipts that wait, by message id. None is deleted by reading them in bulk."""
        waiting: dict[str, list[dict[str, Any]]] = {}
        for page in range(_MOST_PAGES):
            try:
                answer = self._client.get(
                    "/receipts-bulk/", params={"page": page, "size": _RECEIPTS_AT_A_TIME}
                )
            except httpx.RequestError as error:
                raise ChannelUnreachable(transport_outcome(error, self.name)) from error
            said = read_json(answer)
            if not answer.is_success or not isinstance(said, dict):
                raise ChannelUnreachable(refused_outcome(answer, self.name))
            for one in said.get("receipts") or []:
                if isinstance(one, dict) and one.get("id") and one.get("messageUUID"):
                    waiting.setdefault(str(one["messageUUID"]).lower(), []).append(one)
            if page + 1 >= int(said.get("totalPages") or 1):
                break
        return waiting


def abilities(settings: DigitalPostSettings) -> Abilities:
    """Answers, attention and, with a page for it, signing; only who has a mailbox is reached

    (protocols/memo.md).
    """
    return Abilities(
        reaches=frozenset({None, MailboxStatus.REACHABLE}),
        can_reply=True,
        can_sign=bool(settings.signing_url),
        can_name_attention=True,
        max_bytes=settings.max_bytes,
    )


def new_message_id() -> str:
    """A UUID of version 4: the only form that Digital Post takes."""
    return str(uuid.uuid4())


def is_message_uuid(text: str) -> bool:
    """Whether it has the form of a messageUUID: such become parts of addresses, nothing else."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def payload(settings: DigitalPostSettings, outgoing: Outgoing) -> bytes:
    """The request body as `send` makes it. Raises `Refused` with what Digital Post would refuse."""
    message = make_message(settings, outgoing)
    memo: WrittenMemo = write_memo(message, settings.memo_version)
    problems = problems_of(message, size=len(memo))
    if problems:
        raise Refused(problems)
    return bytes(memo)


def receipt_outcome(said: Mapping[str, Any], receipt: Mapping[str, Any]) -> Outcome:
    """What a receipt means (section 2)."""
    match str(said.get("receiptStatus") or "").upper():
        case "COMPLETED":
            return Outcome(OutcomeKind.DELIVERED, receipt=receipt)
        case "INVALID" if said.get("errorCode") in _USED_CODES:
            return _accepted(receipt)
        case "INVALID" | "NOT_ALLOWED":
            return _turned_down(str(said.get("errorCode") or ""), receipt)
    return _accepted(receipt)


def _weight(outcome: Outcome) -> int:
    """Which of several receipts for a letter counts, the last among equals.

    One technical receipt stands beside the business receipt; and a letter that is in the mailbox
    stays there when a second copy of it was turned away.
    """
    return {OutcomeKind.DELIVERED: 2, OutcomeKind.FIX_LETTER: 1}.get(outcome.kind, 0)


def _accepted(receipt: Mapping[str, Any]) -> Outcome:
    return Outcome(OutcomeKind.ACCEPTED, receipt=receipt)


def _refused(answer: httpx.Response) -> Outcome:
    """An answer that is not 2xx: 400 says in codes what is wrong with the message."""
    said = read_json(answer)
    if answer.status_code not in {400, 422} or not isinstance(said, dict):
        return refused_outcome(answer, ChannelName.DIGITAL_POST)
    errors = said.get("fieldErrors") or []
    codes = [one.get("code") for one in errors if isinstance(one, dict)] or [said.get("code")]
    # Codes and fields only: a rejected value may be somebody's number.
    kept = {"http_status": answer.status_code, "code": said.get("code"), "codes": codes}
    return _turned_down(str(codes[0] or ""), kept)


def _turned_down(code: str, receipt: Mapping[str, Any]) -> Outcome:
    """By the code, never by prose; an unknown code is a person's to look at (section 6)."""
    if code in _NO_MAILBOX:
        text = "Modtageren har ingen digital postkasse. Send brevet på papir."
        return Outcome(OutcomeKind.FIX_LETTER, Sentence(text), receipt)
    return Outcome(
        OutcomeKind.FIX_LETTER,
        Sentence(
            "Digital Post tager ikke imod brevet (%(code)s). Se brevet efter, og send det på en "
            "anden måde.",
            {"code": code or "ingen grund"},
        ),
        receipt,
    )
