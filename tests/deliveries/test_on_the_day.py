"""A postponed mailing goes only after its recipients and its approver were looked at on the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.access import OPERATOR, SYSTEM
from digitalpost.db import now
from digitalpost.deliveries.on_the_day import Rechecked, recheck_on_the_day
from digitalpost.errors import sentence_of
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel
from digitalpost.mailings.recheck import recheck
from digitalpost.models import Letter, Mailing, Role, User
from digitalpost.registers.decide_copies import accept_copies, decline_copies, undecided
from digitalpost.sweep import due_work
from tests.make import make_actor, make_institution, make_user
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    approve_mailing,
    letter_statuses,
    mailing_status,
    make_mailing,
    send_all,
)
from tests.processes import run_killed
from tests.sandbox_server import RunningSandbox

DAYS = timedelta(days=3)
# The sandbox's registers know what day it is.
TODAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)


def nearly(years: int, days: int) -> str:
    """The number of somebody who becomes so old in so many days."""
    day = (TODAY + timedelta(days=days)).date()
    day += timedelta(days=(day.month, day.day) == (2, 29))
    return f"{day.replace(year=day.year - years):%d%m%y}4321"


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Institution]:
    """An institution with all the sandbox's channels and registers."""
    sandbox.forget_people()
    home = tmp_path / "home"
    home.mkdir()
    (home / "sandbox").symlink_to(sandbox.home)
    found = make_institution(home, tables=False, DATABASE_URL=database_url)
    yield found
    found.close()
    sandbox.forget_people()


def postpone(
    institution: Institution, numbers: list[str], *, accept: bool = False, **how: Any
) -> int:
    """A mailing approved now that is to go in three days."""
    mailing_id = make_mailing(institution, numbers)
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).send_at = now() + DAYS
    recheck(institution, mailing_id)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        waiting = [one.letter_id for one in undecided(session, mailing_id)]
        if waiting and accept:
            accept_copies(session, SYSTEM, mailing)
        elif waiting:
            decline_copies(session, SYSTEM, mailing, letter_ids=waiting)
    approve_mailing(institution, mailing_id, **how)
    return mailing_id


def reasons(institution: Institution, mailing_id: int) -> list[str]:
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        return [
            str(sentence_of(one.status_reason)) if one.status_reason else ""
            for one in session.scalars(query)
        ]


def work_due(institution: Institution) -> list[tuple[str, int | str]]:
    """What is due of what goes out."""
    return [one for one in due_work(institution) if one[0] != "fetch_incoming"]


def test_nothing_of_a_postponed_mailing_goes_before_everybody_was_looked_at_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, BO])
        assert work_due(institution) == []
        assert recheck_on_the_day(institution, mailing_id) is None
        clock.shift(DAYS + timedelta(minutes=1))
        assert work_due(institution) == [("recheck_mailing", mailing_id)]
        assert send_all(institution) == 0
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(2, 0)
        assert recheck_on_the_day(institution, mailing_id) is None
        assert ("dispatch", "eboks") in work_due(institution)
        assert send_all(institution) == 2
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"mailbox": "exempt"}, "fritaget for digital post"),
        ({"mailbox": "closed"}, "død eller ophørt"),
    ],
)
def test_who_became_exempt_or_died_gets_nothing_and_the_others_do(
    institution: Institution, sandbox: RunningSandbox, facts: dict[str, str], said: str
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, BO, CARL])
        sandbox.set_person(BO, **facts)
        clock.shift(DAYS + timedelta(minutes=1))
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(3, 1)
        send_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "action", "delivered"]
    assert said in reasons(institution, mailing_id)[1]
    assert {one["recipient"] for one in sandbox.dispatches()} == {ANNA, CARL}


def test_who_was_exempt_already_when_it_was_approved_goes_the_way_that_was_approved(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.set_person(BO, mailbox="exempt")
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, BO])
        clock.shift(DAYS + timedelta(minutes=1))
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(2, 0)


@pytest.mark.parametrize(("years", "days"), [(15, 1), (18, 2)])
def test_who_turned_fifteen_or_eighteen_since_is_a_matter_for_a_person(
    institution: Institution, sandbox: RunningSandbox, years: int, days: int
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, nearly(years, days)], accept=True)
        clock.shift(DAYS + timedelta(minutes=1))
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(2, 1)
        send_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "action"]
    assert f"fyldt {years} år" in reasons(institution, mailing_id)[1]


@pytest.mark.parametrize("what", ["switched off", "moved away", "still there"])
def test_letters_of_somebody_who_may_not_approve_any_more_are_stopped(
    institution: Institution, sandbox: RunningSandbox, what: str
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = make_mailing(institution, [ANNA, BO])
        with institution.transaction() as session:
            mailing = session.get_one(Mailing, mailing_id)
            mailing.send_at = now() + DAYS
            unit_id = mailing.unit_id
        user_id = make_user(institution, role=Role.STAFF, units=(unit_id,))
        actor = make_actor(institution, user_id)
        approve_mailing(institution, mailing_id, actor=actor)
        with institution.transaction() as session:
            user = session.get_one(User, user_id)
            if what == "switched off":
                user.is_active = False
            elif what == "moved away":
                user.units = []
        clock.shift(DAYS + timedelta(minutes=1))
        found = recheck_on_the_day(institution, mailing_id)
        send_all(institution)
    if what == "still there":
        assert found == Rechecked(2, 0)
        assert letter_statuses(institution, mailing_id) == ["delivered"] * 2
        return
    assert found == Rechecked(2, 2)
    assert letter_statuses(institution, mailing_id) == ["action"] * 2
    assert "Mette Kirk, der godkendte" in reasons(institution, mailing_id)[0]
    assert mailing_status(institution, mailing_id) == "sent"
    assert sandbox.counts()["dispatches"] == 0


def test_silent_registers_are_asked_again_and_then_a_person_decides(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, BO])
        sandbox.fault("answer_503", target="contacts", for_seconds=3600)
        clock.shift(DAYS + timedelta(minutes=1))
        assert recheck_on_the_day(institution, mailing_id) is None
        assert work_due(institution) == []  # it is tried again in a while
        assert send_all(institution) == 0
        clock.shift(timedelta(hours=2))
        assert recheck_on_the_day(institution, mailing_id) is None
        assert letter_statuses(institution, mailing_id) == ["waiting"] * 2
        clock.shift(timedelta(hours=23))
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(2, 2)
        assert send_all(institution) == 0
    assert letter_statuses(institution, mailing_id) == ["action"] * 2
    assert "registrene svarede ikke" in reasons(institution, mailing_id)[0]


def test_registers_that_answer_after_a_while_let_the_letters_go(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, BO])
        sandbox.fault("answer_503", target="contacts", count=1)
        clock.shift(DAYS + timedelta(minutes=1))
        recheck_on_the_day(institution, mailing_id)
        clock.shift(timedelta(minutes=20))
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(2, 0)
        assert send_all(institution) == 2


def test_a_mailing_that_is_not_postponed_is_not_looked_at_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA])
    approve_mailing(institution, mailing_id, hold_seconds=0)
    with institution.reading() as session:
        assert session.get_one(Mailing, mailing_id).recheck_due_at is None
    assert send_all(institution) == 1


def test_one_that_was_cancelled_meanwhile_stays_cancelled(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, BO])
        clock.shift(DAYS + timedelta(minutes=1))
        with institution.transaction() as session:
            cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
        assert recheck_on_the_day(institution, mailing_id) is None
        assert work_due(institution) == []
    assert letter_statuses(institution, mailing_id) == ["cancelled"] * 2


def test_killed_at_any_step_of_the_look_it_is_looked_at_again_and_goes_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = postpone(institution, [ANNA, BO])
    with institution.transaction() as session:  # as if the day had come
        mailing = session.get_one(Mailing, mailing_id)
        mailing.recheck_due_at = mailing.hold_until = now() - timedelta(minutes=1)
        session.execute(sa.text("UPDATE deliveries SET due_at = created_at"))
    for step in (2, 5, 9, 14, 20):
        with institution.transaction() as session:
            mailing = session.get_one(Mailing, mailing_id)
            if mailing.recheck_due_at is not None:
                mailing.recheck_due_at = now() - timedelta(seconds=1)
        run_killed(recheck_on_the_day, institution.settings, mailing_id, step=step)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        if mailing.recheck_due_at is not None:
            mailing.recheck_due_at = now() - timedelta(seconds=1)
    recheck_on_the_day(institution, mailing_id)
    send_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2
    assert sandbox.counts()["by_recipient_max"] == 1


def test_who_has_new_parents_in_cpr_is_a_matter_for_a_person(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    child, stranger = "0101164321", "0405804321"
    with time_machine.travel(TODAY, tick=True) as clock:
        mailing_id = postpone(institution, [ANNA, child], accept=True)
        since = (TODAY + timedelta(days=1)).date().isoformat()
        custody = [{"type": 5, "since": since, "number": stranger, "ended": None}]
        sandbox.set_person(child, custody=custody)
        clock.shift(DAYS + timedelta(minutes=1))
        assert recheck_on_the_day(institution, mailing_id) == Rechecked(2, 1)
        send_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "action"]
    assert "forældremyndigheden" in reasons(institution, mailing_id)[1]
    assert {one["recipient"] for one in sandbox.dispatches()} == {ANNA}
