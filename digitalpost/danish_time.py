"""Danish local time: what staff read on the clock, and what day it is for the law."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digitalpost.db import now

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def local(moment: datetime) -> datetime:
    """An aware point in time as a Danish clock shows it."""
    return moment.astimezone(COPENHAGEN)


def today() -> date:
    """The date in Denmark: ages, case years and deadlines are counted by it."""
    return local(now()).date()


def end_of(day: date) -> datetime:
    """The first moment after a day in Denmark, in UTC: until then its deadline is kept."""
    return datetime.combine(day + timedelta(days=1), time(), COPENHAGEN).astimezone(UTC)


def from_clock(wall: datetime) -> datetime | None:
    """The point in time when a Danish clock shows ``wall`` (without a zone), in UTC.

    The first of two when the clock is set back; None for a time that the clock jumps over.
    """
    moment = wall.replace(tzinfo=COPENHAGEN, fold=0).astimezone(UTC)
    return moment if local(moment).replace(tzinfo=None) == wall else None
