"""When something is to be done about incoming mail: what the sweep asks, once a second."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, and_, or_, update

from digitalpost.db import Session, change_rows, now
from digitalpost.models import ChannelName, FetchState, IncomingMessage, IncomingStatus
from digitalpost.settings import Settings

_SETTLED = 10.0  # seconds since the last byte: a file that came by SFTP is whole then


def has_line(settings: Settings) -> bool:
    """Whether there is a line that mail comes in by."""
    return bool(settings.channels.digital_post.url)


def is_fetch_due(session: Session, channel: ChannelName, at: datetime) -> bool:
    """Whether it is time to fetch, and nobody does. One look at a key."""
    state = session.get(FetchState, channel)
    if state is None:
        return True
    return state.due_at <= at and (state.lease_until is None or state.lease_until < at)


def ask_to_fetch(session: Session, channel: ChannelName) -> None:
    """Let the next sweep find that something is to be fetched, or told to the channel, now."""
    change_rows(
        session,
        update(FetchState).where(FetchState.channel == channel).values(due_at=now()),
    )


def filing_due(at: datetime) -> ColumnElement[bool]:
    """Whether a message is to be filed now."""
    free = or_(IncomingMessage.lease_until.is_(None), IncomingMessage.lease_until < at)
    return and_(IncomingMessage.status == IncomingStatus.STORED, IncomingMessage.due_at <= at, free)


def files_in_folder(settings: Settings, at: datetime) -> list[Path]:
    """The files in INCOMING_FOLDER that are there whole, oldest first."""
    folder = settings.incoming.folder
    if folder is None or not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        changed = path.stat().st_mtime
        if changed < at.timestamp() - _SETTLED:
            found.append((changed, path))
    return [path for _, path in sorted(found)]
