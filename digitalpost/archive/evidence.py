"""The evidence for one letter: its bytes, who got it how and when, receipts, and who saw it.

Everything is gathered from rows, the document store (verified as it is read) and the hash-chained
log. Numbers of people are masked, unless somebody who may see them gives a reason; that is logged.
The format is described in docs/evidence.md; scripts/verify_evidence.py checks it without us.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.timeline import sentence_for
from digitalpost.db import Session, now
from digitalpost.deadlines import received_on
from digitalpost.deliveries.standing import who_gets
from digitalpost.documents import read_document
from digitalpost.errors import Refused, sentence_of
from digitalpost.events import EventKind
from digitalpost.models import (
    INCOMING_STATUSES,
    Delivery,
    DeliveryStatus,
    Document,
    Event,
    EventHead,
    Letter,
    LetterStatus,
    Recipient,
)
from digitalpost.post_days import Calendar
from digitalpost.registers.edit import RevealReason, reveal_number

FORMAT = "digitalpost-evidence/1"
LETTER, SHEET, FACTS, SUMS = "brev.pdf", "bevis.pdf", "bevis.json", "SHA256SUMS"
_SEEN = (EventKind.LETTER_OPENED.value, EventKind.LETTER_DOWNLOADED.value)


@dataclass(frozen=True)
class Evidence:
    """What is known about one letter, as JSON, and the files that it speaks of."""

    letter_id: int
    facts: Mapping[str, Any]
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the facts in one fixed form: keys sorted, no blanks."""
        return sha256(_canonical(self.facts)).hexdigest()


def gather(
    session: Session,
    actor: Actor,
    letter: Letter,
    *,
    institution: str,
    calendar: Calendar,
    number: str | None = None,
) -> Evidence:
    """Everything about the letter. ``number`` is the recipient's, where it may be shown whole.

    Raises `Refused` for a letter that was never approved, and `Damaged` when its file or a receipt
    is not what was stored.
    """
    require(actor, "letter.read", letter)
    if letter.status in INCOMING_STATUSES:
        raise Refused("Brevet er kommet ind. Der er kun bevis for breve, der er sendt.")
    if letter.document is None or letter.status is LetterStatus.DRAFT:
        raise Refused("Brevet er ikke godkendt endnu, så der er ikke noget at bevise.")
    files = {LETTER: read_document(session, letter.document)}
    told = _deliveries(session, letter, calendar, files)
    lines = _events(session, letter)
    head = session.get(EventHead, 1)
    facts = {
        "format": FORMAT,
        "institution": institution,
        "made_at": _time(now()),
        "made_by": actor.name,
        "letter": {
            "id": letter.id,
            "title": letter.title,
            "status": letter.status.value,
            "case": letter.case.number if letter.case is not None else None,
            "mailing": letter.mailing_id,
            "pages": letter.document.pages,
        },
        "recipient": {
            "name": letter.recipient_name,
            **_who(letter.recipient, number),
        },
        "content": _file(LETTER, letter.document),
        "approved": _approval(letter),
        "deliveries": told,
        "seen_by": _seen_by(lines),
        "events": [_event(line) for line in lines],
        "log_head": {"number": head.last_id, "link": head.chain.hex()} if head else None,
    }
    return Evidence(letter.id, facts, files)


def take_evidence(
    session: Session,
    actor: Actor,
    letter: Letter,
    *,
    institution: str,
    calendar: Calendar,
    reason: RevealReason | None = None,
) -> Evidence:
    """The evidence to take away; logged with its digest, so that we know it again.

    With a ``reason`` the recipient's whole number stands in it, which is logged as every look at
    one is. Raises as `gather` does.
    """
    require(actor, "letter.read", letter)
    number = None
    if reason is not None and letter.recipient is not None:
        number = reveal_number(session, actor, letter.recipient, reason=reason)
    found = gather(
        session, actor, letter, institution=institution, calendar=calendar, number=number
    )
    data = {"what": "evidence", "sha256": found.digest}
    events.record(session, actor, EventKind.LETTER_DOWNLOADED, letter, data=data)
    return found


def facts_file(evidence: Evidence, sheet: bytes | None = None) -> bytes:
    """The file `FACTS`: the facts in the order of docs/evidence.md, and what they are known by."""
    told: dict[str, Any] = {"evidence": evidence.facts, "sha256": evidence.digest}
    if sheet is not None:
        told["sheet"] = _known_by(SHEET, sheet)
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


def bundle(evidence: Evidence, sheet: bytes) -> bytes:
    """All of it in one ZIP: facts, sheet, letter, receipts, and a list of their hashes."""
    files = {FACTS: facts_file(evidence, sheet), SHEET: sheet, **evidence.files}
    sums = "".join(
        f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, SUMS: sums.encode()}.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _canonical(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _deliveries(
    session: Session, letter: Letter, calendar: Calendar, files: dict[str, bytes]
) -> list[dict[str, Any]]:
    """Every way the letter went, oldest first. The receipts are added to ``files``."""
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.letter_id == letter.id)
        .order_by(Delivery.id)
        .options(
            selectinload(Delivery.recipient),
            selectinload(Delivery.document),
            selectinload(Delivery.receipt),
        )
    ).all()
    told = []
    for place, delivery in enumerate(deliveries, start=1):
        receipt = None
        if delivery.receipt is not None:
            name = f"kvittering-{place}.json"
            files[name] = read_document(session, delivery.receipt)
            receipt = {**_file(name, delivery.receipt), "stored_at": _at(delivery.receipt)}
        told.append(_delivery(place, delivery, deliveries, receipt, calendar))
    return told


def _delivery(
    place: int,
    delivery: Delivery,
    every: Sequence[Delivery],
    receipt: dict[str, Any] | None,
    calendar: Calendar,
) -> dict[str, Any]:
    received = received_on(delivery, calendar)
    replaced_by = next((one for one in every if one.id == delivery.replaced_by_id), None)
    is_delivered = delivery.status is DeliveryStatus.DELIVERED
    return {
        "number": place,
        "purpose": delivery.purpose.value,
        "recipient": {"name": who_gets(delivery), **_who(_named(delivery), None)},
        "channel": delivery.channel.value,
        "message_id": delivery.message_id,
        "status": delivery.status.value,
        "content_sha256": delivery.document.sha256,
        "approved_at": _time(delivery.created_at),
        "attempts": delivery.attempts,
        "last_attempt_at": _time(delivery.tried_at),
        "accepted_at": _time(delivery.accepted_at),
        "settled_at": _time(delivery.settled_at),
        "delivered_at": _time(delivery.settled_at) if is_delivered else None,
        "counts_as_received_on": received.isoformat() if received is not None else None,
        "problem": str(sentence_of(delivery.problem)) if delivery.problem else None,
        "replaced_by": replaced_by.message_id if replaced_by is not None else None,
        "receipt": receipt,
    }


def _named(delivery: Delivery) -> Recipient | None:
    """The row of the addressee; None for a guardian of whom only the name is known."""
    return None if (delivery.attention or {}).get("name") else delivery.recipient


def _who(recipient: Recipient | None, number: str | None) -> dict[str, Any]:
    if recipient is None:
        return {"kind": None, "number": None, "is_masked": False}
    shown = number or recipient.number_masked
    return {"kind": recipient.kind.value, "number": shown, "is_masked": "•" in shown}


def _approval(letter: Letter) -> dict[str, Any] | None:
    mailing = letter.mailing
    if mailing is None or mailing.approved_at is None:
        return None
    return {
        "at": _time(mailing.approved_at),
        "by": mailing.approved_by.name if mailing.approved_by is not None else None,
        "could_be_undone_until": _time(mailing.hold_until),
    }


def _events(session: Session, letter: Letter) -> Sequence[Event]:
    """Every line about the letter, and those about its mailing as a whole, oldest first."""
    of_mailing = and_(
        Event.subject == "mailing",
        Event.subject_id == letter.mailing_id,
        or_(Event.letter_id.is_(None), Event.letter_id == letter.id),
    )
    return session.scalars(
        select(Event).where(or_(Event.letter_id == letter.id, of_mailing)).order_by(Event.id)
    ).all()


def _event(event: Event) -> dict[str, Any]:
    return {
        "number": event.id,
        "at": _time(event.at),
        "kind": event.kind,
        "what": str(sentence_for(event)),
        "who": event.actor_name,
        "data": event.data,
        "link": event.chain.hex(),
    }


def _seen_by(lines: Sequence[Event]) -> list[dict[str, Any]]:
    """Who opened the letter or took it out, in the order in which they first did."""
    found: dict[tuple[int | None, str], dict[str, Any]] = {}
    for line in lines:
        if line.kind in _SEEN:
            first = {"who": line.actor_name, "first": _time(line.at), "last": None, "times": 0}
            entry = found.setdefault((line.actor_id, line.actor_name), first)
            entry["last"] = _time(line.at)
            entry["times"] += 1
    return list(found.values())


def _file(name: str, document: Document) -> dict[str, Any]:
    return {"file": name, "sha256": document.sha256, "size": document.size}


def _known_by(name: str, content: bytes) -> dict[str, Any]:
    return {"file": name, "sha256": sha256(content).hexdigest(), "size": len(content)}


def _at(document: Document) -> str | None:
    return _time(document.created_at)


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None
