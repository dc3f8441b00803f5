"""The list of what may go wrong while letters are sent, for e-Boks and for Digital Post.

«Far» is this module, «house» is test_fault_house.

| what goes wrong                              | where it is tried                              |
| -------------------------------------------- | ---------------------------------------------- |
| killed after they took it, before our commit | house, test_killed, test_several, test_crashes |
| killed anywhere, any process                 | test_crashes, benchmarks/crashes.py            |
| their 200 comes after our time-out           | far, test_answers                              |
| 429 or 503 for hours                         | far, test_limits (all of it slows down)        |
| receipt before our own commit                | far                                            |
| receipt twice, 30 hours late, never          | far, test_answers, channels/test_digital_post  |
| receipt for a letter that is not ours        | far                                            |
| receipt from somebody else                   | far (polled over TLS)                          |
| certificate expired, wrong chain             | far, test_set_up                               |
| disk full while storing                      | house                                          |
| queue server emptied in the middle           | house, jobs/test_clock, test_crashes           |
| clock set back                               | house, test_limits                             |
| the night of the clock change                | house, test_limits                             |
| two clerks approve at once                   | house, mailings/test_approve_and_cancel        |
| role revoked, user switched off              | test_on_the_day                                |
| recipient exempt, dead, 15 or 18 meanwhile   | test_on_the_day                                |
| database restored from yesterday             | far, test_restored                             |
| print provider: never fetches, receipt late, | test_paper_faults, test_printing               |
| twice or never, letter returned              |                                                |
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.channels.registry import open_channel
from digitalpost.db import now
from digitalpost.deliveries.claim import claim_due
from digitalpost.deliveries.hand_over import hand_over
from digitalpost.deliveries.marks import stop_of
from digitalpost.deliveries.settle import settle
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, Letter
from sandbox.certificates import make_expired_client, make_foreign_client
from tests.channels.test_digital_post import make_outgoing
from tests.deliveries.both_channels import (
    SENDS,
    assert_once,
    both,
    changed,
    finish,
    make_approved,
)
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    ask_all,
    let_time_pass,
    letter_statuses,
    send_all,
)
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def institution(everywhere: Institution) -> Institution:
    """Every channel of the sandbox."""
    return everywhere


@both
def test_a_yes_that_comes_after_our_time_out_is_found_again(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    sandbox.fault("slow_after_storing", target=SENDS[channel], count=2, seconds=1)
    mailing_id = make_approved(institution, channel, [ANNA, BO, CARL])
    hasty = changed(institution, channel, timeout=0.3)
    send_all(hasty)
    assert "waiting" in letter_statuses(institution, mailing_id)
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 3)


@both
@pytest.mark.parametrize("kind", ["answer_429", "answer_503"])
def test_after_hours_of_not_now_every_letter_still_goes_once(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName, kind: str
) -> None:
    sandbox.fault(kind, target=SENDS[channel], for_seconds=3600, seconds=600)
    numbers = [f"0102031{one:03d}" for one in range(100, 108)]
    mailing_id = make_approved(institution, channel, numbers)
    with time_machine.travel(now(), tick=True) as clock:
        for _ in range(20):
            send_all(institution)
            clock.shift(timedelta(hours=1))
        assert set(letter_statuses(institution, mailing_id)) == {"waiting"}
        sandbox.clear_faults()
        clock.shift(timedelta(hours=1))
        for _ in range(3):
            send_all(institution)
            clock.shift(timedelta(hours=1))
            ask_all(institution)
    assert_once(institution, sandbox, mailing_id, 8)


@both
def test_a_receipt_that_is_there_before_our_own_commit_is_read_afterwards(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    mailing_id = make_approved(institution, channel, [ANNA])
    line = open_channel(institution.settings, channel)
    with institution.transaction() as session:
        [mine] = claim_due(session, channel, owner="me", limit=9, lease_seconds=30)
    [answer] = hand_over(institution, line, [mine])
    assert ask_all(institution) == 0  # somebody polls: it is not yet ours to ask about
    with institution.transaction() as session:
        assert settle(session, "me", [answer], line) == 1
    line.close()
    finish_asking(institution)
    assert_once(institution, sandbox, mailing_id, 1)


def finish_asking(institution: Institution) -> None:
    let_time_pass(institution)
    ask_all(institution)


def test_a_receipt_that_comes_twice_or_thirty_hours_late_is_one_outcome(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    target = SENDS[ChannelName.DIGITAL_POST]
    sandbox.fault("receipt_twice", target=target, count=2)
    sandbox.fault("receipt_late", target=target, count=2, seconds=20)
    mailing_id = make_approved(institution, ChannelName.DIGITAL_POST, [ANNA, BO])
    with time_machine.travel(now(), tick=True) as clock:
        send_all(institution)
        clock.shift(timedelta(hours=29))
        ask_all(institution)
        assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"] * 2
        sandbox.settings(postprocessing_seconds=0)
        _let_receipts_come(sandbox)
        clock.shift(timedelta(hours=2))
        ask_all(institution)
    assert_once(institution, sandbox, mailing_id, 2)


def _let_receipts_come(sandbox: RunningSandbox) -> None:
    """As if the sandbox's time had come too."""
    import sqlite3

    with sqlite3.connect(next(sandbox.home.glob("*.db"))) as connection:
        connection.execute("UPDATE receipts SET due_at = 0")


def test_a_receipt_for_a_letter_that_is_not_ours_changes_nothing_and_stays_there(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    line = open_channel(institution.settings, ChannelName.DIGITAL_POST)
    strange = make_outgoing(CARL)
    line.send(strange)
    mailing_id = make_approved(institution, ChannelName.DIGITAL_POST, [ANNA])
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"]
    assert set(line.poll([strange.message_id])) == {strange.message_id}
    line.close()


@both
def test_receipts_from_somebody_else_are_not_believed(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    make_foreign_client(sandbox.home / "certificates")
    foreign = sandbox.home / "certificates" / "foreign-ca.crt"
    mailing_id = make_approved(institution, channel, [ANNA])
    with institution.transaction() as session:
        session.execute(
            sa.update(Delivery).values(status="accepted", accepted_at=now(), attempts=1)
        )
        session.execute(sa.update(Letter).values(status="awaiting_receipt"))
    let_time_pass(institution)
    ask_all(changed(institution, channel, ca=foreign))
    assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"]


@both
@pytest.mark.parametrize("what", ["expired", "wrong chain", "not our other side"])
def test_a_certificate_that_is_no_good_burns_no_letter(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName, what: str
) -> None:
    folder = sandbox.home / "certificates"
    foreign = make_foreign_client(folder)
    expired = make_expired_client(folder)
    broken: dict[str, dict[str, Any]] = {
        "expired": {"certificate": expired[0], "key": expired[1]},
        "wrong chain": {"certificate": foreign[0], "key": foreign[1]},
        "not our other side": {"ca": folder / "foreign-ca.crt"},
    }
    mailing_id = make_approved(institution, channel, [ANNA, BO])
    with time_machine.travel(now(), tick=True) as clock:
        for _ in range(4):
            send_all(changed(institution, channel, **broken[what]))
            clock.shift(timedelta(hours=10))
    assert letter_statuses(institution, mailing_id) == ["waiting"] * 2
    finish(institution)
    assert_once(institution, sandbox, mailing_id, 2)


@both
def test_a_channel_that_knows_the_id_of_a_first_try_stops_everything_until_somebody_looks(
    institution: Institution, sandbox: RunningSandbox, channel: ChannelName
) -> None:
    sandbox.settings(duplicate_memo="error")
    mailing_id = make_approved(institution, channel, [ANNA])
    line = open_channel(institution.settings, channel)
    with institution.transaction() as session:
        [mine] = claim_due(session, channel, owner="me", limit=9, lease_seconds=30)
    hand_over(institution, line, [mine])
    line.close()
    with institution.transaction() as session:  # the backup was made before that
        session.execute(
            sa.update(Delivery).values(
                attempts=0, status="waiting", lease_owner=None, lease_until=None, tried_at=None
            )
        )
    send_all(institution)
    with institution.reading() as session:
        assert stop_of(session) is not None
    assert letter_statuses(institution, mailing_id) == ["waiting"]
    assert sandbox.counts()["dispatches"] == 1
