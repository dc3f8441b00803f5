"""The dry run: the very same approval, rolled back, and everything but the last call.

What each channel would be handed is built from the stored bytes, so a damaged file or a letter that
is too large shows here and not while sending.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import EVERYTHING, OPERATOR, Actor, actor_of, require
from digitalpost.channels.base import WayOut
from digitalpost.channels.registry import ways_out
from digitalpost.db import Session, change_rows, now
from digitalpost.deliveries.claim import Claimed, parcel
from digitalpost.deliveries.forecast import forecast
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.approve import approve
from digitalpost.mailings.report import NOTHING, report_of
from digitalpost.models import ChannelName, Delivery, Mailing, MailingStatus, User

# While one worker rehearses; a worker that died is replaced after so long.
_HELD = timedelta(minutes=30)
_BATCH = 500
_NAMED = 20  # letters that can't be built are named one by one, up to so many

Parcels = list[tuple[int, ChannelName, Claimed]]  # position of the letter, channel, what is sent


def ask_for_rehearsal(session: Session, actor: Actor, mailing: Mailing) -> None:
    """Let a worker make a dry run of the mailing soon. Raises `Refused` when it isn't reviewed."""
    require(actor, "mailing.approve", mailing)
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused(
            "Kun en forsendelse til gennemsyn kan prøvekøres. Den står som «%(status)s».",
            status=mailing.status.label,
        )
    mailing.rehearse_due_at = now()
    mailing.rehearsed_by_id = actor.user_id


def rehearsals_due(at: datetime) -> ColumnElement[bool]:
    """Which mailings somebody wants rehearsed now."""
    return and_(Mailing.status == MailingStatus.REVIEW, Mailing.rehearse_due_at <= at)


def rehearse_if_asked(institution: Institution, mailing_id: int) -> None:
    """Make the dry run that somebody asked for, unless another worker is at it."""
    at = now()
    with institution.transaction() as session:
        taken = change_rows(
            session,
            update(Mailing)
            .where(Mailing.id == mailing_id, rehearsals_due(at))
            .values(rehearse_due_at=at + _HELD),
        )
        mailing = session.get(Mailing, mailing_id)
        user = session.get(User, mailing.rehearsed_by_id or 0) if mailing else None
        actor = actor_of(user) if user is not None else OPERATOR
    if taken:
        rehearse(institution, actor, mailing_id)


def rehearse(institution: Institution, actor: Actor, mailing_id: int) -> dict[str, Any]:
    """Approve on trial, build what would be sent, undo it all, and keep the report.

    The report is `report.report_of` with, beside it, ``built`` (letters that were built and their
    bytes), ``problems`` (positions of letters that could not be, and why) and ``refused`` (why the
    approval would be refused). Nothing is sent and nobody is asked.
    """
    ways = ways_out(institution.settings)
    with _undone(institution) as session:
        mailing = session.get_one(Mailing, mailing_id)
        report, parcels = _on_trial(session, actor, mailing, institution, ways)
    report |= _build(institution, parcels, {way.name: way for way in ways})
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.rehearsal = report
        mailing.rehearsed_at = now()
        mailing.rehearsed_by_id = actor.user_id
        mailing.rehearse_due_at = None
        data = {"letters": report["letters"], "problems": len(report["problems"])}
        events.record(session, actor, EventKind.MAILING_REHEARSED, mailing, data=data)
    return report


@contextmanager
def _undone(institution: Institution) -> Iterator[Session]:
    """A transaction of which nothing is kept, whatever comes."""
    with institution.session(EVERYTHING) as session:
        session.begin_writing()
        try:
            yield session
        finally:
            session.rollback()


def _on_trial(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    institution: Institution,
    ways: Sequence[WayOut],
) -> tuple[dict[str, Any], Parcels]:
    settings = institution.settings
    require(actor, "mailing.approve", mailing)
    expected = forecast(session, mailing, ways)
    try:
        approve(
            session,
            actor,
            mailing,
            confirm_count=expected.letters,
            ways=ways,
            hold_seconds=settings.hold_seconds,
            give_up_hours=settings.give_up_hours,
            doubtful_percent=settings.doubtful_percent,
        )
    except Refused as refused:
        reasons = [one.as_json() for one in refused.sentences]
        held = [{"reason": why.as_json(), "letters": n} for why, n in expected.reasons]
        return {**NOTHING, "held": held, "refused": reasons}, []
    session.flush()
    return {**report_of(session, mailing), "refused": []}, _parcels(session, mailing)


def _parcels(session: Session, mailing: Mailing) -> Parcels:
    """What sending would take up, for each delivery."""
    found: Parcels = []
    last = 0
    while True:
        deliveries = session.scalars(
            select(Delivery)
            .where(Delivery.mailing_id == mailing.id, Delivery.id > last)
            .order_by(Delivery.id)
            .limit(_BATCH)
            .options(
                selectinload(Delivery.letter),
                selectinload(Delivery.recipient),
                selectinload(Delivery.document),
                selectinload(Delivery.signing),
            )
        ).all()
        if not deliveries:
            return found
        last = deliveries[-1].id
        for one in deliveries:
            found.append((one.letter.position, one.channel, parcel(session, one, "rehearsal")))


def _build(
    institution: Institution, parcels: Parcels, ways: Mapping[ChannelName, WayOut]
) -> dict[str, Any]:
    """Read, check and pack each letter as its channel would; no transaction is open."""
    built = size = 0
    problems: list[dict[str, Any]] = []
    failed = 0
    for position, channel, claimed in parcels:
        try:
            size += len(ways[channel].payload(claimed.outgoing(institution.store)))
            built += 1
        except Damaged:
            why = Sentence("Brevets fil er beskadiget i lageret. Kontakt en administrator.")
        except Refused as refused:
            why = refused.sentences[0]
        else:
            continue
        failed += 1
        if len(problems) < _NAMED:
            problems.append({"letter": position, "why": why.as_json()})
    return {"built": built, "bytes": size, "failed": failed, "problems": problems}
