"""A round of all registers for one mailing: due by its row, done once, and again when it failed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.db import now
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.copies import add_copy
from digitalpost.models import (
    Event,
    GuardianSuggestion,
    Letter,
    Mailbox,
    MailboxStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.registers.copies import suggest_guardians, suggestions_of
from digitalpost.registers.mailboxes import Round, count_by_mailbox, refresh_mailbox_status
from digitalpost.registers.names import name_recipients
from digitalpost.registers.rounds import ask_anew, ask_registers_again, check_mailboxes
from digitalpost.sweep import due_work
from jobs import tasks
from tests.registers.making import ADULT, COMPANY, EXEMPT, add_mailing
from tests.rows import make_institution
from tests.sandbox_server import RunningSandbox


def is_due(institution: Institution, mailing_id: int) -> bool:
    return ("check_mailboxes", mailing_id) in due_work(institution)


def asked_at(institution: Institution) -> list[datetime]:
    with institution.reading() as session:
        return list(session.scalars(sa.select(Mailbox.asked_at).order_by(Mailbox.recipient_id)))


def due_at_is(institution: Institution, mailing_id: int, after: timedelta) -> None:
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).registers_due_at = now() + after


def test_a_round_asks_for_everything_and_is_then_done(institution: Institution) -> None:
    mailing_id = add_mailing(institution, [ADULT, COMPANY, EXEMPT, "0102184234"])
    assert is_due(institution, mailing_id)
    assert all(one.is_complete for one in check_mailboxes(institution, mailing_id))
    assert not is_due(institution, mailing_id)
    with institution.reading() as session:
        letters = session.query(Letter).order_by(Letter.position).all()
        assert None not in count_by_mailbox(session, mailing_id)
        assert all(letter.recipient_name for letter in letters)
        assert suggestions_of(session, [one.id for one in letters]).keys() == {letters[3].id}
    assert check_mailboxes(institution, mailing_id) == []


def test_a_round_is_due_again_when_its_time_has_come_or_somebody_asks(
    institution: Institution,
) -> None:
    mailing_id = add_mailing(institution, [ADULT])
    check_mailboxes(institution, mailing_id)
    due_at_is(institution, mailing_id, timedelta(seconds=-1))
    assert is_due(institution, mailing_id)
    check_mailboxes(institution, mailing_id)
    assert not is_due(institution, mailing_id)
    with institution.transaction() as session:
        ask_registers_again(session, mailing_id)
    assert is_due(institution, mailing_id)


def test_a_person_who_asks_again_gets_new_answers_about_everybody_once(
    institution: Institution,
) -> None:
    mailing_id = add_mailing(institution, [ADULT, EXEMPT])
    check_mailboxes(institution, mailing_id)
    before = asked_at(institution)
    with institution.transaction() as session:
        ask_registers_again(session, mailing_id)
    check_mailboxes(institution, mailing_id)
    assert asked_at(institution) == before  # fresh answers stand when only recipients changed
    with institution.transaction() as session:
        ask_anew(session, SYSTEM, session.get_one(Mailing, mailing_id))
    check_mailboxes(institution, mailing_id)
    after = asked_at(institution)
    assert len(after) == 2
    assert min(after) > max(before)
    with institution.transaction() as session:
        ask_registers_again(session, mailing_id)
    check_mailboxes(institution, mailing_id)
    assert asked_at(institution) == after


def test_whoever_gets_a_copy_is_asked_about_too(institution: Institution) -> None:
    mailing_id = add_mailing(institution, [ADULT])
    check_mailboxes(institution, mailing_id)
    with institution.transaction() as session:
        letter = session.query(Letter).one()
        copy = add_copy(session, SYSTEM, letter, EXEMPT)
        copied_to = copy.recipient_id
    assert is_due(institution, mailing_id)
    check_mailboxes(institution, mailing_id)
    with institution.reading() as session:
        answer = session.get(Mailbox, copied_to)
        assert answer is not None
        assert answer.status is MailboxStatus.EXEMPT


def test_a_mailing_that_is_on_its_way_is_not_asked_about_anew(institution: Institution) -> None:
    mailing_id = add_mailing(institution, [ADULT], status=MailingStatus.SENDING)
    with institution.transaction() as session, pytest.raises(Refused):
        ask_anew(session, SYSTEM, session.get_one(Mailing, mailing_id))


def test_a_round_that_met_a_silent_register_comes_again_soon(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = add_mailing(institution, [ADULT, COMPANY])
    sandbox.fault("answer_503", target="virk")
    assert [one.is_complete for one in check_mailboxes(institution, mailing_id)] == [
        True,
        False,
        True,
    ]
    with institution.reading() as session:
        due_at = session.get_one(Mailing, mailing_id).registers_due_at
    assert due_at is not None
    assert now() < due_at <= now() + timedelta(minutes=2)


def test_only_a_mailing_under_review_is_asked_about(institution: Institution) -> None:
    for status in set(MailingStatus) - {MailingStatus.REVIEW}:
        mailing_id = add_mailing(institution, [ADULT], status=status)
        assert not is_due(institution, mailing_id)
        assert check_mailboxes(institution, mailing_id) == []


def test_without_registers_nothing_is_due(database_url: str, tmp_path: Path) -> None:
    with make_institution(database_url, tmp_path) as institution:
        assert not is_due(institution, add_mailing(institution, [ADULT]))


def test_the_job_is_a_task_that_the_queue_knows() -> None:
    assert "check_mailboxes" in tasks.TASKS
    assert callable(tasks.check_mailboxes)


def test_registers_may_be_asked_by_many_at_once(institution: Institution) -> None:
    numbers = [ADULT, COMPANY, EXEMPT, "0102184234", "0102124234"]
    mailing_id = add_mailing(institution, numbers)
    with institution.reading() as session:
        recipients = session.scalars(sa.select(Letter.recipient_id)).all()
    ids = [one for one in recipients if one is not None]
    works: list[Callable[[], Round]] = [
        lambda: refresh_mailbox_status(institution, ids, anew=True),
        lambda: name_recipients(institution, ids),
        lambda: suggest_guardians(institution, mailing_id, max_age=timedelta(0)),
    ]
    with ThreadPoolExecutor(6) as threads:
        rounds = [future.result() for future in [threads.submit(work) for work in works * 4]]
    assert all(one.is_complete for one in rounds)
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Mailbox)) == len(ids)
        suggested = sa.select(sa.func.count()).select_from(GuardianSuggestion)
        assert session.scalar(suggested) == 2
        named = sa.select(sa.func.count()).where(Event.kind == "recipient:changed")
        assert session.scalar(named) == len(ids)
