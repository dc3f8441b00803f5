"""A database from yesterday is noticed before anything goes out twice; a person sets it going."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import Base, now
from digitalpost.deliveries.marks import release, stop_of, write_mark
from digitalpost.errors import Forbidden, Refused, sentence_of
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, Event, Letter, Mailing, Role, SentBefore
from digitalpost.sweep import due_work
from tests.make import make_actor, make_user
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    DORTE,
    approve_mailing,
    finish,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_approved,
    make_mailing,
    send,
)
from tests.processes import run_killed
from tests.sandbox_server import RunningSandbox

Restore = Callable[[], None]


@contextmanager
def backed_up(institution: Institution) -> Iterator[Restore]:
    """Remember every row as it is now; what is handed out puts them all back as they were."""
    tables = [one for one in Base.metadata.sorted_tables if not one.name.startswith("event")]
    with institution.engine.connect() as connection:
        rows = {one.name: connection.execute(sa.select(one)).mappings().all() for one in tables}

    def restore() -> None:
        with institution.engine.begin() as connection:
            # As a restore does it, the rows go in whatever order they point to each other in.
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            else:
                connection.exec_driver_sql("SET session_replication_role = replica")
            for table in reversed(tables):
                connection.execute(sa.delete(table))
            for table in tables:
                if rows[table.name]:
                    connection.execute(sa.insert(table), [dict(one) for one in rows[table.name]])
            if connection.dialect.name != "sqlite":
                connection.exec_driver_sql("SET session_replication_role = DEFAULT")

    yield restore


def reason(institution: Institution) -> str:
    with institution.reading() as session:
        stop = stop_of(session)
        return str(sentence_of(stop.reason)) if stop and stop.reason else ""


def set_going(institution: Institution) -> int:
    with institution.transaction() as session:
        return release(session, OPERATOR)


def test_letters_sent_after_the_backup_are_not_sent_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    finish(institution)
    waiting = make_approved(institution, [BO, CARL])
    in_review = make_mailing(institution, [DORTE])
    with backed_up(institution) as restore:
        finish(institution)
        approve_mailing(institution, in_review)
        finish(institution)
        assert sandbox.counts()["dispatches"] == 4
        restore()
    let_time_pass(institution)
    assert send(institution) == 0
    assert "ældre end de breve" in reason(institution)
    assert letter_statuses(institution, waiting) == ["waiting"] * 2
    assert send(institution) == 0  # still: nobody has looked
    let_time_pass(institution)
    assert [work for work in due_work(institution) if work[0] == "dispatch"] == []
    with institution.reading() as session:
        stop = stop_of(session)
        assert stop is not None and stop.sent_until is not None and stop.database_at is not None
        assert stop.database_at < stop.sent_until
    assert set_going(institution) == 1
    finish(institution)
    assert letter_statuses(institution, waiting) == ["delivered"] * 2
    assert sandbox.counts() | {"requests": 0} == {
        "dispatches": 4, "requests": 0, "by_recipient_max": 1,
    }  # fmt: skip
    with institution.reading() as session:
        mailing = session.get_one(Mailing, in_review)
        assert "om denne forsendelse allerede er sendt" in str(sentence_of(mailing.problems[-1]))
    # Nobody reads warnings: it is approved again, under a new id, and is not sent again.
    approve_mailing(institution, in_review)
    finish(institution)
    assert letter_statuses(institution, in_review) == ["action"]
    assert sandbox.counts()["dispatches"] == 4
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter).filter_by(mailing_id=in_review)).one()
        assert "sendt til modtageren, før" in str(sentence_of(letter.status_reason or {}))
    # Another letter to her does go.
    with institution.reading() as session:  # of the two that went under their old ids
        assert len(session.scalars(sa.select(SentBefore)).all()) == 2
    later = make_approved(institution, [DORTE])
    finish(institution)
    assert letter_statuses(institution, later) == ["delivered"]


def test_killed_anywhere_while_a_letter_is_met_again_it_is_not_sent(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    in_review = make_mailing(institution, [ANNA])
    with backed_up(institution) as restore:
        approve_mailing(institution, in_review)
        finish(institution)
        restore()
    make_approved(institution, [BO])  # something that is due, so that the restore is noticed
    send(institution)
    set_going(institution)
    approve_mailing(institution, in_review)
    for step in (4, 9, 13, 17, 21, 26):
        let_time_pass(institution)
        run_killed(_send, institution.settings, None, step=step)
    finish(institution)
    assert letter_statuses(institution, in_review) == ["action"]
    assert sandbox.counts()["by_recipient_max"] == 1


def _send(institution: Institution, _argument: object) -> None:
    send(institution)


def test_when_the_store_was_restored_too_an_id_that_the_channel_knows_stops_everything(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [ANNA, BO])
    marks = Path(institution.settings.home / "documents" / "marks")
    with backed_up(institution) as restore:
        finish(institution)
        restore()
        shutil.rmtree(marks)
    let_time_pass(institution)
    send(institution)
    assert "e-Boks kender allerede et brev" in reason(institution)
    assert letter_statuses(institution, mailing_id) == ["waiting"] * 2
    later = make_approved(institution, [CARL])
    let_time_pass(institution)
    assert send(institution) == 0
    set_going(institution)
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2
    assert letter_statuses(institution, later) == ["delivered"]
    assert sandbox.counts()["by_recipient_max"] == 1


def test_sending_goes_on_only_when_an_administrator_says_so_and_the_log_tells_who(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    write_mark(institution.store, ChannelName.EBOKS, 7, now())
    assert send(institution) == 0
    supervisor = make_actor(institution, make_user(institution, role=Role.SUPERVISOR))
    administrator = make_actor(institution, make_user(institution, role=Role.ADMINISTRATOR))
    with institution.transaction() as session, pytest.raises(Forbidden):
        release(session, supervisor)
    with institution.transaction() as session:
        release(session, administrator)
    with institution.transaction() as session, pytest.raises(Refused, match="ikke stoppet"):
        release(session, administrator)
    with institution.reading() as session:
        kinds = session.execute(sa.select(Event.kind, Event.actor_id)).all()
        assert (EventKind.SENDING_STOPPED.value, None) in kinds
        assert (EventKind.SENDING_RELEASED.value, administrator.user_id) in kinds
    finish(institution)
    assert sandbox.counts()["dispatches"] == 1


def test_a_mark_that_cannot_be_written_or_read_sends_nothing(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [ANNA])
    institution.store.write_note("marks/eboks", b"nonsense")
    with pytest.raises(OSError, match="mark"):
        send(institution)
    assert sandbox.counts()["dispatches"] == 0
    institution.store.delete(["marks/eboks"])
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"]


def test_a_database_that_was_not_restored_is_never_stopped(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    for _ in range(3):
        mailing_id = make_approved(institution, [ANNA])
        finish(institution)
        assert mailing_status(institution, mailing_id) == "sent"
    assert reason(institution) == ""
    with institution.reading() as session:
        assert set(session.scalars(sa.select(Delivery.attempts))) == {1}
