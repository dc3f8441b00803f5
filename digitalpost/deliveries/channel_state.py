"""Whether a channel is open: a fault in its set-up pauses it instead of burning letters."""

from __future__ import annotations

from datetime import datetime, timedelta

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, insert_if_missing
from digitalpost.errors import Sentence
from digitalpost.events import EventKind
from digitalpost.models import ChannelName, ChannelState

PAUSE = timedelta(seconds=60)
PAUSE_MOST = timedelta(minutes=15)


def is_paused(session: Session, channel: ChannelName, at: datetime) -> bool:
    """Whether the channel waits for its set-up to be mended, or for its next try."""
    state = session.get(ChannelState, channel, populate_existing=True)
    return state is not None and state.paused_until is not None and state.paused_until > at


def was_paused(session: Session, channel: ChannelName) -> bool:
    """Whether nothing has come through the channel since it was paused."""
    state = session.get(ChannelState, channel)
    return state is not None and state.paused_since is not None


def pause(session: Session, channel: ChannelName, why: Sentence | None, at: datetime) -> datetime:
    """Pause the channel, longer each time until something comes through. Returns until when."""
    state = _state(session, channel)
    if state.paused_until is not None and state.paused_until > at:
        return state.paused_until
    if state.paused_since is None:
        state.paused_since = at
        events.record(session, SYSTEM, EventKind.CHANNEL_PAUSED, data={"channel": channel.value})
    wait = min(max(PAUSE, (at - state.paused_since) / 2), PAUSE_MOST)
    state.paused_until = at + wait
    state.reason = why.as_json() if why else None
    return state.paused_until


def note_success(session: Session, channel: ChannelName, at: datetime) -> None:
    """The channel answered properly: open it if it was paused."""
    state = _state(session, channel)
    if state.paused_since is not None:
        state.paused_since = state.paused_until = state.reason = None
        events.record(session, SYSTEM, EventKind.CHANNEL_OPENED, data={"channel": channel.value})
    state.last_success_at = at


def _state(session: Session, channel: ChannelName) -> ChannelState:
    state = session.get(ChannelState, channel)
    if state is None:
        insert_if_missing(session, ChannelState, channel=channel)
        state = session.get_one(ChannelState, channel)
    return state
