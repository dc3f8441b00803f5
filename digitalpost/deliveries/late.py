"""Letters whose time ran out while their channel gives no proper answer: each becomes a task."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, select

from digitalpost.db import Session, now
from digitalpost.deliveries.channel_state import hold_state
from digitalpost.deliveries.settle import finish, gave_up, restate_letters
from digitalpost.deliveries.standing import hold_deliveries
from digitalpost.errors import sentence_of
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, ChannelState, Delivery, DeliveryStatus

_AT_ONCE = 500


def give_up_late(institution: Institution, channel: ChannelName) -> int:
    """End what waited longer than it may for a slow channel. Returns how many deliveries.

    While a channel is slow only one letter at a time tries it, so the others can't all find out
    for themselves. A letter that was never tried waited for its turn (a limit) and not for the
    channel, unless the channel has been slow for as long as letters may wait. A channel whose
    set-up is wrong uses up nobody's time.
    """
    ended = 0
    while True:
        with institution.reading() as session:
            state = session.get(ChannelState, channel)
            if state is None or state.slow_since is None or state.paused_since is not None:
                return ended
        with institution.transaction() as session:
            part = _end_some(session, channel, timedelta(hours=institution.settings.give_up_hours))
        ended += part
        if part < _AT_ONCE:
            return ended


def _end_some(session: Session, channel: ChannelName, hours: timedelta) -> int:
    at = now()
    state = hold_state(session, channel)
    if state.slow_since is None or state.paused_since is not None:
        return 0
    is_late = and_(
        Delivery.channel == channel,
        Delivery.status == DeliveryStatus.WAITING,
        Delivery.due_at <= at,
        Delivery.give_up_at <= at,
        *(() if state.slow_since <= at - hours else (Delivery.attempts > 0,)),
    )
    first = session.scalars(
        select(Delivery.id).where(is_late).order_by(Delivery.id).limit(_AT_ONCE)
    ).all()
    is_one = and_(Delivery.id.in_(first), is_late)
    deliveries = hold_deliveries(session, is_one, skip_locked=True)
    why = sentence_of(state.reason) if state.reason else None
    for one in deliveries:
        said = sentence_of(one.problem) if one.problem else why
        finish(session, one, gave_up(said), at, in_doubt=one.attempts > 0)
    restate_letters(session, deliveries, at)
    return len(deliveries)
