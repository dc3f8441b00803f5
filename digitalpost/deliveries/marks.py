"""Noticing that the database was restored from a backup, before anything goes out twice.

What was sent after the backup is unknown to a restored database. So each time letters are claimed,
the count of claims so far is also written down outside of it, in the document store (`Mark`), after
the commit and before anything is sent. A database that knows of fewer claims than the store does is
older than the letters: all sending stops until an administrator has looked (`release`).

Where the store was restored together with the database, the channels still know the ids: an id that
is "already used" at its very first attempt means the same, and stops sending too (settle.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import SYSTEM, Actor, require
from digitalpost.db import Session, insert_if_missing, lock, now
from digitalpost.deliveries.channel_state import state_of
from digitalpost.deliveries.journal import read_notes, remember
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, ChannelState, Mailing, MailingStatus, SendingStop
from digitalpost.storage import ObjectStore

_ONLY = 1
_OLD_DATABASE = Sentence(
    "Databasen er ældre end de breve, der er sendt. Det sker, når den er hentet ind fra en "
    "sikkerhedskopi."
)
_MAYBE_SENT = Sentence(
    "Afsendelsen har været stoppet, fordi databasen er hentet ind fra en sikkerhedskopi. Se efter, "
    "om denne forsendelse allerede er sendt, før du godkender den."
)


class DatabaseIsOld(Exception):  # noqa: N818 - a state, found while claiming
    """The store knows of claims that the database does not."""


@dataclass(frozen=True)
class Mark:
    """How many times letters of a channel were claimed, and when the last time was."""

    claims: int = 0
    at: datetime | None = None


def read_mark(store: ObjectStore, channel: ChannelName) -> Mark:
    """What the store knows. With no transaction open; a mark that can't be read raises OSError."""
    text = store.read_note(_path(channel))
    if text is None:
        return Mark()
    try:
        found = json.loads(text)
        return Mark(int(found["claims"]), datetime.fromisoformat(found["at"]))
    except (ValueError, KeyError, TypeError) as error:
        raise OSError("the mark of a channel can't be read") from error


def write_mark(store: ObjectStore, channel: ChannelName, claims: int, at: datetime) -> None:
    """Write down outside the database that there were so many claims. Never takes one back."""
    if read_mark(store, channel).claims < claims:
        text = json.dumps({"claims": claims, "at": at.isoformat()})
        store.write_note(_path(channel), text.encode())


def count_claim(state: ChannelState, mark: Mark) -> None:
    """One more claim, in a transaction that holds ``state``. Raises `DatabaseIsOld`.

    ``mark`` was read before the transaction. It is written after commits only, so a database that
    was never set back always knows of at least as many.
    """
    if state.claims < mark.claims:
        raise DatabaseIsOld
    state.claims += 1


def stop_of(session: Session) -> SendingStop | None:
    """The stop that stands now; None when letters may go."""
    found = session.get(SendingStop, _ONLY, populate_existing=True)
    return found if found is not None and found.stopped_at is not None else None


def released_at(session: Session) -> datetime | None:
    """When sending was set going again the last time, after a restore."""
    found = session.get(SendingStop, _ONLY)
    return found.released_at if found is not None else None


def stop_for_old_database(institution: Institution) -> None:
    """Stop all sending because the store knows more than the database, and say from when to when.

    From here on the database counts on from what the store knows.
    """
    store = institution.store
    marks = {channel: read_mark(store, channel) for channel in ChannelName}
    with institution.reading() as session:
        states = {one.channel: one.claims for one in session.scalars(select(ChannelState))}
    forgotten: set[bytes] = set()
    for channel, mark in marks.items():
        forgotten |= read_notes(store, channel, states.get(channel, 0), mark.claims)
    with institution.transaction() as session:
        remember(session, forgotten)
        known = session.scalars(select(ChannelState.last_success_at)).all()
        for channel, mark in marks.items():
            if mark.claims:
                state = state_of(session, channel)
                state.claims = max(state.claims, mark.claims)
        stop = stop_sending(session, _OLD_DATABASE)
        stop.database_at = max((one for one in known if one is not None), default=None)
        stop.sent_until = max((one.at for one in marks.values() if one.at), default=None)


def stop_for_used_id(session: Session, channel: ChannelName) -> None:
    """Stop all sending because a channel knows an id that we never tried before."""
    why = Sentence(
        "%(channel)s kender allerede et brev, som databasen aldrig har sendt. Det sker, når alt er "
        "hentet ind fra en sikkerhedskopi.",
        {"channel": channel.label},
    )
    stop_sending(session, why)


def stop_sending(session: Session, why: Sentence) -> SendingStop:
    """Let nothing go out until `release`. A stop that stands already keeps its reason."""
    insert_if_missing(session, SendingStop, id=_ONLY)
    stop = session.get_one(SendingStop, _ONLY)
    lock(session, stop)
    if stop.stopped_at is None:
        stop.stopped_at = now()
        stop.reason = why.as_json()
        stop.database_at = stop.sent_until = None
        events.record(session, SYSTEM, EventKind.SENDING_STOPPED)
    return stop


def release(session: Session, actor: Actor) -> int:
    """An administrator has looked: letters may go again.

    What was approved before goes with the ids it has; an id that the channel knows already counts
    as sent. Mailings that wait for approval say that they may have been sent, since their approval
    may be what was lost; returns how many those are. Raises `Refused` when nothing is stopped.
    """
    require(actor, "channel.manage")
    stop = session.get(SendingStop, _ONLY)
    if stop is not None:
        lock(session, stop)
    if stop is None or stop.stopped_at is None:
        raise Refused("Afsendelsen er ikke stoppet.")
    waiting = session.scalars(
        select(Mailing).where(
            Mailing.status.in_([MailingStatus.PREPARING, MailingStatus.REVIEW]),
            Mailing.created_at <= stop.stopped_at,
        )
    ).all()
    for mailing in waiting:
        mailing.problems = [*mailing.problems, _MAYBE_SENT.as_json()]
    data: Mapping[str, int | str] = {
        "stopped_at": stop.stopped_at.isoformat(),
        "to_look_at": len(waiting),
    }
    stop.stopped_at = stop.reason = None
    stop.released_at = now()
    stop.released_by_id = actor.user_id
    events.record(session, actor, EventKind.SENDING_RELEASED, data=dict(data))
    return len(waiting)


def _path(channel: ChannelName) -> str:
    return f"marks/{channel.value}"
