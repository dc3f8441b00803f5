"""What one line of the event log is made of, and how lines are tied together."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from digitalpost.access import Actor
from digitalpost.db import Session, insert_if_missing
from digitalpost.keys import open_data_key
from digitalpost.models import Case, Event, EventHead, Mailing
from digitalpost.vault import Vault, seal

PURPOSE = b"event"
START = b"\0" * 32  # what the first line is tied to


def hold_head(session: Session) -> EventHead:
    """The head of the chain, ours until the transaction ends. The first of all writers makes it."""
    query = (
        select(EventHead)
        .where(EventHead.id == 1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    head = session.scalars(query).one_or_none()
    if head is None:
        insert_if_missing(session, EventHead, id=1, last_id=0, chain=START, seal=b"")
        head = session.scalars(query).one()
    return head


def make_line(session: Session, number: int, entry: dict[str, Any]) -> dict[str, Any]:
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
        sealed = seal(open_data_key(session, key_id), text.encode(), PURPOSE)
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


def columns_of(event: Event) -> dict[str, Any]:
    """What a stored line is tied together over."""
    return {
        column.key: getattr(event, column.key)
        for column in Event.__mapper__.column_attrs
        if column.key != "chain"
    }


def canonical(line: dict[str, Any]) -> bytes:
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


def seal_of_head(vault: Vault, last_id: int, chain: bytes) -> bytes:
    """What proves that nobody but us said where the log ends."""
    return vault.chain(b"head", str(last_id).encode() + chain)
