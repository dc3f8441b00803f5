"""Digital Post as a channel: what each answer means, over mutual TLS against the stand-in."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digitalpost.channel_settings import DigitalPostSettings, read_channel_settings
from digitalpost.channels.base import ChannelUnreachable, Outcome, OutcomeKind, Outgoing
from digitalpost.channels.digital_post import DigitalPostChannel, payload
from digitalpost.errors import Refused
from digitalpost.identifiers import parse
from digitalpost.memo.read import read_memo
from tests.sandbox_server import RunningSandbox, start_sandbox

ANNA, EXEMPT, COMPANY = "0102031234", "0102600001", "99000023"
PDF = b"%PDF-1.7 " + bytes(range(256)) * 3000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("home")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    running.clear_faults()
    running.settings(postprocessing_seconds=0, duplicate_memo="receipt", latency_ms=0)
    running.empty()
    return running


def settings_of(sandbox: RunningSandbox, **changes: Any) -> DigitalPostSettings:
    address = sandbox.address
    env = {
        "DIGITAL_POST_URL": address["digital_post"],
        "DIGITAL_POST_TOKEN": address["digital_post_token"],
        "DIGITAL_POST_CA": address["ca"],
        "DIGITAL_POST_CERTIFICATE": address["client_certificate"],
        "DIGITAL_POST_KEY": address["client_key"],
    }
    found = read_channel_settings(
        env, Path("/nowhere"), "digital_post", "", institution="Øvelsesskolen", own_cvr="99000015"
    )
    return dataclasses.replace(found.digital_post, **changes)


@pytest.fixture
def channel(sandbox: RunningSandbox) -> Iterator[DigitalPostChannel]:
    channel = DigitalPostChannel(settings_of(sandbox))
    yield channel
    channel.close()


def make_outgoing(number: str = ANNA, **changes: Any) -> Outgoing:
    letter = Outgoing(str(uuid.uuid4()), parse(number), "Svar på ansøgning: 2. b", PDF)
    return dataclasses.replace(letter, **changes)


def what_came(sandbox: RunningSandbox, letter: Outgoing) -> dict[str, Any]:
    return dict(sandbox.api("GET", f"/api/memos/{letter.message_id}").json())


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_letter_is_taken_and_its_receipt_says_that_it_came(
    sandbox: RunningSandbox, version: str
) -> None:
    channel = DigitalPostChannel(settings_of(sandbox, memo_version=version))
    letter = make_outgoing()
    assert channel.send(letter).kind is OutcomeKind.ACCEPTED
    assert sandbox.content(letter.message_id) == PDF
    assert what_came(sandbox, letter)["version"] == version
    assert channel.poll([letter.message_id])[letter.message_id].kind is OutcomeKind.DELIVERED
    channel.close()


def test_a_receipt_is_told_again_until_it_is_forgotten(sandbox: RunningSandbox) -> None:
    letter, other = make_outgoing(), make_outgoing(COMPANY)
    for forget, expected in ((False, 2), (True, 2), (False, 1)):
        channel = DigitalPostChannel(settings_of(sandbox))
        if not sandbox.dispatches():
            channel.send(letter)
            channel.send(other)
        told = channel.poll([letter.message_id, other.message_id])
        assert len(told) == expected
        if forget:
            channel.forget([letter.message_id])
        channel.close()


def test_what_the_letter_asks_for_stands_in_the_message(
    sandbox: RunningSandbox, channel: DigitalPostChannel
) -> None:
    letter = make_outgoing(
        COMPANY,
        name="Eksempel Maskinfabrik A/S",
        reply=True,
        reply_by=date(2026, 12, 15),
        attention_to={"p_number": "1999900017", "p_name": "Afd. Syd"},
        case_number="2026-000123",
    )
    channel.send(letter)
    came = what_came(sandbox, letter)
    assert (came["sender"], came["recipient"], came["id_type"]) == ("99000015", COMPANY, "CVR")
    assert (came["reply"], came["reply_by"]) == (True, "2026-12-15T22:59:59Z")
    assert came["attention"] == {"p_number": "1999900017"}
    assert came["files"][0]["filename"] == "Svar på ansøgning_ 2. b.pdf"


def test_a_case_worker_is_named_by_e_mail(
    sandbox: RunningSandbox, channel: DigitalPostChannel
) -> None:
    letter = make_outgoing(COMPANY, attention_to={"email": "karla@eksempel.invalid"})
    channel.send(letter)
    assert what_came(sandbox, letter)["attention"]["email"] == "karla@eksempel.invalid"


def test_somebody_without_a_mailbox_is_a_matter_for_a_person(channel: DigitalPostChannel) -> None:
    letter = make_outgoing(EXEMPT)
    assert channel.send(letter).kind is OutcomeKind.ACCEPTED
    outcome = channel.poll([letter.message_id])[letter.message_id]
    assert outcome.kind is OutcomeKind.FIX_LETTER
    assert "ingen digital postkasse" in str(outcome.sentence)


@pytest.mark.parametrize(
    ("how", "kind"),
    [("receipt", OutcomeKind.ACCEPTED), ("error", OutcomeKind.ALREADY_USED)],
)
def test_the_same_id_again_is_no_second_letter(
    sandbox: RunningSandbox, channel: DigitalPostChannel, how: str, kind: OutcomeKind
) -> None:
    sandbox.settings(duplicate_memo=how)
    letter = make_outgoing()
    channel.send(letter)
    assert channel.send(letter).kind is kind
    assert sandbox.counts()["dispatches"] == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("drop_before_storing", OutcomeKind.RETRY),
        ("drop_after_storing", OutcomeKind.RETRY),
        ("answer_500", OutcomeKind.RETRY),
        ("answer_503", OutcomeKind.RETRY),
        ("answer_429", OutcomeKind.RETRY),
        ("answer_400", OutcomeKind.FIX_LETTER),
        ("wrong_body", OutcomeKind.ACCEPTED),
    ],
)
def test_every_answer_means_one_of_four_things(
    sandbox: RunningSandbox, channel: DigitalPostChannel, fault: str, kind: OutcomeKind
) -> None:
    sandbox.fault(fault, target="digital_post.send", seconds=7)
    outcome = channel.send(make_outgoing())
    assert outcome.kind is kind
    if fault == "answer_429":
        assert outcome.retry_after == 7


def test_a_token_that_nobody_knows_is_a_fault_of_the_set_up(sandbox: RunningSandbox) -> None:
    channel = DigitalPostChannel(settings_of(sandbox, token="bm9nZXQ6YW5kZXQ="))
    outcome = channel.send(make_outgoing())
    assert outcome.kind is OutcomeKind.FIX_SETUP
    assert "Digital Post afviser" in str(outcome.sentence)
    channel.close()


@pytest.mark.parametrize("fault", ["answer_503", "wrong_body", "drop_before_storing"])
def test_receipts_that_can_not_be_read_are_asked_for_again(
    sandbox: RunningSandbox, channel: DigitalPostChannel, fault: str
) -> None:
    letter = make_outgoing()
    channel.send(letter)
    sandbox.fault(fault, target="digital_post.receipts")
    with pytest.raises(ChannelUnreachable):
        channel.poll([letter.message_id])
    assert channel.poll([letter.message_id])[letter.message_id].kind is OutcomeKind.DELIVERED


def test_a_receipt_that_comes_twice_is_one_outcome_and_both_are_deleted(
    sandbox: RunningSandbox, channel: DigitalPostChannel
) -> None:
    sandbox.fault("receipt_twice", target="digital_post.send")
    letter = make_outgoing()
    channel.send(letter)
    told: dict[str, Outcome] = dict(channel.poll([letter.message_id]))
    assert [one.kind for one in told.values()] == [OutcomeKind.DELIVERED]
    channel.forget([letter.message_id])
    other = DigitalPostChannel(settings_of(sandbox))
    assert other.poll([letter.message_id]) == {}
    other.close()


def test_what_would_be_sent_can_be_made_and_read_without_sending(sandbox: RunningSandbox) -> None:
    letter = make_outgoing(COMPANY, reply=True)
    message = read_memo(payload(settings_of(sandbox), letter))
    assert message.body is not None
    assert message.body.main_document.files[0].content == PDF
    assert sandbox.counts()["requests"] == 0


def test_what_digital_post_would_refuse_is_refused_before(sandbox: RunningSandbox) -> None:
    with pytest.raises(Refused, match="tom"):
        payload(settings_of(sandbox), make_outgoing(content=b""))


def test_no_receipt_that_is_kept_holds_a_number(
    sandbox: RunningSandbox, channel: DigitalPostChannel
) -> None:
    letter = make_outgoing()
    for outcome in (channel.send(letter), channel.poll([letter.message_id])[letter.message_id]):
        assert ANNA not in str(outcome.receipt)
