"""What letters cost: by channel at the institution's own prices, before sending and by month.

Without prices nothing is said: what a letter costs is a matter of each institution's agreements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select

from digitalpost.access import Actor, require
from digitalpost.danish_time import COPENHAGEN, today
from digitalpost.db import Session
from digitalpost.models import ChannelName, Delivery, DeliveryStatus

MONTHS = 13  # this one, and back to the same month of last year
_WENT = (DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.PAPER)
_PAPER = (ChannelName.LOCAL_PRINT, ChannelName.REMOTE_PRINT)

Prices = Mapping[str, int]  # øre for one letter, by the channel's name


@dataclass(frozen=True)
class Cost:
    """What some letters cost, and would have cost had all gone on paper; in øre."""

    total: int
    on_paper: int | None = None  # None where no channel on paper has a price

    @property
    def saved(self) -> int:
        """What sending digitally saves; 0 when it saves nothing."""
        return max((self.on_paper or 0) - self.total, 0)


@dataclass(frozen=True)
class MonthCost:
    """One month: its first day, how many letters each channel took, and their cost."""

    month: date
    letters: Mapping[ChannelName, int]
    cost: Cost | None


def cost_of(letters: Iterable[tuple[ChannelName, int]], prices: Prices) -> Cost | None:
    """The cost of so many letters on each channel. None when one of them has no price."""
    counts = dict(letters)
    if not counts or any(channel.value not in prices for channel in counts):
        return None
    total = sum(count * prices[channel.value] for channel, count in counts.items())
    paper = next((prices[one.value] for one in _PAPER if one.value in prices), None)
    on_paper = None if paper is None else paper * sum(counts.values())
    return Cost(total, on_paper)


def costs_by_month(session: Session, actor: Actor, prices: Prices) -> list[MonthCost]:
    """The last `MONTHS` months of the actor's units, the newest first; one query.

    A letter counts in the month in which its channel took it. What e-Boks' proxy sends on to print
    costs as remote print does.
    """
    require(actor, "cost.read")
    starts = _starts(today())
    bucket = case(
        *((Delivery.accepted_at >= _midnight(start), at) for at, start in enumerate(starts)),
        else_=len(starts),
    ).label("bucket")
    taken = (
        select(bucket, Delivery.channel, Delivery.status)
        .where(Delivery.accepted_at >= _midnight(starts[-1]), Delivery.status.in_(_WENT))
        .subquery()
    )
    columns = (taken.c.bucket, taken.c.channel, taken.c.status)
    found: list[Counter[ChannelName]] = [Counter() for _ in starts]
    for at, channel, status, count in session.execute(
        select(*columns, func.count()).group_by(*columns)
    ):
        found[at][_charged_as(channel, status)] += count
    return [
        MonthCost(start, letters, cost_of(letters.items(), prices))
        for start, letters in zip(starts, found, strict=True)
    ]


def _charged_as(channel: ChannelName, status: DeliveryStatus) -> ChannelName:
    went_on = channel is ChannelName.EBOKS and status is DeliveryStatus.PAPER
    return ChannelName.REMOTE_PRINT if went_on else channel


def _starts(day: date) -> list[date]:
    """The first days of the months, the newest first."""
    first = day.year * 12 + day.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(first, first - MONTHS, -1)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN)
