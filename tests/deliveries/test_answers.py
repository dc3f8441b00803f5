"""What each answer from e-Boks, and each fault on the line, does to a letter."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.db import now
from digitalpost.documents import read_document
from digitalpost.institution import Institution
from digitalpost.models import Case, ChannelName, Delivery, Document, DocumentKind, Letter
from digitalpost.vault import seal
from tests.deliveries.both_channels import changed
from tests.make_mailings import (
    ANNA,
    DEAD,
    EXEMPT,
    FOUR,
    INVALID,
    MINOR,
    RESOLVED,
    ask,
    finish,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_approved,
    send,
)
from tests.sandbox_server import RunningSandbox

FAULTS = (
    "drop_before_storing",
    "drop_after_storing",
    "answer_500",
    "answer_500_after_storing",
    "answer_503",
    "answer_429",
    "wrong_body",
)


@pytest.mark.parametrize(
    ("fault", "duplicate_status"),
    [*((fault, 409) for fault in FAULTS), ("drop_after_storing", 419)],
)
def test_a_fault_on_the_line_neither_loses_nor_doubles_a_letter(
    institution: Institution, sandbox: RunningSandbox, fault: str, duplicate_status: int
) -> None:
    sandbox.settings(duplicate_status=duplicate_status)
    sandbox.fault(fault, count=3, seconds=0)
    mailing_id = make_approved(institution)
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 4
    assert sandbox.counts()["dispatches"] == 4
    assert sandbox.counts()["by_recipient_max"] == 1


def test_an_answer_that_comes_after_the_time_out_is_found_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    hasty = changed(institution, ChannelName.EBOKS, timeout=1.0)
    sandbox.fault("slow_after_storing", count=2, seconds=3)
    mailing_id = make_approved(institution)
    send(hasty)
    assert sorted(letter_statuses(institution, mailing_id)) == ["delivered"] * 2 + ["waiting"] * 2
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 4
    assert sandbox.counts()["by_recipient_max"] == 1


def test_a_letter_that_is_refused_for_good_needs_a_person_and_the_rest_go(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_400", count=1)
    mailing_id = make_approved(institution)
    finish(institution)
    assert sorted(letter_statuses(institution, mailing_id)) == ["action"] + ["delivered"] * 3
    assert mailing_status(institution, mailing_id) == "sent"
    with institution.reading() as session:
        failed = session.scalars(sa.select(Delivery).where(Delivery.status == "failed")).one()
        assert failed.accepted_at is None  # it was never accepted, and evidence must not say so
        assert failed.letter.due_at is not None and failed.letter.status_reason is not None


@pytest.mark.parametrize(
    "digits", ["0", "120", "99999999999999", "²", "Wed, 21 Oct 2026 07:28 GMT"]
)
def test_whatever_stands_in_retry_after_the_letter_waits_a_time_we_can_bear(
    institution: Institution, digits: str
) -> None:
    import httpx

    from digitalpost.channels.answers import refused_outcome
    from digitalpost.deliveries.settle import _pause_before

    answer = httpx.Response(429, headers=[(b"Retry-After", digits.encode())])
    outcome = refused_outcome(answer, ChannelName.EBOKS)
    wait = _pause_before(1, outcome)
    assert 8 <= wait <= 4 * 3600
    if digits == "120":
        assert wait == 120


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [
        (EXEMPT, "awaiting_receipt", "paper"),
        (RESOLVED, "awaiting_receipt", "paper"),
        (INVALID, "awaiting_receipt", "action"),
        (DEAD, "action", "action"),
        (MINOR, "action", "action"),
        (ANNA, "delivered", "delivered"),
    ],
)
def test_each_kind_of_recipient_ends_where_it_should(
    institution: Institution, sandbox: RunningSandbox, number: str, first: str, last: str
) -> None:
    sandbox.settings(postprocessing_seconds=3600)
    mailing_id = make_approved(institution, [number])
    send(institution)
    assert letter_statuses(institution, mailing_id) == [first]
    let_time_pass(institution)
    ask(institution)
    assert letter_statuses(institution, mailing_id) == [first]
    sandbox.settings(postprocessing_seconds=0)
    let_time_pass(institution)
    ask(institution)
    assert letter_statuses(institution, mailing_id) == [last]


@pytest.mark.parametrize("number", [ANNA, EXEMPT, INVALID, DEAD])
def test_the_receipt_lies_in_the_case_and_names_the_bytes_that_were_sent(
    institution: Institution, sandbox: RunningSandbox, number: str
) -> None:
    make_approved(institution, [number])
    finish(institution)
    [dispatch] = sandbox.dispatches()
    with institution.reading() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
        case = session.scalars(sa.select(Case)).one()
        assert delivery.letter.case_id == case.id
        assert delivery.receipt is not None
        assert delivery.receipt.kind is DocumentKind.RECEIPT
        assert delivery.receipt.key_id == delivery.document.key_id == case.key_id
        receipt = json.loads(read_document(session, delivery.receipt))
        content = read_document(session, delivery.document)
    assert sandbox.content(delivery.message_id) == content
    sha256 = delivery.document.sha256
    assert receipt["content_sha256"] == sha256 == hashlib.sha256(content).hexdigest()
    assert receipt["message_id"] == dispatch["message_id"]
    assert number not in json.dumps(receipt)


def test_a_receipt_that_never_comes_ends_with_a_person(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.settings(postprocessing_seconds=80_000)
    mailing_id = make_approved(institution, [EXEMPT])
    send(institution)
    for days in (1, 5, 9):
        with time_machine.travel(now() + timedelta(days=days), tick=True):
            assert ask(institution) == 1
        assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"]
    with time_machine.travel(now() + timedelta(days=11), tick=True):
        ask(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]


def test_a_letter_that_cannot_be_sent_until_its_time_is_up_needs_a_person(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_503", for_seconds=3600)
    mailing_id = make_approved(institution, [ANNA])
    send(institution)
    assert letter_statuses(institution, mailing_id) == ["waiting"]
    with time_machine.travel(now() + timedelta(hours=25), tick=True):
        send(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]
    assert mailing_status(institution, mailing_id) == "sent"
    assert sandbox.counts()["dispatches"] == 0


@pytest.mark.parametrize("what", ["object", "key", "number"])
def test_a_damaged_letter_stops_alone(
    institution: Institution, sandbox: RunningSandbox, what: str
) -> None:
    mailing_id = make_approved(institution, FOUR)
    with institution.transaction() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == 2)).one()
        document = session.get_one(Document, letter.document_id)
        if what == "object":
            institution.store.delete([document.path])
        elif what == "key":
            document.wrapped_key = seal(b"k" * 32, b"k" * 32, b"content key")
        else:
            assert letter.recipient is not None
            letter.recipient.number_sealed = b"x" * 40
    finish(institution)
    assert letter_statuses(institution, mailing_id) == [
        "delivered", "action", "delivered", "delivered",
    ]  # fmt: skip
    assert sandbox.counts()["dispatches"] == 3
