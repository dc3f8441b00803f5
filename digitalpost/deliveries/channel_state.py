"""Whether a channel is open: a fault in its set-up pauses it instead of burning letters, and many

answers in a row that say *not now* slow the whole of it down until one letter comes through.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, insert_if_missing, lock
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.models import ChannelName, ChannelState

PAUSE = timedelta(seconds=60)
PAUSE_MOST = timedelta(minutes=15)
SLOW_AFTER = 5  # answers in a row that say "not now"
SLOW_FIRST = timedelta(seconds=30)


def is_paused(session: Session, channel: ChannelName, at: datetime) -> bool:
    """Whether the channel waits for its set-up to be mended, or for its next try."""
    state = session.get(ChannelState, channel, populate_existing=True)
    return state is not None and state.paused_until is not None and state.paused_until > at


def is_shut(session: Session, channel: ChannelName, at: datetime) -> bool:
    """Whether nothing can be asked of the channel: its set-up is wrong, and no try is due."""
    return is_paused(session, channel, at) and was_paused(session, channel)


def was_paused(session: Session, channel: ChannelName) -> bool:
    """Whether nothing has come through the channel since its set-up was found wrong."""
    state = session.get(ChannelState, channel)
    return state is not None and state.paused_since is not None


def needs_a_try(session: Session, channel: ChannelName) -> bool:
    """Whether one letter is to try the channel before the others go."""
    state = session.get(ChannelState, channel)
    return state is not None and (state.paused_since or state.slow_since) is not None


def pause(session: Session, channel: ChannelName, why: Sentence | None, at: datetime) -> datetime:
    """Pause the channel, longer each time until something comes through. Returns until when."""
    state = state_of(session, channel)
    if state.paused_until is not None and state.paused_until > at and state.paused_since:
        return state.paused_until
    if state.paused_since is None:
        state.paused_since = at
        events.record(session, SYSTEM, EventKind.CHANNEL_PAUSED, data={"channel": channel.value})
    wait = min(max(PAUSE, (at - state.paused_since) / 2), PAUSE_MOST)
    state.paused_until = at + wait
    state.reason = why.as_json() if why else None
    return state.paused_until


def note_retry(
    session: Session, channel: ChannelName, why: Sentence | None, asked_for: float, at: datetime
) -> None:
    """The channel said *not now*. After a few in a row all of it waits, longer each time.

    ``asked_for`` are the seconds of patience that the channel asked for itself, or 0.
    """
    state = state_of(session, channel)
    state.retries_in_row += 1
    if state.retries_in_row < SLOW_AFTER:
        return
    if state.slow_since is None:
        state.slow_since = at
        data = {"channel": channel.value, "answers": state.retries_in_row}
        events.record(session, SYSTEM, EventKind.CHANNEL_PAUSED, data=data)
    wait = min(max(SLOW_FIRST, (at - state.slow_since) / 2), PAUSE_MOST)
    until = at + max(wait, timedelta(seconds=asked_for))
    state.paused_until = max(state.paused_until or until, until)
    state.reason = why.as_json() if why else None


def note_success(session: Session, channel: ChannelName, at: datetime) -> None:
    """The channel answered properly: open it if it was paused or slow."""
    state = state_of(session, channel)
    if state.paused_since is not None or state.slow_since is not None:
        state.paused_since = state.paused_until = state.slow_since = state.reason = None
        events.record(session, SYSTEM, EventKind.CHANNEL_OPENED, data={"channel": channel.value})
    state.retries_in_row = 0
    state.last_success_at = at


def hold_state(session: Session, channel: ChannelName) -> ChannelState:
    """Lock the channel's state, before its deliveries: who claims and who settles take turns."""
    state = state_of(session, channel)
    lock(session, state)
    return state


def state_of(session: Session, channel: ChannelName) -> ChannelState:
    """The row of the channel, made when it is missing."""
    state = session.get(ChannelState, channel)
    if state is None:
        insert_if_missing(session, ChannelState, channel=channel)
        state = session.get_one(ChannelState, channel)
    return state
