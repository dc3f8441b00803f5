"""No state that nobody moves: whatever happens in whatever order, all letters come to an end."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.deliveries.claim import claim_due
from digitalpost.documents import find_damaged
from digitalpost.errors import Refused
from digitalpost.events import verify
from digitalpost.institution import Institution
from digitalpost.mailings.books import balance
from digitalpost.mailings.cancel import cancel, cancel_letter
from digitalpost.models import (
    FINAL_STATUSES,
    ChannelName,
    Delivery,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.oversight.board import read_board
from digitalpost.sweep import close_settled_mailing, due_work
from tests.make import make_unit, make_user
from tests.make_mailings import (
    ANNA,
    BO,
    DEAD,
    EXEMPT,
    INVALID,
    approve_mailing,
    ask,
    let_time_pass,
    make_approved,
    make_case_type,
    make_mailing,
    send,
)
from tests.sandbox_server import RunningSandbox

NUMBERS = [ANNA, BO, EXEMPT, INVALID, DEAD]
FAULTS = ["drop_after_storing", "answer_503", "wrong_body", "answer_400"]


def do_due_work(institution: Institution) -> int:
    work = due_work(institution)
    for task, subject in work:
        if task == "dispatch":
            send(institution)
        elif task == "poll_receipts":
            ask(institution)
        elif task == "close_mailing":
            close_settled_mailing(institution, int(subject))
        else:
            raise AssertionError(task)
    return len(work)


def assert_somebody_or_something_acts(institution: Institution) -> None:
    """Invariant 4: one status, one owner, one time; the books balance; and nothing is stuck."""
    with institution.reading() as session:
        for letter in session.scalars(sa.select(Letter)):
            assert (letter.due_at is None) == (letter.status in FINAL_STATUSES), letter.status
            assert letter.owner_id is not None
            deliveries = session.scalars(
                sa.select(Delivery).where(Delivery.letter_id == letter.id)
            ).all()
            moving = [one for one in deliveries if one.settled_at is None]
            assert all(one.due_at is not None or one.lease_until is not None for one in moving)
            if letter.status in {LetterStatus.WAITING, LetterStatus.SENDING,
                                 LetterStatus.AWAITING_RECEIPT}:  # fmt: skip
                assert len(moving) == 1
            else:
                assert not moving
        board = read_board(session, OPERATOR)
        assert board.balances, board.findings
        for mailing in session.scalars(sa.select(Mailing)):
            assert balance(session, mailing).adds_up
            over = {MailingStatus.SENT, MailingStatus.CANCELLED, MailingStatus.FAILED}
            assert (mailing.finished_at is not None) == (mailing.status in over)


@pytest.mark.parametrize("seed", [11, 12])
def test_whatever_happens_everything_comes_to_an_end(
    institution: Institution, sandbox: RunningSandbox, seed: int
) -> None:
    chance = random.Random(seed)
    unit_id = make_unit(institution)
    owner_id = make_user(institution, units=(unit_id,))
    case_type_id = make_case_type(institution, unit_id)
    mailings: list[int] = []
    for _ in range(25):
        what = chance.choice(
            ["make", "make", "approve", "cancel", "letter", "claim", "work", "fault"]
        )
        with institution.transaction() as session:
            mailing = session.get_one(Mailing, chance.choice(mailings)) if mailings else None
            try:
                if what == "cancel" and mailing and chance.random() < 0.4:
                    cancel(session, OPERATOR, mailing)
                elif what == "letter" and mailing:
                    letters = session.scalars(
                        sa.select(Letter).where(Letter.mailing_id == mailing.id)
                    ).all()
                    cancel_letter(session, OPERATOR, chance.choice(letters))
                elif what == "claim":  # and then killed
                    claim_due(session, ChannelName.EBOKS, owner=f"{chance.random()}",
                              limit=2, lease_seconds=60)  # fmt: skip
            except Refused:
                session.rollback()
        if what == "make":
            numbers = chance.choices(NUMBERS, k=chance.randrange(1, 5))
            red = [1] if len(numbers) > 1 and chance.random() < 0.3 else []
            mailings.append(
                make_mailing(institution, numbers, red=red, owner_id=owner_id,
                             case_type_id=case_type_id)
            )  # fmt: skip
        elif what == "approve" and mailings:
            try:
                approve_mailing(institution, chance.choice(mailings))
            except Refused:
                continue
        elif what == "fault":
            sandbox.fault(chance.choice(FAULTS), count=1, seconds=0)
        elif what == "work":
            let_time_pass(institution)
            do_due_work(institution)
        assert_somebody_or_something_acts(institution)
    sandbox.clear_faults()
    for _ in range(30):
        let_time_pass(institution)
        if not do_due_work(institution):
            break
        assert_somebody_or_something_acts(institution)
    assert due_work(institution) == []
    with institution.reading() as session:
        ended = {MailingStatus.REVIEW, MailingStatus.SENT, MailingStatus.CANCELLED}
        assert set(session.scalars(sa.select(Mailing.status))) <= ended
        assert list(find_damaged(session)) == list(verify(session)) == []
        sent = [one for one in session.scalars(sa.select(Delivery)) if one.status == "delivered"]
        ids = {one["message_id"] for one in sandbox.dispatches()}
        assert {one.message_id for one in sent} <= ids
        stopped = session.scalars(sa.select(Delivery).where(Delivery.status == "cancelled"))
        assert not {one.message_id for one in stopped if one.attempts == 0} & ids


def test_nothing_is_due_when_nothing_is_due(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    assert due_work(institution) == []
    make_mailing(institution)
    assert due_work(institution) == []
    mailing_id = make_approved(institution, [EXEMPT], hold_seconds=600)
    assert due_work(institution) == []
    with time_machine.travel(now() + timedelta(seconds=601), tick=True):
        assert due_work(institution) == [("dispatch", "eboks")]
        send(institution)
        assert due_work(institution) == []
    with time_machine.travel(now() + timedelta(seconds=700), tick=True):
        assert due_work(institution) == [("poll_receipts", "eboks")]
        ask(institution)
        assert due_work(institution) == []
    with institution.reading() as session:
        assert session.get_one(Mailing, mailing_id).status is MailingStatus.SENT


def test_a_claim_whose_holder_died_is_due_when_its_lease_is_over(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    with institution.transaction() as session:
        assert claim_due(session, ChannelName.EBOKS, owner="dead", limit=5, lease_seconds=60)
    assert due_work(institution) == []
    with time_machine.travel(now() + timedelta(seconds=61), tick=True):
        assert due_work(institution) == [("dispatch", "eboks")]
