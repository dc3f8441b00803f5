"""Everybody locks in one order: whoever stops in the middle of it, nobody waits in a ring.

One of two stops before each thing that it locks, the other goes as far as it can, then the first
goes on. A ring shows as an error of PostgreSQL. SQLite has one writer at a time, and no rings.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.channels.base import Outcome, OutcomeKind
from digitalpost.channels.registry import open_channel, ways_out
from digitalpost.db import Session, now
from digitalpost.deliveries import join, late, on_the_day, returned
from digitalpost.deliveries.again import send_again
from digitalpost.deliveries.channel_state import hold_state
from digitalpost.deliveries.claim import claim_due
from digitalpost.deliveries.printing import mark_printed
from digitalpost.deliveries.replan import Again
from digitalpost.deliveries.settle import Answer, settle
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel, cancel_letter
from digitalpost.models import (
    ArrivedReceipt,
    ChannelName,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from tests.deliveries.arriving import CAME, arrive, on_the_platform, status
from tests.make_mailings import ANNA, BO, CARL, DORTE, make_approved
from tests.sandbox_server import RunningSandbox
from tests.services import PostgresServer

OWNER = "a worker"
WAITED, CLAIMED, FAILED, POSTED, TO_PRINT, LATE, ALONE = range(1, 8)
# Where each of seven letters stands: its channel, its delivery and the letter itself.
STANDS = {
    WAITED: (ChannelName.SF1601, DeliveryStatus.WAITING, LetterStatus.WAITING),
    CLAIMED: (ChannelName.SF1601, DeliveryStatus.CLAIMED, LetterStatus.SENDING),
    FAILED: (ChannelName.SF1601, DeliveryStatus.FAILED, LetterStatus.ACTION),
    POSTED: (ChannelName.REMOTE_PRINT, DeliveryStatus.PAPER, LetterStatus.PAPER),
    TO_PRINT: (ChannelName.LOCAL_PRINT, DeliveryStatus.ACCEPTED, LetterStatus.ACTION),
    LATE: (ChannelName.SF1601, DeliveryStatus.WAITING, LetterStatus.WAITING),
    ALONE: (ChannelName.SF1601, DeliveryStatus.WAITING, LetterStatus.WAITING),
}


@pytest.fixture(scope="module")
def institution(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    postgres_template: str,
    running_sandbox: RunningSandbox,
) -> Iterator[Institution]:
    """Seven letters that stand at different places; nobody below keeps what it changes."""
    url = postgres.new_database(postgres_template)
    home: Path = tmp_path_factory.mktemp("locks")
    found = on_the_platform(home, url, running_sandbox)
    numbers = [ANNA, BO, CARL, DORTE, *(f"010260000{one}" for one in (6, 7, 8))]
    make_approved(found, numbers)
    _set_up(found)
    yield found
    found.close()
    postgres.drop_database(url)


def _set_up(institution: Institution) -> None:
    at = now()
    with institution.transaction() as session:
        session.scalars(sa.select(Mailing)).one().status = MailingStatus.SENDING
        for letter in session.scalars(sa.select(Letter)):
            (delivery,) = session.scalars(sa.select(Delivery).filter_by(letter_id=letter.id))
            delivery.channel, delivery.status, letter.status = STANDS[letter.position]
            delivery.attempts = int(letter.position != WAITED)
            if letter.position in (LATE, ALONE):
                delivery.give_up_at = at
            if letter.position == CLAIMED:
                delivery.lease_owner, delivery.lease_until = OWNER, at + timedelta(hours=1)
            if letter.position == ALONE:
                letter.mailing_id = delivery.mailing_id = None
        hold_state(session, ChannelName.SF1601)
        failed = _delivery(session, FAILED)
        session.expunge(failed)
    arrive(institution, status(failed, CAME), join=False)


def _letter(session: Session, position: int) -> Letter:
    return session.scalars(sa.select(Letter).where(Letter.position == position)).one()


def _delivery(session: Session, position: int) -> Delivery:
    ours = Delivery.letter_id == _letter(session, position).id
    return session.scalars(sa.select(Delivery).where(ours)).one()


def _mailing(session: Session) -> Mailing:
    return session.scalars(sa.select(Mailing)).one()


def _claim(_: Institution, session: Session) -> object:
    return claim_due(session, ChannelName.SF1601, owner="new", limit=9, lease_seconds=60)


def _settle(institution: Institution, session: Session) -> object:
    channel = open_channel(institution.settings, ChannelName.SF1601)
    held = session.scalars(sa.select(Delivery.message_id).filter_by(lease_owner=OWNER)).one()
    told = Outcome(OutcomeKind.DELIVERED, receipt={"http_status": 200})
    try:
        return settle(session, OWNER, [Answer(held, told)], channel)
    finally:
        channel.close()


def _join(institution: Institution, session: Session) -> object:
    (receipt,) = session.scalars(sa.select(ArrivedReceipt)).all()
    told = Outcome(OutcomeKind.DELIVERED, receipt={"status": CAME})
    answers = {receipt.id: Answer(receipt.message_id, told)}
    return join._join(session, ChannelName.SF1601, [receipt.id], answers)


def _comes_back(_: Institution, session: Session) -> object:
    return returned._note(session, [_delivery(session, POSTED).message_id])[1]


def _gives_up(_: Institution, session: Session) -> object:
    hold_state(session, ChannelName.SF1601).slow_since = now()
    session.flush()
    return late._end_some(session, ChannelName.SF1601, timedelta(hours=24))


def _looks_again(_: Institution, session: Session) -> object:
    mailing = _mailing(session)
    mailing.status, mailing.recheck_due_at = MailingStatus.HOLDING, now()
    return on_the_day._judge(session, mailing.id, is_complete=False, at=now())


def _cancel(_: Institution, session: Session) -> object:
    return cancel(session, OPERATOR, _mailing(session)).stopped


def _cancel_one(position: int) -> Callable[[Institution, Session], object]:
    def act(_: Institution, session: Session) -> object:
        return cancel_letter(session, OPERATOR, _letter(session, position)).stopped

    return act


def _send_again(institution: Institution, session: Session) -> object:
    return send_again(
        session,
        OPERATOR,
        _mailing(session),
        Again.SAME,
        letter_ids=[_letter(session, FAILED).id],
        confirm_count=1,
        ways=ways_out(institution.settings),
        hold_seconds=0,
        give_up_hours=24,
    )


def _mark_printed(_: Institution, session: Session) -> object:
    return mark_printed(session, OPERATOR, _mailing(session), confirm_count=1)


ACTS: dict[str, Callable[[Institution, Session], object]] = {
    "claim": _claim,
    "settle": _settle,
    "join": _join,
    "comes back": _comes_back,
    "gives up": _gives_up,
    "looks again": _looks_again,
    "cancel": _cancel,
    "cancel a waiting letter": _cancel_one(WAITED),
    "cancel a failed letter": _cancel_one(FAILED),
    "cancel a letter of no mailing": _cancel_one(ALONE),
    "send again": _send_again,
    "mark printed": _mark_printed,
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_does_something(institution: Institution, name: str) -> None:
    with institution.reading() as session:
        assert ACTS[name](institution, session)


@pytest.mark.parametrize("first", ACTS)
def test_nobody_waits_in_a_ring(institution: Institution, first: str) -> None:
    for second, act in list(ACTS.items())[list(ACTS).index(first) :]:  # each pair once
        step = 1
        while (one := _Turn(institution, ACTS[first], stops_at=step)).stops():
            other = _Turn(institution, act)
            _await_end_or_lock(institution, other)
            one.go_on.set()
            assert (one.join(), other.join()) == (None, None), (second, step)
            step += 1
        assert step > 2


class _Turn(threading.Thread):
    """One act in a transaction that is not kept; it may stop before something that it locks."""

    def __init__(
        self,
        institution: Institution,
        act: Callable[[Institution, Session], object],
        *,
        stops_at: int = -1,
    ) -> None:
        super().__init__(daemon=True)
        self._institution, self._act, self._left = institution, act, stops_at
        self.has_stopped, self.go_on = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self.backend = 0
        self.start()

    def run(self) -> None:
        try:
            with self._institution.reading() as session:
                connection = session.connection()
                self.backend = connection.scalar(sa.text("select pg_backend_pid()")) or 0
                sa.event.listen(connection, "before_cursor_execute", self._count)
                self._act(self._institution, session)
                session.flush()
        except BaseException as error:
            self.error = error
        finally:
            self.has_stopped.set()

    def _count(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._left -= not statement.startswith("SELECT") or " FOR " in statement
        if not self._left and not self.has_stopped.is_set():
            self.has_stopped.set()
            self.go_on.wait(30)

    def stops(self) -> bool:
        """Wait until it stops, or has ended; whether it stopped."""
        self.has_stopped.wait(30)
        assert self.error is None
        return self._left == 0

    def join(self, timeout: float | None = 30) -> BaseException | None:  # type: ignore[override]
        super().join(timeout)
        return self.error


def _await_end_or_lock(institution: Institution, turn: _Turn) -> None:
    query = sa.text("select 1 from pg_locks where pid = :pid and not granted")
    with institution.engine.connect() as connection:
        while turn.is_alive():
            if connection.scalar(query, {"pid": turn.backend}):
                return
            time.sleep(0.002)
