"""Alarms open once, close by themselves, come back as new ones, and tell nobody too much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.db import insert_if_missing, now
from digitalpost.errors import Forbidden, Refused, sentence_of
from digitalpost.events import EventKind, verify
from digitalpost.institution import Institution
from digitalpost.models import (
    Alarm,
    AlarmKind,
    ChannelName,
    ChannelState,
    Delivery,
    Event,
    RegisterName,
    RegisterState,
    Role,
    Watch,
)
from digitalpost.oversight.alarms import count_open, mark_seen, open_alarms
from digitalpost.oversight.watch import silent_since, watch, watch_when_no_worker_does
from digitalpost.sweep import due_oversight
from tests.make import make_actor, make_institution, make_unit, make_user
from tests.make_mailings import ANNA, make_approved, make_case_type
from tests.oversight.certificate import write_certificate

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


@contextmanager
def at(minutes: float) -> Iterator[None]:
    """So many minutes after the start."""
    with time_machine.travel(START + timedelta(minutes=minutes), tick=True):
        yield


def look(institution: Institution, minutes: float) -> list[str]:
    """Watch at that time, as workers do who are there; what is open then, newest first."""
    with institution.transaction() as session:
        worker_at = START + timedelta(minutes=minutes - 1)
        insert_if_missing(session, Watch, id=1, due_at=worker_at)
        session.execute(sa.update(Watch).values(worker_at=worker_at))
    with at(minutes):
        assert watch(institution)
    return said(institution)


def said(institution: Institution) -> list[str]:
    with institution.reading() as session:
        query = sa.select(Alarm).where(Alarm.closed_at.is_(None)).order_by(Alarm.id.desc())
        return [f"{one.kind.value} {one.subject}" for one in session.scalars(query)]


def pause(institution: Institution, *, since: datetime | None) -> None:
    with institution.transaction() as session:
        session.merge(ChannelState(channel=ChannelName.EBOKS, paused_since=since))


def count(institution: Institution, model: type[Alarm] | type[Event], *where: object) -> int:
    with institution.reading() as session:
        return session.scalar(sa.select(sa.func.count(model.id)).where(*where)) or 0


def test_an_alarm_opens_once_closes_by_itself_and_comes_back_as_a_new_one(
    institution: Institution,
) -> None:
    pause(institution, since=START)
    assert look(institution, 4.9) == []
    assert look(institution, 6) == ["channel eboks"]
    assert look(institution, 7.1) == ["channel eboks"]
    pause(institution, since=None)
    assert look(institution, 9) == []
    pause(institution, since=START + timedelta(minutes=20))
    assert look(institution, 26) == ["channel eboks"]
    assert count(institution, Alarm) == 2
    assert count(institution, Event, Event.kind == EventKind.ALARM_OPENED.value) == 2
    assert count(institution, Event, Event.kind == EventKind.ALARM_CLOSED.value) == 1
    with institution.reading() as session:
        assert list(verify(session)) == []
        newest = session.scalars(sa.select(Alarm).order_by(Alarm.id.desc())).first()
        assert newest is not None
        assert str(sentence_of(newest.what)) == "e-Boks har været på pause siden 02.11. kl. 09.20."


def test_a_register_that_is_silent_for_long_is_an_alarm(institution: Institution) -> None:
    with institution.transaction() as session:
        session.add(RegisterState(register=RegisterName.CPR, paused_since=START))
    assert look(institution, 14) == []
    assert look(institution, 16) == ["register cpr"]


def test_letters_that_stand_still_are_an_alarm_that_keeps_its_number_up_to_date(
    institution: Institution,
) -> None:
    with at(0):
        make_approved(institution, [ANNA])
    assert look(institution, 14) == []
    assert look(institution, 20) == ["letters overdue"]
    with at(21):
        make_approved(institution, [ANNA])
    assert look(institution, 40) == ["letters overdue", "letters overdue"]  # of two units
    with institution.transaction() as session:
        session.execute(sa.update(Delivery).values(unit_id=1))
    assert look(institution, 42) == ["letters overdue"]
    with institution.reading() as session:
        one = session.scalars(sa.select(Alarm).where(Alarm.closed_at.is_(None))).one()
        assert str(sentence_of(one.what)) == "Breve, der skulle være sendt: 2"


def test_what_is_counted_in_one_unit_is_told_to_that_unit_alone(institution: Institution) -> None:
    mine, foreign = make_unit(institution), make_unit(institution)
    boss = make_actor(institution, make_user(institution, role=Role.SUPERVISOR, units=(mine,)))
    clerk = make_actor(institution, make_user(institution, units=(mine, foreign)))
    with at(0):
        make_approved(institution, [ANNA], case_type_id=make_case_type(institution, foreign))
    pause(institution, since=None)
    look(institution, 20)
    with institution.reading(boss.scope) as session:
        assert list(open_alarms(session, boss)) == []
        assert count_open(session, boss) == (0, None)
        [hidden] = session.scalars(sa.select(Alarm)).all()
        with pytest.raises(Forbidden):
            mark_seen(session, boss, hidden)
    with institution.reading(clerk.scope) as session, pytest.raises(Forbidden):
        open_alarms(session, clerk)
    pause(institution, since=START)
    look(institution, 30)
    with institution.reading(boss.scope) as session:
        assert [one.kind for one in open_alarms(session, boss)] == [AlarmKind.CHANNEL]
        assert count_open(session, boss)[0] == 1
        assert count_open(session, clerk) == (0, None)


def test_an_alarm_is_seen_once_and_by_name(institution: Institution) -> None:
    boss_id = make_user(institution, role=Role.SUPERVISOR, units=(make_unit(institution),))
    boss = make_actor(institution, boss_id)
    pause(institution, since=START)
    look(institution, 10)
    with institution.transaction(boss.scope) as session:
        mark_seen(session, boss, session.scalars(sa.select(Alarm)).one())
    with (
        institution.transaction(boss.scope) as session,
        pytest.raises(Refused, match="allerede set af Mette Kirk"),
    ):
        mark_seen(session, boss, session.scalars(sa.select(Alarm)).one())
    assert count(institution, Event, Event.kind == EventKind.ALARM_SEEN.value) == 1
    pause(institution, since=None)
    look(institution, 12)
    with (
        institution.transaction(boss.scope) as session,
        pytest.raises(Refused, match="allerede lukket"),
    ):
        mark_seen(session, boss, session.scalars(sa.select(Alarm)).one())


def test_a_certificate_warns_at_60_30_and_7_days_and_when_it_has_run_out(
    database_url: str, tmp_path: Path
) -> None:
    path = write_certificate(tmp_path / "eboks.pem", START + timedelta(days=100))
    institution = make_institution(
        tmp_path / "home", tables=False, DATABASE_URL=database_url,
        EBOKS_URL="https://127.0.0.1:9", EBOKS_CERTIFICATE=str(path),
        DIGITAL_POST_URL="https://127.0.0.1:9", DIGITAL_POST_CERTIFICATE=str(path),
    )  # fmt: skip
    try:
        day = 24 * 60
        levels = []
        for days in (39, 41, 69, 71, 92, 94, 99, 101):
            look(institution, days * day)
            with institution.reading() as session:
                query = sa.select(Alarm).where(Alarm.closed_at.is_(None))
                levels.append([one.level for one in session.scalars(query)])
        assert levels == [[], [60], [60], [30], [30], [7], [7], [0]]
        write_certificate(path, START + timedelta(days=800))
        assert look(institution, 102 * day) == []
        path.unlink()
        assert look(institution, 103 * day) == ["certificate eboks"]
        with institution.reading() as session:
            texts = [str(sentence_of(one.what)) for one in session.scalars(sa.select(Alarm))]
        assert texts[0] == (
            "Certifikatet til e-Boks, Digital Post udløber 10.02.2027. Der er højst 60 dage til."
        )
        assert texts[3].endswith("er udløbet 10.02.2027.")
        assert texts[4].endswith("kan ikke læses.")
    finally:
        institution.close()


def test_nobody_looks_twice_in_a_minute_however_many_try(institution: Institution) -> None:
    pause(institution, since=now() - timedelta(minutes=10))
    looked: list[bool] = []
    several = [threading.Thread(target=lambda: looked.append(watch(institution))) for _ in range(4)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert sorted(looked) == [False, False, False, True]
    assert count(institution, Alarm) == 1
    assert due_oversight(institution) == []
    with time_machine.travel(now() + timedelta(seconds=61), tick=True):
        assert due_oversight(institution) == [("watch", 1)]


def test_a_watch_that_was_killed_before_it_said_anything_is_made_up_a_minute_later(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    pause(institution, since=START)
    with monkeypatch.context() as patched:
        patched.setattr("digitalpost.oversight.watch.bring_up_to_date", killed)
        with at(10), pytest.raises(KeyboardInterrupt):
            watch(institution)
    assert said(institution) == []
    assert look(institution, 11.1) == ["channel eboks"]


def test_when_no_worker_comes_the_clock_says_so_and_a_worker_ends_it(
    institution: Institution,
) -> None:
    def clock(minutes: float, since: float) -> bool:
        with at(minutes):
            return watch_when_no_worker_does(institution, since=START + timedelta(minutes=since))

    look(institution, 0)
    assert not clock(2.9, since=0)  # due after one minute, and then a while for a worker to come
    assert clock(3.1, since=0)
    assert said(institution) == []
    assert clock(6.5, since=0)
    assert said(institution) == ["workers workers"]
    assert look(institution, 8) == []
    # A site that was switched off over night is not silent: the clock counts from its own start.
    assert not clock(600, since=599)
    assert not clock(600.9, since=599)
    assert clock(601.1, since=599)
    assert said(institution) == []


def test_what_stood_still_while_the_site_was_off_is_no_alarm_until_it_still_does(
    institution: Institution,
) -> None:
    with at(0):
        make_approved(institution, [ANNA])
        assert watch(institution)
    for minutes in (600, 602):  # next morning: only just back, and a little later
        with at(minutes):
            assert watch(institution)
            assert bool(said(institution)) == (minutes == 602)
    assert said(institution) == ["letters overdue"]
    with at(607):  # the workers are away: what is known stays, one alarm says why
        assert watch(institution, workers_silent_for=timedelta(minutes=5))
    assert said(institution) == ["workers workers", "letters overdue"]
    with at(609):
        assert watch(institution)  # just back: nothing is said to be in order yet
    assert said(institution) == ["letters overdue"]
    with institution.transaction() as session:
        session.execute(sa.update(Delivery).values(due_at=START + timedelta(days=2)))
    with at(611):
        assert watch(institution)
    assert said(institution) == []


def test_a_watch_that_nobody_keeps_is_told_on_the_pages(institution: Institution) -> None:
    def unwatched(minutes: float) -> datetime | None:
        with at(minutes), institution.reading() as session:
            return silent_since(session, now())

    assert unwatched(0) is None  # never begun: a new installation
    look(institution, 0)
    assert unwatched(9) is None
    assert unwatched(11) is not None
    with institution.reading() as session:
        assert session.get_one(Watch, 1).worker_at is not None


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_supervisors_and_administrators_may_see_alarms(
    institution: Institution, role: Role
) -> None:
    actor = make_actor(institution, make_user(institution, role=role))
    with institution.reading(actor.scope) as session:
        assert list(open_alarms(session, actor)) == []
