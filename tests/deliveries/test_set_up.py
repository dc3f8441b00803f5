"""A fault in the set-up pauses the channel, burns no letter, and is over by itself when mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, ChannelState, Delivery
from digitalpost.sweep import due_work
from sandbox.certificates import make_expired_client, make_foreign_client
from tests.deliveries.both_channels import changed
from tests.make_mailings import (
    finish,
    let_time_pass,
    letter_statuses,
    make_approved,
    send,
)
from tests.sandbox_server import RunningSandbox

BIG = b"%PDF " + b"x" * 3_000_000


def _expired(sandbox: RunningSandbox) -> dict[str, Any]:
    certificate, key = make_expired_client(sandbox.home / "certificates")
    return {"certificate": certificate, "key": key}


def _foreign(sandbox: RunningSandbox) -> dict[str, Any]:
    certificate, key = make_foreign_client(sandbox.home / "certificates")
    return {"certificate": certificate, "key": key}


def _wrong_ca(sandbox: RunningSandbox) -> dict[str, Any]:
    make_foreign_client(sandbox.home / "certificates")
    return {"ca": sandbox.home / "certificates" / "foreign-ca.crt"}


def _not_there(sandbox: RunningSandbox) -> dict[str, Any]:
    return {"certificate": sandbox.home / "nowhere.crt"}


def _not_a_certificate(sandbox: RunningSandbox) -> dict[str, Any]:
    Path(sandbox.home / "nonsense.crt").write_text("nonsense")
    return {"certificate": sandbox.home / "nonsense.crt"}


BROKEN: dict[str, Callable[[RunningSandbox], dict[str, Any]]] = {
    "expired": _expired,
    "foreign": _foreign,
    "none": lambda _: {"certificate": None, "key": None},
    "wrong ca": _wrong_ca,
    "not there": _not_there,
    "not a certificate": _not_a_certificate,
    "no address": lambda _: {"url": None},
}


@pytest.mark.parametrize(
    ("broken", "size"), [*((one, "small") for one in BROKEN), ("none", "big"), ("expired", "big")]
)
def test_a_broken_set_up_pauses_the_channel_until_it_is_mended(
    institution: Institution, sandbox: RunningSandbox, broken: str, size: str
) -> None:
    contents = [BIG, BIG, BIG] if size == "big" else None
    numbers = ["0102031234", "0405062345", "0708093456"]
    mailing_id = make_approved(institution, numbers, contents=contents)
    wrong = changed(institution, ChannelName.EBOKS, **BROKEN[broken](sandbox))
    send(wrong)
    with institution.reading() as session:
        state = session.get_one(ChannelState, ChannelName.EBOKS)
        assert state.paused_until is not None and state.paused_until > now()
        assert state.reason is not None
        attempts = set(session.scalars(sa.select(Delivery.attempts)))
    assert letter_statuses(institution, mailing_id) == ["waiting"] * 3
    assert send(wrong) == 0  # it is paused: nobody tries
    assert due_work(institution) == []
    with time_machine.travel(now() + timedelta(hours=30), tick=True):
        assert ("dispatch", "eboks") in due_work(institution)
        send(wrong)  # one letter tries the line, and its time is not used up
        assert letter_statuses(institution, mailing_id) == ["waiting"] * 3
    let_time_pass(institution)
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 3
    with institution.reading() as session:
        state = session.get_one(ChannelState, ChannelName.EBOKS)
        assert state.paused_until is state.paused_since is state.reason is None
        assert max(attempts) <= 1
    assert sandbox.counts()["by_recipient_max"] == 1


def test_a_letter_that_waited_for_a_paused_channel_is_not_given_up_at_the_first_hiccup(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, ["0102031234"])
    send(changed(institution, ChannelName.EBOKS, **_expired(sandbox)))
    with time_machine.travel(now() + timedelta(hours=30), tick=True):
        sandbox.fault("answer_503", count=1, seconds=0)
        send(institution)
    assert letter_statuses(institution, mailing_id) == ["waiting"]
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"]
