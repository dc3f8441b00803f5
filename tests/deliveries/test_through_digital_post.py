"""Mailings that go through Digital Post: chosen for what a letter asks, told by its receipts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.channels import digital_post, digital_post_container
from digitalpost.deliveries.marks import stop_of
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, Letter, Mailing
from tests.deliveries.both_channels import changed
from tests.make import make_institution
from tests.make_addressees import deliveries_of
from tests.make_mailings import (
    ANNA,
    BO,
    EXEMPT,
    approve_mailing,
    ask_all,
    let_time_pass,
    letter_statuses,
    line_of,
    mailing_status,
    make_mailing,
    send_all,
)
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Institution]:
    """An institution with a line to e-Boks and one to Digital Post."""
    address = sandbox.address
    found = make_institution(
        tmp_path / "home",
        tables=False,
        DATABASE_URL=database_url,
        DIGITALPOST_OWN_CVR="99000015",
        DIGITALPOST_CHANNELS="eboks digital_post",
        DIGITAL_POST_URL=address["digital_post"],
        DIGITAL_POST_TOKEN=address["digital_post_token"],
        DIGITAL_POST_CA=address["ca"],
        DIGITAL_POST_CERTIFICATE=address["client_certificate"],
        DIGITAL_POST_KEY=address["client_key"],
        DIGITAL_POST_TIMEOUT="10",
        **line_of(sandbox),
    )
    yield found
    found.close()


def make_answerable(institution: Institution, numbers: list[str]) -> int:
    """An approved mailing that can be answered for the next ten days."""
    mailing_id = make_mailing(institution, numbers)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.can_reply, mailing.reply_by = True, last_day()
    approve_mailing(institution, mailing_id)
    return mailing_id


def last_day() -> date:
    return date.today() + timedelta(days=10)


def ids_of(institution: Institution, mailing_id: int) -> list[str]:
    with institution.reading() as session:
        query = sa.select(Delivery.message_id).where(Delivery.mailing_id == mailing_id)
        return list(session.scalars(query.order_by(Delivery.id)))


def go_on(institution: Institution) -> None:
    let_time_pass(institution)
    send_all(institution)
    let_time_pass(institution)
    ask_all(institution)


def with_containers(institution: Institution, letters: int) -> Institution:
    """The same institution, handing over so many letters in one call."""
    return changed(institution, ChannelName.DIGITAL_POST, at_once=letters)


def posted(sandbox: RunningSandbox) -> list[str]:
    """The paths with which messages were handed over."""
    asked = [one for one in sandbox.requests() if one["method"] == "POST"]
    return [one["path"] for one in asked if "/memos/" in one["path"]]


def test_what_can_be_answered_goes_where_it_can_be_and_the_rest_as_before(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    answerable = make_answerable(institution, [ANNA, BO])
    plain = make_mailing(institution, [ANNA])
    approve_mailing(institution, plain)
    go_on(institution)
    assert deliveries_of(institution, answerable) == [("main", "digital_post", "delivered")] * 2
    assert deliveries_of(institution, plain) == [("main", "eboks", "delivered")]
    assert letter_statuses(institution, answerable) == ["delivered"] * 2
    assert mailing_status(institution, answerable) == "sent"
    for message_id in ids_of(institution, answerable):
        told = str(sandbox.api("GET", f"/api/memos/{message_id}").json())
        assert last_day().isoformat() in told  # the last day for an answer
    assert sandbox.counts()["dispatches"] == 3


def test_the_receipt_is_filed_and_fetched_only_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_answerable(institution, [ANNA])
    go_on(institution)
    asked = len(sandbox.requests())
    go_on(institution)
    assert len(sandbox.requests()) == asked
    with institution.reading() as session:
        delivery = session.scalars(sa.select(Delivery)).one()
        assert delivery.mailing_id == mailing_id
        assert delivery.receipt_id is not None


def test_somebody_without_a_mailbox_makes_the_letter_a_task(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_answerable(institution, [ANNA, EXEMPT])
    go_on(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "action"]


def test_an_answer_that_came_too_late_is_asked_for_again_under_the_same_id(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("slow_after_storing", target="digital_post.send", seconds=3)
    mailing_id = make_answerable(institution, [ANNA])
    go_on(changed(institution, ChannelName.DIGITAL_POST, timeout=1.0))
    go_on(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"]
    assert len(posted(sandbox)) == 2
    assert [one["message_id"] for one in sandbox.dispatches()] == ids_of(institution, mailing_id)


def test_many_letters_go_in_one_call_and_none_twice_when_its_answer_is_lost(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    packing = with_containers(institution, 10)
    first = make_answerable(packing, [ANNA, BO, EXEMPT])
    sandbox.fault("drop_after_storing", target="digital_post.send")
    for _ in range(3):
        go_on(packing)
    assert len(posted(sandbox)) == 2
    assert sandbox.counts()["dispatches"] == 3
    assert letter_statuses(packing, first) == ["delivered", "delivered", "action"]
    second = make_answerable(packing, [ANNA])
    go_on(packing)
    assert letter_statuses(packing, second) == ["delivered"]


def test_a_damaged_letter_stops_alone_and_the_others_of_the_call_go(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    packing = with_containers(institution, 10)
    mailing_id = make_answerable(packing, [ANNA, BO])
    with packing.reading() as session:
        letter = session.scalars(sa.select(Letter).order_by(Letter.id)).first()
        assert letter is not None
        assert letter.document is not None
        path = letter.document.path
    (institution.settings.home / "documents" / path).write_bytes(b"noget andet")
    go_on(packing)
    assert letter_statuses(packing, mailing_id) == ["action", "delivered"]
    assert sandbox.counts()["dispatches"] == 1


@pytest.mark.parametrize("goes_alone", [False, True])
def test_a_letter_that_no_message_can_hold_waits_alone_and_stops_nothing_else(
    institution: Institution,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    goes_alone: bool,
) -> None:
    sandbox.settings(duplicate_memo="error")
    if goes_alone:
        monkeypatch.setattr(digital_post, "_ALONE", 0)
    monkeypatch.setattr(digital_post_container, "MOST_BYTES", 1)  # a container for each letter
    packing = with_containers(institution, 10)
    mailing_id = make_answerable(packing, [ANNA, BO])
    with packing.transaction() as session:
        last = session.scalars(sa.select(Letter).order_by(Letter.id.desc()).limit(1)).one()
        last.title = "Brev \x0b"
    go_on(packing)
    assert letter_statuses(packing, mailing_id) == ["delivered", "waiting"]
    with packing.reading() as session:
        assert stop_of(session) is None
