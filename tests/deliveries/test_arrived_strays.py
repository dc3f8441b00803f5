"""Pushed receipts that are strays: unknown, for somebody else, of another channel, unreadable."""

from __future__ import annotations

import json

import pytest

from digitalpost.deliveries.join import join_receipts
from digitalpost.institution import Institution
from digitalpost.models import (
    ArrivedStatus,
    ChannelName,
    Delivery,
    Event,
)
from tests.deliveries.arriving import (
    CAME,
    SF1601,
    arrive,
    let_hours_pass,
    receipts,
    set_delivery,
    standing,
    status,
)


@pytest.fixture
def institution(platform: Institution) -> Institution:
    """Its letters go to the Serviceplatform."""
    return platform


def test_an_unknown_id_is_tried_for_days_and_then_shown(institution: Institution) -> None:
    stranger = Delivery(message_id="00000000-0000-4000-8000-000000000000")
    body = status(stranger, CAME)
    arrive(institution, body)
    waits = []
    for hours in (0.01, 1, 24, 24 * 5):
        (row,) = receipts(institution)
        assert row.status is ArrivedStatus.PARKED
        waits.append(row.due_at)
        let_hours_pass(institution, hours)
        join_receipts(institution, SF1601)
    let_hours_pass(institution, 24 * 5)
    join_receipts(institution, SF1601)
    (row,) = receipts(institution)
    assert (row.status, row.due_at) == (ArrivedStatus.ORPHAN, None)
    with institution.reading() as session:
        assert "receipt:orphan" in [one.kind for one in session.query(Event)]
    arrive(institution, body)  # the sender insists: looked for once more
    assert receipts(institution)[0].status is ArrivedStatus.PARKED


def test_a_receipt_for_another_authority_is_refused(
    institution: Institution, sent: Delivery
) -> None:
    foreign = status(sent, CAME, cvr="99000031")
    assert not arrive(institution, foreign)
    assert standing(institution) == (["accepted"], ["awaiting_receipt"])
    (row,) = receipts(institution)
    assert row.status is ArrivedStatus.REFUSED
    with institution.reading() as session:
        assert "receipt:refused" in [one.kind for one in session.query(Event)]
    # The same status in an envelope for us is believed.
    assert arrive(institution, foreign.replace(b"cvr:99000031", b"cvr:99000015"))
    assert standing(institution) == (["delivered"], ["delivered"])
    assert not arrive(institution, foreign)
    assert [one.status for one in receipts(institution)] == [ArrivedStatus.JOINED]


def test_one_channel_can_not_speak_about_the_letters_of_another(
    institution: Institution, sent: Delivery
) -> None:
    body = json.dumps({"messageUUID": sent.message_id, "receiptStatus": "COMPLETED"}).encode()
    assert arrive(institution, body, channel=ChannelName.DIGITAL_POST)
    assert standing(institution) == (["accepted"], ["awaiting_receipt"])
    (row,) = receipts(institution)
    assert row.status is ArrivedStatus.REFUSED
    assert "ikke sendt den vej" in row.reason["text"]


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("COMPLETED", "delivered"),
        ("RECEIVED", "accepted"),
        ("INVALID", "failed"),
        ("?", "accepted"),
    ],
)
def test_receipts_of_digital_post_are_joined_by_the_same_means(
    institution: Institution, sent: Delivery, said: str, stands: str
) -> None:
    set_delivery(institution, channel="digital_post")
    body = {"messageUUID": sent.message_id.upper(), "receiptStatus": said, "errorCode": None}
    arrive(institution, json.dumps(body).encode(), channel=ChannelName.DIGITAL_POST)
    assert standing(institution)[0] == [stands]


def test_what_can_not_be_read_is_kept_for_somebody_to_see(institution: Institution) -> None:
    for _ in range(2):
        assert not arrive(institution, b"<html>Logget ud</html>")
    (row,) = receipts(institution)
    assert (row.status, row.times, row.message_id) == (ArrivedStatus.REFUSED, 2, "")
