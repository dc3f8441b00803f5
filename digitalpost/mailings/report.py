"""What became of a mailing at approval: the same report after a dry run and after the real one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, select

from digitalpost.db import Session
from digitalpost.models import (
    Case,
    ChannelName,
    Delivery,
    DeliveryPurpose,
    Letter,
    LetterStatus,
    Mailing,
    Recipient,
    Verdict,
)

# The report on a mailing of which nothing would be sent.
NOTHING: dict[str, Any] = {
    "letters": 0,
    "deliveries": {},
    "guardians": 0,
    "copies": 0,
    "new_cases": 0,
    "existing_cases": 0,
    "held": [],
    "without_address": 0,
    "doubtful": 0,
    "sent_from": None,
}
_PAPER = (ChannelName.REMOTE_PRINT, ChannelName.LOCAL_PRINT)


def report_of(session: Session, mailing: Mailing) -> dict[str, Any]:
    """Letters, deliveries by channel and purpose, cases, what was held back and why; as JSON.

    ``mailing`` is approved, here or in a transaction that will be rolled back. Counts only, and
    reasons as sentences.
    """
    mine = and_(Delivery.mailing_id == mailing.id, Delivery.replaced_by_id.is_(None))
    letters = select(Delivery.letter_id).where(mine).distinct()
    held = select(Letter).where(
        Letter.mailing_id == mailing.id,
        Letter.status == LetterStatus.ACTION,
        Letter.id.not_in(letters),
    )
    new, existing = _cases(session, mailing)
    purposes = _by(session, Delivery.purpose, mine)
    return {
        "letters": session.scalar(select(func.count()).select_from(letters.subquery())) or 0,
        "deliveries": {one.value: count for one, count in _by(session, Delivery.channel, mine)},
        "guardians": dict(purposes).get(DeliveryPurpose.GUARDIAN, 0),
        "copies": dict(purposes).get(DeliveryPurpose.COPY, 0),
        "new_cases": new,
        "existing_cases": existing,
        "held": _reasons(session.scalars(held.with_only_columns(Letter.status_reason)).all()),
        "without_address": session.scalar(
            select(func.count(Delivery.id))
            .join(Recipient, Recipient.id == Delivery.recipient_id)
            .where(mine, Delivery.channel.in_(_PAPER), Recipient.address == "")
        )
        or 0,
        "doubtful": session.scalar(
            select(func.count(Letter.id)).where(
                Letter.id.in_(letters), Letter.verdict == Verdict.YELLOW
            )
        )
        or 0,
        "sent_from": mailing.hold_until.isoformat() if mailing.hold_until else None,
    }


def _by(session: Session, column: Any, which: Any) -> list[tuple[Any, int]]:
    rows = session.execute(select(column, func.count(Delivery.id)).where(which).group_by(column))
    return [(value, count) for value, count in rows]


def _cases(session: Session, mailing: Mailing) -> tuple[int, int]:
    """How many cases were opened for the letters, and how many were there."""
    cases = (
        select(Letter.case_id)
        .where(Letter.mailing_id == mailing.id, Letter.case_id.is_not(None))
        .distinct()
    )
    opened = Case.opened_at >= mailing.approved_at
    new = session.scalar(select(func.count(Case.id)).where(Case.id.in_(cases), opened)) or 0
    whole = session.scalar(select(func.count(Case.id)).where(Case.id.in_(cases))) or 0
    return new, whole - new


def _reasons(stored: Any) -> list[dict[str, Any]]:
    """Each reason once, with how many letters it holds back, most first."""
    found: dict[str, dict[str, Any]] = {}
    for reason in stored:
        said = {**(reason or {}), "page": None, "file": None}
        entry = found.setdefault(repr(said), {"reason": said, "letters": 0})
        entry["letters"] += 1
    return sorted(found.values(), key=lambda one: -one["letters"])
