"""Alarms: opened when something is wrong, closed by themselves when it is not, seen by somebody."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import SYSTEM, Actor, require
from digitalpost.alarm_settings import AlarmSettings
from digitalpost.db import Session, lock, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.models import Alarm, AlarmKind, AlarmNotice, NoticeMedium
from digitalpost.oversight.conditions import Condition

CLOSED_SHOWN = 10
MOST_SHOWN = 100
GIVE_UP_AFTER = timedelta(hours=24)  # a notice is tried for so long


def bring_up_to_date(
    session: Session,
    found: Sequence[Condition],
    settings: AlarmSettings,
    at: datetime,
    *,
    not_looked_for: frozenset[AlarmKind] = frozenset(),
) -> None:
    """Open an alarm for each new condition, close those whose condition is gone.

    One open alarm for each condition; one notice for each medium when it opens and when it closes.
    A certificate that comes nearer its end opens a graver alarm, and the milder one closes without
    a word: the new one tells. Alarms of a kind that was ``not_looked_for`` stay as they are. Should
    two do this at once, the database keeps the alarms of one.
    """
    wanted = {one.key: one for one in found}
    subjects = {(one.kind, one.subject, one.unit_id) for one in found}
    is_open = select(Alarm).where(Alarm.closed_at.is_(None), Alarm.kind.not_in(not_looked_for))
    for alarm in session.scalars(is_open).all():
        condition = wanted.pop(alarm.open_key or "", None)
        if condition is None:
            alarm.closed_at, alarm.open_key = at, None
            _log(session, EventKind.ALARM_CLOSED, alarm)
            if (alarm.kind, alarm.subject, alarm.unit_id) not in subjects:
                _notify(session, alarm, settings, at, is_closing=True)
        elif alarm.what != condition.what.as_json():
            alarm.what = condition.what.as_json()
    for key, condition in wanted.items():
        alarm = Alarm(
            kind=condition.kind,
            subject=condition.subject,
            level=condition.level,
            unit_id=condition.unit_id,
            open_key=key,
            what=condition.what.as_json(),
            to_do=condition.to_do.as_json(),
            opened_at=at,
        )
        session.add(alarm)
        session.flush()
        _log(session, EventKind.ALARM_OPENED, alarm)
        _notify(session, alarm, settings, at, is_closing=False)


def mark_seen(session: Session, actor: Actor, alarm: Alarm) -> None:
    """Somebody has seen the alarm and takes care of it. Raises `Refused` when it is too late."""
    require(actor, "alarm.see", alarm)
    lock(session, alarm)
    if alarm.closed_at is not None:
        raise Refused("Alarmen er allerede lukket: det, den handlede om, er i orden igen.")
    if alarm.seen_at is not None:
        who = alarm.seen_by.name if alarm.seen_by else "en operatør"
        raise Refused("Alarmen er allerede set af %(who)s.", who=who)
    alarm.seen_at, alarm.seen_by_id = now(), actor.user_id
    data = {"kind": alarm.kind.value, "about": alarm.subject}
    events.record(session, actor, EventKind.ALARM_SEEN, alarm, data=data)


def open_alarms(session: Session, actor: Actor) -> Sequence[Alarm]:
    """The alarms that are open and the actor's to know of: unseen first, then the newest."""
    require(actor, "board.read")
    return session.scalars(
        _known_to(actor, select(Alarm))
        .where(Alarm.closed_at.is_(None))
        .order_by(Alarm.seen_at.is_not(None), Alarm.id.desc())
        .limit(MOST_SHOWN)
        .options(selectinload(Alarm.seen_by))
    ).all()


def closed_alarms(session: Session, actor: Actor) -> Sequence[Alarm]:
    """The last alarms that closed, newest first."""
    require(actor, "board.read")
    return session.scalars(
        _known_to(actor, select(Alarm))
        .where(Alarm.closed_at.is_not(None))
        .order_by(Alarm.closed_at.desc(), Alarm.id.desc())
        .limit(CLOSED_SHOWN)
        .options(selectinload(Alarm.seen_by))
    ).all()


def count_open(session: Session, actor: Actor) -> tuple[int, Alarm | None]:
    """How many alarms are open, and the newest that nobody has seen, or else the newest."""
    if not actor.may("board.read"):
        return 0, None
    is_open = _known_to(actor, select(Alarm)).where(Alarm.closed_at.is_(None))
    count = session.scalar(select(func.count()).select_from(is_open.subquery())) or 0
    newest = is_open.order_by(Alarm.seen_at.is_not(None), Alarm.id.desc()).limit(1)
    return count, session.scalars(newest).first() if count else None


def may_know(actor: Actor, alarm: Alarm) -> bool:
    """Whether the alarm is about everybody, or about one of the actor's units."""
    return alarm.unit_id is None or actor.scope.holds(alarm.unit_id)


def _known_to(actor: Actor, statement: Select[Alarm]) -> Select[Alarm]:
    units = actor.scope.unit_ids
    if units is None:
        return statement
    return statement.where(or_(Alarm.unit_id.is_(None), Alarm.unit_id.in_(units)))


def _notify(
    session: Session, alarm: Alarm, settings: AlarmSettings, at: datetime, *, is_closing: bool
) -> None:
    """One notice on each medium that is set up, to be sent after the commit."""
    is_set_up = {NoticeMedium.MAIL: settings.mail, NoticeMedium.WEBHOOK: settings.webhook}
    session.add_all(
        AlarmNotice(
            alarm_id=alarm.id,
            medium=medium,
            is_closing=is_closing,
            message_id=uuid.uuid4().hex,
            due_at=at,
            give_up_at=at + GIVE_UP_AFTER,
            created_at=at,
        )
        for medium, found in is_set_up.items()
        if found is not None
    )


def _log(session: Session, kind: EventKind, alarm: Alarm) -> None:
    data = {"kind": alarm.kind.value, "about": alarm.subject, "level": alarm.level}
    events.record(session, SYSTEM, kind, alarm, data=data)
