"""The event log: append and verify. The only writer of the table ``events``.

Lines are chained: each carries an HMAC over the line before and itself, under a key that is not in
the database, and the head of the chain is sealed. Removing, changing, reordering or cutting off
lines is found by `verify`. What is about a person is sealed under the data key of the case (or of
the mailing, before there is a case), so destroying that key erases the person and the chain still
verifies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session as AnySession

from digitalpost.access import Actor
from digitalpost.db import Session, now
from digitalpost.keys import open_data_key
from digitalpost.models import Case, Event, EventHead, Letter, Mailing
from digitalpost.models.event_kind import EventKind as EventKind
from digitalpost.vault import Vault, seal, unseal

_PURPOSE = b"event"
_START = b"\0" * 32


def record(
    session: Session,
    actor: Actor,
    kind: EventKind,
    subject: Any = None,
    *,
    mailing: Mailing | None = None,
    letter: Letter | None = None,
    case: Case | None = None,
    data: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> None:
    """Write a line in the same transaction as the change that it tells of.

    ``subject`` is the row that the event is about; a letter brings its mailing and case along, so
    the line shows with all three. ``data`` may hold counts, ids and statuses, nothing about a
    person; what is about a person goes into ``personal`` and is sealed. Rows need not be flushed.
    """
    session.info.setdefault("pending_events", []).append(
        {
            "at": now(),
            "kind": kind,
            "actor": actor,
            "subject": subject,
            "mailing": subject if isinstance(subject, Mailing) else mailing,
            "letter": subject if isinstance(subject, Letter) else letter,
            "case": subject if isinstance(subject, Case) else case,
            "data": data or {},
            "personal": personal,
        }
    )


def read_personal(session: Session, event: Event) -> dict[str, Any]:
    """The sealed part of a line. Raises `Damaged` once the person was erased."""
    if event.sealed is None or event.key_id is None:
        return {}
    opened = unseal(open_data_key(session, event.key_id), event.sealed, _PURPOSE)
    found: dict[str, Any] = json.loads(opened)
    return found


def write_pending(session: AnySession) -> None:
    """Chain and insert the lines that `record` gathered. Listens to ``before_commit``.

    Here and not at once, because the head of the chain is a lock that all writers wait for: it is
    held only from the last step of a transaction to its commit.
    """
    if not isinstance(session, Session) or not session.info.get("pending_events"):
        return
    session.flush()
    pending = session.info.pop("pending_events")
    head = session.scalars(
        select(EventHead)
        .where(EventHead.id == 1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if head is None:
        head = EventHead(id=1, last_id=0, chain=_START, seal=b"")
        session.add(head)
    lines = []
    last_id, link = head.last_id, head.chain
    for entry in pending:
        last_id += 1
        line = _line(session, last_id, entry)
        link = line["chain"] = session.vault.chain(link, _canonical(line))
        lines.append(line)
    session.execute(insert(Event), lines)
    head.last_id, head.chain = last_id, link
    head.seal = _seal_of_head(session.vault, last_id, link)


def drop_pending(session: AnySession, _previous: Any) -> None:
    """Forget lines of a transaction that was rolled back."""
    session.info.pop("pending_events", None)


def verify(session: Session) -> Iterator[str]:
    """Walk the whole chain; yield a Danish sentence for each place where it does not hold."""
    expected, link = 1, _START
    for event in session.scalars(
        select(Event).order_by(Event.id).execution_options(yield_per=1000)
    ):
        if event.id != expected:
            yield f"Hændelse {expected} mangler i loggen."
        link = session.vault.chain(link, _canonical(_columns(event)))
        if event.chain != link:
            yield f"Hændelse {event.id} er ændret eller flyttet."
            link = event.chain
        expected = event.id + 1
    head = session.get(EventHead, 1)
    if head is None:
        if expected > 1:
            yield "Loggens afslutning mangler."
        return
    if head.seal != _seal_of_head(session.vault, head.last_id, head.chain):
        yield "Loggens afslutning er ændret."
    if head.last_id != expected - 1:
        yield f"Loggen slutter ved hændelse {expected - 1}, men skulle slutte ved {head.last_id}."
    elif head.chain != link:
        yield "Loggens sidste hændelse passer ikke til dens afslutning."


def _line(session: Session, number: int, entry: dict[str, Any]) -> dict[str, Any]:
    """The columns of one event, its link excepted."""
    actor: Actor = entry["actor"]
    subject, letter, case, mailing = (
        entry["subject"], entry["letter"], entry["case"], entry["mailing"],
    )  # fmt: skip
    case_id = case.id if case is not None else getattr(letter, "case_id", None)
    mailing_id = mailing.id if mailing is not None else getattr(letter, "mailing_id", None)
    key_id = sealed = None
    if entry["personal"]:
        key_id = _key_for(session, subject, case, case_id, mailing, mailing_id)
        text = json.dumps(entry["personal"], ensure_ascii=False, sort_keys=True)
        sealed = seal(open_data_key(session, key_id), text.encode(), _PURPOSE)
    return {
        "id": number,
        "at": entry["at"],
        "kind": entry["kind"].value,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "unit_id": next(
            (row.unit_id for row in (subject, letter, case, mailing) if hasattr(row, "unit_id")),
            None,
        ),
        "subject": entry["kind"].value.partition(":")[0],
        "subject_id": getattr(subject, "id", None),
        "mailing_id": mailing_id,
        "letter_id": letter.id if letter is not None else None,
        "case_id": case_id,
        "data": entry["data"],
        "sealed": sealed,
        "key_id": key_id,
        "request_id": session.info.get("request_id"),
    }


def _key_for(
    session: Session,
    subject: Any,
    case: Case | None,
    case_id: int | None,
    mailing: Mailing | None,
    mailing_id: int | None,
) -> int:
    """The data key that guards what is personal in a line: the case's, else the mailing's."""
    if isinstance(case or subject, (Case, Mailing)):
        return int((case or subject).key_id)
    if case_id is not None:
        return session.get_one(Case, case_id).key_id
    if mailing is not None:
        return mailing.key_id
    if mailing_id is not None:
        return session.get_one(Mailing, mailing_id).key_id
    raise ValueError("personal data in the log needs a case or a mailing to guard it")


def _columns(event: Event) -> dict[str, Any]:
    return {
        column.key: getattr(event, column.key)
        for column in Event.__mapper__.column_attrs
        if column.key != "chain"
    }


def _canonical(line: dict[str, Any]) -> bytes:
    """The bytes that a link is made over: the same from a dict to insert and from a row read."""
    plain = {
        name: value.isoformat()
        if hasattr(value, "isoformat")
        else value.hex()
        if isinstance(value, bytes)
        else value
        for name, value in line.items()
        if name != "chain"
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()


def _seal_of_head(vault: Vault, last_id: int, chain: bytes) -> bytes:
    return vault.chain(b"head", str(last_id).encode() + chain)
