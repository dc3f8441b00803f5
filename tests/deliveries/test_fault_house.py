"""Faults in our own house while letters are sent: kills, disks, queue, clock, two clerks.

The whole list, with what is tried where, stands in test_fault_list.
"""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from digitalpost.channels.registry import open_channel
from digitalpost.db import now
from digitalpost.deliveries.claim import claim_due
from digitalpost.deliveries.hand_over import hand_over
from digitalpost.errors import Refused
from digitalpost.institution import Institution, open_institution
from digitalpost.models import ChannelName
from digitalpost.settings import Settings
from digitalpost.storage import ObjectStore
from digitalpost.sweep import due_work
from jobs.clock import tick
from jobs.queue import RqOutbox, connect
from jobs.server import QueueServer
from tests.deliveries.both_channels import (
    SENDS,
    assert_once,
    both,
    finish,
    make_approved,
)
from tests.make_mailings import (
    ANNA,
    BO,
    approve_mailing,
    ask_all,
    let_time_pass,
    letter_statuses,
    make_mailing,
    send_all,
)
from tests.processes import run_at_once, run_killed
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def institution(everywhere: Institution) -> Institution:
    """Every channel of the sandbox."""
    return everywhere


def _send_and_ask(institution: Institution, _argument: object) -> None:
    send_all(institution)
    let_time_pass(institution)
    ask_all(institution)


@pytest.mark.parametrize("duplicate", ["receipt", "error"])
def test_killed_after_digital_post_took_a_letter_and_before_our_commit_it_comes_once(
    institution: Institution, sandbox: RunningSandbox, duplicate: str
) -> None:
    sandbox.settings(duplicate_memo=duplicate)
    mailing_id = make_approved(institution, ChannelName.DIGITAL_POST, [ANNA, BO])
    for step in (6, 12, 16, 20, 24, 30):
        let_time_pass(institution)
        run_killed(_send_and_ask, institution.settings, None, step=step)
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 2)


@both
def test_killed_right_after_the_answer_the_letter_is_found_again_under_its_id(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    mailing_id = make_approved(institution, channel, [ANNA])
    line = open_channel(institution.settings, channel)
    with institution.transaction() as session:
        [mine] = claim_due(session, channel, owner="me", limit=9, lease_seconds=30)
    hand_over(institution, line, [mine])  # and here we die
    line.close()
    assert letter_statuses(institution, mailing_id) == ["sending"]
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 1)


@both
def test_a_disk_that_is_full_when_the_receipt_comes_doubles_nothing(
    institution: Institution,
    sandbox: RunningSandbox,
    channel: ChannelName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailing_id = make_approved(institution, channel, [ANNA, BO])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "put", full)
        with pytest.raises(OSError, match="No space"):
            send_all(institution)
    assert letter_statuses(institution, mailing_id) == ["sending"] * 2
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 2)


@both
def test_a_disk_that_is_full_before_anything_is_sent_sends_nothing(
    institution: Institution,
    sandbox: RunningSandbox,
    channel: ChannelName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailing_id = make_approved(institution, channel, [ANNA])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "write_note", full)
        with pytest.raises(OSError, match="No space"):
            send_all(institution)
    assert sandbox.counts()["dispatches"] == 0
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 1)


def test_a_queue_server_that_is_emptied_in_the_middle_loses_no_letter(
    institution: Institution, sandbox: RunningSandbox, queue_server: QueueServer
) -> None:
    make_approved(institution, ChannelName.EBOKS, [ANNA])
    settings = replace(institution.settings, redis_url=queue_server.url)
    connection = connect(settings)
    seconds = iter(range(1_000_000, 2_000_000))
    outbox = RqOutbox(connection, "emptied", now=lambda: next(seconds))

    def look() -> list[str]:
        tick(lambda: due_work(institution), outbox)
        jobs = [job.description or "" for job in outbox.queue.get_jobs()]
        return [job for job in jobs if not job.startswith("fetch_incoming")]

    assert look() == ["dispatch eboks"]
    assert look() == ["dispatch eboks"]  # it waits there already
    connection.flushall()
    assert outbox.queue.get_jobs() == []
    assert look() == ["dispatch eboks"]
    connection.flushall()


@both
def test_a_clock_that_is_set_back_while_letters_are_claimed_doubles_nothing(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    with time_machine.travel(now(), tick=True) as clock:
        mailing_id = make_approved(institution, channel, [ANNA, BO])
        clock.shift(1)
        with institution.transaction() as session:
            claim_due(session, channel, owner="dead", limit=1, lease_seconds=30)
        clock.shift(timedelta(hours=-1))
        send_all(institution)
        assert sandbox.counts()["dispatches"] == 0  # nothing is due yet by this clock
        clock.shift(timedelta(hours=1, minutes=2))
        for _ in range(3):
            send_all(institution)
            clock.shift(timedelta(minutes=5))
            ask_all(institution)
    assert_once(institution, sandbox, mailing_id, 2)


@both
def test_in_the_night_of_the_clock_change_letters_go_on_by_the_minute(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    sandbox.fault("answer_503", target=SENDS[channel], count=3, seconds=0)
    # From ten minutes to two, through the hour that comes twice, to half past two in winter time.
    with time_machine.travel(datetime(2026, 10, 24, 23, 50, tzinfo=UTC), tick=True) as clock:
        mailing_id = make_approved(institution, channel, [ANNA])
        for _ in range(10):
            send_all(institution)
            ask_all(institution)
            clock.shift(timedelta(minutes=10))
    assert_once(institution, sandbox, mailing_id, 1)


def _approve(settings: Settings, mailing_id: int, answers: str) -> None:
    found = open_institution(settings)
    try:
        approve_mailing(found, mailing_id, confirm=2)
        said = "approved"
    except Refused as refused:
        said = str(refused.sentences[0])
    found.close()
    with Path(answers).open("a") as file:
        file.write(f"{said}\n")


def test_of_two_clerks_who_approve_at_once_one_does_and_the_other_is_told(
    institution: Institution, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    answers = tmp_path / "answers"
    run_at_once(_approve, [(institution.settings, mailing_id, str(answers))] * 3)
    said = sorted(answers.read_text().splitlines())
    assert said.count("approved") == 1
    assert [line for line in said if "allerede godkendt" in line] == said[:2]
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 2)
