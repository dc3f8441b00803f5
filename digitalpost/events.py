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
from weakref import WeakKeyDictionary

from sqlalchemy import insert, select
from sqlalchemy.orm import Session as AnySession
from sqlalchemy.orm import SessionTransaction

from digitalpost.access import Actor
from digitalpost.db import Session, now
from digitalpost.event_chain import (
    PURPOSE,
    START,
    canonical,
    columns_of,
    hold_head,
    make_line,
    seal_of_head,
)
from digitalpost.keys import open_data_key
from digitalpost.models import Case, Event, EventHead, Letter, Mailing
from digitalpost.models.event_kind import EventKind as EventKind
from digitalpost.vault import unseal


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
    opened = unseal(open_data_key(session, event.key_id), event.sealed, PURPOSE)
    found: dict[str, Any] = json.loads(opened)
    return found


def write_pending(session: AnySession) -> None:
    """Chain and insert the lines that `record` gathered. Listens to ``before_commit``.

    Here and not at once, because the head of the chain is a lock that all writers wait for: it is
    held only from the last step of a transaction to its commit.
    """
    if not isinstance(session, Session) or not session.info.get("pending_events"):
        return
    if session.in_nested_transaction():
        return  # releasing a savepoint is no commit
    session.flush()
    pending = session.info.pop("pending_events")
    head = hold_head(session)
    lines = []
    last_id, link = head.last_id, head.chain
    for entry in pending:
        last_id += 1
        line = make_line(session, last_id, entry)
        link = line["chain"] = session.vault.chain(link, canonical(line))
        lines.append(line)
    session.execute(insert(Event), lines)
    head.last_id, head.chain = last_id, link
    head.seal = seal_of_head(session.vault, last_id, link)


def mark_pending(session: AnySession, transaction: SessionTransaction) -> None:
    """Remember which lines came before a savepoint. Listens to ``after_transaction_create``."""
    if transaction.nested:
        marks = session.info.setdefault("pending_marks", WeakKeyDictionary())
        marks[transaction] = len(session.info.get("pending_events", ()))


def drop_pending(session: AnySession, previous: SessionTransaction) -> None:
    """Forget the lines that were rolled back: all, or those since a savepoint.

    Keys that were opened are forgotten too: SQLite gives the number of a row that was rolled back
    to the next one.
    """
    session.info.pop("opened_keys", None)
    if previous.nested:
        mark = session.info.get("pending_marks", {}).pop(previous, 0)
        del session.info.get("pending_events", [])[mark:]
    elif previous.parent is None:
        session.info.pop("pending_events", None)


def verify(session: Session) -> Iterator[str]:
    """Walk the whole chain; yield a Danish sentence for each place where it does not hold."""
    expected, link = 1, START
    while True:
        # Lines may be written while we read: go on until the end stands still.
        begun_at = expected
        lines = session.scalars(
            select(Event)
            .where(Event.id >= expected)
            .order_by(Event.id)
            .execution_options(yield_per=1000, populate_existing=True)
        )
        try:
            for event in lines:
                if event.id != expected:
                    yield f"Hændelse {expected} mangler i loggen."
                link = session.vault.chain(link, canonical(columns_of(event)))
                if event.chain != link:
                    yield f"Hændelse {event.id} er ændret eller flyttet."
                    link = bytes(event.chain) if isinstance(event.chain, bytes) else START
                expected = event.id + 1
        except (ValueError, TypeError):
            # SQLite lets anything be written into any column, also what is no time and no JSON.
            yield f"Loggen kan ikke læses fra hændelse {expected}: der står noget forkert."
            return
        head = session.get(EventHead, 1, populate_existing=True)
        if expected == begun_at or head is None or head.last_id < expected:
            break
    if head is None:
        if expected > 1:
            yield "Loggens afslutning mangler."
        return
    if head.seal != seal_of_head(session.vault, head.last_id, head.chain):
        yield "Loggens afslutning er ændret."
    if head.last_id != expected - 1:
        yield f"Loggen slutter ved hændelse {expected - 1}, men skulle slutte ved {head.last_id}."
    elif head.chain != link:
        yield "Loggens sidste hændelse passer ikke til dens afslutning."
