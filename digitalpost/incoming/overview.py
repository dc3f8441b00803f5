"""How fetching stands: for the front page, the administrators' page, and the alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from digitalpost.db import Session
from digitalpost.errors import Sentence, sentence_of
from digitalpost.incoming.when import has_line
from digitalpost.models import ChannelName, FetchState, IncomingMessage, IncomingStatus
from digitalpost.settings import Settings

SILENT_FOR = timedelta(hours=1)  # without a fetch that got through


@dataclass(frozen=True)
class Overview:
    """Where the mail to us is, as far as we know."""

    last_at: datetime | None  # when all that there was had been fetched; None: never yet
    since: datetime | None  # from when silence counts: the last fetch, else when we began
    is_pulled: bool  # we fetch; else it is only pushed to us
    waiting: int  # at Digital Post when we last looked
    unfiled: int  # stored, and not yet in a case
    oldest_unfiled_at: datetime | None
    unreadable: int
    problem: Sentence | None
    cutoff_days: int

    def is_silent(self, at: datetime) -> bool:
        """Whether nothing has come through for too long."""
        return self.is_pulled and self.since is not None and at - self.since > SILENT_FOR

    def days_left(self, at: datetime) -> int:
        """Days until Digital Post switches us off as a receiver, by our own setting."""
        gone = (at - self.since).days if self.since is not None else 0
        return max(self.cutoff_days - gone, 0)


def overview(session: Session, settings: Settings) -> Overview | None:
    """How it stands now; None where no mail can come in."""
    if not has_line(settings):
        return None
    state = session.get(FetchState, ChannelName.DIGITAL_POST)
    counts = {
        status: (count, oldest)
        for status, count, oldest in session.execute(
            select(
                IncomingMessage.status,
                func.count(IncomingMessage.id),
                func.min(IncomingMessage.stored_at),
            )
            .where(IncomingMessage.status.in_([IncomingStatus.STORED, IncomingStatus.UNREADABLE]))
            .group_by(IncomingMessage.status)
        )
    }
    unfiled, oldest = counts.get(IncomingStatus.STORED, (0, None))
    return Overview(
        last_at=state.last_success_at if state else None,
        since=(state.last_success_at or state.begun_at) if state else None,
        is_pulled=bool(settings.incoming.every),
        waiting=state.waiting if state else 0,
        unfiled=unfiled,
        oldest_unfiled_at=oldest,
        unreadable=counts.get(IncomingStatus.UNREADABLE, (0, None))[0],
        problem=sentence_of(state.problem) if state and state.problem else None,
        cutoff_days=settings.incoming.cutoff_days,
    )
