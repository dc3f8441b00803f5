"""The dry run: the same report as the real approval, and nothing of it is left behind."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import Base
from digitalpost.errors import Refused
from digitalpost.events import EventKind, verify
from digitalpost.institution import Institution
from digitalpost.mailings.rehearse import ask_for_rehearsal, rehearse, rehearse_if_asked
from digitalpost.mailings.report import report_of
from digitalpost.models import Event, Letter, LetterWay, MailboxStatus, Mailing
from digitalpost.sweep import due_work
from tests.make import make_actor, make_unit, make_user
from tests.make_addressees import add_copy, set_mailbox
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    DORTE,
    FOUR,
    approve_mailing,
    letter_statuses,
    make_case_type,
    make_mailing,
)

# What a dry run leaves behind on purpose.
KEPT = {"mailings", "events", "event_heads"}


def rows(institution: Institution) -> dict[str, list[Any]]:
    """Every row of every table but those where the report itself is kept."""
    with institution.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in KEPT
        }


def make_mixed(institution: Institution) -> int:
    """Letters of all kinds: a copy, one held, one red, one on paper."""
    mailing_id = make_mailing(institution, [*FOUR, "6102031234"], red=[4])
    add_copy(institution, mailing_id, DORTE)
    set_mailbox(institution, BO, MailboxStatus.DEAD)
    set_mailbox(institution, CARL, MailboxStatus.REACHABLE)
    return mailing_id


def test_the_report_is_that_of_the_approval_and_nothing_else_has_changed(
    institution: Institution,
) -> None:
    mailing_id = make_mixed(institution)
    before = rows(institution)
    report = rehearse(institution, OPERATOR, mailing_id)
    assert rows(institution) == before
    assert letter_statuses(institution, mailing_id) == ["draft"] * 5
    assert (report["letters"], report["built"], report["failed"]) == (3, 4, 0)
    assert report["deliveries"] == {"eboks": 3, "local_print": 1}
    assert (report["copies"], report["new_cases"], report["without_address"]) == (1, 3, 1)
    approve_mailing(institution, mailing_id, confirm=3, hold_seconds=600)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        real = report_of(session, mailing)
        assert {**real, "sent_from": ""} == {
            **{name: report[name] for name in real},
            "sent_from": "",
        }
        assert mailing.rehearsed_at is not None and mailing.rehearsal == report
        assert list(verify(session)) == []
        kinds = session.scalars(sa.select(Event.kind)).all()
        assert kinds.count(EventKind.MAILING_REHEARSED.value) == 1
        assert kinds.count(EventKind.MAILING_APPROVED.value) == 1


def test_a_damaged_file_shows_in_the_dry_run(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == 2)).one()
        assert letter.document is not None
        institution.store.delete([letter.document.path])
    report = rehearse(institution, OPERATOR, mailing_id)
    assert (report["built"], report["failed"]) == (1, 1)
    assert report["problems"][0]["letter"] == 2


def test_what_would_be_refused_is_in_the_report(institution: Institution) -> None:
    mailing_id = make_mailing(institution)
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).must_sign = True
    report = rehearse(institution, OPERATOR, mailing_id)
    assert report["letters"] == 0
    assert "underskrives" in report["refused"][0]["text"]
    assert letter_statuses(institution, mailing_id) == ["draft"] * 4


def test_a_dry_run_that_was_asked_for_is_made_once_by_a_worker(institution: Institution) -> None:
    unit_id = make_unit(institution)
    user_id = make_user(institution, units=(unit_id,), name="Bodil Ager")
    actor = make_actor(institution, user_id)
    mailing_id = make_mailing(institution, FOUR, case_type_id=make_case_type(institution, unit_id))
    assert due_work(institution) == []
    with institution.transaction(actor.scope) as session:
        ask_for_rehearsal(session, actor, session.get_one(Mailing, mailing_id))
    assert due_work(institution) == [("rehearse", mailing_id)]
    for _ in range(2):
        rehearse_if_asked(institution, mailing_id)
    assert due_work(institution) == []
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.rehearsed_by is not None and mailing.rehearsed_by.name == "Bodil Ager"
        assert mailing.rehearsal is not None and mailing.rehearsal["letters"] == 4
        query = sa.select(Event).where(Event.kind == EventKind.MAILING_REHEARSED.value)
        assert len(session.scalars(query).all()) == 1
    approve_mailing(institution, mailing_id, confirm=4)
    with institution.transaction() as session, pytest.raises(Refused, match="gennemsyn"):
        ask_for_rehearsal(session, actor, session.get_one(Mailing, mailing_id))


def test_letters_on_hold_are_in_the_report_as_held(institution: Institution) -> None:
    mailing_id = make_mailing(institution, FOUR)
    with institution.transaction() as session:
        session.execute(sa.update(Letter).where(Letter.position > 2).values(way=LetterWay.HOLD))
    report = rehearse(institution, OPERATOR, mailing_id)
    assert report["letters"] == 2
    assert [one["letters"] for one in report["held"]] == [2]
