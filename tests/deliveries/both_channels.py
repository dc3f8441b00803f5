"""What tests need that try the same on e-Boks and on Digital Post."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.events import verify
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, Mailing
from tests.make_mailings import (
    approve_mailing,
    ask_all,
    let_time_pass,
    letter_statuses,
    make_mailing,
    on_their_way,
    send_all,
)
from tests.sandbox_server import RunningSandbox

BOTH = [ChannelName.EBOKS, ChannelName.DIGITAL_POST]
SENDS = {ChannelName.EBOKS: "eboks.dispatch", ChannelName.DIGITAL_POST: "digital_post.send"}
both = pytest.mark.parametrize("channel", BOTH)


def make_approved(institution: Institution, channel: ChannelName, numbers: list[str]) -> int:
    """A mailing whose letters all go through ``channel``, and may go now."""
    mailing_id = make_mailing(institution, numbers)
    with institution.transaction() as session:
        # Only Digital Post can be answered.
        mailing = session.get_one(Mailing, mailing_id)
        mailing.can_reply = channel is ChannelName.DIGITAL_POST
    approve_mailing(institution, mailing_id)
    with institution.reading() as session:
        used = session.scalars(sa.select(Delivery.channel).filter_by(mailing_id=mailing_id))
        assert set(used) == {channel}
    return mailing_id


def finish(institution: Institution) -> None:
    for _ in range(40):
        let_time_pass(institution)
        send_all(institution)
        let_time_pass(institution)
        ask_all(institution)
        if not on_their_way(institution):
            return
    raise AssertionError("letters are still on their way")


def assert_once(
    institution: Institution, sandbox: RunningSandbox, mailing_id: int, letters: int
) -> None:
    """Everybody got the letter, once, and the log holds."""
    assert letter_statuses(institution, mailing_id) == ["delivered"] * letters
    assert sandbox.counts()["dispatches"] == letters
    assert sandbox.counts()["by_recipient_max"] == 1
    with institution.reading() as session:
        assert list(verify(session)) == []


def changed(institution: Institution, channel: ChannelName, **line: Any) -> Institution:
    settings = institution.settings
    if channel is ChannelName.EBOKS:
        return replace(
            institution, settings=replace(settings, eboks=replace(settings.eboks, **line))
        )
    tls = {key: line.pop(key) for key in ("ca", "certificate", "key") if key in line}
    post = settings.channels.digital_post
    post = replace(post, tls=replace(post.tls, **tls), **line)
    channels = replace(settings.channels, digital_post=post)
    return replace(institution, settings=replace(settings, channels=channels))
