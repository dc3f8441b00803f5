"""How many more letters a channel may be handed now, by its limits for a minute and for a day.

Counted in the rows: every delivery remembers when it was claimed last. Whoever claims holds the
channel's state meanwhile, so several workers together never take more than the limit leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from digitalpost.danish_time import COPENHAGEN, local
from digitalpost.db import Session
from digitalpost.environment import Limits
from digitalpost.models import ChannelName, Delivery

_MINUTE = timedelta(seconds=60)


@dataclass(frozen=True)
class Room:
    """How many letters may go now; and the limit that says so, and when it leaves room again."""

    letters: int
    limit: int = 0
    is_daily: bool = False
    until: datetime | None = None


def room_of(session: Session, channel: ChannelName, limits: Limits, at: datetime) -> Room | None:
    """What the limits leave of a channel at ``at``; None when it has none."""
    found = []
    if limits.per_minute:
        found.append(_minute(session, channel, limits.per_minute, at))
    if limits.per_day:
        found.append(_day(session, channel, limits.per_day, at))
    return min(found, key=lambda room: (room.letters, not room.is_daily), default=None)


def next_day(at: datetime) -> datetime:
    """When the next day begins in Denmark."""
    return datetime.combine(local(at).date() + timedelta(days=1), time(), COPENHAGEN)


def _minute(session: Session, channel: ChannelName, limit: int, at: datetime) -> Room:
    # Any sixty seconds, not those of the clock: else twice the limit could go around a full minute.
    # What seems to be claimed much later than now is from before the clock was set back.
    count, first = session.execute(
        select(func.count(Delivery.id), func.min(Delivery.tried_at)).where(
            Delivery.channel == channel,
            Delivery.tried_at > at - _MINUTE,
            Delivery.tried_at < at + _MINUTE,
        )
    ).one()
    return Room(max(limit - count, 0), limit, False, first + _MINUTE if first else None)


def _day(session: Session, channel: ChannelName, limit: int, at: datetime) -> Room:
    midnight = datetime.combine(local(at).date(), time(), COPENHAGEN)
    count = session.scalar(
        select(func.count(Delivery.id)).where(
            Delivery.channel == channel,
            Delivery.tried_at >= midnight,
            Delivery.tried_at < next_day(at),
        )
    )
    return Room(max(limit - (count or 0), 0), limit, True, next_day(at))
