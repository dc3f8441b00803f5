"""Makes letters that got nowhere, and sends them again."""

from __future__ import annotations

import time

import sqlalchemy as sa

from digitalpost.access import OPERATOR, Actor
from digitalpost.channels.registry import ways_out
from digitalpost.db import now
from digitalpost.deliveries.again import send_again
from digitalpost.deliveries.proposal import Proposal, propose
from digitalpost.deliveries.replan import Again
from digitalpost.institution import Institution
from digitalpost.models import Delivery, Letter, Mailing
from tests.make_mailings import (
    ANNA,
    BO,
    approve_mailing,
    ask_all,
    finish,
    let_time_pass,
    letter_statuses,
    make_approved,
    make_mailing,
    on_their_way,
    send,
    send_all,
)
from tests.sandbox_server import RunningSandbox


def letter_ids(institution: Institution, mailing_id: int) -> list[int]:
    with institution.reading() as session:
        query = sa.select(Letter.id).where(Letter.mailing_id == mailing_id)
        return list(session.scalars(query.order_by(Letter.position)))


def proposed(institution: Institution, mailing_id: int, how: Again = Again.NEXT) -> Proposal:
    ids = letter_ids(institution, mailing_id)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        return propose(session, mailing, how, letter_ids=ids, ways=ways_out(institution.settings))


def again(
    institution: Institution,
    mailing_id: int,
    how: Again = Again.NEXT,
    *,
    confirm: int = 1,
    actor: Actor = OPERATOR,
    ids: list[int] | None = None,
    hold_seconds: int = 0,
) -> int:
    ids = letter_ids(institution, mailing_id) if ids is None else ids
    with institution.transaction(actor.scope) as session:
        return send_again(
            session,
            actor,
            session.get_one(Mailing, mailing_id),
            how,
            letter_ids=ids,
            confirm_count=confirm,
            ways=ways_out(institution.settings),
            hold_seconds=hold_seconds,
            give_up_hours=24,
        )


def why_not(institution: Institution, mailing_id: int, how: Again = Again.NEXT) -> list[str]:
    return [str(one.why) for one in proposed(institution, mailing_id, how).refused]


def settle_paper(institution: Institution) -> None:
    """The print provider works at its own pace."""
    for _ in range(100):
        let_time_pass(institution)
        send_all(institution)
        let_time_pass(institution)
        ask_all(institution)
        if not on_their_way(institution):
            return
        time.sleep(0.1)


def make_refused(institution: Institution, sandbox: RunningSandbox) -> int:
    """A letter that e-Boks turned down at its first attempt, and one that arrived."""
    mailing_id = make_approved(institution, [ANNA, BO])
    sandbox.fault("answer_400", count=1)
    finish(institution)
    assert sorted(letter_statuses(institution, mailing_id)) == ["action", "delivered"]
    return mailing_id


def make_lost(institution: Institution, sandbox: RunningSandbox, numbers: list[str]) -> int:
    """Letters that e-Boks stored though we never heard so, until we gave up."""
    mailing_id = make_mailing(institution, numbers)
    approve_mailing(institution, mailing_id)
    sandbox.fault("answer_500_after_storing", count=len(numbers))
    send(institution)
    with institution.transaction() as session:
        mine = sa.update(Delivery).where(Delivery.mailing_id == mailing_id)
        session.execute(mine.values(give_up_at=now()))
    sandbox.fault("answer_503", for_seconds=3600)
    for _ in numbers:
        let_time_pass(institution)
        send(institution)
    sandbox.clear_faults()
    assert letter_statuses(institution, mailing_id) == ["action"] * len(numbers)
    assert sandbox.counts()["dispatches"] == len(numbers)
    return mailing_id
