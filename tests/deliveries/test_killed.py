"""kill -9 of whoever sends, at any step: each letter arrives once, and the books balance."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from digitalpost.access import EVERYTHING
from digitalpost.documents import find_damaged, read_document
from digitalpost.events import verify
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, Document
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    EXEMPT,
    FOUR,
    ask,
    finish,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_approved,
    send,
)
from tests.processes import run_at_once, run_killed
from tests.sandbox_server import RunningSandbox

KILLS = 30  # on each kind of database


def send_and_ask(institution: Institution, _argument: object) -> None:
    send(institution)
    let_time_pass(institution)
    ask(institution)


def assert_each_arrived_once(
    institution: Institution, sandbox: RunningSandbox, letters: int
) -> None:
    dispatches = {one["message_id"]: one for one in sandbox.dispatches()}
    assert len(dispatches) == letters
    with institution.session(EVERYTHING) as session:
        deliveries = session.scalars(sa.select(Delivery)).all()
        assert {one.message_id for one in deliveries} == set(dispatches)
        for delivery in deliveries:
            sent = read_document(session, delivery.document)
            assert sandbox.content(delivery.message_id) == sent
        assert list(find_damaged(session)) == []
        assert list(verify(session)) == []


@pytest.mark.parametrize("mode", ["proxy", "direct"])
def test_killed_at_every_so_many_steps_each_letter_arrives_once(
    institution: Institution, sandbox: RunningSandbox, mode: str
) -> None:
    sandbox.settings(mode=mode, duplicate_status=419 if mode == "direct" else 409)
    if mode == "direct":
        institution = _direct(institution)
    numbers = [ANNA, BO, CARL, EXEMPT if mode == "proxy" else ANNA]
    mailing_id = make_approved(institution, numbers)
    kills, chance = 0, random.Random(7)
    for _ in range(KILLS // 2):
        let_time_pass(institution)
        kills += run_killed(send_and_ask, institution.settings, None, step=chance.randrange(1, 60))
    assert kills >= KILLS // 6
    finish(institution)
    assert_each_arrived_once(institution, sandbox, 4)
    last = "paper" if mode == "proxy" else "delivered"
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 3 + [last]
    assert mailing_status(institution, mailing_id) == "sent"


def test_killed_at_each_step_in_turn_nothing_is_lost_or_doubled(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    """Every third step of the first 45, each with a letter of its own."""
    mailings = []
    for step in range(3, 48, 3):
        mailings.append(make_approved(institution, [ANNA]))
        let_time_pass(institution)
        run_killed(send_and_ask, institution.settings, None, step=step)
    finish(institution)
    assert_each_arrived_once(institution, sandbox, len(mailings))
    for mailing_id in mailings:
        assert letter_statuses(institution, mailing_id) == ["delivered"]
        assert mailing_status(institution, mailing_id) == "sent"


def _send_from_a_process(settings: object) -> None:
    from digitalpost.institution import open_institution

    found = open_institution(settings)  # type: ignore[arg-type]
    send(found)
    found.close()


def test_several_dispatchers_at_once_send_each_letter_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailings = [make_approved(institution, FOUR * 4) for _ in range(2)]
    run_at_once(_send_from_a_process, [(institution.settings,)] * 3)
    assert_each_arrived_once(institution, sandbox, 32)
    with institution.reading() as session:
        # No lease ran out, so nobody may have sent a letter that another one held.
        assert set(session.scalars(sa.select(Delivery.attempts))) == {1}
    for mailing_id in mailings:
        assert mailing_status(institution, mailing_id) == "sent"


def test_a_lease_that_was_taken_over_while_its_holder_still_sends_does_no_harm(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    """The first sender comes back late; its answer is dropped and the letter went once."""
    from digitalpost.channels.registry import open_channel
    from digitalpost.db import now
    from digitalpost.deliveries.claim import claim_due
    from digitalpost.deliveries.hand_over import hand_over
    from digitalpost.deliveries.settle import settle

    mailing_id = make_approved(institution, [ANNA])
    channel = open_channel(institution.settings, ChannelName.EBOKS)
    with institution.transaction() as session:
        [mine] = claim_due(session, ChannelName.EBOKS, owner="first", limit=9, lease_seconds=30)
    [late] = hand_over(institution, channel, [mine])
    let_time_pass(institution)
    send(institution)  # somebody else takes over: the same id, and e-Boks says that it was used
    with institution.transaction() as session:
        assert settle(session, "first", [late], channel) == 0
    channel.close()
    finish(institution)
    assert_each_arrived_once(institution, sandbox, 1)
    assert letter_statuses(institution, mailing_id) == ["delivered"]
    with institution.reading() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
        assert delivery.attempts == 2 and delivery.settled_at <= now()
        assert session.get_one(Document, delivery.receipt_id).key_id == delivery.document.key_id


def _direct(institution: Institution) -> Institution:
    from dataclasses import replace

    eboks = replace(institution.settings.eboks, mode="direct", client_id="")
    return replace(institution, settings=replace(institution.settings, eboks=eboks))
