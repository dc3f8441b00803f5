"""Stored messages are filed by themselves, tried again when that fails, and given up in the end."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.db import now
from digitalpost.errors import Refused, sentence_of
from digitalpost.incoming import due
from digitalpost.incoming.due import MOST_TRIES, file_due
from digitalpost.incoming.fetch import fetch_due
from digitalpost.incoming.unreadable import try_again, turn_down
from digitalpost.institution import Institution
from digitalpost.models import IncomingMessage, IncomingStatus, Letter
from digitalpost.pdf.pool import Workers
from tests.incoming.fetching.outbox import SchoolPost, messages


def make_due(institution: Institution) -> None:
    with institution.transaction() as session:
        waiting = IncomingMessage.status == IncomingStatus.STORED
        session.execute(
            sa.update(IncomingMessage).where(waiting).values(due_at=now(), lease_until=None)
        )


def test_what_is_fetched_becomes_a_letter(school: Institution, post: SchoolPost) -> None:
    put = [post.put(label=f"Brev {number}") for number in range(3)]
    fetch_due(school)
    filed = file_due(school)
    assert (len(filed.letters), filed.failed) == (3, 0)
    assert [one.message_uuid for one in messages(school)] == put
    assert {one.status for one in messages(school)} == {IncomingStatus.FILED}
    with school.reading() as session:
        titles = session.scalars(sa.select(Letter.title).order_by(Letter.id)).all()
    assert titles == ["Brev 0", "Brev 1", "Brev 2"]
    assert file_due(school).letters == []


def test_a_failure_is_tried_again_later_and_given_up_to_a_person(
    school: Institution, post: SchoolPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def fail(_institution: Institution, message_id: int, _workers: Workers) -> None:
        tried.append(message_id)
        raise ValueError("hvad som helst")

    monkeypatch.setattr(due, "file_message", fail)
    post.put()
    fetch_due(school)
    for number in range(1, MOST_TRIES):
        assert file_due(school).failed == 1
        (one,) = messages(school)
        assert (one.status, one.tries) == (IncomingStatus.STORED, number)
        assert one.due_at is not None and one.due_at > now()
        assert file_due(school).failed == 0  # not before it is due
        make_due(school)
    file_due(school)
    (one,) = messages(school)
    assert one.status is IncomingStatus.UNREADABLE
    assert one.problem and "prøvet flere gange" in str(sentence_of(one.problem))
    assert len(tried) == MOST_TRIES


def test_a_fault_in_our_own_house_is_waited_for_and_never_held_against_the_message(
    school: Institution, post: SchoolPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused("Virusscanneren svarer ikke.")

    post.put()
    fetch_due(school)
    with monkeypatch.context() as patch:
        patch.setattr(due, "file_message", refuse)
        for _ in range(MOST_TRIES + 2):
            assert file_due(school).failed == 1
            make_due(school)
    assert messages(school)[0].status is IncomingStatus.STORED
    assert len(file_due(school).letters) == 1


def test_a_message_that_kills_takes_its_neighbours_along_only_once(
    school: Institution, post: SchoolPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        post.put()
    fetch_due(school)
    bad = messages(school)[1].id
    real = due.file_message

    def die(institution: Institution, message_id: int, workers: Workers) -> int | None:
        if message_id == bad:
            raise KeyboardInterrupt
        return real(institution, message_id, workers)

    monkeypatch.setattr(due, "file_message", die)
    for _ in range(MOST_TRIES + 2):
        try:
            file_due(school)
        except KeyboardInterrupt:
            make_due(school)
    statuses = {one.id: one.status for one in messages(school)}
    assert statuses.pop(bad) is IncomingStatus.UNREADABLE
    assert set(statuses.values()) == {IncomingStatus.FILED}


def test_a_message_that_kills_whoever_files_it_is_given_up_too(
    school: Institution, post: SchoolPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    post.put()
    fetch_due(school)
    with monkeypatch.context() as patch:
        patch.setattr(due, "file_message", die)
        for _ in range(MOST_TRIES):
            with pytest.raises(KeyboardInterrupt):
                file_due(school)
            assert file_due(school).letters == []  # held until its lease is over
            make_due(school)
    file_due(school)
    assert messages(school)[0].status is IncomingStatus.UNREADABLE


def test_a_message_that_is_tried_again_is_acknowledged_only_when_it_is_filed(
    school: Institution, post: SchoolPost
) -> None:
    one = post.put(b"<a/>")
    fetch_due(school)
    with school.transaction() as session:
        try_again(session, SYSTEM, session.scalars(sa.select(IncomingMessage)).one())
    fetch_due(school, at_once=True)
    assert post.row(one)["receipts"] == 0
    file_due(school)
    assert messages(school)[0].status is IncomingStatus.UNREADABLE
    fetch_due(school, at_once=True)
    assert post.row(one)["receipts"] == 0


def test_only_a_person_turns_a_message_down_and_then_the_channel_is_told(
    school: Institution, post: SchoolPost
) -> None:
    one = post.put(b"<a/>")
    fetch_due(school)
    with school.transaction() as session:
        turn_down(session, SYSTEM, session.scalars(sa.select(IncomingMessage)).one())
    assert fetch_due(school).problem is None
    row = post.row(one)
    assert (row["status"], row["error_code"], row["receipts"]) == ("INVALID", "memo.invalid", 1)
    assert post.waiting() == []
    with school.transaction() as session, pytest.raises(Refused, match="taget stilling"):
        turn_down(session, SYSTEM, session.scalars(sa.select(IncomingMessage)).one())


def test_what_the_channel_has_our_receipt_for_cannot_be_turned_down(
    school: Institution, post: SchoolPost
) -> None:
    post.put()
    fetch_due(school)
    with school.transaction() as session:
        message = session.scalars(sa.select(IncomingMessage)).one()
        message.status = IncomingStatus.UNREADABLE
    with school.transaction() as session, pytest.raises(Refused, match="allerede fået"):
        turn_down(session, SYSTEM, session.scalars(sa.select(IncomingMessage)).one())
