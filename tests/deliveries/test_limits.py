"""No more letters than a channel's limits leave, however many send; the rest goes later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.channel_settings import Limits
from digitalpost.db import now
from digitalpost.deliveries.limits import next_day
from digitalpost.institution import Institution, open_institution
from digitalpost.models import ChannelName, ChannelState, Delivery
from digitalpost.settings import SettingsError
from digitalpost.sweep import due_work
from tests.make import make_settings
from tests.make_mailings import (
    ANNA,
    FOUR,
    let_time_pass,
    letter_statuses,
    make_approved,
    send,
)
from tests.processes import run_at_once
from tests.sandbox_server import RunningSandbox


def limited(institution: Institution, per_minute: int = 0, per_day: int = 0) -> Institution:
    eboks = replace(institution.settings.eboks, limits=Limits(per_minute, per_day))
    return replace(institution, settings=replace(institution.settings, eboks=eboks))


def dispatch_is_due(institution: Institution) -> bool:
    return ("dispatch", "eboks") in due_work(institution)


def test_what_the_minute_does_not_leave_waits_for_the_next(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    institution = limited(institution, per_minute=3)
    mailing_id = make_approved(institution, FOUR * 2)
    with time_machine.travel(now(), tick=True) as clock:
        assert send(institution) == 3
        assert send(institution) == 0
        assert not dispatch_is_due(institution)  # nobody is woken for nothing
        clock.shift(30)
        assert send(institution) == 0
        clock.shift(31)
        assert dispatch_is_due(institution)
        assert send(institution) == 3
        clock.shift(61)
        assert send(institution) == 2
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 8
    assert sandbox.counts()["dispatches"] == 8


def test_what_the_day_does_not_leave_goes_after_midnight_in_denmark(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    institution = limited(institution, per_day=3)
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # half past eleven in Denmark
    with time_machine.travel(late, tick=True) as clock:
        mailing_id = make_approved(institution, FOUR)
        assert send(institution) == 3
        assert send(institution) == 0
        clock.shift(timedelta(minutes=29))
        assert send(institution) == 0
        clock.shift(timedelta(minutes=2))
        assert send(institution) == 1
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 4


def test_the_days_of_the_clock_change_end_at_midnight_too() -> None:
    short = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 23 hours in Denmark
    long = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 25 hours
    assert next_day(short).astimezone(UTC) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert next_day(long).astimezone(UTC) == datetime(2026, 10, 25, 23, tzinfo=UTC)


def _send_from_a_process(settings: object) -> None:
    found = open_institution(settings)  # type: ignore[arg-type]
    send(found)
    found.close()


def test_several_workers_together_send_no_more_than_the_limit(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    institution = limited(institution, per_day=10)
    make_approved(institution, FOUR * 8)
    run_at_once(_send_from_a_process, [(institution.settings,)] * 3)
    assert sandbox.counts()["dispatches"] == 10


def test_a_letter_that_waited_for_days_for_its_turn_still_has_time_to_be_tried(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    institution = limited(institution, per_day=1)
    mailing_id = make_approved(institution, FOUR[:2])
    with time_machine.travel(now(), tick=True) as clock:
        assert send(institution) == 1
        clock.shift(timedelta(days=2))
        sandbox.fault("answer_503", count=1, seconds=0)
        send(institution)
        assert sorted(letter_statuses(institution, mailing_id)) == ["delivered", "waiting"]
        clock.shift(timedelta(seconds=20))
        send(limited(institution))
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2


def test_a_clock_that_is_set_back_neither_blocks_the_channel_nor_forgets_the_day(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    noon = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    with time_machine.travel(noon, tick=True) as clock:
        make_approved(institution, FOUR)
        assert send(limited(institution, per_minute=2, per_day=3)) == 2
        clock.shift(timedelta(hours=-2))
        let_time_pass(institution)
        assert send(limited(institution, per_minute=2, per_day=3)) == 1
        assert send(limited(institution, per_minute=2, per_day=3)) == 0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


@pytest.mark.parametrize("prefix", ["EBOKS", "DIGITAL_POST", "REMOTE_PRINT"])
def test_limits_are_read_for_each_channel_and_must_be_numbers(home: Path, prefix: str) -> None:
    from digitalpost.channels.registry import limits_of

    settings = make_settings(home, **{f"{prefix}_PER_MINUTE": "5", f"{prefix}_PER_DAY": "70"})
    channel = ChannelName(prefix.lower())
    assert limits_of(settings, channel) == Limits(5, 70)
    others = set(ChannelName) - {channel}
    assert {limits_of(settings, one) for one in others} == {Limits()}
    with pytest.raises(SettingsError, match=f"{prefix}_PER_DAY"):
        make_settings(home, **{f"{prefix}_PER_DAY": "mange"})


def test_many_answers_of_not_now_slow_the_whole_channel_and_one_letter_tries(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_503", for_seconds=3600)
    mailing_id = make_approved(institution, FOUR * 10)
    send(institution)
    # What two connections had under way before the first rounds of answers were read, no more.
    assert sandbox.counts()["requests"] == 16
    assert send(institution) == 0
    let_time_pass(institution)
    assert send(institution) == 1  # one letter tries
    sandbox.clear_faults()
    let_time_pass(institution)
    send(institution)  # the first comes through, and all the others at once after it
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 40
    with institution.reading() as session:
        state = session.get_one(ChannelState, ChannelName.EBOKS)
        assert state.slow_since is state.paused_until is state.reason is None
        assert state.retries_in_row == 0


def test_patience_that_the_channel_asks_for_counts_for_all_letters(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_429", for_seconds=3600, seconds=900)
    make_approved(institution, FOUR * 3)
    send(institution)
    with institution.reading() as session:
        state = session.get_one(ChannelState, ChannelName.EBOKS)
        assert state.paused_until is not None
        assert state.paused_until >= now() + timedelta(seconds=850)


def test_letters_of_a_slow_channel_whose_time_is_up_all_become_tasks(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_503", for_seconds=3600)
    mailing_id = make_approved(institution, FOUR * 10)
    with time_machine.travel(now(), tick=True) as clock:
        send(institution)
        clock.shift(timedelta(hours=12))
        send(institution)
        assert set(letter_statuses(institution, mailing_id)) == {"waiting"}
        clock.shift(timedelta(hours=13))
        send(institution)
    assert letter_statuses(institution, mailing_id) == ["action"] * 40
    assert sandbox.counts()["dispatches"] == 0
    with institution.reading() as session:
        assert all(session.scalars(sa.select(Delivery.problem)))


def test_a_short_hiccup_ends_no_letter_that_only_waited_for_its_turn(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    institution = limited(institution, per_day=8)
    mailing_id = make_approved(institution, [ANNA] * 16)
    with time_machine.travel(now(), tick=True) as clock:
        assert send(institution) == 8
        clock.shift(timedelta(days=2))
        sandbox.fault("answer_503", count=6, seconds=0)
        send(institution)  # five of them are enough to slow the channel
        clock.shift(timedelta(minutes=5))
        send(institution)
    assert "action" not in letter_statuses(institution, mailing_id)
