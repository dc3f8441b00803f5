"""The Serviceplatform as a channel: what each answer means, over mutual TLS to the stand-in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digitalpost.channels.base import OutcomeKind
from digitalpost.channels.sf1601 import token
from digitalpost.channels.sf1601.channel import Sf1601Channel
from digitalpost.channels.sf1601.message import kombi_request
from digitalpost.environment import TlsSettings
from digitalpost.errors import Refused
from sandbox.certificates import make_expired_client, make_foreign_client
from tests.channels.making_sf1601 import (
    ANNA,
    COMPANY,
    PDF,
    make_outgoing,
    on_paper,
    settings_of,
)
from tests.sandbox_server import RunningSandbox, start_sandbox


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with start_sandbox(tmp_path_factory.mktemp("home")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    running.clear_faults()
    running.settings(
        postprocessing_seconds=0, duplicate_memo="receipt", latency_ms=0, token_seconds=3600
    )
    running.empty()
    token.forget_tokens()
    return running


@pytest.fixture
def channel(sandbox: RunningSandbox) -> Iterator[Sf1601Channel]:
    channel = Sf1601Channel(settings_of(sandbox))
    yield channel
    channel.close()


def what_came(sandbox: RunningSandbox, message_id: str) -> dict[str, Any]:
    return dict(sandbox.api("GET", f"/api/memos/{message_id}").json())


def calls(sandbox: RunningSandbox) -> list[tuple[str, str]]:
    return [(one["path"].rpartition("/")[2], one["answer"]) for one in sandbox.requests()]


@pytest.mark.parametrize("path", ["kombi", "memos"])
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_letter_is_taken_by_both_paths_which_is_not_the_same_as_delivered(
    sandbox: RunningSandbox, path: str, version: str
) -> None:
    channel = Sf1601Channel(settings_of(sandbox, path=path, memo_version=version))
    letter = make_outgoing(COMPANY, reply=True, attention_to={"p_number": "1999900017"})
    outcome = channel.send(letter)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(outcome.receipt["transmission_id"]) == 36
    assert sandbox.content(letter.message_id) == PDF
    came = what_came(sandbox, letter.message_id)
    assert (came["version"], came["reply"]) == (version, True)
    assert came["attention"] == {"p_number": "1999900017"}
    assert calls(sandbox)[-1] == (path, "200")
    assert channel.poll([letter.message_id]) == {}
    channel.close()


def test_tokens_are_fetched_once_for_many_letters(
    sandbox: RunningSandbox, channel: Sf1601Channel
) -> None:
    senders = [
        threading.Thread(target=lambda: channel.send(make_outgoing(content=b"%PDF kort")))
        for _ in range(6)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    other = Sf1601Channel(settings_of(sandbox))
    other.send(make_outgoing())
    other.close()
    paths = [path for path, _ in calls(sandbox)]
    assert (paths.count("issue"), paths.count("token"), paths.count("kombi")) == (1, 1, 7)


def test_a_token_that_runs_out_between_letters_is_renewed_without_a_letter_noticing(
    sandbox: RunningSandbox, channel: Sf1601Channel
) -> None:
    channel.send(make_outgoing())
    sandbox.api("DELETE", "/api/tokens")
    assert channel.send(make_outgoing()).kind is OutcomeKind.ACCEPTED
    paths = calls(sandbox)
    assert paths.count(("kombi", "401")) == 1
    assert paths.count(("token", "200")) == 2
    assert sandbox.counts()["dispatches"] == 2


def test_a_token_is_renewed_before_it_ends(sandbox: RunningSandbox) -> None:
    sandbox.settings(token_seconds=1)
    channel = Sf1601Channel(settings_of(sandbox))
    channel.send(make_outgoing())
    key = next(key for key in token._tokens if key[-1] != "saml")
    kept = token._tokens[key]
    token._tokens[key] = token._Token(kept.value, kept.until - 0.6)
    channel.send(make_outgoing())
    answers = calls(sandbox)
    assert answers.count(("token", "200")) == 2
    assert ("kombi", "401") not in answers
    channel.close()


def test_a_service_that_never_takes_the_token_is_asked_twice_and_no_more(
    sandbox: RunningSandbox, channel: Sf1601Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    bogus = token._Token("Holder-of-key " + "0" * 36, float("inf"))
    monkeypatch.setattr(token.TokenAuth, "_access_token", lambda *_: bogus)
    assert channel.send(make_outgoing()).kind is OutcomeKind.FIX_SETUP
    assert calls(sandbox).count(("kombi", "401")) == 2


def test_the_end_of_a_saml_token_is_read_from_both_places() -> None:
    from base64 import b64encode

    xml = (
        b'<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">'
        b'<a:Conditions NotOnOrAfter="2026-11-23T16:15:00.000Z"/></a:Assertion>'
    )
    assertion = b64encode(xml).decode()
    inside = datetime(2026, 11, 23, 16, 15, tzinfo=UTC)
    assert token._ends("", assertion) == inside
    assert token._ends("11/23/2026 17:15:00", assertion) == inside
    assert token._ends("11/23/2026 15:00:00", assertion) == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert token._ends("11/23/2026 15:00:00", "bogus") == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert token._ends("i morgen", "bogus") is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("answer_500", OutcomeKind.RETRY),
        ("answer_503", OutcomeKind.RETRY),
        ("answer_429", OutcomeKind.RETRY),
        ("wrong_body", OutcomeKind.RETRY),
        ("drop_before_storing", OutcomeKind.RETRY),
        ("answer_400", OutcomeKind.FIX_SETUP),
    ],
)
def test_no_letter_is_to_blame_for_a_missing_token(
    sandbox: RunningSandbox, channel: Sf1601Channel, fault: str, kind: OutcomeKind
) -> None:
    sandbox.fault(fault, target="sf1601.token")
    assert channel.send(make_outgoing()).kind is kind
    assert channel.send(make_outgoing()).kind is OutcomeKind.ACCEPTED
    assert sandbox.counts()["dispatches"] == 1


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("drop_before_storing", OutcomeKind.RETRY),
        ("drop_after_storing", OutcomeKind.RETRY),
        ("answer_500", OutcomeKind.RETRY),
        ("answer_500_after_storing", OutcomeKind.RETRY),
        ("answer_503", OutcomeKind.RETRY),
        ("answer_429", OutcomeKind.RETRY),
        ("answer_400", OutcomeKind.FIX_LETTER),
        ("wrong_body", OutcomeKind.RETRY),
    ],
)
def test_every_answer_means_one_thing_for_post_of_either_kind(
    sandbox: RunningSandbox, channel: Sf1601Channel, fault: str, kind: OutcomeKind, by_hand: bool
) -> None:
    sandbox.fault(fault, target="sf1601.send", seconds=7)
    outcome = channel.send(on_paper() if by_hand else make_outgoing())
    assert outcome.kind is kind
    if fault == "answer_429":
        assert outcome.retry_after == 7


@pytest.mark.parametrize(
    ("how", "kind"),
    [("receipt", OutcomeKind.ACCEPTED), ("error", OutcomeKind.ALREADY_USED)],
)
def test_the_same_id_again_is_no_second_letter(
    sandbox: RunningSandbox, channel: Sf1601Channel, how: str, kind: OutcomeKind
) -> None:
    sandbox.settings(duplicate_memo=how)
    letter, paper = make_outgoing(), on_paper()
    for one in (letter, paper):
        sandbox.fault("drop_after_storing", target="sf1601.send")
        assert channel.send(one).kind is OutcomeKind.RETRY
        assert channel.send(one).kind is kind
    assert sandbox.counts()["dispatches"] == len(sandbox.prints()) == 1


def test_a_refusal_is_known_by_its_code_and_shown_to_a_person(
    sandbox: RunningSandbox, channel: Sf1601Channel
) -> None:
    outcome = channel.send(make_outgoing(content=b""))
    assert outcome.kind is OutcomeKind.FIX_LETTER
    assert "file.empty.not.allowed" in str(outcome.sentence)
    assert outcome.receipt["answer"]["Result"] == "false"
    other = Sf1601Channel(settings_of(sandbox, sender_cvr="99000031"))
    assert other.send(make_outgoing()).kind is OutcomeKind.ACCEPTED
    other.close()


def test_a_letter_on_paper_goes_to_the_printer_without_a_persons_number(
    sandbox: RunningSandbox,
) -> None:
    channel = Sf1601Channel(settings_of(sandbox, path="memos", print_type="42"))
    letter = on_paper(attention="Løn og personale")
    outcome = channel.send(letter)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(outcome.receipt["transmission_id"]) == 36  # our own transaction: none was given
    (printed,) = sandbox.prints()
    assert printed["message_id"] == letter.message_id
    assert printed["lines"] == ["Åse Møller", "Att.: Løn og personale", *letter.address]
    assert sandbox.printed(letter.message_id) == PDF
    assert letter.recipient.number.encode() not in kombi_request(settings_of(sandbox), letter)
    assert calls(sandbox)[-1] == ("kombi", "200")
    channel.close()


@pytest.mark.parametrize(
    "address",
    [(), tuple(f"Linje {n}" for n in range(7)), ("Speciallægepraksissammenslutningernes Hus",)],
)
def test_half_an_address_is_none(sandbox: RunningSandbox, address: tuple[str, ...]) -> None:
    letter = on_paper(address=address)
    with pytest.raises(Refused, match=r"[Aa]dresse"):
        kombi_request(settings_of(sandbox), letter)
    channel = Sf1601Channel(settings_of(sandbox))
    assert channel.send(letter).kind is OutcomeKind.FIX_LETTER
    channel.close()


@pytest.mark.parametrize("make", [make_expired_client, make_foreign_client])
def test_a_certificate_that_is_not_ours_is_a_fault_of_the_set_up(
    sandbox: RunningSandbox, make: Any, tmp_path: Path
) -> None:
    certificate, key = make(sandbox.home / "certificates")
    tls = TlsSettings(sandbox.certificates.ca, certificate, key)
    channel = Sf1601Channel(settings_of(sandbox, tls=tls))
    assert channel.send(make_outgoing()).kind is OutcomeKind.FIX_SETUP
    assert sandbox.counts()["dispatches"] == 0
    channel.close()


def test_a_token_of_another_certificate_opens_nothing(sandbox: RunningSandbox) -> None:
    channel = Sf1601Channel(settings_of(sandbox))
    channel.send(make_outgoing())
    stolen = next(kept.value for key, kept in token._tokens.items() if key[-1] != "saml")
    certificates = sandbox.certificates
    context = sandbox.ssl_context(certificates.broker_cert, certificates.broker_key)
    with sandbox.client(verify=context) as thief:
        answer = thief.post(
            "/service/KombiPostAfsend_1/kombi",
            content=kombi_request(settings_of(sandbox), make_outgoing()),
            headers={"Authorization": stolen},
        )
    assert answer.status_code == 401
    channel.close()


def test_no_receipt_that_is_kept_holds_a_number(
    sandbox: RunningSandbox, channel: Sf1601Channel
) -> None:
    for letter in (make_outgoing(), make_outgoing(content=b"")):
        assert ANNA not in json.dumps(dict(channel.send(letter).receipt))
