"""Who fetches now, and how fetching goes: one row a channel, changed by whoever holds its lease."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, update

from digitalpost.db import change_rows, insert_if_missing, now
from digitalpost.errors import Sentence
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, FetchState


class LeaseLost(Exception):  # noqa: N818 - a state, not a fault
    """Somebody else fetches now. Stop quietly."""


class FetchLease:
    """The right to fetch from one channel, for a while; renewed after each step."""

    def __init__(self, institution: Institution, channel: ChannelName, owner: str) -> None:
        self._institution = institution
        self._channel = channel
        self._owner = owner

    def take(self, *, at_once: bool) -> bool:
        """Begin to fetch, when due or ``at_once``. False when it is not, or another does."""
        at = now()
        due = [] if at_once else [FetchState.due_at <= at]
        with self._institution.transaction() as session:
            insert_if_missing(
                session, FetchState, channel=self._channel, due_at=at, begun_at=at, waiting=0
            )
            return bool(
                change_rows(
                    session,
                    update(FetchState)
                    .where(FetchState.channel == self._channel, is_free(at), *due)
                    .values(lease_owner=self._owner, lease_until=self._until()),
                )
            )

    def renew(self) -> None:
        """Hold it for another while. Raises `LeaseLost`."""
        self._change(lease_until=self._until())

    def give_up(
        self,
        *,
        due_at: datetime,
        waiting: int | None = None,
        is_done: bool = False,
        problem: Sentence | None = None,
    ) -> None:
        """End the fetch and say how it went. ``is_done``: all that there was has been fetched."""
        at = now()
        values: dict[str, Any] = {"problem": problem.as_json() if problem else None}
        if waiting is not None:
            values["waiting"] = waiting
        if is_done:
            values["last_success_at"] = at
        self._change(due_at=due_at, lease_owner=None, lease_until=None, **values)

    def _change(self, **values: Any) -> None:
        ours = (FetchState.channel == self._channel) & (FetchState.lease_owner == self._owner)
        with self._institution.transaction() as session:
            if not change_rows(session, update(FetchState).where(ours).values(**values)):
                raise LeaseLost

    def _until(self) -> datetime:
        return now() + timedelta(seconds=self._institution.settings.lease_seconds)


def is_free(at: datetime) -> ColumnElement[bool]:
    """Whether nobody is fetching."""
    return or_(FetchState.lease_until.is_(None), FetchState.lease_until < at)
