"""Holding a mailing while it is worked on: one at a time, kept alive, taken over when it dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import or_, update

from digitalpost.db import Session, change_rows, now
from digitalpost.institution import Institution
from digitalpost.models import Mailing, MailingStatus


class LeaseLost(Exception):  # noqa: N818 - a state, not a fault
    """Somebody else holds the mailing now, or it was cancelled. Stop quietly."""


class Lease:
    """The right to work on one mailing, renewed by a thread until it is given up.

    ``during`` is the status in which the work is done; the lease ends when the mailing leaves it.
    """

    def __init__(
        self,
        institution: Institution,
        mailing_id: int,
        owner: str,
        *,
        during: MailingStatus = MailingStatus.PREPARING,
    ) -> None:
        self._institution = institution
        self._mailing_id = mailing_id
        self._during = during
        self.owner = owner
        self._ended = threading.Event()
        self._lost = threading.Event()

    def require(self) -> None:
        """Go on, or raise `LeaseLost`."""
        if self._lost.is_set():
            raise LeaseLost

    def change(self, **values: object) -> None:
        """Write progress, on the condition that the mailing is still ours; else `LeaseLost`."""
        with self._institution.transaction() as session:
            self.hold(session, **values)

    def hold(self, session: Session, **values: object) -> None:
        """Make the rest of this transaction conditional: the mailing is ours until it commits.

        Raises `LeaseLost`. Whoever wants to take over or cancel waits for the commit.
        """
        changed = change_rows(
            session,
            update(Mailing)
            .where(
                Mailing.id == self._mailing_id,
                Mailing.lease_owner == self.owner,
                Mailing.status == self._during,
            )
            .values(lease_until=self._until(), **values),
        )
        if not changed:
            self._lost.set()
            raise LeaseLost

    def take(self, **values: object) -> bool:
        """Claim the mailing and write ``values``. False when it is held, or not in its status."""
        with self._institution.transaction() as session:
            return bool(
                change_rows(
                    session,
                    update(Mailing)
                    .where(
                        Mailing.id == self._mailing_id,
                        Mailing.status == self._during,
                        or_(Mailing.lease_until.is_(None), Mailing.lease_until < now()),
                    )
                    .values(
                        lease_owner=self.owner,
                        lease_until=self._until(),
                        attempts=Mailing.attempts + 1,
                        **values,
                    ),
                )
            )

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease from a thread while the body works."""
        thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(self._institution.settings.lease_seconds / 3):
            try:
                self.change()
            except LeaseLost:
                return

    def _until(self) -> datetime:
        return now() + timedelta(seconds=self._institution.settings.lease_seconds)
