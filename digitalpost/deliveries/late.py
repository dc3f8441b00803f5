"""Letters whose time ran out while their channel gives no proper answer: each becomes a task."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.db import Session, now
from digitalpost.deliveries.channel_state import hold_state
from digitalpost.deliveries.settle import close_mailing, finish, gave_up
from digitalpost.deliveries.standing import hold_letters, hold_mailings, restate
from digitalpost.errors import sentence_of
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, ChannelState, Delivery, DeliveryStatus, Letter

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
    deliveries = session.scalars(
        select(Delivery)
        .where(
            Delivery.channel == channel,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.due_at <= at,
            Delivery.give_up_at <= at,
            *(() if state.slow_since <= at - hours else (Delivery.attempts > 0,)),
        )
        .order_by(Delivery.id)
        .limit(_AT_ONCE)
        .options(selectinload(Delivery.letter).selectinload(Letter.case))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    why = sentence_of(state.reason) if state.reason else None
    for one in deliveries:
        said = sentence_of(one.problem) if one.problem else why
        finish(session, one, gave_up(said), at, in_doubt=one.attempts > 0)
    session.flush()
    letter_ids = {one.letter_id for one in deliveries}
    mailing_ids = {one.mailing_id for one in deliveries}
    hold_mailings(session, mailing_ids)
    hold_letters(session, letter_ids)
    restate(session, letter_ids, at)
    session.flush()
    for mailing_id in sorted(one for one in mailing_ids if one is not None):
        close_mailing(session, mailing_id)
    return len(deliveries)
