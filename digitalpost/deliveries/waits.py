"""What the letters of a mailing wait for that the mailing itself does not show.

A limit, a channel that does not answer, the look at the recipients on the day, or sending that is
stopped altogether.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from digitalpost.channels.registry import limits_of
from digitalpost.db import Session, now
from digitalpost.deliveries.limits import room_of
from digitalpost.deliveries.marks import stop_of
from digitalpost.errors import Sentence
from digitalpost.models import (
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.settings import Settings


@dataclass(frozen=True)
class Wait:
    """Why letters do not go right now, and when they go on by themselves, if they do."""

    sentence: Sentence
    until: datetime | None = None


@dataclass(frozen=True)
class Use:
    """How much of a channel's limits was used. A limit of 0 is none."""

    channel: ChannelName
    per_minute: int
    per_day: int
    left_today: int


def waits_of(session: Session, settings: Settings, mailing: Mailing) -> list[Wait]:
    """What holds up letters of the mailing that are due. Empty when all goes as it should."""
    if mailing.status not in (MailingStatus.HOLDING, MailingStatus.SENDING):
        return []
    at = now()
    due = (
        select(Delivery.channel, func.count(Delivery.id))
        .where(
            Delivery.mailing_id == mailing.id,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.due_at <= at,
        )
        .group_by(Delivery.channel)
    )
    waiting = {row[0]: row[1] for row in session.execute(due)}
    if not waiting:
        return []
    if stop_of(session) is not None:
        return [
            Wait(
                Sentence(
                    "Al afsendelse er stoppet, indtil en administrator har set på det. Brevene er "
                    "ikke gået tabt; de venter."
                )
            )
        ]
    if mailing.recheck_due_at is not None:
        checks = Sentence(
            "Forsendelsen har været udskudt, så modtagerne bliver tjekket igen, før brevene sendes."
        )
        return [Wait(checks)]
    found = [
        _wait(session, settings, channel, letters, at)
        for channel, letters in sorted(waiting.items())
    ]
    return [one for one in found if one is not None]


def uses(session: Session, settings: Settings) -> list[Use]:
    """The channels that have limits, and what is left of them today."""
    at = now()
    found = []
    for channel in ChannelName:
        limits = limits_of(settings, channel)
        if not (limits.per_minute or limits.per_day):
            continue
        daily = limits.__class__(0, limits.per_day)
        room = room_of(session, channel, daily, at)
        left = room.letters if room is not None else 0
        found.append(Use(channel, limits.per_minute, limits.per_day, left))
    return found


def _wait(
    session: Session, settings: Settings, channel: ChannelName, letters: int, at: datetime
) -> Wait | None:
    state = session.get(ChannelState, channel)
    if state is not None and (state.paused_since or state.slow_since):
        silent = Sentence(
            "%(channel)s svarer ikke, som det skal. Brevene venter, og vi prøver med ét brev, til "
            "det virker igen.",
            {"channel": channel.label},
        )
        until = state.paused_until
        return Wait(silent, until if until is not None and until > at else None)
    room = room_of(session, channel, limits_of(settings, channel), at)
    if room is None or room.letters:
        return None
    values = {"channel": channel.label, "limit": room.limit, "letters": letters}
    if room.is_daily:
        reached = Sentence(
            "Grænsen på %(limit)s om dagen gennem %(channel)s er nået. %(letters)s venter.", values
        )
    else:
        reached = Sentence(
            "Der sendes højst %(limit)s i minuttet gennem %(channel)s. %(letters)s venter.", values
        )
    return Wait(reached, room.until)
