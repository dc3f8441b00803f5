"""Pushed receipts: early, late, twice, out of order, unknown, from the wrong party."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitalpost.access import SYSTEM
from digitalpost.deliveries import join
from digitalpost.deliveries.join import join_receipts
from digitalpost.documents import read_document
from digitalpost.events import verify
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel
from digitalpost.models import (
    ArrivedStatus,
    Delivery,
    DeliveryStatus,
    Document,
    Event,
    Mailing,
)
from digitalpost.sweep import due_work
from sandbox.sf1601_xml import HANDLINGS
from tests.deliveries.arriving import (
    CAME,
    FAILED,
    SF1601,
    TAKEN,
    arrive,
    deliveries,
    dispatch,
    let_hours_pass,
    poll,
    receipts,
    set_delivery,
    soon,
    standing,
    status,
)
from tests.make_mailings import ANNA, BO, let_time_pass, mailing_status, make_approved
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def institution(platform: Institution) -> Institution:
    """Its letters go to the Serviceplatform."""
    return platform


def test_a_letter_that_was_taken_is_delivered_when_the_status_says_so(
    institution: Institution, sent: Delivery
) -> None:
    assert arrive(institution, status(sent, TAKEN))
    assert standing(institution) == (["accepted"], ["awaiting_receipt"])
    assert arrive(institution, status(sent, CAME))
    assert standing(institution) == (["delivered"], ["delivered"])
    assert [one.status for one in receipts(institution)] == [ArrivedStatus.JOINED] * 2
    (delivery,) = deliveries(institution)
    with institution.reading() as session:
        document = session.get_one(Document, delivery.receipt_id)
        kept = json.loads(read_document(session, document))
    assert kept["answer"]["status"] == CAME
    assert kept["outcome"] == "delivered"


@pytest.mark.parametrize("code", HANDLINGS)
def test_only_what_the_table_calls_final_is_final(
    institution: Institution, sent: Delivery, code: str
) -> None:
    arrive(institution, status(sent, code))
    expected = {CAME: "delivered", FAILED: "failed", "Tilbagekaldt": "failed", "Afsendt": "paper"}
    assert standing(institution)[0] == [expected.get(code, "accepted")]


def test_statuses_in_the_wrong_order_never_move_a_letter_back(
    institution: Institution, sent: Delivery
) -> None:
    for code in (CAME, TAKEN, FAILED):
        assert arrive(institution, status(sent, code))
        assert standing(institution) == (["delivered"], ["delivered"])
    first, second, third = receipts(institution)
    assert first.reason is None
    assert "allerede kvitteret" in second.reason["text"]
    assert "Det står, som det stod" in third.reason["text"]


def test_the_same_receipt_twice_is_stored_once_and_logged_once(
    institution: Institution, sent: Delivery
) -> None:
    body = status(sent, CAME)
    for _ in range(3):
        assert arrive(institution, body)
    (row,) = receipts(institution)
    assert row.times == 3
    with institution.reading() as session:
        kinds = [one.kind for one in session.query(Event)]
        assert kinds.count("letter:delivered") == 1
        assert list(verify(session)) == []


def test_a_receipt_that_comes_before_our_own_commit_waits_for_it(
    institution: Institution, sent: Delivery
) -> None:
    set_delivery(institution, status="claimed", lease_owner="en anden", lease_until=soon())
    arrive(institution, status(sent, CAME))
    assert standing(institution)[0] == ["claimed"]
    (row,) = receipts(institution)
    assert row.status is ArrivedStatus.PARKED
    set_delivery(institution, status="accepted", lease_owner=None, lease_until=None)
    assert join_receipts(institution, SF1601) == 0  # its time has not come
    let_hours_pass(institution, 0.01)
    assert ("join_receipts", "sf1601") in due_work(institution)
    assert join_receipts(institution, SF1601) == 1
    assert standing(institution) == (["delivered"], ["delivered"])
    assert not [one for one in due_work(institution) if one[0] == "join_receipts"]


@pytest.mark.parametrize(("code", "stands"), [(CAME, "delivered"), (TAKEN, "accepted")])
def test_a_letter_whose_answer_was_lost_is_known_by_its_receipt_and_not_sent_again(
    institution: Institution, sandbox: RunningSandbox, code: str, stands: str
) -> None:
    make_approved(institution, [ANNA])
    sandbox.fault("drop_after_storing", target="sf1601.send")
    dispatch(institution)
    (delivery,) = deliveries(institution)
    assert delivery.status is DeliveryStatus.WAITING
    arrive(institution, status(delivery, code))
    assert standing(institution)[0] == [stands]
    let_time_pass(institution)
    assert dispatch(institution) == 0
    (stored,) = sandbox.dispatches()
    assert stored["received"] == 1


def test_a_refusal_of_our_second_attempt_is_no_failure_of_the_first(
    institution: Institution, sent: Delivery
) -> None:
    arrive(institution, status(sent, FAILED, error="memo.message.uuid.exists"))
    assert standing(institution) == (["accepted"], ["awaiting_receipt"])


def test_a_letter_that_we_never_sent_is_not_delivered_by_anybodys_word(
    institution: Institution,
) -> None:
    make_approved(institution, [ANNA], hold_seconds=600)
    (delivery,) = deliveries(institution)
    arrive(institution, status(delivery, CAME))
    assert standing(institution) == (["waiting"], ["waiting"])
    assert receipts(institution)[0].status is ArrivedStatus.PARKED


def test_a_receipt_thirty_hours_late_finds_its_letter_where_it_was(
    institution: Institution, sent: Delivery
) -> None:
    for _ in range(3):
        let_hours_pass(institution, 10)
        poll(institution)
        assert standing(institution) == (["accepted"], ["awaiting_receipt"])
    arrive(institution, status(sent, CAME))
    assert standing(institution) == (["delivered"], ["delivered"])


def test_a_letter_that_we_gave_up_on_is_delivered_after_all(
    institution: Institution, sent: Delivery
) -> None:
    let_hours_pass(institution, 11 * 24)
    poll(institution)
    assert standing(institution) == (["failed"], ["action"])
    arrive(institution, status(sent, CAME))
    assert standing(institution) == (["delivered"], ["delivered"])


def test_what_the_channel_said_last_it_can_not_take_back(
    institution: Institution, sent: Delivery
) -> None:
    arrive(institution, status(sent, FAILED, error="recipient.not.registered"))
    assert standing(institution) == (["failed"], ["action"])
    (delivery,) = deliveries(institution)
    assert "ingen digital postkasse" in delivery.problem["text"]
    arrive(institution, status(sent, CAME))
    assert standing(institution) == (["failed"], ["action"])


@pytest.mark.parametrize("code", ["service.unavailable", "unauthorized", "noget.helt.nyt", ""])
def test_a_final_failure_is_shown_to_a_person_whatever_its_code(
    institution: Institution, sent: Delivery, code: str
) -> None:
    arrive(institution, status(sent, FAILED, error=code))
    assert standing(institution) == (["failed"], ["action"])


def test_a_cancelled_letter_stays_cancelled_and_says_that_it_came(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [ANNA])
    sandbox.fault("drop_after_storing", target="sf1601.send")
    dispatch(institution)
    with institution.transaction() as session:
        cancel(session, SYSTEM, session.get_one(Mailing, mailing_id))
    (delivery,) = deliveries(institution)
    arrive(institution, status(delivery, CAME))
    assert standing(institution)[0] == ["cancelled"]
    assert "er nået frem" in receipts(institution)[0].reason["text"]


def test_a_crash_between_storing_and_joining_costs_nothing(
    institution: Institution, sent: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(institution, status(sent, CAME), join=False)
    assert ("join_receipts", "sf1601") in due_work(institution)

    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(join, "restate_letters", crash)
        with pytest.raises(KeyboardInterrupt):
            join_receipts(institution, SF1601)
    assert standing(institution) == (["accepted"], ["awaiting_receipt"])
    assert join_receipts(institution, SF1601) == 1
    assert standing(institution) == (["delivered"], ["delivered"])


def test_several_who_take_and_join_at_once_do_it_once(institution: Institution) -> None:
    mailing_id = make_approved(institution, [ANNA, BO] * 4)
    dispatch(institution)
    bodies = [status(one, code) for one in deliveries(institution) for code in (TAKEN, CAME)] * 3
    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(lambda body: arrive(institution, body), bodies))
    let_hours_pass(institution, 0.01)
    join_receipts(institution, SF1601)
    assert standing(institution) == (["delivered"] * 8, ["delivered"] * 8)
    assert mailing_status(institution, mailing_id) == "sent"
    assert [one.times for one in receipts(institution)] == [3] * 16
    with institution.reading() as session:
        kinds = [one.kind for one in session.query(Event)]
        assert kinds.count("letter:delivered") == 8
        assert list(verify(session)) == []
